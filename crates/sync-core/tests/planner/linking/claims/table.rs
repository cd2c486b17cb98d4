//! What stands there, what is claimed, and what becomes of it.

use sync_core::{item::Item, link::claims::Claim};

use super::{issue, row, task};

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) issues: Vec<Item>,
    pub(super) tasks: Vec<Item>,
    pub(super) rows: Vec<Claim>,
    pub(super) expected: &'static [&'static str],
}

pub(super) fn two_issues() -> Vec<Item> {
    vec![issue("h1", "A-1", "One"), issue("h2", "A-2", "Two")]
}

pub(super) fn cases() -> Vec<Case> {
    [named(), disputed(), gone()]
        .into_iter()
        .flatten()
        .collect()
}

/// Evidence that names one pair.
fn named() -> Vec<Case> {
    vec![
        Case {
            name: "row and footer agree",
            issues: two_issues(),
            tasks: vec![task("t1", "x", Some("A-1"), 1)],
            rows: vec![row("A-1", "t1")],
            expected: &["h1=t1 both"],
        },
        Case {
            name: "a footer alone",
            issues: two_issues(),
            tasks: vec![task("t1", "x", Some("A-2"), 1)],
            rows: vec![],
            expected: &["h2=t1 footer"],
        },
        Case {
            name: "a row alone, with a title that changed since",
            issues: two_issues(),
            tasks: vec![task("t1", "x", None, 1)],
            rows: vec![row("A-1", "t1")],
            expected: &["h1=t1 row"],
        },
        Case {
            name: "identifiers with digits and underscores",
            issues: vec![issue("h1", "P2ABC-7", "One"), issue("h2", "A_B-7", "Two")],
            tasks: vec![
                task("t1", "x", Some("P2ABC-7"), 1),
                task("t2", "x", Some("A_B-7"), 1),
            ],
            rows: vec![row("P2ABC-7", "t1")],
            expected: &["h1=t1 both", "h2=t2 footer"],
        },
        Case {
            name: "several tasks of one footer: the one in the database stays",
            issues: two_issues(),
            tasks: vec![
                task("t1", "One", Some("A-1"), 1),
                task("t2", "One", Some("A-1"), 2),
                task("t3", "One", Some("A-1"), 3),
            ],
            rows: vec![row("A-1", "t2")],
            expected: &[
                "h1=t2 both",
                "left t1 (A-1): duplicate of t2",
                "left t3 (A-1): duplicate of t2",
            ],
        },
        Case {
            name: "several tasks of one footer, none in the database: the oldest stays",
            issues: two_issues(),
            tasks: vec![
                task("t1", "One", Some("A-1"), 5),
                task("t2", "One", Some("A-1"), 2),
            ],
            rows: vec![row("A-1", "t9")],
            expected: &["h1=t2 footer", "left t1 (A-1): duplicate of t2"],
        },
    ]
}

/// Evidence that contradicts itself.
fn disputed() -> Vec<Case> {
    vec![
        Case {
            name: "row and footer disagree: the footer counts",
            issues: two_issues(),
            tasks: vec![task("t1", "x", Some("A-2"), 1)],
            rows: vec![row("A-1", "t1")],
            expected: &["h2=t1 footer", "left t1 (A-1): belongs to A-2"],
        },
        Case {
            name: "row and footer disagree, and only the row's issue has the title: somebody quoted a footer",
            issues: two_issues(),
            tasks: vec![task("t1", "one ", Some("A-2"), 1)],
            rows: vec![row("A-1", "t1")],
            expected: &["h1=t1 row", "left t1 (A-2): belongs to A-1"],
        },
        Case {
            name: "a quoted footer of an issue that has its own task",
            issues: two_issues(),
            tasks: vec![
                task("t1", "x", Some("A-2"), 1),
                task("t2", "y", Some("A-2"), 2),
            ],
            rows: vec![row("A-1", "t1"), row("A-2", "t2")],
            expected: &["h1=t1 row", "h2=t2 both", "left t1 (A-2): belongs to A-1"],
        },
        Case {
            name: "a quoted footer of an issue whose own task lost its footer",
            issues: two_issues(),
            tasks: vec![task("t1", "x", Some("A-2"), 1), task("t2", "y", None, 2)],
            rows: vec![row("A-1", "t1"), row("A-2", "t2")],
            expected: &["h1=t1 row", "h2=t2 row", "left t1 (A-2): belongs to A-1"],
        },
        Case {
            name: "a footer whose issue is gone does not undo the row",
            issues: two_issues(),
            tasks: vec![task("t1", "x", Some("A-9"), 1)],
            rows: vec![row("A-1", "t1")],
            expected: &["h1=t1 row"],
        },
        Case {
            name: "two issues claim one task with a footer",
            issues: two_issues(),
            tasks: vec![task("t1", "Two", Some("A-1"), 1)],
            rows: vec![row("A-1", "t1"), row("A-2", "t1")],
            expected: &["h1=t1 both"],
        },
        Case {
            name: "two issues claim one task without footer: the title decides",
            issues: two_issues(),
            tasks: vec![task("t1", "Two", None, 1)],
            rows: vec![row("A-1", "t1"), row("A-2", "t1")],
            expected: &["h2=t1 row", "left t1 (A-1): belongs to A-2"],
        },
        Case {
            name: "two issues claim one task without footer, and nothing decides",
            issues: two_issues(),
            tasks: vec![task("t1", "Three", None, 1)],
            rows: vec![row("A-1", "t1"), row("A-2", "t1")],
            expected: &["left t1 (A-1): contested", "left t1 (A-2): contested"],
        },
        Case {
            name: "the row's task has no footer, a later one has: what is in the database stays",
            issues: two_issues(),
            tasks: vec![
                task("t1", "One", None, 1),
                task("t2", "One", Some("A-1"), 2),
            ],
            rows: vec![row("A-1", "t1")],
            expected: &["h1=t1 row", "left t2 (A-1): duplicate of t1"],
        },
    ]
}

/// Items that are gone, or stand twice.
fn gone() -> Vec<Case> {
    vec![
        Case {
            name: "the task is gone",
            issues: two_issues(),
            tasks: vec![],
            rows: vec![row("A-1", "t1")],
            expected: &["left h1 (A-1): task gone"],
        },
        Case {
            name: "the task was deleted by a person",
            issues: two_issues(),
            tasks: vec![],
            rows: vec![Claim {
                task_deleted: true,
                ..row("A-1", "t1")
            }],
            expected: &["deleted h1"],
        },
        Case {
            name: "marked as deleted, but a task with its footer stands",
            issues: two_issues(),
            tasks: vec![task("t2", "One", Some("A-1"), 2)],
            rows: vec![Claim {
                task_deleted: true,
                ..row("A-1", "t1")
            }],
            expected: &["h1=t2 footer"],
        },
        Case {
            name: "the issue is gone",
            issues: vec![],
            tasks: vec![
                task("t1", "One", Some("A-1"), 1),
                task("t2", "Two", None, 1),
            ],
            rows: vec![row("A-1", "t1"), row("A-2", "t2")],
            expected: &["left t1 (A-1): issue gone", "left t2 (A-2): issue gone"],
        },
        Case {
            name: "both are gone",
            issues: vec![],
            tasks: vec![],
            rows: vec![row("A-1", "t1")],
            expected: &["gone A-1"],
        },
        Case {
            name: "an issue whose identifier changed is found by its id",
            issues: vec![issue("h1", "B-4", "One")],
            tasks: vec![task("t1", "One", Some("A-1"), 1)],
            rows: vec![Claim {
                issue: Some("h1".into()),
                ..row("A-1", "t1")
            }],
            expected: &["h1=t1 row"],
        },
        Case {
            name: "two issues of one identifier: the id says which, else nothing does",
            issues: vec![
                issue("h1", "A-1", "One"),
                issue("h2", "A-1", "One"),
                issue("h3", "A-2", "Two"),
                issue("h4", "A-2", "Two"),
            ],
            tasks: vec![
                task("t1", "One", None, 1),
                task("t2", "Two", Some("A-2"), 1),
            ],
            rows: vec![
                Claim {
                    issue: Some("h2".into()),
                    ..row("A-1", "t1")
                },
                row("A-2", "t2"),
            ],
            expected: &["h2=t1 row", "left t2 (A-2): several issues"],
        },
        Case {
            name: "a row without a task says nothing",
            issues: two_issues(),
            tasks: vec![task("t1", "One", None, 1)],
            rows: vec![Claim {
                label: "A-1".into(),
                ..Claim::default()
            }],
            expected: &[],
        },
    ]
}
