//! Deletions: proven before they are believed, carried as the policy says; an edit beats them.

use sim::vibe::{Generation, Status};
use uuid::Uuid;

use crate::world::{GENERATIONS, World};

/// Two projects with ten linked pairs each; in the first one's first two pairs somebody deletes an issue, and a task.
struct Deleted {
    world: World,
    /// The id of the issue that is gone, and its task.
    orphaned_task: Uuid,
    /// The issue whose task is gone.
    orphaned_issue: String,
}

async fn pairs(generation: Generation, policy: &str) -> World {
    let mut world = World::new(generation).await;
    world.set("delete.policy", policy);
    for (identifier, name) in [("HARB", "Harbor"), ("SKY", "Telescope")] {
        let project = world.huly_project(identifier, name);
        for at in 0..10 {
            world.issue(&project, &format!("{name} {at}"), "Text.", "Todo");
        }
    }
    world.sync().await;
    world
}

async fn deleted(generation: Generation, policy: &str) -> Deleted {
    let world = pairs(generation, policy).await;
    let issue = world.issue_named("Harbor 0").id;
    let orphaned_task = world.task_named("Harbor 0").id;
    let orphaned_issue = world.issue_named("Harbor 1").id;
    world.delete_issue(&issue);
    world.delete_task(world.task_named("Harbor 1").id);
    Deleted {
        world,
        orphaned_task,
        orphaned_issue,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_default_the_counterpart_of_a_deleted_item_is_cancelled_and_says_why() {
    for generation in GENERATIONS {
        let Deleted {
            world,
            orphaned_task,
            orphaned_issue,
        } = deleted(generation, "cancel").await;
        let ran = world.sync().await;
        let task = world.task_view(orphaned_task);
        assert_eq!(task.status, Status::Cancelled, "{ran}");
        let footer = task.description.unwrap().to_lowercase();
        assert!(
            footer.starts_with("text.") && footer.contains("deleted"),
            "{footer}"
        );
        let issue = world.issue_view(&orphaned_issue);
        assert_eq!(issue.status_name, "Canceled", "{ran}");
        let comments = {
            let huly = world.huly.model.lock();
            let issue = huly.stored("tracker:class:Issue", &orphaned_issue);
            issue.unwrap()["comments"].as_i64()
        };
        assert_eq!(comments, Some(1), "a comment says why");
        for _ in 0..2 {
            world.stays_quiet().await;
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (19, 19));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mirrored_deletions_delete_the_counterpart_and_keep_it_whole() {
    for generation in GENERATIONS {
        let Deleted {
            world,
            orphaned_task,
            orphaned_issue,
        } = deleted(generation, "mirror").await;
        let ran = world.sync().await;
        assert!(
            world.tasks().iter().all(|task| task.id != orphaned_task),
            "{ran}"
        );
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.id != orphaned_issue),
            "{ran}"
        );
        assert_eq!((world.issues().len(), world.tasks().len()), (18, 18));
        let kept = format!("{:?}", world.conflicts().await);
        assert!(kept.contains("Text."), "{kept}");
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ignored_deletions_change_nothing_on_the_other_side() {
    for generation in GENERATIONS {
        let Deleted {
            world,
            orphaned_task,
            orphaned_issue,
        } = deleted(generation, "ignore").await;
        for _ in 0..3 {
            world.stays_quiet().await;
        }
        assert_eq!(world.task_view(orphaned_task).status, Status::Todo);
        assert_eq!(world.issue_view(&orphaned_issue).status_name, "Todo");
        assert_eq!((world.issues().len(), world.tasks().len()), (19, 19));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_beats_a_deletion_and_the_item_is_made_again() {
    for generation in GENERATIONS {
        let Deleted {
            world,
            orphaned_task,
            orphaned_issue,
        } = deleted(generation, "cancel").await;
        world.retitle_task(orphaned_task, "Wanted after all");
        world.describe_issue(&orphaned_issue, "Needed.");
        world.sync().await;
        world.sync().await;
        assert_eq!(
            world.issue_text(&world.issue_named("Wanted after all").id),
            "Text."
        );
        assert_eq!(world.task_text(world.task_named("Harbor 1").id), "Needed.");
        assert_eq!((world.issues().len(), world.tasks().len()), (20, 20));
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vibe_project_deleted_as_a_whole_is_one_event_and_no_item_is_touched() {
    for generation in GENERATIONS {
        let world = pairs(generation, "mirror").await;
        let board = world.task_named("Harbor 0").project_id;
        world.vibe.model.lock().delete_project(board).unwrap();
        world.count_afresh();
        for _ in 0..2 {
            let ran = world.hvs(&["sync", "once"]).await;
            assert_eq!(world.writes(), 0, "{ran}");
            let told = format!("{}{}", ran.out, ran.err).to_lowercase();
            assert!(told.contains("harb") && told.contains("gone"), "{ran}");
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (20, 10));
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.status_name == "Todo")
        );
        // the other pair of projects goes on
        world.retitle_issue(&world.issue_named("Telescope 0").id, "Goes on");
        world.hvs(&["sync", "once"]).await;
        world.task_named("Goes on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huly_project_deleted_as_a_whole_is_one_event_and_no_item_is_touched() {
    for generation in GENERATIONS {
        let world = pairs(generation, "mirror").await;
        let project = world.issue_named("Harbor 0").project;
        world
            .huly
            .model
            .lock()
            .person_delete_project(&world.who, &project)
            .unwrap();
        world.count_afresh();
        for _ in 0..2 {
            let ran = world.hvs(&["sync", "once"]).await;
            assert_eq!(world.writes(), 0, "{ran}");
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 20));
        assert!(world.tasks().iter().all(|task| task.status == Status::Todo));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_that_moves_or_becomes_invisible_is_no_deletion() {
    for generation in GENERATIONS {
        let world = pairs(generation, "mirror").await;
        let issue = world.issue_named("Harbor 2").id;
        let to = world.issue_named("Telescope 0").project;
        world
            .huly
            .model
            .lock()
            .person_move(&world.who, &issue, &to)
            .unwrap();
        world.hvs(&["sync", "once"]).await;
        world.hvs(&["sync", "once"]).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (20, 20));
        let project = world.issue_named("Harbor 3").project;
        // the account loses its membership
        let left = serde_json::json!({ "$pull": { "members": world.who.account } });
        world
            .huly
            .model
            .lock()
            .person_edit_project(&world.who, &project, &left)
            .unwrap();
        world.count_afresh();
        let ran = world.hvs(&["sync", "once"]).await;
        assert_eq!(world.writes(), 0, "{ran}");
        assert_eq!((world.issues().len(), world.tasks().len()), (20, 20));
        assert!(world.tasks().iter().all(|task| task.status == Status::Todo));
    }
}
