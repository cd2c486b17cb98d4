//! The domain, field by field.

use super::{all, pairs};
use std::sync::Arc;
use sync_core::{
    Pair, Side,
    item::Item,
    link::Link,
    rules::{Policy, Rules},
};

use super::{DELETIONS, POLICIES, Point, SEEN};
use crate::support::{item, lenses, link, rules};

fn points(
    bases: &[(String, String)],
    nows: Pair<&[String]>,
    set: impl Fn(&mut Rules<'_>, Policy),
) -> usize {
    let lenses = lenses();
    let mut count = 0;
    for policy in POLICIES {
        for deletion in DELETIONS {
            let mut rules = rules(&lenses);
            rules.deletion = deletion;
            set(&mut rules, policy);
            for (huly_base, vibe_base) in bases {
                let (link, texts) = link(&rules, huly_base, vibe_base);
                for huly in nows.huly {
                    for vibe in nows.vibe {
                        let items = Pair {
                            huly: item(Side::Huly, huly),
                            vibe: item(Side::Vibe, vibe),
                        };
                        count += every_look(&rules, &link, &texts, &items);
                    }
                }
            }
        }
    }
    count
}

/// The nine ways of seeing two items.
fn every_look(
    rules: &Rules<'_>,
    link: &Link,
    texts: &Pair<Option<Arc<str>>>,
    items: &Pair<Item>,
) -> usize {
    for huly in SEEN {
        for vibe in SEEN {
            let seen = Pair { huly, vibe };
            Point {
                rules,
                link: link.clone(),
                texts: texts.clone(),
                items: items.clone(),
                seen,
            }
            .check();
        }
    }
    SEEN.len() * SEEN.len()
}

#[test]
fn every_title() {
    let titles = ["A", "B", "C"];
    let (huly, vibe) = (all("%|x|t", &titles), all("%|x|todo", &titles));
    let count = points(
        &pairs(&huly, &vibe),
        Pair {
            huly: &huly,
            vibe: &vibe,
        },
        |rules, policy| rules.policies.title = policy,
    );
    assert_eq!(count, 4 * 3 * 9 * 9 * 9);
}

#[test]
fn every_description() {
    let texts = ["", "a", "*a*", "_a_", "a/b", "c/a"];
    let (huly, vibe) = (all("A|%|t", &texts), all("A|%|todo", &texts));
    // at the base both mean the same
    let bases: Vec<_> = pairs(&huly, &vibe)
        .into_iter()
        .filter(|(huly, vibe)| {
            huly.replace('*', "_").replace("|t", "|todo") == vibe.replace('*', "_")
        })
        .collect();
    let count = points(
        &bases,
        Pair {
            huly: &huly,
            vibe: &vibe,
        },
        |rules, policy| rules.policies.description = policy,
    );
    assert_eq!(count, 4 * 3 * bases.len() * 36 * 9);
}

#[test]
fn every_status() {
    let (huly, vibe) = (
        all("A|x|%", &["b", "t", "d", "w", "l"]),
        all(
            "A|x|%",
            &["todo", "inprogress", "inreview", "done", "cancelled"],
        ),
    );
    let count = points(
        &pairs(&huly, &vibe),
        Pair {
            huly: &huly,
            vibe: &vibe,
        },
        |rules, policy| rules.policies.status = policy,
    );
    assert_eq!(count, 4 * 3 * 25 * 25 * 9);
}

#[test]
fn every_mixture_of_fields() {
    let mix = |status: [&str; 2]| {
        let mut out = Vec::new();
        for title in ["A", "B"] {
            for text in ["x", "x/y"] {
                out.extend(
                    status
                        .iter()
                        .map(|status| format!("{title}|{text}|{status}")),
                );
            }
        }
        out
    };
    let (huly, vibe) = (mix(["t", "d"]), mix(["todo", "inprogress"]));
    let bases = pairs(&huly, &vibe);
    let count = points(
        &bases,
        Pair {
            huly: &huly,
            vibe: &vibe,
        },
        |rules, policy| {
            rules.policies.title = policy;
            rules.policies.status = policy;
            rules.policies.description = policy;
        },
    );
    assert_eq!(count, 4 * 3 * 64 * 64 * 9);
}
