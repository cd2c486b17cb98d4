//! Reads of what a run works with.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use sync_core::{
    Pair,
    ids::{ItemId, LinkId, Millis, ProjectId, ProjectLinkId},
};

use super::{
    rows::{self, Columns},
    sql,
};
use crate::{
    error::Error,
    port::{BaseTexts, Counts, Standing, Work},
    row::{Dirty, Late, ProjectPhase, ProjectRow},
};

/// Every phase of a project.
const PHASES: [ProjectPhase; 4] = [
    ProjectPhase::Active,
    ProjectPhase::Asleep,
    ProjectPhase::Waiting,
    ProjectPhase::Left,
];

/// The stored word of a phase.
pub(super) const fn phase(phase: ProjectPhase) -> &'static str {
    match phase {
        ProjectPhase::Active => "active",
        ProjectPhase::Asleep => "asleep",
        ProjectPhase::Waiting => "waiting",
        ProjectPhase::Left => "left",
    }
}

/// A single fact.
pub(super) async fn meta(conn: &mut SqliteConnection, key: &str) -> Result<Option<String>, Error> {
    let query = sqlx::query(sql::META_GET).bind(key.to_owned());
    rows::one(conn, "meta", query, |row| row.str().map(str::to_owned)).await
}

/// All pairs of projects, longest waiting first.
pub(super) async fn projects(conn: &mut SqliteConnection) -> Result<Vec<ProjectRow>, Error> {
    rows::all(conn, "projects", sqlx::query(sql::PROJECTS), project).await
}

fn project(row: &mut Columns<'_>) -> Result<ProjectRow, Error> {
    Ok(ProjectRow {
        id: ProjectLinkId(row.uuid()?),
        projects: Pair {
            huly: row.maybe_text()?.map(ProjectId::new),
            vibe: row.maybe_text()?.map(ProjectId::new),
        },
        label: row.text()?,
        name: row.text()?,
        phase: row.word(&PHASES, phase)?,
        reason: row.text()?,
        first_sync_done: row.flag()?,
        watermark: row.millis()?,
        compared_at: row.millis()?,
        synced_at: row.millis()?,
        fingerprint: row.text()?,
    })
}

/// The number of links of each project.
pub(super) async fn link_counts(
    conn: &mut SqliteConnection,
) -> Result<HashMap<ProjectLinkId, u64>, Error> {
    let query = sqlx::query(sql::LINK_COUNTS);
    let counted = rows::all(conn, "links", query, |row| {
        Ok((ProjectLinkId(row.uuid()?), row.small::<u64>()?))
    })
    .await?;
    Ok(counted.into_iter().collect())
}

/// Base texts of some links; a link without any is left out.
pub(super) async fn texts(
    conn: &mut SqliteConnection,
    links: &[LinkId],
) -> Result<HashMap<LinkId, BaseTexts>, Error> {
    let decode = |row: &mut Columns<'_>| {
        Ok((
            LinkId(row.uuid()?),
            Pair {
                huly: row.maybe_text()?,
                vibe: row.maybe_text()?,
            },
        ))
    };
    let found = rows::among(
        conn,
        "texts",
        &sql::TEXTS,
        links,
        |query, link| query.bind(link.0),
        decode,
    )
    .await?;
    Ok(found.into_iter().collect())
}

/// Items that are due to be looked at again, oldest first.
pub(super) async fn dirty(
    conn: &mut SqliteConnection,
    project: ProjectLinkId,
    now: Millis,
    limit: u32,
) -> Result<Vec<Dirty>, Error> {
    let query = sqlx::query(sql::DIRTY_DUE)
        .bind(project.0)
        .bind(now.0)
        .bind(i64::from(limit));
    rows::all(conn, "dirty", query, |row| {
        Ok(Dirty {
            project: ProjectLinkId(row.uuid()?),
            side: row.side()?,
            item: ItemId::new(row.text()?),
            since: row.millis()?,
            next_try: row.millis()?,
            tries: row.small()?,
            code: row.text()?,
        })
    })
    .await
}

/// Items that a write without an answer may still change.
pub(super) async fn late(conn: &mut SqliteConnection, now: Millis) -> Result<Vec<Late>, Error> {
    rows::all(conn, "late", sqlx::query(sql::LATE).bind(now.0), |row| {
        Ok(Late {
            side: row.side()?,
            item: ItemId::new(row.text()?),
            until: row.millis()?,
        })
    })
    .await
}

/// What is under way or waits in each pair of projects.
pub(super) async fn standings(
    conn: &mut SqliteConnection,
    sent_before: Millis,
    dirty_before: Millis,
) -> Result<Vec<Standing>, Error> {
    let query = sqlx::query(sql::STANDINGS)
        .bind(sent_before.0)
        .bind(dirty_before.0);
    rows::all(conn, "projects", query, |row| {
        Ok(Standing {
            project: ProjectLinkId(row.uuid()?),
            work: Pair {
                huly: work(row)?,
                vibe: work(row)?,
            },
            conflicts: row.small()?,
        })
    })
    .await
}

fn work(row: &mut Columns<'_>) -> Result<Work, Error> {
    Ok(Work {
        pending: row.small()?,
        in_flight: row.small()?,
        dirty: row.small()?,
        stuck: row.small()?,
        dead: row.small()?,
    })
}

/// Row counts, from indexes.
pub(super) async fn counts(conn: &mut SqliteConnection) -> Result<Counts, Error> {
    Ok(Counts {
        projects: count(conn, sql::COUNT_PROJECTS).await?,
        links: count(conn, sql::COUNT_LINKS).await?,
        live_intents: count(conn, sql::INTENTS_LIVE_COUNT).await?,
        dirty: count(conn, sql::DIRTY_COUNTS).await?,
        open_conflicts: count(conn, sql::CONFLICTS_OPEN_COUNT).await?,
        dead_letters: count(conn, sql::DEAD_LETTERS_COUNT).await?,
    })
}

async fn count(conn: &mut SqliteConnection, statement: &'static str) -> Result<u64, Error> {
    Ok(
        rows::one(conn, "counts", sqlx::query(statement), rows::count)
            .await?
            .unwrap_or(0),
    )
}
