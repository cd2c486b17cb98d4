//! The commands that the README names.

use serde_json::Value;
use sim::vibe::Generation;

use crate::{
    process::{Ran, until},
    world::World,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_tells_its_story_to_a_good_end_in_both_shapes() {
    let world = World::new(Generation::L2).await;
    let [old, new] = ["l1", "l2"].map(|shape| world.start(&["demo", "--shape", shape]));
    for demo in [new, old] {
        let ran = demo.wait().await.exits(0);
        let last = ran.out.trim_end().lines().last().unwrap();
        assert!(last.starts_with("done:") && last.contains("hold"), "{ran}");
        let told = ran.out.to_lowercase();
        for part in ["first sync", "conflict", "killed", "quiet", "0 writes"] {
            assert!(told.contains(part), "`{part}` is no part of {ran}");
        }
    }
    assert_eq!(
        std::fs::read_dir(world.path(".")).unwrap().count(),
        1,
        "nothing is left behind"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_servers_write_a_config_that_the_next_commands_use() {
    let world = World::new(Generation::L2).await;
    let words = [
        "sim",
        "serve",
        "--projects",
        "3",
        "--issues",
        "40",
        "--config-out",
        "try.toml",
    ];
    let servers = world.start(&words);
    until("the configuration is written", || {
        std::fs::read_to_string(world.path("try.toml")).is_ok_and(|text| text.contains("[store]"))
    })
    .await;
    let with = |words: &[&'static str]| [words, &["--config", "try.toml"]].concat();
    let plan = world.hvs(&with(&["plan"])).await.exits(0);
    let plan = plan.prints(&["create", "P0", "P1", "P2"]);
    assert!(
        plan.out
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("plan:"),
        "{plan}"
    );
    world
        .hvs(&with(&["status"]))
        .await
        .exits(0)
        .prints(&["no store yet"]);
    world
        .hvs(&with(&["sync", "once", "--dry-run"]))
        .await
        .exits(0)
        .prints(&["plan:"]);
    world
        .hvs(&with(&["sync", "once"]))
        .await
        .exits(0)
        .prints(&["done: 3 projects"]);
    world
        .hvs(&with(&["sync", "once"]))
        .await
        .exits(0)
        .prints(&["nothing to write"]);
    world
        .hvs(&with(&["plan"]))
        .await
        .exits(0)
        .prints(&["plan:"]);
    world
        .hvs(&with(&["plan", "--project", "P1"]))
        .await
        .exits(0)
        .prints(&["1 project"]);
    world.hvs(&with(&["reconcile"])).await.exits(0);
    world
        .hvs(&with(&["status"]))
        .await
        .exits(0)
        .prints(&["P0", "P1", "P2", "active"]);
    let runs = world.hvs(&with(&["runs", "--json"])).await.exits(0).json();
    let kinds: Vec<&str> = runs
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|run| run["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        ["reconcile", "sync", "sync"],
        "newest first, plans leave none: {runs:#}"
    );
    world
        .hvs(&with(&["runs"]))
        .await
        .exits(0)
        .prints(&["STARTED", "sync"]);
    servers.signal("INT");
    let served = servers.wait().await.exits(0);
    served.prints(&["http://127.0.0.1:", "try.toml"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_row_keeps_every_figure_of_a_run() {
    let world = World::sized(Generation::L1, 2, 10, 9).await;
    let ran = world.hvs(&["sync", "once", "--json"]).await.exits(0).json();
    let (huly, vibe) = world.counts();
    let row = world
        .hvs(&["runs", "show", "last", "--json"])
        .await
        .exits(0)
        .json();
    assert_eq!(row["id"], ran["id"]);
    assert_eq!(
        (&row["kind"], &row["exit_code"]),
        (&Value::from("sync"), &Value::from(0))
    );
    for time in ["started_at", "ended_at"] {
        let text = row[time].as_str().unwrap();
        assert!(text.starts_with("20") && text.ends_with('Z'), "{row:#}");
    }
    let summary = &row["summary"];
    assert_eq!(summary["projects"]["processed"], 2, "{row:#}");
    assert_eq!(summary["to_vibe"]["created"], 20, "{row:#}");
    assert_eq!(summary["to_huly"]["created"], 0, "{row:#}");
    let requests = |side: &str| summary["traffic"][side]["requests"].as_u64().unwrap();
    let all = |counts: &sim::calls::Counts| counts.reads + counts.writes + counts.sessions;
    // finding Huly's services and signing in come before the run
    let apart = huly.of("/account ") + huly.of("/config.json");
    assert_eq!(requests("huly"), all(&huly) - apart, "{row:#}\n{huly:#?}");
    assert_eq!(requests("vibe"), all(&vibe), "{row:#}\n{vibe:#?}");
    assert!(
        summary["peak_memory"].as_u64().unwrap() > 1 << 20,
        "{row:#}"
    );
    assert_eq!(summary["errors"], serde_json::json!({}), "{row:#}");
    let shown = world.hvs(&["runs", "show", "last"]).await.exits(0);
    shown.prints(&["traffic huly requests", "peak memory", "exit code"]);
    let line = ran["summary"].as_str().unwrap();
    assert!(line.starts_with("done: 2 projects"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_with_one_summary_line_and_one_event_of_the_same() {
    let world = World::sized(Generation::L2, 1, 5, 9).await;
    let words = ["-v", "--log-format", "json", "sync", "once"];
    let ran = world.hvs(&words).await.exits(0);
    assert!(
        ran.out
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("done:"),
        "{ran}"
    );
    let events: Vec<Value> = ran
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let ends = events
        .iter()
        .filter(|event| event.to_string().contains("run ended"));
    assert_eq!(ends.count(), 1, "{ran}");
    // nothing to say is nothing said
    let quiet = world.hvs(&["-q", "sync", "once"]).await.exits(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
}

/// What a plan says, without the time that it took.
fn said(ran: &Ran) -> Vec<String> {
    let mut lines: Vec<String> = ran.out.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    lines.push(last.split(" in ").next().unwrap().to_owned());
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_is_the_same_in_every_time_zone() {
    let mut world = World::sized(Generation::L2, 2, 6, 11).await;
    world.sync().await;
    let issues = world.issues();
    world.retitle_issue(&issues[0].id, "Edited");
    world.move_issue(&issues[1].id, "Done");
    world.delete_task(world.task_named(&issues[2].title).id);
    world.issue(&issues[3].project, "New", "Text.", "InProgress");
    world.describe_task(world.task_named(&issues[5].title).id, "Other text.");
    let mut seen = Vec::new();
    for zone in [
        "UTC",
        "Pacific/Kiritimati",
        "America/St_Johns",
        ":/nowhere",
        "Asia/Kathmandu",
    ] {
        world.set_variable("TZ", zone);
        let plan = world.hvs(&["plan"]).await.exits(0);
        let json = world.hvs(&["plan", "--json"]).await.exits(0).json();
        seen.push((zone, said(&plan), json["projects"].clone()));
    }
    for (zone, text, json) in &seen[1..] {
        assert_eq!(*text, seen[0].1, "{zone}");
        assert_eq!(*json, seen[0].2, "{zone}");
    }
    let text = seen[0].1.join("\n");
    for part in ["Edited", "New", "Other text"] {
        assert!(text.contains(part), "`{part}` is not in the plan:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_is_shown_with_the_origin_of_each_value() {
    let mut world = World::new(Generation::L2).await;
    world.set("sync.workers", "2");
    let shown = world.hvs(&["config", "show"]).await.exits(0);
    shown.prints(&["hvs.toml:2", "HVS_SYNC_WORKERS", "default", "[set]"]);
    let json = world
        .hvs(&["config", "show", "--json"])
        .await
        .exits(0)
        .json();
    assert!(json.to_string().contains("HVS_SYNC_WORKERS"), "{json:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_limited_to_one_project_leaves_the_others_alone() {
    let world = World::sized(Generation::L2, 3, 4, 13).await;
    world
        .hvs(&["sync", "once", "--project", "P1"])
        .await
        .exits(0);
    assert_eq!(world.tasks().len(), 4);
    assert!(
        world
            .tasks()
            .iter()
            .all(|task| task.title.ends_with("project 1"))
    );
    world
        .hvs(&["sync", "once", "--project", "Project 2"])
        .await
        .exits(0);
    assert_eq!(world.tasks().len(), 8);
    let ran = world.hvs(&["sync", "once", "--project", "Projct 2"]).await;
    let ran = ran.exits(2).tells(&["`Projct 2`"]);
    assert!(
        !ran.out.contains("create project"),
        "nothing is made for others: {ran}"
    );
    assert_eq!(world.vibe.model.lock().projects().len(), 2);
    world.sync().await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}
