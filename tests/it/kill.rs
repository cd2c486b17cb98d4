//! SIGKILL at random moments of a first sync. The next run finishes it: nothing twice, nothing missing.
//!
//! A moment is a number of calls that the servers have counted, so that all parts of the run are hit alike on fast and
//! slow machines. Every request that the dead process had under way still takes effect; in every other trial some
//! creates take effect late, after their caller gave up or died.

use std::{sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::{Generation, Status},
};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    process::{PATIENCE, until},
    world::World,
};

const PROJECTS: usize = 5;
const ISSUES: usize = 300;
const TRIALS: u64 = 20;
/// Most of a trial is waiting for the dead process's lease to run out.
const AT_ONCE: usize = 10;
/// The tests' seed is random; a failing one is repeated with this variable.
const SEED: &str = "HVS_KILL_SEED";

/// The seed of this run: given, or made from where the system put this process.
fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => rand::random(),
    }
}

/// Waits that are as short as they may be, so that a dead process's lease ends soon.
pub(crate) fn hurried(world: &mut World) {
    for (key, value) in [
        ("huly.http.write_timeout", "1 s"),
        ("vibe.http.write_timeout", "1 s"),
        ("retry.late_create", "1 s"),
        ("lease.heartbeat", "300 ms"),
        ("lease.ttl", "6600 ms"),
    ] {
        world.set(key, value);
    }
}

/// 300 issues, servers that answer after a moment, and waits that are as short as they may be.
async fn stage(generation: Generation, seed: u64, is_late: bool) -> World {
    let mut world = World::sized(generation, PROJECTS, ISSUES / PROJECTS, seed).await;
    hurried(&mut world);
    let latency = |ms, jitter_ms| Rule::on("*", "*", Effect::Latency { ms, jitter_ms });
    world.huly.faults.reseed(seed);
    world.vibe.faults.reseed(seed);
    world.huly.faults.add(latency(0, 6));
    world.vibe.faults.add(latency(1, 12));
    if is_late {
        // the caller waits in vain, the create lands all the same
        let late = Effect::Late {
            after_ms: 500,
            failure: Failure::Hang,
        };
        let tasks = Rule::on("POST", "/api/tasks", late.clone());
        world.vibe.faults.add(tasks.when(When::Every(70)));
        let projects = Rule::on("POST", "/api/projects", late);
        world.vibe.faults.add(projects.when(When::Nth(3)));
    }
    world
}

/// Calls that both servers have counted.
fn calls(world: &World) -> u64 {
    let (huly, vibe) = world.counts();
    [huly, vibe]
        .iter()
        .map(|counts| counts.reads + counts.writes + counts.sessions)
        .sum()
}

/// Starts a run and kills it when the servers have counted so many calls.
async fn run_and_kill(world: &World, moment: u64) {
    world.count_afresh();
    let mut run = world.start(&["sync", "once"]);
    until("the moment to kill has come", || {
        calls(world) >= moment || run.has_ended()
    })
    .await;
    run.kill();
    let ran = run.wait().await;
    assert_eq!(
        ran.code, None,
        "it was to be killed at call {moment}: {ran}"
    );
}

/// Runs until the dead process's lease is free, and once more.
pub(crate) async fn run_after(world: &World) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ran = world.hvs(&["sync", "once"]).await;
        if ran.code != Some(5) {
            ran.exits(0);
            return;
        }
        assert!(Instant::now() < deadline, "the lease never ends: {ran}");
        sleep(Duration::from_millis(200)).await;
    }
}

async fn trial(seed: u64, number: u64) {
    let generation = match number % 2 {
        0 => Generation::L1,
        _ => Generation::L2,
    };
    let mut rng = StdRng::seed_from_u64(seed.wrapping_add(number));
    let world = stage(generation, rng.random(), number % 4 > 1).await;
    let described = world
        .issues()
        .iter()
        .filter(|issue| issue.description.is_some())
        .count();
    // a first sync costs at least one call an issue and one a description; its projects are made by the first few
    let calls = match number % 5 {
        0 => 40,
        _ => (ISSUES + described) as u64,
    };
    let moment = rng.random_range(1..calls);
    println!("trial {number}: {generation:?}, killed at call {moment}");
    run_and_kill(&world, moment).await;
    run_after(&world).await;
    world.assert_same_on_both_sides();
    assert_eq!(
        (world.issues().len(), world.tasks().len()),
        (ISSUES, ISSUES)
    );
    let mut names: Vec<String> = world
        .vibe
        .model
        .lock()
        .projects()
        .into_iter()
        .map(|project| project.name)
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Project 0",
            "Project 1",
            "Project 2",
            "Project 3",
            "Project 4"
        ],
        "one Vibe project for each project of Huly"
    );
    world.vibe.faults.clear();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_a_first_sync_killed_at_any_moment_is_finished_by_the_next_run_without_twins() {
    let seed = seed();
    println!("{SEED}={seed}");
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut trials = JoinSet::new();
    for number in 0..TRIALS {
        let permits = Arc::clone(&permits);
        trials.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            trial(seed, number).await;
        });
    }
    let mut failed = 0;
    while let Some(ended) = trials.join_next().await {
        failed += u32::from(ended.is_err());
    }
    assert_eq!(
        failed, 0,
        "trials that failed; repeat them with {SEED}={seed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_killed_again_and_again_still_ends_without_twins() {
    let seed = seed();
    println!("{SEED}={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let world = stage(Generation::L2, seed, true).await;
    for _ in 0..3 {
        run_and_kill_if_it_can(&world, rng.random_range(10..150)).await;
    }
    run_after(&world).await;
    world.assert_same_on_both_sides();
    assert_eq!(world.vibe.model.lock().projects().len(), PROJECTS);
    world.vibe.faults.clear();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_killed_while_it_makes_issues_makes_none_twice() {
    const TASKS: usize = 60;
    let seed = seed();
    println!("{SEED}={seed}");
    let mut trials = JoinSet::new();
    for number in 0..6 {
        trials.spawn(async move {
            let mut rng = StdRng::seed_from_u64(seed.wrapping_add(number));
            let mut world = stage(Generation::L2, rng.random(), false).await;
            // a loaded machine must not make a text look lost: an issue whose text got no answer waits for the next run
            world.set("huly.http.write_timeout", "10 s");
            world.set("lease.ttl", "16 s");
            for at in 0..TASKS {
                let board = format!("Project {}", at % 2);
                let id = match world.vibe_project_named(&board) {
                    Some(id) => id,
                    None => world.vibe_project(&board, &format!("project-{}", at % 2)),
                };
                world.task(id, &format!("Task {at}"), Some("Text."), Status::Done);
            }
            // one call for each text that is written, at least
            let moment = rng.random_range(30..(ISSUES + TASKS) as u64);
            println!("trial {number}: killed at call {moment}");
            run_and_kill(&world, moment).await;
            run_after(&world).await;
            world.assert_same_on_both_sides();
            assert_eq!(world.issues().len(), ISSUES + TASKS);
            world.stays_quiet().await;
        });
    }
    while let Some(ended) = trials.join_next().await {
        assert!(ended.is_ok(), "repeat it with {SEED}={seed}");
    }
}

/// As [`run_and_kill`], once the lease of the run before is free.
async fn run_and_kill_if_it_can(world: &World, moment: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        world.count_afresh();
        let mut run = world.start(&["sync", "once"]);
        until("the moment to kill has come", || {
            calls(world) >= moment || run.has_ended()
        })
        .await;
        run.kill();
        match run.wait().await {
            ran if ran.code == Some(5) => {
                assert!(Instant::now() < deadline, "the lease never ends: {ran}");
            }
            ran => {
                assert_eq!(
                    ran.code, None,
                    "it was to be killed at call {moment}: {ran}"
                );
                return;
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}
