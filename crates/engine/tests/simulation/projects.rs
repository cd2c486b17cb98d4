//! Projects as a whole: pairing, renaming, sleeping, vanishing.

use engine::report::{Exit, Reached};
use serde_json::json;
use sim::vibe::{Generation, Status};
use uuid::Uuid;

use crate::world::{GENERATIONS, World, told};

/// Two pairs of projects with three issues each, in agreement; the first pair's ids.
async fn two(generation: Generation) -> (World, String, Uuid) {
    let world = World::new(generation);
    let first = world.huly_project("HARB", "Harbor");
    let second = world.huly_project("SKY", "Telescope");
    for at in 0..3 {
        world.issue(&first, &format!("Harbor {at}"), "Text.", "Todo");
        world.issue(&second, &format!("Sky {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    world.run_well().await;
    let vibe = world.vibe_project_named("Harbor");
    (world, first, vibe)
}

#[tokio::test(start_paused = true)]
async fn projects_pair_by_name_without_regard_to_case_and_space() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor West");
        world.vibe_project("  harbor WEST ", "elsewhere");
        world.issue(&project, "A", "", "Todo");
        world.run_well().await;
        let projects = world.vibe.model.lock().projects().len();
        assert_eq!((projects, world.tasks().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn renaming_a_project_on_either_side_changes_no_link() {
    for generation in GENERATIONS {
        let (world, huly, vibe) = two(generation).await;
        world
            .huly
            .model
            .lock()
            .person_edit_project(&world.who, &huly, &json!({ "name": "Haven" }))
            .unwrap();
        world
            .vibe
            .model
            .lock()
            .rename_project(vibe, "Hafen")
            .unwrap();
        let issue = world.issue(&huly, "After the rename", "", "Todo");
        world.run_well().await;
        assert_eq!(world.vibe.model.lock().projects().len(), 2);
        assert_eq!(world.task_named("After the rename").project_id, vibe);
        assert!(world.issue_view(&issue).identifier.starts_with("HARB-"));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_vibe_project_deleted_as_a_whole_is_one_event_and_nothing_is_cancelled() {
    for generation in GENERATIONS {
        let (world, _, vibe) = two(generation).await;
        world.vibe.model.lock().delete_project(vibe).unwrap();
        world.reset_counts();
        for _ in 0..3 {
            let report = world.run().await;
            assert_eq!(world.writes(), 0, "{}", told(&report));
            let text = told(&report);
            assert!(
                text.contains("PROJECT_GONE") || text.contains("gone"),
                "{text}"
            );
        }
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.status_name == "Todo")
        );
        assert_eq!(world.vibe.model.lock().projects().len(), 1);
        // The other pair goes on.
        let other = world.issue_named("Sky 0").id;
        world.retitle_issue(&other, "Sky, renamed");
        world.run().await;
        world.task_named("Sky, renamed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_huly_project_deleted_as_a_whole_is_one_event_and_nothing_is_cancelled() {
    for generation in GENERATIONS {
        let (world, huly, _) = two(generation).await;
        world
            .huly
            .model
            .lock()
            .person_delete_project(&world.who, &huly)
            .unwrap();
        world.reset_counts();
        for _ in 0..3 {
            let report = world.run().await;
            assert_eq!(world.writes(), 0, "{}", told(&report));
        }
        assert_eq!(world.tasks().len(), 6);
        assert!(world.tasks().iter().all(|task| task.status == Status::Todo));
        assert_eq!(world.huly.model.lock().projects().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_archived_project_sleeps_and_wakes_with_everything_that_happened() {
    for generation in GENERATIONS {
        let (world, huly, _) = two(generation).await;
        world
            .huly
            .model
            .lock()
            .person_edit_project(&world.who, &huly, &json!({ "archived": true }))
            .unwrap();
        let task = world.task_named("Harbor 0").id;
        world.retitle_task(task, "Typed while asleep");
        world.reset_counts();
        let report = world.run().await;
        assert_eq!(world.writes(), 0, "{}", told(&report));
        assert_eq!(report.reached(Reached::Processed), 1, "{}", told(&report));
        world
            .huly
            .model
            .lock()
            .person_edit_project(&world.who, &huly, &json!({ "archived": false }))
            .unwrap();
        world.run_well().await;
        world.issue_named("Typed while asleep");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_membership_deletes_nothing_and_is_told() {
    for generation in GENERATIONS {
        let (world, huly, vibe) = two(generation).await;
        let leave = json!({ "$pull": { "members": world.login.account } });
        world
            .huly
            .model
            .lock()
            .person_edit_project(&world.who, &huly, &leave)
            .unwrap();
        world.task(vibe, "New while away", None, Status::Todo);
        world.reset_counts();
        for _ in 0..2 {
            let report = world.run().await;
            assert_eq!(world.writes(), 0, "{}", told(&report));
            assert!(told(&report).contains("member"), "{}", told(&report));
        }
        let join = json!({ "$push": { "members": world.login.account } });
        let owner = world.who.clone();
        // The owner of the workspace puts the account back.
        world
            .huly
            .model
            .lock()
            .person_edit_project(&owner, &huly, &join)
            .unwrap();
        world.run_well().await;
        world.issue_named("New while away");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_vibe_server_in_place_of_the_linked_one_is_fatal() {
    for generation in GENERATIONS {
        let (world, _, _) = two(generation).await;
        let ids: Vec<Uuid> = world
            .vibe
            .model
            .lock()
            .projects()
            .iter()
            .map(|project| project.id)
            .collect();
        for id in ids {
            world.vibe.model.lock().delete_project(id).unwrap();
        }
        world.reset_counts();
        let report = world.run().await;
        assert_eq!(
            (world.writes(), report.exit),
            (0, Exit::Service),
            "{}",
            told(&report)
        );
        assert_eq!(world.vibe.model.lock().projects().len(), 0);
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.status_name == "Todo")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn row_34_a_project_without_a_usable_path_is_not_made_on_a_server_that_needs_one() {
    let world = World::new(Generation::L1);
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "A", "", "Todo");
    let elsewhere = json!({ "description": "Path: /etc/../srv/secret" });
    world
        .huly
        .model
        .lock()
        .person_edit_project(&world.who, &project, &elsewhere)
        .unwrap();
    let report = world.run().await;
    assert_eq!(world.vibe.model.lock().projects().len(), 0);
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    assert!(
        told(&report).contains("PROJECT_PATH") || told(&report).contains("path"),
        "{}",
        told(&report)
    );
}
