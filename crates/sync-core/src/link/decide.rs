//! Link making (design 3.5): what becomes of items that no link knows, in this order: the store, the derived id, this
//! store's marker, the predecessor's footer, an equal title; else a counterpart is made.

mod order;

use std::{collections::HashMap, sync::Arc};

use super::{Link, Titles, fold};
use crate::{
    footer::Writer,
    ids::{Generation, IntentKey, ItemId, LinkId, StoreId, WorkspaceId},
    item::{Item, Observation},
    rules::Rules,
    side::{Pair, Side},
};

/// How a pair was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The issue has the id that is derived from the task.
    DerivedId,
    /// The task carries this store's marker.
    Marker,
    /// The task carries the predecessor's footer.
    Predecessor,
    /// Exactly one item of this title stands on each side.
    Title,
}

/// A link of the store, with what is seen of its task now.
#[derive(Clone, Debug)]
pub struct Known {
    /// The row.
    pub link: Link,
    /// The linked task now.
    pub task: Observation,
}

/// Items without a link, and what was looked up for them ([`wants`] says what).
#[derive(Clone, Copy)]
pub struct Unlinked<'a> {
    /// The items to decide on, with their footers read.
    pub items: Pair<&'a [Item]>,
    /// The store's link of this id, in whatever project.
    pub link: &'a dyn Fn(LinkId) -> Option<Known>,
    /// Whether a link has this item, in whatever project.
    pub linked: &'a dyn Fn(Side, &ItemId) -> bool,
    /// Issues that have the id derived from a task, by task.
    pub derived: &'a HashMap<ItemId, Item>,
    /// Issues of this project by the identifiers that footers name.
    pub labelled: &'a HashMap<Arc<str>, Item>,
    /// The titles of the *whole* project on each side.
    pub titles: Pair<&'a Titles>,
    /// Whether markers of other stores are taken over (`hvs reconcile --full --repair`).
    pub take_over: bool,
}

/// What becomes of an item without a link. Decisions that name the same item follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The two are a pair: [`adopt`](super::adopt).
    Adopt {
        /// The issue.
        huly: ItemId,
        /// The task.
        vibe: ItemId,
        /// Why.
        how: How,
    },
    /// A counterpart is made: [`create`](super::create).
    Create {
        /// The side of the item that is there.
        from: Side,
        /// The item.
        item: ItemId,
        /// The link it will have.
        link: LinkId,
    },
    /// Two tasks of one create, since one landed late: the younger, untouched, is removed ([`remove_twin`](super::remove_twin)).
    Twin {
        /// Of this link.
        link: LinkId,
        /// The task that stays.
        keep: ItemId,
        /// The task that goes.
        remove: ItemId,
    },
    /// A person copied a task, footer and all: the marker says nothing about the copy. What becomes of it follows.
    Copy {
        /// The copy.
        item: ItemId,
    },
    /// The task's marker is another store's: a second hvs on the same boards, or a lost store.
    Foreign {
        /// The task.
        item: ItemId,
        /// Whose marker it is.
        store: StoreId,
    },
    /// Nothing is done to it, and a person should know why.
    Hold {
        /// Its side.
        side: Side,
        /// The item.
        item: ItemId,
        /// In words.
        reason: Arc<str>,
    },
    /// The link's own task is proven gone (or was not known yet), and this one carries its marker ([`relink`](super::relink)).
    Relink {
        /// The link.
        link: LinkId,
        /// The task it points to from now on.
        item: ItemId,
    },
}

/// What must be looked up before [`decide`]. Empty where nothing is unlinked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Tasks with the ids that issues made for them would have, of the first few generations.
    pub derived: Vec<(ItemId, ItemId)>,
    /// Identifiers of issues that footers name, sorted.
    pub labels: Vec<Arc<str>>,
    /// The sides whose whole project must be known by title.
    pub titles: Pair<bool>,
}

/// Generations of derived ids that are looked for. A task whose issue was made again more often is found by its title.
const GENERATIONS: u32 = 3;

/// The id of the issue that a create made, or would make, for a task.
pub fn derived_issue(workspace: WorkspaceId, task: &ItemId, generation: Generation) -> ItemId {
    IntentKey::create(
        LinkId::derive(workspace, Side::Vibe, task),
        Side::Huly,
        generation,
    )
    .document_id()
}

/// What must be looked up before [`decide`] can decide on these items.
///
/// ```
/// # use sync_core::{Pair, ids::*, item::*, lens::Lenses, link, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits::default() };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let task = Item::new("t1".into(), Values { title: "Dock".into(), ..Values::default() });
/// let wants = link::wants(&rules, Pair { huly: &[], vibe: std::slice::from_ref(&task) });
/// assert_eq!(wants.derived[0].0, task.id);
/// assert_eq!(wants.titles, Pair { huly: true, vibe: true });
/// ```
pub fn wants(rules: &Rules<'_>, items: Pair<&[Item]>) -> Wants {
    let mut wants = Wants::default();
    for task in items.vibe {
        let ids =
            (1..=GENERATIONS).map(|n| derived_issue(rules.workspace, &task.id, Generation(n)));
        wants
            .derived
            .extend(ids.map(|issue| (task.id.clone(), issue)));
        wants
            .labels
            .extend(task.footer.as_ref().and_then(|footer| footer.label.clone()));
    }
    wants.labels.sort();
    wants.labels.dedup();
    let any = !items.huly.is_empty() || !items.vibe.is_empty();
    wants.titles = Pair {
        huly: any,
        vibe: any,
    };
    wants
}

/// Decides on items without a link. Stronger evidence goes first, over all items, so that no weaker one takes an item
/// away from it; where evidence is ambiguous, nothing is linked by it.
///
/// * A task whose marker is another store's stops every create in the project.
/// * A task with a footer of ours or of the predecessor's is never given a counterpart by itself.
/// * A person's copy of a task (the same marker twice) counts as a task without a footer.
///
/// ```
/// # use std::collections::HashMap;
/// # use sync_core::{Pair, Side, ids::*, item::*, lens::Lenses, link::{self, Decision, How, Titles, Unlinked}, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits::default() };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let issue = [Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() })];
/// let task = [Item::new("t1".into(), Values { title: "dock ".into(), ..Values::default() })];
/// let titles = Pair { huly: Titles::of([(&issue[0], false)]), vibe: Titles::of([(&task[0], false)]) };
/// let unlinked = Unlinked {
///     items: Pair { huly: &issue, vibe: &task }, link: &|_| None, linked: &|_, _| false,
///     derived: &HashMap::new(), labelled: &HashMap::new(), titles: titles.as_ref(), take_over: false,
/// };
/// let adopt = Decision::Adopt { huly: "h1".into(), vibe: "t1".into(), how: How::Title };
/// assert_eq!(link::decide(&rules, &unlinked), [adopt]);
/// ```
pub fn decide(rules: &Rules<'_>, unlinked: &Unlinked<'_>) -> Vec<Decision> {
    order::Deciding::new(rules, unlinked).run()
}

/// Whether a footer is one that says which issue a task belongs to.
const fn is_ours(writer: Writer) -> bool {
    match writer {
        Writer::Ours => true,
        Writer::Predecessor => false,
    }
}

/// Whether two items have one title.
fn same_title(a: &Item, b: &Item) -> bool {
    fold(&a.values.title) == fold(&b.values.title)
}
