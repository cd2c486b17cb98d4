//! Calls that fail, each alone and in every way: nothing is taken for empty, nothing is done twice, nothing is lost.

use std::time::Duration;

use engine::report::Exit;
use sim::{
    calls::Counts,
    faults::{Effect, Failure, Faults, Rule},
    vibe::{Generation, Status},
};
use sync_core::Side;

use crate::world::{GENERATIONS, LEASE, World};

pub(crate) const FIND: &str = "/transactor/api/v1/find-all/{ws}";

/// Two linked projects with something to do for every kind of call: edits of each field on both sides, new items on both
/// sides, a deletion on each side.
pub(crate) async fn busy(generation: Generation, seed: u64) -> World {
    let world = World::seeded(generation, seed);
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    for at in 0..9 {
        world.issue(
            &project,
            &format!("Issue {at}"),
            "One.\n\nTwo.\n\nThree.",
            "Todo",
        );
    }
    for at in 0..3 {
        world.task(tasks, &format!("Task {at}"), Some("Text."), Status::Todo);
    }
    world.run_well().await;
    world.run_well().await;
    let issue = |at: usize| world.issue_named(&format!("Issue {at}")).id;
    let task = |at: usize| world.task_named(&format!("Issue {at}")).id;
    let (first, deleted) = (issue(5), issue(6));
    world.describe_task(task(0), "One, by Vibe.\n\nTwo.\n\nThree.");
    world.describe_issue(&issue(1), "One, by Huly.\n\nTwo.\n\nThree.");
    world.move_task(task(2), Status::InProgress);
    world.move_issue(&issue(3), "Done");
    world.delete_task(task(7));
    let retitled = task(4);
    world.retitle_issue(&first, "Retitled in Huly");
    world.retitle_task(retitled, "Retitled in Vibe");
    world.delete_issue(&deleted);
    world.issue(&project, "New issue", "With text.", "InProgress");
    world.task(tasks, "New task", Some("With text."), Status::Done);
    world.reset_counts();
    world
}

pub(crate) fn faults(world: &World, side: Side) -> &Faults {
    match side {
        Side::Huly => &world.huly.faults,
        Side::Vibe => &world.vibe.faults,
    }
}

/// Everything arrived, once.
async fn assert_all_arrived(world: &World, what: &str) {
    let problems = world.compare().await;
    assert!(problems.is_empty(), "{what}: {problems}");
    assert_eq!(
        (world.issues().len(), world.tasks().len()),
        (13, 13),
        "{what}"
    );
    for (title, status, text) in [
        ("Issue 0", "Todo", "One, by Vibe.\n\nTwo.\n\nThree."),
        ("Issue 1", "Todo", "One, by Huly.\n\nTwo.\n\nThree."),
        ("Issue 2", "In Progress", "One.\n\nTwo.\n\nThree."),
        ("Issue 3", "Done", "One.\n\nTwo.\n\nThree."),
        ("Retitled in Vibe", "Todo", "One.\n\nTwo.\n\nThree."),
        ("Retitled in Huly", "Todo", "One.\n\nTwo.\n\nThree."),
        ("Issue 7", "Canceled", "One.\n\nTwo.\n\nThree."),
        ("New issue", "In Progress", "With text."),
        ("New task", "Done", "With text."),
    ] {
        let issue = world.issue_named(title);
        assert_eq!(issue.status_name, status, "{what}: {title}");
        assert_eq!(world.issue_text(&issue.id).trim(), text, "{what}: {title}");
    }
    assert_eq!(
        world.task_named("Issue 6").status,
        Status::Cancelled,
        "{what}"
    );
}

/// Runs, waiting between, until a run writes nothing; then everything must have arrived.
pub(crate) async fn recovers(world: &World, what: &str) {
    for _ in 0..4 {
        world.wait(Duration::from_secs(90)).await;
        let before = world.writes();
        let exit = world.exit().await;
        if exit == Exit::Done && world.writes() == before {
            break;
        }
    }
    assert_all_arrived(world, what).await;
    world.assert_quiet().await;
}

fn failures() -> Vec<Failure> {
    vec![
        Failure::Status {
            status: 500,
            body: String::new(),
        },
        Failure::Status {
            status: 503,
            body: "{}".into(),
        },
        Failure::Hang,
        Failure::Reset,
        Failure::Truncated,
        Failure::Html,
    ]
}

/// Reads of one server that a busy run makes, as rules that strike one of them each.
fn reads(counts: &Counts, side: Side, effect: &Effect) -> Vec<(String, Rule)> {
    let mut rules = Vec::new();
    for label in counts.by_route.keys() {
        let mut parts = label.splitn(3, ' ');
        let (Some(method), Some(route)) = (parts.next(), parts.next()) else {
            continue;
        };
        let operation = parts.next().unwrap_or_default();
        let is_read = match side {
            Side::Huly => route == FIND || route.ends_with("/blob") || operation == "getContent",
            Side::Vibe => method == "GET",
        };
        if is_read {
            let rule = Rule::on(method, route, effect.clone());
            rules.push((
                label.clone(),
                if operation.is_empty() {
                    rule
                } else {
                    rule.body_contains(operation)
                },
            ));
        }
    }
    rules
}

#[tokio::test(start_paused = true)]
async fn row_03_a_read_that_fails_alone_makes_nothing_deletes_nothing_and_is_told() {
    for generation in GENERATIONS {
        let clean = busy(generation, 1).await;
        clean.run_well().await;
        assert_all_arrived(&clean, "without any failure").await;
        let counts = clean.counts();
        for failure in failures() {
            let effect = Effect::FailBefore {
                failure: failure.clone(),
            };
            for side in Side::ALL {
                for (label, rule) in reads(counts.side(side), side, &effect) {
                    one_read(generation, side, &label, rule, &failure).await;
                }
            }
        }
    }
}

async fn one_read(generation: Generation, side: Side, label: &str, rule: Rule, failure: &Failure) {
    let what = format!("{generation:?} {label} {failure:?}");
    let is_list = label.contains("Issue")
        || label.contains("Project")
        || label == "GET /api/tasks"
        || label == "GET /api/projects"
        || label.contains("TxRemoveDoc");
    let world = busy(generation, 1).await;
    let (issues, tasks) = (world.issues().len(), world.tasks().len());
    faults(&world, side).add(rule);
    let exit = world.exit().await;
    if is_list {
        let counts = world.counts();
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (issues, tasks),
            "{what}: something was made or deleted"
        );
        assert_eq!(
            counts.huly.of("/tx/{ws} TxRemoveDoc") + counts.vibe.of("DELETE "),
            0,
            "{what}"
        );
        assert_eq!(
            world.issue_named("Issue 7").status_name,
            "Todo",
            "{what}: cancelled"
        );
        assert_eq!(
            world.task_named("Issue 6").status,
            Status::Todo,
            "{what}: cancelled"
        );
    }
    if !label.contains("/api/info") {
        assert_ne!(exit, Exit::Done, "{what}: nobody was told");
    }
    faults(&world, side).clear();
    // A service that hung is left alone for a while, by the program that saw it; the next one starts afresh.
    recovers(&world, &what).await;
}

#[tokio::test(start_paused = true)]
async fn row_03_a_failed_list_in_the_first_sync_makes_nothing() {
    for generation in GENERATIONS {
        for failure in failures() {
            for (side, method, route) in [
                (Side::Huly, "POST", FIND),
                (Side::Vibe, "GET", "/api/tasks"),
                (Side::Vibe, "GET", "/api/projects"),
            ] {
                let world = World::new(generation);
                let project = world.huly_project("HARB", "Harbor");
                let tasks = world.vibe_project("Harbor", "harb");
                for at in 0..3 {
                    world.issue(&project, &format!("Same {at}"), "", "Todo");
                    world.task(tasks, &format!("Same {at}"), None, Status::Todo);
                }
                let rule = Rule::on(
                    method,
                    route,
                    Effect::FailBefore {
                        failure: failure.clone(),
                    },
                );
                faults(&world, side).add(rule);
                let exit = world.exit().await;
                let what = format!("{generation:?} {route} {failure:?}");
                assert_eq!(exit, Exit::Service, "{what}");
                assert_eq!(world.writes(), 0, "{what}");
                faults(&world, side).clear();
                world.wait(LEASE).await;
                world.run_well().await;
                assert_eq!(
                    (world.issues().len(), world.tasks().len()),
                    (3, 3),
                    "{what}"
                );
                let projects = world.vibe.model.lock().projects().len();
                assert_eq!(projects, 1, "{what}");
            }
        }
    }
}
