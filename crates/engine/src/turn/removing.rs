//! Second tasks of one link are removed after everything else, wave after wave: one write a link at a time.

use store::row::ProjectRow;
use sync_core::{Pair, plan::LinkPlan};

use super::{Turn, applied, holding, journal};
use crate::{
    context::Context,
    error::Error,
    observe::Observed,
    port::BoardProject,
    reconcile::{duplicates, finding},
    report::ProjectReport,
    run::Mode,
};

/// Parts the removals of second tasks from the other plans of new links. Where everything is looked through, the findings are told
/// and the duplicates of others are among the removals.
pub(super) async fn part(
    ctx: &Context,
    row: &ProjectRow,
    boards: &Pair<BoardProject>,
    observed: &mut Observed,
    plans: Vec<LinkPlan>,
    report: &mut ProjectReport,
) -> Result<(Vec<LinkPlan>, Vec<LinkPlan>), Error> {
    let (mut removals, others) = duplicates::part(plans);
    if ctx.settings.scope.is_full() {
        finding::of_observed(ctx, row, observed, report);
        duplicates::twins(row, &removals, report);
        removals.extend(duplicates::find(ctx, row, &boards.vibe, observed, report).await?);
    }
    Ok((removals, others))
}

/// Removes them (or shows that, in a run that only reads), as far as the guard lets them through: it looks at all of them at once.
pub(super) async fn remove(
    turn: &Turn<'_>,
    observed: &mut Observed,
    mut plans: Vec<LinkPlan>,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    let Turn {
        ctx,
        mode,
        row,
        boards,
        ..
    } = turn;
    plans.retain(|plan| !observed.busy.contains(&plan.link));
    if plans.is_empty() {
        return Ok(());
    }
    holding::hold(ctx, mode, row, observed, &mut plans, report).await?;
    if **mode == Mode::Plan {
        report.plans.extend(plans);
        return Ok(());
    }
    while !plans.is_empty() {
        ctx.check_stop()?;
        let now = duplicates::wave(&mut plans);
        let steps = journal::write(ctx, row, observed, &now, report).await?;
        applied::apply(ctx, boards, observed, steps, report).await?;
    }
    Ok(())
}
