//! Claims of the predecessor's rows and footers: a table of what stands there and what becomes of it.

mod table;

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
use table::{Case, cases, two_issues};

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
