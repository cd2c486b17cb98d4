//! Settle: the row after an action was confirmed (design 4.2), by example. The laws are in `laws`.

use sync_core::{
    Pair, Side,
    ids::{Generation, Millis, RulesVersion},
    item::{Field, FieldSet, Item, Observation, TextVersion, Value},
    link::{Link, Phase},
    plan::{self, Action, Change, Forget, LinkInput, Notice, PhaseChange, Relink, Why},
    rules::{Capabilities, Deletion, Rules},
};

use crate::support::{NOW, capabilities, item, lenses, link, rules};

const LATER: Millis = Millis(NOW.0 + 5_000);

fn caps() -> Capabilities {
    capabilities(Side::Vibe)
}

fn present(side: Side, short: &str) -> Observation {
    Observation::Present(Box::new(item(side, short)))
}

/// The row before, and the first action of a kind that the plan of these observations has.
fn planned(
    rules: &Rules<'_>,
    base: (&str, &str),
    now: &(Observation, Observation),
    is: impl Fn(&Action) -> bool,
) -> (Link, Action) {
    let (row, texts) = link(rules, base.0, base.1);
    let input = LinkInput {
        link: &row,
        now: Pair {
            huly: &now.0,
            vibe: &now.1,
        },
        base_texts: texts,
    };
    let plan = plan::link(rules, &input);
    let action = plan
        .actions
        .iter()
        .find(|action| is(action))
        .unwrap_or_else(|| panic!("{plan:?}"))
        .clone();
    (row, action)
}

fn is_update(action: &Action) -> bool {
    matches!(action, Action::Update(_))
}

fn is_create(action: &Action) -> bool {
    matches!(action, Action::Create(_))
}

fn title_update() -> (Link, Action) {
    let lenses = lenses();
    planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(
            present(Side::Huly, "B|x|t"),
            present(Side::Vibe, "A|x|todo"),
        ),
        is_update,
    )
}

#[test]
fn the_base_of_a_written_field_is_the_answer_and_of_its_source_what_was_planned_on() {
    let (row, action) = title_update();
    let answer = item(Side::Vibe, "B |x|inprogress");
    let next = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        (&*next.base.vibe.title, &*next.base.huly.title),
        ("B ", "B")
    );
    assert_eq!(
        next.base.vibe.status, row.base.vibe.status,
        "a field that was not written keeps its base"
    );
    assert_eq!(next.version, row.version + 1);
    let write = next.last_write.vibe.unwrap();
    assert_eq!(
        (write.at, write.fields, &*write.before.title),
        (LATER, FieldSet::of(&[Field::Title]), "A")
    );
}

#[test]
fn without_an_answer_what_was_sent_counts() {
    let (row, action) = title_update();
    let next = plan::settle(&row, &action, None, &caps(), LATER);
    assert_eq!(&*next.base.vibe.title, "B");
}

#[test]
fn settled_again_later_the_row_stands() {
    let (row, action) = title_update();
    let answer = item(Side::Vibe, "B|x|todo");
    let once = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        plan::settle(&once, &action, Some(&answer), &caps(), Millis(LATER.0 + 1)),
        once
    );
}

#[test]
fn a_field_that_the_service_did_not_take_keeps_its_base() {
    let lenses = lenses();
    let (row, action) = planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(
            present(Side::Huly, "B|x|d"),
            present(Side::Vibe, "A|x|todo"),
        ),
        is_update,
    );
    let answer = item(Side::Vibe, "B|x|todo");
    let next = plan::settle(&row, &action, Some(&answer), &caps(), LATER);
    assert_eq!(
        (&*next.base.huly.title, next.base.huly.status.clone()),
        ("B", Some("t".into())),
        "the status is planned again"
    );
    let nothing = item(Side::Vibe, "A|x|todo");
    assert_eq!(
        plan::settle(&row, &action, Some(&nothing), &caps(), LATER),
        row
    );
}

#[test]
fn a_later_write_keeps_what_stood_before_an_earlier_one() {
    let (row, action) = title_update();
    let titled = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "B|x|todo")),
        &caps(),
        LATER,
    );
    let Action::Update(mut update) = action else {
        panic!()
    };
    update.set = vec![Change {
        field: Field::Status,
        from: Value::Status("todo".into()),
        to: Value::Status("done".into()),
        why: Why::Edit,
    }];
    update.expected = item(Side::Vibe, "B|x|todo").values;
    let next = plan::settle(
        &titled,
        &Action::Update(update),
        Some(&item(Side::Vibe, "B|x|done")),
        &caps(),
        Millis(LATER.0 + 9),
    );
    let write = next.last_write.vibe.unwrap();
    assert_eq!(
        (write.fields, &*write.before.title),
        (FieldSet::of(&[Field::Title, Field::Status]), "A")
    );
    assert_eq!(write.before.status, Some("todo".into()));
}

#[test]
fn what_is_sent_again_is_counted_once_a_time() {
    let (row, action) = title_update();
    let mut row = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "B|x|todo")),
        &caps(),
        NOW,
    );
    let Action::Update(mut update) = action else {
        panic!()
    };
    update.set[0].why = Why::Resend;
    let again = Action::Update(update);
    for times in 1..=3 {
        let now = Millis(NOW.0 + times * 1_000);
        row = plan::settle(
            &row,
            &again,
            Some(&item(Side::Vibe, "B|x|todo")),
            &caps(),
            now,
        );
        assert_eq!(
            i64::from(row.last_write.vibe.as_ref().unwrap().resent),
            times
        );
        assert_eq!(
            plan::settle(
                &row,
                &again,
                Some(&item(Side::Vibe, "B|x|todo")),
                &caps(),
                now
            ),
            row,
            "once a time"
        );
    }
}

fn created(status_at_create: bool) -> (Link, Action, Capabilities) {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = sync_core::link::create(&rules, &item(Side::Huly, "A|x|d"), Side::Huly);
    let action = plan.actions.into_iter().find(is_create).unwrap();
    (
        row,
        action,
        Capabilities {
            status_at_create,
            ..caps()
        },
    )
}

#[test]
fn a_create_gives_the_link_its_item_and_both_bases() {
    let (row, action, caps) = created(true);
    let answer = Item {
        label: None,
        ..item(Side::Vibe, "A|x|inprogress")
    };
    let next = plan::settle(&row, &action, Some(&answer), &caps, LATER);
    assert_eq!(
        (next.items.vibe, next.generation.vibe),
        (Some("t1".into()), Generation::FIRST)
    );
    assert_eq!(
        (next.base.vibe.status, next.base.huly.status),
        (Some("inprogress".into()), Some("d".into()))
    );
    assert_eq!(next.last_write.vibe, None);
}

#[test]
fn a_status_that_was_not_taken_at_create_has_no_base() {
    let (row, action, caps) = created(false);
    let next = plan::settle(
        &row,
        &action,
        Some(&item(Side::Vibe, "A|x|todo")),
        &caps,
        LATER,
    );
    assert_eq!(next.base.vibe.status, None);
    assert_eq!(
        next.last_write.vibe.unwrap().before.status,
        Some("todo".into()),
        "the service's own choice is remembered"
    );
}

#[test]
fn a_create_found_later_has_what_was_sent_as_its_base() {
    let (row, action, caps) = created(true);
    let found = item(Side::Vibe, "Edited|y|done");
    let next = plan::settle_found(&row, &action, &found, &caps, LATER);
    assert_eq!(
        (&*next.base.vibe.title, next.base.vibe.status.clone()),
        ("A", Some("inprogress".into()))
    );
    assert_eq!(next.base.vibe.description, TextVersion::of_text("x"));
    assert_eq!(
        plan::settle_found(&next, &action, &found, &caps, LATER),
        next
    );
    let whole = plan::settle_found(
        &row,
        &action,
        &item(Side::Vibe, "A|x|inprogress"),
        &caps,
        LATER,
    );
    assert_eq!(whole.base.vibe, item(Side::Vibe, "A|x|inprogress").values);
}

#[test]
fn a_create_without_an_answer_counts_only_where_its_id_is_known() {
    let (row, action, caps) = created(true);
    assert_eq!(plan::settle(&row, &action, None, &caps, LATER), row);
    let client_ids = Capabilities {
        client_ids: true,
        ..caps
    };
    let Action::Create(create) = &action else {
        panic!()
    };
    let next = plan::settle(&row, &action, None, &client_ids, LATER);
    assert_eq!(next.items.vibe, Some(create.key.document_id()));
}

#[test]
fn an_item_that_is_made_again_frees_what_was_frozen() {
    let lenses = lenses();
    let (mut row, action) = planned(
        &rules(&lenses),
        ("A|x|t", "A|x|todo"),
        &(Observation::Gone, present(Side::Vibe, "B|x|todo")),
        is_create,
    );
    row.frozen.insert(Field::Status);
    let next = plan::settle(
        &row,
        &action,
        Some(&item(Side::Huly, "B|x|t")),
        &capabilities(Side::Huly),
        LATER,
    );
    assert_eq!(
        (next.frozen, next.generation.huly),
        (FieldSet::EMPTY, Generation(2))
    );
}

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
    }));
    assert_eq!(relinked.items.vibe, Some("t9".into()));
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
