//! Reads both sides, one pair of projects in memory at a time, and asks the engine what it would propose.

use std::{collections::BTreeSet, sync::Arc};

use engine::{
    check::known_pairs,
    port::{Board, BoardProject},
    propose::{self, Links, ProjectProposal, Reason, Scope},
};
use sync_core::{
    Pair, Side,
    ids::{ItemId, StoreId, WorkspaceId},
};

use super::{Proposed, ProposedProject};
use crate::{config::Config, connect, failure::Failure};

type Boards = Pair<Arc<dyn Board>>;

/// What the services answered badly.
fn failed(config: &Config, side: Side, error: &engine::connect::Error) -> Failure {
    let url = match side {
        Side::Huly => &config.huly.url,
        Side::Vibe => &config.vibe.url,
    };
    match url {
        Some(url) => Failure::service(side, url, error),
        None => Failure::usage(error.to_string()),
    }
}

/// Everything that is proposed for these boards.
pub(super) async fn proposed(
    config: &Config,
    boards: &Boards,
    workspace: WorkspaceId,
) -> Result<Proposed, Failure> {
    let store = connect::find_store(config).await?;
    let rows = match &store {
        Some(store) => store.projects().await?,
        None => Vec::new(),
    };
    let known = known_pairs(&rows);
    let read = async |side: Side| {
        let projects = boards.side(side).projects().await;
        projects.map_err(|error| failed(config, side, &error))
    };
    let (huly, vibe) = tokio::try_join!(read(Side::Huly), read(Side::Vibe))?;
    let projects: Pair<&[BoardProject]> = Pair {
        huly: &huly,
        vibe: &vibe,
    };
    let unnamed = propose::unnamed(projects, &known);
    let footers = propose::read_footers(boards.vibe.as_ref(), &unnamed)
        .await
        .map_err(|error| failed(config, Side::Vibe, &error))?;
    let pairs = propose::pairs(projects, &known, &footers);
    let taken: BTreeSet<String> = pairs
        .iter()
        .filter_map(|pair| Some(pair.vibe.as_ref()?.id.to_string()))
        .collect();
    let alone = vibe
        .iter()
        .filter(|project| !taken.contains(project.id.as_str()))
        .cloned()
        .collect();
    let scope = Scope {
        workspace,
        store: store
            .as_ref()
            .map_or(StoreId(uuid::Uuid::nil()), |store| store.id()),
    };
    let mut all = Vec::new();
    for pair in pairs {
        let mut linked: Pair<BTreeSet<ItemId>> = Pair::default();
        let row = rows
            .iter()
            .find(|row| row.projects.huly.as_ref() == Some(&pair.huly.id));
        if let (Some(store), Some(row)) = (&store, row) {
            for link in store.links(row.id).await? {
                linked.huly.extend(link.items.huly);
                linked.vibe.extend(link.items.vibe);
            }
        }
        all.push(one(config, boards, pair, &linked, scope).await?);
    }
    Ok(Proposed {
        projects: all,
        alone,
    })
}

async fn one(
    config: &Config,
    boards: &Boards,
    pair: ProjectProposal,
    linked: &Pair<BTreeSet<ItemId>>,
    scope: Scope,
) -> Result<ProposedProject, Failure> {
    let (links, statuses) = match (&pair.reason, &pair.vibe) {
        (Reason::NotMember | Reason::Archived | Reason::Ambiguous, _) => (None, None),
        (Reason::Store | Reason::Name | Reason::Footers { .. } | Reason::Made { .. }, vibe) => {
            let links = match vibe {
                Some(vibe) => {
                    let projects = Pair {
                        huly: &pair.huly.id,
                        vibe: &vibe.id,
                    };
                    propose::read_links(boards, projects, linked, scope)
                        .await
                        .map_err(|(side, error)| failed(config, side, &error))?
                }
                None => lonely(config, boards, &pair).await?,
            };
            let kinds = boards.huly.statuses(&pair.huly).await;
            let kinds = kinds.map_err(|error| failed(config, Side::Huly, &error))?;
            (Some(links), Some(propose::statuses(&kinds)))
        }
    };
    Ok(ProposedProject {
        pair,
        statuses,
        links,
    })
}

/// A project that is to be made: every issue gets a task.
async fn lonely(
    config: &Config,
    boards: &Boards,
    pair: &ProjectProposal,
) -> Result<Links, Failure> {
    let issues = propose::list(boards.huly.as_ref(), &pair.huly.id)
        .await
        .map_err(|error| failed(config, Side::Huly, &error))?;
    Ok(Links {
        alone: Pair {
            huly: issues.len(),
            vibe: 0,
        },
        ..Links::default()
    })
}
