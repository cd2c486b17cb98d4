//! What can go wrong with the store.

use std::{io, path::PathBuf};

use sync_core::ids::{IntentKey, LinkId};

use crate::{codes, row::LeaseRow};

/// The five kinds of errors of design 4.5: what the engine does about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Passes by itself: try again.
    Transient,
    /// Whether it was written is not known: read before writing again.
    Unknown,
    /// What is stored has changed: observe and plan again.
    Conflict,
    /// This value will never be taken.
    Rejected,
    /// Nothing more can be done with this store in this run.
    Fatal,
}

/// An error of the store. Where nothing else is said, nothing of the step was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lease was lost: nothing was written.
    #[error("the lease of workspace {scope} is no longer held with token {token}")]
    Fenced {
        /// Which lease.
        scope: String,
        /// The token that is old.
        token: i64,
    },
    /// A link was changed meanwhile: nothing was written.
    #[error("link {link} was changed meanwhile")]
    Stale {
        /// Which link.
        link: LinkId,
    },
    /// Something is not any more as it was when a person was shown it: nothing was written.
    #[error("{what} was changed meanwhile")]
    Changed {
        /// What.
        what: String,
    },
    /// An intent that was to be moved on is not there or not live.
    #[error("intent {key} is not in the journal any more or is finished")]
    NotLive {
        /// Which intent.
        key: IntentKey,
    },
    /// The store at a path cannot be used, from the start or any more; the source says why and gives kind and code.
    #[error("the store at {} cannot be used", path.display())]
    Open {
        /// The store's file.
        path: PathBuf,
        /// Why.
        source: Box<Error>,
    },
    /// There is no file, and none was to be made.
    #[error("there is no store")]
    Missing,
    /// The file or its directory could not be made or given its mode.
    #[error("{op} {} failed", path.display())]
    File {
        /// What was to be done.
        op: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file is not an SQLite database.
    #[error("the file is not an SQLite database")]
    NotADatabase {
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// The file is an SQLite database of another program.
    #[error("the file is an SQLite database of another program")]
    Foreign,
    /// The store was written by a newer hvs.
    #[error(
        "the store has version {found}, and this hvs knows versions up to {supported}: use the newer hvs, or put back \
         the backup that it made beside the store"
    )]
    Newer {
        /// The store's version.
        found: i64,
        /// The newest version that this hvs knows.
        supported: i64,
    },
    /// The store was written by an older hvs, and is open for reading only.
    #[error(
        "the store has version {found}, and this hvs needs version {supported}: `hvs sync once` backs it up and moves it on"
    )]
    Older {
        /// The store's version.
        found: i64,
        /// The version that this hvs needs.
        supported: i64,
    },
    /// A copy of the store could not be made or is not sound; the store was left as it is.
    #[error("the backup {} failed: {reason}", path.display())]
    Backup {
        /// The backup's file, which was removed again.
        path: PathBuf,
        /// What went wrong.
        reason: &'static str,
        /// Why, where there is a cause.
        source: Option<Box<Error>>,
    },
    /// The database is damaged.
    #[error("the store is damaged ({op})")]
    Corrupt {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// A check found the database damaged.
    #[error("the store is damaged: {finding}")]
    Unsound {
        /// SQLite's words for the first damage found.
        finding: String,
    },
    /// Somebody works with the store, and what was asked for needs it alone.
    #[error("the store is at work: process {} on {} holds its lease", holder.pid, holder.host)]
    AtWork {
        /// Who.
        holder: Box<LeaseRow>,
    },
    /// What was to be put back is the store itself.
    #[error("{} is the store itself", path.display())]
    Itself {
        /// The file.
        path: PathBuf,
    },
    /// A row cannot be read.
    #[error("a row of {table} holds what this hvs cannot read")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database cannot be written.
    #[error("the store can only be read ({op})")]
    ReadOnly {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// Somebody else holds the database's lock.
    #[error("the store is locked by another process ({op})")]
    Locked {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// The disk is full.
    #[error("there is no room left for the store ({op})")]
    Full {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// A row contradicts another one.
    #[error("a row contradicts what the store holds ({op})")]
    Constraint {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// A value is larger than SQLite takes.
    #[error("a value is too large for the store ({op})")]
    TooLarge {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// The file cannot be opened, read or written.
    #[error("the store's file cannot be used ({op})")]
    Io {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
    /// A value has no stored form.
    #[error("a row of {table} cannot be written down")]
    Encode {
        /// The table.
        table: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store was closed.
    #[error("the store was closed")]
    Closed,
    /// SQLite's connection ended in the middle: whether the step was written is not known.
    #[error("the connection to the store broke ({op})")]
    Broken {
        /// What was being done.
        op: &'static str,
        /// What is known of why.
        source: sqlx::Error,
    },
    /// Any other refusal of SQLite: a bug.
    #[error("a statement failed ({op})")]
    Sql {
        /// What was being done.
        op: &'static str,
        /// SQLite's words.
        source: sqlx::Error,
    },
}

impl Error {
    /// What to do about it.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Open { source, .. } => source.kind(),
            Error::Locked { .. } | Error::AtWork { .. } => Kind::Transient,
            Error::Broken { .. } => Kind::Unknown,
            Error::Stale { .. }
            | Error::Changed { .. }
            | Error::NotLive { .. }
            | Error::Constraint { .. } => Kind::Conflict,
            Error::TooLarge { .. } => Kind::Rejected,
            Error::Fenced { .. }
            | Error::Missing
            | Error::File { .. }
            | Error::NotADatabase { .. }
            | Error::Foreign
            | Error::Newer { .. }
            | Error::Older { .. }
            | Error::Backup { .. }
            | Error::Corrupt { .. }
            | Error::Unsound { .. }
            | Error::Itself { .. }
            | Error::Row { .. }
            | Error::ReadOnly { .. }
            | Error::Full { .. }
            | Error::Io { .. }
            | Error::Encode { .. }
            | Error::Closed
            | Error::Sql { .. } => Kind::Fatal,
        }
    }

    /// The stable code, one of [`codes::CODES`].
    pub fn code(&self) -> &'static str {
        match self {
            Error::Open { source, .. } => source.code(),
            Error::Fenced { .. } => codes::STORE_FENCED,
            Error::Stale { .. } => codes::STORE_STALE,
            Error::Changed { .. } => codes::STORE_CHANGED,
            Error::NotLive { .. } => codes::STORE_NOT_LIVE,
            Error::Missing => codes::STORE_MISSING,
            Error::File { .. } => codes::STORE_FILE,
            Error::NotADatabase { .. } => codes::STORE_NOT_A_DATABASE,
            Error::Foreign => codes::STORE_FOREIGN,
            Error::Newer { .. } => codes::STORE_NEWER,
            Error::Older { .. } => codes::STORE_OLDER,
            Error::Backup { .. } => codes::STORE_BACKUP,
            Error::Corrupt { .. } | Error::Unsound { .. } => codes::STORE_CORRUPT,
            Error::AtWork { .. } => codes::STORE_AT_WORK,
            Error::Itself { .. } => codes::STORE_ITSELF,
            Error::Row { .. } => codes::STORE_ROW,
            Error::ReadOnly { .. } => codes::STORE_READ_ONLY,
            Error::Locked { .. } => codes::STORE_LOCKED,
            Error::Full { .. } => codes::STORE_FULL,
            Error::Constraint { .. } => codes::STORE_CONSTRAINT,
            Error::TooLarge { .. } => codes::STORE_TOO_LARGE,
            Error::Io { .. } | Error::Broken { .. } => codes::STORE_IO,
            Error::Encode { .. } => codes::STORE_ENCODE,
            Error::Closed => codes::STORE_CLOSED,
            Error::Sql { .. } => codes::STORE_SQL,
        }
    }

    /// Whether it says something about the file or its disk, so that a message must name the file.
    pub(crate) fn is_of_the_file(&self) -> bool {
        match self {
            Error::NotADatabase { .. }
            | Error::Corrupt { .. }
            | Error::Unsound { .. }
            | Error::ReadOnly { .. }
            | Error::Locked { .. }
            | Error::Full { .. }
            | Error::Io { .. }
            | Error::AtWork { .. }
            | Error::Broken { .. } => true,
            Error::Open { .. }
            | Error::Fenced { .. }
            | Error::Stale { .. }
            | Error::Changed { .. }
            | Error::NotLive { .. }
            | Error::Missing
            | Error::File { .. }
            | Error::Foreign
            | Error::Newer { .. }
            | Error::Older { .. }
            | Error::Backup { .. }
            | Error::Itself { .. }
            | Error::Row { .. }
            | Error::Constraint { .. }
            | Error::TooLarge { .. }
            | Error::Encode { .. }
            | Error::Closed
            | Error::Sql { .. } => false,
        }
    }
}

/// Turns SQLite's errors into ours, by its primary result code (<https://www.sqlite.org/rescode.html>); `op` says what
/// was being done.
pub(crate) fn at(op: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |source| match code(&source).map(|code| (code, code & 0xff)) {
        // The first: the file of the shared index could not be made larger.
        Some((NO_ROOM_FOR_INDEX, _) | (_, 13)) => Error::Full { op, source },
        Some((_, 5 | 6)) => Error::Locked { op, source },
        Some((_, 8)) => Error::ReadOnly { op, source },
        Some((_, 3 | 10 | 14 | 23)) => Error::Io { op, source },
        Some((_, 11)) => Error::Corrupt { op, source },
        Some((_, 18)) => Error::TooLarge { op, source },
        Some((_, 19)) => Error::Constraint { op, source },
        Some((_, 26)) => Error::NotADatabase { source },
        Some(_) => Error::Sql { op, source },
        None => match source {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Error::Row {
                table: op,
                source: source.into(),
            },
            sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => Error::Broken { op, source },
            source => Error::Sql { op, source },
        },
    }
}

/// `SQLITE_IOERR_SHMSIZE`.
const NO_ROOM_FOR_INDEX: i32 = 4_874;

/// SQLite's result code, with the extension in its higher bits.
fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// A row that cannot be read.
pub(crate) fn bad_row(
    table: &'static str,
) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> Error {
    move |source| Error::Row { table, source }
}
