//! Values that a side does not take: which are tried again and when, which become dead letters, and that neither holds up others.

use std::time::Duration;

use engine::report::Exit;
use http_kit::Kind;
use sim::{
    faults::{Effect, Failure, Rule},
    vibe::{Generation, Manners, Status},
};
use store::{
    Error, Store,
    port::{Letter, Operation},
    row::{DeadLetter, Deed, Dirty, LetterState},
};
use sync_core::{Side, ids::Millis, item::Field};
use uuid::Uuid;

use crate::world::{GENERATIONS, World, told};

const TASK: &str = "/api/tasks/{task_id}";
const PUT: &str = "PUT /api/tasks/{task_id}";

fn answers(status: u16) -> Effect {
    Effect::FailBefore {
        failure: Failure::Status {
            status,
            body: String::new(),
        },
    }
}

/// A linked project of some pairs, in agreement.
async fn pairs(generation: Generation, count: usize) -> (World, Vec<(String, Uuid)>) {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let issues: Vec<String> = (0..count)
        .map(|at| world.issue(&project, &format!("Boat {at}"), "Text.", "Todo"))
        .collect();
    world.run_well().await;
    let pairs = issues
        .into_iter()
        .enumerate()
        .map(|(at, issue)| (issue, world.task_named(&format!("Boat {at}")).id))
        .collect();
    (world, pairs)
}

async fn letters(world: &World) -> Vec<DeadLetter> {
    world.store.letters(None, 100).await.unwrap()
}

/// A person has all dead letters sent again.
pub(crate) async fn retry_all(world: &World) {
    let mut operation = Operation::default();
    for letter in letters(world).await {
        let (project, link) = world
            .store
            .links_by_id(&[letter.link])
            .await
            .unwrap()
            .remove(0);
        for (side, item) in link.items.into_sides() {
            operation.dirty.extend(item.map(|item| Dirty {
                project,
                side,
                item,
                since: Millis(1),
                next_try: Millis(1),
                tries: 0,
                code: "RETRY".into(),
            }));
        }
        operation.retry.push(Letter::from(&letter));
        operation.deeds.push(deed("retry"));
    }
    world.store.operate(&operation, Millis(3)).await.unwrap();
}

/// What stands of each letter: side, field, state, code.
async fn standing(world: &World) -> Vec<(Side, Option<Field>, LetterState, String)> {
    let letters = letters(world).await.into_iter();
    letters
        .map(|letter| {
            (
                letter.side,
                letter.field,
                letter.state,
                letter.code.to_string(),
            )
        })
        .collect()
}

/// Starts of the program while a server refuses something: how often it was asked in each.
async fn asked(world: &World, runs: usize, wait: Duration) -> Vec<u64> {
    let mut asked = Vec::new();
    for _ in 0..runs {
        world.reset_counts();
        world.run().await;
        asked.push(world.counts().vibe.of(PUT));
        world.wait(wait).await;
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn a_refused_value_is_sent_once_and_again_only_when_it_changes() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation, 3).await;
        let rule = Rule::on("PUT", TASK, answers(422)).body_contains("Bad");
        world.vibe.faults.add(rule);
        world.retitle_issue(&pairs[0].0, "Bad title");
        world.reset_counts();
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Items, "{}", told(&report));
        assert_eq!(world.counts().vibe.of(PUT), 1, "{}", told(&report));
        let found = standing(&world).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].0, found[0].1, found[0].2),
            (Side::Vibe, Some(Field::Title), LetterState::Dead)
        );
        // inside the overlap of the next read, and long after it
        for wait in [0, 600, 90_000] {
            world.wait(Duration::from_secs(wait)).await;
            world.reset_counts();
            world.run().await;
            assert_eq!(world.counts().vibe.of(PUT), 0);
        }
        world.retitle_issue(&pairs[0].0, "Good title");
        world.run_well().await;
        assert_eq!(world.task_view(pairs[0].1).title, "Good title");
        assert_eq!(letters(&world).await, []);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_field_does_not_hold_the_item() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation, 2).await;
        let (issue, task) = &pairs[0];
        let rule = Rule::on("PUT", TASK, answers(422)).body_contains("Bad title");
        world.vibe.faults.add(rule);
        world.retitle_issue(issue, "Bad title");
        world.move_issue(issue, "InProgress");
        world.describe_issue(issue, "Another text.");
        world.run().await;
        world.run().await;
        let view = world.task_view(*task);
        assert_eq!((&*view.title, view.status), ("Boat 0", Status::InProgress));
        assert_eq!(world.task_text(*task).trim(), "Another text.");
        let found = standing(&world).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].1, found[0].2),
            (Some(Field::Title), LetterState::Dead)
        );
        assert_eq!(asked(&world, 2, Duration::from_secs(5)).await, [0, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_item_of_a_batch_does_not_hold_the_others() {
    let world = World::new(Generation::L2);
    world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    for title in ["One", "Poison", "Three", "Four", "Five"] {
        world.task(board, title, Some("Text."), Status::Todo);
    }
    world
        .huly
        .faults
        .add(Rule::on("POST", "*", answers(400)).body_contains("\"title\":\"Poison\""));
    world.run().await;
    world.run().await;
    assert_eq!(world.issues().len(), 4, "{:?}", letters(&world).await);
    let found = standing(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].2), (Side::Huly, LetterState::Dead));
    let writes = world.counts().huly.writes;
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    assert_eq!(world.counts().huly.writes, writes, "it is not tried again");
    world.huly.faults.clear();
    let task = world.task_named("Poison").id;
    world.retitle_task(task, "Medicine");
    world.settle().await;
    assert_eq!((world.issues().len(), letters(&world).await.len()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn row_45_a_field_that_the_server_drops_is_told_tried_three_times_and_then_a_dead_letter() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation, 10).await;
        let dropped = Manners {
            drops_status: true,
            ..Manners::default()
        };
        world.vibe.model.lock().manners = dropped;
        world.move_issue(&pairs[0].0, "Done");
        world.retitle_issue(&pairs[0].0, "Renamed");
        let mut states = Vec::new();
        let mut puts = Vec::new();
        for _ in 0..5 {
            world.reset_counts();
            let report = world.run().await;
            puts.push(world.counts().vibe.of(PUT));
            let outcome = report.projects[0].problems.first();
            if let Some(outcome) = outcome {
                assert_eq!(&*outcome.code, "FIELD_NOT_TAKEN", "{}", told(&report));
                assert_eq!(outcome.field, Some(Field::Status));
                assert_eq!(report.exit, Exit::Items);
                states.push(outcome.kind);
            }
            world.wait(Duration::from_mins(2)).await;
        }
        assert_eq!(world.task_view(pairs[0].1).title, "Renamed");
        assert_eq!(world.issue_view(&pairs[0].0).status_name, "Done");
        assert_eq!(puts, [1, 1, 1, 0, 0]);
        let first = [Kind::Transient, Kind::Transient, Kind::Rejected];
        assert_eq!(&states[..3], first);
        // told as long as a run looks at it, and never sent again
        assert!(states[3..].iter().all(|kind| *kind == Kind::Rejected));
        let found = standing(&world).await;
        assert_eq!(
            found,
            [(
                Side::Vibe,
                Some(Field::Status),
                LetterState::Dead,
                "FIELD_NOT_TAKEN".to_owned()
            )]
        );
        // another value is tried, and told of when it is taken
        world.vibe.model.lock().manners = Manners::default();
        world.move_issue(&pairs[0].0, "InProgress");
        world.run_well().await;
        assert_eq!(world.task_view(pairs[0].1).status, Status::InProgress);
        assert_eq!(letters(&world).await, []);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_value_is_tried_after_growing_pauses_and_given_up_after_a_day() {
    let (mut world, pairs) = pairs(Generation::L2, 2).await;
    world.settings.max_attempts = 5;
    world.vibe.faults.add(Rule::on("PUT", TASK, answers(503)));
    world.retitle_issue(&pairs[0].0, "Renamed");
    let is_tried = |asked: u64| asked > 0;
    // the run right after the first failure tries, the ones after it wait: 2 s, 4 s, 8 s
    let tried = asked(&world, 8, Duration::from_secs(1)).await;
    let tried: Vec<bool> = tried.into_iter().map(is_tried).collect();
    assert_eq!(&tried[..3], [true, true, false]);
    assert!(
        tried.iter().filter(|tried| **tried).count() <= 4,
        "{tried:?}"
    );
    let letter = letters(&world).await.remove(0);
    assert_eq!(letter.state, LetterState::Waiting);
    assert_eq!(letter.field, Some(Field::Title));
    // never more than an hour apart
    for _ in 0..23 {
        world.wait(Duration::from_hours(1)).await;
        world.run().await;
        assert_eq!(letters(&world).await[0].state, LetterState::Waiting);
    }
    world.wait(Duration::from_hours(1)).await;
    world.run().await;
    let letter = letters(&world).await.remove(0);
    assert_eq!(
        (letter.state, &*letter.code),
        (LetterState::Dead, "ITEM_GAVE_UP")
    );
    assert!(
        letter.message.contains("the last time with"),
        "{}",
        letter.message
    );
    assert_eq!(asked(&world, 3, Duration::from_hours(1)).await, [0, 0, 0]);
    let project = letter.project;
    let left = world
        .store
        .dirty(project, Millis(i64::MAX), 9)
        .await
        .unwrap();
    assert_eq!(left, [], "nothing of it is looked at again by itself");
}

#[tokio::test(start_paused = true)]
async fn an_item_that_people_bring_into_agreement_waits_no_more() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation, 3).await;
        world.vibe.faults.add(Rule::on("PUT", TASK, answers(503)));
        world.retitle_issue(&pairs[0].0, "Renamed");
        world.run().await;
        let project = letters(&world).await[0].project;
        let dirty = async || {
            world
                .store
                .dirty(project, Millis(i64::MAX), 9)
                .await
                .unwrap()
        };
        assert!(!dirty().await.is_empty());
        world.vibe.faults.clear();
        world.retitle_task(pairs[0].1, "Renamed");
        world.wait(Duration::from_hours(2)).await;
        world.run_well().await;
        assert_eq!(dirty().await, []);
        assert_eq!(letters(&world).await, []);
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn items_that_always_fail_delay_no_others() {
    let (world, pairs) = pairs(Generation::L2, 12).await;
    let rule = Rule::on("PUT", TASK, answers(503)).body_contains("Stubborn");
    world.vibe.faults.add(rule);
    for (at, (issue, _)) in pairs.iter().take(6).enumerate() {
        world.retitle_issue(issue, &format!("Stubborn {at}"));
    }
    for round in 0..4 {
        let title = format!("Round {round}");
        world.retitle_issue(&pairs[8].0, &title);
        world.run().await;
        assert_eq!(world.task_view(pairs[8].1).title, title);
        world.wait(Duration::from_mins(20)).await;
    }
    world.vibe.faults.clear();
    world.wait(Duration::from_hours(1)).await;
    world.settle().await;
    assert_eq!(letters(&world).await, []);
}

fn deed(kind: &str) -> Deed {
    Deed {
        at: Millis(1),
        who: "ann@dock".into(),
        kind: kind.into(),
        project: None,
        link: None,
        item: "HARB-1".into(),
        effect: "sent again by the next run".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_a_person_retries_is_sent_by_the_next_run_and_a_dropped_one_is_told_no_more()
{
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation, 3).await;
        let rule = Rule::on("PUT", TASK, answers(422)).body_contains("Bad");
        world.vibe.faults.add(rule);
        world.retitle_issue(&pairs[0].0, "Bad title");
        world.run().await;
        let shown = letters(&world).await.remove(0);
        let drop = Operation {
            drop: vec![Letter::from(&shown)],
            deeds: vec![deed("drop")],
            ..Operation::default()
        };
        world.store.operate(&drop, Millis(1)).await.unwrap();
        world.reset_counts();
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        assert_eq!(world.counts().vibe.of(PUT), 0);
        // somebody else was shown the letter before it was dropped
        let again = world.store.operate(&drop, Millis(2)).await;
        assert!(matches!(again, Err(Error::Changed { .. })), "{again:?}");
        let deeds = world.store.deeds(None, 9).await.unwrap();
        assert_eq!(
            deeds,
            [deed("drop")],
            "only the first of the two did something"
        );

        world.vibe.faults.clear();
        retry_all(&world).await;
        world.wait(Duration::from_hours(2)).await;
        world.run_well().await;
        assert_eq!(world.task_view(pairs[0].1).title, "Bad title");
        assert_eq!(letters(&world).await, []);
        world.assert_quiet().await;
    }
}
