//! The words about what failed, what waits and what people decide, as snapshots (see [`crate::words`]); what `docs/failures.md` shows
//! of a terminal is held to them.

use sim::{
    faults::{Effect, Failure, Rule},
    vibe::Generation,
};

use crate::{transcript::Page, words::snapshot, world::World};

const TASK: &str = "/api/tasks/{task_id}";

/// Types a command that the page shows, holds the page to it, and takes its snapshot.
async fn shown(world: &World, command: &str) {
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let ran = world.hvs(&words).await.exits(0);
    Page::read("docs/failures.md").shows(command, &format!("{}{}", ran.out, ran.err));
    let name: Vec<&str> = words
        .iter()
        .map(|word| word.trim_start_matches('-'))
        .collect();
    snapshot!(of world, name.join("_").to_lowercase().replace(['-', '.'], "_"), ran);
}

/// Every task whose new text has this in it is answered with a status.
fn answers(world: &World, text: &str, status: u16) {
    let failure = Failure::Status {
        status,
        body: r#"{"success":false,"data":null,"message":"the title is not allowed"}"#.to_owned(),
    };
    let rule = Rule::on("PUT", TASK, Effect::FailBefore { failure });
    world.vibe.faults.add(rule.body_contains(text));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_dead_letters_and_the_queue() {
    let world = World::new(Generation::L2).await;
    snapshot!(world, "dlq_list_without_a_store", "dlq", "list");
    snapshot!(world, "queue_list_without_a_store", "queue", "list");
    snapshot!(world, "history_without_a_store", "history");
    snapshot!(world, "dlq_retry_without_a_store", "dlq", "retry", "--all");
    let project = world.huly_project("HARB", "Harbor");
    for title in ["Paint the boat", "Mend the net", "Buy a rope"] {
        world.issue(&project, title, "Text.", "Todo");
    }
    world.sync().await;
    // one after the other, so that each list has one order
    for (old, new, status) in [
        ("Paint the boat", "Paint the ship", 422),
        ("Mend the net", "Mend the nets", 422),
        ("Buy a rope", "Buy two ropes", 503),
    ] {
        world.retitle_issue(&world.issue_named(old).id, new);
        answers(&world, new, status);
        world.hvs(&["sync", "once"]).await.exits(3);
    }
    world.hvs(&["sync", "once"]).await.exits(3);
    shown(&world, "hvs dlq list").await;
    shown(&world, "hvs dlq show HARB-1").await;
    shown(&world, "hvs queue list").await;
    shown(&world, "hvs queue show HARB-3").await;
    snapshot!(
        world,
        "dlq_list_unknown_project",
        "dlq",
        "list",
        "--project",
        "HARBR"
    );
    snapshot!(world, "dlq_show_unknown", "dlq", "show", "HARB-9");
    snapshot!(world, "dlq_retry_nothing_named", "dlq", "retry");
    snapshot!(world, "dlq_drop_unknown", "dlq", "drop", "HARB-9");
    snapshot!(
        world,
        "queue_list_unknown_project",
        "queue",
        "list",
        "--project",
        "HARBR"
    );
    snapshot!(world, "queue_show_unknown", "queue", "show", "HARB-9");
    snapshot!(world, "queue_retry_unknown", "queue", "retry", "HARB-9");
    snapshot!(world, "history_unknown", "history", "HARB-9");
    shown(&world, "hvs dlq drop HARB-2").await;
    shown(&world, "hvs dlq retry HARB-1").await;
    shown(&world, "hvs queue retry HARB-3").await;
    snapshot!(world, "sync_dropped_letter", "sync", "once");
    shown(&world, "hvs history HARB-1").await;
    shown(&world, "hvs history --people").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_conflicts() {
    let mut world = World::new(Generation::L2).await;
    world.set("fields.title", "manual");
    world.set("fields.description", "manual");
    snapshot!(world, "conflicts_list_without_a_store", "conflicts", "list");
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Paint the boat", "White.\n\nTwo coats.", "Todo");
    world.sync().await;
    let issue = world.issue_named("Paint the boat").id;
    let task = world.task_named("Paint the boat").id;
    world.retitle_issue(&issue, "Paint the ship");
    world.retitle_task(task, "Paint the boat blue");
    world.describe_issue(&issue, "White.\n\nThree coats.");
    world.describe_task(task, "Blue.\n\nTwo coats.");
    let ran = world.hvs(&["sync", "once"]).await;
    snapshot!(of world, "sync_frozen", ran);
    shown(&world, "hvs conflicts list").await;
    shown(&world, "hvs conflicts show 2").await;
    snapshot!(
        world,
        "conflicts_show_several",
        "conflicts",
        "show",
        "HARB-1"
    );
    snapshot!(
        world,
        "conflicts_list_unknown_project",
        "conflicts",
        "list",
        "--project",
        "HARBR"
    );
    snapshot!(
        world,
        "conflicts_resolve_both_titles",
        "conflicts",
        "resolve",
        "1",
        "--take",
        "both"
    );
    shown(&world, "hvs conflicts resolve 1 --take huly").await;
    snapshot!(
        world,
        "conflicts_resolve_decided_already",
        "conflicts",
        "resolve",
        "1",
        "--take",
        "vibe"
    );
    std::fs::write(world.path("text.md"), "White and blue.\n\nThree coats.\n").unwrap();
    shown(&world, "hvs conflicts resolve 2 --take edit --file text.md").await;
    let ran = world.sync().await;
    snapshot!(of world, "sync_decided", ran);
    snapshot!(world, "conflicts_list_all", "conflicts", "list", "--all");
}
