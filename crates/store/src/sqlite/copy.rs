//! Consistent copies of a store, made while it is in use: written beside their place, opened and checked, and only then
//! given their name. So a file with a backup's name is a sound backup.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use sync_core::ids::Millis;

use super::{files, migrate, sql};
use crate::error::{Error, at};

/// What a copy is called until it is known to be sound.
const PARTIAL: &str = ".partial";
/// How the names of backups end.
const BACKUP: &str = ".backup";

/// What went wrong with a copy, and why.
type Failure = (&'static str, Option<Error>);

/// Copies the database of `conn` to `to`, which must not exist.
pub(super) async fn make(conn: &mut SqliteConnection, to: &Path) -> Result<(), Error> {
    let failed = |(reason, source): Failure| Error::Backup {
        path: to.to_owned(),
        reason,
        source: source.map(Box::new),
    };
    let partial = files::beside(to, PARTIAL);
    match copy(conn, to, &partial).await {
        Ok(()) => Ok(()),
        Err(failure) => {
            // What is half there must not be taken for a backup.
            files::discard(&partial);
            Err(failed(failure))
        }
    }
}

async fn copy(conn: &mut SqliteConnection, to: &Path, partial: &Path) -> Result<(), Failure> {
    let failed = |reason| move |error: Error| (reason, Some(error));
    if files::exists(to).map_err(failed("its place cannot be looked at"))? {
        return Err(("something else has its name", None));
    }
    // One that was interrupted left this; nobody else writes under this name while the lease is held.
    files::discard(partial);
    // Made by us, so that it is never readable by others; SQLite copies into an empty file.
    files::create(partial).map_err(failed("it could not be created"))?;
    let version = version(conn)
        .await
        .map_err(failed("the store cannot be read"))?;
    let text = partial.to_str().ok_or(("its path is not unicode", None))?;
    let copied = sqlx::query(sql::COPY_INTO)
        .bind(text.to_owned())
        .execute(&mut *conn)
        .await
        .map_err(at("back up"));
    copied.map_err(failed("the copy failed"))?;
    let (sound, found) = look(partial)
        .await
        .map_err(failed("it could not be checked"))?;
    if sound != "ok" || found != version {
        return Err(("it is not sound", None));
    }
    let named = fs::File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(partial, to))
        .and_then(|()| sync_directory(to));
    let named = named.map_err(|source| Error::File {
        op: "syncing",
        path: to.to_owned(),
        source,
    });
    named.map_err(failed("it could not be made durable"))
}

/// Opens a copy; gives the verdict of the integrity check, and its version.
async fn look(copy: &Path) -> Result<(String, i64), Error> {
    let op = at("check the backup");
    let options = SqliteConnectOptions::new().filename(copy).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .map_err(&op)?;
    let sound = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut conn)
        .await
        .map_err(&op)?;
    let version = version(&mut conn).await?;
    conn.close().await.map_err(&op)?;
    Ok((sound, version))
}

async fn version(conn: &mut SqliteConnection) -> Result<i64, Error> {
    match migrate::inspect(conn, migrate::ANY).await? {
        migrate::State::Fresh => Ok(0),
        migrate::State::Version(version) => Ok(version),
    }
}

/// The name of a new file is durable only after its directory is.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    fs::File::open(directory(file))?.sync_all()
}

/// The directory that a file stands in; a bare name is one of the working directory.
fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// The name of a backup of the store at `path` that is made at `now`: `hvs.db.20261121T155352Z.backup`.
pub(super) fn place(path: &Path, now: Millis) -> Result<PathBuf, Error> {
    Ok(files::beside(path, &format!(".{}{BACKUP}", stamp(now)?)))
}

/// A time as part of a file's name, in UTC: names are in the order of the times.
pub(super) fn stamp(now: Millis) -> Result<String, Error> {
    let time = jiff::Timestamp::from_millisecond(now.0).map_err(|error| Error::Encode {
        table: "backups",
        source: error.into(),
    })?;
    Ok(time.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// A backup beside a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made.
    pub at: Millis,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The backups of the store at `path` that were made by [`SqliteStore::back_up`](super::SqliteStore::back_up) under their
/// usual names, newest first. What has any other name, as a copy made before a migration, is none of them.
pub(super) fn list(path: &Path) -> Result<Vec<BackupFile>, Error> {
    let failed = |source| Error::File {
        op: "listing backups of",
        path: path.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory(path)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(at) = made_at(path, name.to_string_lossy().as_ref()) else {
            continue;
        };
        // One that another process takes away just now is none.
        if let Ok(data) = entry.metadata()
            && data.is_file()
        {
            let (path, bytes) = (entry.path(), data.len());
            found.push(BackupFile { path, at, bytes });
        }
    }
    found.sort_by_key(|backup| std::cmp::Reverse(backup.at));
    Ok(found)
}

/// When the backup of this name was made; `None` where the name is not that of a backup of this store.
fn made_at(path: &Path, name: &str) -> Option<Millis> {
    let store = path.file_name()?.to_str()?;
    let stamp = name
        .strip_prefix(store)?
        .strip_prefix('.')?
        .strip_suffix(BACKUP)?;
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Millis(time.timestamp().as_millisecond()))
}

/// Removes all but the newest `keep` backups. What is stamped later than now was made before the clock was set back: it goes first,
/// or each new backup would be the oldest by name.
pub(super) fn rotate(path: &Path, keep: u32, now: Millis) -> Result<(), Error> {
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let mut found = list(path)?;
    found.sort_by_key(|backup| (backup.at > now, std::cmp::Reverse(backup.at)));
    for old in found.into_iter().skip(keep) {
        files::discard(&old.path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_named_by_its_time_and_found_by_its_name() {
        let store = Path::new("/data/hvs.db");
        let place = place(store, Millis(1_795_276_432_999)).unwrap();
        assert_eq!(place, Path::new("/data/hvs.db.20261121T155352Z.backup"));
        let name = place.file_name().unwrap().to_str().unwrap();
        assert_eq!(made_at(store, name), Some(Millis(1_795_276_432_000)));
        for other in [
            "hvs.db.v1.77.backup",
            "hvs.db.20261121T155352Z.backup.partial",
            "other.db.20261121T155352Z.backup",
            "hvs.db.20261321T155352Z.backup",
            "hvs.db",
        ] {
            assert_eq!(made_at(store, other), None, "{other}");
        }
    }
}
