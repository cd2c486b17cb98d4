//! Fields that a side showed nothing of: no value, no change, never written over.

use std::sync::Arc;

use sync_core::{
    Side,
    item::{Field, FieldSet, Item, TextVersion},
    link::{How, adopt},
    plan,
};

use crate::support::{compact::compact, item, lenses, link, rules};

/// An item whose description was answered as empty because it could not be read.
fn unread(side: Side, short: &str) -> Item {
    let mut read = item(side, short);
    read.values.description = TextVersion::default();
    read.text = Some("".into());
    read.unseen = FieldSet::of(&[Field::Description]);
    read
}

#[test]
fn a_field_that_was_not_read_is_no_change() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, texts) = link(&rules, "A|x|t", "A|x|todo");
    let mut huly = unread(Side::Huly, "A|x|t");
    huly.fill(&row.base.huly);
    assert_eq!((&huly.values, &huly.text), (&row.base.huly, &None));
    let vibe = item(Side::Vibe, "A|x|todo");
    let now = sync_core::Pair {
        huly: sync_core::item::Observation::Present(Box::new(huly)),
        vibe: sync_core::item::Observation::Present(Box::new(vibe)),
    };
    let input = plan::LinkInput {
        link: &row,
        now: now.as_ref(),
        base_texts: texts,
    };
    assert!(plan::link(&rules, &input).actions.is_empty());
}

#[test]
fn an_owed_description_stays_as_it_was_read() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (mut row, _) = link(&rules, "A|x|t", "A|x|todo");
    let none = TextVersion::default();
    row.base.huly.description = TextVersion::owed(&none, None, &none);
    let mut huly = unread(Side::Huly, "A|x|t");
    huly.fill(&row.base.huly);
    assert_eq!(huly.values.description, none);
    assert_eq!(huly.text, Some(Arc::from("")));
}

#[test]
fn row_18_a_pair_is_adopted_without_the_field_that_was_not_read() {
    let lenses = lenses();
    let rules = rules(&lenses);
    let (row, plan) = adopt(
        &rules,
        &unread(Side::Huly, "A|x|t"),
        &item(Side::Vibe, "A|y|todo"),
        How::Title,
    );
    assert!(!row.rebuilt);
    assert_eq!(compact(&plan), "agree title+status whole");
}
