//! What people change reaches the other side in one run; what both change is merged or kept.

use sim::vibe::{Generation, Status, TaskUpdate};
use sync_core::item::Field;
use uuid::Uuid;

use crate::world::{GENERATIONS, World};
use ::store::Store;

/// One linked pair in agreement: project, issue, task.
async fn pair(generation: Generation) -> (World, String, Uuid) {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(
        &project,
        "Paint the boat",
        "First line.\n\nSecond line.\n\nThird line.",
        "Todo",
    );
    // Company, so that no guard takes one edit for a mass rewrite.
    for at in 0..4 {
        world.issue(&project, &format!("Other {at}"), "Untouched.", "Backlog");
    }
    world.run_well().await;
    let task = world.task_named("Paint the boat").id;
    (world, issue, task)
}

#[tokio::test(start_paused = true)]
async fn row_09_an_edit_of_each_field_in_huly_arrives_in_one_run() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.retitle_issue(&issue, "Paint the ship");
        world.run_well().await;
        assert_eq!(world.task_view(task).title, "Paint the ship");
        world.move_issue(&issue, "InProgress");
        world.run_well().await;
        assert_eq!(world.task_view(task).status, Status::InProgress);
        world.describe_issue(&issue, "New *text*.\n\n1. one\n2. two");
        world.run_well().await;
        assert_eq!(world.task_text(task), "New *text*.\n\n1. one\n2. two");
        world.describe_issue(&issue, "");
        world.run_well().await;
        assert_eq!(world.task_text(task), "");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_09_an_edit_of_each_field_in_vibe_arrives_in_one_run() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.retitle_task(task, "Paint the ship");
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).title, "Paint the ship");
        world.move_task(task, Status::Done);
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).status_name, "Done");
        world.describe_task(task, "New *text*.\n\n- [ ] open\n- [x] done");
        world.run_well().await;
        assert_eq!(
            world.issue_text(&issue).trim(),
            "New *text*.\n\n- [ ] open\n- [x] done"
        );
        world.describe_task(task, "");
        world.run_well().await;
        assert_eq!(world.issue_text(&issue).trim(), "");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_10_an_edit_between_the_first_and_the_second_run_is_kept() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let done = world.issue(&project, "Was done", "", "Done");
        let todo = world.issue(&project, "Was todo", "Text.", "Todo");
        world.run_well().await;
        world.move_task(world.task_named("Was done").id, Status::InProgress);
        world.describe_issue(&todo, "Other text.");
        world.run_well().await;
        assert_eq!(world.issue_view(&done).status_name, "In Progress");
        assert_eq!(
            world.task_text(world.task_named("Was todo").id),
            "Other text."
        );
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_17_edits_of_different_fields_on_both_sides_both_arrive() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.retitle_issue(&issue, "Paint the ship");
        world.move_task(task, Status::InProgress);
        world.run_well().await;
        let (issue_now, task_now) = (world.issue_view(&issue), world.task_view(task));
        assert_eq!(
            (issue_now.title.as_str(), issue_now.status_name.as_str()),
            ("Paint the ship", "In Progress")
        );
        assert_eq!(
            (task_now.title.as_str(), task_now.status),
            ("Paint the ship", Status::InProgress)
        );
        world.describe_issue(&issue, "From Huly.");
        world.edit_task(
            task,
            TaskUpdate {
                title: Some("From Vibe".into()),
                ..TaskUpdate::default()
            },
        );
        world.run_well().await;
        assert_eq!(
            (
                world.issue_view(&issue).title.as_str(),
                world.task_text(task).as_str()
            ),
            ("From Vibe", "From Huly.")
        );
        assert!(world.store.conflicts(false, 10).await.unwrap().is_empty());
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn descriptions_edited_in_different_places_are_merged() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.describe_issue(
            &issue,
            "First line, by Huly.\n\nSecond line.\n\nThird line.",
        );
        world.describe_task(task, "First line.\n\nSecond line.\n\nThird line, by Vibe.");
        world.run_well().await;
        let merged = "First line, by Huly.\n\nSecond line.\n\nThird line, by Vibe.";
        assert_eq!(
            (
                world.issue_text(&issue).trim(),
                world.task_text(task).as_str()
            ),
            (merged, merged)
        );
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_keeps_the_value_that_lost_whole() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.retitle_issue(&issue, "Huly's title");
        world.retitle_task(task, "Vibe's title");
        world.describe_issue(&issue, "Huly's line.\n\nSecond line.\n\nThird line.");
        world.describe_task(task, "Vibe's line.\n\nSecond line.\n\nThird line.");
        world.move_issue(&issue, "InProgress");
        world.move_task(task, Status::Done);
        world.run_well().await;
        let (issue_now, task_now) = (world.issue_view(&issue), world.task_view(task));
        assert_eq!(
            (issue_now.title.as_str(), task_now.title.as_str()),
            ("Huly's title", "Huly's title")
        );
        assert_eq!(
            (issue_now.status_name.as_str(), task_now.status),
            ("In Progress", Status::InProgress)
        );
        assert!(
            world.task_text(task).starts_with("Huly's line."),
            "{}",
            world.task_text(task)
        );
        let conflicts = world.store.conflicts(false, 10).await.unwrap();
        let kept = |field: Field| {
            let row = conflicts
                .iter()
                .find(|row| row.field == field)
                .unwrap_or_else(|| panic!("{field}: {conflicts:?}"));
            format!("{:?}", row.values)
        };
        assert!(kept(Field::Title).contains("Vibe's title"));
        assert!(kept(Field::Description).contains("Vibe's line."));
        assert!(kept(Field::Status).contains("done"));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_field_says_who_wins() {
    use sync_core::rules::Policy;
    for (policy, title) in [(Policy::Huly, "H"), (Policy::Vibe, "V")] {
        let (mut world, issue, task) = pair(Generation::L2).await;
        world.settings.policies.title = policy;
        world.retitle_issue(&issue, "H");
        world.retitle_task(task, "V");
        world.run_well().await;
        assert_eq!(
            (
                world.issue_view(&issue).title.as_str(),
                world.task_view(task).title.as_str()
            ),
            (title, title)
        );
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_manual_conflict_freezes_the_field_and_nothing_else() {
    let (mut world, issue, task) = pair(Generation::L2).await;
    world.settings.policies.title = sync_core::rules::Policy::Manual;
    world.retitle_issue(&issue, "H");
    world.retitle_task(task, "V");
    world.run_well().await;
    assert_eq!(
        (
            world.issue_view(&issue).title.as_str(),
            world.task_view(task).title.as_str()
        ),
        ("H", "V")
    );
    let open = world.store.conflicts(true, 10).await.unwrap();
    assert_eq!(
        open.iter().map(|row| row.field).collect::<Vec<_>>(),
        [Field::Title]
    );
    world.assert_quiet().await;
    world.move_task(task, Status::Done);
    world.run_well().await;
    assert_eq!(world.issue_view(&issue).status_name, "Done");
    assert_eq!(
        (
            world.issue_view(&issue).title.as_str(),
            world.task_view(task).title.as_str()
        ),
        ("H", "V")
    );
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn the_same_edit_on_both_sides_is_no_conflict_and_no_write() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        world.retitle_issue(&issue, "Same");
        world.retitle_task(task, "Same");
        world.move_issue(&issue, "Done");
        world.move_task(task, Status::Done);
        world.describe_issue(&issue, "Same text.");
        world.describe_task(task, "Same text.");
        world.reset_counts();
        world.run_well().await;
        assert_eq!(world.writes(), 0, "{:?}", world.counts());
        assert!(world.store.conflicts(false, 10).await.unwrap().is_empty());
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_change_reads_no_description() {
    let (world, issue, task) = pair(Generation::L2).await;
    world.run_well().await;
    world.move_issue(&issue, "Done");
    world.reset_counts();
    world.run_well().await;
    assert_eq!(world.task_view(task).status, Status::Done);
    let counts = world.counts();
    assert_eq!(counts.huly.of("blob"), 0, "{:?}", counts.huly.by_route);
    assert_eq!((counts.huly.writes, counts.vibe.writes), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn row_06_equal_titles_retitled_and_swapped_titles_make_nothing_new() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let twins = [
            world.issue(&project, "Twin", "One.", "Todo"),
            world.issue(&project, "Twin", "Two.", "Done"),
        ];
        let (a, b) = (
            world.issue(&project, "A", "", "Todo"),
            world.issue(&project, "B", "", "Todo"),
        );
        world.run_well().await;
        assert_eq!(world.tasks().len(), 4);
        let (task_a, task_b) = (world.task_named("A").id, world.task_named("B").id);
        world.retitle_issue(&a, "B");
        world.retitle_issue(&b, "A");
        world.retitle_issue(&twins[0], "Single");
        world.run_well().await;
        assert_eq!(world.tasks().len(), 4);
        assert_eq!(
            (
                world.task_view(task_a).title.as_str(),
                world.task_view(task_b).title.as_str()
            ),
            ("B", "A")
        );
        world.retitle_task(task_a, "A");
        world.retitle_task(task_b, "B");
        world.run_well().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 4));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_footer_that_a_person_deletes_changes_nothing() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        let body = world.task_text(task);
        world.edit_task(
            task,
            TaskUpdate {
                description: Some(body),
                ..TaskUpdate::default()
            },
        );
        world.reset_counts();
        world.run_well().await;
        assert_eq!((world.writes(), world.tasks().len()), (0, 5));
        world.retitle_task(task, "Still linked");
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).title, "Still linked");
        assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn text_below_the_footer_is_kept_and_carried() {
    let (world, issue, task) = pair(Generation::L2).await;
    let old = world.task_view(task).description.unwrap();
    world.edit_task(
        task,
        TaskUpdate {
            description: Some(format!("{old}\n\nBelow.")),
            ..TaskUpdate::default()
        },
    );
    world.run_well().await;
    assert!(
        world.issue_text(&issue).contains("Below."),
        "{}",
        world.issue_text(&issue)
    );
    assert!(
        !world.issue_text(&issue).contains("hvs"),
        "{}",
        world.issue_text(&issue)
    );
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_description_that_is_being_typed_waits_and_loses_nothing() {
    for generation in GENERATIONS {
        let (world, issue, task) = pair(generation).await;
        let typed = crate::world::markup("First line.\n\nSecond line.\n\nThird line, being typed.");
        assert!(
            world
                .huly
                .model
                .lock()
                .type_text(&issue, &typed, world.who.primary())
        );
        world.describe_task(task, "First line, by Vibe.\n\nSecond line.\n\nThird line.");
        world.run().await;
        world.huly.model.lock().close_text(&issue);
        world.wait(std::time::Duration::from_mins(2)).await;
        world.settle().await;
        let merged = "First line, by Vibe.\n\nSecond line.\n\nThird line, being typed.";
        assert_eq!(
            (
                world.issue_text(&issue).trim(),
                world.task_text(task).as_str()
            ),
            (merged, merged)
        );
    }
}
