//! Carries the deletion of a whole project over, on a person's word: its counterpart's linked items are deleted, under the guard.

use std::collections::HashMap;

use store::row::ProjectRow;
use sync_core::{
    Pair, Side,
    item::{Item, Observation},
    link,
};

use super::{applied, holding, journal};
use crate::{
    context::Context,
    error::Error,
    observe::{self, Observed},
    planning,
    port::BoardProject,
    report::ProjectReport,
    run::Mode,
};

/// What is left of a pair afterwards.
pub(crate) struct Mirrored {
    /// Items that were to be deleted.
    pub(crate) wanted: u64,
    /// Links that stand still.
    pub(crate) links: usize,
}

/// Deletes the linked items on the side that stands. `gone` is the other side.
pub(crate) async fn mirror(
    ctx: &Context,
    row: &ProjectRow,
    (gone, board): (Side, &BoardProject),
    accept: &[String],
    report: &mut ProjectReport,
) -> Result<Mirrored, Error> {
    let side = gone.opposite();
    let items = observe::list(ctx, side, &board.id).await?;
    let by_id: HashMap<_, _> = items
        .into_iter()
        .map(|item| (item.id.clone(), item))
        .collect();
    let mut observed = Observed {
        project: Some(row.id),
        full: true,
        ..Observed::default()
    };
    let links = ctx.store.links(row.id).await?;
    let mut linked: Vec<Item> = Vec::new();
    for link in &links {
        let item = link.items.side(side).as_ref().and_then(|id| by_id.get(id));
        linked.extend(item.cloned());
    }
    observed.links = links.into_iter().map(|link| (link.id, link)).collect();
    let read = planning::fetch_unlinked(ctx, side, linked).await;
    let read = planning::with_texts(ctx, side, &observed, read, report).await?;
    let mut plans = Vec::new();
    for item in &read {
        let of_item = |link: &&link::Link| link.items.side(side).as_ref() == Some(&item.id);
        let Some(link) = observed.links.values().find(of_item) else {
            continue;
        };
        plans.push(link::remove_mirrored(link.id, side, item));
        let (id, seen) = (link.id, Observation::Present(Box::new(item.clone())));
        observed.see(id, side, seen);
    }
    plans.sort_by_key(|plan| plan.link);
    let wanted = plans.len() as u64;
    let mode = Mode::Sync {
        accept: accept.to_vec(),
    };
    holding::hold(ctx, &mode, row, &observed, &mut plans, report).await?;
    if ctx.lease.is_some() {
        let steps = journal::write(ctx, row, &mut observed, &plans, report).await?;
        let stub = BoardProject {
            id: row
                .projects
                .side(gone)
                .clone()
                .unwrap_or_else(|| board.id.clone()),
            ..board.clone()
        };
        let boards = Pair::by(|of| {
            if of == side {
                board.clone()
            } else {
                stub.clone()
            }
        });
        applied::apply(ctx, &boards, &mut observed, steps, report).await?;
    }
    Ok(Mirrored {
        wanted,
        links: ctx.store.links(row.id).await?.len(),
    })
}
