//! The store's disk fills up or breaks, at every call of the store in turn, once and for good (design 4.5): the run says so
//! and exits with 4, and once there is room again the next runs bring everything together, each item once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{
    Stop,
    report::{Exit, Report},
};
use sim::vibe::{Generation, Status};
use store::{
    Store,
    faults::{Fault, Faulty, Trouble},
};

use crate::world::{SimStore, World, sync, told};

/// Items of the reference sync: creates both ways, edits both ways, a conflict, a deletion, a project to be made.
const TITLES: [&str; 9] = [
    "Deleted issue",
    "Issue 0",
    "Issue 1",
    "Issue 2",
    "Later issue",
    "Later task",
    "Lens",
    "Task 0",
    "Task 1",
];
/// Gone from Huly, and cancelled in Vibe.
const DELETED: &str = "Deleted issue";

/// Two linked boards on which people then went on.
async fn world() -> World {
    let world = World::new(Generation::L2);
    let huly = world.huly_project("HARB", "Harbor");
    let vibe = world.vibe_project("Harbor", "harb");
    for title in ["Issue 0", "Issue 1", "Issue 2", DELETED] {
        world.issue(&huly, title, "One.\n\nTwo.", "Todo");
    }
    for title in ["Task 0", "Task 1"] {
        world.task(vibe, title, Some("Text."), Status::Todo);
    }
    world.run_well().await;
    world.wait(Duration::from_mins(2)).await;
    let (issue, task) = (
        world.issue_named("Issue 0").id,
        world.task_named("Issue 1").id,
    );
    world.move_issue(&issue, "Done");
    world.move_task(task, Status::InReview);
    let both = (
        world.issue_named("Task 0").id,
        world.task_named("Task 0").id,
    );
    world.describe_issue(&both.0, "Huly says this.");
    world.describe_task(both.1, "Vibe says that.");
    world.issue(&huly, "Later issue", "Text.", "Todo");
    world.task(vibe, "Later task", Some("Text."), Status::Todo);
    world.delete_issue(&world.issue_named(DELETED).id);
    let other = world.huly_project("SKY", "Telescope");
    world.issue(&other, "Lens", "Glass.", "Todo");
    world
}

/// One run on a store with a fault.
async fn run_on(world: &World, store: &Faulty<SimStore>) -> Report {
    let mut engine = world.engine().await.unwrap();
    engine.store = Arc::new(store.clone());
    engine.run(sync(), &Stop::default()).await
}

fn assert_each_once(world: &World, told: &str) {
    let mut sides = [BTreeMap::<String, u32>::new(), BTreeMap::new()];
    for issue in world.issues() {
        *sides[0].entry(issue.title).or_default() += 1;
    }
    for task in world.tasks() {
        *sides[1].entry(task.title).or_default() += 1;
    }
    let on_both = TITLES.iter().filter(|title| **title != DELETED).copied();
    let expected = [on_both.collect(), TITLES.to_vec()];
    for (counts, titles) in sides.iter().zip(expected) {
        let once: Vec<_> = counts
            .iter()
            .map(|(title, count)| (title.as_str(), *count))
            .collect();
        let expected: Vec<_> = titles.into_iter().map(|title| (title, 1)).collect();
        assert_eq!(once, expected, "{told}");
    }
    let deleted = world.task_named(DELETED);
    assert_eq!(deleted.status, Status::Cancelled, "{told}");
    let projects = world.vibe.model.lock().projects().len();
    assert_eq!(projects, 2, "{told}");
}

/// Every message of a report with its code.
fn messages(report: &Report) -> Vec<(String, String)> {
    let all = report.projects.iter().flat_map(|project| &project.problems);
    all.chain(&report.problems)
        .map(|outcome| (outcome.code.to_string(), outcome.message.to_string()))
        .collect()
}

async fn one(fault: Fault) {
    let world = world().await;
    let store = Faulty::new(world.store.clone(), Some(fault));
    let report = run_on(&world, &store).await;
    let what = format!("{fault:?}\n{}", told(&report));
    assert_eq!(report.exit, Exit::Service, "{what}");
    let (code, words) = match fault.trouble {
        Trouble::Full => ("STORE_FULL", "no room left"),
        Trouble::Broken => ("STORE_IO", "file cannot be used"),
        Trouble::Unanswered => ("STORE_IO", "connection to the store broke"),
    };
    assert!(
        messages(&report)
            .iter()
            .any(|(found, message)| found == code && message.contains(words)),
        "{what}\n{:?}",
        messages(&report)
    );
    // There is room again. What was sent and not settled may still land, and the lease may have to run out.
    world.wait(Duration::from_secs(150)).await;
    world.settle().await;
    assert_each_once(&world, &what);
    let lost = world.store.conflicts(false, 99).await.unwrap();
    let kept = lost
        .iter()
        .any(|row| format!("{:?}", row.values).contains("Vibe says that."));
    assert!(kept, "the value that lost is kept: {what}\n{lost:?}");
}

async fn calls(trouble: Trouble) -> u64 {
    let world = world().await;
    let store = Faulty::new(world.store.clone(), None);
    let report = run_on(&world, &store).await;
    assert_eq!(report.exit, Exit::Done, "{}", told(&report));
    store.counted(trouble)
}

async fn at_every_call(trouble: Trouble, least: u64) {
    let calls = calls(trouble).await;
    println!("{trouble:?}: {calls} calls");
    assert!(calls >= least, "the reference sync is too small: {calls}");
    for at in 0..calls {
        for lasts in [false, true] {
            Box::pin(one(Fault { trouble, at, lasts })).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_at_any_write_loses_nothing() {
    at_every_call(Trouble::Full, 8).await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_at_any_call_loses_nothing() {
    at_every_call(Trouble::Broken, 20).await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_after_any_write_loses_nothing() {
    at_every_call(Trouble::Unanswered, 8).await;
}
