//! Histories that users of such syncs have suffered, each told once: edits, runs and faults on the model of both sides.

mod lifetimes;

use sync_core::{
    Pair, Side,
    ids::Millis,
    item::{Field, Value},
    plan::ConflictCause,
    rules::Rules,
};

use crate::support::{
    WINDOW, lenses, rules,
    world::{Card, Fate, World},
};

fn cards(title: &str, text: &str, huly: &str, vibe: &str) -> Pair<Card> {
    Pair {
        huly: Card::new(Side::Huly, title, text, huly),
        vibe: Card::new(Side::Vibe, title, text, vibe),
    }
}

fn world(rules: &Rules<'_>) -> World {
    World::linked(rules, cards("Dock", "one\ntwo\nthree", "t", "todo"))
}

fn run(world: &mut World, rules: &Rules<'_>) {
    world.run(rules, Fate::default);
}

/// Both sides as `title|text|status`.
fn boards(world: &World) -> (String, String) {
    let card = |side: Side| {
        let card = world.card(side);
        format!(
            "{}|{}|{}",
            card.title,
            card.text.replace('\n', "/"),
            card.status
        )
    };
    (card(Side::Huly), card(Side::Vibe))
}

fn assert_boards(world: &World, huly: &str, vibe: &str) {
    assert_eq!(boards(world), (huly.to_owned(), vibe.to_owned()));
}

fn later(world: &mut World) {
    world.now = Millis(world.now.0 + WINDOW.0 + 1);
}

#[test]
fn an_edit_between_any_two_runs_arrives_in_one_run_from_either_side() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "Dock A".into();
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Vibe).title, "Dock A");
    world.card_mut(Side::Vibe).text = "one\ntwo\nthree\nfour".into();
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Huly).text, "one\ntwo\nthree\nfour");
    world.card_mut(Side::Vibe).status = "done".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Dock A|one/two/three/four|w",
        "Dock A|one/two/three/four|done",
    );
    assert!(world.conflicts.is_empty());
}

#[test]
fn row_17_edits_of_different_fields_on_both_sides_both_arrive() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "Harbour dock".into();
    world.card_mut(Side::Vibe).status = "inprogress".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Harbour dock|one/two/three|d",
        "Harbour dock|one/two/three|inprogress",
    );
    assert!(world.conflicts.is_empty());
}

#[test]
fn edits_of_different_lines_are_one_text_after_one_run() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).text = "ONE\ntwo\nthree".into();
    world.card_mut(Side::Vibe).text = "one\ntwo\nthree\nfour".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Dock|ONE/two/three/four|t",
        "Dock|ONE/two/three/four|todo",
    );
    assert!(world.plan(&rules).actions.is_empty());
}

#[test]
fn half_a_merge_is_finished_by_the_next_run_whichever_half_failed() {
    let lenses = lenses();
    let rules = rules(&lenses);
    for fates in [[Fate::Failed, Fate::Done], [Fate::Done, Fate::Failed]] {
        let mut world = world(&rules);
        world.card_mut(Side::Huly).text = "ONE\ntwo\nthree".into();
        world.card_mut(Side::Vibe).text = "one\ntwo\nthree\nfour".into();
        let mut fates = fates.into_iter();
        world.run(&rules, || fates.next().unwrap_or_default());
        run(&mut world, &rules);
        assert_boards(
            &world,
            "Dock|ONE/two/three/four|t",
            "Dock|ONE/two/three/four|todo",
        );
        assert!(world.plan(&rules).actions.is_empty());
    }
}

#[test]
fn half_a_merge_and_an_edit_meanwhile_are_both_kept() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).text = "ONE\ntwo\nthree".into();
    world.card_mut(Side::Vibe).text = "one\ntwo\nthree\nfour".into();
    let mut fates = [Fate::Done, Fate::Failed].into_iter();
    world.run(&rules, || fates.next().unwrap_or_default());
    world.card_mut(Side::Vibe).text = "one\ntwo\nthree\nfour\nfive".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Dock|ONE/two/three/four/five|t",
        "Dock|ONE/two/three/four/five|todo",
    );
}

#[test]
fn a_real_conflict_is_hulys_and_the_other_value_is_kept_whole() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "Huly's".into();
    world.card_mut(Side::Vibe).title = "Vibe's".into();
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Vibe).title, "Huly's");
    assert!(world.keeps(Side::Vibe, Field::Title, &Value::Text("Vibe's".into())));
}

#[test]
fn a_backlog_is_not_rewritten_and_a_review_does_not_swing() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = World::linked(&rules, cards("Dock", "", "b", "todo"));
    run(&mut world, &rules);
    assert_eq!(world.writes, 0);
    world.card_mut(Side::Vibe).status = "inreview".into();
    for _ in 0..3 {
        run(&mut world, &rules);
        later(&mut world);
    }
    assert_boards(&world, "Dock||d", "Dock||inreview");
    assert_eq!(world.writes, 1);
}

#[test]
fn a_failed_write_is_not_recorded_as_done_and_is_not_undone_from_the_other_side() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "New".into();
    for _ in 0..3 {
        world.run(&rules, || Fate::Failed);
        later(&mut world);
        assert_eq!(&*world.card(Side::Huly).title, "New");
    }
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Vibe).title, "New");
}

#[test]
fn a_write_that_a_racing_one_undid_is_sent_again() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "New".into();
    world.run(&rules, || Fate::Undone);
    assert_eq!(&*world.card(Side::Vibe).title, "Dock", "undone");
    world.now = Millis(world.now.0 + 1_000);
    run(&mut world, &rules);
    assert_boards(&world, "New|one/two/three|t", "New|one/two/three|todo");
}

#[test]
fn a_write_that_is_undone_for_ever_ends_with_a_person_and_not_with_a_fight() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "New".into();
    for _ in 0..10 {
        world.run(&rules, || Fate::Undone);
        world.now = Millis(world.now.0 + 1_000);
    }
    assert_eq!(world.writes, 4, "the write and three more");
    let last = world.conflicts.last().unwrap();
    assert_eq!((last.cause, last.frozen), (ConflictCause::LostWrite, true));
    assert_eq!(&*world.card(Side::Huly).title, "New");
}

#[test]
fn a_person_who_goes_back_to_the_old_value_after_the_window_is_followed() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "New".into();
    run(&mut world, &rules);
    later(&mut world);
    world.card_mut(Side::Vibe).title = "Dock".into();
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Huly).title, "Dock");
}
