//! Applies the steps of one round on both sides, and gathers what is to be looked at again.

use std::collections::HashSet;

use sync_core::{Pair, Side, ids::LinkId, plan::Action};

use super::drive;
use crate::{
    context::Context, error::Error, journal::Step, observe::Observed, port::BoardProject,
    report::ProjectReport,
};

/// What became of the steps of both sides.
pub(super) struct Applied {
    /// Links to be looked at again in this run.
    pub(super) again: HashSet<LinkId>,
    /// Those of them whose write was refused because something moved.
    pub(super) changed: HashSet<LinkId>,
    /// Updates that a service can lose without saying so.
    pub(super) confirm: Vec<(LinkId, Side)>,
}

/// Applies the steps of both sides.
pub(super) async fn apply(
    ctx: &Context,
    boards: &Pair<BoardProject>,
    observed: &mut Observed,
    steps: Pair<Vec<Step>>,
    report: &mut ProjectReport,
) -> Result<Applied, Error> {
    let mut changed = HashSet::new();
    let mut again = HashSet::new();
    let mut confirm = Vec::new();
    for (side, steps) in steps.into_sides() {
        if steps.is_empty() {
            continue;
        }
        // A create's answer is the row as it stands: only updates can be lost in a server's race.
        let made: HashSet<LinkId> = steps
            .iter()
            .filter(|step| matches!(step.payload.action, Action::Create(_)))
            .map(|step| step.link)
            .collect();
        let driven = drive::steps(ctx, side, boards.side(side), observed, steps, report).await?;
        changed.extend(driven.again);
        again.extend(driven.fresh.iter().map(|(link, _, _)| *link));
        again.extend(driven.parted);
        if !ctx.board(side).capabilities().conditional_write {
            let updated = driven
                .fresh
                .iter()
                .filter(|(link, _, _)| !made.contains(link));
            confirm.extend(updated.map(|(link, side, _)| (*link, *side)));
        }
        drive::observe_answers(observed, driven.fresh);
    }
    again.extend(changed.iter().copied());
    Ok(Applied {
        again,
        changed,
        confirm,
    })
}
