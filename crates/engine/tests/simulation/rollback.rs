//! The store is an old copy of itself: noticed, and nothing is made twice, taken back or overwritten unseen (design 4.3, I18).

use ::store::{Store, row::IntentState};
use engine::report::{Exit, Report};
use sim::vibe::{Generation, Status};

use crate::world::{GENERATIONS, LEASE, World, told};

/// Five issues and five tasks, synced, with a little time between everything.
async fn synced(generation: Generation) -> World {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    for at in 0..5 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
        world.task(tasks, &format!("Task {at}"), Some("Text."), Status::Todo);
    }
    world.run_well().await;
    world.wait(LEASE).await;
    world.run_well().await;
    world.assert_converged().await;
    world.wait(LEASE).await;
    world
}

fn is_noticed(report: &Report) -> bool {
    let of_projects = report.projects.iter().flat_map(|project| &project.problems);
    let mut all = report.problems.iter().chain(of_projects);
    all.any(|problem| &*problem.code == "STORE_ROLLED_BACK")
}

/// Runs once with the old copy, which must be noticed, and then until all is quiet: it is told once.
async fn comes_back(world: &World) {
    world.wait(LEASE).await;
    let report = world.run().await;
    assert!(is_noticed(&report), "{}", told(&report));
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    let again = world.run().await;
    assert!(!is_noticed(&again), "{}", told(&again));
    world.settle().await;
    let marked = world.links().await.into_iter().filter(|link| link.rebuilt);
    assert_eq!(marked.count(), 0, "all links came to an agreement");
}

#[tokio::test(start_paused = true)]
async fn an_old_copy_of_the_store_overwrites_no_value_without_keeping_it() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        let copy = world.copy_store().await;
        let task = world.task_named("Issue 1").id;
        world.retitle_task(task, "Since the copy");
        world.run_well().await;
        world.put_back(&copy).await;
        // By the old copy nothing changed in Vibe, and Huly has a new value.
        world.retitle_task(task, "Issue 1");
        comes_back(&world).await;
        let kept = format!("{:?}", world.store.conflicts(false, 100).await.unwrap());
        assert!(
            kept.contains("Since the copy") && kept.contains("Issue 1"),
            "{kept}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_made_since_the_copy_is_found_again_and_not_made_twice() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        let copy = world.copy_store().await;
        let project = world.issue_named("Issue 1").project;
        let tasks = world.task_named("Issue 1").project_id;
        world.issue(&project, "New issue", "Text.", "Todo");
        world.task(tasks, "New task", Some("Text."), Status::Todo);
        world.run_well().await;
        world.wait(LEASE).await;
        // Titles lead nowhere.
        world.retitle_issue(&world.issue_named("New issue").id, "By Huly");
        world.retitle_task(world.task_named("New task").id, "By Vibe");
        world.put_back(&copy).await;
        comes_back(&world).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (12, 12));
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_carried_over_since_the_copy_stays_carried_over() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        let copy = world.copy_store().await;
        world.delete_task(world.task_named("Issue 1").id);
        world.delete_issue(&world.issue_named("Task 2").id);
        world.run_well().await;
        assert_eq!(world.issue_named("Issue 1").status_name, "Canceled");
        world.put_back(&copy).await;
        world.wait(LEASE).await;
        let report = world.run().await;
        assert!(is_noticed(&report), "{}", told(&report));
        assert_eq!((world.issues().len(), world.tasks().len()), (9, 9));
        assert_eq!(world.issue_named("Issue 1").status_name, "Canceled");
        assert_eq!(world.task_named("Task 2").status, Status::Cancelled);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_was_made_again_since_the_copy_is_found_by_its_generation() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        let copy = world.copy_store().await;
        let task = world.task_named("Task 1").id;
        world.delete_issue(&world.issue_named("Task 1").id);
        world.retitle_task(task, "Edited, so it lives");
        let other = world.issue_named("Issue 1").id;
        world.delete_task(world.task_named("Issue 1").id);
        world.retitle_issue(&other, "Edited too");
        world.run_well().await;
        world.assert_converged().await;
        world.wait(LEASE).await;
        world.put_back(&copy).await;
        comes_back(&world).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
        assert_eq!(world.issue_named("Edited, so it lives").status_name, "Todo");
        assert_eq!(world.task_named("Edited too").status, Status::Todo);
        // The next generation is one that was never given.
        world.delete_issue(&world.issue_named("Edited, so it lives").id);
        world.retitle_task(task, "And once more");
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_copy_is_noticed_by_a_marker_where_only_vibe_was_written_since() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        let copy = world.copy_store().await;
        let issue = world.issue_named("Issue 1");
        world.retitle_issue(&issue.id, "Since the copy");
        world.issue(&issue.project, "New issue", "Text.", "Todo");
        world.run_well().await;
        world.put_back(&copy).await;
        world.retitle_issue(&issue.id, "Issue 1");
        comes_back(&world).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (11, 11));
        let kept = format!("{:?}", world.store.conflicts(false, 100).await.unwrap());
        assert!(
            kept.contains("Since the copy") && kept.contains("Issue 1"),
            "{kept}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_an_old_copy_says_so_and_writes_nothing() {
    let mut world = synced(Generation::L2).await;
    let copy = world.copy_store().await;
    let task = world.task_named("Issue 1").id;
    world.retitle_task(task, "Since the copy");
    world.run_well().await;
    world.put_back(&copy).await;
    world.wait(LEASE).await;
    let (rows, writes) = (world.rows().await, world.writes());
    let report = world.attempt(engine::Mode::Plan).await.unwrap();
    assert!(is_noticed(&report), "{}", told(&report));
    assert_eq!((world.rows().await, world.writes()), (rows, writes));
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_an_update_whose_answer_was_lost_from_one_that_never_came() {
    // Killed between the write and its answer; then somebody sets the old value again, which must not be taken for a write that
    // never came.
    let mut met = 0;
    for polls in 1..4_000 {
        let world = synced(Generation::L2).await;
        let issue = world.issue_named("Issue 1").id;
        let task = world.task_named("Issue 1").id;
        world.retitle_task(task, "By Vibe");
        let ended = world.run_killed_after(polls).await;
        let live = world.store.live_intents(None, 10).await.unwrap();
        let sent = live.iter().any(|intent| intent.state == IntentState::Sent);
        if sent && world.issue_view(&issue).title == "By Vibe" {
            met += 1;
            world.retitle_issue(&issue, "Issue 1");
            world.wait(LEASE * 2).await;
            world.run().await;
            world.settle().await;
            assert_eq!(world.issue_view(&issue).title, "Issue 1", "polls {polls}");
            assert_eq!(world.task_view(task).title, "Issue 1", "polls {polls}");
        }
        if ended.is_some() {
            break;
        }
    }
    assert!(met > 0, "no kill fell between the write and its answer");
}
