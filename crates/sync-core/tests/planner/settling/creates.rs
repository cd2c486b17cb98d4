//! Settling a create.

use sync_core::{
    Side,
    ids::Generation,
    item::{Field, FieldSet, Item, Observation, TextVersion},
    link::Link,
    plan::{self, Action},
    rules::Capabilities,
};

use super::{LATER, caps, is_create, planned, present};
use crate::support::{capabilities, item, lenses, rules};

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
