//! `hvs unlink` where something is in the way: it was killed in the middle, or a sync was.

use std::time::Duration;

use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::Generation,
};
use tokio::time::{Instant, sleep};

use crate::{
    kill,
    process::{PATIENCE, Ran, until},
    world::{GENERATIONS, World},
};

/// A project of many linked pairs, each task with a footer.
async fn linked(generation: Generation, issues: usize) -> World {
    let mut world = World::new(generation).await;
    kill::hurried(&mut world);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..issues {
        world.issue(&project, &format!("Issue {at}"), "Some *text*.", "Todo");
    }
    world.sync().await;
    world
}

fn footers(world: &World) -> usize {
    let tasks = world.tasks();
    let has = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("hvs:"));
    tasks.iter().filter(|task| has(&task.description)).count()
}

/// Titles and texts without footers.
fn contents(world: &World) -> Vec<(String, String)> {
    let mut tasks: Vec<_> = world
        .tasks()
        .into_iter()
        .map(|task| (task.title.clone(), world.task_text(task.id)))
        .collect();
    tasks.sort();
    tasks
}

/// Runs a command again and again until the dead process's lease is free.
async fn after_the_lease(world: &World, words: &[&str]) -> Ran {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ran = world.hvs(words).await;
        if ran.code != Some(5) {
            return ran;
        }
        assert!(Instant::now() < deadline, "the lease never ends: {ran}");
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlink_that_is_killed_is_finished_by_the_same_command_once_more() {
    for generation in GENERATIONS {
        let world = linked(generation, 60).await;
        let before = contents(&world);
        let slow = Effect::Latency {
            ms: 30,
            jitter_ms: 0,
        };
        let put = Rule::on("PUT", "/api/tasks/{task_id}", slow);
        world.vibe.faults.add(put);
        let mut unlink = world.start(&["unlink", "--yes"]);
        until("some footers are gone", || footers(&world) < 45).await;
        unlink.kill();
        assert_eq!(unlink.wait().await.code, None);
        assert!(footers(&world) > 0, "it was to be killed in the middle");
        world.vibe.faults.clear();
        let ran = after_the_lease(&world, &["unlink", "--yes"]).await.exits(0);
        assert_eq!(footers(&world), 0, "{ran}");
        assert_eq!(contents(&world), before, "{ran}");
        assert!(world.links().await.is_empty(), "{ran}");
        // nothing of it is left under way, and who lets hvs run again gets the same pairs
        world.hvs(&["reconcile"]).await.exits(0);
        world.sync().await;
        assert_eq!((world.issues().len(), contents(&world)), (60, before));
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlink_after_a_killed_sync_waits_until_its_writes_are_settled() {
    let world = linked(Generation::L2, 3).await;
    let late = Effect::Late {
        after_ms: 300,
        failure: Failure::Hang,
    };
    let create = Rule::on("POST", "/api/tasks", late).when(When::First(1));
    world.vibe.faults.add(create);
    world.count_afresh();
    let project = world.issues()[0].project.clone();
    world.issue(&project, "New", "Text.", "Todo");
    let mut sync = world.start(&["sync", "once"]);
    until("the create is under way", || {
        world.vibe.calls.snapshot().of("POST /api/tasks") > 0
    })
    .await;
    sync.kill();
    assert_eq!(sync.wait().await.code, None);
    until("it has landed", || world.tasks().len() == 4).await;
    let ran = after_the_lease(&world, &["unlink", "--yes"]).await.exits(3);
    ran.tells(&[
        "1 writes of an interrupted run are not settled",
        "[WRITES_UNSETTLED]",
        "hvs reconcile",
    ]);
    assert_eq!(footers(&world), 4, "nothing was touched");
    kill::run_after(&world).await;
    world.hvs(&["unlink", "--yes"]).await.exits(0);
    assert_eq!((footers(&world), world.tasks().len()), (0, 4));
}
