//! Claims of the predecessor's rows and footers: a table of what stands there and what becomes of it.

use std::sync::Arc;

use sync_core::{
    Pair,
    footer::{Footer, Marker, Writer},
    ids::{Attempt, Generation, LinkId, Millis, StoreId},
    item::{Item, Values},
    lens::Lenses,
    link::{
        Link,
        claims::{By, Claim, Claimed, Left, Verdict, judge},
    },
};
use uuid::Uuid;

use crate::support::rules;

fn issue(id: &str, label: &str, title: &str) -> Item {
    let mut item = Item::new(
        id.into(),
        Values {
            title: title.into(),
            ..Values::default()
        },
    );
    item.label = Some(label.into());
    item
}

/// A task; `says` is the identifier in its footer, `at` when it was made.
fn task(id: &str, title: &str, says: Option<&str>, at: i64) -> Item {
    let mut item = Item::new(
        id.into(),
        Values {
            title: title.into(),
            ..Values::default()
        },
    );
    item.created = Some(Millis(at));
    item.footer = says.map(|label| Footer {
        writer: Writer::Predecessor,
        label: Some(label.into()),
        url: None,
        marker: None,
        note: None,
    });
    item
}

fn row(label: &str, task: &str) -> Claim {
    Claim {
        label: label.into(),
        task: Some(task.into()),
        ..Claim::default()
    }
}

/// The verdicts in short: `h1=t1 both`, `known h1=t1`, `left t2: duplicate of t1`.
fn told(verdicts: &[Verdict]) -> Vec<String> {
    let mut told: Vec<String> = verdicts.iter().map(short).collect();
    told.sort();
    told
}

fn short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pair { huly, vibe, by } => {
            let by = match by {
                By::Both => "both",
                By::Row => "row",
                By::Footer => "footer",
            };
            format!("{huly}={vibe} {by}")
        }
        Verdict::Known { huly, vibe } => format!("known {huly}={vibe}"),
        Verdict::Deleted { huly } => format!("deleted {huly}"),
        Verdict::Gone { label } => format!("gone {label}"),
        Verdict::Left {
            item, label, why, ..
        } => {
            let why = match why {
                Left::IssueGone => "issue gone".to_owned(),
                Left::TaskGone => "task gone".to_owned(),
                Left::SeveralIssues => "several issues".to_owned(),
                Left::Contested => "contested".to_owned(),
                Left::Duplicate { of } => format!("duplicate of {of}"),
                Left::Overruled { by } => format!("belongs to {by}"),
            };
            format!("left {item} ({label}): {why}")
        }
    }
}

struct Case {
    name: &'static str,
    issues: Vec<Item>,
    tasks: Vec<Item>,
    rows: Vec<Claim>,
    expected: &'static [&'static str],
}

fn two_issues() -> Vec<Item> {
    vec![issue("h1", "A-1", "One"), issue("h2", "A-2", "Two")]
}

fn cases() -> Vec<Case> {
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

#[test]
fn claims_are_judged_by_the_table() {
    for Case {
        name,
        issues,
        tasks,
        rows,
        expected,
    } in cases()
    {
        let claimed = Claimed {
            claims: &rows,
            items: Pair {
                huly: &issues,
                vibe: &tasks,
            },
            links: &[],
        };
        assert_eq!(told(&judge(&claimed)), expected, "{name}");
    }
}

#[test]
fn what_is_linked_stays_linked_and_a_second_judgement_finds_nothing_new() {
    for Case {
        name,
        issues,
        tasks,
        rows,
        ..
    } in cases()
    {
        let items = Pair {
            huly: issues.as_slice(),
            vibe: tasks.as_slice(),
        };
        let first = judge(&Claimed {
            claims: &rows,
            items,
            links: &[],
        });
        let lenses = Lenses::default();
        let rules = rules(&lenses);
        let links: Vec<Link> = first
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Pair { huly, vibe, .. } => {
                    Some(Link::between(&rules, huly.clone(), vibe.clone()))
                }
                Verdict::Deleted { huly } => {
                    let issue = issues.iter().find(|issue| issue.id == *huly);
                    Some(sync_core::link::tombstone(&rules, issue.unwrap()))
                }
                Verdict::Known { .. } | Verdict::Left { .. } | Verdict::Gone { .. } => None,
            })
            .collect();
        let second = judge(&Claimed {
            claims: &rows,
            items,
            links: &links,
        });
        let new = second
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Pair { .. } | Verdict::Deleted { .. }));
        assert!(!new, "{name}: {second:?}");
    }
}

#[test]
fn no_item_is_in_two_pairs_whatever_is_claimed() {
    // Every way in which three rows and three footers can point at three issues.
    let issues = [
        issue("h0", "A-0", "x"),
        issue("h1", "A-1", "x"),
        issue("h2", "A-2", "y"),
    ];
    let labels = ["A-0", "A-1", "A-2", "A-9"];
    for code in 0..4_usize.pow(6) {
        let at = |digit: u32| code / 4_usize.pow(digit) % 4;
        let tasks: Vec<Item> = (0..3_u32)
            .map(|n| {
                let says = (at(n) < 3).then(|| labels[at(n)]);
                task(
                    &format!("t{n}"),
                    if n == 2 { "y" } else { "x" },
                    says,
                    i64::from(n),
                )
            })
            .collect();
        let rows: Vec<Claim> = (0..3_u32)
            .map(|n| row(labels[n as usize], &format!("t{}", at(n + 3))))
            .collect();
        let claimed = Claimed {
            claims: &rows,
            items: Pair {
                huly: &issues,
                vibe: &tasks,
            },
            links: &[],
        };
        let verdicts = judge(&claimed);
        let pairs: Vec<_> = verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Pair { huly, vibe, .. } => Some((huly, vibe)),
                _ => None,
            })
            .collect();
        for (at, (huly, vibe)) in pairs.iter().enumerate() {
            let again = pairs[..at]
                .iter()
                .any(|(other, task)| other == huly || task == vibe);
            assert!(!again, "{code}: {verdicts:?}");
        }
        for task in &tasks {
            let named = task.footer.is_some();
            let is_told = verdicts.iter().any(|verdict| match verdict {
                Verdict::Pair { vibe, .. } | Verdict::Known { vibe, .. } => *vibe == task.id,
                Verdict::Left { item, .. } => *item == task.id,
                Verdict::Deleted { .. } | Verdict::Gone { .. } => false,
            });
            assert!(
                !named || is_told,
                "{code}: {} is passed over in silence: {verdicts:?}",
                task.id
            );
        }
    }
}

#[test]
fn a_task_with_our_own_footer_is_none_of_their_business() {
    let issues = two_issues();
    let mut ours = task("t1", "One", None, 1);
    ours.footer = Some(Footer {
        writer: Writer::Ours,
        label: Some(Arc::from("A-1")),
        url: None,
        marker: Some(Marker {
            store: StoreId(Uuid::nil()),
            link: LinkId(Uuid::nil()),
            generation: Generation(1),
            attempt: Attempt(1),
        }),
        note: None,
    });
    let claimed = Claimed {
        claims: &[row("A-1", "t1")],
        items: Pair {
            huly: &issues,
            vibe: std::slice::from_ref(&ours),
        },
        links: &[],
    };
    assert_eq!(told(&judge(&claimed)), Vec::<String>::new());
}
