//! Opening a store: its file, its version, its connections.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use sync_core::ids::{Millis, StoreId};
use uuid::Uuid;

use super::{STORE_ID, SqliteStore, check, conn::Connections, files, migrate, read, upkeep};
use crate::error::{Error, at, bad_row};

/// Connections that only read, beside the one that writes.
const READERS: usize = 3;
/// Statements that a connection keeps prepared: more than there are, in every size.
const STATEMENTS: usize = 256;
/// Rows that SQLite's thread reads ahead.
const ROWS_AHEAD: usize = 256;
/// How often the switch to WAL mode is tried while other processes open the same new file.
const WAL_TRIES: usize = 50;

/// What opening needs to be told.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// By our clock; named in the backup's name and in the list of migrations.
    pub now: Millis,
    /// A random id, for a store that is made by this call.
    pub new_id: Uuid,
    /// How long a step waits for another process that writes.
    pub busy_timeout: Duration,
}

impl OpenOptions {
    /// With a busy timeout of 10 seconds.
    pub const fn new(now: Millis, new_id: Uuid) -> OpenOptions {
        OpenOptions {
            now,
            new_id,
            busy_timeout: Duration::from_secs(10),
        }
    }
}

/// A store, and what opening it did.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: SqliteStore,
    /// The backup that was made because the store was of an older version.
    pub backed_up: Option<PathBuf>,
    /// Whether it was looked through for damage, as after an end that was not clean.
    pub checked: bool,
}

impl SqliteStore {
    /// Opens the store at `path`, for reading and writing. Makes it where there is none, the file with mode 0600,
    /// missing directories with 0700. An older one is backed up beside itself and moved on, a newer one is refused.
    pub async fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Error> {
        open(path, options).await.map_err(wrap(path))
    }

    /// Opens the store at `path` for reading: nothing is made, changed or moved on, and every write gives
    /// [`Error::ReadOnly`]. Where there is no store, the error's source is [`Error::Missing`].
    ///
    /// SQLite keeps two files beside the database while it is open; [`SqliteStore::close`] takes them away.
    pub async fn open_existing(path: &Path, options: &OpenOptions) -> Result<SqliteStore, Error> {
        open_existing(path, options).await.map_err(wrap(path))
    }

    /// Makes a store in memory, for tests and simulation. It lives as long as a clone of the handle: an engine that is
    /// dropped in the middle of its work can be started again on a clone and finds what had been committed.
    pub async fn open_in_memory(options: &OpenOptions) -> Result<SqliteStore, Error> {
        let memory = SqliteConnectOptions::new()
            .in_memory(true)
            .synchronous(SqliteSynchronous::Off);
        let mut writer = connect(&common(memory, options)).await?;
        migrate::migrate(
            &mut writer,
            migrate::STEPS,
            None,
            options.now,
            options.new_id,
        )
        .await?;
        let id = store_id(&mut writer).await?;
        Ok(SqliteStore::new(
            id,
            None,
            Connections::new(writer, Vec::new()),
        ))
    }
}

async fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Error> {
    files::prepare(path)?;
    // Before SQLite takes it up: whoever was last to use the store did not close it, or is still at it.
    let is_left_open = files::log_bytes(path) > 0;
    let file = file(path, options)?;
    let writer = connect(&file.clone().synchronous(SqliteSynchronous::Full)).await;
    let mut writer = writer.map_err(|error| told_read_only(path, error))?;
    let ready = ready(&mut writer, path, options, is_left_open).await;
    let ((id, backed_up, checked), writer) = or_close(ready, writer).await?;
    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        let reader = file
            .clone()
            .pragma("query_only", "ON")
            .pragma("cache_size", READER_CACHE_KIB);
        readers.push(connect(&reader).await?);
    }
    let store = SqliteStore::new(id, Some(path.to_owned()), Connections::new(writer, readers));
    Ok(Opened {
        store,
        backed_up,
        checked,
    })
}

async fn ready(
    writer: &mut SqliteConnection,
    path: &Path,
    options: &OpenOptions,
    is_left_open: bool,
) -> Result<(StoreId, Option<PathBuf>, bool), Error> {
    // Before anything is changed: a foreign or newer file stays as it is.
    let checked = match migrate::inspect(writer, migrate::STEPS).await? {
        migrate::State::Fresh => {
            // Only a new file takes this form; without it free pages stay in the file.
            sqlx::raw_sql("PRAGMA auto_vacuum = INCREMENTAL")
                .execute(&mut *writer)
                .await
                .map_err(at("make the store"))?;
            false
        }
        migrate::State::Version(_) => is_left_open || check::is_leased(writer).await?,
    };
    if checked {
        check::quick(writer).await?;
    }
    write_ahead(writer).await?;
    let backed_up = migrate::migrate(
        writer,
        migrate::STEPS,
        Some(path),
        options.now,
        options.new_id,
    )
    .await?;
    Ok((store_id(writer).await?, backed_up, checked))
}

async fn open_existing(path: &Path, options: &OpenOptions) -> Result<SqliteStore, Error> {
    if !files::exists(path)? {
        return Err(Error::Missing);
    }
    // Not SQLite's own read-only mode: that one leaves the files beside a WAL database lying about.
    let mut reader = connect(&file(path, options)?.pragma("query_only", "ON")).await?;
    let readable = readable(&mut reader).await;
    let (id, reader) = or_close(readable, reader).await?;
    Ok(SqliteStore::new(
        id,
        Some(path.to_owned()),
        Connections::new(reader, Vec::new()),
    ))
}

async fn readable(reader: &mut SqliteConnection) -> Result<StoreId, Error> {
    let supported = migrate::newest(migrate::STEPS);
    match migrate::inspect(reader, migrate::STEPS).await? {
        migrate::State::Fresh => Err(Error::Missing),
        migrate::State::Version(found) if found < supported => {
            Err(Error::Older { found, supported })
        }
        migrate::State::Version(_) => store_id(reader).await,
    }
}

/// Closes a connection that is not used any more because of an error, so that no files are left beside the database.
pub(super) async fn or_close<T>(
    result: Result<T, Error>,
    conn: SqliteConnection,
) -> Result<(T, SqliteConnection), Error> {
    match result {
        Ok(value) => Ok((value, conn)),
        Err(error) => {
            if let Err(second) = conn.close().await {
                tracing::debug!(error = %second, "the connection could not be closed after an error");
            }
            Err(error)
        }
    }
}

/// Names the file.
pub(super) fn wrap(path: &Path) -> impl FnOnce(Error) -> Error {
    move |source| Error::Open {
        path: path.to_owned(),
        source: Box::new(source),
    }
}

/// SQLite cannot even open a store with a log where nothing can be written, and says only that it could not open the file.
fn told_read_only(path: &Path, error: Error) -> Error {
    match error {
        Error::Io { op, source } if files::is_read_only(path) => Error::ReadOnly { op, source },
        error => error,
    }
}

/// A path is made absolute, so that none can be taken for a URI.
pub(super) fn file(path: &Path, options: &OpenOptions) -> Result<SqliteConnectOptions, Error> {
    let path = std::path::absolute(path).map_err(|source| Error::File {
        op: "finding",
        path: path.to_owned(),
        source,
    })?;
    Ok(common(
        SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false),
        options,
    ))
}

/// A store's file for a connection that only copies it.
pub(super) fn plain(path: &Path) -> Result<SqliteConnectOptions, Error> {
    file(path, &OpenOptions::new(Millis(0), Uuid::nil()))
}

/// Page cache of a reader, in SQLite's own notation (negative: KiB). A turn reads its project once, so a large one only costs memory.
const READER_CACHE_KIB: &str = "-2000";

/// Statement logging is off: its slow-statement lines would carry whole batches.
fn common(file: SqliteConnectOptions, options: &OpenOptions) -> SqliteConnectOptions {
    file.foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8000")
        .pragma("journal_size_limit", upkeep::LOG_BYTES.to_string())
        .disable_statement_logging()
}

pub(super) async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
    SqliteConnection::connect_with(options)
        .await
        .map_err(at("open"))
}

/// Switches a new file to write-ahead logging; an existing store is in that mode already. The switch does not wait for
/// other processes by itself, but a transaction does.
async fn write_ahead(conn: &mut SqliteConnection) -> Result<(), Error> {
    let op = at("switch to write-ahead logging");
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *conn)
        .await
        .map_err(&op)?;
    if mode == "wal" {
        return Ok(());
    }
    let mut tries = 0;
    loop {
        let switched = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = WAL")
            .fetch_one(&mut *conn)
            .await;
        match switched.map_err(&op) {
            Ok(_) => return Ok(()),
            Err(Error::Locked { .. }) if tries < WAL_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
        conn.begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(&op)?
            .rollback()
            .await
            .map_err(&op)?;
    }
}

async fn store_id(conn: &mut SqliteConnection) -> Result<StoreId, Error> {
    let text = read::meta(conn, STORE_ID)
        .await?
        .ok_or("the store has no id")
        .map_err(|text| bad_row("meta")(text.into()))?;
    let id = Uuid::parse_str(&text).map_err(|error| bad_row("meta")(error.into()))?;
    Ok(StoreId(id))
}
