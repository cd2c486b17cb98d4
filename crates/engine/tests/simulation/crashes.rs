//! The program killed at random moments, with people, slow servers and failures around it. A failing seed is printed; it
//! is repeated with `HVS_SEED=<seed>`, and `HVS_SEEDS` says how many are tried.

use std::{collections::BTreeMap, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sim::{
    faults::{Effect, Rule},
    vibe::{Generation, Status},
};
use sync_core::Side;

use crate::world::{LEASE, World, sync};

/// How many seeds are tried where `HVS_SEEDS` says nothing, over all tests here.
const SEEDS: u64 = 200;

/// The seeds of one test, whose share of all is given in percent.
fn seeds(percent: u64) -> Vec<u64> {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    match number("HVS_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("HVS_SEEDS").unwrap_or(SEEDS) * percent / 100).collect(),
    }
}

/// One test for every seed, each in a runtime of its own; the seed is part of every failure.
pub(crate) fn for_each_seed<F: Future<Output = ()>>(percent: u64, test: impl Fn(u64) -> F) {
    for seed in seeds(percent) {
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(test(seed));
        }));
        assert!(told.is_ok(), "failed with HVS_SEED={seed}");
    }
}

/// Slow servers, so that a killed program leaves requests behind that still take effect.
pub(crate) fn slow(world: &World) {
    let effect = Effect::Latency {
        ms: 20,
        jitter_ms: 400,
    };
    world.huly.faults.add(Rule::on("*", "*", effect.clone()));
    world.vibe.faults.add(Rule::on("*", "*", effect));
}

/// People do in these tests what guards are there to hold back: most items of a small project change in one run.
pub(crate) fn without_guards(world: &mut World) {
    let limits = &mut world.settings.guard;
    (limits.creates_free, limits.rewrites_free) = (1_000, 1_000);
}

/// A number of polls after which to kill: mostly early, sometimes late, and now and then never.
pub(crate) fn moment(rng: &mut StdRng) -> usize {
    let scale = [30, 100, 300, 800, 2_500]
        .choose(rng)
        .copied()
        .unwrap_or(100);
    rng.random_range(1..scale)
}

/// Issues and tasks that belong together by their titles: each title once on each side.
fn assert_each_once(world: &World, titles: &[String], seed: u64) {
    let mut sides = [BTreeMap::<String, usize>::new(), BTreeMap::new()];
    for issue in world.issues() {
        *sides[0].entry(issue.title).or_default() += 1;
    }
    for task in world.tasks() {
        *sides[1].entry(task.title).or_default() += 1;
    }
    for (side, counts) in Side::ALL.iter().zip(&sides) {
        for title in titles {
            assert_eq!(
                counts.get(title),
                Some(&1),
                "seed {seed}: {side} has `{title}` so often; {counts:?}"
            );
        }
        assert_eq!(counts.len(), titles.len(), "seed {seed}: {side} {counts:?}");
    }
}

/// After everything has calmed down: both sides agree within three good runs, and then nothing is written.
pub(crate) async fn calms_down(world: &World) {
    world.huly.faults.clear();
    world.vibe.faults.clear();
    world.huly.model.lock().flush();
    world.wait(Duration::from_secs(150)).await;
    // The runs that settle what was left may wait out late creates.
    world.settle().await;
}

#[test]
fn row_01_a_first_sync_killed_anywhere_makes_each_counterpart_once() {
    for_each_seed(30, |seed| async move {
        let mut rng = StdRng::seed_from_u64(seed);
        let generation = if rng.random() {
            Generation::L1
        } else {
            Generation::L2
        };
        let world = World::seeded(generation, seed);
        let mut titles = Vec::new();
        for project in 0..2 {
            let huly = world.huly_project(&format!("P{project}"), &format!("Project {project}"));
            let vibe = (project == 0 || rng.random())
                .then(|| world.vibe_project(&format!("project {project}"), &format!("p{project}")));
            for at in 0..4 {
                titles.push(format!("Issue {project}.{at}"));
                let status = ["Backlog", "Todo", "InProgress", "Done", "Canceled"]
                    .choose(&mut rng)
                    .unwrap();
                let text = if rng.random() { "Some *text*." } else { "" };
                world.issue(&huly, titles.last().unwrap(), text, status);
            }
            for at in 0..3 {
                let Some(vibe) = vibe else { break };
                titles.push(format!("Task {project}.{at}"));
                let status = [
                    Status::Todo,
                    Status::InProgress,
                    Status::InReview,
                    Status::Done,
                ]
                .choose(&mut rng)
                .unwrap();
                world.task(
                    vibe,
                    titles.last().unwrap(),
                    rng.random::<bool>().then_some("Some text."),
                    *status,
                );
            }
        }
        if rng.random() {
            slow(&world);
        }
        for _ in 0..rng.random_range(1..6) {
            world.run_killed_after(moment(&mut rng)).await;
            world
                .wait(if rng.random() {
                    LEASE
                } else {
                    Duration::from_secs(5)
                })
                .await;
        }
        calms_down(&world).await;
        assert_each_once(&world, &titles, seed);
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.status_name != "Canceled" || issue.title.starts_with("Issue"))
        );
        let projects = world.vibe.model.lock().projects();
        assert_eq!(projects.len(), 2, "seed {seed}: {projects:?}");
    });
}

#[test]
fn a_run_cut_off_in_time_leaves_nothing_half_done() {
    for_each_seed(20, |seed| async move {
        let mut rng = StdRng::seed_from_u64(seed ^ 0x00c0_ffee);
        let generation = if rng.random() {
            Generation::L1
        } else {
            Generation::L2
        };
        let mut world = World::seeded(generation, seed);
        without_guards(&mut world);
        let huly = world.huly_project("HARB", "Harbor");
        let vibe = world.vibe_project("Harbor", "harb");
        let mut titles: Vec<String> = (0..6).map(|at| format!("Item {at}")).collect();
        for title in &titles {
            world.issue(&huly, title, "One.\n\nTwo.\n\nThree.", "Todo");
        }
        world.run_well().await;
        slow(&world);
        for round in 0..rng.random_range(2..5) {
            for title in titles.iter().take(6) {
                let (issue, task) = (world.issue_named(title).id, world.task_named(title).id);
                match rng.random_range(0..6) {
                    0 => world
                        .describe_issue(&issue, &format!("One, round {round}.\n\nTwo.\n\nThree.")),
                    1 => {
                        world
                            .describe_task(task, &format!("One.\n\nTwo.\n\nThree, round {round}."));
                    }
                    2 => world.move_task(task, Status::InProgress),
                    3 => world.move_issue(&issue, "Done"),
                    _ => {}
                }
            }
            titles.push(format!("New {round}"));
            if rng.random() {
                world.issue(&huly, titles.last().unwrap(), "Text.", "Todo");
            } else {
                world.task(vibe, titles.last().unwrap(), Some("Text."), Status::Todo);
            }
            let limit = Duration::from_millis(rng.random_range(100..12_000));
            let cut = tokio::time::timeout(limit, world.attempt(sync())).await;
            world
                .wait(if cut.is_err() {
                    LEASE
                } else {
                    Duration::from_secs(1)
                })
                .await;
            world.exit().await;
            world.wait(LEASE).await;
        }
        calms_down(&world).await;
        assert_each_once(&world, &titles, seed);
    });
}
