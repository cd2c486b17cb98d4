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
    port::{
        BaseTexts, Batch, Counts, Fence, LeaseAnswer, LeaseRequest, Operation, Standing, Store,
        Upkeep, UpkeepDone,
    },
    row::{
        ConflictRow, DeadLetter, Deed, Dirty, HeldRow, HistoryRow, Intent, IntentState, Late,
        LeaseRow, ProjectRow, RunRow,
    },
};

mod agents;
mod body;
mod check;
mod conn;
mod copy;
mod files;
mod intents;
mod lease;
mod links;
mod migrate;
mod open;
mod operate;
mod read;
mod reports;
mod restore;
mod rows;
pub mod sql;
#[cfg(test)]
mod tests;
mod upkeep;
mod write;

pub use check::Soundness;
pub use copy::BackupFile;
pub use open::{OpenOptions, Opened};
pub use restore::Restored;

/// The version of the tables that this hvs reads and writes.
pub fn schema_version() -> i64 {
    migrate::newest(migrate::STEPS)
}

use conn::{Conn, Connections};

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

    async fn reader(&self) -> Conn<'_> {
        self.shared.connections.reader().await
    }

    async fn writer(&self) -> Conn<'_> {
        self.shared.connections.writer().await
    }

    /// Names the file in what its disk, its lock or its damage make fail.
    fn named<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        match (result, self.path()) {
            (Err(source), Some(path)) if source.is_of_the_file() => Err(Error::Open {
                path: path.to_owned(),
                source: Box::new(source),
            }),
            (result, _) => result,
        }
    }

    /// The database's file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// When it was put back from a backup, if it ever was.
    pub async fn restored_at(&self) -> Result<Option<Millis>, Error> {
        let text = self.meta(restore::RESTORED_AT).await?;
        Ok(text.and_then(|text| text.parse().ok()).map(Millis))
    }

    /// Looks through all of it. Takes as long as reading the whole file; reading and writing go on meanwhile.
    pub async fn check(&self) -> Result<Soundness, Error> {
        let mut conn = self.reader().await;
        self.named(check::whole(conn.get()?, self.path(), schema_version()).await)
    }

    /// Makes a consistent copy at `to`, which must not exist, while reading and writing go on; opened and checked before it
    /// has its name. Without `to`, beside the store under a name with the time.
    pub async fn back_up(&self, to: Option<&Path>, now: Millis) -> Result<PathBuf, Error> {
        let to = match (to, self.path()) {
            (Some(to), _) => to.to_owned(),
            (None, Some(path)) => copy::place(path, now)?,
            (None, None) => return Err(Error::Missing),
        };
        self.named(self.copy_to(&to).await)?;
        Ok(to)
    }

    /// The backups beside the store at `path`, newest first.
    pub fn backups(path: &Path) -> Result<Vec<BackupFile>, Error> {
        copy::list(path)
    }

    /// Puts the backup `from` in the place of the store at `path`, whose file is kept beside it. The backup stays where it
    /// is. [`Error::AtWork`] while somebody holds a lease of the store. The links of the restored store have the *rebuilt*
    /// mark, and every pair of projects is compared in full next.
    pub async fn restore(
        path: &Path,
        from: &Path,
        options: &OpenOptions,
    ) -> Result<Restored, Error> {
        restore::restore(path, from, options)
            .await
            .map_err(open::wrap(path))
    }

    /// Writes the file anew without its free pages: [`Error::AtWork`] while somebody holds a lease of it. Takes as much room
    /// again while it lasts.
    pub async fn vacuum(&self, now: Millis) -> Result<(), Error> {
        let mut conn = self.writer().await;
        self.named(upkeep::vacuum(conn.get()?, now).await)
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
        self.named(read::meta(self.reader().await.get()?, key).await)
    }
    async fn set_meta(&self, key: &str, value: &str) -> Result<(), Error> {
        self.named(write::set_meta(self.writer().await.get()?, key, value).await)
    }

    async fn acquire(&self, request: &LeaseRequest, now: Millis) -> Result<LeaseAnswer, Error> {
        self.named(lease::acquire(self.writer().await.get()?, request, now).await)
    }
    async fn renew(&self, fence: &Fence, now: Millis, ttl: Millis) -> Result<LeaseRow, Error> {
        self.named(lease::renew(self.writer().await.get()?, fence, now, ttl).await)
    }
    async fn release(&self, fence: &Fence) -> Result<(), Error> {
        self.named(lease::release(self.writer().await.get()?, fence).await)
    }
    async fn lease(&self, scope: &str) -> Result<Option<LeaseRow>, Error> {
        self.named(lease::held(self.reader().await.get()?, scope).await)
    }

    async fn projects(&self) -> Result<Vec<ProjectRow>, Error> {
        self.named(read::projects(self.reader().await.get()?).await)
    }
    async fn links(&self, project: ProjectLinkId) -> Result<Vec<Link>, Error> {
        self.named(links::of_project(self.reader().await.get()?, project).await)
    }
    async fn links_of_items(
        &self,
        side: Side,
        items: &[ItemId],
    ) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
        self.named(links::of_items(self.reader().await.get()?, side, items).await)
    }
    async fn links_by_id(&self, ids: &[LinkId]) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
        self.named(links::by_id(self.reader().await.get()?, ids).await)
    }
    async fn link_counts(&self) -> Result<HashMap<ProjectLinkId, u64>, Error> {
        self.named(read::link_counts(self.reader().await.get()?).await)
    }
    async fn texts(&self, links: &[LinkId]) -> Result<HashMap<LinkId, BaseTexts>, Error> {
        self.named(read::texts(self.reader().await.get()?, links).await)
    }

    async fn live_intents(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<Intent>, Error> {
        self.named(intents::live(self.reader().await.get()?, project, limit).await)
    }
    async fn unsettled(&self) -> Result<Vec<(LinkId, Arc<str>)>, Error> {
        self.named(intents::unsettled(self.reader().await.get()?).await)
    }
    async fn intent(&self, key: IntentKey) -> Result<Option<Intent>, Error> {
        self.named(intents::one(self.reader().await.get()?, key).await)
    }
    async fn advance(&self, fence: &Fence, rows: &[Intent]) -> Result<(), Error> {
        self.named(write::advance(self.writer().await.get()?, fence, rows).await)
    }
    async fn newest_write_id(&self) -> Result<Option<String>, Error> {
        self.named(intents::newest_write_id(self.reader().await.get()?).await)
    }
    async fn knows_write_id(&self, id: &str) -> Result<bool, Error> {
        self.named(intents::knows_write_id(self.reader().await.get()?, id).await)
    }

    async fn dirty(
        &self,
        project: ProjectLinkId,
        now: Millis,
        limit: u32,
    ) -> Result<Vec<Dirty>, Error> {
        self.named(read::dirty(self.reader().await.get()?, project, now, limit).await)
    }

    async fn late(&self, now: Millis) -> Result<Vec<Late>, Error> {
        self.named(read::late(self.reader().await.get()?, now).await)
    }

    async fn write(&self, fence: &Fence, batch: &Batch) -> Result<(), Error> {
        self.named(write::batch(self.writer().await.get()?, fence, batch).await)
    }

    async fn conflicts(&self, open_only: bool, limit: u32) -> Result<Vec<ConflictRow>, Error> {
        self.named(reports::conflicts(self.reader().await.get()?, open_only, limit).await)
    }
    async fn conflict(&self, id: i64) -> Result<Option<ConflictRow>, Error> {
        self.named(reports::one_conflict(self.reader().await.get()?, id).await)
    }
    async fn decided(&self, project: ProjectLinkId) -> Result<Vec<ConflictRow>, Error> {
        self.named(reports::decided(self.reader().await.get()?, project).await)
    }
    async fn operate(&self, operation: &Operation, now: Millis) -> Result<(), Error> {
        self.named(operate::operate(self.writer().await.get()?, operation, now).await)
    }
    async fn deeds(&self, link: Option<LinkId>, limit: u32) -> Result<Vec<Deed>, Error> {
        self.named(reports::deeds(self.reader().await.get()?, link, limit).await)
    }
    async fn letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Error> {
        self.named(reports::dead_letters(self.reader().await.get()?, project, false, limit).await)
    }
    async fn dead_letters(
        &self,
        project: Option<ProjectLinkId>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Error> {
        self.named(reports::dead_letters(self.reader().await.get()?, project, true, limit).await)
    }
    async fn history(&self, link: Option<LinkId>, limit: u32) -> Result<Vec<HistoryRow>, Error> {
        self.named(reports::history(self.reader().await.get()?, link, limit).await)
    }
    async fn held(&self, hash: &str) -> Result<Option<HeldRow>, Error> {
        self.named(reports::held(self.reader().await.get()?, hash).await)
    }
    async fn accepted(&self, project: ProjectLinkId) -> Result<Vec<HeldRow>, Error> {
        self.named(reports::accepted(self.reader().await.get()?, project).await)
    }

    async fn put_run(&self, run: &RunRow) -> Result<(), Error> {
        self.named(write::put_run(self.writer().await.get()?, run).await)
    }
    async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, Error> {
        self.named(reports::runs(self.reader().await.get()?, limit).await)
    }
    async fn run(&self, id: RunId) -> Result<Option<RunRow>, Error> {
        self.named(reports::run(self.reader().await.get()?, id).await)
    }

    async fn standings(
        &self,
        sent_before: Millis,
        dirty_before: Millis,
    ) -> Result<Vec<Standing>, Error> {
        let mut reader = self.reader().await;
        self.named(read::standings(reader.get()?, sent_before, dirty_before).await)
    }
    async fn counts(&self) -> Result<Counts, Error> {
        self.named(read::counts(self.reader().await.get()?).await)
    }
    async fn upkeep(&self, upkeep: &Upkeep, now: Millis) -> Result<UpkeepDone, Error> {
        self.named(self.keep_up(upkeep, now).await)
    }
    async fn mark_rebuilt(&self, fence: &Fence) -> Result<u64, Error> {
        self.named(write::mark_rebuilt(self.writer().await.get()?, fence).await)
    }
    async fn intent_counts(&self) -> Result<HashMap<IntentState, u64>, Error> {
        self.named(intents::counts(self.reader().await.get()?).await)
    }
}
