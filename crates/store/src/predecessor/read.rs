//! Reads the copy, column by column as far as there are columns.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use sync_core::{Pair, ids::Millis};

use super::{Error, IssueState, Letta, ProjectState, State};
use crate::error::at;

/// `PRAGMA application_id` of our own stores.
const OWN: i64 = 0x6876_7331;
/// What is read of a project, in this order.
const PROJECT: [&str; 8] = [
    "identifier",
    "name",
    "huly_id",
    "vibe_id",
    "filesystem_path",
    "letta_agent_id",
    "letta_folder_id",
    "letta_source_id",
];
/// What is read of an issue, in this order.
const ISSUE: [&str; 6] = [
    "identifier",
    "project_identifier",
    "huly_id",
    "vibe_task_id",
    "deleted_from_huly",
    "deleted_from_vibe",
];
/// Columns that later versions added, with what to call the addition.
const ADDITIONS: [(&str, &str, &str); 8] = [
    ("projects", "letta_agent_id", "001 Letta"),
    ("projects", "description_hash", "002 description hash"),
    ("issues", "huly_modified_at", "003 times by side"),
    ("issues", "vibe_status", "004 Vibe status"),
    ("issues", "deleted_from_huly", "005 deletions"),
    ("issues", "parent_huly_id", "parents"),
    ("issues", "content_hash", "content hashes"),
    ("projects", "huly_sync_cursor", "cursors"),
];

/// Reads the copy at `copy`; `path` is the file's own name, for messages.
pub(super) async fn state(copy: PathBuf, path: &Path) -> Result<State, Error> {
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .create_if_missing(false)
        .disable_statement_logging();
    let damaged = |source: crate::Error| match source {
        crate::Error::NotADatabase { .. } => Error::NotADatabase {
            path: path.to_owned(),
        },
        source => Error::Damaged {
            path: path.to_owned(),
            source,
        },
    };
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .map_err(at("open the copy"))
        .map_err(damaged)?;
    let tables = tables(&mut conn).await.map_err(damaged)?;
    is_the_predecessors(&tables, path)?;
    let state = rows(&mut conn, &tables).await.map_err(damaged)?;
    conn.close()
        .await
        .map_err(at("close the copy"))
        .map_err(damaged)?;
    Ok(state)
}

/// What a file holds, as far as it matters.
#[derive(Debug)]
struct Tables {
    application: i64,
    projects: BTreeSet<String>,
    issues: BTreeSet<String>,
    metadata: BTreeSet<String>,
}

async fn tables(conn: &mut SqliteConnection) -> Result<Tables, crate::Error> {
    let sound: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *conn)
        .await
        .map_err(at("check the copy"))?;
    if sound != "ok" {
        return Err(crate::Error::Row {
            table: "the predecessor's database",
            source: sound.into(),
        });
    }
    let application = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *conn)
        .await
        .map_err(at("read the application"))?;
    Ok(Tables {
        application,
        projects: columns(conn, "projects").await?,
        issues: columns(conn, "issues").await?,
        metadata: columns(conn, "sync_metadata").await?,
    })
}

async fn columns(
    conn: &mut SqliteConnection,
    table: &'static str,
) -> Result<BTreeSet<String>, crate::Error> {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(conn)
        .await
        .map_err(at("read the columns"))?;
    Ok(names.into_iter().collect())
}

/// The least that every version had: without it there is nothing to read.
fn is_the_predecessors(tables: &Tables, path: &Path) -> Result<(), Error> {
    if tables.application == OWN {
        return Err(Error::OwnStore {
            path: path.to_owned(),
        });
    }
    let needed = [
        ("projects", &tables.projects, &["identifier", "name"][..]),
        (
            "issues",
            &tables.issues,
            &["identifier", "vibe_task_id"][..],
        ),
    ];
    for (table, there, columns) in needed {
        let reason = if there.is_empty() {
            Some(format!("it has no table `{table}`"))
        } else {
            let missing = columns.iter().find(|column| !there.contains(**column));
            missing.map(|column| format!("its table `{table}` has no column `{column}`"))
        };
        if let Some(reason) = reason {
            return Err(Error::Foreign {
                path: path.to_owned(),
                reason,
            });
        }
    }
    Ok(())
}

async fn rows(conn: &mut SqliteConnection, tables: &Tables) -> Result<State, crate::Error> {
    let mut state = State {
        last_sync: last_sync(conn, tables).await?,
        additions: additions(tables),
        ..State::default()
    };
    let projects = select("projects", &PROJECT, &tables.projects);
    let mut found = sqlx::query(AssertSqlSafe(projects)).fetch(&mut *conn);
    while let Some(row) = found.try_next().await.map_err(at("read projects"))? {
        match project(&row).map_err(at("projects"))? {
            Some(project) => state.projects.push(project),
            None => state.unusable += 1,
        }
    }
    drop(found);
    let issues = select("issues", &ISSUE, &tables.issues);
    let mut found = sqlx::query(AssertSqlSafe(issues)).fetch(&mut *conn);
    while let Some(row) = found.try_next().await.map_err(at("read issues"))? {
        match issue(&row).map_err(at("issues"))? {
            Some(issue) => state.issues.push(issue),
            None => state.unusable += 1,
        }
    }
    Ok(state)
}

fn additions(tables: &Tables) -> Vec<&'static str> {
    let there = |table: &str, column: &str| match table {
        "projects" => tables.projects.contains(column),
        _ => tables.issues.contains(column),
    };
    ADDITIONS
        .iter()
        .filter(|(table, column, _)| there(table, column))
        .map(|(_, _, name)| *name)
        .collect()
}

/// One row an identifier. Every value is taken as its bytes: ids stand in columns that were declared as integers, and
/// some texts may be no valid text at all. Names come from the lists above only.
fn select(table: &str, wanted: &[&str], there: &BTreeSet<String>) -> String {
    let columns: Vec<String> = wanted
        .iter()
        .map(|column| {
            if there.contains(*column) {
                format!("CAST({column} AS BLOB)")
            } else {
                "NULL".to_owned()
            }
        })
        .collect();
    format!(
        "SELECT {} FROM {table} ORDER BY identifier",
        columns.join(", ")
    )
}

async fn last_sync(
    conn: &mut SqliteConnection,
    tables: &Tables,
) -> Result<Option<Millis>, crate::Error> {
    if !tables.metadata.contains("key") || !tables.metadata.contains("value") {
        return Ok(None);
    }
    let value: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT CAST(value AS BLOB) FROM sync_metadata WHERE key = 'last_sync'")
            .fetch_optional(conn)
            .await
            .map_err(at("read the last run"))?
            .flatten();
    let number = value.and_then(|value| text(&value)?.parse::<f64>().ok());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "JavaScript keeps milliseconds as a float; a cast saturates"
    )]
    let millis = number
        .filter(|number| *number > 0.0)
        .map(|number| Millis(number as i64));
    Ok(millis)
}

/// The values of one row; none where a text is blank.
fn values<const N: usize>(row: &SqliteRow) -> Result<[Option<String>; N], sqlx::Error> {
    let mut values = [const { None }; N];
    for (at, value) in values.iter_mut().enumerate() {
        *value = row
            .try_get::<Option<Vec<u8>>, _>(at)?
            .and_then(|bytes| text(&bytes));
    }
    Ok(values)
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn project(row: &SqliteRow) -> Result<Option<ProjectState>, sqlx::Error> {
    let [identifier, name, huly, vibe, path, agent, folder, source] = values(row)?;
    Ok(identifier.map(|identifier| ProjectState {
        name: name.unwrap_or_else(|| identifier.clone()),
        identifier,
        huly,
        vibe,
        path,
        letta: Letta {
            agent,
            folder,
            source,
        },
    }))
}

fn issue(row: &SqliteRow) -> Result<Option<IssueState>, sqlx::Error> {
    let [identifier, project, huly, task, gone_huly, gone_vibe] = values(row)?;
    let flag = |value: Option<String>| value.is_some_and(|value| value != "0");
    Ok(identifier.map(|identifier| IssueState {
        project: project.unwrap_or_default(),
        identifier,
        huly,
        task,
        deleted: Pair {
            huly: flag(gone_huly),
            vibe: flag(gone_vibe),
        },
    }))
}
