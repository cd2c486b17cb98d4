//! What people decide about conflicts: a frozen field waits, a decision is written as any edit, and never over what came meanwhile.

use std::time::Duration;

use engine::report::Exit;
use sim::{
    faults::{Effect, Failure, Rule},
    vibe::{Generation, Status},
};
use store::{
    Error, Store,
    port::Operation,
    row::{ConflictRow, Decision, Take},
};
use sync_core::{
    Side,
    ids::Millis,
    item::{Field, Value},
    rules::Policy,
};
use uuid::Uuid;

use crate::world::{GENERATIONS, World, told};

const TASK: &str = "/api/tasks/{task_id}";

/// One pair whose title, text and status were changed on both sides, where people decide about all of them.
async fn frozen(generation: Generation) -> (World, String, Uuid) {
    let mut world = World::new(generation);
    let policies = &mut world.settings.policies;
    policies.title = Policy::Manual;
    policies.description = Policy::Manual;
    policies.status = Policy::Manual;
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "Boat", "Old text.", "Todo");
    for at in 0..4 {
        world.issue(&project, &format!("Other {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    let task = world.task_named("Boat").id;
    world.retitle_issue(&issue, "By Huly");
    world.retitle_task(task, "By Vibe");
    world.describe_issue(&issue, "Huly's text.");
    world.describe_task(task, "Vibe's text.");
    world.move_issue(&issue, "Done");
    world.move_task(task, Status::InProgress);
    world.run().await;
    (world, issue, task)
}

async fn open(world: &World, field: Field) -> ConflictRow {
    let rows = world.store.conflicts(true, 9).await.unwrap();
    let mut of_field: Vec<ConflictRow> =
        rows.into_iter().filter(|row| row.field == field).collect();
    assert_eq!(of_field.len(), 1, "{of_field:?}");
    of_field.remove(0)
}

async fn decide(world: &World, row: &ConflictRow, take: Take) -> Result<(), Error> {
    let side = match take {
        Take::Huly | Take::Both | Take::Edit => Side::Huly,
        Take::Vibe => Side::Vibe,
    };
    let value = match take {
        Take::Huly | Take::Vibe => row.values.side(side).clone(),
        Take::Both | Take::Edit => Value::Text("A third text.\n\nOf two lines.".into()),
    };
    let decision = Decision {
        take,
        side,
        value,
        by: "ann@dock".into(),
        at: Millis(row.at.0 + 30_000),
    };
    let operation = Operation {
        decide: vec![(row.id, row.version, decision)],
        ..Operation::default()
    };
    world.store.operate(&operation, Millis(1)).await
}

/// Title and status of both, by the words of each.
fn both(world: &World, issue: &str, task: Uuid) -> (String, String, String, Status) {
    let (issue, task) = (world.issue_view(issue), world.task_view(task));
    (issue.title, task.title, issue.status_name, task.status)
}

#[tokio::test(start_paused = true)]
async fn a_frozen_field_keeps_both_values_until_a_person_decides_and_then_follows_edits_again() {
    for generation in GENERATIONS {
        let (world, issue, task) = frozen(generation).await;
        let before = both(&world, &issue, task);
        assert_eq!(
            before,
            (
                "By Huly".into(),
                "By Vibe".into(),
                "Done".into(),
                Status::InProgress
            )
        );
        assert_eq!(world.store.conflicts(true, 9).await.unwrap().len(), 3);
        world.wait(Duration::from_mins(5)).await;
        world.reset_counts();
        world.run_well().await;
        assert_eq!(both(&world, &issue, task), before);
        assert_eq!(world.writes(), 0);

        decide(&world, &open(&world, Field::Title).await, Take::Vibe)
            .await
            .unwrap();
        decide(&world, &open(&world, Field::Status).await, Take::Huly)
            .await
            .unwrap();
        decide(&world, &open(&world, Field::Description).await, Take::Edit)
            .await
            .unwrap();
        let report = world.run_well().await;
        assert_eq!(
            both(&world, &issue, task),
            (
                "By Vibe".into(),
                "By Vibe".into(),
                "Done".into(),
                Status::Done
            ),
            "{}",
            told(&report)
        );
        for text in [world.issue_text(&issue), world.task_text(task)] {
            assert_eq!(text.trim(), "A third text.\n\nOf two lines.");
        }
        assert_eq!(world.store.conflicts(true, 9).await.unwrap(), []);
        world.assert_quiet().await;
        // no field waits any more
        world.wait(Duration::from_mins(1)).await;
        world.retitle_issue(&issue, "Afterwards");
        world.describe_task(task, "A fourth text.");
        world.move_task(task, Status::InProgress);
        world.settle().await;
        assert_eq!(
            both(&world, &issue, task),
            (
                "Afterwards".into(),
                "Afterwards".into(),
                "In Progress".into(),
                Status::InProgress
            )
        );
        assert_eq!(world.issue_text(&issue).trim(), "A fourth text.");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_not_written_over_what_came_after_the_person_looked() {
    for generation in GENERATIONS {
        let (world, issue, task) = frozen(generation).await;
        let shown = open(&world, Field::Title).await;
        world.retitle_task(task, "By Vibe, later");
        decide(&world, &shown, Take::Huly).await.unwrap();
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Items, "{}", told(&report));
        assert!(
            told(&report).contains("DECISION_CHANGED"),
            "{}",
            told(&report)
        );
        assert_eq!(world.task_view(task).title, "By Vibe, later");
        assert_eq!(world.issue_view(&issue).title, "By Huly");
        // the conflict shows what stands now, and can be decided
        let shown = open(&world, Field::Title).await;
        assert_eq!(shown.values.vibe, Value::Text("By Vibe, later".into()));
        assert!(!shown.pending && shown.decision.is_none());
        // what the person was shown is kept
        let kept = world.store.conflicts(false, 9).await.unwrap();
        let kept: Vec<_> = kept
            .iter()
            .filter(|row| &*row.cause == "shown_before")
            .collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(kept[0].values.vibe, Value::Text("By Vibe".into()));
        assert!(!kept[0].open && !kept[0].pending);
        decide(&world, &shown, Take::Vibe).await.unwrap();
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).title, "By Vibe, later");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_people_who_decide_at_once_one_does() {
    let (world, issue, task) = frozen(Generation::L2).await;
    let shown = open(&world, Field::Title).await;
    decide(&world, &shown, Take::Vibe).await.unwrap();
    let second = decide(&world, &shown, Take::Huly).await;
    assert!(
        matches!(&second, Err(Error::Changed { what }) if what.starts_with("conflict ")),
        "{second:?}"
    );
    world.run_well().await;
    assert_eq!(world.issue_view(&issue).title, "By Vibe");
    assert_eq!(world.task_view(task).title, "By Vibe");
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_fails_half_way_is_finished_by_a_later_run() {
    for generation in GENERATIONS {
        let (world, issue, task) = frozen(generation).await;
        let busy = Effect::FailBefore {
            failure: Failure::Status {
                status: 503,
                body: String::new(),
            },
        };
        world.vibe.faults.add(Rule::on("PUT", TASK, busy));
        decide(&world, &open(&world, Field::Description).await, Take::Edit)
            .await
            .unwrap();
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Items, "{}", told(&report));
        assert!(open(&world, Field::Description).await.pending);
        world.vibe.faults.clear();
        world.wait(Duration::from_mins(1)).await;
        world.run().await;
        for text in [world.issue_text(&issue), world.task_text(task)] {
            assert_eq!(text.trim(), "A third text.\n\nOf two lines.");
        }
        assert_eq!(world.store.conflicts(true, 9).await.unwrap().len(), 2);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_lost_long_ago_can_be_put_back() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "Boat", "Text.", "Todo");
        world.run_well().await;
        let task = world.task_named("Boat").id;
        world.retitle_issue(&issue, "By Huly");
        world.retitle_task(task, "By Vibe");
        world.run_well().await;
        assert_eq!(world.task_view(task).title, "By Huly");
        world.wait(Duration::from_mins(1)).await;
        let row = world.store.conflicts(false, 9).await.unwrap().remove(0);
        decide(&world, &row, Take::Vibe).await.unwrap();
        world.run_well().await;
        assert_eq!(world.task_view(task).title, "By Vibe");
        assert_eq!(world.issue_view(&issue).title, "By Vibe");
        world.assert_quiet().await;
    }
}
