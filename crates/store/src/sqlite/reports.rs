//! Reads of what is shown to people: conflicts, dead letters, history, held sets, runs.

use sqlx::SqliteConnection;
use sync_core::{
    Pair,
    ids::{ItemId, LinkId, ProjectLinkId, RunId},
};

use super::{
    rows::{self, Columns},
    sql,
};
use crate::{
    error::Error,
    row::{ConflictRow, DeadLetter, Deed, HeldRow, HistoryRow, LetterState, RunRow},
};

/// Conflicts, newest first.
pub(super) async fn conflicts(
    conn: &mut SqliteConnection,
    open_only: bool,
    limit: u32,
) -> Result<Vec<ConflictRow>, Error> {
    let statement = if open_only {
        sql::CONFLICTS_OPEN
    } else {
        sql::CONFLICTS
    };
    rows::all(
        conn,
        "conflicts",
        sqlx::query(statement).bind(i64::from(limit)),
        conflict,
    )
    .await
}

pub(super) fn conflict(row: &mut Columns<'_>) -> Result<ConflictRow, Error> {
    Ok(ConflictRow {
        id: row.int()?,
        project: ProjectLinkId(row.uuid()?),
        link: LinkId(row.uuid()?),
        run: RunId(row.uuid()?),
        at: row.millis()?,
        field: row.field()?,
        winner: row.maybe_side()?,
        values: Pair {
            huly: row.json()?,
            vibe: row.json()?,
        },
        base: row.maybe_json()?,
        cause: row.text()?,
        open: row.flag()?,
        label: row.text()?,
        item: Some(ItemId::from(&*row.text()?)).filter(|item| !item.as_str().is_empty()),
        version: row.small()?,
        decision: row.maybe_json()?,
        pending: row.flag()?,
    })
}

/// One conflict.
pub(super) async fn one_conflict(
    conn: &mut SqliteConnection,
    id: i64,
) -> Result<Option<ConflictRow>, Error> {
    let query = sqlx::query(sql::CONFLICT).bind(id);
    rows::one(conn, "conflicts", query, conflict).await
}

/// Conflicts with a decision that is to be carried out, oldest first.
pub(super) async fn decided(
    conn: &mut SqliteConnection,
    project: ProjectLinkId,
) -> Result<Vec<ConflictRow>, Error> {
    let query = sqlx::query(sql::CONFLICTS_PENDING).bind(project.0);
    rows::all(conn, "conflicts", query, conflict).await
}

/// What people did, newest first.
pub(super) async fn deeds(
    conn: &mut SqliteConnection,
    link: Option<LinkId>,
    limit: u32,
) -> Result<Vec<Deed>, Error> {
    let query = match link {
        Some(link) => sqlx::query(sql::DEEDS_OF_LINK).bind(link.0),
        None => sqlx::query(sql::DEEDS),
    };
    rows::all(conn, "deeds", query.bind(i64::from(limit)), |row| {
        Ok(Deed {
            at: row.millis()?,
            who: row.text()?,
            kind: row.text()?,
            project: row.maybe_uuid()?.map(ProjectLinkId),
            link: row.maybe_uuid()?.map(LinkId),
            item: row.text()?,
            effect: row.text()?,
        })
    })
    .await
}

/// Values that were not taken, oldest first: those that wait for a person, or all.
pub(super) async fn dead_letters(
    conn: &mut SqliteConnection,
    project: Option<ProjectLinkId>,
    dead_only: bool,
    limit: u32,
) -> Result<Vec<DeadLetter>, Error> {
    let query = match (project, dead_only) {
        (Some(project), true) => sqlx::query(sql::DEAD_LETTERS_OF_PROJECT).bind(project.0),
        (Some(project), false) => sqlx::query(sql::LETTERS_OF_PROJECT).bind(project.0),
        (None, true) => sqlx::query(sql::DEAD_LETTERS),
        (None, false) => sqlx::query(sql::LETTERS),
    };
    rows::all(
        conn,
        "dead_letters",
        query.bind(i64::from(limit)),
        dead_letter,
    )
    .await
}

fn dead_letter(row: &mut Columns<'_>) -> Result<DeadLetter, Error> {
    Ok(DeadLetter {
        project: ProjectLinkId(row.uuid()?),
        link: LinkId(row.uuid()?),
        side: row.side()?,
        field: row.maybe_field()?,
        code: row.text()?,
        message: row.text()?,
        since: row.millis()?,
        run: RunId(row.uuid()?),
        value_hash: row.text()?,
        label: row.text()?,
        state: row.word(&LetterState::ALL, LetterState::word)?,
        tries: row.small()?,
        next_try: row.millis()?,
        version: row.small()?,
    })
}

/// History, newest first.
pub(super) async fn history(
    conn: &mut SqliteConnection,
    link: Option<LinkId>,
    limit: u32,
) -> Result<Vec<HistoryRow>, Error> {
    let query = match link {
        Some(link) => sqlx::query(sql::HISTORY_OF_LINK).bind(link.0),
        None => sqlx::query(sql::HISTORY),
    };
    rows::all(conn, "history", query.bind(i64::from(limit)), history_row).await
}

pub(super) fn history_row(row: &mut Columns<'_>) -> Result<HistoryRow, Error> {
    Ok(HistoryRow {
        at: row.millis()?,
        run: RunId(row.uuid()?),
        project: ProjectLinkId(row.uuid()?),
        link: LinkId(row.uuid()?),
        side: row.side()?,
        kind: row.text()?,
        field: row.maybe_field()?,
        old: row.maybe_text()?,
        new: row.maybe_text()?,
    })
}

/// A held set by its hash.
pub(super) async fn held(
    conn: &mut SqliteConnection,
    hash: &str,
) -> Result<Option<HeldRow>, Error> {
    rows::one(
        conn,
        "held",
        sqlx::query(sql::HELD).bind(hash.to_owned()),
        held_row,
    )
    .await
}

/// Every accepted held set of one project.
pub(super) async fn accepted(
    conn: &mut SqliteConnection,
    project: ProjectLinkId,
) -> Result<Vec<HeldRow>, Error> {
    rows::all(
        conn,
        "held",
        sqlx::query(sql::HELD_ACCEPTED).bind(project.0),
        held_row,
    )
    .await
}

fn held_row(row: &mut Columns<'_>) -> Result<HeldRow, Error> {
    Ok(HeldRow {
        hash: row.text()?,
        project: ProjectLinkId(row.uuid()?),
        class: row.text()?,
        at: row.millis()?,
        pairs: row.json()?,
        accepted_at: row.maybe_millis()?,
    })
}

/// Runs, newest first: their ids are ordered by time.
pub(super) async fn runs(conn: &mut SqliteConnection, limit: u32) -> Result<Vec<RunRow>, Error> {
    rows::all(
        conn,
        "runs",
        sqlx::query(sql::RUNS).bind(i64::from(limit)),
        run_row,
    )
    .await
}

/// One run.
pub(super) async fn run(conn: &mut SqliteConnection, id: RunId) -> Result<Option<RunRow>, Error> {
    rows::one(conn, "runs", sqlx::query(sql::RUN).bind(id.0), run_row).await
}

fn run_row(row: &mut Columns<'_>) -> Result<RunRow, Error> {
    Ok(RunRow {
        id: RunId(row.uuid()?),
        kind: row.text()?,
        started_at: row.millis()?,
        ended_at: row.maybe_millis()?,
        exit_code: row.maybe_small()?,
        summary: row.json()?,
    })
}
