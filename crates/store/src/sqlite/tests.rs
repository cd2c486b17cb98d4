//! Tests that need the inside: settings of the connection that writes, migrations that do not exist yet, a full disk.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use sync_core::ids::Millis;
use uuid::Uuid;

use super::{
    OpenOptions, SqliteStore,
    migrate::{self, STEPS, Step},
};
use crate::{
    Store,
    error::{Error, Kind},
};

const SECOND: Step = Step {
    version: 2,
    sql: "CREATE TABLE later (x INTEGER) STRICT; INSERT INTO later VALUES (1);",
};
const BROKEN: Step = Step {
    version: 2,
    sql: "CREATE TABLE later (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);",
};

async fn store_with_a_fact(path: &Path) {
    let store = SqliteStore::open(path, &OpenOptions::new(Millis(1), Uuid::from_u128(5)))
        .await
        .unwrap()
        .store;
    store.set_meta("fact", "kept").await.unwrap();
    store.close().await.unwrap();
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path))
        .await
        .unwrap()
}

async fn number(conn: &mut SqliteConnection, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(conn).await.unwrap()
}

fn steps(last: Step) -> Vec<Step> {
    STEPS.iter().copied().take(1).chain([last]).collect()
}

#[test]
fn migrations_are_numbered_from_one_without_a_gap() {
    let numbers: Vec<i64> = STEPS.iter().map(|step| step.version).collect();
    assert_eq!(numbers, (1..=migrate::newest(STEPS)).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_older_store_is_backed_up_beside_itself_and_then_moved_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    store_with_a_fact(&path).await;
    let mut conn = connect(&path).await;
    let backup = migrate::migrate(
        &mut conn,
        &steps(SECOND),
        Some(&path),
        Millis(77),
        Uuid::nil(),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(backup, directory.path().join("hvs.db.v1.77.backup"));
    assert_eq!(
        fs::metadata(&backup).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(number(&mut conn, "PRAGMA user_version").await, 2);
    assert_eq!(number(&mut conn, "SELECT count(*) FROM later").await, 1);
    assert_eq!(
        number(&mut conn, "SELECT max(at) FROM migrations").await,
        77
    );
    conn.close().await.unwrap();

    // The backup is a store of the old version with everything in it; the moved one is too new for this hvs.
    let old = SqliteStore::open_existing(&backup, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap();
    assert_eq!(old.meta("fact").await.unwrap().as_deref(), Some("kept"));
    let refused = SqliteStore::open(&path, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "STORE_NEWER");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    store_with_a_fact(&path).await;
    let mut conn = connect(&path).await;
    let error = migrate::migrate(
        &mut conn,
        &steps(BROKEN),
        Some(&path),
        Millis(77),
        Uuid::nil(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.code(), "STORE_SQL");
    conn.close().await.unwrap();
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        1,
        "no backup is left, however often this is repeated"
    );
    let store = SqliteStore::open(&path, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap()
        .store;
    assert_eq!(store.meta("fact").await.unwrap().as_deref(), Some("kept"));
}

#[tokio::test]
async fn without_a_backup_nothing_is_moved_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    store_with_a_fact(&path).await;
    // Something else has the backup's name, and is not touched.
    let taken = directory.path().join("hvs.db.v1.77.backup");
    fs::write(&taken, "precious").unwrap();
    let mut conn = connect(&path).await;
    let error = migrate::migrate(
        &mut conn,
        &steps(SECOND),
        Some(&path),
        Millis(77),
        Uuid::nil(),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(error, Error::Backup { .. }) && error.kind() == Kind::Fatal,
        "{error}"
    );
    assert_eq!(number(&mut conn, "PRAGMA user_version").await, 1);
    assert_eq!(fs::read_to_string(&taken).unwrap(), "precious");
}

#[tokio::test]
async fn an_older_store_that_is_only_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    store_with_a_fact(&path).await;
    let mut conn = connect(&path).await;
    sqlx::query("PRAGMA user_version = 0")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    let error = SqliteStore::open_existing(&path, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "STORE_OLDER");
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_of_the_step_is_written() {
    let store = SqliteStore::open_in_memory(&OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap();
    let mut writer = store.shared.connections.writer().await;
    sqlx::query("PRAGMA max_page_count = 60")
        .execute(writer.get().unwrap())
        .await
        .unwrap();
    drop(writer);
    let error = store
        .set_meta("large", &"x".repeat(1_000_000))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Fatal, "STORE_FULL"));
    assert_eq!(store.meta("large").await.unwrap(), None);
    store.set_meta("small", "x").await.unwrap();
}

#[tokio::test]
async fn commits_wait_for_the_disk_and_foreign_keys_are_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hvs.db");
    let store = SqliteStore::open(&path, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap()
        .store;
    let mut writer = store.shared.connections.writer().await;
    let conn = writer.get().unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
    assert_eq!(number(conn, "PRAGMA synchronous").await, 2, "FULL");
    assert_eq!(number(conn, "PRAGMA foreign_keys").await, 1);
}
