//! What a list does not show: read by itself, and proven gone where that can be proven (design 3.6).

use std::collections::HashMap;

use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId},
    item::Observation,
};

use super::{IDS_PER_CALL, Observed};
use crate::{context::Context, error::Error, port::BoardProject};

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
    let board = ctx.board(side);
    let mut there = HashMap::new();
    for ids in doubtful.chunks(IDS_PER_CALL) {
        there.extend(board.get(ids).await.map_err(Error::service(side))?);
    }
    let absent: Vec<ItemId> = doubtful
        .iter()
        .filter(|id| !there.contains_key(*id))
        .cloned()
        .collect();
    for (id, (_, item)) in there {
        match by_item.side(side).get(&id) {
            Some(link) => observed.see(*link, side, Observation::Present(Box::new(item))),
            None => observed.unlinked.side_mut(side).push(item),
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    // Read after the items: only then does an empty answer mean that they are gone (design 3.6 b).
    let ours = match board
        .project(&project.id)
        .await
        .map_err(Error::service(side))?
    {
        None => {
            observed.project_gone = Some(side);
            return Ok(());
        }
        Some(project) => project.member,
    };
    for id in absent {
        let Some(link) = by_item.side(side).get(&id) else {
            continue;
        };
        let gone = ours && !board.was_moved(&id).await.map_err(Error::service(side))?;
        if gone {
            observed.see(*link, side, Observation::Gone);
        } else {
            observed.vanished.push((side, id));
        }
    }
    Ok(())
}
