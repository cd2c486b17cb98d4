//! The real SQLite store, each call of it done at one stroke between two points where a run may be interrupted.
//!
//! SQLite works on a thread of its own, so what else is going on would be shuffled by the machine's load, and no seed
//! would repeat. A call that waits right here leaves nothing to shuffle; an interruption falls before or after it, which
//! is all that a transaction lets anybody see.

use std::{
    collections::HashMap,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use async_trait::async_trait;
use store::{
    Batch, Error, Fence, Store,
    port::{BaseTexts, Counts, LeaseAnswer, LeaseRequest, Operation, Standing, Upkeep, UpkeepDone},
    row::{
        ConflictRow, DeadLetter, Deed, Dirty, HeldRow, HistoryRow, Intent, IntentState, Late,
        LeaseRow, ProjectRow, RunRow,
    },
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::{
    Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    link::Link,
};
use uuid::Uuid;

use super::Gate;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread until a future is done.
fn at_one_stroke<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// An SQLite store in memory. Clones share it: what was committed outlives the process that committed it.
#[derive(Clone, Debug)]
pub struct SimStore {
    pub(super) store: SqliteStore,
    gate: Gate,
    spoilt: Option<Spoilt>,
}

/// A store that is broken on purpose, for those who want to see whether it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// [`Store::acquire`] gives the lease of another holder to whoever asks.
    LeaseForEverybody,
    /// [`Store::advance`] writes nothing.
    SentNotJournaled,
    /// [`Store::live_intents`] finds nothing.
    JournalForgotten,
    /// [`Store::write`] leaves out conflicts.
    ConflictsDropped,
    /// [`Store::dirty`] finds nothing.
    DirtyForgotten,
    /// [`Store::texts`] finds nothing.
    TextsForgotten,
    /// [`Store::write`] leaves out links.
    LinksForgotten,
    /// [`Store::write`] leaves out intents that are finished.
    NothingSettled,
}

impl SimStore {
    /// A fresh one; its id follows from the seed.
    pub fn new(seed: u64, now: Millis) -> Result<SimStore, Error> {
        let id = Uuid::from_u64_pair(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            0x8000_0000_0000_0001,
        );
        let store = at_one_stroke(SqliteStore::open_in_memory(&OpenOptions::new(now, id)))?;
        Ok(SimStore {
            store,
            gate: Gate::default(),
            spoilt: None,
        })
    }

    /// The same store, broken.
    #[must_use]
    pub fn spoilt(&self, spoilt: Option<Spoilt>) -> SimStore {
        SimStore {
            spoilt,
            ..self.clone()
        }
    }

    fn is(&self, spoilt: Spoilt) -> bool {
        self.spoilt == Some(spoilt)
    }

    /// The same store as a process sees it that can be stopped.
    #[must_use]
    pub fn behind(&self, gate: Gate) -> SimStore {
        SimStore {
            gate,
            ..self.clone()
        }
    }

    /// One call, with a point before and after it where a run may be interrupted.
    pub(super) async fn step<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.gate.pass().await;
        tokio::task::yield_now().await;
        let answer = at_one_stroke(call);
        tokio::task::yield_now().await;
        self.gate.pass().await;
        answer
    }
}

type Done<T> = Result<T, Error>;

#[async_trait]
impl Store for SimStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }
    async fn meta(&self, key: &str) -> Done<Option<String>> {
        self.step(self.store.meta(key)).await
    }
    async fn set_meta(&self, key: &str, value: &str) -> Done<()> {
        self.step(self.store.set_meta(key, value)).await
    }
    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Done<LeaseAnswer> {
        match self.step(self.store.acquire(request, now)).await? {
            LeaseAnswer::Held(lease) if self.is(Spoilt::LeaseForEverybody) => {
                Ok(LeaseAnswer::Granted { lease, after: None })
            }
            answer => Ok(answer),
        }
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Done<LeaseRow> {
        self.step(self.store.renew(fence, now, ttl)).await
    }
    async fn release(&self, fence: &Fence) -> Done<()> {
        self.step(self.store.release(fence)).await
    }
    async fn lease(&self, scope: &str) -> Done<Option<LeaseRow>> {
        self.step(self.store.lease(scope)).await
    }
    async fn projects(&self) -> Done<Vec<ProjectRow>> {
        self.step(self.store.projects()).await
    }
    async fn links(&self, project: ProjectLinkId) -> Done<Vec<Link>> {
        self.step(self.store.links(project)).await
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.step(self.store.links_of_items(side, items)).await
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.step(self.store.links_by_id(ids)).await
    }
    async fn link_counts(&self) -> Done<HashMap<ProjectLinkId, u64>> {
        self.step(self.store.link_counts()).await
    }
    async fn texts(&self, links: &[LinkId]) -> Done<HashMap<LinkId, BaseTexts>> {
        if self.is(Spoilt::TextsForgotten) {
            return Ok(HashMap::new());
        }
        self.step(self.store.texts(links)).await
    }
    async fn live_intents(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<Intent>> {
        if self.is(Spoilt::JournalForgotten) {
            return Ok(Vec::new());
        }
        self.step(self.store.live_intents(project, limit)).await
    }
    async fn unsettled(&self) -> Done<Vec<(LinkId, Arc<str>)>> {
        if self.is(Spoilt::JournalForgotten) {
            return Ok(Vec::new());
        }
        self.step(self.store.unsettled()).await
    }
    async fn intent(&self, key: IntentKey) -> Done<Option<Intent>> {
        self.step(self.store.intent(key)).await
    }
    async fn advance(&self, fence: &Fence, intents: &[Intent]) -> Done<()> {
        if self.is(Spoilt::SentNotJournaled) {
            return Ok(());
        }
        self.step(self.store.advance(fence, intents)).await
    }
    async fn knows_write_id(&self, id: &str) -> Done<bool> {
        self.step(Store::knows_write_id(&self.store, id)).await
    }
    async fn newest_write_id(&self) -> Done<Option<String>> {
        self.step(self.store.newest_write_id()).await
    }
    async fn dirty(&self, project: ProjectLinkId, now: Millis, limit: u32) -> Done<Vec<Dirty>> {
        if self.is(Spoilt::DirtyForgotten) {
            return Ok(Vec::new());
        }
        self.step(self.store.dirty(project, now, limit)).await
    }
    async fn late(&self, now: Millis) -> Done<Vec<Late>> {
        if self.is(Spoilt::DirtyForgotten) {
            return Ok(Vec::new());
        }
        self.step(self.store.late(now)).await
    }
    async fn write(&self, fence: &Fence, batch: &Batch) -> Done<()> {
        let Some(spoilt) = self.spoilt else {
            return self.step(self.store.write(fence, batch)).await;
        };
        let mut batch = batch.clone();
        match spoilt {
            Spoilt::ConflictsDropped => batch.conflicts.clear(),
            Spoilt::LinksForgotten => batch.links.clear(),
            Spoilt::NothingSettled => batch.intents.retain(|intent| intent.state.is_live()),
            Spoilt::LeaseForEverybody
            | Spoilt::SentNotJournaled
            | Spoilt::JournalForgotten
            | Spoilt::DirtyForgotten
            | Spoilt::TextsForgotten => {}
        }
        self.step(self.store.write(fence, &batch)).await
    }
    async fn conflicts(&self, open_only: bool, limit: u32) -> Done<Vec<ConflictRow>> {
        self.step(self.store.conflicts(open_only, limit)).await
    }
    async fn conflict(&self, id: i64) -> Done<Option<ConflictRow>> {
        self.step(self.store.conflict(id)).await
    }
    async fn decided(&self, project: ProjectLinkId) -> Done<Vec<ConflictRow>> {
        self.step(self.store.decided(project)).await
    }
    async fn operate(&self, operation: &Operation, now: Millis) -> Done<()> {
        self.step(self.store.operate(operation, now)).await
    }
    async fn deeds(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<Deed>> {
        self.step(self.store.deeds(link, limit)).await
    }
    async fn letters(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<DeadLetter>> {
        self.step(self.store.letters(project, limit)).await
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Done<Vec<DeadLetter>> {
        self.step(self.store.dead_letters(project, limit)).await
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<HistoryRow>> {
        self.step(self.store.history(link, limit)).await
    }
    async fn held(&self, hash: &str) -> Done<Option<HeldRow>> {
        self.step(self.store.held(hash)).await
    }
    async fn accepted(&self, project: ProjectLinkId) -> Done<Vec<HeldRow>> {
        self.step(self.store.accepted(project)).await
    }
    async fn put_run(&self, run: &RunRow) -> Done<()> {
        self.step(self.store.put_run(run)).await
    }
    async fn runs(&self, limit: u32) -> Done<Vec<RunRow>> {
        self.step(self.store.runs(limit)).await
    }
    async fn run(&self, id: RunId) -> Done<Option<RunRow>> {
        self.step(self.store.run(id)).await
    }
    async fn standings(&self, sent: Millis, dirty: Millis) -> Done<Vec<Standing>> {
        self.step(self.store.standings(sent, dirty)).await
    }
    async fn counts(&self) -> Done<Counts> {
        self.step(self.store.counts()).await
    }
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Done<UpkeepDone> {
        self.step(self.store.upkeep(upkeep, now)).await
    }
    async fn mark_rebuilt(&self, fence: &Fence) -> Done<u64> {
        self.step(self.store.mark_rebuilt(fence)).await
    }
    async fn intent_counts(&self) -> Done<HashMap<IntentState, u64>> {
        self.step(self.store.intent_counts()).await
    }
}
