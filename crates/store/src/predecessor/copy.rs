//! A private copy of a database with the files beside it.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, Metadata},
    io::{self, Read},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use uuid::Uuid;

use super::error::Error;

/// How every SQLite database begins.
const HEADER: &[u8; 16] = b"SQLite format 3\0";
/// What SQLite may keep beside a database and needs to read it: unmerged rows, or what a crash left to be undone. The
/// third file, `-shm`, only says where to look in the first and is made anew.
const BESIDE: [&str; 2] = ["-wal", "-journal"];
/// How often a copy is begun again because the files changed meanwhile.
const TRIES: usize = 3;
const NAME: &str = "predecessor.db";

/// The copy, in a directory that is removed with it.
#[derive(Debug)]
pub(super) struct Copied {
    directory: PathBuf,
}

impl Copied {
    /// Copies the database at `path`.
    pub(super) fn of(path: &Path, unique: Uuid) -> Result<Copied, Error> {
        looks_like_one(path)?;
        let directory = std::env::temp_dir().join(format!("hvs-import-{unique}"));
        DirBuilder::new()
            .mode(0o700)
            .create(&directory)
            .map_err(failed("making", &directory))?;
        let copied = Copied { directory };
        for _ in 0..TRIES {
            let before = stamps(path)?;
            for suffix in std::iter::once("").chain(BESIDE) {
                copied.take(path, suffix)?;
            }
            if before == stamps(path)? {
                return Ok(copied);
            }
        }
        Err(Error::Busy {
            path: path.to_owned(),
        })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    fn take(&self, path: &Path, suffix: &str) -> Result<(), Error> {
        let (from, to) = (beside(path, suffix), beside(&self.database(), suffix));
        match fs::copy(&from, &to) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !suffix.is_empty() => {
                match fs::remove_file(&to) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(failed("removing", &to)(error))
                    }
                    Ok(()) | Err(_) => Ok(()),
                }
            }
            Err(error) => Err(failed("copying", &from)(error)),
        }
    }

    /// Removes the copy now.
    pub(super) fn remove(self) {
        drop(self);
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            tracing::warn!(path = %self.directory.display(), %error, "the private copy could not be removed");
        }
    }
}

/// Refuses what is no database before it is copied.
fn looks_like_one(path: &Path) -> Result<(), Error> {
    let mut start = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut start))
        .map_err(failed("reading", path))?;
    if start == HEADER {
        return Ok(());
    }
    let path = path.to_owned();
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return Err(Error::OldState { path });
    }
    Err(Error::NotADatabase { path })
}

/// Length and time of a file, where there is one.
type Stamp = Option<(u64, SystemTime)>;

fn stamps(path: &Path) -> Result<Vec<Stamp>, Error> {
    let stamp = |file: PathBuf| match fs::metadata(&file) {
        Ok(found) => stamp_of(&found)
            .map(Some)
            .map_err(failed("looking at", &file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("looking at", &file)(error)),
    };
    std::iter::once("")
        .chain(BESIDE)
        .map(|suffix| stamp(beside(path, suffix)))
        .collect()
}

fn stamp_of(found: &Metadata) -> io::Result<(u64, SystemTime)> {
    Ok((found.len(), found.modified()?))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
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
