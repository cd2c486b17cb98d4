//! The end of a turn: what no longer waits is taken off the lists, and what still does makes room for others.

use store::{
    Batch,
    row::{Dirty, LetterState, ProjectRow},
};
use sync_core::{Side, filter::Leaving, ids::Millis, item::Observation};

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

/// The turn ended well: everything that was seen is journaled, so the watermark may move (design 4.4).
pub(super) async fn close(
    ctx: &Context,
    row: &ProjectRow,
    full: bool,
    newest: Option<Millis>,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    // What a guard held back is not journaled, and what this run was not about not looked at: the next run must see it.
    let part = !ctx.targets.is_empty() || ctx.settings.leaving == Leaving::Stays;
    if part || !report.held.is_empty() {
        return Ok(());
    }
    let next = ProjectRow {
        watermark: row.watermark.max(newest.unwrap_or_default()),
        compared_at: if full { ctx.now() } else { row.compared_at },
        first_sync_done: true,
        synced_at: ctx.now(),
        ..row.clone()
    };
    // A quiet turn writes nothing: when it was last gone through is no news.
    let quiet = ProjectRow {
        synced_at: row.synced_at,
        ..next.clone()
    } == *row;
    if !quiet {
        ctx.store
            .write(
                ctx.fence()?,
                &Batch {
                    projects: vec![next],
                    ..Batch::default()
                },
            )
            .await?;
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
    for (key, state) in ctx.letters.unmet(row.id) {
        let (link, _, _) = key;
        // Nothing was planned for it, so nobody knows; and what a person said of the value is not to be asked again.
        if state == LetterState::Dropped && observed.left.contains(&link) {
            continue;
        }
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
