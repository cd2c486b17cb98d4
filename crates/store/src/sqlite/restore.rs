//! Putting a backup in the store's place.
//!
//! What stands there is kept beside it, and its lease is taken for good, so that a process that still has it open writes
//! nothing more. The links of the backup are marked as *rebuilt* and every pair of projects is compared in full next:
//! what was done since the backup is found again on the boards, and no difference overwrites a value unseen (design 4.3).

use std::{
    fs,
    path::{Path, PathBuf},
};

use sqlx::{Connection, SqliteConnection};
use sync_core::ids::{Millis, ProjectLinkId};

use super::{
    OpenOptions, check, copy, files, lease, links, migrate,
    open::{connect, file, or_close},
    read, rows, sql, write,
};
use crate::error::{Error, at};

/// The key of the fact that a store was put back from a backup, and when.
pub(super) const RESTORED_AT: &str = "restored_at";
/// What the backup is called until it takes the store's place.
const COMING: &str = ".restoring";

/// What [`SqliteStore::restore`](super::SqliteStore::restore) did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the store is that stood there before; `None` where there was none.
    pub replaced: Option<PathBuf>,
    /// Links that have the mark.
    pub links: u64,
}

pub(super) async fn restore(
    path: &Path,
    from: &Path,
    options: &OpenOptions,
) -> Result<Restored, Error> {
    if !files::exists(from)? {
        return Err(Error::Missing);
    }
    if files::is_same(path, from) {
        return Err(Error::Itself {
            path: from.to_owned(),
        });
    }
    let coming = files::beside(path, COMING);
    files::discard(&coming);
    let made = prepared(path, from, &coming, options).await;
    if made.is_err() {
        files::discard(&coming);
    }
    made
}

async fn prepared(
    path: &Path,
    from: &Path,
    coming: &Path,
    options: &OpenOptions,
) -> Result<Restored, Error> {
    take_over(from, coming, options).await?;
    let links = mark(coming, options).await?;
    let is_there = files::exists(path)?;
    let token = if is_there {
        retire(path, options).await?
    } else {
        0
    };
    let swapped = match release(coming, token, options).await {
        Ok(()) => swap(path, coming, options.now),
        Err(error) => Err(error),
    };
    if swapped.is_err() && is_there {
        // It stays where it is, so it must be of use again.
        release(path, token, options).await?;
    }
    let replaced = swapped?;
    Ok(Restored { replaced, links })
}

/// Gives all leases of a store up, with tokens above `token`, durably.
async fn release(path: &Path, token: i64, options: &OpenOptions) -> Result<(), Error> {
    let mut conn = connect(&file(path, options)?).await?;
    let op = at("release the lease");
    let released = async {
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
        lease::release_all(&mut tx, token).await?;
        tx.commit().await.map_err(&op)
    };
    let released = released.await;
    let ((), conn) = or_close(released, conn).await?;
    conn.close().await.map_err(at("close the store"))?;
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(files::failed("syncing", path))
}

/// Copies the backup to where it is made ready: a sound store that this hvs can read, or an error.
async fn take_over(from: &Path, coming: &Path, options: &OpenOptions) -> Result<(), Error> {
    let wrap = |source| Error::Open {
        path: from.to_owned(),
        source: Box::new(source),
    };
    let mut backup = connect(&file(from, options)?.read_only(true))
        .await
        .map_err(wrap)?;
    let copied = match migrate::inspect(&mut backup, migrate::STEPS).await {
        Ok(migrate::State::Version(_)) => copy::make(&mut backup, coming).await,
        Ok(migrate::State::Fresh) => Err(Error::Missing),
        Err(error) => Err(error),
    };
    let ((), backup) = or_close(copied, backup).await.map_err(wrap)?;
    backup.close().await.map_err(at("close the backup"))
}

/// Takes the leases of the store that is to be replaced for good, and brings its log into its file. Gives the highest
/// token that it ever gave. A damaged store has no say: it is what a backup is for.
async fn retire(path: &Path, options: &OpenOptions) -> Result<i64, Error> {
    match retire_sound(path, options).await {
        Ok(token) => Ok(token),
        Err(
            error @ (Error::Corrupt { .. }
            | Error::NotADatabase { .. }
            | Error::Unsound { .. }
            | Error::Row { .. }
            | Error::Missing),
        ) => {
            tracing::warn!(%error, "the store that is replaced cannot be read");
            Ok(0)
        }
        Err(error) => Err(error),
    }
}

async fn retire_sound(path: &Path, options: &OpenOptions) -> Result<i64, Error> {
    let mut current = connect(&file(path, options)?).await?;
    let retired = retire_leases(&mut current, options.now).await;
    let (token, current) = or_close(retired, current).await?;
    current.close().await.map_err(at("close the store"))?;
    Ok(token)
}

async fn retire_leases(conn: &mut SqliteConnection, now: Millis) -> Result<i64, Error> {
    let op = at("retire the store");
    // A newer one may be replaced too: going back to the hvs before is what its backup is for.
    match migrate::inspect(conn, migrate::ANY).await? {
        migrate::State::Fresh => return Ok(0),
        migrate::State::Version(_) => {}
    }
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    let token = lease::retire(&mut tx, now).await?;
    tx.commit().await.map_err(&op)?;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(conn)
        .await
        .map_err(&op)?;
    Ok(token)
}

/// Makes the copy the next state of the store.
async fn mark(coming: &Path, options: &OpenOptions) -> Result<u64, Error> {
    let mut conn = connect(&file(coming, options)?).await?;
    let marked = mark_open(&mut conn, options).await;
    let (links, conn) = or_close(marked, conn).await?;
    conn.close().await.map_err(at("close the copy"))?;
    fs::File::open(coming)
        .and_then(|file| file.sync_all())
        .map_err(files::failed("syncing", coming))?;
    Ok(links)
}

async fn mark_open(conn: &mut SqliteConnection, options: &OpenOptions) -> Result<u64, Error> {
    // The backup itself stays as it is, so this needs no copy.
    migrate::migrate(conn, migrate::STEPS, None, options.now, options.new_id).await?;
    check::quick(conn).await?;
    let op = at("mark the links");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    let marked = rebuild(&mut tx).await?;
    write::set_meta(&mut tx, RESTORED_AT, &options.now.0.to_string()).await?;
    tx.commit().await.map_err(&op)?;
    Ok(marked)
}

/// Marks all links as *rebuilt*, and lets every pair of projects be compared in full next. Gives the number of links that
/// did not have the mark.
pub(super) async fn rebuild(tx: &mut SqliteConnection) -> Result<u64, Error> {
    let projects: Vec<ProjectLinkId> = read::projects(tx)
        .await?
        .into_iter()
        .map(|project| project.id)
        .collect();
    let mut marked = 0;
    for project in projects {
        marked += links::rebuild(tx, project).await?;
        let query = sqlx::query(sql::PROJECT_COMPARE).bind(project.0);
        rows::run(tx, "mark the links", query).await?;
    }
    // what agents were told meanwhile is not known here
    rows::run(tx, "mark the agents", sqlx::query(sql::AGENTS_COMPARE)).await?;
    Ok(marked)
}

/// Puts the copy in the store's place. At no moment is there a store with another one's log beside it.
fn swap(path: &Path, coming: &Path, now: Millis) -> Result<Option<PathBuf>, Error> {
    let failed = |source| files::failed("replacing", path)(source);
    let replaced = if files::exists(path)? {
        let replaced = files::beside(path, &format!(".{}.replaced", copy::stamp(now)?));
        if files::exists(&replaced)? {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        files::move_log(path, &replaced)?;
        // A second name first, so that there is a store at every moment; not every file system has that.
        if fs::hard_link(path, &replaced).is_err() {
            fs::rename(path, &replaced).map_err(failed)?;
        }
        Some(replaced)
    } else {
        // The log of a store whose file is gone would be taken for the new one's.
        files::move_log(
            path,
            &files::beside(path, &format!(".{}.lost", copy::stamp(now)?)),
        )?;
        None
    };
    fs::rename(coming, path)
        .and_then(|()| copy::sync_directory(path))
        .map_err(failed)?;
    Ok(replaced)
}
