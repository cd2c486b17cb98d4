//! The store's files: readable by their owner only, from the first moment.
//!
//! An existing database is never opened with anything but SQLite: closing a second handle on the file would drop the
//! locks that SQLite holds in this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2).

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use crate::error::Error;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
/// What nobody but the owner may do.
const OTHERS: u32 = 0o077;

/// Makes an empty file that is ours alone; it must not exist.
pub(super) fn create(path: &Path) -> Result<(), Error> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path);
    made.map(drop).map_err(failed("creating", path))
}

/// Makes the store's file with its directories, or takes others' rights off an existing one.
pub(super) fn prepare(path: &Path) -> Result<(), Error> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(parent)
            .map_err(failed("creating", parent))?;
    }
    match create(path) {
        Ok(()) => Ok(()),
        Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            restrict(path)
        }
        Err(error) => Err(error),
    }
}

/// Whether a file is there and cannot be written: its own mode, its owner, or a file system that was mounted so. It is not
/// opened for that.
pub(super) fn is_read_only(path: &Path) -> bool {
    let access = rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
    access.is_err_and(|error| matches!(error, Errno::ROFS | Errno::ACCESS | Errno::PERM))
}

/// Whether there is a file to open.
pub(super) fn exists(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(failed("looking for", path))
}

/// Takes others' rights off the store's file and SQLite's two files beside it (which take the mode of the first).
fn restrict(path: &Path) -> Result<(), Error> {
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        let mode = match fs::metadata(&file) {
            Ok(found) if found.is_dir() => {
                return Err(failed("opening", &file)(io::ErrorKind::IsADirectory.into()));
            }
            Ok(found) => found.permissions().mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("looking at", &file)(error)),
        };
        if mode & OTHERS != 0 {
            fs::set_permissions(&file, Permissions::from_mode(FILE_MODE))
                .map_err(failed("restricting", &file))?;
        }
    }
    Ok(())
}

/// The path of a file beside the store, named after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes a file of ours that is of no use. That this fails is told, but is not the error that matters then.
pub(super) fn discard(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a file that is of no use could not be removed");
        }
    }
}

/// The length of the write-ahead log beside a store; 0 where there is none, as after a clean end of its only user.
pub(super) fn log_bytes(path: &Path) -> u64 {
    fs::metadata(beside(path, "-wal")).map_or(0, |found| found.len())
}

/// Whether two names lead to one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}

/// Moves the write-ahead log along with the store it belongs to, before that is moved: it may hold what was committed. The
/// shared index is made anew from the log by whoever opens it.
pub(super) fn move_log(path: &Path, to: &Path) -> Result<(), Error> {
    let log = beside(path, "-wal");
    match fs::rename(&log, beside(to, "-wal")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("moving", &log)(error));
        }
        Ok(()) | Err(_) => {}
    }
    discard(&beside(path, "-shm"));
    Ok(())
}

/// Names what was to be done with a file.
pub(super) fn failed(op: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        op,
        path: path.to_owned(),
        source,
    }
}
