//! The status lens (design 3.3): the map between one kind of item's Huly statuses and Vibe's, lawful by construction.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ids::{KindId, StatusId},
    side::Side,
};

/// Huly's five categories of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Not planned yet (`UnStarted`).
    Backlog,
    /// Planned.
    Todo,
    /// Worked on.
    Active,
    /// Done.
    Won,
    /// Given up.
    Lost,
}

/// One Huly status of a kind of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HulyStatus {
    /// The status document's id.
    pub id: StatusId,
    /// What people call it.
    pub name: Arc<str>,
    /// `None` where Huly names a category that is not one of the five.
    pub category: Option<Category>,
}

/// The map by name from the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusNames {
    /// Huly status name -> Vibe status. Names are compared trimmed and without regard to case.
    pub to_vibe: BTreeMap<String, String>,
    /// Vibe status -> Huly status name.
    pub to_huly: BTreeMap<String, String>,
}

/// The map between one kind of item's Huly statuses and Vibe's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lens {}

/// What is wrong with a status map or the statuses it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LensProblem {
    /// A Huly status without known category whose name is in no map: items with it keep their status unsynced.
    Unmapped {
        /// The status.
        id: StatusId,
        /// Its name.
        name: Arc<str>,
    },
}

impl Lens {
    /// Builds the map.
    pub fn build(statuses: &[HulyStatus], vibe: &[StatusId], names: &StatusNames) -> (Lens, Vec<LensProblem>) {
        (Lens {}, Vec::new())
    }
    /// The Vibe status of a Huly status; `None` for an unknown one.
    pub fn to_vibe(&self, huly: &StatusId) -> Option<&StatusId> {
        None
    }
    /// The Huly status for a Vibe status.
    pub fn to_huly(&self, vibe: &StatusId, current: Option<&StatusId>) -> Option<&StatusId> {
        None
    }
    /// Whether the two statuses mean the same.
    pub fn same(&self, huly: &StatusId, vibe: &StatusId) -> bool {
        false
    }
    /// The side's status for cancelled.
    pub fn cancelled(&self, side: Side) -> Option<StatusId> {
        None
    }
    /// The side's status names, in board order.
    pub fn names(&self, side: Side) -> Vec<Arc<str>> {
        Vec::new()
    }
    /// What people call a status of either side; the id itself where it is not known.
    pub fn name_of<'a>(&'a self, status: &'a StatusId) -> &'a str {
        status.as_str()
    }
    /// A stable hash of the map.
    pub fn version(&self) -> u64 {
        0
    }
}

/// The lenses of one project, by kind of item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lenses {
    /// For kinds that have their own.
    pub by_kind: BTreeMap<KindId, Lens>,
    /// For every other one.
    pub default: Lens,
}

impl Lenses {
    /// The lens of a kind.
    pub fn of(&self, kind: Option<&KindId>) -> &Lens {
        kind.and_then(|kind| self.by_kind.get(kind)).unwrap_or(&self.default)
    }
    /// A stable hash of all maps, for [`RulesVersion`](crate::ids::RulesVersion).
    pub fn version(&self) -> u64 {
        0
    }
}
