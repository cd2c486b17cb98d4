//! A store whose disk fails: an ordinary wrapper of the port, for tests and simulations.
//!
//! Calls are counted from 0 on. The call at which the fault stands fails, and all after it where the fault lasts.

mod agents;

use std::{
    collections::HashMap,
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use sync_core::{
    Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    link::Link,
};

use crate::{
    error::Error,
    port::{
        BaseTexts, Batch, Counts, Fence, LeaseAnswer, LeaseRequest, Operation, Standing, Store,
        Upkeep, UpkeepDone,
    },
    row::{
        ConflictRow, DeadLetter, Deed, Dirty, HeldRow, HistoryRow, Intent, IntentState, Late,
        LeaseRow, ProjectRow, RunRow,
    },
};

/// `ENOSPC`.
const NO_ROOM: i32 = 28;
/// `EIO`.
const BROKEN_DISK: i32 = 5;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The disk is full: what writes fails and has written nothing, what reads goes on. Only writes are counted.
    Full,
    /// The disk fails: reads and writes fail, and nothing was written. All calls are counted.
    Broken,
    /// The disk fails after it has written: the step is done, and its answer is an error. Only writes are counted.
    Unanswered,
}

impl Trouble {
    /// Every one.
    pub const ALL: [Trouble; 3] = [Trouble::Full, Trouble::Broken, Trouble::Unanswered];

    fn error(self) -> Error {
        let raw = |code| sqlx::Error::Io(io::Error::from_raw_os_error(code));
        match self {
            Trouble::Full => Error::Full {
                op: "injected",
                source: raw(NO_ROOM),
            },
            Trouble::Broken => Error::Io {
                op: "injected",
                source: raw(BROKEN_DISK),
            },
            Trouble::Unanswered => Error::Broken {
                op: "injected",
                source: raw(BROKEN_DISK),
            },
        }
    }
}

/// A fault, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub trouble: Trouble,
    /// At which of the calls that it counts.
    pub at: u64,
    /// Whether it goes wrong at every later one, too.
    pub lasts: bool,
}

/// A store with a fault.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    store: S,
    fault: Option<Fault>,
    calls: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

/// What a call does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl<S: Store> Faulty<S> {
    /// `store`, with a fault or only counted.
    pub fn new(store: S, fault: Option<Fault>) -> Faulty<S> {
        Faulty {
            store,
            fault,
            calls: Arc::default(),
            writes: Arc::default(),
        }
    }

    /// How many calls of those that a trouble counts there were.
    pub fn counted(&self, trouble: Trouble) -> u64 {
        match trouble {
            Trouble::Broken => self.calls.load(Ordering::Relaxed),
            Trouble::Full | Trouble::Unanswered => self.writes.load(Ordering::Relaxed),
        }
    }

    /// What goes wrong with this call.
    fn hit(&self, access: Access) -> Option<Trouble> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let write = match access {
            Access::Read => None,
            Access::Write => Some(self.writes.fetch_add(1, Ordering::Relaxed)),
        };
        let fault = self.fault?;
        let number = match fault.trouble {
            Trouble::Broken => call,
            Trouble::Full | Trouble::Unanswered => write?,
        };
        let is_hit = number == fault.at || (fault.lasts && number > fault.at);
        is_hit.then_some(fault.trouble)
    }

    async fn step<T>(
        &self,
        access: Access,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match self.hit(access) {
            None => call.await,
            Some(trouble @ Trouble::Unanswered) => {
                call.await?;
                Err(trouble.error())
            }
            Some(trouble @ (Trouble::Full | Trouble::Broken)) => Err(trouble.error()),
        }
    }

    async fn read<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.step(Access::Read, call).await
    }

    async fn written<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.step(Access::Write, call).await
    }
}

type Done<T> = Result<T, Error>;

#[async_trait]
impl<S: Store> Store for Faulty<S> {
    fn id(&self) -> StoreId {
        self.store.id()
    }
    async fn meta(&self, key: &str) -> Done<Option<String>> {
        self.read(self.store.meta(key)).await
    }
    async fn set_meta(&self, key: &str, value: &str) -> Done<()> {
        self.written(self.store.set_meta(key, value)).await
    }
    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Done<LeaseAnswer> {
        self.written(self.store.acquire(request, now)).await
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Done<LeaseRow> {
        self.written(self.store.renew(fence, now, ttl)).await
    }
    async fn release(&self, fence: &Fence) -> Done<()> {
        self.written(self.store.release(fence)).await
    }
    async fn lease(&self, scope: &str) -> Done<Option<LeaseRow>> {
        self.read(self.store.lease(scope)).await
    }
    async fn projects(&self) -> Done<Vec<ProjectRow>> {
        self.read(self.store.projects()).await
    }
    async fn links(&self, project: ProjectLinkId) -> Done<Vec<Link>> {
        self.read(self.store.links(project)).await
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.read(self.store.links_of_items(side, items)).await
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.read(self.store.links_by_id(ids)).await
    }
    async fn link_counts(&self) -> Done<HashMap<ProjectLinkId, u64>> {
        self.read(self.store.link_counts()).await
    }
    async fn texts(&self, links: &[LinkId]) -> Done<HashMap<LinkId, BaseTexts>> {
        self.read(self.store.texts(links)).await
    }
    async fn live_intents(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<Intent>> {
        self.read(self.store.live_intents(project, limit)).await
    }
    async fn unsettled(&self) -> Done<Vec<(LinkId, Arc<str>)>> {
        self.read(self.store.unsettled()).await
    }
    async fn intent(&self, key: IntentKey) -> Done<Option<Intent>> {
        self.read(self.store.intent(key)).await
    }
    async fn advance(&self, fence: &Fence, rows: &[Intent]) -> Done<()> {
        self.written(self.store.advance(fence, rows)).await
    }
    async fn newest_write_id(&self) -> Done<Option<String>> {
        self.read(self.store.newest_write_id()).await
    }
    async fn knows_write_id(&self, id: &str) -> Done<bool> {
        self.read(self.store.knows_write_id(id)).await
    }
    async fn dirty(&self, project: ProjectLinkId, now: Millis, limit: u32) -> Done<Vec<Dirty>> {
        self.read(self.store.dirty(project, now, limit)).await
    }
    async fn late(&self, now: Millis) -> Done<Vec<Late>> {
        self.read(self.store.late(now)).await
    }
    async fn write(&self, fence: &Fence, batch: &Batch) -> Done<()> {
        self.written(self.store.write(fence, batch)).await
    }
    async fn conflicts(&self, open_only: bool, limit: u32) -> Done<Vec<ConflictRow>> {
        self.read(self.store.conflicts(open_only, limit)).await
    }
    async fn conflict(&self, id: i64) -> Done<Option<ConflictRow>> {
        self.read(self.store.conflict(id)).await
    }
    async fn decided(&self, project: ProjectLinkId) -> Done<Vec<ConflictRow>> {
        self.read(self.store.decided(project)).await
    }
    async fn operate(&self, operation: &Operation, now: Millis) -> Done<()> {
        self.written(self.store.operate(operation, now)).await
    }
    async fn deeds(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<Deed>> {
        self.read(self.store.deeds(link, limit)).await
    }
    async fn letters(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<DeadLetter>> {
        self.read(self.store.letters(project, limit)).await
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Done<Vec<DeadLetter>> {
        self.read(self.store.dead_letters(project, limit)).await
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<HistoryRow>> {
        self.read(self.store.history(link, limit)).await
    }
    async fn held(&self, hash: &str) -> Done<Option<HeldRow>> {
        self.read(self.store.held(hash)).await
    }
    async fn accepted(&self, project: ProjectLinkId) -> Done<Vec<HeldRow>> {
        self.read(self.store.accepted(project)).await
    }
    async fn put_run(&self, run: &RunRow) -> Done<()> {
        self.written(self.store.put_run(run)).await
    }
    async fn runs(&self, limit: u32) -> Done<Vec<RunRow>> {
        self.read(self.store.runs(limit)).await
    }
    async fn run(&self, id: RunId) -> Done<Option<RunRow>> {
        self.read(self.store.run(id)).await
    }
    async fn standings(&self, sent: Millis, dirty: Millis) -> Done<Vec<Standing>> {
        self.read(self.store.standings(sent, dirty)).await
    }
    async fn counts(&self) -> Done<Counts> {
        self.read(self.store.counts()).await
    }
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Done<UpkeepDone> {
        self.written(self.store.upkeep(upkeep, now)).await
    }
    async fn mark_rebuilt(&self, fence: &Fence) -> Done<u64> {
        self.written(self.store.mark_rebuilt(fence)).await
    }
    async fn intent_counts(&self) -> Done<HashMap<IntentState, u64>> {
        self.read(self.store.intent_counts()).await
    }
}
