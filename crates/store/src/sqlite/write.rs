//! Writes: one batch is one transaction, fenced, durable when it returns.

use std::{collections::HashSet, sync::Arc};

use sqlx::{Connection, SqliteConnection};
use sync_core::{
    Side,
    ids::{ItemId, LinkId, ProjectLinkId},
    item::Field,
};
use uuid::Uuid;

use super::{
    agents, intents, lease, links, operate, read, restore,
    rows::{self, Bound},
    sql,
};
use crate::{
    error::{Error, at},
    port::{BaseTexts, Batch, Fence},
    row::{ConflictRow, DeadLetter, Dirty, HeldRow, HistoryRow, Intent, Late, ProjectRow, RunRow},
};

/// Stores a single fact.
pub(super) async fn set_meta(
    conn: &mut SqliteConnection,
    key: &str,
    value: &str,
) -> Result<(), Error> {
    let query = sqlx::query(sql::META_SET)
        .bind(key.to_owned())
        .bind(value.to_owned());
    rows::run(conn, "write meta", query).await.map(|_| ())
}

/// Writes or replaces a run's row.
pub(super) async fn put_run(conn: &mut SqliteConnection, run: &RunRow) -> Result<(), Error> {
    let query = sqlx::query(sql::RUN_PUT)
        .bind(run.id.0)
        .bind(Arc::clone(&run.kind))
        .bind(run.started_at.0)
        .bind(run.ended_at.map(|at| at.0))
        .bind(run.exit_code.map(i64::from))
        .bind(rows::json("runs", &run.summary)?);
    rows::run(conn, "write runs", query).await.map(|_| ())
}

/// Marks every link as *rebuilt*.
pub(super) async fn mark_rebuilt(conn: &mut SqliteConnection, fence: &Fence) -> Result<u64, Error> {
    let op = at("mark the links");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    let marked = restore::rebuild(&mut tx).await?;
    tx.commit().await.map_err(&op)?;
    Ok(marked)
}

/// Moves live intents on.
pub(super) async fn advance(
    conn: &mut SqliteConnection,
    fence: &Fence,
    rows: &[Intent],
) -> Result<(), Error> {
    let op = at("advance intents");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    intents::must_be_live(&mut tx, rows).await?;
    intents::put(&mut tx, rows).await?;
    tx.commit().await.map_err(&op)
}

/// Writes one batch; see [`Batch`] for the meaning and order of its parts.
pub(super) async fn batch(
    conn: &mut SqliteConnection,
    fence: &Fence,
    batch: &Batch,
) -> Result<(), Error> {
    let op = at("write");
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(&op)?;
    lease::check(&mut tx, fence).await?;
    agents::changed(&mut tx, batch).await?;
    items(&mut tx, batch).await?;
    intents::put(&mut tx, &batch.intents).await?;
    rest(&mut tx, batch).await?;
    tx.commit().await.map_err(&op)
}

/// Projects, links and texts. What is forgotten goes first, so that another link of the batch can take its items; a
/// link that is both given and forgotten ends forgotten.
async fn items(tx: &mut SqliteConnection, batch: &Batch) -> Result<(), Error> {
    put_projects(tx, &batch.projects).await?;
    links::forget(tx, &batch.forget).await?;
    let forgotten: HashSet<LinkId> = batch.forget.iter().copied().collect();
    let kept: Vec<_> = batch
        .links
        .iter()
        .filter(|(_, link)| !forgotten.contains(&link.id))
        .collect();
    links::put(tx, &kept).await?;
    let mut texts: Vec<_> = batch
        .texts
        .iter()
        .filter(|(link, _)| !forgotten.contains(link))
        .collect();
    texts.sort_by_key(|(link, _)| *link);
    rows::put(tx, "write texts", &sql::TEXTS_PUT, &texts, |query, row| {
        Ok(text(query, row))
    })
    .await
    .map(|_| ())
}

/// What is cleared goes before what is written, so that nothing is lost of a batch that holds both.
async fn rest(tx: &mut SqliteConnection, batch: &Batch) -> Result<(), Error> {
    rows::put(
        tx,
        "write conflicts",
        &sql::CONFLICTS_PUT,
        &batch.conflicts,
        conflict,
    )
    .await?;
    for (link, side, field) in &batch.clear_dead {
        rows::run(
            tx,
            "clear dead letters",
            sqlx::query(sql::DEAD_CLEAR)
                .bind(link.0)
                .bind(side.as_str())
                .bind(field.map_or("", Field::as_str)),
        )
        .await?;
    }
    operate::decided(tx, &batch.decided).await?;
    let mut letters: Vec<&DeadLetter> = batch.dead_letters.iter().collect();
    letters.sort_by_key(|letter| (letter.link, letter.side, letter.field));
    rows::put(
        tx,
        "write dead letters",
        &sql::DEAD_LETTERS_PUT,
        &letters,
        |query, row| Ok(dead_letter(query, row)),
    )
    .await?;
    put_dirty(tx, &batch.dirty, &batch.clean).await?;
    rows::put(
        tx,
        "write late items",
        &sql::LATE_PUT,
        &batch.late,
        |query, row| Ok(late(query, row)),
    )
    .await?;
    rows::put(
        tx,
        "write history",
        &sql::HISTORY_PUT,
        &batch.history,
        |query, row| Ok(history(query, row)),
    )
    .await?;
    rows::put(tx, "write held sets", &sql::HELD_PUT, &batch.held, held)
        .await
        .map(|_| ())
}

async fn put_projects(tx: &mut SqliteConnection, projects: &[ProjectRow]) -> Result<(), Error> {
    let mut sorted: Vec<&ProjectRow> = projects.iter().collect();
    sorted.sort_by_key(|row| row.id);
    rows::put(
        tx,
        "write projects",
        &sql::PROJECTS_PUT,
        &sorted,
        |query, row| Ok(project(query, row)),
    )
    .await
    .map(|_| ())
}

/// An item that is both cleaned and made dirty stays dirty, and keeps the time since when it is.
pub(super) async fn put_dirty(
    tx: &mut SqliteConnection,
    dirty: &[Dirty],
    clean: &[(ProjectLinkId, Side, ItemId)],
) -> Result<(), Error> {
    let mut sorted: Vec<&Dirty> = dirty.iter().collect();
    sorted.sort_by(|a, b| (a.project, a.side, &a.item).cmp(&(b.project, b.side, &b.item)));
    let stays: HashSet<_> = dirty
        .iter()
        .map(|row| (row.project, row.side, &row.item))
        .collect();
    for (project, side, item) in clean
        .iter()
        .filter(|(project, side, item)| !stays.contains(&(*project, *side, item)))
    {
        let query = sqlx::query(sql::DIRTY_CLEAN)
            .bind(project.0)
            .bind(side.as_str())
            .bind(item.as_str().to_owned());
        rows::run(tx, "clean", query).await?;
    }
    rows::put(
        tx,
        "write dirty items",
        &sql::DIRTY_PUT,
        &sorted,
        |query, row| Ok(dirty_row(query, row)),
    )
    .await
    .map(|_| ())
}

fn project(query: Bound, row: &ProjectRow) -> Bound {
    let project = |side: Side| {
        row.projects
            .side(side)
            .as_ref()
            .map(|project| project.as_str().to_owned())
    };
    query
        .bind(row.id.0)
        .bind(project(Side::Huly))
        .bind(project(Side::Vibe))
        .bind(Arc::clone(&row.label))
        .bind(Arc::clone(&row.name))
        .bind(read::phase(row.phase))
        .bind(Arc::clone(&row.reason))
        .bind(row.first_sync_done)
        .bind(row.watermark.0)
        .bind(row.compared_at.0)
        .bind(row.synced_at.0)
        .bind(Arc::clone(&row.fingerprint))
}

fn text(query: Bound, (link, texts): &(LinkId, BaseTexts)) -> Bound {
    query
        .bind(link.0)
        .bind(texts.huly.clone())
        .bind(texts.vibe.clone())
}

fn conflict(query: Bound, row: &ConflictRow) -> Result<Bound, Error> {
    const TABLE: &str = "conflicts";
    let huly = rows::json(TABLE, &row.values.huly)?;
    let vibe = rows::json(TABLE, &row.values.vibe)?;
    let item = row.item.as_ref().map_or("", ItemId::as_str).to_owned();
    // The lengths keep two lists of parts from reading the same.
    let parts = format!("{} {} {item}{huly}{vibe}", item.len(), huly.len());
    let digest = Uuid::new_v5(&row.link.0, parts.as_bytes());
    Ok(query
        .bind(row.project.0)
        .bind(row.link.0)
        .bind(row.run.0)
        .bind(row.at.0)
        .bind(row.field.as_str())
        .bind(row.winner.map(Side::as_str))
        .bind(huly)
        .bind(vibe)
        .bind(
            row.base
                .as_ref()
                .map(|base| rows::json(TABLE, base))
                .transpose()?,
        )
        .bind(Arc::clone(&row.cause))
        .bind(row.open)
        .bind(Arc::clone(&row.label))
        .bind(item)
        .bind(digest))
}

fn dead_letter(query: Bound, row: &DeadLetter) -> Bound {
    query
        .bind(row.project.0)
        .bind(row.link.0)
        .bind(row.side.as_str())
        .bind(row.field.map_or("", Field::as_str))
        .bind(Arc::clone(&row.code))
        .bind(Arc::clone(&row.message))
        .bind(row.since.0)
        .bind(row.run.0)
        .bind(Arc::clone(&row.value_hash))
        .bind(Arc::clone(&row.label))
        .bind(row.state.word())
        .bind(i64::from(row.tries))
        .bind(row.next_try.0)
}

fn dirty_row(query: Bound, row: &Dirty) -> Bound {
    query
        .bind(row.project.0)
        .bind(row.side.as_str())
        .bind(row.item.as_str().to_owned())
        .bind(row.since.0)
        .bind(row.next_try.0)
        .bind(i64::from(row.tries))
        .bind(Arc::clone(&row.code))
}

fn late(query: Bound, row: &Late) -> Bound {
    query
        .bind(row.side.as_str())
        .bind(row.item.as_str().to_owned())
        .bind(row.until.0)
}

fn history(query: Bound, row: &HistoryRow) -> Bound {
    query
        .bind(row.at.0)
        .bind(row.run.0)
        .bind(row.project.0)
        .bind(row.link.0)
        .bind(row.side.as_str())
        .bind(Arc::clone(&row.kind))
        .bind(row.field.map(Field::as_str))
        .bind(row.old.clone())
        .bind(row.new.clone())
}

fn held(query: Bound, row: &HeldRow) -> Result<Bound, Error> {
    Ok(query
        .bind(Arc::clone(&row.hash))
        .bind(row.project.0)
        .bind(Arc::clone(&row.class))
        .bind(row.at.0)
        .bind(rows::json("held", &row.pairs)?)
        .bind(row.accepted_at.map(|at| at.0)))
}
