//! The end of a turn: what no longer waits is taken off the lists, and what still does makes room for others.

use store::{
    Batch,
    row::{Dirty, ProjectRow},
};
use sync_core::{Side, filter::Leaving, item::Observation};

use crate::{
    context::Context, error::Error, letters::next_try, observe::Observed, report::ProjectReport,
};

/// Items that were looked at again and left nothing to do are clean, whether a write of ours did it or a person; those that
/// still wait give their place to others. A letter whose value nobody wants to write any more is over.
pub(super) async fn tidy(
    ctx: &Context,
    row: &ProjectRow,
    observed: &Observed,
    report: &ProjectReport,
) -> Result<(), Error> {
    // A run about some items only, or one that a guard held back, did not look at the rest.
    let part = !ctx.targets.is_empty() || ctx.settings.leaving == Leaving::Stays;
    if part || !report.held.is_empty() || ctx.lease.is_none() {
        return Ok(());
    }
    let mut batch = Batch::default();
    letters(ctx, row, observed, &mut batch);
    due(ctx, row, observed, &mut batch);
    if !batch.is_empty() {
        ctx.begun().await?;
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}

fn due(ctx: &Context, row: &ProjectRow, observed: &Observed, batch: &mut Batch) {
    for (dirty, link) in &observed.due {
        if ctx.letters.is_dirtied(&dirty.item) {
            continue;
        }
        if let Some(next_try) = link.and_then(|link| ctx.letters.waits(link)) {
            batch.dirty.push(Dirty {
                next_try,
                ..dirty.clone()
            });
            continue;
        }
        let is_open = link.is_some_and(|link| observed.busy.contains(&link))
            || observed
                .vanished
                .contains(&(dirty.side, dirty.item.clone()));
        if is_open {
            let tries = dirty.tries.saturating_add(1);
            batch.dirty.push(Dirty {
                tries,
                next_try: next_try(ctx.now(), tries),
                ..dirty.clone()
            });
        } else {
            batch.clean.push((row.id, dirty.side, dirty.item.clone()));
        }
    }
}

fn letters(ctx: &Context, row: &ProjectRow, observed: &Observed, batch: &mut Batch) {
    for key in ctx.letters.unmet(row.id) {
        let (link, _, _) = key;
        let now = observed.of(&link);
        let is_seen = |side: Side| match now.side(side) {
            Observation::Present(_) => true,
            Observation::Gone | Observation::Unseen => false,
        };
        let is_whole = Side::ALL.into_iter().all(is_seen);
        // What could not be read was not planned, so nobody knows whether its value is still wanted.
        let is_dirty = observed.links.get(&link).is_some_and(|link| {
            let mut items = link.items.iter().filter_map(|(_, item)| item.as_ref());
            items.any(|item| ctx.letters.is_dirtied(item))
        });
        if is_whole && !is_dirty && !observed.busy.contains(&link) && ctx.letters.written(key) {
            batch.clear_dead.push(key);
        }
    }
}
