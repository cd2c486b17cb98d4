//! Writes without an answer that may still take effect: until they no longer can, nothing else is written to their items, in
//! whichever project and run.

use std::time::Duration;

use engine::report::Report;
use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::Generation,
};
use uuid::Uuid;

use ::store::Store;

use crate::world::{GENERATIONS, World, told};

/// Before this no such write takes effect.
const LATE: Duration = Duration::from_secs(25);
/// After this none does.
const OVER: Duration = Duration::from_mins(1);

/// The next call of this kind gets no answer, and takes effect late.
fn lands_late(method: &str, route: &str, text: &str) -> Rule {
    let effect = Effect::Late {
        after_ms: 25_000,
        failure: Failure::Reset,
    };
    Rule::on(method, route, effect)
        .when(When::Nth(1))
        .body_contains(text)
}

fn text_lands_late(world: &World, text: &str) {
    world
        .huly
        .faults
        .add(lands_late("POST", "/collaborator/rpc/{doc}", text));
}

/// One linked pair with company, and what is written to both of its items without an answer.
async fn pair(generation: Generation) -> (World, String, String, Uuid) {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "Boat", "First.", "Todo");
    for at in 0..4 {
        world.issue(&project, &format!("Other {at}"), "Untouched.", "Backlog");
    }
    world.run_well().await;
    let task = world.task_named("Boat").id;
    (world, project, issue, task)
}

fn is_held(report: &Report) -> bool {
    told(report).contains("WRITE_LATE")
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_late_write_of_one_item_does_not_forget_the_one_of_the_other() {
    for generation in GENERATIONS {
        let (world, _, issue, task) = pair(generation).await;
        world.describe_task(task, "Second.");
        world.retitle_issue(&issue, "Ship");
        text_lands_late(&world, "Second.");
        world
            .vibe
            .faults
            .add(lands_late("PUT", "/api/tasks/{task_id}", "Ship"));
        world.run().await;
        // Both sides are edited again, and both edits must wait, however many runs come before.
        world.describe_task(task, "Third.");
        world.retitle_issue(&issue, "Whale");
        for run in 0..3 {
            let report = world.run().await;
            assert!(is_held(&report), "run {run}: {}", told(&report));
            assert_eq!(world.issue_text(&issue), "Second.", "run {run}");
            assert_eq!(world.task_view(task).title, "Ship", "run {run}");
            world.wait(LATE / 5).await;
        }
        world.wait(OVER).await;
        world.settle().await;
        assert_eq!(world.issue_text(&issue), "Third.");
        assert_eq!(world.task_view(task).title, "Whale");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_write_is_waited_for_where_its_issue_was_moved_to() {
    for generation in GENERATIONS {
        let (mut world, _, issue, task) = pair(generation).await;
        let sky = world.huly_project("SKY", "Sky");
        world.issue(&sky, "Star", "Text.", "Todo");
        world.run_well().await;
        world.describe_task(task, "Second.");
        text_lands_late(&world, "Second.");
        world.run().await;
        {
            let mut model = world.huly.model.lock();
            model.person_move(&world.who, &issue, &sky).unwrap();
        }
        world.describe_task(task, "Third.");
        // Only the project where it is now is gone through.
        world.settings.only = vec!["SKY".into()];
        let report = world.run().await;
        assert!(is_held(&report), "{}", told(&report));
        assert_eq!(world.issue_text(&issue), "Second.");
        world.settings.only = Vec::new();
        world.wait(OVER).await;
        world.settle().await;
        assert_eq!(world.issue_text(&issue), "Third.");
        assert_eq!(world.task_text(task), "Third.");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_asks_for_does_not_cut_the_wait_for_a_late_write_short() {
    let (world, _, issue, task) = pair(Generation::L2).await;
    world.describe_task(task, "Second.");
    text_lands_late(&world, "Second.");
    world.run().await;
    world.describe_task(task, "Third.");
    // As `hvs queue retry` does.
    let now = engine::env::Env::now(world.env.as_ref());
    let project = world.store.projects().await.unwrap().remove(0).id;
    let latest = sync_core::ids::Millis(i64::MAX);
    let mut dirty = world.store.dirty(project, latest, 9).await.unwrap();
    assert!(!dirty.is_empty());
    for row in &mut dirty {
        row.next_try = now;
    }
    let operation = ::store::port::Operation {
        dirty,
        ..Default::default()
    };
    world.store.operate(&operation, now).await.unwrap();
    let report = world.run().await;
    assert!(is_held(&report), "{}", told(&report));
    world.wait(OVER).await;
    world.settle().await;
    assert_eq!(world.issue_text(&issue), "Third.");
}
