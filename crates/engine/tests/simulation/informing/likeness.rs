//! What agents are like beside their blocks, and what they leave behind.

use std::{collections::BTreeSet, sync::Arc};

use engine::{
    inform::{InformSettings, Pattern},
    report::Exit,
};
use http_kit::Kind;

use super::{Call, DAY, LATE, Mishap, calls, project, settings, shelf::Shelf, tell};
use crate::world::told;

fn tools(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn template(model: &str, names: &[&str]) -> Pattern {
    Pattern {
        persona: Some("I guard {project}.".into()),
        model: Some(model.into()),
        embedding: None,
        tools: tools(names),
        tools_are_all: true,
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_made_like_the_template_and_follows_it_at_the_comparison() {
    let (world, shelf, issues) = project().await;
    shelf.be_like(template("a/one", &["search", "mail"]));
    world.run_well().await;
    assert_eq!(
        shelf.calls(),
        calls(&[(Call::List, 2), (Call::Pattern, 1), (Call::Create, 1)])
    );
    let made = shelf.traits();
    assert_eq!(made.model.as_deref(), Some("a/one"));
    assert_eq!(made.tools, tools(&["search", "mail"]));
    let (id, blocks) = shelf.the_agent();
    assert_eq!(blocks["persona"], "I guard \"Harbor\".");

    let mut other = template("a/two", &["search", "paint"]);
    other.persona = Some("Somebody else.".into());
    other.embedding = Some("b/one".into());
    shelf.be_like(other);
    assert!(world.run_well().await.informed.is_quiet(), "not looked at");
    assert_eq!(shelf.calls(), calls(&[]));
    world.move_issue(&issues[0], "Done");
    world.run_well().await;
    let written = shelf.calls();
    assert!(!written.contains_key(&Call::Pattern), "{written:?}");

    world.wait(DAY).await;
    let report = world.run_well().await;
    assert_eq!(report.informed.followed, 1);
    assert_eq!(
        shelf.calls(),
        calls(&[
            (Call::List, 1),
            (Call::Read, 1),
            (Call::Pattern, 1),
            (Call::Reshape, 1)
        ])
    );
    let after = shelf.traits();
    assert_eq!(after.model.as_deref(), Some("a/two"));
    assert_eq!(after.embedding.as_deref(), Some("b/one"));
    assert_eq!(after.tools, tools(&["search", "paint"]));
    let (same, blocks) = shelf.the_agent();
    assert_eq!(
        (same, &*blocks["persona"]),
        (id, "I guard \"Harbor\"."),
        "it is the agent's own"
    );

    world.wait(DAY).await;
    world.run_well().await;
    assert!(
        !shelf.calls().contains_key(&Call::Reshape),
        "nothing is new"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_person_gave_one_agent_by_hand_stays() {
    let (world, shelf, _) = project().await;
    shelf.be_like(template("a/one", &["search", "mail"]));
    world.run_well().await;
    shelf.make_it(|traits| {
        traits.model = Some("a/mine".into());
        traits.tools = tools(&["search", "paint"]);
    });
    let by_hand = shelf.traits();
    world.wait(DAY).await;
    world.run_well().await;
    assert_eq!(shelf.traits(), by_hand);
    shelf.be_like(template("a/one", &["mail", "call"]));
    world.wait(DAY).await;
    world.run_well().await;
    let after = shelf.traits();
    assert_eq!(
        after.model.as_deref(),
        Some("a/mine"),
        "the template said nothing new of it"
    );
    assert_eq!(after.tools, tools(&["paint", "call"]));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_somebody_else_made_is_told_and_stays_what_it_is() {
    let (world, shelf, _) = project().await;
    world.run_well().await;
    let (ours, _) = shelf.the_agent();
    shelf.put(&ours, false);
    shelf.delete(&ours);
    shelf.be_like(template("a/two", &["paint"]));
    let before = shelf.traits();
    for _ in 0..2 {
        world.wait(DAY).await;
        world.run_well().await;
    }
    assert_eq!(shelf.traits(), before);
}

#[tokio::test(start_paused = true)]
async fn a_template_that_cannot_be_read_keeps_no_block_back_and_is_tried_again() {
    let (world, shelf, issues) = project().await;
    world.run_well().await;
    shelf.be_like(template("a/two", &[]));
    shelf.mishaps(Call::Pattern, [Mishap::Fails(Kind::Rejected)]);
    world.wait(DAY).await;
    world.move_issue(&issues[0], "Done");
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    let (_, blocks) = shelf.the_agent();
    assert!(
        blocks["board_metrics"].contains("Done (done): 1"),
        "{blocks:#?}"
    );
    world.run_well().await;
    assert_eq!(shelf.traits().model.as_deref(), Some("a/two"));
    shelf.calls();
    assert!(world.run_well().await.informed.is_quiet());
}

fn labels(of: &Shelf) -> Vec<String> {
    let orphans = of.orphans().into_iter();
    orphans
        .map(|id| id.split_once('/').unwrap().1.to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_deleted_agent_leaves_behind_is_removed_but_what_it_wrote_itself() {
    for again in [true, false] {
        let (mut world, shelf, issues) = project().await;
        let settings = InformSettings {
            again,
            ..settings()
        };
        tell(&mut world, &shelf, settings);
        world.run_well().await;
        let (id, _) = shelf.the_agent();
        shelf.edit(&id, "scratchpad", "My notes.");
        shelf.delete(&id);
        assert_eq!(shelf.orphans().len(), 9);
        world.move_issue(&issues[0], "Done");
        // what fails is tried again with the next pass, and fails nothing else
        shelf.mishaps(Call::Clear, [Mishap::Fails(Kind::Transient)]);
        world.run_well().await;
        assert_eq!(shelf.agents().len(), usize::from(again));
        assert_eq!(labels(&shelf).len(), 2, "{:?}", shelf.orphans());
        world.move_issue(&issues[1], "Done");
        world.wait(DAY).await;
        world.run_well().await;
        if again {
            assert_eq!(labels(&shelf), ["scratchpad"]);
        }
        shelf.calls();
        world.wait(DAY).await;
        world.run_well().await;
        assert!(!shelf.calls().contains_key(&Call::Clear), "{again}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_while_it_clears_up_leaves_nothing_behind_in_the_end() {
    for polls in (0..400).step_by(23) {
        let (world, shelf, issues) = project().await;
        world.run_well().await;
        let (id, _) = shelf.the_agent();
        shelf.delete(&id);
        world.move_issue(&issues[0], "Done");
        world.run_killed_after(polls).await;
        world.wait(LATE * 3).await;
        for _ in 0..3 {
            world.run().await;
            world.wait(LATE).await;
        }
        world.wait(DAY).await;
        world.run_well().await;
        shelf.the_agent();
        assert_eq!(shelf.orphans(), Vec::<String>::new(), "{polls}");
    }
}
