//! `hvs sync watch` as a process: edits arrive while it runs, signals end it well, nobody else writes meanwhile.

use sim::{
    faults::{Effect, Rule},
    vibe::Generation,
};

use crate::{
    process::{Process, until},
    world::{GENERATIONS, World},
};

/// Short times, so that nothing waits for long.
fn hurried(world: &mut World) {
    for (key, value) in [
        ("sync.interval", "150 ms"),
        ("sync.refresh_every", "300 ms"),
        ("huly.overlap", "1 s"),
    ] {
        world.set(key, value);
    }
}

/// Four linked pairs, and a watch that has begun.
async fn watching(generation: Generation, words: &[&str]) -> (World, Process, String) {
    let mut world = World::new(generation).await;
    hurried(&mut world);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..4 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    let watch = world.start(&[&["sync", "watch"], words].concat());
    until("the first sync is done", || world.tasks().len() == 4).await;
    (world, watch, project)
}

fn has_task(world: &World, title: &str) -> bool {
    world.tasks().iter().any(|task| task.title == title)
}

fn has_issue(world: &World, title: &str) -> bool {
    world.issues().iter().any(|issue| issue.title == title)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_on_either_side_arrive_and_sigterm_ends_it_with_0() {
    for generation in GENERATIONS {
        let (world, watch, project) = watching(generation, &[]).await;
        world.retitle_issue(&world.issue_named("Issue 1").id, "By Huly");
        until("Huly's edit is in Vibe", || has_task(&world, "By Huly")).await;
        world.retitle_task(world.task_named("Issue 2").id, "By Vibe");
        until("Vibe's edit is in Huly", || has_issue(&world, "By Vibe")).await;
        world.issue(&project, "New", "", "Todo");
        until("the new issue is in Vibe", || has_task(&world, "New")).await;

        let isle = world.huly_project("ISLE", "Isle");
        world.issue(&isle, "On the isle", "", "Todo");
        until("a new project is found", || has_task(&world, "On the isle")).await;

        watch.signal("TERM");
        let ran = watch.wait().await.exits(0);
        world.keeps_secrets(&ran);
        ran.tells(&["stopping at the next safe point"])
            .prints(&["done:", "in Vibe", "in Huly"]);
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_a_second_run_says_who_holds_the_lease_and_a_second_watch_waits() {
    let (world, watch, _) = watching(Generation::L2, &[]).await;
    let holder = format!("process {}", watch.id());
    for _ in 0..3 {
        let ran = world.hvs(&["sync", "once"]).await.exits(5);
        ran.tells(&[&holder]);
    }
    let second = world.start(&["sync", "watch"]);
    second.tells(1, "waiting until it is free").await;
    watch.signal("INT");
    watch.wait().await.exits(0);
    world.retitle_issue(&world.issue_named("Issue 3").id, "By the second");
    until("the second watch goes on", || {
        has_task(&world, "By the second")
    })
    .await;
    second.signal("TERM");
    let ran = second.wait().await.exits(0);
    assert_eq!(
        ran.err.matches("waiting until it is free").count(),
        1,
        "{ran}"
    );
    let ran = ran.tells(&[&holder, "going on"]);
    assert_eq!(world.tasks().len(), 4, "{ran}");
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_sigterm_in_the_middle_of_a_first_sync_leaves_what_the_next_run_finishes() {
    let mut world = World::sized(Generation::L2, 2, 150, 5).await;
    hurried(&mut world);
    let slow = Effect::Latency {
        ms: 20,
        jitter_ms: 20,
    };
    world.vibe.faults.add(Rule::on("POST", "/api/tasks", slow));
    let watch = world.start(&["sync", "watch"]);
    until("some tasks are there", || world.tasks().len() > 10).await;
    watch.signal("TERM");
    let ran = watch.wait().await.exits(0);
    let made = world.tasks().len();
    assert!(made < 300, "it was to be stopped in the middle: {ran}");
    world.vibe.faults.clear();
    // the lease was released, so nothing is waited for
    world.sync().await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_reads_the_configuration_again_and_a_bad_one_changes_nothing() {
    let (world, watch, _) = watching(Generation::L2, &[]).await;
    let file = world.path("hvs.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{good}\n[sink]\nnone = 1\n")).unwrap();
    watch.signal("HUP");
    watch
        .tells(1, "the configuration before stays in force")
        .await;
    world.retitle_issue(&world.issue_named("Issue 0").id, "By the old one");
    until("the old configuration works on", || {
        has_task(&world, "By the old one")
    })
    .await;
    std::fs::write(&file, format!("{good}\n[fields]\ntitle = \"vibe\"\n")).unwrap();
    world.count_afresh();
    watch.signal("HUP");
    watch.tells(1, "the configuration was read again").await;
    until("it signs in anew", || world.counts().0.sessions > 0).await;
    world.retitle_task(world.task_named("Issue 1").id, "By the new one");
    until("the new configuration works", || {
        has_issue(&world, "By the new one")
    })
    .await;
    watch.signal("TERM");
    watch.wait().await.exits(0).tells(&[
        "sink",
        "the configuration before stays in force",
        "the configuration was read again",
    ]);
    world.assert_same_on_both_sides();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_json_each_run_is_one_line() {
    let (world, watch, _) = watching(Generation::L2, &["--json"]).await;
    world.retitle_issue(&world.issue_named("Issue 1").id, "Once more");
    until("the edit is in Vibe", || has_task(&world, "Once more")).await;
    watch.signal("TERM");
    let ran = watch.wait().await.exits(0);
    let documents: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(documents.len() > 1, "{ran}");
    assert!(
        documents.iter().all(|run| run["exit_code"].is_u64()),
        "{ran}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_down_at_the_start_is_waited_for_and_a_bad_configuration_is_not() {
    let mut world = World::new(Generation::L2).await;
    hurried(&mut world);
    world.set("sync.backoff_max", "300 ms");
    world.set("vibe.url", "http://127.0.0.1:1");
    let watch = world.start(&["sync", "watch"]);
    watch.tells(1, "cannot be used").await;
    // further tries follow while this configuration is refused
    world.set("sync.interval", "0 s");
    world
        .hvs(&["sync", "watch"])
        .await
        .exits(2)
        .tells(&["sync.interval"]);
    watch.signal("TERM");
    let ran = watch.wait().await.exits(4);
    assert_eq!(
        ran.err.matches("cannot be used").count(),
        1,
        "told once: {ran}"
    );
}
