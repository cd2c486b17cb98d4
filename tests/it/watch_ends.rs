//! How a watch ends where it cannot end well, and what happens to a project that is archived meanwhile.

use serde_json::json;
use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::Generation,
};

use crate::{
    kill,
    process::until,
    world::{GENERATIONS, World},
};

/// Linked pairs in two projects, short times.
async fn two(generation: Generation) -> (World, [String; 2]) {
    let mut world = World::new(generation).await;
    kill::hurried(&mut world);
    for (key, value) in [
        ("sync.interval", "150 ms"),
        ("sync.refresh_every", "300 ms"),
        ("huly.overlap", "1 s"),
    ] {
        world.set(key, value);
    }
    let projects = [("HARB", "Harbor"), ("ISLE", "Isle")]
        .map(|(identifier, name)| world.huly_project(identifier, name));
    for (project, name) in projects.iter().zip(["Harbor", "Isle"]) {
        for at in 0..3 {
            world.issue(project, &format!("{name} {at}"), "Text.", "Todo");
        }
    }
    world.sync().await;
    (world, projects)
}

/// How often a call of Vibe's has come in.
fn came(world: &World, call: &str) -> u64 {
    world.vibe.calls.snapshot().of(call)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once_and_the_next_run_goes_on() {
    let (world, _) = two(Generation::L2).await;
    let never = Effect::FailBefore {
        failure: Failure::Hang,
    };
    world.vibe.faults.add(Rule::on("GET", "/api/tasks", never));
    world.count_afresh();
    let watch = world.start(&["sync", "watch"]);
    until("a list is under way", || came(&world, "GET /api/tasks") > 0).await;
    watch.signal("TERM");
    watch.tells(1, "stopping at the next safe point").await;
    watch.signal("TERM");
    let ran = watch.wait().await.exits(3);
    world.keeps_secrets(&ran);
    assert_eq!(world.writes(), 0, "{ran}");
    world.vibe.faults.clear();
    kill::run_after(&world).await;
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_outlasts_the_grace_lands_once_whoever_comes_next() {
    for generation in GENERATIONS {
        let (mut world, [harbor, _]) = two(generation).await;
        world.set("sync.shutdown_grace", "200 ms");
        let late = Effect::Late {
            after_ms: 1_200,
            failure: Failure::Hang,
        };
        let create = Rule::on("POST", "/api/tasks", late).when(When::First(1));
        world.vibe.faults.add(create);
        world.count_afresh();
        let watch = world.start(&["sync", "watch"]);
        world.issue(&harbor, "New", "Text.", "Todo");
        until("the create is under way", || {
            came(&world, "POST /api/tasks") > 0
        })
        .await;
        watch.signal("TERM");
        let ran = watch.wait().await.exits(3);
        ran.tells(&[
            "did not come to a safe point within `sync.shutdown_grace`",
            "a write was under way",
        ]);
        // the lease was not given up: whoever comes waits until it has run out
        world.hvs(&["sync", "once"]).await.exits(5);
        kill::run_after(&world).await;
        assert_eq!(world.tasks().len(), 7);
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grace_that_ends_without_a_write_gives_the_lease_up() {
    let (mut world, _) = two(Generation::L2).await;
    world.set("sync.shutdown_grace", "100 ms");
    let never = Effect::FailBefore {
        failure: Failure::Hang,
    };
    world.vibe.faults.add(Rule::on("GET", "/api/tasks", never));
    world.count_afresh();
    let watch = world.start(&["sync", "watch"]);
    until("a list is under way", || came(&world, "GET /api/tasks") > 0).await;
    watch.signal("INT");
    watch
        .wait()
        .await
        .exits(3)
        .tells(&["nothing was being written"]);
    world.vibe.faults.clear();
    // nobody is waited for
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_is_archived_while_watching_sleeps_and_wakes() {
    for generation in GENERATIONS {
        let (world, [harbor, _]) = two(generation).await;
        let archive = |archived: bool| {
            let change = json!({ "archived": archived });
            let mut huly = world.huly.model.lock();
            huly.person_edit_project(&world.who, &harbor, &change)
                .unwrap();
        };
        let has_task = |title: &str| world.tasks().iter().any(|task| task.title == title);
        world.count_afresh();
        let watch = world.start(&["sync", "watch"]);
        until("both projects were listed", || {
            came(&world, "GET /api/tasks") > 3
        })
        .await;
        archive(true);
        // a run that begins after this one has seen it, and the other project goes on
        world.count_afresh();
        until("the list of projects was read again", || {
            world.huly.calls.snapshot().reads > 30
        })
        .await;
        world.retitle_issue(&world.issue_named("Harbor 0").id, "Unseen");
        world.retitle_issue(&world.issue_named("Isle 0").id, "Seen");
        until("the other project goes on", || has_task("Seen")).await;
        assert_eq!(world.tasks().len(), 6, "nothing is deleted");
        assert!(has_task("Harbor 0"), "an archived project is left alone");
        archive(false);
        until("it is compared when it wakes", || has_task("Unseen")).await;
        watch.signal("TERM");
        let ran = watch.wait().await.exits(0);
        assert_eq!(world.issues().len(), 6, "{ran}");
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}
