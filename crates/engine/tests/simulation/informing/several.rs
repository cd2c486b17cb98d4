//! Several agents for one project, and several projects: which of them are told, which go, and which wait.

use std::time::Duration;

use engine::{report::Exit, settings::ProjectSettings};
use http_kit::Kind;
use sim::vibe::Generation;

use super::{
    DAY, LATE, project,
    shelf::{Call, Mishap, Shelf, settings},
    tell,
};
use crate::world::{LEASE, World, fresh_store, told};

#[tokio::test(start_paused = true)]
async fn row_29_the_oldest_of_several_is_told_and_those_of_people_stay() {
    // made by somebody else, or copied from ours with all that hvs wrote into it
    for is_copy in [false, true] {
        let (world, shelf, _) = project().await;
        world.run_well().await;
        let (ours, _) = shelf.the_agent();
        let theirs = shelf.put(&ours, is_copy);
        world.wait(DAY).await;
        let report = world.run_well().await;
        let ids: Vec<String> = shelf.agents().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [ours, theirs.clone()], "{is_copy}");
        let [notice] = report.informed.notices.as_slice() else {
            panic!("{:?}", report.informed);
        };
        assert_eq!((&*notice.project, &*notice.code), ("HARB", "AGENT_TWINS"));
        assert!(notice.message.contains(&theirs), "{}", notice.message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_twin_that_goes_and_an_agent_that_is_gone_are_told_of() {
    let (world, shelf, issues) = project().await;
    shelf.mishaps(Call::Create, [Mishap::Late]);
    world.run().await;
    world.wait(LATE).await;
    world.run_well().await;
    world.run_well().await;
    shelf.land();
    world.wait(DAY).await;
    let report = world.run_well().await;
    assert_eq!(report.informed.twins_removed, 1);
    assert_eq!(&*report.informed.notices[0].code, "AGENT_TWINS");
    let (id, _) = shelf.the_agent();
    shelf.delete(&id);
    world.move_issue(&issues[0], "Done");
    let report = world.run_well().await;
    assert_eq!(&*report.informed.notices[0].code, "AGENT_GONE");
    assert!(report.informed.notices[0].message.contains(&id));
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_every_project_that_was_not_told_is_named() {
    let mut world = World::new(Generation::L2);
    for identifier in ["HARA", "HARB", "HARC"] {
        let project = world.huly_project(identifier, &format!("Harbor {identifier}"));
        world.issue(&project, &format!("Quay of {identifier}"), "Text.", "Todo");
    }
    world.run_well().await;
    let shelf = Shelf::default();
    let mut one_at_once = settings();
    one_at_once.concurrency = 1;
    tell(&mut world, &shelf, one_at_once);
    shelf.mishaps(Call::Create, [Mishap::Fails(Kind::Fatal)]);
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    let waits: Vec<(&str, bool)> = report
        .informed
        .waits
        .iter()
        .map(|(project, why)| (&**project, why.dead))
        .collect();
    assert_eq!(waits.len(), 3, "{waits:?}");
    assert_eq!(
        waits.iter().filter(|(_, dead)| *dead).count(),
        1,
        "{waits:?}"
    );
    assert_eq!(
        shelf.calls()[&Call::Create],
        1,
        "the others are not asked for"
    );
    world.wait(Duration::from_mins(1)).await;
    assert_eq!(world.run_well().await.informed.made, 3);
}

#[tokio::test(start_paused = true)]
async fn row_29_two_projects_of_one_name_have_an_agent_each_and_a_lost_store_finds_them_again() {
    let mut world = World::new(Generation::L2);
    for identifier in ["HARA", "HARB"] {
        let project = world.huly_project(identifier, "Harbor");
        world.issue(&project, &format!("Quay of {identifier}"), "Text.", "Todo");
        let vibe = world.vibe_project(&format!("Boards of {identifier}"), identifier);
        let pair = ProjectSettings {
            vibe: Some(vibe.to_string()),
            ..ProjectSettings::default()
        };
        world.settings.projects.insert(identifier.into(), pair);
    }
    let shelf = Shelf::default();
    tell(&mut world, &shelf, settings());
    world.run_well().await;
    world.run_well().await;
    let before = shelf.agents();
    assert_eq!(before.len(), 2, "{before:#?}");
    for (at, identifier) in ["HARA", "HARB"].into_iter().enumerate() {
        let other = ["HARB", "HARA"][at];
        let holds = |id: &str| {
            let (_, blocks) = &before[at];
            blocks
                .values()
                .any(|text| text.contains(&format!("Quay of {id}")))
        };
        let is_first = holds(identifier);
        assert_ne!(is_first, holds(other), "each agent knows one board");
    }
    world.wait(LEASE).await;
    world.store = fresh_store(77, world.env.as_ref());
    tell(&mut world, &shelf, settings());
    shelf.calls();
    world.run().await;
    assert_eq!(shelf.agents().len(), 2);
    assert_eq!(shelf.calls().get(&Call::Create), None);
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_moves_to_another_project_is_told_of_there_and_no_longer_here() {
    let mut world = World::new(Generation::L2);
    let [here, there] = ["HARA", "HARB"].map(|identifier| {
        let project = world.huly_project(identifier, &format!("Harbor {identifier}"));
        let title = format!("Quay of {identifier}");
        (world.issue(&project, &title, "Text.", "Todo"), project)
    });
    let shelf = Shelf::default();
    tell(&mut world, &shelf, settings());
    world.run_well().await;
    world.run_well().await;
    let knows = |title: &str| {
        let agents = shelf.agents().into_iter();
        let told = agents.map(|(_, blocks)| blocks["backlog_summary"].contains(title));
        told.collect::<Vec<_>>()
    };
    assert_eq!(knows("Quay of HARA"), [true, false]);
    world
        .huly
        .model
        .lock()
        .person_move(&world.who, &here.0, &there.1)
        .unwrap();
    for _ in 0..2 {
        world.run_well().await;
        assert_eq!(knows("Quay of HARA"), [false, true]);
        assert_eq!(knows("Quay of HARB"), [false, true]);
    }
    shelf.calls();
    world.run_well().await;
    assert!(shelf.calls().is_empty());
}
