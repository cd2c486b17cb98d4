//! The status lens (design 3.3): the map between one kind of item's Huly statuses and Vibe's.
//!
//! Many Huly statuses may mean one Vibe status, so writing a Vibe status back must not move an issue that already
//! means it. Both laws hold by construction, for every list of statuses and every configuration:
//!
//! * writing back what was read changes nothing: `to_huly(to_vibe(h), h) = h`;
//! * what was written is read back, on the image: `to_vibe(to_huly(v, c)) = v`;
//! * [`Lens::to_huly`] is total on the Vibe statuses it was built with, as long as one Huly status is known at all.

mod build;

use std::{collections::BTreeMap, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    ids::{KindId, StatusId},
    side::Side,
};

/// Huly's five categories of a status (`task:statusCategory:…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Not planned yet (`UnStarted`).
    Backlog,
    /// Planned (`ToDo`).
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
    /// What people call it; several may bear one name.
    pub name: Arc<str>,
    /// `None` where Huly names a category that is not one of the five.
    pub category: Option<Category>,
}

/// The map by name from the configuration. Names are compared trimmed and without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusNames {
    /// Huly status name -> Vibe status: goes before the category.
    pub to_vibe: BTreeMap<String, String>,
    /// Vibe status -> Huly status name: which of several Huly statuses is written, or the nearest one for a Vibe
    /// status that none stands for.
    pub to_huly: BTreeMap<String, String>,
}

/// What is wrong with a status map, or with the statuses it meets. None of them stops the lens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LensProblem {
    /// A Huly status that nothing maps: the status of its items is not synced until the configuration says how.
    Unmapped {
        /// The status.
        id: StatusId,
        /// Its name.
        name: Arc<str>,
    },
    /// The configuration names a Huly status that this kind of item does not have.
    NoSuchHuly {
        /// As the configuration has it.
        name: String,
    },
    /// The configuration names a status that Vibe does not have. The entry counts for nothing: a Huly status it
    /// was meant for is [`LensProblem::Unmapped`], never guessed.
    NoSuchVibe {
        /// As the configuration has it.
        name: String,
    },
    /// `to_huly` sends a Vibe status to a Huly status that means another one: what was written would not be read
    /// back. The entry counts for nothing.
    Contradiction {
        /// The Vibe status.
        vibe: StatusId,
        /// The Huly status the configuration names for it.
        huly: StatusId,
        /// What that one means.
        means: StatusId,
    },
}

/// The map between one kind of item's Huly statuses and Vibe's. The default one knows no status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    /// In board order.
    huly: Vec<Known>,
    /// In Vibe's order.
    vibe: Vec<StatusId>,
    /// For each of `vibe`, what is written where the current status does not mean it already. `None` only where no
    /// Huly status is known.
    write: BTreeMap<StatusId, Home>,
    /// Where each id stands in `huly`.
    index: BTreeMap<StatusId, usize>,
    /// Huly's status for cancelled.
    lost: Option<StatusId>,
    /// Vibe's status for cancelled.
    cancelled: Option<StatusId>,
}

/// One Huly status with what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    id: StatusId,
    name: Arc<str>,
    means: Option<StatusId>,
}

/// What is written for one Vibe status.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Home {
    huly: StatusId,
    /// Whether `huly` means that Vibe status, or is only the nearest one.
    exact: bool,
}

impl Lens {
    /// Builds the map from the statuses of one kind of item in board order, Vibe's statuses in Vibe's order, and the
    /// names from the configuration. Statuses that no name maps go by category: Backlog and Todo -> `todo`, Active ->
    /// `inprogress` (`inreview` where the name contains "review"), Won -> `done`, Lost -> `cancelled`.
    ///
    /// ```
    /// use sync_core::{ids::StatusId, lens::{Category, HulyStatus, Lens, StatusNames}};
    /// let huly = [("h1", "Backlog", Category::Backlog), ("h2", "Todo", Category::Todo), ("h3", "Building", Category::Active)]
    ///     .map(|(id, name, category)| HulyStatus { id: id.into(), name: name.into(), category: Some(category) });
    /// let vibe = ["todo", "inprogress", "inreview", "done", "cancelled"].map(StatusId::from);
    /// let (lens, problems) = Lens::build(&huly, &vibe, &StatusNames::default());
    /// assert!(problems.is_empty());
    /// assert_eq!(lens.to_vibe(&"h1".into()), Some(&"todo".into()));
    /// // an issue in the backlog stays there; one that comes from elsewhere goes to Todo
    /// assert_eq!(lens.to_huly(&"todo".into(), Some(&"h1".into())), Some(&"h1".into()));
    /// assert_eq!(lens.to_huly(&"todo".into(), Some(&"h3".into())), Some(&"h2".into()));
    /// // no Huly status stands for a review here: the active one is the nearest, and then they mean the same
    /// assert_eq!(lens.to_huly(&"inreview".into(), None), Some(&"h3".into()));
    /// assert!(lens.same(&"h3".into(), &"inreview".into()));
    /// ```
    pub fn build(
        statuses: &[HulyStatus],
        vibe: &[StatusId],
        names: &StatusNames,
    ) -> (Lens, Vec<LensProblem>) {
        build::lens(statuses, vibe, names)
    }

    /// The Vibe status that a Huly status means; `None` for one that is not known or not mapped.
    pub fn to_vibe(&self, huly: &StatusId) -> Option<&StatusId> {
        self.known(huly)?.means.as_ref()
    }

    /// The Huly status to write for a Vibe status: `current` where it means that already, else the configured one,
    /// else the first in board order that means it (for `todo` the first of category Todo, if there is one). A Vibe
    /// status that no Huly status stands for goes to the nearest one. `None` only for a status that is not one of
    /// Vibe's, or where no Huly status is known.
    pub fn to_huly<'a>(
        &'a self,
        vibe: &StatusId,
        current: Option<&'a StatusId>,
    ) -> Option<&'a StatusId> {
        match current {
            Some(now) if self.to_vibe(now) == Some(vibe) => Some(now),
            Some(_) | None => self.write.get(vibe).map(|home| &home.huly),
        }
    }

    /// Whether the two mean the same (design 3.2): `huly` means `vibe`, or no Huly status stands for `vibe` and
    /// `huly` is the nearest one.
    pub fn same(&self, huly: &StatusId, vibe: &StatusId) -> bool {
        self.to_vibe(huly) == Some(vibe)
            || self
                .write
                .get(vibe)
                .is_some_and(|home| !home.exact && home.huly == *huly)
    }

    /// The side's own status for cancelled; `None` where it has none. A merely nearest status does not count: an
    /// item whose counterpart was deleted must not become *done*.
    pub fn cancelled(&self, side: Side) -> Option<StatusId> {
        match side {
            Side::Huly => self.lost.clone(),
            Side::Vibe => self.cancelled.clone(),
        }
    }

    /// The names of the side's statuses, in its order, for messages.
    pub fn names(&self, side: Side) -> Vec<Arc<str>> {
        match side {
            Side::Huly => self
                .huly
                .iter()
                .map(|status| Arc::clone(&status.name))
                .collect(),
            Side::Vibe => self
                .vibe
                .iter()
                .map(|status| status.as_str().into())
                .collect(),
        }
    }

    /// What people call a status of either side; the id itself where that is all there is.
    pub fn name_of<'a>(&'a self, status: &'a StatusId) -> &'a str {
        self.known(status)
            .map_or(status.as_str(), |known| &known.name)
    }

    /// A stable hash of what the lens does. Names are not in it: a rename alone is not a change of rules.
    pub fn version(&self) -> u64 {
        let mut hash = Sha256::new();
        self.feed(&mut hash);
        first_eight(&hash.finalize())
    }

    fn known(&self, huly: &StatusId) -> Option<&Known> {
        self.huly.get(*self.index.get(huly)?)
    }

    fn feed(&self, hash: &mut Sha256) {
        for status in &self.huly {
            part(hash, "huly", status.id.as_str());
            match &status.means {
                Some(means) => part(hash, "means", means.as_str()),
                None => part(hash, "unknown", ""),
            }
        }
        for (vibe, home) in &self.write {
            part(hash, "vibe", vibe.as_str());
            part(
                hash,
                if home.exact { "home" } else { "nearest" },
                home.huly.as_str(),
            );
        }
        for side in Side::ALL {
            part(
                hash,
                "cancelled",
                self.cancelled(side).as_ref().map_or("", StatusId::as_str),
            );
        }
    }
}

/// The lenses of one project, by kind of item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lenses {
    /// For kinds that have their own.
    pub by_kind: BTreeMap<KindId, Lens>,
    /// For every other one, and for items without a kind.
    pub default: Lens,
}

impl Lenses {
    /// The lens of a kind of item.
    ///
    /// ```
    /// use sync_core::lens::Lenses;
    /// let lenses = Lenses::default();
    /// assert_eq!(lenses.of(Some(&"bug".into())), &lenses.default);
    /// ```
    pub fn of(&self, kind: Option<&KindId>) -> &Lens {
        kind.and_then(|kind| self.by_kind.get(kind))
            .unwrap_or(&self.default)
    }

    /// A stable hash of all maps, for [`RulesVersion`](crate::ids::RulesVersion).
    pub fn version(&self) -> u64 {
        let mut hash = Sha256::new();
        self.default.feed(&mut hash);
        for (kind, lens) in &self.by_kind {
            part(&mut hash, "kind", kind.as_str());
            lens.feed(&mut hash);
        }
        first_eight(&hash.finalize())
    }
}

/// Feeds a named part with its length, so that no two lists of parts read the same.
fn part(hash: &mut Sha256, name: &str, text: &str) {
    hash.update(name.as_bytes());
    hash.update(b":");
    hash.update(text.len().to_string().as_bytes());
    hash.update(b":");
    hash.update(text.as_bytes());
}

fn first_eight(digest: &[u8]) -> u64 {
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
