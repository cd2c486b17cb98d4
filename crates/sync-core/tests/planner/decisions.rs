//! The decision table of design section 3: name, base, Huly, Vibe, settings, expected plan.
//!
//! Base, Huly and Vibe are `title|description|status`; `=` is "as at the base", `gone` and `unseen` are what they say. In
//! a description `/` is a line end, and `*` and `_` mean the same. The settings are words, see [`Case::set`].

mod around;
mod deletions;
mod descriptions;
mod lone;
mod lost_writes;
mod rebuilt;
mod refused;
mod statuses;
mod titles;

use std::sync::Arc;
use sync_core::{
    Pair, Side,
    ids::{Generation, Millis, RulesVersion},
    item::{Field, FieldSet, Item, Observation, TextVersion},
    lens::Lenses,
    link::{LastWrite, Link, Phase},
    plan::{self, LinkInput},
    rules::{Creation, Deletion, Policy, Rules},
};

use crate::support::{compact::compact, item, lenses, link, rules};

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

struct Case<'a> {
    rules: Rules<'a>,
    link: Link,
    texts: Pair<Option<Arc<str>>>,
    now: Pair<Observation>,
}

impl Case<'_> {
    /// One word of the settings.
    fn set(&mut self, word: &str) {
        let parts: Vec<&str> = word.split(':').collect();
        match parts.as_slice() {
            ["title", policy] => self.rules.policies.title = self::policy(policy),
            ["text", policy] => self.rules.policies.description = self::policy(policy),
            ["status", policy] => self.rules.policies.status = self::policy(policy),
            ["all", policy] => ["title", "text", "status"]
                .iter()
                .for_each(|field| self.set(&format!("{field}:{policy}"))),
            ["mirror"] => self.rules.deletion = Deletion::Mirror,
            ["ignore"] => self.rules.deletion = Deletion::Ignore,
            ["create", "none"] => self.rules.create = Creation::None,
            ["create", "to-vibe"] => self.rules.create = Creation::ToVibe,
            ["create", "to-huly"] => self.rules.create = Creation::ToHuly,
            ["rebuilt"] => self.link.rebuilt = true,
            ["frozen", field] => self.link.frozen.insert(self::field(field)),
            ["old-rules"] => self.link.rules = RulesVersion(6),
            ["asleep"] => self.link.phase = Phase::Asleep,
            ["tombstone"] => self.link.phase = Phase::Tombstone,
            ["no", "huly"] => self.link.items.huly = None,
            ["no", "vibe"] => self.link.items.vibe = None,
            ["gen", n] => self.link.generation = Pair::by(|_| Generation(n.parse().unwrap())),
            ["no-texts"] => self.texts = Pair::default(),
            ["unread", side] => self.unread(self::side(side)),
            ["owed", side, held] => {
                let side = self::side(side);
                let held = crate::support::version(side, &crate::support::lines(held));
                let base = self.link.base.side_mut(side);
                base.description = TextVersion::owed(&base.description, None, &held);
            }
            // wrote:vibe:title:Z:5 = five seconds ago we wrote the title, which was Z before
            ["wrote", side, field, before, seconds] => {
                self.wrote(self::side(side), field, before, seconds);
            }
            ["resent", side, n] => {
                self.link
                    .last_write
                    .side_mut(self::side(side))
                    .as_mut()
                    .unwrap()
                    .resent = n.parse().unwrap();
            }
            ["label", label] => self.link.label = Some((*label).into()),
            _ => panic!("unknown setting {word}"),
        }
    }

    fn unread(&mut self, side: Side) {
        if let Observation::Present(item) = self.now.side_mut(side) {
            item.text = None;
        }
    }

    fn wrote(&mut self, side: Side, field: &str, before: &str, seconds: &str) {
        let mut values = self.link.base.side(side).clone();
        match self::field(field) {
            Field::Title => values.title = before.into(),
            Field::Description => {
                values.description = crate::support::version(side, &crate::support::lines(before));
            }
            Field::Status => values.status = Some(before.into()),
            Field::Priority | Field::Parent | Field::Labels | Field::Assignee | Field::DueDate => {
                panic!("{field}")
            }
        }
        let at = Millis(self.rules.now.0 - seconds.parse::<i64>().unwrap() * 1_000);
        let fields = FieldSet::of(&[self::field(field)]);
        *self.link.last_write.side_mut(side) = Some(LastWrite {
            at,
            fields,
            before: values,
            resent: 0,
        });
    }
}

fn policy(word: &str) -> Policy {
    match word {
        "huly" => Policy::Huly,
        "vibe" => Policy::Vibe,
        "merge" => Policy::Merge,
        "manual" => Policy::Manual,
        _ => panic!("unknown policy {word}"),
    }
}

fn field(word: &str) -> Field {
    match word {
        "title" => Field::Title,
        "text" => Field::Description,
        "status" => Field::Status,
        _ => panic!("unknown field {word}"),
    }
}

fn side(word: &str) -> Side {
    match word {
        "huly" => Side::Huly,
        "vibe" => Side::Vibe,
        _ => panic!("unknown side {word}"),
    }
}

fn observed(side: Side, base: &Item, short: &str) -> Observation {
    match short {
        "gone" => Observation::Gone,
        "unseen" => Observation::Unseen,
        "=" => Observation::Present(Box::new(base.clone())),
        "=@" => Observation::Present(Box::new(Item {
            agent: true,
            ..base.clone()
        })),
        _ => Observation::Present(Box::new(item(side, short))),
    }
}

fn planned(row: &Row, lenses: &Lenses) -> String {
    let (_, base, huly, vibe, settings, _) = row;
    let (base_huly, base_vibe) = base.split_once(" = ").unwrap();
    let rules = rules(lenses);
    let (link, texts) = link(&rules, base_huly, base_vibe);
    let now = Pair {
        huly: observed(Side::Huly, &item(Side::Huly, base_huly), huly),
        vibe: observed(Side::Vibe, &item(Side::Vibe, base_vibe), vibe),
    };
    let mut case = Case {
        rules,
        link,
        texts,
        now,
    };
    settings.split_whitespace().for_each(|word| case.set(word));
    let input = LinkInput {
        link: &case.link,
        now: case.now.as_ref(),
        base_texts: case.texts.clone(),
    };
    compact(&plan::link(&case.rules, &input))
}

fn check(rows: &[Row]) {
    let lenses = lenses();
    let mut wrong = Vec::new();
    for row in rows {
        let got = planned(row, &lenses);
        if got != row.5 {
            wrong.push(format!(
                "{}\n  {} | {} | {} [{}]\n  expected: {}\n  got:      {got}",
                row.0, row.1, row.2, row.3, row.4, row.5
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn titles_are_planned_as_the_table_says() {
    check(titles::TITLES);
}

#[test]
fn descriptions_are_planned_as_the_table_says() {
    check(descriptions::DESCRIPTIONS);
}

#[test]
fn statuses_are_planned_as_the_table_says() {
    check(statuses::STATUSES);
}

#[test]
fn lost_writes_are_planned_as_the_table_says() {
    check(lost_writes::LOST_WRITES);
}

#[test]
fn deletions_are_planned_as_the_table_says() {
    check(deletions::DELETIONS);
}

#[test]
fn links_without_a_counterpart_are_planned_as_the_table_says() {
    check(lone::LONE);
}

#[test]
fn rebuilt_links_and_refused_values_are_planned_as_the_table_says() {
    check(rebuilt::REBUILT);
    check(refused::REFUSED);
}

#[test]
fn the_table_has_at_least_120_rows_with_names_of_their_own() {
    let all = [
        titles::TITLES,
        descriptions::DESCRIPTIONS,
        statuses::STATUSES,
        lost_writes::LOST_WRITES,
        deletions::DELETIONS,
        lone::LONE,
        rebuilt::REBUILT,
        refused::REFUSED,
    ];
    let names: std::collections::BTreeSet<&str> = all
        .iter()
        .flat_map(|rows| rows.iter().map(|row| row.0))
        .collect();
    let count: usize = all.iter().map(|rows| rows.len()).sum();
    assert!(count >= 120, "{count} rows");
    assert_eq!(names.len(), count, "a name stands twice");
}
