//! Why a predecessor's database cannot be read.

use std::{io, path::PathBuf};

/// The stable codes of [`Error`]: code, meaning, remedy.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        "IMPORT_FILE",
        "The predecessor's database, or the private copy of it, could not be read or written.",
        "Check path and permissions; the copy is made in `TMPDIR`, which needs as much room as the database.",
    ),
    (
        "IMPORT_NOT_A_DATABASE",
        "The file to import is not an SQLite database.",
        "Name the predecessor's `logs/sync-state.db`.",
    ),
    (
        "IMPORT_OLD_STATE",
        "The file to import is the predecessor's state from before it had a database.",
        "Start a later predecessor once, which makes a database of it; or import nothing: `hvs sync once` reads the footers in Vibe by itself.",
    ),
    (
        "IMPORT_FOREIGN",
        "The file to import is a database of another program.",
        "Name the predecessor's `logs/sync-state.db`.",
    ),
    (
        "IMPORT_OWN_STORE",
        "The file to import is a store of hvs.",
        "Name the predecessor's `logs/sync-state.db`; a store of hvs is used as it is, by `path` in [store].",
    ),
    (
        "IMPORT_BUSY",
        "The predecessor's database was being written while it was read.",
        "Stop the predecessor first: two services on the same boards undo each other's work.",
    ),
    (
        "IMPORT_DAMAGED",
        "The predecessor's database is damaged.",
        "Import a backup of it; or import nothing: `hvs sync once` reads the footers in Vibe by itself.",
    ),
];

/// Why a predecessor's database cannot be read. Nothing was changed in any case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read, or the private copy could not be made.
    #[error("{op} {} failed", path.display())]
    File {
        /// What was to be done.
        op: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Not an SQLite database.
    #[error("{} is not an SQLite database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The state of a version that had no database.
    #[error("{} is a state file of a version of the predecessor that had no database", path.display())]
    OldState {
        /// The file.
        path: PathBuf,
    },
    /// A database of another program.
    #[error("{} is not the predecessor's: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// A store of hvs.
    #[error("{} is a store of hvs, not of the predecessor", path.display())]
    OwnStore {
        /// The file.
        path: PathBuf,
    },
    /// It was written while it was copied.
    #[error("{} is being written: the predecessor still runs", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// SQLite could not read it.
    #[error("{} cannot be read", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        source: crate::Error,
    },
}

impl Error {
    /// The stable code, one of [`CODES`].
    pub const fn code(&self) -> &'static str {
        match self {
            Error::File { .. } => "IMPORT_FILE",
            Error::NotADatabase { .. } => "IMPORT_NOT_A_DATABASE",
            Error::OldState { .. } => "IMPORT_OLD_STATE",
            Error::Foreign { .. } => "IMPORT_FOREIGN",
            Error::OwnStore { .. } => "IMPORT_OWN_STORE",
            Error::Busy { .. } => "IMPORT_BUSY",
            Error::Damaged { .. } => "IMPORT_DAMAGED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_code_in_the_table() {
        let path = PathBuf::from("x");
        let errors = [
            Error::File {
                op: "reading",
                path: path.clone(),
                source: io::ErrorKind::NotFound.into(),
            },
            Error::NotADatabase { path: path.clone() },
            Error::OldState { path: path.clone() },
            Error::Foreign {
                path: path.clone(),
                reason: "why".into(),
            },
            Error::OwnStore { path: path.clone() },
            Error::Busy { path: path.clone() },
            Error::Damaged {
                path,
                source: crate::Error::Missing,
            },
        ];
        let codes: Vec<&str> = errors.iter().map(Error::code).collect();
        let table: Vec<&str> = CODES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, table);
    }
}
