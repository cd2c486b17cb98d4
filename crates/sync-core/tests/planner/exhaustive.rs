//! Every case of a small domain: each base, Huly, Vibe, each of {present, gone, unseen} on both sides, each policy.

use std::sync::Arc;

use sync_core::{
    Pair, Side,
    item::{Field, FieldSet, Item, Observation},
    link::{Link, Phase},
    plan::{self, Action, LinkInput, LinkPlan, Update},
    rules::{Creation, Deletion, Policy, Rules},
};

use crate::support::{
    compact::compact,
    item, lenses, link, rules,
    world::{Card, Fate, World},
};

const POLICIES: [Policy; 4] = [Policy::Huly, Policy::Vibe, Policy::Merge, Policy::Manual];
const DELETIONS: [Deletion; 3] = [Deletion::Cancel, Deletion::Mirror, Deletion::Ignore];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Present,
    Gone,
    Unseen,
}

const SEEN: [Seen; 3] = [Seen::Present, Seen::Gone, Seen::Unseen];

/// One point of the domain.
struct Point<'a> {
    rules: &'a Rules<'a>,
    link: Link,
    texts: Pair<Option<Arc<str>>>,
    items: Pair<Item>,
    seen: Pair<Seen>,
}

impl Point<'_> {
    fn observe(&self) -> Pair<Observation> {
        Pair::by(|side| match self.seen.side(side) {
            Seen::Present => Observation::Present(Box::new(self.items.side(side).clone())),
            Seen::Gone => Observation::Gone,
            Seen::Unseen => Observation::Unseen,
        })
    }

    fn plan(&self) -> LinkPlan {
        let now = self.observe();
        plan::link(
            self.rules,
            &LinkInput {
                link: &self.link,
                now: now.as_ref(),
                base_texts: self.texts.clone(),
            },
        )
    }

    /// Fields that a person changed on one side, as far as was read.
    fn changed(&self, side: Side) -> FieldSet {
        match self.seen.side(side) {
            Seen::Present => self
                .items
                .side(side)
                .values
                .differing(self.link.base.side(side), FieldSet::COMMON),
            Seen::Gone | Seen::Unseen => FieldSet::EMPTY,
        }
    }

    fn name(&self, plan: &LinkPlan) -> String {
        format!(
            "{:?} {:?} {:?} -> {}",
            self.link.base,
            self.items.as_ref().map(|item| &item.values),
            self.seen,
            compact(plan)
        )
    }

    /// What holds for every point.
    fn check(&self) {
        let plan = self.plan();
        let name = || self.name(&plan);
        assert_eq!(
            plan,
            self.plan(),
            "a plan made twice is the same plan: {}",
            name()
        );
        let both_gone = self.seen
            == Pair {
                huly: Seen::Gone,
                vibe: Seen::Gone,
            };
        assert_eq!(
            plan.actions
                .iter()
                .any(|action| matches!(action, Action::Forget(_))),
            both_gone,
            "{}",
            name()
        );
        for action in &plan.actions {
            self.check_action(action, &name);
        }
        let keys: Vec<u8> = plan.actions.iter().map(rank).collect();
        assert!(keys.is_sorted(), "entries stand in their order: {}", name());
        if Side::ALL
            .into_iter()
            .all(|side| self.changed(side).is_empty() && *self.seen.side(side) != Seen::Gone)
        {
            assert_eq!(
                plan.actions,
                [],
                "nothing changed, nothing to do: {}",
                name()
            );
        }
        self.check_needs();
    }

    fn check_action(&self, action: &Action, name: &impl Fn() -> String) {
        let is = |side: Side, seen: Seen| *self.seen.side(side) == seen;
        match action {
            Action::Update(update) => {
                let from = update.side.opposite();
                assert!(
                    !is(update.side, Seen::Gone),
                    "what is gone is not written: {}",
                    name()
                );
                assert!(
                    !is(from, Seen::Gone),
                    "what is gone is not a source: {}",
                    name()
                );
                self.check_update(update, name);
            }
            Action::Cancel(cancel) => {
                assert!(
                    is(cancel.side.opposite(), Seen::Gone) && is(cancel.side, Seen::Present),
                    "I5: {}",
                    name()
                );
                assert_eq!(self.rules.deletion, Deletion::Cancel);
            }
            Action::Remove(remove) => {
                assert!(
                    is(remove.side.opposite(), Seen::Gone) && is(remove.side, Seen::Present),
                    "I5: {}",
                    name()
                );
                assert_eq!(self.rules.deletion, Deletion::Mirror);
                assert_eq!(
                    remove.kept.title,
                    self.items.side(remove.side).values.title,
                    "kept whole: {}",
                    name()
                );
            }
            Action::Create(create) => {
                assert!(
                    is(create.side, Seen::Gone) && is(create.side.opposite(), Seen::Present),
                    "I4: {}",
                    name()
                );
                assert!(
                    create.generation > *self.link.generation.side(create.side),
                    "a new generation: {}",
                    name()
                );
                assert!(
                    !self.changed(create.side.opposite()).is_empty(),
                    "only an edit makes it again: {}",
                    name()
                );
            }
            Action::Agree(agree) => {
                for side in Side::ALL {
                    let moved = agree
                        .fields
                        .and(self.changed(side).or(self.changed(side.opposite())));
                    assert_eq!(
                        moved,
                        agree.fields,
                        "only what changed is agreed on: {}",
                        name()
                    );
                }
            }
            Action::Conflict(conflict) => {
                let lost = conflict.winner.map(Side::opposite);
                assert!(
                    lost.is_none_or(|side| !is(side, Seen::Unseen)),
                    "what was not read cannot lose: {}",
                    name()
                );
            }
            Action::Phase(change) => {
                assert_eq!(change.to, Phase::Tombstone);
                assert!(
                    change.gone.is_some_and(|side| is(side, Seen::Gone)),
                    "{}",
                    name()
                );
            }
            Action::Forget(_) => {}
            Action::Problem(_) | Action::Notice(_) | Action::Relink(_) => {
                panic!("unexpected: {}", name())
            }
        }
    }

    /// A write follows an edit of the other side, and an edit it overwrites is kept.
    fn check_update(&self, update: &Update, name: &impl Fn() -> String) {
        let (own, other) = (
            self.changed(update.side),
            self.changed(update.side.opposite()),
        );
        let plan = self.plan();
        for change in &update.set {
            assert!(
                other.contains(change.field),
                "only the other side's edit is a reason to write: {}",
                name()
            );
            let kept = plan.actions.iter().any(|action| {
                matches!(action, Action::Conflict(conflict)
                    if conflict.field == change.field && *conflict.values.side(update.side) == change.from)
            });
            let merged = change.field == Field::Description
                && self.rules.policies.description == Policy::Merge;
            let formatting = change.field == Field::Description && self.same_form(update.side);
            assert!(
                !own.contains(change.field) || kept || merged || formatting,
                "I3: {}",
                name()
            );
        }
        let (now, expected) = (&self.items.side(update.side).values, &update.expected);
        match self.seen.side(update.side) {
            Seen::Present => assert_eq!(now, expected, "the write is conditional on what was seen"),
            Seen::Unseen => {
                assert_eq!(self.link.base.side(update.side), expected, "or on the base");
            }
            Seen::Gone => panic!("{}", name()),
        }
    }

    fn same_form(&self, side: Side) -> bool {
        let form =
            |text: &Option<Arc<str>>| (self.rules.normal_form)(text.as_deref().unwrap_or_default());
        form(&self.items.side(side).text) == form(self.texts.side(side))
    }

    /// What was asked for and given is not asked for again.
    fn check_needs(&self) {
        let now = self.observe();
        let needs = plan::needs(self.rules, &self.link, now.as_ref());
        for side in Side::ALL {
            assert!(
                !needs.text.side(side),
                "the text is there: {:?}",
                self.link.base
            );
            assert!(!needs.item.side(side) || *self.seen.side(side) == Seen::Unseen);
        }
    }
}

/// Where an entry stands in a plan.
const fn rank(action: &Action) -> u8 {
    match action {
        Action::Relink(_) => 0,
        Action::Agree(_) => 1,
        Action::Conflict(_) => 2,
        Action::Problem(_) => 3,
        Action::Notice(_) => 4,
        Action::Update(update) => match update.side {
            Side::Huly => 5,
            Side::Vibe => 6,
        },
        Action::Cancel(_) | Action::Remove(_) | Action::Create(_) => 7,
        Action::Phase(_) => 8,
        Action::Forget(_) => 9,
    }
}

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

fn all(shape: &str, values: &[&str]) -> Vec<String> {
    values
        .iter()
        .map(|value| shape.replace('%', value))
        .collect()
}

fn pairs(huly: &[String], vibe: &[String]) -> Vec<(String, String)> {
    huly.iter()
        .flat_map(|huly| vibe.iter().map(|vibe| (huly.clone(), vibe.clone())))
        .collect()
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

/// Every pair of cards that meant the same once, every edit, every policy: one run, and both mean the same and are quiet.
#[test]
fn every_edit_converges_in_one_run() {
    let lenses = lenses();
    let titles = ["A", "B", "C"];
    let statuses = [
        ("t", "todo"),
        ("d", "inprogress"),
        ("w", "done"),
        ("d", "inreview"),
    ];
    for policy in POLICIES {
        let mut rules = rules(&lenses);
        (rules.policies.title, rules.policies.status) = (policy, policy);
        for (huly, vibe) in pairs(&all("%", &titles), &all("%", &titles)) {
            for base in statuses {
                for (now_huly, now_vibe) in statuses
                    .iter()
                    .flat_map(|huly| statuses.iter().map(|vibe| (huly.0, vibe.1)))
                {
                    let cards = Pair {
                        huly: Card::new(Side::Huly, "A", "x", base.0),
                        vibe: Card::new(Side::Vibe, "A", "x", base.1),
                    };
                    let mut world = World::linked(&rules, cards);
                    (
                        world.card_mut(Side::Huly).title,
                        world.card_mut(Side::Huly).status,
                    ) = (huly.as_str().into(), now_huly.into());
                    (
                        world.card_mut(Side::Vibe).title,
                        world.card_mut(Side::Vibe).status,
                    ) = (vibe.as_str().into(), now_vibe.into());
                    world.run(&rules, Fate::default);
                    let frozen = world.link.as_ref().unwrap().frozen;
                    for field in [Field::Title, Field::Status] {
                        assert!(
                            frozen.contains(field) || world.same(&rules, field),
                            "{}",
                            world.short()
                        );
                    }
                    assert!(frozen.is_empty() || policy == Policy::Manual);
                    assert!(world.plan(&rules).actions.is_empty(), "{}", world.short());
                }
            }
        }
    }
}

/// Every deletion under every policy ends in one of the states that design 3.6 names, and stays there.
#[test]
fn every_deletion_ends_where_its_policy_says_and_stays_there() {
    let lenses = lenses();
    for deletion in DELETIONS {
        for gone in Side::ALL {
            for edited in [false, true] {
                let mut rules = rules(&lenses);
                (rules.deletion, rules.policies.title) = (deletion, Policy::Merge);
                let cards = Pair {
                    huly: Card::new(Side::Huly, "A", "x", "t"),
                    vibe: Card::new(Side::Vibe, "A", "x", "todo"),
                };
                let mut world = World::linked(&rules, cards);
                *world.cards.side_mut(gone) = None;
                if edited {
                    world.card_mut(gone.opposite()).title = "B".into();
                }
                world.run(&rules, Fate::default);
                match (edited, deletion) {
                    (true, _) => assert_eq!(&*world.card(gone).title, "B", "the edit wins"),
                    (false, Deletion::Cancel) => {
                        let cancelled = lenses.default.cancelled(gone.opposite()).unwrap();
                        assert_eq!(world.card(gone.opposite()).status, cancelled);
                        assert_eq!(world.link.as_ref().unwrap().phase, Phase::Tombstone);
                    }
                    (false, Deletion::Mirror) => assert_eq!(
                        (&world.cards.huly, &world.cards.vibe, &world.link),
                        (&None, &None, &None)
                    ),
                    (false, Deletion::Ignore) => {
                        assert_eq!(&*world.card(gone.opposite()).title, "A");
                        assert_eq!(world.link.as_ref().unwrap().phase, Phase::Tombstone);
                    }
                }
                if world.link.is_some() {
                    assert!(world.plan(&rules).actions.is_empty(), "{}", world.short());
                }
            }
        }
    }
}

#[test]
fn no_counterpart_is_made_where_creation_is_off() {
    let lenses = lenses();
    for (create, vibe, huly) in [
        (Creation::Both, true, true),
        (Creation::ToVibe, true, false),
        (Creation::ToHuly, false, true),
        (Creation::None, false, false),
    ] {
        let mut rules = rules(&lenses);
        rules.create = create;
        for (from, made) in [(Side::Huly, vibe), (Side::Vibe, huly)] {
            let (mut link, texts) = link(&rules, "A|x|t", "A|x|todo");
            *link.items.side_mut(from.opposite()) = None;
            let here = Observation::Present(Box::new(item(
                from,
                if from == Side::Huly {
                    "A|x|t"
                } else {
                    "A|x|todo"
                },
            )));
            let unseen = Observation::Unseen;
            let now = Pair::by(|side| if side == from { &here } else { &unseen });
            let plan = plan::link(
                &rules,
                &LinkInput {
                    link: &link,
                    now,
                    base_texts: texts,
                },
            );
            assert_eq!(
                plan.actions
                    .iter()
                    .any(|action| matches!(action, Action::Create(_))),
                made,
                "{create:?} {from}"
            );
        }
    }
}
