//! What people do beside the runs: dead letters, decisions, deeds. A row that is not any more as it was shown stops all of it.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};
use sync_core::{
    Side,
    ids::{Millis, ProjectLinkId},
    item::Field,
};

use super::{agents, rows, rows::Bound, sql, write};
use crate::{
    error::{Error, at},
    port::{Decided, Letter, Operation},
    row::{Decision, Deed},
};

/// Carries out one operation: all of it, or nothing.
pub(super) async fn operate(
    conn: &mut SqliteConnection,
    operation: &Operation,
    now: Millis,
) -> Result<(), Error> {
    let op = at("operate");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    for letter in &operation.retry {
        change(&mut tx, named(sql::LETTER_RETRY, letter)?, || shown(letter)).await?;
    }
    for letter in &operation.drop {
        change(&mut tx, named(sql::LETTER_DROP, letter)?, || shown(letter)).await?;
    }
    for letter in &operation.due {
        let query = named(sql::LETTER_DUE, letter)?.bind(now.0);
        change(&mut tx, query, || shown(letter)).await?;
    }
    for project in &operation.retry_agents {
        let query = sqlx::query(sql::AGENT_RETRY).bind(project.0);
        change(&mut tx, query, || agent(*project)).await?;
        let query = sqlx::query(sql::BLOCKS_RETRY).bind(project.0);
        rows::run(&mut tx, "operate", query).await?;
    }
    for project in &operation.drop_agents {
        let query = sqlx::query(sql::AGENT_DROP).bind(project.0);
        change(&mut tx, query, || agent(*project)).await?;
    }
    for (id, version, decision) in &operation.decide {
        let query = conflict(sql::CONFLICT_DECIDE, *id, *version)?;
        let query = query.bind(json(decision)?);
        change(&mut tx, query, || format!("conflict {id}")).await?;
    }
    write::put_dirty(&mut tx, &operation.dirty, &[]).await?;
    agents::operated(&mut tx, operation).await?;
    let put = |query, row: &Deed| Ok(deed(query, row));
    rows::put(
        &mut tx,
        "write deeds",
        &sql::DEEDS_PUT,
        &operation.deeds,
        put,
    )
    .await?;
    tx.commit().await.map_err(&op)
}

/// What became of decisions; a row that was changed meanwhile belongs to whoever changed it.
pub(super) async fn decided(tx: &mut SqliteConnection, rows: &[Decided]) -> Result<(), Error> {
    for row in rows {
        let query = match &row.changed {
            None => conflict(sql::CONFLICT_CARRIED, row.id, row.version)?,
            Some((values, at)) => conflict(sql::CONFLICT_CHANGED, row.id, row.version)?
                .bind(rows::json("conflicts", &values.huly)?)
                .bind(rows::json("conflicts", &values.vibe)?)
                .bind(at.0),
        };
        rows::run(tx, "write decisions", query).await?;
    }
    Ok(())
}

/// Runs a statement that must change exactly one row.
async fn change(
    tx: &mut SqliteConnection,
    query: Bound,
    what: impl FnOnce() -> String,
) -> Result<(), Error> {
    match rows::run(tx, "operate", query).await? {
        0 => Err(Error::Changed { what: what() }),
        _ => Ok(()),
    }
}

fn named(statement: &'static str, letter: &Letter) -> Result<Bound, Error> {
    Ok(sqlx::query(statement)
        .bind(letter.link.0)
        .bind(letter.side.as_str())
        .bind(letter.field.map_or("", Field::as_str))
        .bind(number("dead_letters", letter.version)?)
        .bind(letter.since.0))
}

fn conflict(statement: &'static str, id: i64, version: u64) -> Result<Bound, Error> {
    Ok(sqlx::query(statement)
        .bind(id)
        .bind(number("conflicts", version)?))
}

fn number(table: &'static str, version: u64) -> Result<i64, Error> {
    i64::try_from(version).map_err(|error| Error::Encode {
        table,
        source: error.into(),
    })
}

fn json(decision: &Decision) -> Result<String, Error> {
    rows::json("conflicts", decision)
}

fn shown(letter: &Letter) -> String {
    let side = match letter.side {
        Side::Huly => "Huly",
        Side::Vibe => "Vibe",
    };
    let field = letter.field.map_or("item", Field::as_str);
    format!("the dead letter of link {} ({side}, {field})", letter.link)
}

fn agent(project: ProjectLinkId) -> String {
    format!("the agent of pair {project}")
}

fn deed(query: Bound, row: &Deed) -> Bound {
    query
        .bind(row.at.0)
        .bind(Arc::clone(&row.who))
        .bind(Arc::clone(&row.kind))
        .bind(row.project.map(|project| project.0))
        .bind(row.link.map(|link| link.0))
        .bind(Arc::clone(&row.item))
        .bind(Arc::clone(&row.effect))
}
