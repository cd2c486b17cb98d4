//! What a first configuration would say: pairs of projects, links of items, a map of statuses, each with a confidence and a
//! reason (`hvs init`). Reads only, one project at a time; the decisions are pure functions over what was read.

mod items;
mod projects;
mod statuses;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;
use sync_core::{
    Pair, Side,
    ids::{ItemId, ProjectId, StoreId, WorkspaceId},
    item::Item,
};

use crate::{
    codes,
    observe::MAX_PAGES,
    port::{Answer, Board, Cursor},
};

pub use items::{Asked, Links, links};
pub use projects::{Footers, ProjectProposal, Reason, footers, pairs, unnamed};
pub use statuses::{Source, StatusProposal, StatusRow, by_name, statuses};

/// How sure a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Remembered by the store, or by an id that cannot arise by chance.
    Certain,
    /// Written down by a program, or a name that stands exactly once on each side.
    High,
    /// Likely: a person should look.
    Medium,
    /// Nothing is proposed.
    None,
}

impl Confidence {
    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::None => "none",
        }
    }
}

/// What links of a project are looked for with.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Name space of derived ids.
    pub workspace: WorkspaceId,
    /// Our store: tells own markers from foreign ones.
    pub store: StoreId,
}

/// All items of one project.
///
/// # Errors
///
/// Those of the service, and [`codes::ENDLESS_LIST`].
pub async fn list(board: &dyn Board, project: &ProjectId) -> Answer<Vec<Item>> {
    let mut items = Vec::new();
    let mut from: Option<Cursor> = None;
    for _ in 0..MAX_PAGES {
        let page = board.list(project, from.take()).await?;
        // a proposal looks at titles and footers only
        items.extend(
            page.items
                .into_iter()
                .map(|(_, item)| Item { text: None, ..item }),
        );
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(items),
        }
    }
    let side = board.side();
    Err(http_kit::Error::new(
        http_kit::Kind::Fatal,
        codes::ENDLESS_LIST,
        side.as_str(),
        "list",
    ))
}

/// Which Huly projects the footers of the tasks of these Vibe projects name. One project in memory at a time.
///
/// # Errors
///
/// Those of the service.
pub async fn read_footers(
    board: &dyn Board,
    projects: &[ProjectId],
) -> Answer<BTreeMap<ProjectId, Footers>> {
    let mut read = BTreeMap::new();
    for project in projects {
        let tasks = list(board, project).await?;
        read.insert(project.clone(), footers(&tasks));
    }
    Ok(read)
}

/// What would link the items of a pair of projects. One pair in memory at a time.
///
/// # Errors
///
/// Those of the services, with the side.
pub async fn read_links(
    boards: &Pair<Arc<dyn Board>>,
    projects: Pair<&ProjectId>,
    linked: &Pair<BTreeSet<ItemId>>,
    scope: Scope,
) -> Result<Links, (Side, http_kit::Error)> {
    let read = async |side: Side| {
        list(boards.side(side).as_ref(), projects.side(side))
            .await
            .map_err(|error| (side, error))
    };
    let (huly, vibe) = tokio::try_join!(read(Side::Huly), read(Side::Vibe))?;
    let capabilities = Pair::by(|side| boards.side(side).capabilities());
    let items = Pair {
        huly: huly.as_slice(),
        vibe: vibe.as_slice(),
    };
    Ok(links(&Asked {
        scope,
        capabilities,
        items,
        linked,
    }))
}
