//! The change log: who moved what, on which side, when.

use std::sync::Arc;

use sync_core::{
    Side,
    digest::{Change, ChangeKind, Digest, DigestOptions, Form, blocks},
    item::Field,
};

use crate::harbour::{board, days_ago, item, link};

fn log(changes: Vec<Change>, form: Form) -> String {
    let digest = Digest {
        board: board(),
        items: vec![item(1, "Dock", "Done")],
        changes,
        ..Digest::default()
    };
    let options = DigestOptions {
        form,
        ..DigestOptions::default()
    };
    blocks(&digest, &options).remove(5).value
}

fn change(kind: ChangeKind, field: Option<Field>, from: Option<&str>, to: Option<&str>) -> Change {
    Change {
        at: days_ago(0),
        link: link(1),
        kind,
        field,
        came_from: Some(Side::Huly),
        written: Side::Vibe,
        from: from.map(Arc::from),
        to: to.map(Arc::from),
        label: None,
    }
}

#[test]
fn every_kind_of_change_has_its_words() {
    let status = Some(Field::Status);
    let rows = [
        (
            change(ChangeKind::Create, None, None, Some("x")),
            "new in Huly, made in Vibe, now Done",
        ),
        (
            change(ChangeKind::Update, status, Some("todo"), Some("done")),
            "changed status from \"todo\" to \"done\", done in Huly, written to Vibe",
        ),
        (
            change(
                ChangeKind::Update,
                Some(Field::Description),
                Some("a"),
                Some("b"),
            ),
            "changed description, done in Huly, written to Vibe",
        ),
        (
            change(ChangeKind::Cancel, status, Some("todo"), Some("cancelled")),
            "cancelled from \"todo\" to \"cancelled\", deleted in Huly, carried out in Vibe",
        ),
        (
            change(ChangeKind::Remove, None, Some("x"), None),
            "deleted, deleted in Huly, carried out in Vibe",
        ),
        (
            change(ChangeKind::Adopt, None, None, Some("x")),
            "paired, found in Huly, with Vibe, now Done",
        ),
        (
            change(ChangeKind::Forget, None, Some("x"), None),
            "unlinked, found in Huly, with Vibe",
        ),
        (
            change(ChangeKind::Relink, None, None, None),
            "linked to another item, found in Huly, with Vibe",
        ),
        (
            change(ChangeKind::Resolve, status, None, Some("huly, by ada")),
            "decided by a person, status: \"huly, by ada\", done in Huly, written to Vibe",
        ),
    ];
    for (change, expected) in rows {
        let log = log(vec![change], Form::Markdown);
        let line = log.lines().last().unwrap();
        assert_eq!(
            line,
            format!("- 2026-11-21 09:50 HARB-1 \"Dock\": {expected}")
        );
    }
}

#[test]
fn changes_are_counted_by_what_they_mean() {
    let status = Some(Field::Status);
    let to_huly = Change {
        written: Side::Huly,
        ..change(ChangeKind::Update, status, Some("Todo"), Some("Canceled"))
    };
    let changes = vec![
        change(ChangeKind::Update, status, Some("todo"), Some("done")),
        change(ChangeKind::Update, status, Some("todo"), Some("inreview")),
        change(
            ChangeKind::Update,
            Some(Field::Title),
            Some("todo"),
            Some("done"),
        ),
        change(ChangeKind::Create, None, None, None),
        change(ChangeKind::Adopt, None, None, None),
        change(ChangeKind::Remove, None, None, None),
        to_huly,
    ];
    let log: serde_json::Value = serde_json::from_str(&log(changes, Form::Json)).unwrap();
    let summary = &log["summary"];
    let figure = |key: &str| summary[key].as_u64().unwrap();
    assert_eq!(figure("changes"), 7);
    assert_eq!(figure("new_issues"), 2);
    assert_eq!(figure("status_transitions"), 3);
    assert_eq!(figure("updated_issues"), 1);
    assert_eq!(
        figure("closed_issues"),
        3,
        "two by their status, one deleted"
    );
}

#[test]
fn the_newest_come_first() {
    let at = |day| Change {
        at: days_ago(day),
        ..change(ChangeKind::Update, Some(Field::Title), None, None)
    };
    let log = log(vec![at(5), at(1), at(9)], Form::Markdown);
    let days: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("- 2026-"))
        .collect();
    assert!(
        days.iter()
            .zip(["11-20", "11-16", "11-12"])
            .all(|(line, day)| line.starts_with(day)),
        "{log}"
    );
    assert!(log.contains("- The first on 2026-11-12\n- The last on 2026-11-20\n"));
}

#[test]
fn an_item_that_is_gone_is_called_what_it_was_called_then() {
    let gone = Change {
        link: link(9),
        label: Some("HARB-9 Old pier".into()),
        ..change(ChangeKind::Remove, None, None, None)
    };
    let nameless = Change {
        link: link(10),
        ..change(ChangeKind::Remove, None, None, None)
    };
    let log = log(vec![gone, nameless], Form::Markdown);
    assert!(log.contains("09:50 \"HARB-9 Old pier\": deleted"), "{log}");
    assert!(
        log.contains("09:50 (an item without identifier): deleted"),
        "{log}"
    );
}

#[test]
fn kinds_are_known_by_the_words_of_the_history() {
    for kind in ChangeKind::ALL {
        assert_eq!(ChangeKind::of(kind.as_str()), Some(kind));
    }
    assert_eq!(ChangeKind::of("choose"), None);
}
