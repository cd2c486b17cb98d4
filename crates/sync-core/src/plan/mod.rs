//! The plan: what brings two sides and their base together. A value, made without I/O (design section 3).
//!
//! Each side is compared with its own past only. [`needs`] says what must be read first, [`link()`] makes the plan of
//! one link, [`settle()`] moves the link's row on once an action was confirmed. [`text`], [`json`], [`hash`] and
//! [`Totals`] show plans to people, to programs and to `--accept`.

mod create;
mod description;
mod fields;
mod gone;
mod make;
mod needs;
mod resolve;
mod settle;
mod show;
mod status;
mod untaken;
mod verdict;
mod view;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{Generation, IntentKey, ItemId, LinkId, RulesVersion, StatusId},
    item::{Extra, Field, FieldSet, Observation, Value, Values},
    link::{Link, Phase},
    side::{Pair, Side},
};

pub(crate) use create::{create, whole};
pub use make::{awake, link, sleep, wake};
pub use needs::needs;
pub use resolve::{Decided, Resolution, resolve, thaw};
pub use settle::{base_texts, settle, settle_found};
pub(crate) use show::canonical;
pub use show::{Totals, hash, json, shown, text};
pub use untaken::untaken;

/// What the planner is told of one link.
#[derive(Clone, Debug)]
pub struct LinkInput<'a> {
    /// The store's row.
    pub link: &'a Link,
    /// What each side says now.
    pub now: Pair<&'a Observation>,
    /// The descriptions' texts at the base; only asked for where [`Needs::base_texts`] says so.
    pub base_texts: Pair<Option<Arc<str>>>,
}

/// What must be read before a link can be planned: mostly nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The item itself, from its own read (it was not listed this time, or vanished from a complete list).
    pub item: Pair<bool>,
    /// The text of the item's description as it is now.
    pub text: Pair<bool>,
    /// Both texts of the base.
    pub base_texts: bool,
}

/// All that is to be done for one link, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPlan {
    /// Which link.
    pub link: LinkId,
    /// For people: identifier and title.
    pub label: Arc<str>,
    /// What to do; empty when nothing changed.
    pub actions: Vec<Action>,
}

/// One entry of a plan. Conflicts and refusals are entries too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Make the counterpart.
    Create(Create),
    /// Write fields of an item.
    Update(Update),
    /// Set the counterpart of a deleted item to cancelled, with a line that says why.
    Cancel(Cancel),
    /// Delete the counterpart of a deleted item.
    Remove(Remove),
    /// Both sides mean the same: store it as base. Nothing is sent.
    Agree(Agree),
    /// Both sides changed a field differently: keep the value that loses.
    Conflict(Conflict),
    /// A field (or the item) cannot be sent: it waits as a dead letter, the rest goes on.
    Problem(Problem),
    /// Something people should know; nothing is done.
    Notice(Notice),
    /// The link falls asleep, wakes or becomes a tombstone.
    Phase(PhaseChange),
    /// The link points to another item from now on (its own was proven gone and a copy with its marker stands).
    Relink(Relink),
    /// Both items are gone: the link is dropped.
    Forget(Forget),
}

/// Make the counterpart of `source` on `side`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// Where it is made.
    pub side: Side,
    /// Of link, side and generation.
    pub key: IntentKey,
    /// Which counterpart this is.
    pub generation: Generation,
    /// The item it is made for, on the other side.
    pub source: ItemId,
    /// What the source held: its base once the counterpart stands.
    pub source_values: Values,
    /// What to send.
    pub draft: Draft,
}

/// The wanted content of a new item, in the target side's terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// One line.
    pub title: Arc<str>,
    /// Markdown without footer; empty for none.
    pub text: Arc<str>,
    /// The target's status; `None` leaves it to the target's default.
    pub status: Option<StatusId>,
    /// What only some services have.
    #[serde(default)]
    pub extra: Extra,
}

/// Write fields of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Where.
    pub side: Side,
    /// Which item.
    pub item: ItemId,
    /// The new values, each with the one it replaces.
    pub set: Vec<Change>,
    /// What the written side is taken to hold now: the write is conditional on these values of the written fields.
    pub expected: Values,
    /// What the other side held when this was planned: its base for the written fields once they are confirmed. A
    /// description that [is owed](crate::item::TextVersion::is_owed) says that the other side is to be written as well.
    pub source_values: Values,
    /// Set where nothing is left to do for the link once this is confirmed: the rules under which both sides then mean the
    /// same. The link remembers them (design 3.10) and is no longer *rebuilt*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<RulesVersion>,
}

/// One field's new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which field.
    pub field: Field,
    /// What stands there as far as is known.
    pub from: Value,
    /// What shall stand there.
    pub to: Value,
    /// Why, where it is not simply the other side's edit.
    #[serde(default, skip_serializing_if = "Why::is_edit")]
    pub why: Why,
}

/// Why a value is written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The other side changed it.
    #[default]
    Edit,
    /// Both changed it, and this value won or was merged.
    Merged,
    /// Our own last write was undone by a racing one or not yet shown: sent again.
    Resend,
    /// The mapping changed (design 3.10).
    Rules,
    /// The pair was adopted and Huly's value stands.
    Adopted,
    /// The service did not take the value at create; this write confirms it.
    Confirm,
}

impl Why {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_edit(&self) -> bool {
        *self == Why::Edit
    }
}

/// Set an item to cancelled because its counterpart was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Where the item stands.
    pub side: Side,
    /// Which one.
    pub item: ItemId,
    /// The side's status for cancelled; `None` where it has none (then only the line is written).
    pub status: Option<StatusId>,
    /// The line that says why.
    pub reason: Arc<str>,
    /// What the item holds: the write is conditional on its status.
    pub expected: Values,
}

/// Delete an item because its counterpart was deleted and the policy is to mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    /// Where the item stands.
    pub side: Side,
    /// Which one.
    pub item: ItemId,
    /// Why.
    pub reason: RemoveReason,
    /// All it held, kept whole in `conflicts` before it is deleted.
    pub kept: Draft,
    /// What the item holds.
    pub expected: Values,
    /// The side's status for cancelled: where the service cannot delete it (it has items below it), it is cancelled instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<StatusId>,
}

/// Why an item is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveReason {
    /// Its counterpart was deleted.
    Mirrored,
    /// It is our own twin: a create that landed late (design 3.5).
    Twin,
}

/// Both sides mean the same now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agree {
    /// Fields whose base moves.
    pub fields: FieldSet,
    /// What each side holds; only `fields` count.
    pub base: Pair<Values>,
    /// Set where the whole link is in agreement now: the rules under which it is. The link remembers them (design 3.10)
    /// and is no longer *rebuilt*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<RulesVersion>,
}

/// A field that both sides changed differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Which field.
    pub field: Field,
    /// Whose value stands; `None` where neither does: the field is frozen, or the values were merged and a part of one gave way.
    pub winner: Option<Side>,
    /// Both values, whole.
    pub values: Pair<Value>,
    /// What stood at the base, where it is known.
    pub base: Option<Value>,
    /// Whether the field waits for a person from now on.
    pub frozen: bool,
    /// How it came about.
    pub cause: ConflictCause,
}

/// How a conflict came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictCause {
    /// Edits on both sides between two runs.
    BothChanged,
    /// Adopted with different values.
    Adopted,
    /// A write of ours was undone again and again.
    LostWrite,
    /// One side was deleted while the other was edited.
    DeletedAndEdited,
    /// The link was rebuilt after a store was lost.
    Rebuilt,
}

/// Something that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code, from [`crate::validate::CODES`].
    pub code: Arc<str>,
    /// The side that would refuse it.
    pub side: Side,
    /// Which field; `None` for the whole item.
    pub field: Option<Field>,
    /// The limit, where there is one.
    pub limit: Option<u64>,
    /// The actual size or count.
    pub actual: Option<u64>,
    /// What happened and what to do.
    pub message: Arc<str>,
}

/// Something people should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Stable code, from [`crate::validate::CODES`].
    pub code: Arc<str>,
    /// In words.
    pub message: Arc<str>,
}

/// The link's new phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// What it does from now on.
    pub to: Phase,
    /// Why.
    pub reason: Arc<str>,
    /// The side whose item was proven gone, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Side>,
}

/// The link's item on one side is another one now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relink {
    /// Which side.
    pub side: Side,
    /// The item it points to from now on.
    pub to: ItemId,
    /// Which counterpart that is, where its marker says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// The link is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// Why.
    pub reason: Arc<str>,
}
