//! Links: the columns that are asked for, and a compact JSON body for the rest (about 300 bytes a row in all).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use sync_core::{
    Pair, Side,
    ids::{Generation, ItemId, LinkId, Millis, ProjectLinkId, RulesVersion, StatusId},
    item::{Extra, FieldSet, TextVersion, Values},
    link::{LastWrite, Link, Phase},
};
use uuid::Uuid;

use super::{
    rows::{self, Bound, Columns},
    sql,
};
use crate::error::Error;

const TABLE: &str = "links";

/// What a link's row holds beside its columns. Keys are one letter and defaults are left out: there is a row for every item.
#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(rename = "o")]
    origin: Side,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    label: Option<Arc<str>>,
    #[serde(rename = "h")]
    huly: Half,
    #[serde(rename = "v")]
    vibe: Half,
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    frozen: FieldSet,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    phase: Phase,
    #[serde(rename = "r", default, skip_serializing_if = "is_default")]
    rebuilt: bool,
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    rules: u64,
}

/// One side's part of a body.
#[derive(Serialize, Deserialize)]
struct Half {
    #[serde(flatten)]
    base: Raw,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    generation: Generation,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    write: Option<Write>,
}

/// A side's raw values. On Vibe's side the base's title is left out where it is Huly's.
#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    title: Option<Arc<str>>,
    #[serde(rename = "d", default, skip_serializing_if = "TextVersion::is_none")]
    description: TextVersion,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusId>,
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    extra: Extra,
}

/// A last write.
#[derive(Serialize, Deserialize)]
struct Write {
    #[serde(rename = "a")]
    at: Millis,
    #[serde(rename = "f")]
    fields: FieldSet,
    #[serde(rename = "b")]
    before: Raw,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    resent: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Raw {
    fn of(values: &Values, title: Option<&Arc<str>>) -> Raw {
        Raw {
            title: title.cloned(),
            description: values.description.clone(),
            status: values.status.clone(),
            extra: values.extra.clone(),
        }
    }

    fn values(self, title: &Arc<str>) -> Values {
        Values {
            title: self.title.unwrap_or_else(|| Arc::clone(title)),
            description: self.description,
            status: self.status,
            extra: self.extra,
        }
    }
}

impl Half {
    fn of(link: &Link, side: Side, title: Option<&Arc<str>>) -> Half {
        let write = link.last_write.side(side).as_ref().map(|write| Write {
            at: write.at,
            fields: write.fields,
            before: Raw::of(&write.before, Some(&write.before.title)),
            resent: write.resent,
        });
        Half {
            base: Raw::of(link.base.side(side), title),
            generation: *link.generation.side(side),
            write,
        }
    }
}

impl Body {
    fn of(link: &Link) -> Body {
        let (huly, vibe) = (&link.base.huly.title, &link.base.vibe.title);
        Body {
            origin: link.origin,
            label: link.label.clone(),
            huly: Half::of(link, Side::Huly, Some(huly)),
            vibe: Half::of(link, Side::Vibe, Some(vibe).filter(|vibe| *vibe != huly)),
            frozen: link.frozen,
            phase: link.phase,
            rebuilt: link.rebuilt,
            rules: link.rules.0,
        }
    }

    fn link(self, id: LinkId, items: Pair<Option<ItemId>>, version: u64) -> Link {
        let title = self.huly.base.title.clone().unwrap_or_default();
        let halves = Pair {
            huly: self.huly,
            vibe: self.vibe,
        };
        let generation = Pair {
            huly: halves.huly.generation,
            vibe: halves.vibe.generation,
        };
        let (huly, vibe) = (halves.huly, halves.vibe);
        let write = |write: Write| LastWrite {
            at: write.at,
            fields: write.fields,
            before: write.before.values(&Arc::default()),
            resent: write.resent,
        };
        Link {
            id,
            origin: self.origin,
            items,
            label: self.label,
            base: Pair {
                huly: huly.base.values(&title),
                vibe: vibe.base.values(&title),
            },
            generation,
            frozen: self.frozen,
            phase: self.phase,
            rebuilt: self.rebuilt,
            last_write: Pair {
                huly: huly.write.map(write),
                vibe: vibe.write.map(write),
            },
            rules: RulesVersion(self.rules),
            version,
        }
    }
}

/// A link ready to be stored.
struct Row {
    project: Uuid,
    id: Uuid,
    huly: Option<Arc<str>>,
    vibe: Option<Arc<str>>,
    version: i64,
    body: Arc<str>,
}

fn encode(project: ProjectLinkId, link: &Link) -> Result<Row, Error> {
    let item = |side: Side| {
        link.items
            .side(side)
            .as_ref()
            .map(|item| Arc::from(item.as_str()))
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
        body: rows::json(TABLE, &Body::of(link))?.into(),
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

fn bind(query: Bound, row: &Row) -> Result<Bound, Error> {
    Ok(query
        .bind(row.project)
        .bind(row.id)
        .bind(row.huly.clone())
        .bind(row.vibe.clone())
        .bind(row.version)
        .bind(Arc::clone(&row.body)))
}

/// All links of one project, in the order of their ids.
pub(super) async fn of_project(
    conn: &mut SqliteConnection,
    project: ProjectLinkId,
) -> Result<Vec<Link>, Error> {
    let query = sqlx::query(sql::LINKS_OF_PROJECT).bind(project.0);
    rows::all(conn, TABLE, query, |row| decode(row).map(|(_, link)| link)).await
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
    let encoded: Vec<Row> = links
        .iter()
        .map(|(project, link)| encode(*project, link))
        .collect::<Result<_, _>>()?;
    let mut released = false;
    let mut rest = encoded.as_slice();
    for chunk in sql::chunks(&links) {
        let (rows, after) = rest.split_at_checked(chunk.len()).unwrap_or((rest, &[]));
        rest = after;
        match put_chunk(tx, chunk, rows).await {
            // An item goes from one link of the batch to another: take it from the one first, then give it.
            Err(Error::Constraint { .. }) if !released => {
                release_items(tx, &encoded).await?;
                released = true;
                put_chunk(tx, chunk, rows).await?;
            }
            result => result?,
        }
    }
    Ok(())
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
    let mut written =
        rows::put(tx, "write links", &sql::LINKS_PUT_SAME_ITEMS, encoded, bind).await?;
    if written < expected {
        written += rows::put(tx, "write links", &sql::LINKS_PUT, encoded, bind).await?;
    }
    if written < expected {
        unchanged_or_stale(tx, chunk).await
    } else {
        Ok(())
    }
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

async fn release_items(tx: &mut SqliteConnection, encoded: &[Row]) -> Result<(), Error> {
    for row in encoded {
        let query = sqlx::query(sql::LINK_RELEASE_ITEMS)
            .bind(row.id)
            .bind(row.version);
        rows::run(
            tx,
            "write links",
            query.bind(row.huly.clone()).bind(row.vibe.clone()),
        )
        .await?;
    }
    Ok(())
}

/// Drops links with their texts, dirty rows and live intents.
pub(super) async fn forget(tx: &mut SqliteConnection, links: &[LinkId]) -> Result<(), Error> {
    for link in links {
        for statement in [
            sql::FORGET_DIRTY_HULY,
            sql::FORGET_DIRTY_VIBE,
            sql::FORGET_INTENTS,
            sql::FORGET_LINK,
        ] {
            rows::run(tx, "forget links", sqlx::query(statement).bind(link.0)).await?;
        }
    }
    Ok(())
}
