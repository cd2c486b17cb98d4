//! What a person does about failing items and conflicts: `hvs dlq`, `hvs queue`, `hvs conflicts`, `hvs history`.

use sim::{
    faults::{Effect, Failure, Rule},
    vibe::{Generation, Status},
};

use crate::world::World;

const TASK: &str = "/api/tasks/{task_id}";

fn answers(status: u16) -> Effect {
    Effect::FailBefore {
        failure: Failure::Status {
            status,
            body: String::new(),
        },
    }
}

/// A linked project of four pairs; the titles of two are refused from then on.
async fn refused() -> World {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for at in 1..=4 {
        world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
    }
    world.sync().await;
    let rule = Rule::on("PUT", TASK, answers(422)).body_contains("Bad");
    world.vibe.faults.add(rule);
    for at in 1..=2 {
        world.retitle_issue(
            &world.issue_named(&format!("Boat {at}")).id,
            &format!("Bad {at}"),
        );
    }
    world.hvs(&["sync", "once"]).await.exits(3);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_listed_shown_dropped_and_retried() {
    let world = refused().await;
    let listed = world.hvs(&["dlq", "list"]).await.exits(0);
    let listed = listed.prints(&["FIELD", "title", "HARB-1 Bad 1", "HARB-2 Bad 2", "VIBE_"]);
    let json = world.hvs(&["dlq", "list", "--json"]).await.exits(0).json();
    assert_eq!(json.as_array().map(Vec::len), Some(2), "{listed}");
    let shown = world.hvs(&["dlq", "show", "harb-1"]).await.exits(0);
    shown.prints(&["HARB-1 Bad 1", "dead", "what to do", "version"]);
    let id = json[0]["id"].as_str().unwrap();
    world.hvs(&["dlq", "show", id]).await.exits(0).prints(&[id]);

    world
        .hvs(&["dlq", "drop", "HARB-2"])
        .await
        .exits(0)
        .prints(&["1 dead letter dropped"]);
    let left = world.hvs(&["dlq", "list"]).await.exits(0);
    assert!(!left.out.contains("HARB-2"), "{left}");
    world
        .hvs(&["dlq", "list", "--dropped"])
        .await
        .exits(0)
        .prints(&["HARB-2"]);
    world
        .hvs(&["dlq", "drop", "HARB-2"])
        .await
        .exits(2)
        .tells(&["there is no dead letter `HARB-2`", "hvs dlq list"]);

    world.vibe.faults.clear();
    world
        .hvs(&["dlq", "retry", "--all"])
        .await
        .exits(0)
        .prints(&["2 dead letters taken away"]);
    world.sync().await;
    world.task_named("Bad 1");
    world.task_named("Bad 2");
    world
        .hvs(&["dlq", "list"])
        .await
        .exits(0)
        .tells(&["no dead letters"]);
    world.stays_quiet().await;
    let history = world.hvs(&["history", "--people"]).await.exits(0);
    let history = history.prints(&["drop", "HARB-2 Bad 2", "retry", "uid-"]);
    assert_eq!(history.out.lines().count(), 4, "{history}");
    let item = world.hvs(&["history", "HARB-2"]).await.exits(0);
    let item = item.prints(&["run ", "title: Boat 2 -> Bad 2", "drop", "retry"]);
    assert!(!item.out.contains("HARB-1"), "{item}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_named_wrong_is_told_and_nothing_is_done() {
    let world = refused().await;
    for words in [
        &["dlq", "retry"][..],
        &["dlq", "drop", "HARB-9"],
        &["dlq", "retry", "--project", "NOWHERE"],
        &["queue", "retry", "HARB-9"],
        &["conflicts", "show", "99"],
        &["conflicts", "resolve", "99", "--take", "huly"],
        &["conflicts", "resolve", "99", "--take", "mine"],
        &["history", "HARB-99"],
    ] {
        let ran = world.hvs(words).await.exits(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran}");
    }
    let json = world.hvs(&["dlq", "list", "--json"]).await.exits(0).json();
    assert_eq!(json.as_array().map(Vec::len), Some(2), "{json:#}");
    let empty = World::new(Generation::L2).await;
    for words in [
        &["dlq", "list"][..],
        &["queue", "list"],
        &["conflicts", "list"],
        &["history"],
    ] {
        let ran = empty.hvs(words).await.exits(0);
        assert!(ran.out.is_empty(), "{ran}");
    }
    let ran = empty.hvs(&["dlq", "retry", "--all"]).await.exits(2);
    ran.tells(&["there is no store"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_waits_is_listed_with_its_last_error_and_can_be_made_due() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Boat", "Text.", "Todo");
    world.sync().await;
    let busy = Rule::on("PUT", TASK, answers(503));
    world.vibe.faults.add(busy);
    world.retitle_issue(&world.issue_named("Boat").id, "Ship");
    for _ in 0..3 {
        world.hvs(&["sync", "once"]).await.exits(3);
    }
    let listed = world.hvs(&["queue", "list"]).await.exits(0);
    listed.prints(&[
        "waiting",
        "title",
        "HARB-1",
        "NEXT TRY",
        "WRITE_UNCONFIRMED",
    ]);
    let shown = world
        .hvs(&["queue", "show", "HARB-1", "--json"])
        .await
        .exits(0)
        .json();
    assert_eq!(shown[0]["state"], "waiting", "{shown:#}");
    assert!(shown[0]["tries"].as_u64() >= Some(2), "{shown:#}");
    world.vibe.faults.clear();
    world
        .hvs(&["queue", "retry", "HARB-1"])
        .await
        .exits(0)
        .prints(&["due now"]);
    world.sync().await;
    world.task_named("Ship");
    // one of the writes without an answer may still come, so the item is looked at once more
    world
        .hvs(&["queue", "list"])
        .await
        .exits(0)
        .prints(&["HARB-1", "WRITE_LATE"]);
    world.stays_quiet().await;
}

/// A pair whose title and text were changed on both sides, where people decide.
async fn frozen() -> World {
    let mut world = World::new(Generation::L2).await;
    world.set("fields.title", "manual");
    world.set("fields.description", "manual");
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Boat", "Old text.", "Todo");
    world.sync().await;
    let (issue, task) = (world.issue_named("Boat").id, world.task_named("Boat").id);
    world.retitle_issue(&issue, "By Huly");
    world.retitle_task(task, "By Vibe");
    world.describe_issue(&issue, "Same line.\n\nHuly's line.");
    world.describe_task(task, "Same line.\n\nVibe's line.");
    world.hvs(&["sync", "once"]).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_shown_as_a_diff_and_decided_by_the_next_run() {
    let world = frozen().await;
    let listed = world.hvs(&["conflicts", "list"]).await.exits(0);
    listed.prints(&["open", "title", "description", "HARB-1"]);
    let json = world
        .hvs(&["conflicts", "list", "--json"])
        .await
        .exits(0)
        .json();
    let of = |field: &str| {
        let rows = json.as_array().unwrap();
        let row = rows.iter().find(|row| row["field"] == field).unwrap();
        row["id"].to_string()
    };
    let (title, text) = (of("title"), of("description"));
    let shown = world.hvs(&["conflicts", "show", &text]).await.exits(0);
    shown
        .prints(&["  Same line.", "- Huly's line.", "+ Vibe's line."])
        .tells(&["hvs conflicts resolve"]);
    world
        .hvs(&["conflicts", "show", "HARB-1"])
        .await
        .exits(2)
        .tells(&["several open conflicts"]);
    world
        .hvs(&["conflicts", "resolve", &title, "--take", "both"])
        .await
        .exits(2)
        .tells(&["for descriptions"]);
    world
        .hvs(&["conflicts", "resolve", &text, "--take", "both"])
        .await
        .exits(0)
        .prints(&["decided: both"]);
    std::fs::write(world.path("title.txt"), "By both\n").unwrap();
    let file = [
        "conflicts",
        "resolve",
        &title,
        "--take",
        "edit",
        "--file",
        "title.txt",
    ];
    world.hvs(&file).await.exits(0);
    // the second person is told, and may insist
    let second = ["conflicts", "resolve", &title, "--take", "huly"];
    let ran = world.hvs(&second).await.exits(3);
    ran.tells(&["changed meanwhile", "[STORE_CHANGED]", "--replace"]);
    world.sync().await;
    let (issue, task) = (world.issue_named("By both"), world.task_named("By both"));
    let both = "Same line.\n\nHuly's line.\n\n## From Vibe Kanban\n\nSame line.\n\nVibe's line.";
    assert_eq!(world.task_text(task.id).trim(), both);
    assert!(world.issue_text(&issue.id).contains("Vibe's line."));
    world
        .hvs(&["conflicts", "list"])
        .await
        .exits(0)
        .tells(&["no conflicts wait"]);
    world.stays_quiet().await;
    world.move_task(task.id, Status::Done);
    world.sync().await;
    world
        .hvs(&["history"])
        .await
        .exits(0)
        .prints(&["resolve", "takes both for the description"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_changed_after_it_was_shown_is_not_overwritten() {
    let world = frozen().await;
    let json = world
        .hvs(&["conflicts", "list", "--json"])
        .await
        .exits(0)
        .json();
    let row = json
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["field"] == "title")
        .unwrap();
    let id = row["id"].to_string();
    world
        .hvs(&["conflicts", "resolve", &id, "--take", "huly"])
        .await
        .exits(0);
    world.retitle_task(world.task_named("By Vibe").id, "Later");
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    ran.tells(&["changed meanwhile", "[DECISION_CHANGED]"]);
    world.task_named("Later");
    world.issue_named("By Huly");
    world
        .hvs(&["conflicts", "show", &id])
        .await
        .exits(0)
        .prints(&["+ Later"]);
    let old = ["conflicts", "resolve", &id, "--take", "vibe", "--seen", "1"];
    world.hvs(&old).await.exits(3).tells(&["changed meanwhile"]);
    world
        .hvs(&["conflicts", "resolve", &id, "--take", "vibe"])
        .await
        .exits(0);
    world.hvs(&["sync", "once"]).await;
    world.issue_named("Later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_that_decide_at_once_one_does() {
    let world = frozen().await;
    let json = world
        .hvs(&["conflicts", "list", "--json"])
        .await
        .exits(0)
        .json();
    let id = json[0]["id"].to_string();
    let words =
        |take: &'static str| ["conflicts", "resolve", &id, "--take", take].map(str::to_owned);
    let (huly, vibe) = (words("huly"), words("vibe"));
    let start =
        |words: &[String]| world.start(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let (first, second) = (start(&huly), start(&vibe));
    let (first, second) = (first.wait().await, second.wait().await);
    let mut codes = [first.code, second.code];
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(3)], "{first}\n{second}");
    let loser = if first.code == Some(3) { first } else { second };
    loser.tells(&["changed meanwhile", "nothing was done"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_mends_restores_or_unlinks_stands_in_the_history() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Boat", "Text.", "Todo");
    world.sync().await;
    world.hvs(&["reconcile", "--repair"]).await.exits(0);
    world.hvs(&["db", "backup"]).await.exits(0);
    world.hvs(&["db", "restore", "--newest"]).await.exits(0);
    world.hvs(&["unlink", "--yes"]).await.exits(0);
    let rows = world
        .hvs(&["history", "--people", "--json"])
        .await
        .exits(0)
        .json();
    let kinds: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["unlink", "restore", "repair"], "{rows:#}");
}
