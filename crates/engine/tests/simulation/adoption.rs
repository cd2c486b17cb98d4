//! Links that are found instead of made: by title, footers, markers and derived ids, with a store or without.

use engine::{report::Exit, settings::Scope};
use sim::vibe::{Generation, Status};

use crate::world::{GENERATIONS, World, fresh_store, told};
use ::store::Store;

#[tokio::test(start_paused = true)]
async fn row_18_equal_titles_are_adopted_and_nothing_is_made() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        let issue = world.issue(&project, "Paint  ", "Huly's text.", "Done");
        let task = world.task(tasks, " paint", Some("Vibe's text."), Status::InProgress);
        world.run_well().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (1, 1));
        // Huly's value stands, Vibe's is kept.
        assert_eq!(world.task_view(task).status, Status::Done);
        assert_eq!(world.issue_text(&issue).trim(), "Huly's text.");
        assert_eq!(world.task_text(task), "Huly's text.");
        let kept = format!("{:?}", world.store.conflicts(false, 10).await.unwrap());
        assert!(kept.contains("Vibe's text."), "{kept}");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn equal_titles_with_several_candidates_are_not_guessed() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        world.issue(&project, "Twin", "1", "Todo");
        world.issue(&project, "Twin", "2", "Todo");
        world.task(tasks, "Twin", Some("3"), Status::Todo);
        world.run_well().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (3, 3));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_issue_finds_the_task_of_its_title_though_it_is_old() {
    // The task is not new in this run, and its project was synced long ago.
    let mut world = World::new(Generation::L2);
    world.settings.create = sync_core::rules::Creation::ToVibe;
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    let task = world.task(tasks, "Old task", None, Status::Todo);
    world.issue(&project, "Something else", "", "Todo");
    world.run_well().await;
    world.run_well().await;
    world.issue(&project, "old TASK", "", "Todo");
    world.run_well().await;
    assert_eq!((world.issues().len(), world.tasks().len()), (2, 2));
    let links = world.links().await;
    assert!(links.iter().any(|link| {
        link.items
            .vibe
            .as_ref()
            .is_some_and(|id| id.as_str() == task.to_string())
    }));
}

#[tokio::test(start_paused = true)]
async fn the_predecessors_footers_are_read_in_every_form() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("P2ABC", "Digits");
        let tasks = world.vibe_project("Digits", "p2abc");
        let forms = [
            "Text.\n\n---\nHuly Issue: P2ABC-1",
            "Synced from Huly: P2ABC-2",
            "Text.\n\n---\nHuly Issue: P2ABC-3\nHuly Parent: P2ABC-1",
            "Synced from Huly: P2ABC-4\n\n---\nHuly Issue: P2ABC-4\nHuly Parent: none",
        ];
        for (at, form) in forms.into_iter().enumerate() {
            let text = if form.starts_with("Text.") {
                "Text."
            } else {
                ""
            };
            world.issue(&project, &format!("Issue {at}"), text, "Todo");
            world.task(
                tasks,
                &format!("Renamed meanwhile {at}"),
                Some(form),
                Status::Todo,
            );
        }
        for _ in 0..2 {
            world.run_well().await;
            assert_eq!((world.issues().len(), world.tasks().len()), (4, 4));
        }
        for task in world.tasks() {
            assert!(
                task.title.starts_with("Issue "),
                "Huly's title stands: {}",
                task.title
            );
        }
        world.assert_quiet().await;
        // A description that is written for a real reason carries our footer from then on.
        let first = world.issue_named("Issue 0").id;
        world.describe_issue(&first, "New text.");
        world.run_well().await;
        let text = world.task_named("Issue 0").description.unwrap();
        assert!(
            text.contains("hvs:begin") && !text.contains("Huly Issue:"),
            "{text}"
        );
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

/// Five issues and five tasks, synced.
async fn synced(generation: Generation) -> World {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    for at in 0..5 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
        world.task(tasks, &format!("Task {at}"), Some("Text."), Status::Todo);
    }
    world.run_well().await;
    world.assert_converged().await;
    world
}

#[tokio::test(start_paused = true)]
async fn row_44_a_lost_store_makes_nothing_twice() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        world.store = fresh_store(77, world.env.as_ref());
        let report = world.run().await;
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (10, 10),
            "{}",
            told(&report)
        );
        // Markers of another store hold the making of anything back until a person says that the old one is gone.
        world.reset_counts();
        world.run().await;
        assert_eq!(world.writes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn row_44_a_lost_store_is_taken_over_on_a_persons_word_with_what_was_edited_meanwhile() {
    for generation in GENERATIONS {
        let mut world = synced(generation).await;
        world.store = fresh_store(77, world.env.as_ref());
        let task = world.task_named("Issue 1").id;
        let issue = world.issue_named("Issue 2").id;
        let (both, other) = (
            world.issue_named("Issue 3").id,
            world.task_named("Issue 3").id,
        );
        world.retitle_task(task, "By Vibe");
        world.move_issue(&issue, "Done");
        world.retitle_issue(&both, "By Huly");
        world.move_task(other, Status::InProgress);
        world.settings.scope = Scope::Repair;
        let report = world.run().await;
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (10, 10),
            "{}",
            told(&report)
        );
        // Huly's values stand, those of Vibe are kept.
        assert_eq!(world.task_view(task).title, "Issue 1");
        assert_eq!(world.task_named("Issue 2").status, Status::Done);
        assert_eq!(world.task_view(other).title, "By Huly");
        let kept = format!("{:?}", world.store.conflicts(false, 100).await.unwrap());
        assert!(kept.contains("By Vibe"), "{kept}");
        world.settings.scope = Scope::Changes;
        world.settle().await;
        world.assert_converged().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_store_relinks_tasks_of_people_by_the_derived_id() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        let task = world.task(tasks, "Mine", Some("Text."), Status::Todo);
        world.run_well().await;
        let issue = world.issue_named("Mine").id;
        // Renamed on both sides while there was no store: titles lead nowhere.
        world.store = fresh_store(77, world.env.as_ref());
        world.retitle_issue(&issue, "By Huly");
        world.retitle_task(task, "By Vibe");
        world.run_well().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (1, 1));
        assert_eq!(
            (
                world.issue_view(&issue).title.as_str(),
                world.task_view(task).title.as_str()
            ),
            ("By Huly", "By Huly")
        );
        let kept = format!("{:?}", world.store.conflicts(false, 10).await.unwrap());
        assert!(kept.contains("By Vibe"), "{kept}");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_a_person_made_of_a_task_becomes_a_task_of_its_own() {
    for generation in GENERATIONS {
        let world = synced(generation).await;
        let task = world.task_named("Issue 2");
        world.task(
            task.project_id,
            "Copy of it",
            task.description.as_deref(),
            Status::Todo,
        );
        let report = world.run().await;
        assert!(
            matches!(report.exit, Exit::Done | Exit::Items),
            "{}",
            told(&report)
        );
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (11, 11),
            "{}",
            told(&report)
        );
        assert_eq!(
            world.issue_text(&world.issue_named("Copy of it").id).trim(),
            "Text."
        );
        world.run().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (11, 11));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_marker_relinks_to_a_copy_when_its_own_task_is_gone() {
    for generation in GENERATIONS {
        let world = synced(generation).await;
        let task = world.task_named("Issue 2");
        world.delete_task(task.id);
        let copy = world.task(
            task.project_id,
            "Issue 2, moved by hand",
            task.description.as_deref(),
            Status::Todo,
        );
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
        let issue = world.issue_named("Issue 2, moved by hand");
        assert_eq!(issue.status_name, "Todo", "nothing was cancelled");
        world.retitle_task(copy, "Still linked");
        world.run_well().await;
        assert_eq!(world.issue_view(&issue.id).title, "Still linked");
    }
}
