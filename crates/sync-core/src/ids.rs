//! Names of things. Ids that services give are opaque text; ids of ours are derived, never random, so that a
//! store that is lost or rolled back arrives at the same ids again (design section 1, "link").

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::side::Side;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as the service wrote it.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text as the service wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

text_id! {
    /// An item on one side: a Huly issue's document id, a Vibe task's uuid. Which side it belongs to is always beside it.
    ItemId
}
text_id! {
    /// A project on one side.
    ProjectId
}
text_id! {
    /// A status on one side: a Huly status document's id, one of Vibe's five words.
    StatusId
}
text_id! {
    /// A kind of item with statuses of its own (a Huly task type).
    KindId
}
uuid_id! {
    /// The Huly workspace: the name space of every derived id.
    WorkspaceId
}
uuid_id! {
    /// One store (database) of hvs. A marker with another store's id is foreign (design 3.4).
    StoreId
}
uuid_id! {
    /// A pair of items that are kept the same.
    LinkId
}
uuid_id! {
    /// A pair of projects that are kept the same.
    ProjectLinkId
}
uuid_id! {
    /// What makes a remote write the same write again (design 4.1).
    IntentKey
}
uuid_id! {
    /// One run. Time-ordered.
    RunId
}

/// How often an item's counterpart was made: 1 for the first. It grows only after the last one was proven gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// The first counterpart.
    pub const FIRST: Generation = Generation(1);

    /// The one after this was proven gone.
    #[must_use]
    pub const fn next(self) -> Generation {
        Generation(self.0.saturating_add(1))
    }
}

impl Default for Generation {
    fn default() -> Self {
        Self::FIRST
    }
}

/// How often one create was sent, counted from 1. Told apart in the marker, so that a create that landed late is
/// recognised as our own twin (design 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// Milliseconds since 1970-01-01 UTC, by the clock that is named where the value is used.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// The version of the rules a link was last planned with (design 3.10): a hash of mapping and policies.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RulesVersion(pub u64);

impl LinkId {
    /// The link of the item that was there first: UUIDv5 of workspace, side and item (design section 1).
    pub fn derive(workspace: WorkspaceId, first: Side, item: &ItemId) -> LinkId {
        LinkId(v5(workspace.0, &["link", first.as_str(), item.as_str()]))
    }
}

impl ProjectLinkId {
    /// The pair of a Huly project with a Vibe project: UUIDv5 of workspace and Huly project.
    pub fn derive(workspace: WorkspaceId, huly: &ProjectId) -> ProjectLinkId {
        ProjectLinkId(v5(workspace.0, &["project", huly.as_str()]))
    }
}

impl IntentKey {
    /// A create's key: of link, side and generation, never of values, so that a plan made again after a lost
    /// answer arrives at the same key (design 4.1).
    pub fn create(link: LinkId, side: Side, generation: Generation) -> IntentKey {
        IntentKey(v5(
            link.0,
            &["create", side.as_str(), &generation.0.to_string()],
        ))
    }

    /// An update's key: of link, side, kind, base version and desired values (design 4.1). `desired` is the
    /// canonical JSON of the values.
    pub fn change(
        link: LinkId,
        side: Side,
        kind: &str,
        base_version: u64,
        desired: &str,
    ) -> IntentKey {
        IntentKey(v5(
            link.0,
            &[kind, side.as_str(), &base_version.to_string(), desired],
        ))
    }

    /// The making of a pair's Vibe project.
    pub fn project(pair: ProjectLinkId) -> IntentKey {
        IntentKey(v5(pair.0, &["project", "create"]))
    }

    /// The document id that a create with this key uses where the service lets the client choose: the first 24
    /// hex digits (Huly's ids have 24).
    ///
    /// ```
    /// use sync_core::{Side, ids::{Generation, IntentKey, ItemId, LinkId, WorkspaceId}};
    /// let link = LinkId::derive(WorkspaceId(uuid::Uuid::nil()), Side::Vibe, &ItemId::from("t1"));
    /// let id = IntentKey::create(link, Side::Huly, Generation::FIRST).document_id();
    /// assert_eq!(id.as_str().len(), 24);
    /// ```
    pub fn document_id(self) -> ItemId {
        let hex = self.0.simple().to_string();
        ItemId::new(hex.get(..24).unwrap_or(&hex))
    }
}

/// UUIDv5 over the parts, each with its length before it, so that no two lists of parts read the same.
fn v5(namespace: Uuid, parts: &[&str]) -> Uuid {
    let mut name = String::new();
    for part in parts {
        name.push_str(&part.len().to_string());
        name.push(':');
        name.push_str(part);
    }
    Uuid::new_v5(&namespace, name.as_bytes())
}
