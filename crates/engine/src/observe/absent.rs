//! What a list does not show: read by itself, and proven gone where that can be proven (design 3.6).

use std::collections::{HashMap, HashSet};

use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, ProjectId},
    item::{Item, Observation},
};

use super::{IDS_PER_CALL, Observed};
use crate::{context::Context, error::Error, port::BoardProject, run::is_active};

/// Linked items that a complete list did not show.
pub(super) fn missing(observed: &Observed, side: Side) -> Vec<ItemId> {
    let mut missing: Vec<ItemId> = observed
        .links
        .values()
        .filter(|link| **observed.of(&link.id).side(side) == Observation::Unseen)
        .filter_map(|link| link.items.side(side).clone())
        .collect();
    missing.sort();
    missing
}

/// Reads doubtful items by themselves, and proves absence where it can be proven.
pub(super) async fn prove(
    ctx: &Context,
    observed: &mut Observed,
    by_item: &Pair<HashMap<ItemId, LinkId>>,
    side: Side,
    project: &BoardProject,
    doubtful: Vec<ItemId>,
) -> Result<(), Error> {
    if doubtful.is_empty() {
        return Ok(());
    }
    let there = read(ctx, side, &doubtful).await?;
    let absent: Vec<ItemId> = doubtful
        .into_iter()
        .filter(|id| !there.contains_key(id))
        .collect();
    let elsewhere = elsewhere(ctx, side, project, &there).await?;
    for (id, (at, item)) in there {
        match by_item.side(side).get(&id) {
            // that pair's turn looks at it, beside this one
            Some(link) if elsewhere.contains(&at) => {
                observed.busy.insert(*link);
            }
            Some(link) => observed.see(*link, side, Observation::Present(Box::new(item))),
            // It was moved to another project, which has its link by now.
            None if at != project.id && !at.as_str().is_empty() => {}
            None => observed.unlinked.side_mut(side).push(item),
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    let linked = absent
        .into_iter()
        .filter(|id| by_item.side(side).contains_key(id));
    let proof = proof(ctx, side, &project.id, linked.collect()).await?;
    if proof.project_gone {
        observed.project_gone = Some(side);
    }
    for id in proof.gone {
        if let Some(link) = by_item.side(side).get(&id) {
            observed.see(*link, side, Observation::Gone);
        }
    }
    let vanished = proof.vanished.into_iter().map(|id| (side, id));
    observed.vanished.extend(vanished);
    Ok(())
}

/// Projects of other pairs that are synced, of those to which linked issues were moved: the pair of an issue's project has its link
/// (design 3.9). A task has its issue's.
async fn elsewhere(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    there: &HashMap<ItemId, (ProjectId, Item)>,
) -> Result<HashSet<ProjectId>, Error> {
    let mut at: HashSet<ProjectId> = there
        .values()
        .map(|(at, _)| at.clone())
        .filter(|at| *at != project.id && !at.as_str().is_empty())
        .collect();
    if side == Side::Vibe || at.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = ctx.store.projects().await?;
    let is_synced = |at: &ProjectId| {
        let mut rows = rows.iter();
        rows.any(|row| is_active(row) && row.projects.huly.as_ref() == Some(at))
    };
    at.retain(is_synced);
    Ok(at)
}

/// Items by their own reads, with the projects they are in.
pub(crate) async fn read(
    ctx: &Context,
    side: Side,
    ids: &[ItemId],
) -> Result<HashMap<ItemId, (ProjectId, Item)>, Error> {
    let mut there = HashMap::new();
    for ids in ids.chunks(IDS_PER_CALL) {
        let found = ctx.board(side).get(ids).await;
        there.extend(found.map_err(Error::service(side))?);
    }
    Ok(there)
}

/// What is known of items whose own reads were empty.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// Deleted.
    pub(crate) gone: Vec<ItemId>,
    /// Missing, and nothing proves that they were deleted.
    pub(crate) vanished: Vec<ItemId>,
    /// Their project is gone as a whole: nothing is known of them.
    pub(crate) project_gone: bool,
}

/// Proves absence where it can be proven (design 3.6): the project is there and ours, and no item was moved. To be asked after the
/// items' own reads: only then does an empty answer mean anything.
pub(crate) async fn proof(
    ctx: &Context,
    side: Side,
    project: &ProjectId,
    absent: Vec<ItemId>,
) -> Result<Proof, Error> {
    let board = ctx.board(side);
    let mut proof = Proof::default();
    let mut read = board.project(project).await.map_err(Error::service(side))?;
    if read.is_none() {
        // A list showed it in this very run. One answer may be cut down to nothing; a project that sleeps needs a person to wake.
        read = board.project(project).await.map_err(Error::service(side))?;
    }
    let Some(read) = read else {
        proof.project_gone = true;
        return Ok(proof);
    };
    for id in absent {
        if read.member && !board.was_moved(&id).await.map_err(Error::service(side))? {
            proof.gone.push(id);
        } else {
            proof.vanished.push(id);
        }
    }
    Ok(proof)
}
