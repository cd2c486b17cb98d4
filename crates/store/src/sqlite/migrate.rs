//! Migrations: embedded, numbered, each one transaction. A newer database is refused, an older one is backed up beside
//! itself before it is moved on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use sync_core::ids::Millis;
use uuid::Uuid;

use super::{files, sql};
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
        discard(copy);
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
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".v{version}.{}.backup", now.0));
    let copy = path.with_file_name(name);
    let failed = |(reason, source): Failure| Error::Backup {
        path: copy.clone(),
        reason,
        source: source.map(Box::new),
    };
    // Made by us, so that it is never readable by others; SQLite copies into an empty file.
    files::create(&copy).map_err(|error| failed(("it could not be created", Some(error))))?;
    match copy_to(conn, &copy, version).await {
        Ok(()) => Ok(copy),
        Err(failure) => {
            // What is half there must not be taken for a backup.
            discard(&copy);
            Err(failed(failure))
        }
    }
}

/// Removes a copy. That this fails is told, but is not the error that matters then.
fn discard(copy: &Path) {
    if let Err(error) = fs::remove_file(copy) {
        tracing::warn!(path = %copy.display(), %error, "a backup that is of no use could not be removed");
    }
}

/// What went wrong with a backup, and why.
type Failure = (&'static str, Option<Error>);

async fn copy_to(conn: &mut SqliteConnection, copy: &Path, version: i64) -> Result<(), Failure> {
    let failed = |reason| move |error: Error| (reason, Some(error));
    let text = copy.to_str().ok_or(("its path is not unicode", None))?;
    let copied = sqlx::query("VACUUM INTO ?1")
        .bind(text)
        .execute(conn)
        .await
        .map_err(at("back up"));
    copied.map_err(failed("the copy failed"))?;
    let options = SqliteConnectOptions::new().filename(copy).read_only(true);
    let (sound, found) = check(&options)
        .await
        .map_err(failed("it could not be checked"))?;
    if sound != "ok" || found != version {
        return Err(("it is not sound", None));
    }
    let synced = fs::File::open(copy)
        .and_then(|file| file.sync_all())
        .and_then(|()| sync_directory(copy));
    let synced = synced.map_err(|source| Error::File {
        op: "syncing",
        path: copy.to_owned(),
        source,
    });
    synced.map_err(failed("it could not be made durable"))
}

/// Opens a copy; gives the verdict of the integrity check, and its version.
async fn check(options: &SqliteConnectOptions) -> Result<(String, i64), Error> {
    let op = at("check the backup");
    let mut conn = SqliteConnection::connect_with(options).await.map_err(&op)?;
    let sound = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut conn)
        .await
        .map_err(&op)?;
    let version = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut conn)
        .await
        .map_err(&op)?;
    conn.close().await.map_err(&op)?;
    Ok((sound, version))
}

/// The name of a new file is durable only after its directory is.
fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => {
            fs::File::open(directory)?.sync_all()
        }
        Some(_) | None => Ok(()),
    }
}
