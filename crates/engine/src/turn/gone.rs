//! What is missing, and a project that is gone as a whole.

use store::{
    Batch,
    row::{ProjectPhase, ProjectRow},
};
use sync_core::{Pair, Side};

use crate::{
    codes,
    context::Context,
    error::Error,
    observe::{self, Observed},
    port::BoardProject,
    reconcile::restored::{self, Restored},
    report::{Exit, ProjectReport},
};

/// Whether nothing can be planned: a project is gone, or a service shows an older state.
pub(super) async fn is_over(
    ctx: &Context,
    row: &ProjectRow,
    boards: &Pair<BoardProject>,
    observed: &Observed,
    report: &mut ProjectReport,
) -> Result<bool, Error> {
    if let Some(side) = observed.project_gone {
        project_gone(ctx, row, boards, side, report).await?;
        return Ok(true);
    }
    if let Some(restored) = restored::of(observed) {
        service_restored(ctx, row, restored, report).await?;
        return Ok(true);
    }
    vanished(observed, report);
    Ok(false)
}

/// Items that are missing without proof are told.
fn vanished(observed: &Observed, report: &mut ProjectReport) {
    let all = observed.vanished.iter();
    report
        .notices
        .extend(all.map(|(side, item)| observe::vanished(*side, item)));
}

/// A project that is gone as a whole is one event: its links sleep until a person chooses (design 3.6).
async fn project_gone(
    ctx: &Context,
    row: &ProjectRow,
    boards: &Pair<BoardProject>,
    side: Side,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    let reason = format!(
        "{}: the {} project {} is gone; nothing is done to its counterpart until you choose: `hvs project list`",
        codes::PROJECT_GONE,
        side.title(),
        boards.side(side).name,
    );
    wait(ctx, row, reason, report).await
}

/// A service that was restored from a backup: what it shows is no news, so the project sleeps until a person chooses (design 3.7).
async fn service_restored(
    ctx: &Context,
    row: &ProjectRow,
    restored: Restored,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    let reason = format!(
        "{}: {}; nothing is done until you choose: `hvs project list`",
        codes::SERVICE_RESTORED,
        restored.words(),
    );
    wait(ctx, row, reason, report).await
}

/// The project waits for a person.
async fn wait(
    ctx: &Context,
    row: &ProjectRow,
    reason: String,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    report.reason = reason.as_str().into();
    report.exit = report.exit.and(Exit::Items);
    report.notices.push(reason.as_str().into());
    if ctx.lease.is_some() {
        let row = ProjectRow {
            phase: ProjectPhase::Waiting,
            reason: reason.into(),
            ..row.clone()
        };
        let batch = Batch {
            projects: vec![row],
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}
