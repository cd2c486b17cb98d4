//! SQLite: one writer connection and a few readers on a database in WAL mode.
//!
//! Every commit is durable against power loss (`synchronous = FULL`): an intent is on the disk as sent before anything
//! leaves this machine. There is no pool with timers: what waits here waits for another step of the same process, and
//! each step is bounded by SQLite's busy timeout ([`OpenOptions::busy_timeout`]).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use sync_core::{
    Side,
    ids::{IntentKey, ItemId, LinkId, Millis, ProjectLinkId, RunId, StoreId},
    link::Link,
};

use crate::{
    error::Error,
    port::{BaseTexts, Batch, Counts, Fence, LeaseAnswer, LeaseRequest, Standing, Store},
    row::{
        ConflictRow, DeadLetter, Dirty, HeldRow, HistoryRow, Intent, IntentState, LeaseRow,
        ProjectRow, RunRow,
    },
};

mod body;
mod conn;
mod files;
mod intents;
mod lease;
mod links;
mod migrate;
mod open;
mod prune;
mod read;
mod reports;
mod rows;
pub mod sql;
#[cfg(test)]
mod tests;
mod write;

pub use open::{OpenOptions, Opened};

/// The version of the tables that this hvs reads and writes.
pub fn schema_version() -> i64 {
    migrate::newest(migrate::STEPS)
}

use conn::Connections;

/// The key of the store's own id in the table of facts.
const STORE_ID: &str = "store_id";

/// A store in an SQLite database. Clones share the connections, so what was opened in memory lives as long as one clone.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: StoreId,
    path: Option<PathBuf>,
    connections: Connections,
}

impl SqliteStore {
    fn new(id: StoreId, path: Option<PathBuf>, connections: Connections) -> SqliteStore {
        SqliteStore {
            shared: Arc::new(Shared {
                id,
                path,
                connections,
            }),
        }
    }

    /// The database's file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Closes all connections, of all clones, and waits until that is done: SQLite then takes its two files beside the
    /// database away. Without it nothing is lost either. Any later use gives [`Error::Closed`].
    pub async fn close(&self) -> Result<(), Error> {
        self.shared.connections.close().await
    }
}

/// Each method takes a connection and calls the function of its name.
#[async_trait]
impl Store for SqliteStore {
    fn id(&self) -> StoreId {
        self.shared.id
    }

    async fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        read::meta(self.shared.connections.reader().await.get()?, key).await
    }
    async fn set_meta(&self, key: &str, value: &str) -> Result<(), Error> {
        write::set_meta(self.shared.connections.writer().await.get()?, key, value).await
    }

    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Result<LeaseAnswer, Error> {
        lease::acquire(self.shared.connections.writer().await.get()?, request, now).await
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Result<LeaseRow, Error> {
        lease::renew(
            self.shared.connections.writer().await.get()?,
            fence,
            now,
            ttl,
        )
        .await
    }
    async fn release(&self, fence: &Fence) -> Result<(), Error> {
        lease::release(self.shared.connections.writer().await.get()?, fence).await
    }
    async fn lease(&self, scope: &str) -> Result<Option<LeaseRow>, Error> {
        lease::held(self.shared.connections.reader().await.get()?, scope).await
    }

    async fn projects(&self) -> Result<Vec<ProjectRow>, Error> {
        read::projects(self.shared.connections.reader().await.get()?).await
    }
    async fn links(&self, project: ProjectLinkId) -> Result<Vec<Link>, Error> {
        links::of_project(self.shared.connections.reader().await.get()?, project).await
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
        links::of_items(self.shared.connections.reader().await.get()?, side, items).await
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
        links::by_id(self.shared.connections.reader().await.get()?, ids).await
    }
    async fn link_counts(&self) -> Result<HashMap<ProjectLinkId, u64>, Error> {
        read::link_counts(self.shared.connections.reader().await.get()?).await
    }
    async fn texts(&self, links: &[LinkId]) -> Result<HashMap<LinkId, BaseTexts>, Error> {
        read::texts(self.shared.connections.reader().await.get()?, links).await
    }

    async fn live_intents(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<Intent>, Error> {
        intents::live(
            self.shared.connections.reader().await.get()?,
            project,
            limit,
        )
        .await
    }
    async fn intent(&self, key: IntentKey) -> Result<Option<Intent>, Error> {
        intents::one(self.shared.connections.reader().await.get()?, key).await
    }
    async fn advance(&self, fence: &Fence, rows: &[Intent]) -> Result<(), Error> {
        write::advance(self.shared.connections.writer().await.get()?, fence, rows).await
    }
    async fn newest_write_id(&self) -> Result<Option<String>, Error> {
        intents::newest_write_id(self.shared.connections.reader().await.get()?).await
    }
    async fn knows_write_id(&self, id: &str) -> Result<bool, Error> {
        intents::knows_write_id(self.shared.connections.reader().await.get()?, id).await
    }

    async fn dirty(
        &self,
        project: ProjectLinkId,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<Dirty>, Error> {
        read::dirty(
            self.shared.connections.reader().await.get()?,
            project,
            now,
            limit,
        )
        .await
    }

    async fn write(&self, fence: &Fence, batch: &Batch) -> Result<(), Error> {
        write::batch(self.shared.connections.writer().await.get()?, fence, batch).await
    }

    async fn conflicts(&self, open_only: bool, limit: u32) -> Result<Vec<ConflictRow>, Error> {
        reports::conflicts(
            self.shared.connections.reader().await.get()?,
            open_only,
            limit,
        )
        .await
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Error> {
        reports::dead_letters(
            self.shared.connections.reader().await.get()?,
            project,
            limit,
        )
        .await
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Result<Vec<HistoryRow>, Error> {
        reports::history(self.shared.connections.reader().await.get()?, link, limit).await
    }
    async fn held(&self, hash: &str) -> Result<Option<HeldRow>, Error> {
        reports::held(self.shared.connections.reader().await.get()?, hash).await
    }
    async fn accepted(&self, project: ProjectLinkId) -> Result<Vec<HeldRow>, Error> {
        reports::accepted(self.shared.connections.reader().await.get()?, project).await
    }

    async fn put_run(&self, run: &RunRow) -> Result<(), Error> {
        write::put_run(self.shared.connections.writer().await.get()?, run).await
    }
    async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, Error> {
        reports::runs(self.shared.connections.reader().await.get()?, limit).await
    }
    async fn run(&self, id: RunId) -> Result<Option<RunRow>, Error> {
        reports::run(self.shared.connections.reader().await.get()?, id).await
    }

    async fn standings(&self, stuck_before: Millis) -> Result<Vec<Standing>, Error> {
        read::standings(self.shared.connections.reader().await.get()?, stuck_before).await
    }
    async fn counts(&self) -> Result<Counts, Error> {
        read::counts(self.shared.connections.reader().await.get()?).await
    }
    async fn prune(&self, before: Millis) -> Result<u64, Error> {
        prune::prune(&self.shared.connections, before).await
    }
    async fn intent_counts(&self) -> Result<HashMap<IntentState, u64>, Error> {
        intents::counts(self.shared.connections.reader().await.get()?).await
    }
}
