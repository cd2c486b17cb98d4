//! No statement walks a whole table of links, intents, dirty items or history.

#![cfg(test)]

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use store::sqlite::{OpenOptions, SqliteStore, sql};
use sync_core::ids::Millis;
use uuid::Uuid;

/// Tables that grow with the work, and the names they have in plans.
const LARGE: [&str; 4] = ["links", "intents", "dirty", "history"];

/// A line of a plan that reads every row of a large table or of one of its indexes.
fn is_full_scan(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("SCAN") && words.next().is_some_and(|table| LARGE.contains(&table))
}

async fn plan(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(conn).await;
    rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
        .iter()
        .map(|row| row.get("detail"))
        .collect()
}

async fn connection(directory: &tempfile::TempDir) -> SqliteConnection {
    let path = directory.path().join("hvs.db");
    let opened = SqliteStore::open(&path, &OpenOptions::new(Millis(0), Uuid::nil()))
        .await
        .unwrap();
    opened.store.close().await.unwrap();
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path))
        .await
        .unwrap()
}

#[tokio::test]
async fn no_statement_scans_links_intents_dirty_items_or_history() {
    let directory = tempfile::tempdir().unwrap();
    let mut conn = connection(&directory).await;
    let statements = sql::all();
    assert!(statements.len() > 50, "the list is whole");
    let mut scans = Vec::new();
    for (name, statement) in statements {
        let found = plan(&mut conn, statement).await;
        scans.extend(
            found
                .into_iter()
                .filter(|line| is_full_scan(line))
                .map(|line| format!("{name}: {line}")),
        );
    }
    assert_eq!(scans, Vec::<String>::new());
}

#[tokio::test]
async fn a_full_scan_would_be_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let mut conn = connection(&directory).await;
    for statement in [
        "SELECT body FROM links WHERE body = 'x'",
        "SELECT count(*) FROM intents",
        "SELECT * FROM history ORDER BY id",
    ] {
        assert!(
            plan(&mut conn, statement)
                .await
                .iter()
                .any(|line| is_full_scan(line)),
            "{statement}"
        );
    }
}

#[test]
fn statements_are_written_nowhere_but_in_the_list() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sqlite");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("sql.rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["SELECT ", "INSERT ", "UPDATE ", "DELETE "] {
            let found = text
                .lines()
                .find(|line| line.contains(word) && !line.contains("sqlite_schema"));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}
