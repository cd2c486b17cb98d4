//! Migrations: embedded, numbered, each one transaction. A newer database is refused, an older one is backed up beside
//! itself before it is moved on.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use sync_core::ids::Millis;
use uuid::Uuid;

use super::{copy, files, sql};
use crate::error::{Error, at};

/// `PRAGMA application_id` of our files: "hvs1".
const APPLICATION: i64 = 0x6876_7331;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Its number; steps are numbered from 1 without a gap.
    pub(super) version: i64,
    /// Its statements.
    pub(super) sql: &'static str,
}

/// Every step, oldest first.
pub(super) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: include_str!("../../../../migrations/sqlite/0001_first.sql"),
}];

/// Takes a store of any version, a newer one too: for what only copies it or puts it aside.
pub(super) const ANY: &[Step] = &[Step {
    version: i64::MAX,
    sql: "",
}];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing yet.
    Fresh,
    /// A store of this version.
    Version(i64),
}

/// The version that `steps` lead to.
pub(super) fn newest(steps: &[Step]) -> i64 {
    steps.last().map_or(0, |step| step.version)
}

/// Looks what a database is, without changing it; refuses a foreign or newer one.
pub(super) async fn inspect(conn: &mut SqliteConnection, steps: &[Step]) -> Result<State, Error> {
    // One statement, so that all three are of one moment: another process may be making the store just then.
    let (application, found, tables): (i64, i64, i64) = sqlx::query_as(sql::WHAT_IT_IS)
        .fetch_one(conn)
        .await
        .map_err(at("read the version"))?;
    let supported = newest(steps);
    match (application, found, tables) {
        (0, 0, 0) => Ok(State::Fresh),
        (APPLICATION, found, _) if found > supported => Err(Error::Newer { found, supported }),
        (APPLICATION, found, _) => Ok(State::Version(found)),
        (_, _, _) => Err(Error::Foreign),
    }
}

/// Brings a database to the newest version; gives the backup's path if one was made. `path` is `None` in memory.
pub(super) async fn migrate(
    conn: &mut SqliteConnection,
    steps: &[Step],
    path: Option<&Path>,
    now: Millis,
    new_id: Uuid,
) -> Result<Option<PathBuf>, Error> {
    let before = inspect(conn, steps).await?;
    let backup = match (before, path) {
        (State::Version(version), _) if version == newest(steps) => return Ok(None),
        (State::Version(version), Some(path)) => Some(back_up(conn, path, version, now).await?),
        (State::Version(_), None) | (State::Fresh, _) => None,
    };
    let moved = apply(conn, steps, now, new_id).await;
    // The store is as it was, so the copy is of no use; a run that is repeated every minute must not fill the disk with them.
    if let (Err(_), Some(copy)) = (&moved, &backup) {
        files::discard(copy);
    }
    moved.map(|()| backup)
}

/// Runs the missing steps, in one transaction.
async fn apply(
    conn: &mut SqliteConnection,
    steps: &[Step],
    now: Millis,
    new_id: Uuid,
) -> Result<(), Error> {
    let op = at("migrate");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    // Another process may have done it while this one waited for the lock.
    let version = match inspect(&mut tx, steps).await? {
        State::Fresh => {
            let mark = AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION}"));
            sqlx::raw_sql(mark).execute(&mut *tx).await.map_err(&op)?;
            0
        }
        State::Version(version) => version,
    };
    for step in steps.iter().filter(|step| step.version > version) {
        sqlx::raw_sql(step.sql)
            .execute(&mut *tx)
            .await
            .map_err(&op)?;
        let number = AssertSqlSafe(format!("PRAGMA user_version = {}", step.version));
        sqlx::raw_sql(number).execute(&mut *tx).await.map_err(&op)?;
        sqlx::query(sql::MIGRATION_PUT)
            .bind(step.version)
            .bind(now.0)
            .execute(&mut *tx)
            .await
            .map_err(&op)?;
    }
    if version == 0 {
        let id = new_id.to_string();
        sqlx::query(sql::META_SET)
            .bind(super::STORE_ID)
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(&op)?;
    }
    tx.commit().await.map_err(&op)
}

/// Makes a consistent copy beside the store, and checks that it is whole.
async fn back_up(
    conn: &mut SqliteConnection,
    path: &Path,
    version: i64,
    now: Millis,
) -> Result<PathBuf, Error> {
    let to = files::beside(path, &format!(".v{version}.{}.backup", now.0));
    copy::make(conn, &to).await?;
    Ok(to)
}
