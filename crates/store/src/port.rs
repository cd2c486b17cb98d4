//! The port.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use sync_core::{
    Pair, Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    item::{Field, Value},
    link::Link,
};

use crate::{
    agents::AgentStore,
    error::Error,
    row::{
        ConflictRow, DeadLetter, Decision, Deed, Dirty, HeldRow, HistoryRow, Intent, IntentState,
        Late, LeaseRow, ProjectRow, RunRow,
    },
};

/// The right to write: every batch names it, and a batch with an old token is refused (design 4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The lease's scope.
    pub scope: Arc<str>,
    /// The token that was given with the lease.
    pub token: i64,
}

/// Both base texts of one link's description, as markdown; `None` where a side has none stored.
pub type BaseTexts = Pair<Option<Arc<str>>>;

/// Everything one step of the pipeline writes: one transaction, in the order of the fields, except that what is taken
/// away goes before what is put: `forget` before `links`, `clear_dead` before `dead_letters`, `clean` before `dirty`. So
/// another link may take a forgotten one's item, and one batch may settle one write of an item and mark another failed.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Inserted or replaced whole.
    pub projects: Vec<ProjectRow>,
    /// Inserted or replaced whole; a link whose stored version is not lower than the given one's is a conflict
    /// ([`Error::Stale`]), except an equal row, which is left as it is.
    pub links: Vec<(ProjectLinkId, Link)>,
    /// Pairs that some of these links belonged to until now: what is told of them changes, too.
    pub left: Vec<ProjectLinkId>,
    /// Dropped, with their texts, dirty rows and live intents (which end as [`IntentState::Dropped`]). A link that is
    /// given and forgotten in one batch ends forgotten.
    pub forget: Vec<LinkId>,
    /// Base texts to store; a `None` side is left as it is.
    pub texts: Vec<(LinkId, BaseTexts)>,
    /// Inserted, or replaced whole by key.
    pub intents: Vec<Intent>,
    /// Inserted; the same link, run, field and cause twice is one row.
    pub conflicts: Vec<ConflictRow>,
    /// Inserted or replaced by (link, side, field).
    pub dead_letters: Vec<DeadLetter>,
    /// Dead letters that are cleared, whatever their state.
    pub clear_dead: Vec<(LinkId, Side, Option<Field>)>,
    /// Decisions that were carried out, or cannot be any more; one whose row was changed meanwhile is left as it is.
    pub decided: Vec<Decided>,
    /// Inserted or replaced by (project, side, item); `since` of an existing row is kept.
    pub dirty: Vec<Dirty>,
    /// No longer dirty; one that is also in `dirty` stays, and keeps its `since`.
    pub clean: Vec<(ProjectLinkId, Side, ItemId)>,
    /// Inserted, or moved on by (side, item): the later end stands.
    pub late: Vec<Late>,
    /// Appended.
    pub history: Vec<HistoryRow>,
    /// Inserted, or replaced by hash where not yet accepted.
    pub held: Vec<HeldRow>,
}

impl Batch {
    /// Whether it would write nothing.
    pub fn is_empty(&self) -> bool {
        self.projects.is_empty()
            && self.links.is_empty()
            && self.left.is_empty()
            && self.forget.is_empty()
            && self.texts.is_empty()
            && self.intents.is_empty()
            && self.conflicts.is_empty()
            && self.dead_letters.is_empty()
            && self.clear_dead.is_empty()
            && self.decided.is_empty()
            && self.dirty.is_empty()
            && self.clean.is_empty()
            && self.late.is_empty()
            && self.history.is_empty()
            && self.held.is_empty()
    }
}

/// What became of a person's decision about a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The conflict.
    pub id: i64,
    /// The version of its row that was acted on.
    pub version: u64,
    /// `None`: both sides hold what was decided. Else the items hold something else than what was shown: these values, at this
    /// time, and the person is asked again.
    pub changed: Option<(Pair<Value>, Millis)>,
}

/// One dead letter as a person was shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its link.
    pub link: LinkId,
    /// Its side.
    pub side: Side,
    /// Its field.
    pub field: Option<Field>,
    /// Its version.
    pub version: u64,
    /// Since when it stands: a letter that was cleared and came again is another one.
    pub since: Millis,
}

impl From<&DeadLetter> for Letter {
    fn from(letter: &DeadLetter) -> Letter {
        Letter {
            link: letter.link,
            side: letter.side,
            field: letter.field,
            version: letter.version,
            since: letter.since,
        }
    }
}

/// What a person does beside the runs, in one transaction: all of it, or nothing and [`Error::Changed`] where a row is not any
/// more as it was shown. It needs no lease, since no run writes these rows but by their version or their key.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Letters that are taken away, so that their values are sent again.
    pub retry: Vec<Letter>,
    /// Letters that are not told any more.
    pub drop: Vec<Letter>,
    /// Waiting letters that are due now.
    pub due: Vec<Letter>,
    /// Inserted or replaced, as in a [`Batch`].
    pub dirty: Vec<Dirty>,
    /// Pairs of projects whose agents failed, and are told once more.
    pub retry_agents: Vec<ProjectLinkId>,
    /// Pairs of projects whose agents failed, which is not shown any more.
    pub drop_agents: Vec<ProjectLinkId>,
    /// Conflicts with the version that was shown, and what is decided about them.
    pub decide: Vec<(i64, u64, Decision)>,
    /// Appended.
    pub deeds: Vec<Deed>,
}

/// Asks for a lease.
#[derive(Clone, Debug)]
pub struct LeaseRequest {
    /// The workspace's uuid as text.
    pub scope: Arc<str>,
    /// Names the process.
    pub holder: Arc<str>,
    /// For people.
    pub host: Arc<str>,
    /// For people.
    pub pid: u32,
    /// How long without renewal, in milliseconds.
    pub ttl: Millis,
}

/// The answer to a [`LeaseRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// It is ours. `after` is the expiry of the lease that was taken over from a holder that did not release it, if any.
    Granted {
        /// The new row.
        lease: LeaseRow,
        /// When the holder before lost it, where it was not released.
        after: Option<LeaseRow>,
    },
    /// Somebody holds it.
    Held(LeaseRow),
}

/// What is done now and then with a store that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// How long history, finished intents and ids of remote transactions (but the newest 1,000) are kept, in milliseconds.
    pub history: Millis,
    /// How long settled conflicts are kept; open ones stay.
    pub conflicts: Millis,
    /// How long rows of runs are kept.
    pub runs: Millis,
    /// When backups are made; `None`: never.
    pub backup: Option<BackupPlan>,
}

/// When backups are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupPlan {
    /// From one to the next, in milliseconds.
    pub every: Millis,
    /// So many are kept, the newest.
    pub keep: u32,
}

/// What an upkeep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpkeepDone {
    /// Rows that were deleted.
    pub deleted: u64,
    /// The backup that was made.
    pub backup: Option<PathBuf>,
}

/// Where rows are counted for `hvs status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the number of rows of its name")]
pub struct Counts {
    pub projects: u64,
    pub links: u64,
    pub live_intents: u64,
    pub dirty: u64,
    pub open_conflicts: u64,
    pub dead_letters: u64,
}

/// What of one pair of projects is under way or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which pair.
    pub project: ProjectLinkId,
    /// By the side that is written to.
    pub work: Pair<Work>,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
}

/// What of one side of a pair of projects is under way or waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Work {
    /// Writes that are journaled and not sent.
    pub pending: u64,
    /// Writes that were sent and have no answer yet.
    pub in_flight: u64,
    /// Items to be looked at again.
    pub dirty: u64,
    /// Of both: items that are dirty for long, and writes without an answer for long.
    pub stuck: u64,
    /// Items and fields that wait for a person.
    pub dead: u64,
}

impl Work {
    /// The sum of two.
    #[must_use]
    pub const fn and(self, other: Work) -> Work {
        Work {
            pending: self.pending + other.pending,
            in_flight: self.in_flight + other.in_flight,
            dirty: self.dirty + other.dirty,
            stuck: self.stuck + other.stuck,
            dead: self.dead + other.dead,
        }
    }
}

/// What the engine needs of a store. Errors are of the five kinds of design 4.5 (see [`Error::kind`]).
#[async_trait]
pub trait Store: AgentStore {
    /// The store's own id: random at creation, part of every marker and the tag of every transaction id.
    fn id(&self) -> StoreId;

    /// A value of the table of single facts (workspace id, last run's server clock ...).
    async fn meta(&self, key: &str) -> Result<Option<String>, Error>;
    /// Stores a single fact.
    async fn set_meta(&self, key: &str, value: &str) -> Result<(), Error>;

    /// Takes or takes over the lease, in one transaction.
    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Result<LeaseAnswer, Error>;
    /// Extends it; [`Error::Fenced`] when it is no longer ours.
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Result<LeaseRow, Error>;
    /// Gives it up; giving up what is not ours any more is no error.
    async fn release(&self, fence: &Fence) -> Result<(), Error>;
    /// Who holds it now, if anybody (expired leases included).
    async fn lease(&self, scope: &str) -> Result<Option<LeaseRow>, Error>;

    /// All pairs of projects, longest waiting first.
    async fn projects(&self) -> Result<Vec<ProjectRow>, Error>;
    /// All links of one project, in the order of their ids.
    async fn links(&self, project: ProjectLinkId) -> Result<Vec<Link>, Error>;
    /// The links of some items, wherever they are.
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Result<Vec<(ProjectLinkId, Link)>, Error>;
    /// The links with some ids.
    async fn links_by_id(&self, ids: &[LinkId]) -> Result<Vec<(ProjectLinkId, Link)>, Error>;
    /// The number of links of each project.
    async fn link_counts(&self) -> Result<HashMap<ProjectLinkId, u64>, Error>;
    /// Base texts of some links.
    async fn texts(&self, links: &[LinkId]) -> Result<HashMap<LinkId, BaseTexts>, Error>;

    /// Intents that may still have an effect, oldest first, at most `limit` of them; of one project or of all.
    async fn live_intents(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<Intent>, Error>;
    /// The links with a write that was sent and is not settled, with its kind, in whichever project it was journaled.
    async fn unsettled(&self) -> Result<Vec<(LinkId, Arc<str>)>, Error>;
    /// One intent by its key, whatever its state: the newest.
    async fn intent(&self, key: IntentKey) -> Result<Option<Intent>, Error>;
    /// Moves intents on in one durable transaction: to `Sent` with attempt, time, prepared values and transaction id as
    /// in the given rows, before anything leaves this machine. [`Error::NotLive`] if one of them is not live.
    async fn advance(&self, fence: &Fence, intents: &[Intent]) -> Result<(), Error>;
    /// The newest `write_id` of the journal, for the detection of rollback (design 4.3).
    async fn newest_write_id(&self) -> Result<Option<String>, Error>;
    /// Whether the journal ever held this `write_id`, of an intent that was sent again under another one too: a
    /// transaction with this store's tag that is not known here was sent by a newer copy of the store.
    async fn knows_write_id(&self, id: &str) -> Result<bool, Error>;

    /// Items that must be looked at again, due at `now`, longest due first, at most `limit`.
    async fn dirty(
        &self,
        project: ProjectLinkId,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<Dirty>, Error>;

    /// Items that a write without an answer may still change after `now`, in whichever project.
    async fn late(&self, now: Millis) -> Result<Vec<Late>, Error>;

    /// Writes one batch: one fenced transaction, rows sorted by key, in chunks.
    async fn write(&self, fence: &Fence, batch: &Batch) -> Result<(), Error>;

    /// Conflicts, newest first; open ones only if asked.
    async fn conflicts(&self, open_only: bool, limit: u32) -> Result<Vec<ConflictRow>, Error>;
    /// One conflict.
    async fn conflict(&self, id: i64) -> Result<Option<ConflictRow>, Error>;
    /// Conflicts of one project with a decision that is to be carried out, oldest first.
    async fn decided(&self, project: ProjectLinkId) -> Result<Vec<ConflictRow>, Error>;
    /// Carries out what a person does beside the runs.
    async fn operate(&self, operation: &Operation, now: Millis) -> Result<(), Error>;
    /// What people did with one link or at all, newest first.
    async fn deeds(&self, link: Option<LinkId>, limit: u32) -> Result<Vec<Deed>, Error>;
    /// All values that were not taken, of one project or of all, whatever their state, oldest first.
    async fn letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Error>;
    /// Dead letters of one project or of all, oldest first; those that wait for a person.
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Error>;
    /// History of one link or of all, newest first.
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Result<Vec<HistoryRow>, Error>;
    /// A held set by its hash.
    async fn held(&self, hash: &str) -> Result<Option<HeldRow>, Error>;
    /// Every accepted held set of one project.
    async fn accepted(&self, project: ProjectLinkId) -> Result<Vec<HeldRow>, Error>;

    /// Writes or replaces a run's row.
    async fn put_run(&self, run: &RunRow) -> Result<(), Error>;
    /// Runs, newest first.
    async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, Error>;
    /// One run.
    async fn run(&self, id: RunId) -> Result<Option<RunRow>, Error>;

    /// What is under way or waits in each pair of projects; stuck is a write that was sent before `sent_before` and has no
    /// answer, and an item that is dirty since before `dirty_before`.
    async fn standings(
        &self,
        sent_before: Millis,
        dirty_before: Millis,
    ) -> Result<Vec<Standing>, Error>;
    /// Row counts.
    async fn counts(&self) -> Result<Counts, Error>;
    /// Deletes what is old, gives free pages back, keeps the log short and makes a backup where one is due; all in steps
    /// that nobody waits long for.
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Result<UpkeepDone, Error>;
    /// Marks every link as *rebuilt* (design 4.3: a difference on it never overwrites without keeping the other value; the
    /// next confirmed agreement takes the mark away), and lets every pair of projects be compared in full next. For a store
    /// that turned out to be an old copy. Gives the number of links that did not have the mark.
    async fn mark_rebuilt(&self, fence: &Fence) -> Result<u64, Error>;
    /// How many intents are in each state, for tests and `hvs status`.
    async fn intent_counts(&self) -> Result<HashMap<IntentState, u64>, Error>;
}
