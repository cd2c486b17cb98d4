//! Settling what is taken away, what only the store sees, and base texts.

use super::title_update;
use sync_core::{
    Pair, Side,
    ids::{Generation, RulesVersion},
    item::{Field, Item, Observation, Value},
    link::Phase,
    plan::{self, Action, Change, Forget, LinkInput, Notice, PhaseChange, Relink, Why},
    rules::Deletion,
};

use super::{LATER, caps, is_update, planned, present};
use crate::support::{capabilities, item, lenses, link, rules};

#[test]
fn the_identifier_comes_from_hulys_answer() {
    let lenses = lenses();
    let (row, action) = planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(
            present(Side::Huly, "A|x|t"),
            present(Side::Vibe, "B|x|todo"),
        ),
        is_update,
    );
    let answer = Item {
        label: Some("P-9".into()),
        ..item(Side::Huly, "B|x|t")
    };
    let next = plan::settle(
        &row,
        &action,
        Some(&answer),
        &capabilities(Side::Huly),
        LATER,
    );
    assert_eq!(next.label.as_deref(), Some("P-9"));
}

#[test]
fn a_cancel_makes_a_tombstone_and_drops_what_is_gone() {
    let lenses = lenses();
    let is_cancel = |action: &Action| matches!(action, Action::Cancel(_));
    let (row, action) = planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(Observation::Gone, present(Side::Vibe, "A|x|todo")),
        is_cancel,
    );
    let once = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "A|x|cancelled")),
        &caps(),
        LATER,
    );
    assert_eq!(
        (once.phase, once.items.huly.clone()),
        (Phase::Tombstone, None)
    );
    assert_eq!(once.base.vibe.status, Some("cancelled".into()));
    assert_eq!(
        plan::settle(
            &once,
            &action,
            Some(&item(Side::Vibe, "A|x|cancelled")),
            &caps(),
            LATER
        ),
        once
    );
}

#[test]
fn after_a_mirrored_removal_the_link_is_over() {
    let lenses = lenses();
    let mut rules = rules(&lenses);
    rules.deletion = Deletion::Mirror;
    let is_remove = |action: &Action| matches!(action, Action::Remove(_));
    let (row, action) = planned(
        &rules,
        ("A|x|t", "A|x|todo"),
        &(Observation::Gone, present(Side::Vibe, "A|x|todo")),
        is_remove,
    );
    assert!(plan::settle(&row, &action, None, &caps(), LATER).is_over());
    // another task of ours being removed says nothing about the link
    let twin = sync_core::link::remove_twin(row.id, &item(Side::Vibe, "A|x|todo"))
        .actions
        .remove(0);
    assert_eq!(plan::settle(&row, &twin, None, &caps(), LATER), row);
}

#[test]
fn store_only_entries_move_the_row() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, _) = link(&rules, "A|x|t", "A|x|todo");
    let settled = |action: Action| plan::settle(&row, &action, None, &caps(), LATER);
    let asleep = settled(Action::Phase(PhaseChange {
        to: Phase::Asleep,
        reason: "filtered".into(),
        gone: None,
    }));
    assert_eq!(
        (asleep.phase, asleep.items.clone()),
        (Phase::Asleep, row.items.clone())
    );
    let left = settled(Action::Phase(PhaseChange {
        to: Phase::Tombstone,
        reason: "ignored".into(),
        gone: Some(Side::Huly),
    }));
    assert_eq!((left.phase, left.items.huly), (Phase::Tombstone, None));
    let relinked = settled(Action::Relink(Relink {
        side: Side::Vibe,
        to: "t9".into(),
        generation: Some(Generation(3)),
    }));
    assert_eq!(relinked.items.vibe, Some("t9".into()));
    assert_eq!(relinked.generation.vibe, Generation(3));
    assert_eq!(
        settled(Action::Notice(Notice {
            code: "X".into(),
            message: "said".into()
        })),
        row
    );
    assert_eq!(
        settled(Action::Forget(Forget {
            reason: "gone".into()
        })),
        row
    );
}

#[test]
fn a_frozen_conflict_freezes_the_field_and_another_does_not() {
    let lenses = lenses();
    for (policy, frozen) in [
        (sync_core::rules::Policy::Manual, true),
        (sync_core::rules::Policy::Huly, false),
    ] {
        let mut rules = rules(&lenses);
        rules.policies.title = policy;
        let is_conflict = |action: &Action| matches!(action, Action::Conflict(_));
        let (row, action) = planned(
            &rules,
            ("A|x|t", "A|x|todo"),
            &(
                present(Side::Huly, "B|x|t"),
                present(Side::Vibe, "C|x|todo"),
            ),
            is_conflict,
        );
        assert_eq!(
            plan::settle(&row, &action, None, &caps(), LATER)
                .frozen
                .contains(Field::Title),
            frozen
        );
    }
}

#[test]
fn whole_agreement_clears_the_mark_and_remembers_the_rules() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut row, texts) = link(&rules, "A|x|t", "A|x|todo");
    (row.rebuilt, row.rules) = (true, RulesVersion(1));
    let (huly, vibe) = (
        present(Side::Huly, "A|x|t"),
        present(Side::Vibe, "A|x|todo"),
    );
    let input = LinkInput {
        link: &row,
        now: Pair {
            huly: &huly,
            vibe: &vibe,
        },
        base_texts: texts,
    };
    let action = plan::link(&rules, &input).actions.remove(0);
    let next = plan::settle(&row, &action, None, &caps(), LATER);
    assert_eq!((next.rebuilt, next.rules), (false, rules.version));
}

#[test]
fn base_texts_of_a_write_are_its_answer_and_what_stood_on_the_other_side() {
    let (row, mut action) = title_update();
    assert_eq!(
        plan::base_texts(&row, &action, None, Some("x".into())),
        Pair::default(),
        "a title brings no text"
    );
    let Action::Update(update) = &mut action else {
        panic!()
    };
    let change = |why| Change {
        field: Field::Description,
        from: Value::Text("x".into()),
        to: Value::Text("y".into()),
        why,
    };
    update.set = vec![change(Why::Edit)];
    let answer = Item {
        text: Some("y ".into()),
        ..item(Side::Vibe, "A|y |todo")
    };
    let texts = plan::base_texts(&row, &action, Some(&answer), Some("Y".into()));
    assert_eq!(
        texts,
        Pair {
            huly: Some("Y".into()),
            vibe: Some("y ".into())
        }
    );
    let untaken = item(Side::Vibe, "A|x|todo");
    assert_eq!(
        plan::base_texts(&row, &action, Some(&untaken), Some("Y".into())),
        Pair::default()
    );
    let Action::Update(update) = &mut action else {
        panic!()
    };
    update.set = vec![change(Why::Resend)];
    assert_eq!(
        plan::base_texts(&row, &action, None, Some("Y".into())),
        Pair {
            huly: None,
            vibe: Some("y".into())
        }
    );
}

#[test]
fn the_second_half_of_a_merge_does_not_bring_the_first_ones_old_text_back() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, texts) = link(&rules, "A|a/b/c|t", "A|a/b/c|todo");
    let (huly, vibe) = (
        present(Side::Huly, "A|X/b/c|t"),
        present(Side::Vibe, "A|a/b/Y|todo"),
    );
    let input = LinkInput {
        link: &row,
        now: Pair {
            huly: &huly,
            vibe: &vibe,
        },
        base_texts: texts,
    };
    let updates: Vec<Action> = plan::link(&rules, &input)
        .actions
        .into_iter()
        .filter(is_update)
        .collect();
    let [to_huly, to_vibe] = &updates[..] else {
        panic!("{updates:?}")
    };
    let half = plan::settle(
        &row,
        to_huly,
        Some(&item(Side::Huly, "A|X/b/Y|t")),
        &caps(),
        LATER,
    );
    assert!(
        half.base.vibe.description.is_owed(),
        "Vibe is still to be written"
    );
    let whole = plan::settle(
        &half,
        to_vibe,
        Some(&item(Side::Vibe, "A|X/b/Y|todo")),
        &caps(),
        LATER,
    );
    assert_eq!(
        whole.base.huly.description,
        item(Side::Huly, "A|X/b/Y|t").values.description
    );
    assert_eq!(
        plan::base_texts(&half, to_vibe, None, Some("X\nb\nc".into())).huly,
        None
    );
}
