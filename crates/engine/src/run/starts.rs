//! What each project's turn begins with: one query of changes for the whole workspace, or a full listing.

use std::collections::HashMap;

use store::row::ProjectRow;
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId, ProjectLinkId},
    item::Item,
};

use crate::{
    context::Context, error::Error, lease::millis, observe::Start, port::Cursor, projects::Paired,
};

/// A project whose watermark is further behind than this does not drag the workspace's query back (design 4.4).
const STRAGGLER_MS: i64 = 10 * 60 * 1_000;
/// More changed items than this are not held at once: the projects are listed one by one instead.
const MAX_DELTA: usize = 20_000;
/// What each project's turn begins with.
pub(super) struct Starts {
    /// The newest stamp in the workspace before anything was listed: every turn that ends well covers it.
    pub(super) newest: Option<Millis>,
    changed: HashMap<ProjectId, Vec<Item>>,
    /// Items whose removal the history hints at, of all projects.
    pub(super) removed: Vec<ItemId>,
    /// Projects that the query of changes covers.
    covered: Vec<ProjectId>,
}

/// Each pair with what its turn begins with.
pub(super) fn work(paired: Vec<Paired>, mut starts: Starts) -> Vec<(Paired, Start)> {
    paired
        .into_iter()
        .map(|paired| {
            let id = &paired.boards.huly.id;
            let start = if starts.covered.contains(id) {
                let items = starts.changed.remove(id).unwrap_or_default();
                Start::Delta {
                    items,
                    removed: starts.removed.clone(),
                }
            } else {
                Start::Full
            };
            (paired, start)
        })
        .collect()
}

/// Each pair, with nothing known of it: it is looked at by itself.
pub(super) fn whole(paired: Vec<Paired>) -> Vec<(Paired, Start)> {
    paired
        .into_iter()
        .map(|paired| (paired, Start::Full))
        .collect()
}

/// One query of changes and one of removals for the whole workspace; projects that are new, far behind or due for a full
/// comparison are listed on their own.
pub(super) async fn starts(ctx: &Context, paired: &[Paired]) -> Result<Starts, Error> {
    let board = ctx.board(Side::Huly);
    let due = due(ctx, paired);
    let fresh: Vec<&Paired> = paired
        .iter()
        .filter(|paired| paired.row.watermark > Millis(0) && !due.contains(&paired.row.id))
        .collect();
    let newest_mark = fresh.iter().map(|paired| paired.row.watermark).max();
    let healthy: Vec<&&Paired> = fresh
        .iter()
        .filter(|paired| {
            newest_mark.is_some_and(|newest| newest.0 - paired.row.watermark.0 <= STRAGGLER_MS)
        })
        .collect();
    let lowest = healthy.iter().map(|paired| paired.row.watermark).min();
    let mut starts = Starts {
        newest: None,
        changed: HashMap::new(),
        removed: Vec::new(),
        covered: Vec::new(),
    };
    let (Some(lowest), true) = (lowest, board.capabilities().changes) else {
        starts.newest = board.newest().await.map_err(Error::service(Side::Huly))?;
        return Ok(starts);
    };
    let since = Millis(lowest.0.saturating_sub(millis(ctx.settings.overlap).0));
    let mut next = Some(Cursor::since(since));
    let mut count = 0;
    while let Some(from) = next.take() {
        let page = board
            .changes(from)
            .await
            .map_err(Error::service(Side::Huly))?;
        count += page.items.len();
        for (project, item) in page.items {
            starts.newest = starts.newest.max(item.modified);
            starts.changed.entry(project).or_default().push(item);
        }
        if count > MAX_DELTA {
            starts.newest = board.newest().await.map_err(Error::service(Side::Huly))?;
            starts.changed.clear();
            return Ok(starts);
        }
        next = page.next;
    }
    // Nothing in the overlap: the watermark stays where it is.
    starts.newest = starts.newest.max(newest_mark);
    starts.removed = board
        .removals(since)
        .await
        .map_err(Error::service(Side::Huly))?;
    starts.covered = healthy
        .iter()
        .map(|paired| paired.boards.huly.id.clone())
        .collect();
    Ok(starts)
}

/// Projects to be compared in full in this run: a twentieth of all at most, so that a day's comparisons do not fall on one run. Half
/// of the places go to those that wait longest, the others are drawn among all that are due: one that fails each time keeps its
/// place at the head of those that wait, and must not keep the others from theirs.
fn due(ctx: &Context, paired: &[Paired]) -> Vec<ProjectLinkId> {
    let limit = ctx
        .now()
        .0
        .saturating_sub(millis(ctx.settings.full_compare_every).0);
    let mut due: Vec<&ProjectRow> = paired
        .iter()
        .map(|paired| &paired.row)
        .filter(|row| row.compared_at.0 <= limit)
        .collect();
    due.sort_by_key(|row| row.compared_at);
    let due: Vec<ProjectLinkId> = due.iter().map(|row| row.id).collect();
    places(due, (paired.len() / 20).max(1), || ctx.env.random())
}

/// So many of those that are due, longest waiting first: half of the places by waiting, the others drawn.
fn places<T>(mut due: Vec<T>, places: usize, mut random: impl FnMut() -> u64) -> Vec<T> {
    let places = places.min(due.len());
    let mut chosen: Vec<T> = due.drain(..places / 2).collect();
    while chosen.len() < places {
        let of = u64::try_from(due.len()).unwrap_or(u64::MAX).max(1);
        let drawn = usize::try_from(random() % of).unwrap_or(0);
        chosen.push(due.swap_remove(drawn));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn projects_that_never_get_through_keep_no_other_from_its_place() {
        // all of a workspace of 60 are due, and none of those that are taken ever comes to its end
        let mut seed = 1_u64;
        let mut taken = HashSet::new();
        for _ in 0..400 {
            let random = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed >> 33
            };
            let chosen = places((0..60).collect(), 3, random);
            assert_eq!(chosen.len(), 3);
            assert_eq!(chosen[0], 0, "the longest waiting one keeps one place");
            taken.extend(chosen);
        }
        assert_eq!(taken.len(), 60, "everybody had a turn");
    }

    #[test]
    fn a_few_due_projects_are_all_taken() {
        let mut both = places(vec![1, 2], 9, || 5);
        both.sort_unstable();
        assert_eq!(both, [1, 2]);
        assert_eq!(places(Vec::<u8>::new(), 1, || 5), Vec::<u8>::new());
    }
}
