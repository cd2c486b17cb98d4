//! Which projects of a watch rest in a run: nothing is asked of Vibe for them, and nothing is read of their links.
//!
//! A project that rests is `Unseen`, never empty: it takes no turn at all. Whatever hints at work (a change or removal in Huly, an
//! item that is due again, a write that is not settled) gives it its turn at once.

use std::collections::HashSet;

use store::{Batch, row::ProjectRow};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectLinkId},
};

use super::{is_active, memory::Memory, named};
use crate::{
    context::Context,
    error::Error,
    observe::{IDS_PER_CALL, Start},
    projects::Paired,
    report::{ProjectReport, Reached},
};

/// Unsettled writes that are looked through for their projects; beyond them nothing rests.
const MAX_LIVE: u32 = 10_000;

/// Parts the work of a run into turns to take and projects that rest, which are reported and whose watermark moves on.
pub(super) async fn part(
    ctx: &Context,
    memory: &Memory,
    work: Vec<(Paired, Start)>,
    removed: &[ItemId],
    newest: Option<Millis>,
) -> Result<(Vec<(Paired, Start)>, Vec<ProjectReport>), Error> {
    let (mut turns, mut resting) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    let mut stirred: Option<Option<HashSet<ProjectLinkId>>> = None;
    for (paired, start) in work {
        let row = &paired.row;
        let may_rest = match &start {
            Start::Delta { items, .. } => {
                is_active(row) && !paired.imagined && memory.may_rest(row.id, items, ctx.now())
            }
            Start::Full => false,
        };
        if !may_rest {
            turns.push((paired, start));
            continue;
        }
        if stirred.is_none() {
            // Asked only where a project would rest at all.
            stirred = Some(self::stirred(ctx, &memory.new_removals(removed)).await?);
        }
        let is_stirred = match &stirred {
            Some(Some(stirred)) => stirred.contains(&row.id),
            Some(None) | None => true,
        };
        if is_stirred || !ctx.store.dirty(row.id, ctx.now(), 1).await?.is_empty() {
            turns.push((paired, start));
            continue;
        }
        rows.extend(moved_on(ctx, row, newest));
        resting.push(ProjectReport {
            reached: Reached::Resting,
            ..named(row, Some(&paired.boards))
        });
    }
    if !rows.is_empty() {
        let batch = Batch {
            projects: rows,
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok((turns, resting))
}

/// Projects with a write that is not settled, or a linked issue whose removal the history newly hints at; `None` where there are too
/// many to tell.
async fn stirred(
    ctx: &Context,
    removed: &[ItemId],
) -> Result<Option<HashSet<ProjectLinkId>>, Error> {
    let live = ctx.store.live_intents(None, MAX_LIVE).await?;
    if live.len() >= MAX_LIVE as usize {
        return Ok(None);
    }
    let mut stirred: HashSet<ProjectLinkId> = live.iter().map(|intent| intent.project).collect();
    for ids in removed.chunks(IDS_PER_CALL) {
        let links = ctx.store.links_of_items(Side::Huly, ids).await?;
        stirred.extend(links.into_iter().map(|(project, _)| project));
    }
    Ok(Some(stirred))
}

/// Everything that Huly showed of a resting project was seen before, so its watermark moves on with the others' (design 4.4).
fn moved_on(ctx: &Context, row: &ProjectRow, newest: Option<Millis>) -> Option<ProjectRow> {
    let watermark = row.watermark.max(newest.unwrap_or_default());
    (watermark > row.watermark).then(|| ProjectRow {
        watermark,
        synced_at: ctx.now(),
        ..row.clone()
    })
}
