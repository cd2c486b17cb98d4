//! What items tell of themselves to a filter, and what a filter tells of itself.

use std::sync::Arc;

use sync_core::{
    filter::{Condition, Filter, Judged, Subject},
    ids::{ItemId, Millis},
    item::{Item, Priority, Values},
    lens::Category,
};

const NOW: Millis = Millis(1_000_000);

fn names(list: &[&str]) -> Vec<Arc<str>> {
    list.iter().map(|name| Arc::from(*name)).collect()
}

#[test]
fn an_issue_tells_more_of_itself_than_a_task() {
    let mut values = Values::default();
    values.extra.priority = Priority::Urgent;
    let item = Item {
        label: Some("HARB-12".into()),
        modified: Some(NOW),
        ..Item::new(ItemId::new("one"), values)
    };
    let (issue, task) = (Subject::of_issue(&item), Subject::of_task(&item));
    assert_eq!(
        (issue.priority, issue.modified, issue.identifier),
        (Some(Priority::Urgent), Some(NOW), Some("HARB-12"))
    );
    assert_eq!(
        (task.priority, task.modified, task.identifier),
        (None, Some(NOW), None)
    );
    let urgent = Filter {
        priorities: [Priority::Urgent].into_iter().collect(),
        ..Filter::default()
    };
    assert_eq!(urgent.judge(&issue, NOW), Judged::Inside);
    assert_eq!(
        urgent.judge(&task, NOW),
        Judged::Outside(Condition::Priority)
    );
}

#[test]
fn a_condition_on_projects_alone_is_none_on_items() {
    let of_projects = Filter {
        projects: names(&["HARB"]),
        ..Filter::default()
    };
    assert!(!of_projects.is_on_items() && !Filter::default().is_on_items());
    let on_items = [
        Filter {
            statuses: names(&["Doing"]),
            ..Filter::default()
        },
        Filter {
            labels: names(&["Tide"]),
            ..Filter::default()
        },
        Filter {
            assignees: names(&["Bob"]),
            ..Filter::default()
        },
        Filter {
            identifiers: names(&["HARB-12"]),
            ..Filter::default()
        },
        Filter {
            categories: [Category::Active].into_iter().collect(),
            ..Filter::default()
        },
        Filter {
            priorities: [Priority::Urgent].into_iter().collect(),
            ..Filter::default()
        },
        Filter {
            max_age: Some(Millis(1)),
            ..Filter::default()
        },
    ];
    for filter in on_items {
        assert!(filter.is_on_items(), "{filter:?}");
    }
}

#[test]
fn conditions_are_told_by_their_names() {
    let told: Vec<_> = Condition::ALL
        .iter()
        .map(|condition| format!("{condition:>10}"))
        .collect();
    assert_eq!(told[0], "   project");
    let names: Vec<_> = told.iter().map(|name| name.trim()).collect();
    assert_eq!(
        names,
        [
            "project",
            "status",
            "label",
            "assignee",
            "priority",
            "age",
            "identifier"
        ]
    );
}
