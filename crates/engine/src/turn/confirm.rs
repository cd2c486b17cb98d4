//! Looks again after the writes of a round: a service can lose one without saying so, and a refused one means that something moved.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use sync_core::{Pair, Side, ids::LinkId, item::Observation};

use crate::{
    codes,
    context::Context,
    error::Error,
    observe::{self, Observed},
    port::BoardProject,
    report::{Outcome, ProjectReport},
};

/// The longest wait before links that were changed under our hands are looked at again: doubled with every round.
const JITTER: Duration = Duration::from_millis(250);

/// One list, a moment after a project's writes, confirms them all on a service that can lose a write without saying so (design 4.2).
/// Meanwhile another project has the slot, and only `kept` links and those that were written are held.
pub(super) async fn writes(
    ctx: &Context,
    boards: &Pair<BoardProject>,
    observed: &mut Observed,
    written: Vec<(LinkId, Side)>,
    mut kept: HashSet<LinkId>,
) -> Result<(), Error> {
    if written.is_empty() {
        return Ok(());
    }
    kept.extend(written.iter().map(|(link, _)| *link));
    observed.keep_only(&kept);
    let moment = ctx.env.sleep(ctx.settings.confirm_delay);
    ctx.slots.without(moment).await;
    for side in Side::ALL {
        let links: Vec<LinkId> = written
            .iter()
            .filter(|(_, at)| *at == side)
            .map(|(link, _)| *link)
            .collect();
        if links.is_empty() {
            continue;
        }
        let listed = observe::list(ctx, side, &boards.side(side).id).await?;
        let by_id: HashMap<_, _> = listed
            .into_iter()
            .map(|item| (item.id.clone(), item))
            .collect();
        for link in links {
            let item = observed
                .links
                .get(&link)
                .and_then(|link| link.items.side(side).clone());
            if let Some(item) = item.and_then(|id| by_id.get(&id)) {
                observed.see(link, side, Observation::Present(Box::new(item.clone())));
            }
        }
    }
    Ok(())
}

/// Reads the items of links whose precondition failed: what was observed of them is old.
pub(super) async fn reobserve(
    ctx: &Context,
    observed: &mut Observed,
    again: &HashSet<LinkId>,
) -> Result<(), Error> {
    for side in Side::ALL {
        let wanted: Vec<_> = again
            .iter()
            .filter_map(|id| Some((*id, observed.links.get(id)?.items.side(side).clone()?)))
            .collect();
        let ids: Vec<_> = wanted.iter().map(|(_, item)| item.clone()).collect();
        for chunk in ids.chunks(observe::IDS_PER_CALL) {
            let mut there = ctx
                .board(side)
                .get(chunk)
                .await
                .map_err(Error::service(side))?;
            for (link, item) in &wanted {
                if let Some((_, item)) = there.remove(item) {
                    observed.see(*link, side, Observation::Present(Box::new(item)));
                }
            }
        }
    }
    Ok(())
}

/// The same after a short wait, where anything is to be looked at.
pub(super) async fn after_a_while(
    ctx: &Context,
    observed: &mut Observed,
    again: &HashSet<LinkId>,
    round: usize,
) -> Result<(), Error> {
    if again.is_empty() {
        return Ok(());
    }
    ctx.env.sleep(jitter(ctx, round)).await;
    reobserve(ctx, observed, again).await
}

/// A random wait before another look, so that two who write the same items do not meet again at once.
fn jitter(ctx: &Context, round: usize) -> Duration {
    let most = u64::try_from(JITTER.as_millis()).unwrap_or(u64::MAX);
    let most = most.saturating_mul(1 << round.min(8));
    Duration::from_millis(ctx.env.random() % most.saturating_add(1))
}

/// What was changed by others each time it was about to be written stays dirty, and is told.
pub(super) fn still_undone(
    observed: &Observed,
    undone: &HashSet<LinkId>,
    report: &mut ProjectReport,
) {
    for link in undone.iter().filter_map(|id| observed.links.get(id)) {
        report.problem(Outcome {
            kind: http_kit::Kind::Conflict,
            code: codes::PRECONDITION.into(),
            side: None,
            item: link.label.clone().unwrap_or_else(|| Arc::clone(&link.base.vibe.title)),
            field: None,
            message: "it was changed or typed in each time it was about to be written; the next run tries again".into(),
        });
    }
}
