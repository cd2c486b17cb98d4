//! The status lens (design 3.3).

use std::collections::BTreeMap;

use crate::ids::KindId;

/// The map between one kind of item's Huly statuses and Vibe's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lens {}

/// The lenses of one project, by kind of item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lenses {
    /// For kinds that have their own.
    pub by_kind: BTreeMap<KindId, Lens>,
    /// For every other one.
    pub default: Lens,
}
