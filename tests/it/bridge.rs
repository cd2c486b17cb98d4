//! Huly through the predecessor's bridge, in both of its forms: a first sync, quiet after it, each field each way, and what the
//! bridge does not say is never taken for a value.

use sim::{
    faults::{Effect, Failure, Rule},
    http::{BridgeState, Form, Unreadable},
    vibe::{Generation, Status},
};

use crate::world::{GENERATIONS, World};

const PROJECTS: usize = 10;
const ISSUES: usize = 1_000;
const THREE: &str = "First line.\n\nSecond line.\n\nThird line.";

async fn first_sync_and_each_field(generation: Generation, form: Form) {
    let (world, bridge) = World::bridge(generation, PROJECTS, ISSUES / PROJECTS, form).await;
    let ran = world.sync().await.prints(&["1,000 created"]);
    world.assert_same_on_both_sides();
    let (huly, _) = world.counts();
    assert_eq!(huly.writes, 0, "{huly:#?}\n{ran}");
    assert!(
        huly.reads <= 2 * PROJECTS as u64 + 2,
        "one list a project holds the descriptions too: {huly:#?}"
    );
    world.stays_quiet().await;
    let (huly, _) = world.counts();
    assert!(huly.reads <= PROJECTS as u64 + 2, "{huly:#?}");

    let named = |at: usize| format!("Issue {at} of project 3");
    let issue = |at: usize| world.issue_named(&named(at)).id;
    let task = |at: usize| world.task_named(&named(at)).id;
    let (issues, tasks): (Vec<_>, Vec<_>) = (0..6).map(|at| (issue(at), task(at))).unzip();
    world.retitle_issue(&issues[0], "Ship from Huly ⛵");
    world.move_issue(&issues[1], "Done");
    world.describe_issue(&issues[2], "New *text* from Huly.\n\n1. one\n2. two");
    world.retitle_task(tasks[3], "Ship from Vibe ⛵");
    world.move_task(tasks[4], Status::Cancelled);
    world.describe_task(
        tasks[5],
        "New **text** from Vibe.\n\n- [ ] open\n- [x] done",
    );
    let ran = world.sync().await;
    assert_eq!(world.task_view(tasks[0]).title, "Ship from Huly ⛵");
    assert_eq!(world.task_view(tasks[1]).status, Status::Done);
    assert_eq!(
        world.task_text(tasks[2]),
        "New *text* from Huly.\n\n1. one\n2. two"
    );
    assert_eq!(world.issue_view(&issues[3]).title, "Ship from Vibe ⛵");
    assert_eq!(world.issue_view(&issues[4]).status_name, "Canceled");
    assert_eq!(
        world.issue_text(&issues[5]),
        "New **text** from Vibe.\n\n- [ ] open\n- [x] done",
        "{ran}"
    );
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
    drop(bridge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_of_a_thousand_through_the_first_bridge_to_an_old_server() {
    first_sync_and_each_field(Generation::L1, Form::First).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_of_a_thousand_through_the_first_bridge_to_a_young_server() {
    first_sync_and_each_field(Generation::L2, Form::First).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_of_a_thousand_through_a_later_bridge_to_an_old_server() {
    first_sync_and_each_field(Generation::L1, Form::Later).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_of_a_thousand_through_a_later_bridge_to_a_young_server() {
    first_sync_and_each_field(Generation::L2, Form::Later).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_vibe_become_issues_with_status_and_text_one_at_a_time() {
    for (generation, form) in [(Generation::L1, Form::First), (Generation::L2, Form::Later)] {
        let (world, _) = World::bridge(generation, 1, 2, form).await;
        let project = world.vibe_project("Project 0", "project-0");
        for at in 0..12 {
            let status = [Status::Todo, Status::InProgress, Status::Done][at % 3];
            let text = (at % 2 == 0).then_some(THREE);
            world.task(project, &format!("Task {at}"), text, status);
        }
        let ran = world.sync().await;
        assert_eq!(world.issues().len(), 14, "{ran}");
        world.assert_same_on_both_sides();
        let mut identifiers: Vec<_> = world.issues().into_iter().map(|i| i.identifier).collect();
        identifiers.sort();
        identifiers.dedup();
        assert_eq!(identifiers.len(), 14, "no number is given twice");
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_failing_list_of_the_bridge_makes_nothing_and_deletes_nothing() {
    let failures = [
        Failure::Status {
            status: 500,
            body: "{\"error\":\"boom\"}".into(),
        },
        Failure::Truncated,
        Failure::Html,
    ];
    for generation in GENERATIONS {
        let (world, bridge) = World::bridge(generation, 2, 10, Form::First).await;
        world.sync().await;
        for route in ["/api/projects", "/api/projects/{identifier}/issues"] {
            for failure in &failures {
                let effect = Effect::FailBefore {
                    failure: failure.clone(),
                };
                world.huly.faults.add(Rule::on("GET", route, effect));
                world.count_afresh();
                let ran = world.hvs(&["sync", "once"]).await.exits(4);
                assert_eq!(world.writes(), 0, "{route} {failure:?} {ran}");
                world.huly.faults.clear();
            }
        }
        bridge.lock().connected = false;
        world.count_afresh();
        let ran = world.hvs(&["sync", "once"]).await.exits(4);
        assert_eq!(world.writes(), 0, "{ran}");
        bridge.lock().connected = true;
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (20, 20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_a_full_page_of_the_bridge_is_never_taken_for_complete() {
    let (world, bridge) = World::bridge(Generation::L2, 1, 1_200, Form::First).await;
    world.sync().await.prints(&["1,200 created"]);
    world.assert_same_on_both_sides();
    world.stays_quiet().await;

    // A bridge that gives out fewer than it was asked for.
    bridge.lock().cap = Some(700);
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await.exits(4);
    assert!(ran.to_string().contains("HULY_BRIDGE_INCOMPLETE"), "{ran}");
    assert_eq!(world.writes(), 0, "{ran}");

    // A later one can be paged through.
    bridge.lock().form = Form::Later;
    world.stays_quiet().await;
    assert_eq!(world.tasks().len(), 1_200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_read_of_a_description_overwrites_nothing_on_either_side() {
    for form in [Form::First, Form::Later] {
        let (world, bridge) = World::bridge(Generation::L2, 0, 0, form).await;
        let project = world.huly_project("HARB", "Harbor");
        let first = world.issue(&project, "Boat", THREE, "Todo");
        world.sync().await;
        let task = world.task_named("Boat").id;
        bridge.lock().unreadable = Unreadable::All;
        world.stays_quiet().await;
        assert_eq!(world.task_text(task), THREE);

        // Other fields go on; a text that cannot be seen is not written over.
        world.retitle_task(task, "Ship");
        world.sync().await;
        assert_eq!(world.issue_view(&first).title, "Ship");
        world.describe_task(task, "By Vibe.");
        let ran = world.hvs(&["sync", "once"]).await.exits(3);
        assert!(ran.to_string().contains("BRIDGE_UNREAD"), "{ran}");
        assert_eq!(world.issue_text(&first), THREE, "{ran}");

        bridge.lock().unreadable = Unreadable::None;
        world.sync().await;
        assert_eq!(world.issue_text(&first), "By Vibe.");
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_18_a_pair_whose_description_cannot_be_read_is_linked_and_keeps_both_texts() {
    let (world, bridge) = World::bridge(Generation::L2, 0, 0, Form::First).await;
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "Boat", "By Huly.", "Todo");
    let there = world.vibe_project("Harbor", "harb");
    let task = world.task(there, "Boat", Some("By Vibe."), Status::Todo);
    bridge.lock().unreadable = Unreadable::All;
    let ran = world.sync().await;
    assert_eq!((world.issues().len(), world.tasks().len()), (1, 1), "{ran}");
    assert_eq!(world.issue_text(&issue), "By Huly.");
    assert_eq!(world.task_text(task), "By Vibe.");
    world.stays_quiet().await;
    bridge.lock().unreadable = Unreadable::None;
    world.sync().await;
    // Huly's value stands, as in every adoption; the other one is kept.
    assert_eq!(world.task_text(task), "By Huly.");
    assert!(!world.conflicts().await.is_empty());
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_description_that_was_answered_but_not_written_is_sent_again() {
    for form in [Form::First, Form::Later] {
        let (world, bridge) = World::bridge(Generation::L2, 1, 1, form).await;
        let project = world.vibe_project("Project 0", "project-0");
        world.task(project, "Boat", Some(THREE), Status::Done);
        bridge.lock().loses_descriptions = true;
        let ran = world.hvs(&["sync", "once"]).await.exits(3);
        let issue = world.issue_named("Boat");
        assert_eq!(
            (issue.status_name.as_str(), world.issues().len()),
            ("Done", 2),
            "{ran}"
        );
        assert_eq!(world.issue_text(&issue.id), "");
        bridge.lock().loses_descriptions = false;
        let ran = world.sync().await;
        assert_eq!(world.issue_text(&issue.id), THREE, "{ran}");
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_without_an_answer_is_looked_for_before_it_is_repeated() {
    let (mut world, _) = World::bridge(Generation::L2, 1, 1, Form::First).await;
    world.set("retry.late_create", "100 ms");
    world.set("huly.http.write_timeout", "500 ms");
    world.set("vibe.http.write_timeout", "500 ms");
    let project = world.vibe_project("Project 0", "project-0");
    for _ in 0..3 {
        world.task(project, "Same title", Some(THREE), Status::Todo);
    }
    let lost = Effect::FailAfter {
        failure: Failure::Reset,
    };
    world.huly.faults.add(Rule::on("POST", "/api/issues", lost));
    world.sync().await;
    world.huly.faults.clear();
    assert_eq!(world.issues().len(), 4, "three tasks, three issues");
    assert_eq!(world.tasks().len(), 4);
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_issues_of_one_identifier_are_left_alone() {
    let (world, _) = World::bridge(Generation::L2, 1, 2, Form::First).await;
    let project = world.vibe_project("Project 0", "project-0");
    world.task(project, "By Vibe", None, Status::Todo);
    world.sync().await;
    let ours = world.issue_named("By Vibe");
    // Huly's page counts by the project's sequence, which the bridge left behind.
    let theirs = world.issue(&ours.project, "By a person", "", "Todo");
    assert_eq!(world.issue_view(&theirs).identifier, ours.identifier);
    world.count_afresh();
    let ran = world.sync().await;
    assert_eq!(world.writes(), 0, "{ran}");
    assert!(ran.err.contains(&ours.identifier), "{ran}");
    world.retitle_task(world.task_named("By Vibe").id, "Retitled");
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    assert!(ran.to_string().contains("BRIDGE_TWINS"), "{ran}");
    assert_eq!(world.issue_view(&theirs).title, "By a person");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_a_deletion_in_huly_is_no_proof_and_one_in_vibe_is_carried() {
    let (world, _) = World::bridge(Generation::L2, 1, 4, Form::First).await;
    world.sync().await;
    let gone = world.issue_named("Issue 0 of project 0");
    world.delete_issue(&gone.id);
    world.count_afresh();
    let ran = world.sync().await;
    assert_eq!(world.writes(), 0, "{ran}");
    assert!(
        ran.to_string().contains("VANISHED") || ran.to_string().contains("missing"),
        "{ran}"
    );
    let other = world.issue_named("Issue 1 of project 0");
    world.delete_task(world.task_named("Issue 1 of project 0").id);
    world.sync().await;
    assert_eq!(world.issue_view(&other.id).status_name, "Canceled");
    assert_eq!(world.tasks().len(), 3, "nothing comes back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_one_way_is_refused_by_the_other() {
    let (mut world, bridge) = World::bridge(Generation::L2, 1, 1, Form::First).await;
    world.sync().await;
    assert_eq!(*bridge.lock(), BridgeState::of(Form::First));
    world.set("huly.api", "platform");
    world.set("huly.token", "x");
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await.exits(2);
    assert!(
        ran.err.contains("made with `huly.api = \"bridge\"`"),
        "{ran}"
    );
    assert_eq!(world.writes(), 0);
}
