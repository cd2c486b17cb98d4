//! From a link's making to its end: creates, adoptions, deletions, lost stores, new maps.

use sync_core::{
    Pair, Side,
    ids::RulesVersion,
    item::{Field, Value},
    lens::{Lenses, StatusNames},
    link::{How, Phase},
    rules::{Deletion, Policy},
};

use super::{assert_boards, boards, cards, later, run, world};
use crate::support::{
    lens, lenses, rules,
    world::{Card, Fate, World},
};

#[test]
fn a_service_that_ignores_the_status_at_create_resets_no_board() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    rules.capabilities.vibe.status_at_create = false;
    let huly = Card::new(Side::Huly, "Dock", "x", "w");
    let mut world = World::new(
        Pair {
            huly: Some(huly),
            vibe: None,
        },
        rules.now,
    );
    world.ignores_status = true;
    world.create(&rules, Side::Huly, &mut Fate::default);
    assert_boards(&world, "Dock|x|w", "Dock|x|todo");
    run(&mut world, &rules);
    assert_boards(&world, "Dock|x|w", "Dock|x|done");
    assert!(world.plan(&rules).actions.is_empty());
}

#[test]
fn a_move_right_after_the_first_sync_is_not_reverted() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    rules.capabilities.vibe.status_at_create = false;
    let huly = Card::new(Side::Huly, "Dock", "x", "d");
    let mut world = World::new(
        Pair {
            huly: Some(huly),
            vibe: None,
        },
        rules.now,
    );
    world.ignores_status = true;
    world.create(&rules, Side::Huly, &mut Fate::default);
    world.card_mut(Side::Vibe).status = "done".into();
    run(&mut world, &rules);
    assert_boards(&world, "Dock|x|w", "Dock|x|done");
}

#[test]
fn a_create_whose_answer_was_lost_sees_an_edit_made_before_it_was_found() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let huly = Card::new(Side::Huly, "Dock", "x", "t");
    let mut world = World::new(
        Pair {
            huly: Some(huly),
            vibe: None,
        },
        rules.now,
    );
    world.create(&rules, Side::Huly, &mut || Fate::Found);
    world.card_mut(Side::Vibe).title = "Edited".into();
    run(&mut world, &rules);
    assert_eq!(&*world.card(Side::Huly).title, "Edited");
}

#[test]
fn pairs_that_differ_are_adopted_without_an_exchange_of_values() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let pair = Pair {
        huly: Some(Card::new(Side::Huly, "Dock", "x", "w")),
        vibe: Some(Card::new(Side::Vibe, "dock", "y", "todo")),
    };
    let mut world = World::new(pair, rules.now);
    world.adopt(&rules, How::Predecessor, &mut Fate::default);
    assert_boards(&world, "Dock|x|w", "Dock|x|done");
    assert_eq!(world.conflicts.len(), 3);
    assert!(world.plan(&rules).actions.is_empty());
}

#[test]
fn an_adoption_whose_write_failed_is_finished_by_the_next_run() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let pair = Pair {
        huly: Some(Card::new(Side::Huly, "Dock", "x", "w")),
        vibe: Some(Card::new(Side::Vibe, "dock", "y", "todo")),
    };
    let mut world = World::new(pair, rules.now);
    world.adopt(&rules, How::Title, &mut || Fate::Failed);
    assert_boards(&world, "Dock|x|w", "dock|y|todo");
    run(&mut world, &rules);
    assert_boards(&world, "Dock|x|w", "Dock|x|done");
    assert_eq!(world.conflicts.len(), 3, "kept once");
}

#[test]
fn what_is_deleted_stays_deleted_and_what_is_cancelled_stays_cancelled() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    world.cards.huly = None;
    for _ in 0..3 {
        run(&mut world, &rules);
        later(&mut world);
    }
    assert_eq!(world.card(Side::Vibe).status, "cancelled".into());
    assert_eq!((world.writes, world.cards.huly.is_none()), (1, true));
    world.card_mut(Side::Vibe).title = "Edited later".into();
    run(&mut world, &rules);
    assert!(
        world.cards.huly.is_none(),
        "a tombstone makes no counterpart"
    );
    world.cards.vibe = None;
    run(&mut world, &rules);
    assert!(world.link.is_none());
}

#[test]
fn an_item_edited_after_its_counterpart_was_deleted_is_made_again_and_goes_on() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    rules.deletion = Deletion::Mirror;
    rules.policies.title = Policy::Vibe;
    let mut world = world(&rules);
    world.cards.huly = None;
    world.card_mut(Side::Vibe).title = "Still wanted".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Still wanted|one/two/three|t",
        "Still wanted|one/two/three|todo",
    );
    world.card_mut(Side::Huly).status = "w".into();
    run(&mut world, &rules);
    assert_eq!(world.card(Side::Vibe).status, "done".into());
    assert_eq!(world.link.as_ref().unwrap().phase, Phase::Active);
}

#[test]
fn an_old_copy_of_the_store_overwrites_nothing_unseen() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let mut world = world(&rules);
    let old = (world.link.clone(), world.texts.clone());
    world.card_mut(Side::Huly).title = "Second".into();
    run(&mut world, &rules);
    world.card_mut(Side::Vibe).title = "Dock".into();
    (world.link, world.texts) = old;
    world.link.as_mut().unwrap().rebuilt = true;
    later(&mut world);
    run(&mut world, &rules);
    assert_eq!(boards(&world).0, boards(&world).0.replace("Dock", "Second"));
    assert!(world.keeps(Side::Vibe, Field::Title, &Value::Text("Dock".into())));
    run(&mut world, &rules);
    assert!(!world.link.as_ref().unwrap().rebuilt);
}

#[test]
fn a_new_map_rewrites_vibes_statuses_once_and_never_hulys() {
    let old = lenses();
    let rules_before = rules(&old);
    let mut world = World::linked(&rules_before, cards("Dock", "", "d", "inprogress"));
    run(&mut world, &rules_before);
    let mut names = StatusNames::default();
    names
        .to_vibe
        .insert("Doing".to_owned(), "inreview".to_owned());
    let new = Lenses {
        default: lens(&names),
        ..Lenses::default()
    };
    let mut rules = rules(&new);
    rules.version = RulesVersion(8);
    run(&mut world, &rules);
    assert_boards(&world, "Dock||d", "Dock||inreview");
    assert_eq!(world.link.as_ref().unwrap().rules, RulesVersion(8));
    assert!(world.plan(&rules).actions.is_empty());
}

#[test]
fn swapped_titles_are_two_renames() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut one, mut two) = (world(&rules), world(&rules));
    two.card_mut(Side::Huly).title = "Quay".into();
    run(&mut two, &rules);
    one.card_mut(Side::Huly).title = "Quay".into();
    two.card_mut(Side::Huly).title = "Dock".into();
    run(&mut one, &rules);
    run(&mut two, &rules);
    assert_eq!(&*one.card(Side::Vibe).title, "Quay");
    assert_eq!(&*two.card(Side::Vibe).title, "Dock");
}

#[test]
fn a_frozen_field_rests_while_the_others_go_on() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    rules.policies.title = Policy::Manual;
    let mut world = world(&rules);
    world.card_mut(Side::Huly).title = "Huly's".into();
    world.card_mut(Side::Vibe).title = "Vibe's".into();
    run(&mut world, &rules);
    world.card_mut(Side::Huly).status = "w".into();
    run(&mut world, &rules);
    assert_boards(
        &world,
        "Huly's|one/two/three|w",
        "Vibe's|one/two/three|done",
    );
    assert_eq!(world.conflicts.len(), 1, "told once");
}
