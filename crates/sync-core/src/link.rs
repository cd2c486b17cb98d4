//! The link: two items, the base, and what is remembered of our own last writes. And how links are made.

mod adopt;
pub mod claims;
mod decide;
mod duplicates;
mod titles;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{Generation, ItemId, LinkId, Millis, RulesVersion},
    item::{FieldSet, Values},
    rules::Rules,
    side::{Pair, Side},
};

pub use adopt::{adopt, create, relink, remove_mirrored, remove_twin, tombstone};
pub use decide::{Decision, How, Known, Unlinked, Wants, decide, derived_issue, wants};
pub use duplicates::{Duplicate, Linked, duplicates};
pub use titles::{Titles, fold};

/// What a link is doing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Kept the same.
    #[default]
    Active,
    /// Left alone for now: filtered out, or its project is asleep.
    Asleep,
    /// One side was deleted and the other cancelled or left: no new counterpart while it stands (design 3.6).
    Tombstone,
}

/// What a side held before our last write to it (design 3.1 a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWrite {
    /// When the write was confirmed, by our clock.
    pub at: Millis,
    /// Which fields it set.
    pub fields: FieldSet,
    /// What the side held before it.
    pub before: Values,
    /// How often it was sent again because the old value came back.
    pub resent: u32,
}

/// A pair of items that are kept the same: the store's row, without texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Derived, never random.
    pub id: LinkId,
    /// Which side's item was there first: the other one is the counterpart that we made or adopted.
    pub origin: Side,
    /// The items; `None` on the side whose counterpart is not there yet, or is proven gone.
    pub items: Pair<Option<ItemId>>,
    /// The identifier for people (`PROJ-12`).
    pub label: Option<Arc<str>>,
    /// What each side held when the two were last in agreement.
    pub base: Pair<Values>,
    /// How often each side's item was made by us (1 where a person made it).
    pub generation: Pair<Generation>,
    /// Fields that wait for a person.
    pub frozen: FieldSet,
    /// What it is doing.
    pub phase: Phase,
    /// Set after a store was lost or rolled back, until the next confirmed agreement: a difference never overwrites
    /// without keeping the other value (design 4.3).
    pub rebuilt: bool,
    /// When the row was made, by our clock: the newest tasks missing together tell a service that was restored (design 3.7).
    pub made: Millis,
    /// Huly's stamp of the issue when its base was taken: an older one with other content tells the same.
    pub stamp: Option<Millis>,
    /// Our last write to each side.
    pub last_write: Pair<Option<LastWrite>>,
    /// The rules it was last planned with.
    pub rules: RulesVersion,
    /// Grows by one with every change of the row.
    pub version: u64,
}

impl Link {
    /// A link between an issue that was there first and a task, with an empty base that is not set yet.
    pub fn between(rules: &Rules<'_>, huly: ItemId, vibe: ItemId) -> Link {
        let id = LinkId::derive(rules.workspace, Side::Huly, &huly);
        Link {
            items: Pair {
                huly: Some(huly),
                vibe: Some(vibe),
            },
            ..Link::new(rules, id, Side::Huly)
        }
    }

    /// A link without items.
    pub(crate) fn new(rules: &Rules<'_>, id: LinkId, origin: Side) -> Link {
        Link {
            id,
            origin,
            items: Pair::default(),
            label: None,
            base: Pair::default(),
            generation: Pair::default(),
            frozen: FieldSet::EMPTY,
            phase: Phase::Active,
            rebuilt: false,
            made: rules.now,
            stamp: None,
            last_write: Pair::default(),
            rules: rules.version,
            version: 0,
        }
    }

    /// Whether neither item is there any more: the row is to be dropped.
    pub const fn is_over(&self) -> bool {
        self.items.huly.is_none() && self.items.vibe.is_none()
    }
}
