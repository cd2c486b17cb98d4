//! Rows, as the engine sees them. Times are UTC milliseconds by our clock unless said otherwise.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sync_core::{
    Pair, Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectId, ProjectLinkId, RunId},
    item::{Field, Value},
};

/// A pair of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRow {
    /// Derived from the Huly project.
    pub id: ProjectLinkId,
    /// The projects; Vibe's is `None` until it is found or made.
    pub projects: Pair<Option<ProjectId>>,
    /// Huly's identifier (`HARB`), for people.
    pub label: Arc<str>,
    /// Huly's name, for people.
    pub name: Arc<str>,
    /// What it is doing.
    pub phase: ProjectPhase,
    /// Why it sleeps, for people; empty while active.
    pub reason: Arc<str>,
    /// Whether its first sync ran to its end: from then on the guards count (design 3.7).
    pub first_sync_done: bool,
    /// The highest Huly `modifiedOn` whose changes are all journaled (design 4.4), by Huly's clock.
    pub watermark: Millis,
    /// When it was last compared in full.
    pub compared_at: Millis,
    /// When a run last went through it: runs start with the longest waiting.
    pub synced_at: Millis,
    /// SHA-256 over Huly's description, path line and identifier: a change is a project action (issue 6a).
    pub fingerprint: Arc<str>,
}

/// What a pair of projects is doing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ProjectPhase {
    /// Kept the same.
    #[default]
    Active,
    /// Archived, or membership was lost: wakes by itself, and is then first compared in full.
    Asleep,
    /// Deleted as a whole on one side, or its service was restored from a backup: waits for a person.
    Waiting,
    /// A person chose to leave it: never touched again, until a person chooses otherwise.
    Left,
}

/// A remote write: written before it is sent (design 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Makes the write the same write again. Unique among live intents.
    pub key: IntentKey,
    /// The project it belongs to.
    pub project: ProjectLinkId,
    /// The link it serves; `None` for the making of a project. At most one live intent per link and side.
    pub link: Option<LinkId>,
    /// Where it writes.
    pub side: Side,
    /// What it does, for listings: `create`, `update`, `cancel`, `remove`, `create_project`.
    pub kind: Arc<str>,
    /// How far it is.
    pub state: IntentState,
    /// The whole action as planned (JSON of `sync_core::plan::Action`), with desired values and those it was planned on.
    pub payload: serde_json::Value,
    /// What the port prepared and must not be lost (a reserved number, the set of project ids before a create).
    pub prepared: Option<serde_json::Value>,
    /// The id of the remote transaction that carries it, with the store's tag; journaled before it is sent.
    pub write_id: Option<Arc<str>>,
    /// How often it was sent.
    pub attempt: u32,
    /// The run that planned it.
    pub run: RunId,
    /// When it was planned.
    pub planned_at: Millis,
    /// When it was last sent, by our clock.
    pub sent_at: Option<Millis>,
    /// Stable code of the last error, for listings.
    pub error: Option<Arc<str>>,
}

/// How far an intent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// Written, not yet sent: dropped at the next start.
    Planned,
    /// May have been carried out: settled by looking.
    Sent,
    /// Confirmed.
    Done,
    /// Refused or failed; planned afresh from a new observation.
    Failed,
    /// Given up: a dead letter stands for it.
    Dead,
    /// Not needed any more.
    Dropped,
}

impl IntentState {
    /// Whether it may still have an effect.
    pub const fn is_live(self) -> bool {
        match self {
            IntentState::Planned | IntentState::Sent => true,
            IntentState::Done | IntentState::Failed | IntentState::Dead | IntentState::Dropped => {
                false
            }
        }
    }
}

/// An item that must be looked at again although no list may show it (design 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dirty {
    /// Its project.
    pub project: ProjectLinkId,
    /// Which side's item.
    pub side: Side,
    /// The item.
    pub item: ItemId,
    /// Since when.
    pub since: Millis,
    /// Not before.
    pub next_try: Millis,
    /// How often it failed.
    pub tries: u32,
    /// Stable code of why.
    pub code: Arc<str>,
}

/// An item that a write without an answer may still change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// Which side's item.
    pub side: Side,
    /// The item.
    pub item: ItemId,
    /// Until when.
    pub until: Millis,
}

/// A value that lost, kept whole (design 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Time-ordered number, given by the store on insert (0 before).
    pub id: i64,
    /// Its project.
    pub project: ProjectLinkId,
    /// Its link.
    pub link: LinkId,
    /// The run that found it.
    pub run: RunId,
    /// When.
    pub at: Millis,
    /// Which field.
    pub field: Field,
    /// Whose value stands; `None`: neither, or merged.
    pub winner: Option<Side>,
    /// Both values, whole.
    pub values: Pair<Value>,
    /// What stood at the base.
    pub base: Option<Value>,
    /// How it came about (`sync_core::plan::ConflictCause` in snake case).
    pub cause: Arc<str>,
    /// Whether the field waits for a person.
    pub open: bool,
    /// For people: identifier and title of the item then.
    pub label: Arc<str>,
    /// The item that held the value, where it is no longer the link's own: a duplicate that was removed.
    pub item: Option<ItemId>,
    /// Grows with every change of the row: of two people who decide about the same version, one does.
    pub version: u64,
    /// What a person decided, if anybody did.
    pub decision: Option<Decision>,
    /// Whether that decision is still to be carried out.
    pub pending: bool,
}

/// What a person decided about a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// How it was chosen.
    pub take: Take,
    /// The side in whose terms the value is.
    pub side: Side,
    /// The value that shall stand on both sides.
    pub value: Value,
    /// Who: user and machine.
    pub by: Arc<str>,
    /// When.
    pub at: Millis,
}

/// How a person chose the value that shall stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Huly's.
    Huly,
    /// Vibe's.
    Vibe,
    /// Huly's text, with Vibe's below it under a heading.
    Both,
    /// A text of their own.
    Edit,
}

impl Take {
    /// As typed and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Take::Huly => "huly",
            Take::Vibe => "vibe",
            Take::Both => "both",
            Take::Edit => "edit",
        }
    }
}

/// How far a failing value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// It is sent again at its next try.
    Waiting,
    /// It is sent no more until it changes, or until a person says so.
    Dead,
    /// The same, and a person knows: it is told no more.
    Dropped,
}

impl LetterState {
    /// Every one.
    pub const ALL: [LetterState; 3] = [
        LetterState::Waiting,
        LetterState::Dead,
        LetterState::Dropped,
    ];

    /// As stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            LetterState::Waiting => "waiting",
            LetterState::Dead => "dead",
            LetterState::Dropped => "dropped",
        }
    }
}

/// A value that a side did not take (design 4.5): it is tried again, or waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its project.
    pub project: ProjectLinkId,
    /// Its link, or the link it would have.
    pub link: LinkId,
    /// Which side would not take it.
    pub side: Side,
    /// Which field; `None` for the whole item.
    pub field: Option<Field>,
    /// Stable code.
    pub code: Arc<str>,
    /// What happened and what to do, with the server's words.
    pub message: Arc<str>,
    /// When first.
    pub since: Millis,
    /// The run that wrote it.
    pub run: RunId,
    /// The hash of the very value that was not taken: the letter stands for no other one.
    pub value_hash: Arc<str>,
    /// For people: identifier and title of the item then.
    pub label: Arc<str>,
    /// How far it is.
    pub state: LetterState,
    /// In how many runs it was tried.
    pub tries: u32,
    /// Where it is tried again: not before.
    pub next_try: Millis,
    /// Grows with every change of the row, and is given by the store.
    pub version: u64,
}

/// Something that a person did with hvs: written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Millis,
    /// Who: user and machine.
    pub who: Arc<str>,
    /// `accept`, `resolve`, `retry`, `drop`, `repair`, `import`, `unlink`, `restore`, `choose`.
    pub kind: Arc<str>,
    /// Which pair of projects, where it is one.
    pub project: Option<ProjectLinkId>,
    /// Which link, where it is one.
    pub link: Option<LinkId>,
    /// For people: the item, the hash, the file.
    pub item: Arc<str>,
    /// What it did.
    pub effect: Arc<str>,
}

/// One carried-out change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When it was confirmed.
    pub at: Millis,
    /// The run.
    pub run: RunId,
    /// The project.
    pub project: ProjectLinkId,
    /// The link.
    pub link: LinkId,
    /// The side that was written.
    pub side: Side,
    /// `create`, `update`, `cancel`, `remove`, `adopt`, `forget`, `relink`.
    pub kind: Arc<str>,
    /// Which field; `None` for the whole item.
    pub field: Option<Field>,
    /// Before, shortened to 1,000 characters.
    pub old: Option<Arc<str>>,
    /// After, shortened likewise.
    pub new: Option<Arc<str>>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// Time-ordered.
    pub id: RunId,
    /// `sync`, `dry_run`, `reconcile`.
    pub kind: Arc<str>,
    /// When it began.
    pub started_at: Millis,
    /// When it ended; `None` while it runs or where it was interrupted.
    pub ended_at: Option<Millis>,
    /// Exit code; `None` where it was interrupted.
    pub exit_code: Option<i32>,
    /// Figures of design 6a as JSON: projects, items by direction and outcome, calls, bytes, retries, memory, errors by kind.
    pub summary: serde_json::Value,
}

/// A held class of actions (design 3.7), kept so that `--accept HASH` covers it and every subset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// Hash over the sorted pairs.
    pub hash: Arc<str>,
    /// Its project.
    pub project: ProjectLinkId,
    /// `removals`, `creates`, `rewrites`.
    pub class: Arc<str>,
    /// When it was held.
    pub at: Millis,
    /// The hash of each (link, action) pair.
    pub pairs: Vec<Arc<str>>,
    /// When a person accepted it.
    pub accepted_at: Option<Millis>,
}

/// Who holds the right to write to one Huly workspace (design 4.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRow {
    /// The workspace's uuid as text.
    pub scope: Arc<str>,
    /// Grows with every takeover.
    pub token: i64,
    /// Names the process: a random id.
    pub holder: Arc<str>,
    /// The machine's name, for people.
    pub host: Arc<str>,
    /// Process id, for people.
    pub pid: u32,
    /// Since when.
    pub since: Millis,
    /// Until when, unless renewed.
    pub until: Millis,
}
