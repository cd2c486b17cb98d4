//! The store's files: readable by their owner only, from the first moment.
//!
//! An existing database is never opened with anything but SQLite: closing a second handle on the file would drop the
//! locks that SQLite holds in this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2).

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

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

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn failed(op: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        op,
        path: path.to_owned(),
        source,
    }
}
