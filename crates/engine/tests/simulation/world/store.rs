//! The real SQLite store, each call of it done at one stroke between two points where a run may be interrupted.
//!
//! SQLite works on a thread of its own, so what else is going on would be shuffled by the machine's load, and no seed
//! would repeat. A call that waits right here leaves nothing to shuffle; an interruption falls before or after it, which
//! is all that a transaction lets anybody see.

use std::{
    collections::HashMap,
    future::Future,
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use async_trait::async_trait;
use store::{
    Batch, Error, Fence, Store,
    port::{BaseTexts, Counts, LeaseAnswer, LeaseRequest, Standing, Upkeep, UpkeepDone},
    row::{
        ConflictRow, DeadLetter, Dirty, HeldRow, HistoryRow, Intent, IntentState, LeaseRow,
        ProjectRow, RunRow,
    },
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::{
    Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    link::Link,
};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// Where SQLite's futures are at home: a runtime whose clock runs.
fn outside() -> &'static Runtime {
    static OUTSIDE: OnceLock<Runtime> = OnceLock::new();
    OUTSIDE.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread until a future is done.
fn at_one_stroke<T>(future: impl Future<Output = T>) -> T {
    let _home = outside().enter();
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

/// An SQLite store in memory.
#[derive(Clone, Debug)]
pub(crate) struct SimStore(SqliteStore);

impl SimStore {
    /// A fresh one; its id follows from the seed.
    pub(crate) fn new(seed: u64, now: Millis) -> SimStore {
        let id = Uuid::from_u64_pair(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            0x8000_0000_0000_0001,
        );
        SimStore(at_one_stroke(SqliteStore::open_in_memory(&OpenOptions::new(now, id))).unwrap())
    }
}

/// One call, with a point before and after it where a run may be interrupted.
async fn step<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::task::yield_now().await;
    let answer = at_one_stroke(call);
    tokio::task::yield_now().await;
    answer
}

type Done<T> = Result<T, Error>;

#[async_trait]
impl Store for SimStore {
    fn id(&self) -> StoreId {
        self.0.id()
    }
    async fn meta(&self, key: &str) -> Done<Option<String>> {
        step(self.0.meta(key)).await
    }
    async fn set_meta(&self, key: &str, value: &str) -> Done<()> {
        step(self.0.set_meta(key, value)).await
    }
    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Done<LeaseAnswer> {
        step(self.0.acquire(request, now)).await
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Done<LeaseRow> {
        step(self.0.renew(fence, now, ttl)).await
    }
    async fn release(&self, fence: &Fence) -> Done<()> {
        step(self.0.release(fence)).await
    }
    async fn lease(&self, scope: &str) -> Done<Option<LeaseRow>> {
        step(self.0.lease(scope)).await
    }
    async fn projects(&self) -> Done<Vec<ProjectRow>> {
        step(self.0.projects()).await
    }
    async fn links(&self, project: ProjectLinkId) -> Done<Vec<Link>> {
        step(self.0.links(project)).await
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Done<Vec<(ProjectLinkId, Link)>> {
        step(self.0.links_of_items(side, items)).await
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Done<Vec<(ProjectLinkId, Link)>> {
        step(self.0.links_by_id(ids)).await
    }
    async fn link_counts(&self) -> Done<HashMap<ProjectLinkId, u64>> {
        step(self.0.link_counts()).await
    }
    async fn texts(&self, links: &[LinkId]) -> Done<HashMap<LinkId, BaseTexts>> {
        step(self.0.texts(links)).await
    }
    async fn live_intents(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<Intent>> {
        step(self.0.live_intents(project, limit)).await
    }
    async fn intent(&self, key: IntentKey) -> Done<Option<Intent>> {
        step(self.0.intent(key)).await
    }
    async fn advance(&self, fence: &Fence, intents: &[Intent]) -> Done<()> {
        step(self.0.advance(fence, intents)).await
    }
    async fn knows_write_id(&self, id: &str) -> Done<bool> {
        step(Store::knows_write_id(&self.0, id)).await
    }
    async fn newest_write_id(&self) -> Done<Option<String>> {
        step(self.0.newest_write_id()).await
    }
    async fn dirty(&self, project: ProjectLinkId, now: Millis, limit: u32) -> Done<Vec<Dirty>> {
        step(self.0.dirty(project, now, limit)).await
    }
    async fn write(&self, fence: &Fence, batch: &Batch) -> Done<()> {
        step(self.0.write(fence, batch)).await
    }
    async fn conflicts(&self, open_only: bool, limit: u32) -> Done<Vec<ConflictRow>> {
        step(self.0.conflicts(open_only, limit)).await
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Done<Vec<DeadLetter>> {
        step(self.0.dead_letters(project, limit)).await
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<HistoryRow>> {
        step(self.0.history(link, limit)).await
    }
    async fn held(&self, hash: &str) -> Done<Option<HeldRow>> {
        step(self.0.held(hash)).await
    }
    async fn accepted(&self, project: ProjectLinkId) -> Done<Vec<HeldRow>> {
        step(self.0.accepted(project)).await
    }
    async fn put_run(&self, run: &RunRow) -> Done<()> {
        step(self.0.put_run(run)).await
    }
    async fn runs(&self, limit: u32) -> Done<Vec<RunRow>> {
        step(self.0.runs(limit)).await
    }
    async fn run(&self, id: RunId) -> Done<Option<RunRow>> {
        step(self.0.run(id)).await
    }
    async fn standings(&self, stuck_before: Millis) -> Done<Vec<Standing>> {
        step(self.0.standings(stuck_before)).await
    }
    async fn counts(&self) -> Done<Counts> {
        step(self.0.counts()).await
    }
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Done<UpkeepDone> {
        step(self.0.upkeep(upkeep, now)).await
    }
    async fn mark_rebuilt(&self, fence: &Fence) -> Done<u64> {
        step(self.0.mark_rebuilt(fence)).await
    }
    async fn intent_counts(&self) -> Done<HashMap<IntentState, u64>> {
        step(self.0.intent_counts()).await
    }
}
