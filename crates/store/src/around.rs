//! A store around whose calls a hook stands: an ordinary wrapper of the port, for stores that fail or end at a given call.

mod agents;

use std::{collections::HashMap, future::Future, sync::Arc};

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

/// One call of a store.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// The method's name.
    pub name: &'static str,
    /// Whether it reads or writes.
    pub access: Access,
    /// What [`Store::write`] writes.
    pub batch: Option<&'c Batch>,
    /// What [`Store::advance`] moves on.
    pub advanced: &'c [Intent],
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It changes nothing.
    Read,
    /// It may change something.
    Write,
}

impl<'c> Call<'c> {
    const fn new(name: &'static str, access: Access) -> Call<'c> {
        Call {
            name,
            access,
            batch: None,
            advanced: &[],
        }
    }

    const fn write(batch: &'c Batch) -> Call<'c> {
        Call {
            batch: Some(batch),
            ..Call::new("write", Access::Write)
        }
    }

    const fn advance(rows: &'c [Intent]) -> Call<'c> {
        Call {
            advanced: rows,
            ..Call::new("advance", Access::Write)
        }
    }
}

/// What stands around each call.
pub trait Hook: Send + Sync {
    /// Makes the call, or does not, and answers for it.
    fn around<'h, T: Send + 'h>(
        &'h self,
        call: Call<'h>,
        made: impl Future<Output = Result<T, Error>> + Send + 'h,
    ) -> impl Future<Output = Result<T, Error>> + Send + 'h;
}

/// A store with a hook around its calls.
#[derive(Clone, Debug)]
pub struct Around<S, H> {
    store: S,
    pub(crate) hook: H,
}

impl<S: Store, H: Hook> Around<S, H> {
    /// `store`, each of whose calls goes through `hook`.
    pub const fn of(store: S, hook: H) -> Around<S, H> {
        Around { store, hook }
    }

    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        made: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        self.hook.around(call, made).await
    }

    async fn read<T: Send>(
        &self,
        name: &'static str,
        made: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        self.call(Call::new(name, Access::Read), made).await
    }

    async fn written<T: Send>(
        &self,
        name: &'static str,
        made: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        self.call(Call::new(name, Access::Write), made).await
    }
}

type Done<T> = Result<T, Error>;

#[async_trait]
impl<S: Store, H: Hook> Store for Around<S, H> {
    fn id(&self) -> StoreId {
        self.store.id()
    }
    async fn meta(&self, key: &str) -> Done<Option<String>> {
        self.read("meta", self.store.meta(key)).await
    }
    async fn set_meta(&self, key: &str, value: &str) -> Done<()> {
        self.written("set_meta", self.store.set_meta(key, value))
            .await
    }
    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Done<LeaseAnswer> {
        self.written("acquire", self.store.acquire(request, now))
            .await
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Done<LeaseRow> {
        self.written("renew", self.store.renew(fence, now, ttl))
            .await
    }
    async fn release(&self, fence: &Fence) -> Done<()> {
        self.written("release", self.store.release(fence)).await
    }
    async fn lease(&self, scope: &str) -> Done<Option<LeaseRow>> {
        self.read("lease", self.store.lease(scope)).await
    }
    async fn projects(&self) -> Done<Vec<ProjectRow>> {
        self.read("projects", self.store.projects()).await
    }
    async fn links(&self, project: ProjectLinkId) -> Done<Vec<Link>> {
        self.read("links", self.store.links(project)).await
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.read("links_of_items", self.store.links_of_items(side, items))
            .await
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Done<Vec<(ProjectLinkId, Link)>> {
        self.read("links_by_id", self.store.links_by_id(ids)).await
    }
    async fn link_counts(&self) -> Done<HashMap<ProjectLinkId, u64>> {
        self.read("link_counts", self.store.link_counts()).await
    }
    async fn texts(&self, links: &[LinkId]) -> Done<HashMap<LinkId, BaseTexts>> {
        self.read("texts", self.store.texts(links)).await
    }
    async fn live_intents(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<Intent>> {
        self.read("live_intents", self.store.live_intents(project, limit))
            .await
    }
    async fn unsettled(&self) -> Done<Vec<(LinkId, Arc<str>)>> {
        self.read("unsettled", self.store.unsettled()).await
    }
    async fn intent(&self, key: IntentKey) -> Done<Option<Intent>> {
        self.read("intent", self.store.intent(key)).await
    }
    async fn advance(&self, fence: &Fence, rows: &[Intent]) -> Done<()> {
        self.call(Call::advance(rows), self.store.advance(fence, rows))
            .await
    }
    async fn newest_write_id(&self) -> Done<Option<String>> {
        self.read("newest_write_id", self.store.newest_write_id())
            .await
    }
    async fn knows_write_id(&self, id: &str) -> Done<bool> {
        self.read("knows_write_id", self.store.knows_write_id(id))
            .await
    }
    async fn late(&self, now: Millis) -> Done<Vec<Late>> {
        self.read("late", self.store.late(now)).await
    }
    async fn dirty(&self, project: ProjectLinkId, now: Millis, limit: u32) -> Done<Vec<Dirty>> {
        self.read("dirty", self.store.dirty(project, now, limit))
            .await
    }
    async fn write(&self, fence: &Fence, batch: &Batch) -> Done<()> {
        self.call(Call::write(batch), self.store.write(fence, batch))
            .await
    }
    async fn conflicts(&self, open_only: bool, limit: u32) -> Done<Vec<ConflictRow>> {
        self.read("conflicts", self.store.conflicts(open_only, limit))
            .await
    }
    async fn conflict(&self, id: i64) -> Done<Option<ConflictRow>> {
        self.read("conflict", self.store.conflict(id)).await
    }
    async fn decided(&self, project: ProjectLinkId) -> Done<Vec<ConflictRow>> {
        self.read("decided", self.store.decided(project)).await
    }
    async fn operate(&self, operation: &Operation, now: Millis) -> Done<()> {
        self.written("operate", self.store.operate(operation, now))
            .await
    }
    async fn deeds(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<Deed>> {
        self.read("deeds", self.store.deeds(link, limit)).await
    }
    async fn letters(&self, project: Option<ProjectLinkId>, limit: u32) -> Done<Vec<DeadLetter>> {
        self.read("letters", self.store.letters(project, limit))
            .await
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Done<Vec<DeadLetter>> {
        self.read("dead_letters", self.store.dead_letters(project, limit))
            .await
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Done<Vec<HistoryRow>> {
        self.read("history", self.store.history(link, limit)).await
    }
    async fn held(&self, hash: &str) -> Done<Option<HeldRow>> {
        self.read("held", self.store.held(hash)).await
    }
    async fn accepted(&self, project: ProjectLinkId) -> Done<Vec<HeldRow>> {
        self.read("accepted", self.store.accepted(project)).await
    }
    async fn put_run(&self, run: &RunRow) -> Done<()> {
        self.written("put_run", self.store.put_run(run)).await
    }
    async fn runs(&self, limit: u32) -> Done<Vec<RunRow>> {
        self.read("runs", self.store.runs(limit)).await
    }
    async fn run(&self, id: RunId) -> Done<Option<RunRow>> {
        self.read("run", self.store.run(id)).await
    }
    async fn standings(&self, sent: Millis, dirty: Millis) -> Done<Vec<Standing>> {
        self.read("standings", self.store.standings(sent, dirty))
            .await
    }
    async fn counts(&self) -> Done<Counts> {
        self.read("counts", self.store.counts()).await
    }
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Done<UpkeepDone> {
        self.written("upkeep", self.store.upkeep(upkeep, now)).await
    }
    async fn mark_rebuilt(&self, fence: &Fence) -> Done<u64> {
        self.written("mark_rebuilt", self.store.mark_rebuilt(fence))
            .await
    }
    async fn intent_counts(&self) -> Done<HashMap<IntentState, u64>> {
        self.read("intent_counts", self.store.intent_counts()).await
    }
}
