//! Which way fields go, projects without issues, and another map of statuses.

use engine::{
    report::Exit,
    settings::{FieldDirections, ProjectSettings},
};
use serde_json::json;
use sim::vibe::{Generation, Status};
use sync_core::rules::Direction;

use crate::world::{GENERATIONS, World, told};

#[tokio::test(start_paused = true)]
async fn fields_go_their_way_and_what_is_off_is_not_stored() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let fields = FieldDirections {
            title: Some(Direction::ToVibe),
            status: Some(Direction::ToHuly),
            description: Some(Direction::Off),
        };
        let settings = ProjectSettings {
            fields,
            ..ProjectSettings::default()
        };
        world.settings.projects.insert("HARB".into(), settings);
        let issue = world.issue(&project, "A", "A private text.", "Todo");
        world.run_well().await;
        let task = world.task_named("A").id;
        assert_eq!(world.task_text(task), "");
        world.retitle_task(task, "Mine");
        world.move_issue(&issue, "Done");
        world.describe_issue(&issue, "Another private text.");
        world.reset_counts();
        world.run_well().await;
        assert_eq!(
            world.writes(),
            0,
            "changes against the direction are left alone"
        );
        world.assert_quiet().await;
        world.move_task(task, Status::InProgress);
        world.edit_issue(&issue, &json!({ "title": "Ours" }));
        world.run().await;
        assert_eq!(world.task_view(task).title, "Ours");
        assert_eq!(world.issue_view(&issue).status_name, "In Progress");
        assert_eq!(world.task_text(task), "");
        let rows = format!("{:?}", world.links().await);
        assert!(!rows.contains("private"), "{rows}");
        world.assert_quiet().await;
        // turned on again: the text comes over, nothing is lost
        world.settings.projects.clear();
        world.run().await;
        assert_eq!(world.task_text(task), "Another private text.");
    }
}

#[tokio::test(start_paused = true)]
async fn row_16_a_project_without_issues_gets_no_counterpart_until_the_first_one_appears() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let empty = world.huly_project("EMPT", "Empty");
        let full = world.huly_project("FULL", "Full");
        for status in ["Backlog", "Todo", "InProgress", "Done", "Canceled"] {
            world.issue(&full, status, "", status);
        }
        world.run_well().await;
        let projects = || world.vibe.model.lock().projects().len();
        assert_eq!((projects(), world.tasks().len()), (1, 5));
        assert_eq!(world.task_named("Done").status, Status::Done);
        world.assert_quiet().await;
        world.issue(&empty, "First", "", "Todo");
        world.run_well().await;
        assert_eq!((projects(), world.tasks().len()), (2, 6));
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_map_of_statuses_writes_vibes_statuses_once_and_under_the_guard() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..10 {
        world.issue(
            &project,
            &format!("Boat {at}"),
            "",
            ["Todo", "Backlog"][usize::from(at < 6)],
        );
    }
    world.run_well().await;
    world
        .settings
        .status_names
        .to_vibe
        .insert("Backlog".into(), "inreview".into());
    world.reset_counts();
    let held = world.run().await;
    assert_eq!(
        (held.exit, world.writes()),
        (Exit::Guard, 0),
        "{}",
        told(&held)
    );
    let hash = held.projects[0].held[0].hash.clone();
    let accept = engine::run::Mode::Sync { accept: vec![hash] };
    let report = world.attempt(accept).await.expect("a run");
    assert_eq!(report.exit, Exit::Done, "{}", told(&report));
    assert_eq!(world.task_named("Boat 0").status, Status::InReview);
    assert_eq!(world.counts().huly.writes, 0);
    world.assert_quiet().await;
}
