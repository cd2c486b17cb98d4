//! Every case of a small domain: each base, Huly, Vibe, each of {present, gone, unseen} on both sides, each policy.

mod domain;
mod outcomes;

use std::sync::Arc;
use sync_core::{
    Pair, Side,
    item::{Field, FieldSet, Item, Observation},
    link::{Link, Phase},
    plan::{self, Action, LinkInput, LinkPlan, Update},
    rules::{Deletion, Policy, Rules},
};

use crate::support::compact::compact;

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
