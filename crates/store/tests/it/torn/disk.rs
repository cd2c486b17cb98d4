//! The disk: what is safe, what is being written, and what a cut may leave of that.

use std::{fs, io, path::Path, sync::Arc};

use rand::{Rng, rngs::StdRng};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The bytes of both files of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) database: Arc<Vec<u8>>,
    pub(super) log: Arc<Vec<u8>>,
}

/// Which kind of writing was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// Into the log: afterwards there is a further step, or there is not.
    Commit,
    /// Into the database, or of the log's end: nothing is added or lost by it.
    Checkpoint,
}

/// A stretch of time between two waits for the disk.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) writes: Writes,
    /// What was on the disk at its begin.
    pub(super) safe: Image,
    /// What was written at its end.
    pub(super) written: Image,
    /// The rows at its begin.
    pub(super) before: Arc<String>,
    /// The rows at its end.
    pub(super) after: Arc<String>,
}

impl Image {
    /// The files as they are now. What did not change since `last` is shared with it.
    pub(super) fn of(path: &Path, last: Option<&Image>) -> Image {
        let read = |path: &Path| match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        let shared = |bytes: Vec<u8>, last: Option<&Arc<Vec<u8>>>| match last {
            Some(last) if **last == bytes => Arc::clone(last),
            Some(_) | None => Arc::new(bytes),
        };
        Image {
            database: shared(read(path), last.map(|last| &last.database)),
            log: shared(
                read(&path.with_file_name("hvs.db-wal")),
                last.map(|last| &last.log),
            ),
        }
    }

    pub(super) fn put(&self, path: &Path) {
        fs::write(path, &*self.database).unwrap();
        if !self.log.is_empty() {
            fs::write(path.with_file_name("hvs.db-wal"), &*self.log).unwrap();
        }
    }
}

impl Stretch {
    /// What a cut leaves somewhere in it.
    pub(super) fn cut(&self, rng: &mut StdRng) -> Image {
        let part = |safe: &Arc<Vec<u8>>, written: &Arc<Vec<u8>>, rng: &mut StdRng| {
            if Arc::ptr_eq(safe, written) {
                Arc::clone(safe)
            } else {
                Arc::new(torn(safe, written, rng))
            }
        };
        Image {
            database: part(&self.safe.database, &self.written.database, rng),
            log: part(&self.safe.log, &self.written.log, rng),
        }
    }
}

/// The file with some of the sectors that were written. Its length, too, may be that of before or of after.
fn torn(safe: &[u8], written: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let sectors = safe.len().max(written.len()).div_ceil(SECTOR);
    let changed: Vec<usize> = (0..sectors)
        .filter(|at| sector(safe, *at) != sector(written, *at))
        .collect();
    let taken = taken(changed.len(), rng);
    let mut torn = safe.to_vec();
    for (at, is_taken) in changed.iter().zip(taken) {
        let new = sector(written, *at);
        if is_taken && !new.is_empty() {
            let from = at * SECTOR;
            if torn.len() < from + new.len() {
                // What lies between was never written: the file system shows zeros.
                torn.resize(from + new.len(), 0);
            }
            torn[from..from + new.len()].copy_from_slice(new);
        }
    }
    if written.len() < safe.len() {
        if rng.random() {
            torn.truncate(written.len());
        }
    } else if rng.random() {
        torn.resize(written.len().max(torn.len()), 0);
    }
    torn
}

/// Which of the written sectors reached the disk: all, none, the first ones, all but one, or any.
fn taken(count: usize, rng: &mut StdRng) -> Vec<bool> {
    let part = rng.random_range(0..=count);
    let share = rng.random_range(0.0..1.0);
    match rng.random_range(0..8) {
        0 => vec![true; count],
        1 | 2 => (0..count).map(|at| at < part).collect(),
        3 => (0..count).map(|at| at >= part).collect(),
        4 => (0..count).map(|at| at != part).collect(),
        _ => (0..count).map(|_| rng.random_bool(share)).collect(),
    }
}

fn sector(file: &[u8], at: usize) -> &[u8] {
    let from = (at * SECTOR).min(file.len());
    let to = (from + SECTOR).min(file.len());
    &file[from..to]
}
