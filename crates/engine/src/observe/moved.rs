//! Items that came from another project.

use std::collections::HashMap;

use store::{Batch, row::ProjectRow};
use sync_core::{
    Side,
    ids::{ItemId, ProjectLinkId},
    item::{Item, Observation},
    link::Link,
};

use super::{IDS_PER_CALL, Observed};
use crate::{context::Context, error::Error};

/// An issue that was moved here from another project keeps its link and its task (design 3.9).
pub(super) async fn here(
    ctx: &Context,
    row: &ProjectRow,
    observed: &mut Observed,
) -> Result<(), Error> {
    for side in Side::ALL {
        let ids: Vec<ItemId> = observed
            .unlinked
            .side(side)
            .iter()
            .map(|item| item.id.clone())
            .collect();
        let mut elsewhere: HashMap<ItemId, (ProjectLinkId, Link)> = HashMap::new();
        for chunk in ids.chunks(IDS_PER_CALL) {
            for (project, link) in ctx.store.links_of_items(side, chunk).await? {
                if let (true, Some(item)) = (project != row.id, link.items.side(side).clone()) {
                    elsewhere.insert(item, (project, link));
                }
            }
        }
        if elsewhere.is_empty() {
            continue;
        }
        let (moved, stay): (Vec<Item>, Vec<Item>) =
            std::mem::take(observed.unlinked.side_mut(side))
                .into_iter()
                .partition(|item| elsewhere.contains_key(&item.id));
        *observed.unlinked.side_mut(side) = stay;
        if side == Side::Vibe {
            // The link went with its issue: that project's turn looks at the task by its own read.
            continue;
        }
        for item in moved {
            let Some((from, link)) = elsewhere.remove(&item.id) else {
                continue;
            };
            let id = link.id;
            if let Some(other) = link.items.side(side.opposite()) {
                let board = ctx.board(side.opposite());
                let mut there = board
                    .get(std::slice::from_ref(other))
                    .await
                    .map_err(Error::service(side.opposite()))?;
                if let Some((_, other)) = there.remove(other) {
                    observed.see(id, side.opposite(), Observation::Present(Box::new(other)));
                }
            }
            observed.see(id, side, Observation::Present(Box::new(item)));
            observed.links.insert(id, link);
            observed.moved.push((id, from));
        }
    }
    Ok(())
}

/// Has the rows of such links follow them, so that the next run and the agents of both projects find each where its issue is.
pub(crate) async fn follow(
    ctx: &Context,
    row: &ProjectRow,
    observed: &mut Observed,
) -> Result<(), Error> {
    if observed.moved.is_empty() || ctx.lease.is_none() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for (id, from) in std::mem::take(&mut observed.moved) {
        // an open write is looked for where it was planned
        if observed.busy.contains(&id) {
            continue;
        }
        let Some(link) = observed.links.get_mut(&id) else {
            continue;
        };
        link.version += 1;
        batch.links.push((row.id, ctx.kept(row.id, link)));
        batch.left.push(from);
    }
    ctx.begun().await?;
    ctx.store.write(ctx.fence()?, &batch).await?;
    Ok(())
}
