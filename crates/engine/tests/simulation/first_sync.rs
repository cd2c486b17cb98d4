//! The first sync, the quiet run after it, and what they cost.

use sim::{
    faults::{Effect, Rule},
    vibe::{Generation, Status},
};
use sync_core::{Side, ids::ItemId};

use crate::world::{GENERATIONS, World};

/// Issues in every classic status and tasks in every status of Vibe, in one pair of projects.
fn lively(generation: Generation) -> World {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    for (at, status) in ["Backlog", "Todo", "InProgress", "Done", "Canceled"]
        .into_iter()
        .enumerate()
    {
        let text = if at == 1 {
            ""
        } else {
            "One **bold** line.\n\n- a\n- b"
        };
        world.issue(&project, &format!("Issue {at} in {status}"), text, status);
    }
    let tasks = world.vibe_project("harbor ", "harb");
    for status in [
        Status::Todo,
        Status::InProgress,
        Status::InReview,
        Status::Done,
        Status::Cancelled,
    ] {
        world.task(
            tasks,
            &format!("Task in {status:?}"),
            Some("Text of a *task*."),
            status,
        );
    }
    world
}

#[tokio::test(start_paused = true)]
async fn the_first_sync_makes_every_counterpart_on_both_sides() {
    for generation in GENERATIONS {
        let world = lively(generation);
        world.run_well().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_project_that_stands_in_huly_only_is_made_in_vibe_once() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("SKY", "Telescope");
        world.issue(&project, "Look up", "", "Todo");
        world.run_well().await;
        let made = world.vibe.model.lock().projects();
        assert_eq!(made.len(), 1);
        assert_eq!(
            (made[0].name.as_str(), made[0].paths.clone()),
            ("Telescope", vec!["/srv/repos/sky".to_owned()])
        );
        world.settle().await;
        assert_eq!(world.vibe.model.lock().projects().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_run_asks_huly_three_times_and_each_board_once() {
    for generation in GENERATIONS {
        let world = lively(generation);
        let other = world.huly_project("SKY", "Telescope");
        world.issue(&other, "Look up", "At *night*.", "Todo");
        world.run_well().await;
        world.run_well().await;
        world.reset_counts();
        world.run_well().await;
        let counts = world.counts();
        let transactor = counts.huly.of("find-all");
        assert_eq!(
            (transactor, counts.huly.reads, counts.huly.writes),
            (3, 3, 0),
            "{:?}",
            counts.huly.by_route
        );
        assert_eq!(
            counts.vibe.of("GET /api/tasks"),
            2,
            "{:?}",
            counts.vibe.by_route
        );
        // One look at the projects is part of finding out what server this is, one is the run's own.
        let probing = 1 + u64::from(counts.vibe.of("GET /api/repos") > 0);
        assert_eq!(
            counts.vibe.reads,
            1 + 2 + probing,
            "{:?}",
            counts.vibe.by_route
        );
        assert_eq!(counts.vibe.writes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_into_vibe_costs_one_post_an_issue() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        for at in 0..30 {
            let status = if at % 3 == 0 { "Done" } else { "Todo" };
            world.issue(&project, &format!("Issue {at}"), "Some text.", status);
        }
        world.run_well().await;
        let counts = world.counts();
        assert_eq!(counts.vibe.of("POST /api/tasks"), 30);
        let puts = if generation == Generation::L1 { 10 } else { 0 };
        assert_eq!(counts.vibe.of("PUT /api/tasks/{task_id}"), puts);
        assert_eq!(counts.huly.writes, 0);
        assert_eq!(counts.huly.of("GET /transactor/api/v1/blob"), 30);
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn creates_into_huly_go_in_batches() {
    let world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    for at in 0..40 {
        world.task(
            tasks,
            &format!("Task {at}"),
            (at % 2 == 0).then_some("Text."),
            Status::Todo,
        );
    }
    world.run_well().await;
    let counts = world.counts();
    assert_eq!(counts.huly.of("createContent"), 20);
    assert!(
        counts.huly.of("/tx/{ws}") <= 2,
        "{:?}",
        counts.huly.by_route
    );
    assert!(world.issues().iter().all(|issue| issue.project == project));
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn row_04_items_without_description_stay_at_one_counterpart_over_three_runs() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        world.issue(&project, "None", "", "Todo");
        let blank = world.issue(&project, "Blank", "x", "Todo");
        world.describe_issue(&blank, "   ");
        world.task(tasks, "No text", None, Status::Todo);
        world.task(tasks, "Empty text", Some(""), Status::Todo);
        world.task(tasks, "Spaces", Some("  \n "), Status::Todo);
        for _ in 0..3 {
            world.run_well().await;
            assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
        }
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_05_identifiers_with_digits_stay_at_one_task_each() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("P2ABC", "Digits");
        for at in 0..7 {
            world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
        }
        for _ in 0..3 {
            world.run_well().await;
            assert_eq!(world.tasks().len(), 7);
        }
        assert_eq!(world.issue_named("Issue 6").identifier, "P2ABC-7");
        let task = world.task_named("Issue 6").description.unwrap();
        assert!(task.contains("P2ABC-7"), "{task}");
        world.assert_quiet().await;
    }
}

/// 45 issues, read ten at a time.
fn long_list() -> World {
    let mut world = World::new(Generation::L2);
    world.page_size = std::num::NonZeroU32::new(10).unwrap();
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..45 {
        world.issue(&project, &format!("Issue {at}"), "", "Todo");
    }
    world
}

#[tokio::test(start_paused = true)]
async fn row_15_long_lists_are_read_to_their_end() {
    let world = long_list();
    world.run_well().await;
    assert_eq!(world.tasks().len(), 45);
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn row_15_a_server_that_caps_its_pages_is_read_to_the_end() {
    let world = long_list();
    let rule = Rule::on(
        "*",
        "/transactor/api/v1/find-all/{ws}",
        Effect::CapPage { rows: 7 },
    );
    world
        .huly
        .faults
        .add(rule.body_contains("tracker:class:Issue\""));
    world.run_well().await;
    assert_eq!(world.tasks().len(), 45);
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn an_issue_made_by_a_task_has_the_derived_id() {
    let world = World::new(Generation::L2);
    world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    let task = world.task(tasks, "Mine", None, Status::Todo);
    world.run_well().await;
    let made = world.issue_named("Mine").id;
    let workspace = world.engine().await.unwrap().workspace;
    let link =
        sync_core::ids::LinkId::derive(workspace, Side::Vibe, &ItemId::new(task.to_string()));
    let key =
        sync_core::ids::IntentKey::create(link, Side::Huly, sync_core::ids::Generation::FIRST);
    assert_eq!(made, key.document_id().as_str());
    // A task that a person made gets no footer.
    assert_eq!(world.task_view(task).description, None);
}
