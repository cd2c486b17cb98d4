//! The journal (design 4.1).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sqlx::SqliteConnection;
use sync_core::ids::{IntentKey, LinkId, Millis, ProjectLinkId, RunId};

use super::{
    rows::{self, Bound, Columns},
    sql,
};
use crate::{
    error::Error,
    row::{Intent, IntentState},
};

const TABLE: &str = "intents";

/// Every state, in the order of an intent's life.
const STATES: [IntentState; 6] = [
    IntentState::Planned,
    IntentState::Sent,
    IntentState::Done,
    IntentState::Failed,
    IntentState::Dead,
    IntentState::Dropped,
];

/// The stored word of a state.
const fn word(state: IntentState) -> &'static str {
    match state {
        IntentState::Planned => "planned",
        IntentState::Sent => "sent",
        IntentState::Done => "done",
        IntentState::Failed => "failed",
        IntentState::Dead => "dead",
        IntentState::Dropped => "dropped",
    }
}

fn decode(row: &mut Columns<'_>) -> Result<Intent, Error> {
    Ok(Intent {
        key: IntentKey(row.uuid()?),
        project: ProjectLinkId(row.uuid()?),
        link: row.maybe_uuid()?.map(LinkId),
        side: row.side()?,
        kind: row.text()?,
        state: row.word(&STATES, word)?,
        payload: row.json()?,
        prepared: row.maybe_json()?,
        write_id: row.maybe_text()?,
        attempt: row.small()?,
        run: RunId(row.uuid()?),
        planned_at: row.millis()?,
        sent_at: row.maybe_millis()?,
        error: row.maybe_text()?,
    })
}

fn bind(query: Bound, intent: &Intent) -> Result<Bound, Error> {
    let prepared = intent
        .prepared
        .as_ref()
        .map(|prepared| rows::json(TABLE, prepared))
        .transpose()?;
    Ok(query
        .bind(intent.key.0)
        .bind(intent.project.0)
        .bind(intent.link.map(|link| link.0))
        .bind(intent.side.as_str())
        .bind(Arc::clone(&intent.kind))
        .bind(word(intent.state))
        .bind(intent.state.is_live())
        .bind(rows::json(TABLE, &intent.payload)?)
        .bind(prepared)
        .bind(intent.write_id.clone())
        .bind(i64::from(intent.attempt))
        .bind(intent.run.0)
        .bind(intent.planned_at.0)
        .bind(intent.sent_at.map(|at| at.0))
        .bind(intent.error.clone()))
}

/// Intents that may still have an effect, oldest first.
pub(super) async fn live(
    conn: &mut SqliteConnection,
    project: Option<ProjectLinkId>,
    limit: u32,
) -> Result<Vec<Intent>, Error> {
    let query = match project {
        Some(project) => sqlx::query(sql::INTENTS_LIVE_OF_PROJECT).bind(project.0),
        None => sqlx::query(sql::INTENTS_LIVE),
    };
    rows::all(conn, TABLE, query.bind(i64::from(limit)), decode).await
}

/// Links with a write that was sent and is not settled, with its kind.
pub(super) async fn unsettled(
    conn: &mut SqliteConnection,
) -> Result<Vec<(LinkId, Arc<str>)>, Error> {
    let query = sqlx::query(sql::INTENTS_UNSETTLED);
    rows::all(conn, TABLE, query, |row| {
        Ok((LinkId(row.uuid()?), row.text()?))
    })
    .await
}

/// One intent by its key.
pub(super) async fn one(
    conn: &mut SqliteConnection,
    key: IntentKey,
) -> Result<Option<Intent>, Error> {
    rows::one(conn, TABLE, sqlx::query(sql::INTENT).bind(key.0), decode).await
}

/// How many there are in each state; states with none are left out.
pub(super) async fn counts(
    conn: &mut SqliteConnection,
) -> Result<HashMap<IntentState, u64>, Error> {
    let query = sqlx::query(sql::INTENT_COUNTS);
    let counted = rows::all(conn, TABLE, query, |row| {
        Ok((row.word(&STATES, word)?, row.small::<u64>()?))
    })
    .await?;
    Ok(counted
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect())
}

/// The id that was journaled last.
pub(super) async fn newest_write_id(conn: &mut SqliteConnection) -> Result<Option<String>, Error> {
    rows::one(
        conn,
        "write_ids",
        sqlx::query(sql::WRITE_ID_NEWEST),
        |row| row.str().map(str::to_owned),
    )
    .await
}

/// Whether an id was ever journaled.
pub(super) async fn knows_write_id(conn: &mut SqliteConnection, id: &str) -> Result<bool, Error> {
    let query = sqlx::query(sql::WRITE_ID_KNOWN).bind(id.to_owned());
    Ok(rows::one(conn, "write_ids", query, rows::number)
        .await?
        .is_some())
}

/// Inserts or replaces intents, the last one of each key; and remembers the ids of their remote transactions.
pub(super) async fn put(tx: &mut SqliteConnection, intents: &[Intent]) -> Result<(), Error> {
    let mut seen = HashSet::with_capacity(intents.len());
    let mut last: Vec<&Intent> = intents
        .iter()
        .rev()
        .filter(|intent| seen.insert(intent.key))
        .collect();
    // Finished ones first: they free the place of their link and side for a new live one.
    last.sort_unstable_by_key(|intent| (intent.state.is_live(), intent.key));
    rows::put(
        tx,
        "write intents",
        &sql::INTENTS_PUT,
        &last,
        |query, intent| bind(query, intent),
    )
    .await?;
    put_write_ids(tx, intents).await
}

async fn put_write_ids(tx: &mut SqliteConnection, intents: &[Intent]) -> Result<(), Error> {
    let mut ids: Vec<(Millis, &Arc<str>)> = intents
        .iter()
        .filter_map(|intent| {
            Some((
                intent.sent_at.unwrap_or(intent.planned_at),
                intent.write_id.as_ref()?,
            ))
        })
        .collect();
    // The newest is the one with the highest number.
    ids.sort_by_key(|(at, _)| *at);
    let bind =
        |query: Bound, (at, id): &(Millis, &Arc<str>)| Ok(query.bind(Arc::clone(id)).bind(at.0));
    rows::put(tx, "write intents", &sql::WRITE_IDS_PUT, &ids, bind)
        .await
        .map(|_| ())
}

/// Refuses intents that are not live.
pub(super) async fn must_be_live(
    tx: &mut SqliteConnection,
    intents: &[Intent],
) -> Result<(), Error> {
    let keys: Vec<IntentKey> = intents.iter().map(|intent| intent.key).collect();
    let among = &sql::INTENTS_LIVE_AMONG;
    let live = rows::among(
        tx,
        TABLE,
        among,
        &keys,
        |query, key| query.bind(key.0),
        |row| row.uuid().map(IntentKey),
    )
    .await?;
    let live: HashSet<IntentKey> = live.into_iter().collect();
    match keys.into_iter().find(|key| !live.contains(key)) {
        Some(key) => Err(Error::NotLive { key }),
        None => Ok(()),
    }
}
