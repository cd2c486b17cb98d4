//! Looks for damage: a quick look after an end that was not clean, a thorough one when asked for.

use std::path::Path;

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{files, intents, links, read, reports, rows, sql};
use crate::{
    error::{Error, at},
    port::Counts,
};

/// A store up to this size is looked through whole at the start after an unclean end: less than a second.
const QUICK_WHOLE: i64 = 256 << 20;
/// In a larger one what decides what is written to the services; the rest is texts and what is kept for people.
const QUICK_TABLES: [&str; 8] = [
    "meta",
    "leases",
    "projects",
    "links",
    "intents",
    "write_ids",
    "dirty",
    "late",
];
/// Findings that are listed.
const MOST: usize = 100;

/// What a look through a whole store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soundness {
    /// What is damaged, in SQLite's words or ours; empty where all is sound. At most 100.
    pub findings: Vec<String>,
    /// The version of the tables.
    pub version: i64,
    /// The size of the database in bytes, without the log beside it.
    pub bytes: u64,
    /// Of these, bytes that hold nothing: `VACUUM` gives them back.
    pub free_bytes: u64,
    /// The size of the write-ahead log beside it.
    pub log_bytes: u64,
    /// How many rows there are.
    pub counts: Counts,
}

/// After an end that was not clean, or where that cannot be told: [`Error::Unsound`] where damage is found. What SQLite
/// calls quick: everything but whether indexes and tables hold the same.
pub(super) async fn quick(conn: &mut SqliteConnection) -> Result<(), Error> {
    if size(conn).await?.0 <= QUICK_WHOLE {
        return verdict(conn, "PRAGMA quick_check(1)".to_owned()).await;
    }
    for table in QUICK_TABLES {
        verdict(conn, format!("PRAGMA quick_check({table})")).await?;
    }
    Ok(())
}

async fn verdict(conn: &mut SqliteConnection, pragma: String) -> Result<(), Error> {
    let verdict: String = sqlx::query_scalar(AssertSqlSafe(pragma))
        .fetch_one(conn)
        .await
        .map_err(at("check"))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(Error::Unsound { finding: verdict }),
    }
}

/// Whether a lease was never given up: its holder works, or was killed.
pub(super) async fn is_leased(conn: &mut SqliteConnection) -> Result<bool, Error> {
    let query = sqlx::query(sql::LEASES_KEPT);
    Ok(rows::one(conn, "leases", query, rows::number)
        .await?
        .is_some())
}

/// Bytes of the database, and of these free ones.
async fn size(conn: &mut SqliteConnection) -> Result<(i64, i64), Error> {
    let op = at("check");
    let mut number = async |pragma: &'static str| {
        sqlx::query_scalar::<_, i64>(pragma)
            .fetch_one(&mut *conn)
            .await
            .map_err(&op)
    };
    let page = number("PRAGMA page_size").await?;
    let pages = number("PRAGMA page_count").await?;
    let free = number("PRAGMA freelist_count").await?;
    Ok((pages.saturating_mul(page), free.saturating_mul(page)))
}

/// Looks through everything: SQLite's own full check, rows that name others which are not there, and rows that this hvs
/// cannot read.
pub(super) async fn whole(
    conn: &mut SqliteConnection,
    path: Option<&Path>,
    version: i64,
) -> Result<Soundness, Error> {
    let op = at("check");
    let mut findings: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(100)")
        .fetch_all(&mut *conn)
        .await
        .map_err(&op)?;
    findings.retain(|finding| finding != "ok");
    let orphans = sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(&mut *conn)
        .await
        .map_err(&op)?;
    for row in orphans.iter().take(MOST) {
        let name = |at: usize| row.try_get::<String, _>(at).map_err(&op);
        let (of, named) = (name(0)?, name(2)?);
        findings.push(format!(
            "a row of {of} names one of {named} that is not there"
        ));
    }
    findings.extend(unreadable(conn).await);
    findings.truncate(MOST);
    let (bytes, free) = size(conn).await?;
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Soundness {
        findings,
        version,
        bytes: unsigned(bytes),
        free_bytes: unsigned(free),
        log_bytes: path.map_or(0, files::log_bytes),
        counts: read::counts(conn).await?,
    })
}

/// Reads what runs read, each table whatever became of the others, and tells what cannot be read.
async fn unreadable(conn: &mut SqliteConnection) -> Vec<String> {
    let mut failed = Vec::new();
    match read::projects(conn).await {
        Ok(projects) => {
            for project in projects {
                failed.extend(links::of_project(conn, project.id).await.err());
            }
        }
        Err(error) => failed.push(error),
    }
    failed.extend(intents::live(conn, None, u32::MAX).await.err());
    let letters = reports::dead_letters(conn, None, false, u32::MAX).await;
    failed.extend(letters.err());
    failed.extend(reports::conflicts(conn, true, u32::MAX).await.err());
    failed.iter().map(told).collect()
}

/// A row that cannot be read, with what is wrong with it.
fn told(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
