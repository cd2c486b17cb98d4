//! Guards (design 3.7): one class of actions in a project is held back as a whole when there are suspiciously many of
//! them; the rest goes on. A person accepts a held set by its hash.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ids::LinkId,
    item::{Field, FieldSet},
    plan::canonical,
    plan::{Action, Change, LinkPlan, Update, Why},
    side::{Pair, Side},
};

/// What is counted and held together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Items are deleted or set to cancelled.
    Removals,
    /// Counterparts are made.
    Creates,
    /// Descriptions or statuses are written.
    Rewrites,
}

impl Class {
    /// Every class, in the order of listings.
    pub const ALL: [Class; 3] = [Class::Removals, Class::Creates, Class::Rewrites];

    /// The name in listings and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Removals => "removals",
            Class::Creates => "creates",
            Class::Rewrites => "rewrites",
        }
    }
}

/// From where on a class is held. Shares are percent; the defaults are those of design 3.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Removals that are never held for their share (3).
    pub removals_free: usize,
    /// Share of a project's links that may be removed (20).
    pub removals_percent: usize,
    /// All of a project's links are held where it has more than this (2).
    pub removals_all: usize,
    /// Removals in one run, over all projects (20).
    pub removals_run: usize,
    /// Creates that are never held for their share (50).
    pub creates_free: usize,
    /// Share of the items of one side that may be made (20).
    pub creates_percent: usize,
    /// Rewrites that are never held for their share (3): in a project of two links an ordinary day is 100 %.
    pub rewrites_free: usize,
    /// Share of a project's descriptions, or of its statuses, that may be written (50).
    pub rewrites_percent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            removals_free: 3,
            removals_percent: 20,
            removals_all: 2,
            removals_run: 20,
            creates_free: 50,
            creates_percent: 20,
            rewrites_free: 3,
            rewrites_percent: 50,
        }
    }
}

/// What the counts are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Links of the project.
    pub links: usize,
    /// Items of the project, by side.
    pub items: Pair<usize>,
    /// Whether this is the project's first sync, which a person confirmed: creates are not held.
    pub first_sync: bool,
    /// Removals that this run did or planned in other projects.
    pub removals_in_run: usize,
}

/// Names one (link, action) pair: SHA-256 in hex over the link's id and the action's canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairHash(pub String);

/// A class that is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub class: Class,
    /// How many of them there are.
    pub count: usize,
    /// How many were let through.
    pub limit: usize,
    /// SHA-256 in hex over the sorted pairs: what `--accept` takes.
    pub hash: String,
    /// The pairs, sorted. A store keeps them, so that an accepted set covers every subset of it.
    pub pairs: Vec<PairHash>,
}

/// Which classes of a project's plans are held back.
///
/// ```
/// use sync_core::{Pair, guard::{Counts, Limits, check}};
/// let counts = Counts { links: 10, items: Pair { huly: 10, vibe: 10 }, first_sync: false, removals_in_run: 0 };
/// assert!(check(&Limits::default(), &counts, &[]).is_empty());
/// ```
pub fn check(limits: &Limits, counts: &Counts, plans: &[LinkPlan]) -> Vec<Held> {
    let mut tally = Tally::default();
    for plan in plans {
        for action in &plan.actions {
            tally.add(plan.link, action);
        }
    }
    let mut held = Vec::new();
    for class in Class::ALL {
        if let Some((count, limit)) = tally.over(class, limits, counts) {
            let mut pairs = std::mem::take(tally.pairs(class));
            pairs.sort();
            pairs.dedup();
            held.push(Held {
                class,
                count,
                limit,
                hash: set_hash(&pairs),
                pairs,
            });
        }
    }
    held
}

/// Whether an accepted set covers a held one: it holds each of its pairs. A set covers itself and every subset, so what was
/// accepted stays accepted while some of it is done; a pair whose values changed is another pair.
///
/// ```
/// use sync_core::guard::{Class, Held, PairHash, covers};
/// let pair = |name: &str| PairHash(name.to_owned());
/// let held = Held { class: Class::Removals, count: 1, limit: 0, hash: String::new(), pairs: vec![pair("a")] };
/// assert!(covers(&[pair("a"), pair("b")], &held));
/// assert!(!covers(&[pair("b")], &held));
/// ```
pub fn covers(accepted: &[PairHash], held: &Held) -> bool {
    let accepted: HashSet<&PairHash> = accepted.iter().collect();
    held.pairs.iter().all(|pair| accepted.contains(pair))
}

/// The plan without what belongs to the held classes. Of an update only the held fields are taken out, with the conflicts
/// they would have made: what is not overwritten has not lost.
///
/// ```
/// use sync_core::{Pair, guard::{Class, withhold}, ids::LinkId, item::Values, plan::{Action, Cancel, LinkPlan}, Side};
/// let cancel = Cancel { side: Side::Vibe, item: "t1".into(), status: None, reason: "gone".into(), expected: Values::default() };
/// let plan = LinkPlan { link: LinkId(uuid::Uuid::nil()), label: "P-1".into(), actions: vec![Action::Cancel(cancel)] };
/// assert!(withhold(&plan, &[Class::Removals]).actions.is_empty());
/// assert_eq!(withhold(&plan, &[Class::Creates]), plan);
/// ```
pub fn withhold(plan: &LinkPlan, classes: &[Class]) -> LinkPlan {
    let rewrites = classes.contains(&Class::Rewrites);
    let held_fields: FieldSet = if rewrites {
        plan.actions
            .iter()
            .flat_map(rewritten)
            .map(|change| change.field)
            .collect()
    } else {
        FieldSet::EMPTY
    };
    // Entries that only explain a removal or a create have no meaning without it.
    let item_held = plan.actions.iter().any(|action| match action {
        Action::Create(_) => classes.contains(&Class::Creates),
        Action::Cancel(_) | Action::Remove(_) => classes.contains(&Class::Removals),
        Action::Update(_)
        | Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => false,
    });
    let kept = |action: &Action| match action {
        Action::Create(_) => (!classes.contains(&Class::Creates)).then(|| action.clone()),
        Action::Cancel(_) | Action::Remove(_) => {
            (!classes.contains(&Class::Removals)).then(|| action.clone())
        }
        Action::Conflict(conflict) if item_held || held_fields.contains(conflict.field) => None,
        Action::Update(update) => without(update, held_fields).map(Action::Update),
        Action::Conflict(_)
        | Action::Agree(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => Some(action.clone()),
    };
    LinkPlan {
        link: plan.link,
        label: plan.label.clone(),
        actions: plan.actions.iter().filter_map(kept).collect(),
    }
}

fn without(update: &Update, held: FieldSet) -> Option<Update> {
    let set: Vec<Change> = update
        .set
        .iter()
        .filter(|change| !held.contains(change.field))
        .cloned()
        .collect();
    let whole = update.whole.filter(|_| set.len() == update.set.len());
    (!set.is_empty()).then(|| Update {
        set,
        whole,
        ..update.clone()
    })
}

/// The changes of an action that count as rewrites. What our own create or write still owes is none.
fn rewritten(action: &Action) -> impl Iterator<Item = &Change> {
    let set: &[Change] = match action {
        Action::Update(update) => &update.set,
        Action::Create(_)
        | Action::Cancel(_)
        | Action::Remove(_)
        | Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => &[],
    };
    set.iter().filter(|change| {
        let field = matches!(change.field, Field::Description | Field::Status);
        let why = match change.why {
            Why::Edit | Why::Merged | Why::Rules | Why::Adopted => true,
            Why::Resend | Why::Confirm => false,
        };
        field && why
    })
}

/// The counts and pairs of each class.
#[derive(Debug, Default)]
struct Tally {
    removals: Vec<PairHash>,
    created: Vec<PairHash>,
    creates: Pair<usize>,
    rewritten: Vec<PairHash>,
    descriptions: usize,
    statuses: usize,
}

impl Tally {
    fn add(&mut self, link: LinkId, action: &Action) {
        match action {
            Action::Cancel(_) | Action::Remove(_) => self.removals.push(pair_hash(link, action)),
            Action::Create(create) => {
                *self.creates.side_mut(create.side) += 1;
                self.created.push(pair_hash(link, action));
            }
            Action::Update(update) => {
                let changes: Vec<&Change> = rewritten(action).collect();
                self.descriptions += usize::from(
                    changes
                        .iter()
                        .any(|change| change.field == Field::Description),
                );
                self.statuses +=
                    usize::from(changes.iter().any(|change| change.field == Field::Status));
                if !changes.is_empty() {
                    // only the part that is held names it: an edit of the title meanwhile is not another rewrite
                    self.rewritten
                        .push(pair_hash(link, &(update.side, &update.item, changes)));
                }
            }
            Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => {}
        }
    }

    const fn pairs(&mut self, class: Class) -> &mut Vec<PairHash> {
        match class {
            Class::Removals => &mut self.removals,
            Class::Creates => &mut self.created,
            Class::Rewrites => &mut self.rewritten,
        }
    }

    /// The count and the limit it is over, if it is.
    fn over(&self, class: Class, limits: &Limits, counts: &Counts) -> Option<(usize, usize)> {
        match class {
            Class::Removals => self.removals_over(limits, counts),
            Class::Creates if counts.first_sync => None,
            Class::Creates => Side::ALL.into_iter().find_map(|side| {
                let limit = limits
                    .creates_free
                    .max(share(*counts.items.side(side), limits.creates_percent));
                let count = *self.creates.side(side);
                (count > limit).then_some((count, limit))
            }),
            Class::Rewrites => [self.descriptions, self.statuses]
                .into_iter()
                .find_map(|count| {
                    let limit = limits
                        .rewrites_free
                        .max(share(counts.links, limits.rewrites_percent));
                    (count > limit).then_some((count, limit))
                }),
        }
    }

    fn removals_over(&self, limits: &Limits, counts: &Counts) -> Option<(usize, usize)> {
        let count = self.removals.len();
        if count == 0 {
            return None;
        }
        let mut limit = limits
            .removals_free
            .max(share(counts.links, limits.removals_percent));
        if counts.links > limits.removals_all {
            limit = limit.min(counts.links.saturating_sub(1));
        }
        limit = limit.min(limits.removals_run.saturating_sub(counts.removals_in_run));
        (count > limit).then_some((count, limit))
    }
}

/// So many percent of a number, rounded down.
const fn share(of: usize, percent: usize) -> usize {
    of.saturating_mul(percent) / 100
}

fn pair_hash(link: LinkId, action: &impl Serialize) -> PairHash {
    let mut hash = Sha256::new();
    hash.update(link.0.as_bytes());
    hash.update(canonical(action).as_bytes());
    PairHash(hex::encode(hash.finalize()))
}

fn set_hash(sorted: &[PairHash]) -> String {
    let mut hash = Sha256::new();
    for pair in sorted {
        hash.update(pair.0.as_bytes());
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}
