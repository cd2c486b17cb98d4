//! What is done now and then: old rows go, free pages go back to the disk, the log stays short, a backup is made. All in
//! steps small enough that nobody waits long for the writer.

use std::path::{Path, PathBuf};

use sqlx::{Connection, SqliteConnection};
use sync_core::ids::Millis;

use super::{SqliteStore, copy, files, lease, rows, sql};
use crate::{
    error::{Error, at},
    port::{BackupPlan, Upkeep, UpkeepDone},
};

/// Rows that one transaction deletes.
const STEP: u32 = 1_000;
/// Free pages are kept for what is written next, up to this share of all (one in ...).
const FREE_SHARE: i64 = 10;
/// And at least so many.
const FREE_PAGES: i64 = 256;
/// Steps of giving pages back, at most, in one go; each is 64 pages.
const FREE_STEPS: u32 = 64;
/// A log that is longer than this is brought into the database and cut.
pub(super) const LOG_BYTES: u64 = 64 << 20;

fn applied_at(row: &mut rows::Columns<'_>) -> Result<Option<Millis>, Error> {
    row.maybe_millis()
}

impl SqliteStore {
    pub(super) async fn keep_up(&self, upkeep: &Upkeep, now: Millis) -> Result<UpkeepDone, Error> {
        let deleted = self.prune(upkeep, now).await?;
        self.give_back().await?;
        let mut done = UpkeepDone {
            deleted,
            backup: None,
        };
        if let Some(path) = self.path() {
            self.shorten(path).await?;
            if let Some(plan) = upkeep.backup {
                done.backup = self.back_up_if_due(path, plan, now).await?;
            }
        }
        Ok(done)
    }

    async fn prune(&self, upkeep: &Upkeep, now: Millis) -> Result<u64, Error> {
        let before = |keep: Millis| now.0.saturating_sub(keep.0);
        let mut total = 0;
        for (statement, before) in [
            (sql::PRUNE_HISTORY, before(upkeep.history)),
            (sql::PRUNE_INTENTS, before(upkeep.history)),
            (sql::PRUNE_WRITE_IDS, before(upkeep.history)),
            (sql::PRUNE_CONFLICTS, before(upkeep.conflicts)),
            (sql::PRUNE_RUNS, before(upkeep.runs)),
            (sql::PRUNE_LATE, now.0),
        ] {
            loop {
                // The connection is given back after each step.
                let mut conn = self.writer().await;
                let query = sqlx::query(statement).bind(before).bind(i64::from(STEP));
                let deleted = rows::run(conn.get()?, "prune", query).await?;
                total += deleted;
                if deleted < u64::from(STEP) {
                    break;
                }
            }
        }
        Ok(total)
    }

    /// Gives free pages back, all but a share that is used again soon.
    async fn give_back(&self) -> Result<(), Error> {
        for _ in 0..FREE_STEPS {
            let mut conn = self.writer().await;
            let conn = conn.get()?;
            let pages = number(conn, "PRAGMA page_count").await?;
            let free = number(conn, "PRAGMA freelist_count").await?;
            // A store that was made without it gives pages back by `VACUUM` only.
            let is_incremental = number(conn, "PRAGMA auto_vacuum").await? == 2;
            if !is_incremental || free <= (pages / FREE_SHARE).max(FREE_PAGES) {
                break;
            }
            run(conn, "PRAGMA incremental_vacuum(64)").await?;
        }
        Ok(())
    }

    /// Brings a long log into the database and cuts it. Readers that are at work may keep it from that for now.
    async fn shorten(&self, path: &Path) -> Result<(), Error> {
        if files::log_bytes(path) > LOG_BYTES {
            let mut conn = self.writer().await;
            run(conn.get()?, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }

    async fn back_up_if_due(
        &self,
        path: &Path,
        plan: BackupPlan,
        now: Millis,
    ) -> Result<Option<PathBuf>, Error> {
        // One that is stamped later was made before the clock was set back, and must not keep backups from being made.
        let mut made = copy::list(path)?.into_iter().map(|backup| backup.at);
        let since = match made.find(|at| *at <= now) {
            Some(at) => at,
            // A new store is backed up after as long as any other.
            None => self.made_at().await?,
        };
        if (0..plan.every.0).contains(&now.0.saturating_sub(since.0)) {
            return Ok(None);
        }
        let to = copy::place(path, now)?;
        self.copy_to(&to).await?;
        copy::rotate(path, plan.keep, now)?;
        Ok(Some(to))
    }

    async fn made_at(&self) -> Result<Millis, Error> {
        let mut conn = self.reader().await;
        let query = sqlx::query(sql::MADE_AT);
        let at = rows::one(conn.get()?, "migrations", query, applied_at).await?;
        Ok(at.flatten().unwrap_or(Millis(0)))
    }

    /// Copies the store on a connection of its own, so that reading and writing go on meanwhile.
    pub(super) async fn copy_to(&self, to: &Path) -> Result<(), Error> {
        let path = self.path().ok_or(Error::Missing)?;
        let options = super::open::plain(path)?;
        let mut conn = super::open::connect(&options).await?;
        let copied = copy::make(&mut conn, to).await;
        let ((), conn) = super::open::or_close(copied, conn).await?;
        conn.close().await.map_err(at("close the copy's source"))
    }
}

/// Writes the file anew.
pub(super) async fn vacuum(conn: &mut SqliteConnection, now: Millis) -> Result<(), Error> {
    lease::nobody(conn, now).await?;
    // A store of before is given the form that gives pages back by itself.
    run(conn, "PRAGMA auto_vacuum = INCREMENTAL").await?;
    run(conn, "VACUUM").await?;
    run(conn, "PRAGMA wal_checkpoint(TRUNCATE)").await
}

async fn number(conn: &mut SqliteConnection, pragma: &'static str) -> Result<i64, Error> {
    sqlx::query_scalar(pragma)
        .fetch_one(conn)
        .await
        .map_err(at("give pages back"))
}

async fn run(conn: &mut SqliteConnection, pragma: &'static str) -> Result<(), Error> {
    sqlx::raw_sql(pragma)
        .execute(conn)
        .await
        .map_err(at("give pages back"))
        .map(drop)
}
