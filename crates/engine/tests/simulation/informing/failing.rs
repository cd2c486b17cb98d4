//! What cannot be told is given up after a while, by the rules of other letters, and a person can have it tried again.

use std::time::Duration;

use ::store::{AgentStore, Store, agents::AgentRow, port::Operation, row::LetterState};
use engine::{Mode, report::Exit};
use http_kit::Kind;
use sim::vibe::Generation;
use sync_core::ids::Millis;

use super::{Call, DAY, Mishap, calls, project, settings, shelf::Shelf, tell};
use crate::world::{World, told};

async fn agent(world: &World) -> AgentRow {
    let standings = world.store.standings_of_agents().await.unwrap();
    standings.into_iter().next().unwrap().agent
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_refused_again_and_again_is_given_up_until_it_says_something_else() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    shelf.refuse("board_metrics", true);
    world.move_issue(&issues[0], "Done");
    for attempt in 1..=world.settings.max_attempts {
        let before = agent(&world).await;
        assert_eq!(before.state, LetterState::Waiting, "{attempt}");
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Items, "{attempt}: {}", told(&report));
    }
    let dead = agent(&world).await;
    assert_eq!((dead.state, &*dead.code), (LetterState::Dead, "SHELF"));
    shelf.calls();
    let report = world.run_well().await;
    assert!(report.informed.is_quiet(), "{}", told(&report));
    assert_eq!(shelf.calls(), calls(&[]));

    // other blocks are told, this one is not sent: it says the same
    world.edit_issue(&issues[2], &serde_json::json!({ "title": "Beacon" }));
    let report = world.run_well().await;
    let sent = shelf.calls();
    let writes = usize::try_from(report.informed.blocks).unwrap();
    assert!(writes > 0);
    assert_eq!(sent, calls(&[(Call::Read, 1), (Call::Write, writes)]));
    assert_eq!(agent(&world).await.state, LetterState::Dead);

    shelf.refuse("board_metrics", false);
    world.move_issue(&issues[1], "Done");
    world.run_well().await;
    let (_, blocks) = shelf.the_agent();
    assert!(
        blocks["board_metrics"].contains("Done (done): 2"),
        "{blocks:#?}"
    );
    let well = agent(&world).await;
    assert_eq!((well.state, &*well.code), (LetterState::Waiting, ""));
}

#[tokio::test(start_paused = true)]
async fn a_person_has_what_is_given_up_tried_again_or_told_no_more() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    shelf.refuse("board_metrics", true);
    world.move_issue(&issues[0], "Done");
    for _ in 0..world.settings.max_attempts {
        world.run().await;
    }
    let project = agent(&world).await.project;
    let drop = Operation {
        drop_agents: vec![project],
        ..Operation::default()
    };
    world.store.operate(&drop, Millis(1)).await.unwrap();
    assert_eq!(agent(&world).await.state, LetterState::Dropped);
    let again = world.store.operate(&drop, Millis(1)).await;
    assert!(again.is_err(), "it is not as it was shown");
    world.edit_issue(&issues[2], &serde_json::json!({ "title": "Beacon" }));
    world.run_well().await;
    assert_eq!(
        agent(&world).await.state,
        LetterState::Dropped,
        "a person knows"
    );

    shelf.refuse("board_metrics", false);
    shelf.calls();
    let retry = Operation {
        retry_agents: vec![project],
        ..Operation::default()
    };
    world.store.operate(&retry, Millis(1)).await.unwrap();
    let report = world.run_well().await;
    assert_eq!(report.informed.blocks, 1);
    assert_eq!(shelf.calls(), calls(&[(Call::Read, 1), (Call::Write, 1)]));
    assert_eq!(agent(&world).await.state, LetterState::Waiting);
    assert!(world.run_well().await.informed.is_quiet());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_cannot_be_made_is_given_up_and_tried_again_once_a_day() {
    let (world, shelf, _) = project().await;
    let max = world.settings.max_attempts;
    let refused = usize::try_from(max).unwrap();
    shelf.mishaps(Call::Create, vec![Mishap::Fails(Kind::Rejected); refused]);
    for _ in 0..max {
        world.run().await;
        world.wait(Duration::from_mins(1)).await;
    }
    assert_eq!(agent(&world).await.state, LetterState::Dead);
    shelf.calls();
    world.run_well().await;
    assert_eq!(shelf.calls(), calls(&[]));
    world.wait(DAY).await;
    world.run_well().await;
    shelf.the_agent();
    assert_eq!(agent(&world).await.state, LetterState::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_away_for_days_has_no_agent_given_up() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    world.move_issue(&issues[0], "Done");
    shelf.mishaps(Call::Read, vec![Mishap::Fails(Kind::Fatal); 10]);
    for _ in 0..10 {
        world.run().await;
        world.wait(Duration::from_hours(12)).await;
    }
    let row = agent(&world).await;
    assert_eq!(row.state, LetterState::Waiting, "{row:?}");
    world.run_well().await;
    world.run_well().await;
    let (_, blocks) = shelf.the_agent();
    assert!(
        blocks["board_metrics"].contains("Done (done): 1"),
        "{blocks:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_guard_holds_back_is_told_until_it_is_held_no_more() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "Quay", "Text.", "Todo");
    world.run_well().await;
    let shelf = Shelf::default();
    tell(&mut world, &shelf, settings());
    world.run_well().await;
    let says = || shelf.the_agent().1["hotspots"].clone();
    assert!(
        says().contains("Classes held back by a guard: 0"),
        "{}",
        says()
    );
    for at in 0..60 {
        world.issue(&project, &format!("Flood {at}"), "", "Todo");
    }
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Guard, "{}", told(&report));
    let first = says();
    assert!(first.contains("creates, this many: 60"), "{first}");
    world.wait(Duration::from_hours(1)).await;
    shelf.calls();
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Guard, "{}", told(&report));
    assert_eq!((says(), shelf.calls()), (first, calls(&[])), "told once");
    let accept = vec![report.projects[0].held[0].hash.clone()];
    world.attempt(Mode::Sync { accept }).await.unwrap();
    assert!(
        says().contains("Classes held back by a guard: 0"),
        "{}",
        says()
    );
}

#[tokio::test(start_paused = true)]
async fn a_busy_block_is_sent_again_in_the_same_run() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    world.move_issue(&issues[0], "Done");
    shelf.mishaps(Call::Write, [Mishap::Fails(Kind::Transient); 2]);
    assert!(world.run_well().await.informed.waits.is_empty());
}
