//! Deletions: proven before they are believed, carried as the policy says, and an edit beats them.

use engine::{env::Env as _, report::Exit};
use sim::vibe::{Generation, Status};
use sync_core::{Side, rules::Deletion};
use uuid::Uuid;

use crate::world::{GENERATIONS, World, told};
use ::store::Store;

/// Ten linked pairs in agreement; the first issue and its task.
async fn pairs(generation: Generation, deletion: Deletion) -> (World, String, Uuid) {
    let mut world = World::new(generation);
    world.settings.deletion = deletion;
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "Doomed", "Text.", "Todo");
    for at in 0..9 {
        world.issue(&project, &format!("Other {at}"), "", "Todo");
    }
    world.run_well().await;
    world.run_well().await;
    let task = world.task_named("Doomed").id;
    (world, issue, task)
}

/// How many comments the server counts on an issue.
fn comments_on(world: &World, issue: &str) -> Option<i64> {
    let huly = world.huly.model.lock();
    huly.stored("tracker:class:Issue", issue)?
        .get("comments")?
        .as_i64()
}

#[tokio::test(start_paused = true)]
async fn row_19_a_deleted_issue_cancels_its_task_and_stays_deleted() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Cancel).await;
        world.delete_issue(&issue);
        world.run_well().await;
        let left = world.task_view(task);
        assert_eq!(left.status, Status::Cancelled);
        assert!(
            left.description.unwrap().to_lowercase().contains("deleted"),
            "it says why"
        );
        assert_eq!(world.task_text(task), "Text.");
        for _ in 0..2 {
            world.assert_quiet().await;
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (9, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn row_19_a_deleted_task_cancels_its_issue_with_a_comment_and_stays_deleted() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Cancel).await;
        world.delete_task(task);
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).status_name, "Canceled");
        assert_eq!(world.issue_text(&issue).trim(), "Text.");
        let comments = comments_on(&world, &issue);
        assert_eq!(comments, Some(1), "it says why");
        for _ in 0..2 {
            world.assert_quiet().await;
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 9));
    }
}

#[tokio::test(start_paused = true)]
async fn mirrored_deletions_delete_the_counterpart_and_keep_it_whole() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Mirror).await;
        let other = world.issue_named("Other 3").id;
        world.delete_issue(&issue);
        world.delete_task(world.task_named("Other 3").id);
        world.run_well().await;
        assert!(world.tasks().iter().all(|left| left.id != task));
        assert!(world.issues().iter().all(|left| left.id != other));
        let kept = format!("{:?}", world.store.conflicts(false, 10).await.unwrap());
        assert!(kept.contains("Text."), "{kept}");
        assert_eq!((world.issues().len(), world.tasks().len()), (8, 8));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ignored_deletions_leave_the_counterpart_alone_and_make_nothing_again() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Ignore).await;
        let other = world.task_named("Other 3").id;
        world.delete_issue(&issue);
        world.delete_task(other);
        world.reset_counts();
        world.run_well().await;
        world.run_well().await;
        assert_eq!(
            (world.writes(), world.task_view(task).status),
            (0, Status::Todo)
        );
        assert_eq!((world.issues().len(), world.tasks().len()), (9, 9));
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_beats_a_deletion_and_the_item_is_made_again() {
    for generation in GENERATIONS {
        for deletion in [Deletion::Cancel, Deletion::Ignore] {
            let (world, issue, task) = pairs(generation, deletion).await;
            world.delete_issue(&issue);
            world.retitle_task(task, "Wanted after all");
            let other = world.issue_named("Other 3").id;
            world.delete_task(world.task_named("Other 3").id);
            world.describe_issue(&other, "Needed.");
            world.settle().await;
            let again = world.issue_named("Wanted after all");
            assert_ne!(again.id, issue, "a new life has a new id");
            assert_eq!(world.issue_text(&again.id).trim(), "Text.");
            assert_eq!(world.task_text(world.task_named("Other 3").id), "Needed.");
            assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_was_made_again_can_be_deleted_and_made_again_once_more() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Cancel).await;
        world.delete_issue(&issue);
        world.retitle_task(task, "Second life");
        world.settle().await;
        let second = world.issue_named("Second life").id;
        world.delete_issue(&second);
        world.describe_task(task, "Third life.");
        world.settle().await;
        let third = world.issue_named("Second life").id;
        assert!(third != second && third != issue);
        assert_eq!(world.issue_text(&third).trim(), "Third life.");
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn an_agents_move_does_not_beat_a_deletion() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Cancel).await;
        world.delete_issue(&issue);
        world.vibe.model.lock().agent_starts(task, "CODEX").unwrap();
        world.run_well().await;
        assert_eq!(world.issues().len(), 9, "nothing is made again");
        assert_eq!(world.task_view(task).status, Status::Cancelled);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn both_deleted_is_the_end_of_the_link() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Cancel).await;
        world.delete_issue(&issue);
        world.delete_task(task);
        world.reset_counts();
        world.run_well().await;
        assert_eq!(world.writes(), 0);
        assert_eq!(world.links().await.len(), 9);
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_19_a_task_that_only_vanished_from_the_list_is_not_deleted() {
    // The list is short, but the task's own read shows it.
    for generation in GENERATIONS {
        let (world, _, _) = pairs(generation, Deletion::Mirror).await;
        let effect = sim::faults::Effect::CapPage { rows: 4 };
        world
            .vibe
            .faults
            .add(sim::faults::Rule::on("GET", "/api/tasks", effect));
        world.reset_counts();
        world.run().await;
        assert_eq!(world.writes(), 0);
        world.vibe.faults.clear();
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mirrored_deletion_never_takes_sub_issues_along() {
    let (world, issue, task) = pairs(Generation::L2, Deletion::Mirror).await;
    let project = world.issue_view(&issue).project;
    let child = sim::huly::NewIssue {
        title: "Child".into(),
        parent: Some(issue.clone()),
        ..Default::default()
    };
    world
        .huly
        .model
        .lock()
        .person_create(&world.who, &project, &child)
        .unwrap();
    world.run_well().await;
    world.delete_task(task);
    let report = world.run().await;
    assert!(
        matches!(report.exit, Exit::Done | Exit::Items),
        "{}",
        told(&report)
    );
    assert_eq!(
        world.issue_view(&issue).status_name,
        "Canceled",
        "{}",
        told(&report)
    );
    assert_eq!(
        world.issue_named("Child").parent.as_deref(),
        Some(issue.as_str())
    );
    world.reset_counts();
    world.run().await;
    assert_eq!(world.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_moved_issue_keeps_its_task() {
    for generation in GENERATIONS {
        let (world, issue, task) = pairs(generation, Deletion::Mirror).await;
        let other = world.huly_project("SKY", "Telescope");
        world.issue(&other, "There", "", "Todo");
        world.run_well().await;
        let count = world.tasks().len();
        world
            .huly
            .model
            .lock()
            .person_move(&world.who, &issue, &other)
            .unwrap();
        world.run_well().await;
        assert_eq!(
            (world.tasks().len(), world.task_view(task).status),
            (count, Status::Todo)
        );
        world.retitle_issue(&issue, "Moved");
        world.run_well().await;
        assert_eq!(world.task_view(task).title, "Moved");
        world.retitle_task(task, "Moved and renamed");
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).title, "Moved and renamed");
        assert_eq!(world.tasks().len(), count);
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_waits_in_the_project_it_left_is_not_taken_back_there() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        let harbor = world.huly_project("HARB", "Harbor");
        let sky = world.huly_project("SKY", "Sky");
        let issue = world.issue(&harbor, "Boat", "Text.", "Todo");
        world.issue(&harbor, "Anchor", "Text.", "Todo");
        world.issue(&sky, "Star", "Text.", "Todo");
        world.run_well().await;
        let moved = {
            let mut model = world.huly.model.lock();
            model.person_move(&world.who, &issue, &sky)
        };
        moved.unwrap();
        world.retitle_issue(&issue, "Ship");
        world.settings.only = vec!["SKY".into()];
        world.run_well().await;
        world.task_named("Ship");
        let rows = world.store.projects().await.unwrap();
        let id = |label: &str| rows.iter().find(|row| &*row.label == label).unwrap().id;
        let (left, now) = (id("HARB"), id("SKY"));
        let links = async |project| world.store.links(project).await.unwrap().len();
        assert_eq!((links(left).await, links(now).await), (1, 2));
        // it failed there once, and is edited before that project looks again
        let at = world.env.now();
        let dirty = ::store::row::Dirty {
            project: left,
            side: Side::Huly,
            item: issue.as_str().into(),
            since: at,
            next_try: at,
            tries: 1,
            code: "NET_TIMEOUT".into(),
        };
        let operation = ::store::port::Operation {
            dirty: vec![dirty],
            ..::store::port::Operation::default()
        };
        world.store.operate(&operation, at).await.unwrap();
        world.retitle_issue(&issue, "Whale");
        world.settings.only = vec!["HARB".into()];
        world.run_well().await;
        assert_eq!((links(left).await, links(now).await), (1, 2));
        world.task_named("Ship");
        world.settings.only = Vec::new();
        world.run_well().await;
        world.task_named("Whale");
        world.assert_quiet().await;
    }
}
