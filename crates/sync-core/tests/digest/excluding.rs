//! What is excluded leaves nothing, and is not looked at.

use std::{collections::HashSet, sync::Arc};

use proptest::prelude::*;
use sync_core::{
    digest::{Digest, DigestItem, DigestOptions, Exclude, Form, Label, Limits, blocks},
    ids::{LinkId, Millis},
    item::{Field, FieldSet, Priority},
    link::fold,
};

use crate::{
    generated::{SECRET, digest, exclude},
    harbour::{item, link, project},
};

/// Part of no text that the generator makes, nor of any that hvs has.
const CANARY: &str = "kanarienvogel";

fn options(form: Form, exclude: Exclude) -> DigestOptions {
    DigestOptions {
        form,
        limits: Limits::all(50_000),
        entries: 100,
        exclude,
    }
}

fn values(digest: &Digest, options: &DigestOptions) -> Vec<String> {
    blocks(digest, options)
        .into_iter()
        .map(|block| block.value)
        .collect()
}

fn is_secret(item: &DigestItem) -> bool {
    item.labels.iter().any(|label| fold(label) == fold(SECRET))
}

/// The digest with other words wherever `exclude` forbids to look.
fn masked(digest: &Digest, exclude: &Exclude, word: &str) -> Digest {
    let mut digest = digest.clone();
    let word: Arc<str> = word.into();
    let hides = !exclude.labels.is_empty();
    let off = |field| exclude.fields.contains(field);
    let secret: HashSet<LinkId> = digest
        .items
        .iter()
        .filter(|item| hides && is_secret(item))
        .map(|item| item.link)
        .collect();
    let known: HashSet<LinkId> = digest.items.iter().map(|item| item.link).collect();
    for item in &mut digest.items {
        mask_item(item, exclude, secret.contains(&item.link), &word);
    }
    let is_free = |link: LinkId| !known.contains(&link) && !hides && !off(Field::Title);
    for change in &mut digest.changes {
        let is_told = change.field.is_some_and(|field| {
            field != Field::Description
                && !off(field)
                && !(hides && matches!(field, Field::Labels | Field::Parent))
        });
        if !is_told || secret.contains(&change.link) {
            change.from = Some(Arc::clone(&word));
            change.to = Some(Arc::clone(&word));
        }
        if !is_free(change.link) {
            change.label = Some(Arc::clone(&word));
        }
    }
    for clash in &mut digest.conflicts {
        if !is_free(clash.link) {
            clash.label = Some(Arc::clone(&word));
        }
    }
    for letter in &mut digest.letters {
        if !is_free(letter.link) {
            letter.label = Some(Arc::clone(&word));
        }
        if hides || !exclude.fields.is_empty() {
            letter.message = Arc::clone(&word);
        }
    }
    if off(Field::Description) {
        digest.project.description = Some(word);
    }
    digest
}

fn mask_item(item: &mut DigestItem, exclude: &Exclude, is_whole: bool, word: &Arc<str>) {
    let off = |field| is_whole || exclude.fields.contains(field);
    if is_whole {
        item.identifier = Some(format!("{word}-1").into());
        item.created = Some(Millis(1));
    } else if off(Field::Labels) {
        item.labels = [Arc::clone(word)].into();
    }
    if off(Field::Title) {
        item.title = Arc::clone(word);
    }
    if off(Field::Description) {
        item.description = Some(format!("{word} is blocked").into());
    }
    if off(Field::Assignee) {
        item.assignee = Some(Arc::clone(word));
    }
    if off(Field::Parent) {
        item.parent = Some(Arc::clone(word));
    }
    if off(Field::DueDate) {
        item.due_date = Some(Millis(5));
    }
    if exclude.fields.contains(Field::Priority) {
        item.priority = Priority::Urgent;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn blocks_are_the_same_whatever_an_excluded_field_or_item_says(
        digest in digest(),
        exclude in exclude(),
        form in prop::sample::select(vec![Form::Markdown, Form::Json]),
    ) {
        let other = masked(&digest, &exclude, CANARY);
        let options = options(form, exclude);
        let values = values(&other, &options);
        for value in &values {
            prop_assert!(!value.contains(CANARY), "{value}");
        }
        prop_assert_eq!(values, self::values(&digest, &options));
    }
}

#[test]
fn descriptions_are_excluded_unless_somebody_lets_them_in() {
    let mut digest = project();
    digest.project.description = Some(CANARY.into());
    for item in &mut digest.items {
        item.description = Some(format!("blocked by the {CANARY}").into());
    }
    let has = |options: &DigestOptions| {
        let values = values(&digest, options);
        values.iter().filter(|value| value.contains(CANARY)).count()
    };
    assert_eq!(has(&DigestOptions::default()), 0);
    // the project's own, and those that say that their item does not go on
    assert_eq!(has(&options(Form::Markdown, Exclude::nothing())), 2);
}

#[test]
fn an_excluded_item_is_counted_and_named_nowhere() {
    let mut digest = project();
    let mut vault = item(50, CANARY, "In Progress");
    vault.labels = [Arc::from("SECRET ")].into();
    digest.items.push(vault);
    // its child may not name it; nor may history
    digest.items[0].parent = Some("HARB-50".into());
    let mut change = digest.changes[0].clone();
    change.link = link(50);
    digest.changes.push(change);
    let exclude = Exclude {
        labels: [Arc::from("secret")].into(),
        ..Exclude::nothing()
    };
    let values = values(&digest, &options(Form::Markdown, exclude));
    for value in &values {
        assert!(
            !value.contains(CANARY) && !value.contains("HARB-50"),
            "{value}"
        );
    }
    let metrics = &values[Label::ALL
        .iter()
        .position(|label| *label == Label::BoardMetrics)
        .unwrap()];
    assert!(metrics.contains("- Issues: 11\n"), "{metrics}");
    assert!(metrics.contains("- Counted here and named nowhere: 1\n"));
    // of an item that is not known any more nobody knows the labels
    assert!(values.iter().all(|value| !value.contains("Old pier")));
}

#[test]
fn an_item_without_a_title_to_show_is_called_by_its_identifier() {
    let exclude = Exclude {
        fields: FieldSet::of(&[Field::Title]),
        ..Exclude::default()
    };
    let values = values(&project(), &options(Form::Markdown, exclude));
    let hotspots = &values[3];
    assert!(
        hotspots.contains("\n- HARB-3, \"In Progress\" since 2026-11-02"),
        "{hotspots}"
    );
    // a word in a title that may not be seen is not looked for
    assert!(!hotspots.contains("in its title"), "{hotspots}");
    assert!(
        values[4].contains("\n- (an item without identifier), no priority, todo"),
        "{}",
        values[4]
    );
}

#[test]
fn without_priorities_nothing_is_ordered_or_counted_by_them() {
    let exclude = Exclude {
        fields: FieldSet::of(&[Field::Priority]),
        ..Exclude::default()
    };
    let values = values(&project(), &options(Form::Markdown, exclude));
    assert!(!values[2].contains("by priority"));
    assert!(values[3].contains("## Urgent or high, not begun (0)"));
    assert!(!values[4].contains("By priority") && !values[4].contains("urgent, "));
    // the soonest due goes first, the others by identifier
    let items: Vec<&str> = values[4]
        .lines()
        .filter(|line| line.starts_with("- HARB"))
        .collect();
    assert!(items[0].starts_with("- HARB-9 ") && items[1].starts_with("- HARB-12 "));
}

#[test]
fn the_words_of_a_server_are_told_only_where_everything_may_be_told() {
    let mut digest = project();
    digest.letters[0].message = CANARY.into();
    let told = |exclude| values(&digest, &options(Form::Json, exclude))[3].contains(CANARY);
    assert!(told(Exclude::nothing()));
    assert!(!told(Exclude::default()));
    assert!(!told(Exclude {
        labels: [Arc::from("x")].into(),
        ..Exclude::nothing()
    }));
}
