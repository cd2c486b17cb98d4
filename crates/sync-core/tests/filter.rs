//! The filter of design 3.9: what it judges, what becomes of a link, and what it never does.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use sync_core::{
    filter::{
        Condition, Filter, Judged, Known, Leaving, Subject, Turn, nearest, turn, unknown_names,
    },
    ids::Millis,
    item::Priority,
    lens::Category,
    link::Phase,
};

const NOW: Millis = Millis(1_000_000);

fn names(list: &[&str]) -> Vec<Arc<str>> {
    list.iter().map(|name| Arc::from(*name)).collect()
}

/// An issue in Doing (active), labelled Tide, of Bob, urgent, ten seconds old.
fn judge(filter: &Filter) -> Judged {
    let labels: BTreeSet<Arc<str>> = names(&["Tide"]).into_iter().collect();
    let subject = Subject {
        project: &["HARB", "Harbor"],
        status: Some("Doing"),
        category: Some(Category::Active),
        labels: Some(&labels),
        assignee: Some(&["Bob Builder", "bob@acme.test"]),
        priority: Some(Priority::Urgent),
        modified: Some(Millis(NOW.0 - 10_000)),
        identifier: Some("HARB-12"),
    };
    filter.judge(&subject, NOW)
}

type Row = (&'static str, Filter, Judged);

fn judged(rows: Vec<Row>) {
    for (name, filter, expected) in rows {
        assert_eq!(judge(&filter), expected, "{name}");
    }
}

#[test]
fn projects_and_statuses_are_chosen_by_their_names() {
    let none = Filter::default;
    let out = Judged::Outside;
    judged(vec![
        ("nothing", none(), Judged::Inside),
        (
            "project by name",
            Filter {
                projects: names(&[" harbor "]),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other project",
            Filter {
                projects: names(&["ISLE"]),
                ..none()
            },
            out(Condition::Project),
        ),
        (
            "status, folded",
            Filter {
                statuses: names(&["Todo", "doing "]),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other status",
            Filter {
                statuses: names(&["Todo"]),
                ..none()
            },
            out(Condition::Status),
        ),
        (
            "category",
            Filter {
                categories: vec![Category::Active],
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other category",
            Filter {
                categories: vec![Category::Won],
                ..none()
            },
            out(Condition::Status),
        ),
        (
            "status or category",
            Filter {
                statuses: names(&["Todo"]),
                categories: vec![Category::Active],
                ..none()
            },
            Judged::Inside,
        ),
    ]);
}

#[test]
fn each_other_condition_takes_its_field_and_nothing_else() {
    let none = Filter::default;
    let out = Judged::Outside;
    judged(vec![
        (
            "label",
            Filter {
                labels: names(&["Ebb", "Tide"]),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "labels are exact",
            Filter {
                labels: names(&["tide"]),
                ..none()
            },
            out(Condition::Label),
        ),
        (
            "assignee by address",
            Filter {
                assignees: names(&["BOB@acme.test"]),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other assignee",
            Filter {
                assignees: names(&["Ann"]),
                ..none()
            },
            out(Condition::Assignee),
        ),
        (
            "priority",
            Filter {
                priorities: vec![Priority::High, Priority::Urgent],
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other priority",
            Filter {
                priorities: vec![Priority::None],
                ..none()
            },
            out(Condition::Priority),
        ),
        (
            "just young enough",
            Filter {
                max_age: Some(Millis(10_000)),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "too old",
            Filter {
                max_age: Some(Millis(9_999)),
                ..none()
            },
            out(Condition::Age),
        ),
        (
            "identifier",
            Filter {
                identifiers: names(&["harb-12"]),
                ..none()
            },
            Judged::Inside,
        ),
        (
            "other identifier",
            Filter {
                identifiers: names(&["HARB-1"]),
                ..none()
            },
            out(Condition::Identifier),
        ),
        (
            "all conditions must hold; the first that fails is told",
            Filter {
                labels: names(&["Ebb"]),
                max_age: Some(Millis(1)),
                ..none()
            },
            out(Condition::Label),
        ),
    ]);
}

#[test]
fn what_is_not_known_of_an_item_meets_no_condition_on_it() {
    let subject = Subject::default();
    let rows = [
        Filter {
            statuses: names(&["Todo"]),
            ..Filter::default()
        },
        Filter {
            categories: vec![Category::Todo],
            ..Filter::default()
        },
        Filter {
            labels: names(&["a"]),
            ..Filter::default()
        },
        Filter {
            assignees: names(&["a"]),
            ..Filter::default()
        },
        Filter {
            priorities: vec![Priority::None],
            ..Filter::default()
        },
        Filter {
            max_age: Some(Millis(i64::MAX)),
            ..Filter::default()
        },
        Filter {
            identifiers: names(&["A-1"]),
            ..Filter::default()
        },
        Filter {
            projects: names(&["A"]),
            ..Filter::default()
        },
    ];
    for filter in rows {
        assert!(
            matches!(filter.judge(&subject, NOW), Judged::Outside(_)),
            "{filter:?}"
        );
    }
    assert_eq!(Filter::default().judge(&subject, NOW), Judged::Inside);
}

#[test]
fn every_phase_and_judgement_has_its_turn() {
    use Leaving::{Sleeps, Stays};
    let outside = Judged::Outside(Condition::Age);
    let rows = [
        (Phase::Active, Judged::Inside, Sleeps, true, Turn::Work),
        (Phase::Active, Judged::Unknown, Sleeps, true, Turn::Work),
        (Phase::Active, outside, Sleeps, true, Turn::Sleep),
        // a counterpart that is still to be made is not made, and the link waits for its item to come back
        (Phase::Active, outside, Sleeps, false, Turn::Leave),
        (Phase::Active, outside, Stays, true, Turn::Leave),
        (Phase::Active, outside, Stays, false, Turn::Leave),
        (Phase::Asleep, Judged::Inside, Sleeps, true, Turn::Wake),
        (Phase::Asleep, Judged::Inside, Stays, true, Turn::Wake),
        (Phase::Asleep, Judged::Unknown, Sleeps, true, Turn::Leave),
        (Phase::Asleep, outside, Sleeps, true, Turn::Leave),
        (Phase::Tombstone, Judged::Inside, Sleeps, false, Turn::Work),
        (Phase::Tombstone, outside, Sleeps, false, Turn::Work),
        (Phase::Tombstone, Judged::Unknown, Stays, true, Turn::Work),
    ];
    for (phase, judged, leaving, whole, expected) in rows {
        assert_eq!(
            turn(phase, judged, leaving, whole),
            expected,
            "{phase:?} {judged:?} {leaving:?} {whole}"
        );
    }
}

#[test]
fn unknown_names_are_told_with_the_nearest_and_what_cannot_be_asked_is_not_checked() {
    let filter = Filter {
        projects: names(&["HARB", "HARP"]),
        statuses: names(&["In Progres"]),
        labels: names(&["tide"]),
        assignees: names(&["Nobody At All"]),
        ..Filter::default()
    };
    let known = Known {
        projects: Some(names(&["HARB", "Harbor"])),
        statuses: Some(names(&["Todo", "In Progress", "In Review"])),
        labels: Some(names(&["Tide"])),
        people: None,
    };
    let told: Vec<(&str, String, Vec<Arc<str>>)> = unknown_names(&filter, &known)
        .into_iter()
        .map(|unknown| (unknown.key, unknown.name.to_string(), unknown.nearest))
        .collect();
    assert_eq!(
        told,
        [
            ("filter.project", "HARP".to_owned(), names(&["HARB"])),
            (
                "filter.status",
                "In Progres".to_owned(),
                names(&["In Progress"])
            ),
            ("filter.label", "tide".to_owned(), names(&["Tide"])),
        ]
    );
    assert!(nearest("", &names(&["Todo", "Done"])).is_empty());
}

fn filters() -> impl Strategy<Value = Filter> {
    let some = |words: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(words), 0..3)
            .prop_map(|list| list.into_iter().map(Arc::from).collect::<Vec<Arc<str>>>())
    };
    let categories = [
        Category::Backlog,
        Category::Todo,
        Category::Active,
        Category::Won,
    ];
    let priorities = [Priority::None, Priority::Low, Priority::Urgent];
    (
        some(&["Todo", "Doing", "Done"]),
        prop::collection::vec(prop::sample::select(categories.to_vec()), 0..3),
        some(&["Tide", "Ebb"]),
        some(&["Ann", "Bob"]),
        prop::collection::vec(prop::sample::select(priorities.to_vec()), 0..3),
        prop::option::of(0_i64..50_000).prop_map(|age| age.map(Millis)),
    )
        .prop_map(
            |(statuses, categories, labels, assignees, priorities, max_age)| Filter {
                statuses,
                categories,
                labels,
                assignees,
                priorities,
                max_age,
                ..Filter::default()
            },
        )
}

/// The filter with more in each list that is not empty (an empty one lets everything pass), and a longer age.
fn wider(filter: &Filter, by: &Filter) -> Filter {
    let more = |list: &[Arc<str>], by: &[Arc<str>]| {
        if list.is_empty() {
            Vec::new()
        } else {
            [list, by].concat()
        }
    };
    Filter {
        labels: more(&filter.labels, &by.labels),
        assignees: more(&filter.assignees, &by.assignees),
        priorities: if filter.priorities.is_empty() {
            Vec::new()
        } else {
            [&filter.priorities[..], &by.priorities[..]].concat()
        },
        statuses: if filter.categories.is_empty() {
            more(&filter.statuses, &by.statuses)
        } else {
            [&filter.statuses[..], &by.statuses[..]].concat()
        },
        max_age: filter
            .max_age
            .map(|age| Millis(age.0 + by.max_age.unwrap_or_default().0)),
        ..filter.clone()
    }
}

proptest! {
    #[test]
    fn a_wider_filter_loses_no_item(filter in filters(), by in filters()) {
        if judge(&filter) == Judged::Inside {
            prop_assert_eq!(judge(&wider(&filter, &by)), Judged::Inside);
        }
    }

    #[test]
    fn equal_fingerprints_judge_alike(filter in filters(), other in filters()) {
        let turned = Filter {
            statuses: filter.statuses.iter().rev().map(|name| name.to_uppercase().into()).collect(),
            ..filter.clone()
        };
        prop_assert_eq!(turned.fingerprint(), filter.fingerprint());
        prop_assert_eq!(judge(&turned), judge(&filter));
        if other.fingerprint() == filter.fingerprint() {
            prop_assert_eq!(judge(&other), judge(&filter));
        }
    }
}
