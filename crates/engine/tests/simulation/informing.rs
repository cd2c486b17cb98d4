//! Agents are told how their projects stand: one agent a project for ever, only what changed is sent, and where agents live never
//! delays the boards or makes their sync fail. The numbers are rows of the predecessor's failures.

mod failing;
mod likeness;
mod several;
mod shelf;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ::store::AgentStore;
use engine::{
    Stop,
    inform::{InformSettings, Informing},
    report::Exit,
    run::{Memory, Pace},
};
use http_kit::Kind;
use sim::vibe::{Generation, Status};

use crate::world::{World, sync, told};
use shelf::{Call, Mishap, Shelf, settings};

const DAY: Duration = Duration::from_hours(24);
/// A request to make an agent is over after this.
const LATE: Duration = Duration::from_secs(46);

/// A project with three issues, in agreement, and a shelf that nobody has told anything yet.
async fn project() -> (World, Shelf, Vec<String>) {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let issues = ["Quay", "Crane", "Lighthouse"]
        .map(|title| world.issue(&project, title, "Text.", "Todo"))
        .to_vec();
    world.run_well().await;
    let shelf = Shelf::default();
    tell(&mut world, &shelf, settings());
    (world, shelf, issues)
}

fn tell(world: &mut World, shelf: &Shelf, settings: InformSettings) {
    world.informing = Some(Informing {
        sink: Arc::new(shelf.clone()),
        settings,
    });
}

fn calls(of: &[(Call, usize)]) -> BTreeMap<Call, usize> {
    of.iter().copied().collect()
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_made_once_and_a_quiet_run_calls_nobody_after_a_restart_neither() {
    let (world, shelf, issues) = project().await;
    let report = world.run_well().await;
    assert_eq!((report.informed.made, report.informed.waits.len()), (1, 0));
    // lists before and after, and one request with all blocks in it
    assert_eq!(
        shelf.calls(),
        calls(&[(Call::List, 2), (Call::Pattern, 1), (Call::Create, 1)])
    );
    let (_, blocks) = shelf.the_agent();
    let labels: Vec<&str> = blocks.keys().map(String::as_str).collect();
    assert_eq!(
        labels,
        [
            "backlog_summary",
            "board_config",
            "board_metrics",
            "change_log",
            "hotspots",
            "human",
            "persona",
            "project",
            "scratchpad"
        ]
    );
    assert!(blocks["backlog_summary"].contains("Quay"), "{blocks:#?}");

    for _ in 0..3 {
        // each run is a process of its own
        assert!(world.run_well().await.informed.is_quiet(), "row 31");
        assert_eq!(shelf.calls(), calls(&[]), "row 31");
    }
    world.move_issue(&issues[1], "InProgress");
    let report = world.run_well().await;
    let writes = usize::try_from(report.informed.blocks).unwrap();
    // the agent is looked at, then what changed is written
    assert_eq!(
        shelf.calls(),
        calls(&[(Call::Read, 1), (Call::Write, writes)])
    );
    assert!((1..=4).contains(&writes), "{writes}");
    let (_, after) = shelf.the_agent();
    assert!(after["hotspots"].contains("Crane"), "{}", after["hotspots"]);
    assert_eq!(after["project"], blocks["project"]);
    // what Huly stamped on our look at it is the same date
    world.run_well().await;
    assert_eq!(shelf.calls(), calls(&[]));
}

#[tokio::test(start_paused = true)]
async fn what_only_huly_knows_of_an_issue_is_told_when_it_changes() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    world.edit_issue(&issues[2], &serde_json::json!({ "priority": 1 }));
    world.run_well().await;
    let (_, blocks) = shelf.the_agent();
    let at = |word: &str| blocks["backlog_summary"].find(word).expect(word);
    assert!(
        at("Lighthouse") < at("Quay"),
        "{}",
        blocks["backlog_summary"]
    );
}

#[tokio::test(start_paused = true)]
async fn row_30_a_request_whose_answer_is_lost_is_looked_for_before_another_is_sent() {
    let (world, shelf, _) = project().await;
    shelf.mishaps(Call::Create, [Mishap::Unanswered]);
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Done, "{}", told(&report));
    assert_eq!(report.informed.waits.len(), 1, "it is told that it waits");
    for _ in 0..3 {
        world.run_well().await;
        world.wait(LATE).await;
    }
    shelf.the_agent();
    assert_eq!(shelf.calls()[&Call::Create], 1);
}

#[tokio::test(start_paused = true)]
async fn row_30_a_request_that_lands_late_leaves_no_twin() {
    let (world, shelf, _) = project().await;
    shelf.mishaps(Call::Create, [Mishap::Late]);
    world.run().await;
    world.run_well().await;
    assert_eq!(shelf.agents().len(), 0, "nothing is repeated so soon");
    world.wait(LATE).await;
    world.run_well().await;
    world.run_well().await;
    shelf.the_agent();
    shelf.land();
    assert_eq!(shelf.agents().len(), 2);
    world.wait(DAY).await;
    world.run_well().await;
    let (id, _) = shelf.the_agent();
    world.wait(DAY).await;
    world.run_well().await;
    assert_eq!(shelf.the_agent().0, id, "the same one for ever");
}

#[tokio::test(start_paused = true)]
async fn row_32_a_block_that_failed_is_sent_by_the_next_run() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    shelf.calls();
    world.move_issue(&issues[0], "Done");
    shelf.mishaps(Call::Write, [Mishap::Fails(Kind::Rejected)]);
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Items, "a refused block counts");
    let refused = report.informed.waits.values().next().unwrap();
    assert!(refused.dead, "{refused:?}");
    let sent = shelf.calls()[&Call::Write];
    let report = world.run_well().await;
    assert_eq!(report.informed.blocks, 1, "the others of {sent} were told");
    let (_, blocks) = shelf.the_agent();
    assert!(blocks["board_metrics"].contains("Done"), "{blocks:#?}");
}

#[tokio::test(start_paused = true)]
async fn row_33_while_agents_are_slow_or_away_the_boards_take_the_same_time_and_calls() {
    for mishap in [
        Mishap::Slow(Duration::from_mins(10)),
        Mishap::Fails(Kind::Transient),
        Mishap::Fails(Kind::Fatal),
    ] {
        let mut with = Vec::new();
        for informed in [false, true] {
            let (mut world, shelf, issues) = project().await;
            if informed {
                for call in [Call::List, Call::Create, Call::Read, Call::Write] {
                    shelf.mishaps(call, [mishap; 100]);
                }
            } else {
                world.informing = None;
            }
            world.move_issue(&issues[0], "Done");
            world.reset_counts();
            let report = world.run().await;
            let counts = world.counts();
            let tally = report.tally();
            with.push((
                counts.huly.by_route,
                counts.vibe.by_route,
                tally.vibe.updated,
            ));
            assert_eq!(world.task_named("Quay").status, Status::Done);
            assert_ne!(report.exit, Exit::Service, "{}", told(&report));
            assert_eq!(report.informed.waits.is_empty(), !informed);
        }
        assert_eq!(with[0], with[1], "{mishap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn row_38_no_agent_is_made_while_the_list_of_agents_is_not_known() {
    let (world, shelf, _) = project().await;
    shelf.mishaps(Call::List, [Mishap::Fails(Kind::Transient); 3]);
    for _ in 0..3 {
        world.run().await;
        world.wait(Duration::from_mins(1)).await;
    }
    assert_eq!(shelf.agents().len(), 0);
    world.run_well().await;
    shelf.the_agent();
}

#[tokio::test(start_paused = true)]
async fn a_deleted_agent_is_made_again_or_stays_away_as_the_configuration_says() {
    for again in [true, false] {
        let (mut world, shelf, issues) = project().await;
        let settings = InformSettings {
            again,
            ..settings()
        };
        tell(&mut world, &shelf, settings);
        world.run_well().await;
        let (id, _) = shelf.the_agent();
        shelf.delete(&id);
        world.move_issue(&issues[0], "Done");
        world.run().await;
        world.run().await;
        if again {
            let (next, blocks) = shelf.the_agent();
            assert_ne!(next, id);
            assert!(blocks["board_metrics"].contains("Done"));
        } else {
            assert_eq!(shelf.agents().len(), 0);
            shelf.calls();
            world.run_well().await;
            assert_eq!(shelf.calls(), calls(&[]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_of_ours_that_was_changed_is_rewritten_and_one_of_the_agents_own_never() {
    let (world, shelf, _) = project().await;
    world.run_well().await;
    let (id, before) = shelf.the_agent();
    shelf.edit(&id, "hotspots", "All is well.");
    shelf.edit(&id, "scratchpad", "My notes.");
    world.run_well().await;
    assert_eq!(shelf.the_agent().1["hotspots"], "All is well.", "not yet");
    world.wait(DAY).await;
    world.run_well().await;
    let (_, after) = shelf.the_agent();
    assert_eq!(after["hotspots"], before["hotspots"]);
    assert_eq!(after["scratchpad"], "My notes.");
    // the flag alone
    shelf.open(&id, "hotspots");
    world.wait(DAY).await;
    let report = world.run_well().await;
    assert_eq!(report.informed.blocks, 1);
    assert!(shelf.is_read_only(&id, "hotspots") && !shelf.is_read_only(&id, "scratchpad"));
    assert!(world.run_well().await.informed.is_quiet());
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_beside_its_runs_and_none_of_them_waits_for_it() {
    let (world, shelf, issues) = project().await;
    shelf.mishaps(Call::Create, [Mishap::Slow(Duration::from_mins(2))]);
    let engine = world.engine().await.unwrap();
    let mut memory = Memory::at(Pace::default());
    let begun = tokio::time::Instant::now();
    for _ in 0..3 {
        let report = engine
            .run_again(sync(), &Stop::default(), &mut memory)
            .await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.move_issue(&issues[0], "Done");
    }
    assert!(begun.elapsed() < Duration::from_mins(1), "nobody waited");
    assert_eq!(shelf.agents().len(), 0);
    world.wait(Duration::from_mins(3)).await;
    let report = engine
        .run_again(sync(), &Stop::default(), &mut memory)
        .await;
    assert_eq!(report.informed.made, 1, "what was done since is told");
    world.wait(Duration::from_secs(1)).await;
    let (_, blocks) = shelf.the_agent();
    assert!(
        blocks["board_metrics"].contains("Done (done): 1"),
        "{blocks:#?}"
    );
    shelf.calls();
    engine
        .run_again(sync(), &Stop::default(), &mut memory)
        .await;
    world.wait(Duration::from_secs(1)).await;
    assert_eq!(shelf.calls(), calls(&[]), "row 31");
    engine.end(&mut memory).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn row_31_two_hundred_quiet_projects_make_no_call() {
    let mut world = World::new(Generation::L2);
    for at in 0..200 {
        let project = world.huly_project(&format!("P{at}"), &format!("Project {at}"));
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    let shelf = Shelf::default();
    tell(&mut world, &shelf, settings());
    let report = world.run_well().await;
    assert_eq!(report.informed.made, 200);
    let made = shelf.calls();
    let wanted = calls(&[
        (Call::List, made[&Call::List]),
        // once a pass, as the list before it
        (Call::Pattern, made[&Call::Pattern]),
        (Call::Create, 200),
    ]);
    assert_eq!(made, wanted);
    world.run_well().await;
    assert_eq!(shelf.calls(), calls(&[]));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_anywhere_leaves_one_agent() {
    for polls in (0..400).step_by(7) {
        let (world, shelf, issues) = project().await;
        world.move_issue(&issues[0], "Done");
        world.run_killed_after(polls).await;
        world.wait(LATE * 3).await;
        for _ in 0..3 {
            world.run().await;
            world.wait(LATE).await;
        }
        let (_, blocks) = shelf.the_agent();
        assert!(blocks["board_metrics"].contains("Done"), "{polls}");
        let standings = world.store.standings_of_agents().await.unwrap();
        assert!(
            standings.iter().all(|it| it.agent.told == it.changes),
            "{polls}: {standings:?}"
        );
    }
}
