//! What the caller decides: policies, capabilities, the clock's value. Plain data, read by every decision.

mod direction;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{Millis, RulesVersion, StoreId, WorkspaceId},
    item::{Field, FieldSet},
    lens::Lenses,
    side::{Pair, Side},
};

pub use direction::{Direction, Directions};

/// Who wins where both sides changed a field differently (design 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Huly's value.
    Huly,
    /// Vibe's value.
    Vibe,
    /// Three-way line merge; text only. Falls back to Huly's value where hunks overlap.
    Merge,
    /// Neither: the field is frozen on this link until a person resolves it.
    Manual,
}

/// The policy of each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policies {
    /// For the title.
    pub title: Policy,
    /// For the description.
    pub description: Policy,
    /// For the status.
    pub status: Policy,
    /// For every other field.
    pub other: Policy,
    /// Which way each field goes: a field that goes one way has only one side that can win.
    pub direction: Directions,
}

impl Default for Policies {
    fn default() -> Self {
        Policies {
            title: Policy::Huly,
            description: Policy::Merge,
            status: Policy::Huly,
            other: Policy::Huly,
            direction: Directions::default(),
        }
    }
}

impl Policies {
    /// The policy of one field: of one that goes one way, the side that it comes from wins.
    pub const fn of(&self, field: Field) -> Policy {
        match self.direction.of(field) {
            Direction::ToVibe => return Policy::Huly,
            Direction::ToHuly => return Policy::Vibe,
            Direction::Both | Direction::Off => {}
        }
        match field {
            Field::Title => self.title,
            Field::Description => self.description,
            Field::Status => self.status,
            Field::Priority | Field::Parent | Field::Labels | Field::Assignee | Field::DueDate => {
                self.other
            }
        }
    }
}

/// What becomes of the counterpart of an item that was deleted (design 3.6).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Deletion {
    /// It is set to cancelled, with a line that says why.
    #[default]
    Cancel,
    /// It is deleted too, stored whole first.
    Mirror,
    /// It is left alone.
    Ignore,
}

/// In which directions counterparts are made (design 3.5).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Creation {
    /// Both.
    #[default]
    Both,
    /// Only tasks for issues.
    ToVibe,
    /// Only issues for tasks.
    ToHuly,
    /// Only items that exist on both sides are linked.
    None,
}

impl Creation {
    /// Whether a counterpart may be made on `side`.
    pub const fn allows(self, side: Side) -> bool {
        match (self, side) {
            (Creation::Both, _)
            | (Creation::ToVibe, Side::Vibe)
            | (Creation::ToHuly, Side::Huly) => true,
            (Creation::None, _)
            | (Creation::ToVibe, Side::Huly)
            | (Creation::ToHuly, Side::Vibe) => false,
        }
    }
}

/// What a service can do; every decision asks this, never a product's name (design section 1, "port").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a capability of its own, and any combination may occur"
)]
pub struct Capabilities {
    /// Fields the service has.
    pub fields: FieldSet,
    /// Whether a write can be made conditional on the observed values.
    pub conditional_write: bool,
    /// Whether the client may choose an item's id, so that a create is safe to repeat.
    pub client_ids: bool,
    /// Whether the service lists what changed since a moment.
    pub changes: bool,
    /// Whether a status given at create is honoured; else the base of the status stays unset until an update confirms it.
    pub status_at_create: bool,
    /// Whether items made by hvs carry a footer with a marker there.
    pub footer: bool,
    /// The service's known limits.
    pub limits: Limits,
}

/// Known limits of a service's fields. `None`: no limit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Longest title, in characters.
    pub title_chars: Option<usize>,
    /// Largest description, in bytes of UTF-8, footer included.
    pub description_bytes: Option<usize>,
    /// Whether a title may be blank.
    pub blank_title: bool,
    /// Whether U+0000 can be stored.
    pub nul: bool,
}

/// Everything a plan depends on besides the three trees.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// Name space of derived ids.
    pub workspace: WorkspaceId,
    /// This store: tells own markers from foreign ones.
    pub store: StoreId,
    /// Who wins.
    pub policies: Policies,
    /// Status maps of this project, by kind of item.
    pub lenses: &'a Lenses,
    /// What a deletion does.
    pub deletion: Deletion,
    /// Which counterparts are made.
    pub create: Creation,
    /// What each service can do.
    pub capabilities: Pair<Capabilities>,
    /// The description's normal form: `markdown(markup(x))` of the side that converts (design 3.2).
    pub normal_form: fn(&str) -> String,
    /// How long after a write of ours an observation of the value before it means a lost write or a stale read (design 3.1 a).
    pub confirm_window: Millis,
    /// How often such a write is sent again before it is a conflict.
    pub confirm_tries: u32,
    /// The moment of planning, by the clock that stamped [`LastWrite::at`](crate::link::LastWrite).
    pub now: Millis,
    /// Of mapping and policies; a link remembers the one it was last planned with (design 3.10).
    pub version: RulesVersion,
}

impl Rules<'_> {
    /// The fields that both services have.
    pub const fn shared(&self) -> FieldSet {
        self.capabilities
            .huly
            .fields
            .and(self.capabilities.vibe.fields)
    }
}
