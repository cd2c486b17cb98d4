//! Links: how they are found, and how a batch of them is written.

use std::collections::{HashMap, HashSet};

use futures::future;
use sqlx::SqliteConnection;
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, ProjectLinkId},
    link::Link,
};
use uuid::Uuid;

use super::{
    body::Body,
    rows::{self, Bound, Columns},
    sql::{self, Multi},
};
use crate::error::Error;

const TABLE: &str = "links";

/// A link ready to be stored.
struct Row {
    project: Uuid,
    id: Uuid,
    huly: Option<String>,
    vibe: Option<String>,
    version: i64,
    body: String,
}

fn encode(project: ProjectLinkId, link: &Link) -> Result<Row, Error> {
    let item = |side: Side| {
        link.items
            .side(side)
            .as_ref()
            .map(|item| item.as_str().to_owned())
    };
    Ok(Row {
        project: project.0,
        id: link.id.0,
        huly: item(Side::Huly),
        vibe: item(Side::Vibe),
        version: i64::try_from(link.version).map_err(|error| Error::Encode {
            table: TABLE,
            source: error.into(),
        })?,
        body: rows::json(TABLE, &Body::of(link))?,
    })
}

fn decode(row: &mut Columns<'_>) -> Result<(ProjectLinkId, Link), Error> {
    let project = ProjectLinkId(row.uuid()?);
    let id = LinkId(row.uuid()?);
    let items = Pair {
        huly: row.maybe_text()?.map(ItemId::new),
        vibe: row.maybe_text()?.map(ItemId::new),
    };
    let version = row.small::<u64>()?;
    let body: Body = row.json()?;
    Ok((project, body.link(id, items, version)))
}

fn bind(query: Bound, row: &Row) -> Bound {
    query
        .bind(row.project)
        .bind(row.id)
        .bind(row.huly.clone())
        .bind(row.vibe.clone())
        .bind(row.version)
        .bind(row.body.clone())
}

/// All links of one project, in the order of their ids.
pub(super) async fn of_project(
    conn: &mut SqliteConnection,
    project: ProjectLinkId,
) -> Result<Vec<Link>, Error> {
    let query = sqlx::query(sql::LINKS_OF_PROJECT).bind(project.0);
    let mut links = rows::all(conn, TABLE, query, |row| decode(row).map(|(_, link)| link)).await?;
    links.sort_unstable_by_key(|link| link.id);
    Ok(links)
}

/// The links of some items.
pub(super) async fn of_items(
    conn: &mut SqliteConnection,
    side: Side,
    items: &[ItemId],
) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
    let statement = match side {
        Side::Huly => &sql::LINKS_BY_HULY,
        Side::Vibe => &sql::LINKS_BY_VIBE,
    };
    let items: Vec<&ItemId> = items.iter().collect::<HashSet<_>>().into_iter().collect();
    let mut found = rows::among(
        conn,
        TABLE,
        statement,
        &items,
        |query, item| query.bind(item.as_str().to_owned()),
        decode,
    )
    .await?;
    found.sort_unstable_by_key(|(_, link)| link.id);
    Ok(found)
}

/// The links with some ids.
pub(super) async fn by_id(
    conn: &mut SqliteConnection,
    ids: &[LinkId],
) -> Result<Vec<(ProjectLinkId, Link)>, Error> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    rows::among(
        conn,
        TABLE,
        &sql::LINKS_BY_ID,
        &ids,
        |query, id| query.bind(id.0),
        decode,
    )
    .await
}

/// Inserts or replaces links; see [`Batch::links`](crate::Batch::links).
pub(super) async fn put(
    tx: &mut SqliteConnection,
    links: &[&(ProjectLinkId, Link)],
) -> Result<(), Error> {
    let links = newest(links)?;
    let mut released = false;
    let mut chunks = sql::chunks(&links);
    let mut next = chunks.next().map(encoded).transpose()?;
    while let Some((chunk, rows)) = next {
        // SQLite works on a thread of its own: the next rows are made ready meanwhile.
        let ready = async { chunks.next().map(encoded).transpose() };
        let (put, ready) = future::join(put_chunk(tx, chunk, &rows), ready).await;
        match put {
            // An item goes from one link of the batch to another: take it from the one first, then give it.
            Err(Error::Constraint { .. }) if !released => {
                release_items(tx, &links).await?;
                released = true;
                put_chunk(tx, chunk, &rows).await?;
            }
            result => result?,
        }
        next = ready?;
    }
    Ok(())
}

/// A link with its project, as a batch gives it.
type Given<'a> = &'a (ProjectLinkId, Link);

fn encoded<'c, 'a>(chunk: &'c [Given<'a>]) -> Result<(&'c [Given<'a>], Vec<Row>), Error> {
    let rows = chunk.iter().map(|(project, link)| encode(*project, link));
    Ok((chunk, rows.collect::<Result<_, _>>()?))
}

/// Sorts by id, the order in which upserts are fastest, and keeps the newest of each link.
fn newest<'a>(
    links: &[&'a (ProjectLinkId, Link)],
) -> Result<Vec<&'a (ProjectLinkId, Link)>, Error> {
    let mut sorted = links.to_vec();
    sorted.sort_by_key(|(_, link)| link.id);
    let mut kept: Vec<&(ProjectLinkId, Link)> = Vec::with_capacity(sorted.len());
    for row in sorted {
        match kept.last_mut() {
            Some(last) if last.1.id == row.1.id => {
                if row.1.version > last.1.version {
                    *last = row;
                } else if *last != row {
                    return Err(Error::Stale { link: row.1.id });
                }
            }
            Some(_) | None => kept.push(row),
        }
    }
    Ok(kept)
}

async fn put_chunk(
    tx: &mut SqliteConnection,
    chunk: &[&(ProjectLinkId, Link)],
    encoded: &[Row],
) -> Result<(), Error> {
    let expected = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
    let mut written = put_rows(tx, &sql::LINKS_PUT_SAME_ITEMS, encoded).await?;
    if written < expected {
        written += put_rows(tx, &sql::LINKS_PUT, encoded).await?;
    }
    if written < expected {
        unchanged_or_stale(tx, chunk).await
    } else {
        Ok(())
    }
}

async fn put_rows(
    tx: &mut SqliteConnection,
    statement: &'static Multi,
    encoded: &[Row],
) -> Result<u64, Error> {
    rows::put(tx, "write links", statement, encoded, |query, row| {
        Ok(bind(query, row))
    })
    .await
}

/// Rows that were not written have a stored version that is not lower: fine where the stored row is the same.
async fn unchanged_or_stale(
    tx: &mut SqliteConnection,
    chunk: &[&(ProjectLinkId, Link)],
) -> Result<(), Error> {
    let ids: Vec<LinkId> = chunk.iter().map(|(_, link)| link.id).collect();
    let stored: HashMap<LinkId, (ProjectLinkId, Link)> = by_id(tx, &ids)
        .await?
        .into_iter()
        .map(|row| (row.1.id, row))
        .collect();
    match chunk
        .iter()
        .find(|given| stored.get(&given.1.id) != Some(**given))
    {
        Some((_, link)) => Err(Error::Stale { link: link.id }),
        None => Ok(()),
    }
}

async fn release_items(tx: &mut SqliteConnection, links: &[Given<'_>]) -> Result<(), Error> {
    for (project, link) in links {
        let row = encode(*project, link)?;
        let query = sqlx::query(sql::LINK_RELEASE_ITEMS)
            .bind(row.id)
            .bind(row.version);
        rows::run(tx, "write links", query.bind(row.huly).bind(row.vibe)).await?;
    }
    Ok(())
}

/// Marks the links of one project as *rebuilt*; gives the number of those that were not.
pub(super) async fn rebuild(
    tx: &mut SqliteConnection,
    project: ProjectLinkId,
) -> Result<u64, Error> {
    let query = sqlx::query(sql::LINKS_REBUILD).bind(project.0);
    rows::run(tx, "mark the links", query).await
}

/// Drops links with their texts, dirty rows and live intents.
pub(super) async fn forget(tx: &mut SqliteConnection, links: &[LinkId]) -> Result<(), Error> {
    for link in links {
        for statement in [
            sql::FORGET_DIRTY_HULY,
            sql::FORGET_DIRTY_VIBE,
            sql::FORGET_LETTERS,
            sql::FORGET_CONFLICTS,
            sql::FORGET_INTENTS,
            sql::FORGET_LINK,
        ] {
            rows::run(tx, "forget links", sqlx::query(statement).bind(link.0)).await?;
        }
    }
    Ok(())
}
