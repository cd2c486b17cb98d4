//! Who tells agents, from a run's begin to its end.

use std::time::Duration;

use super::{Engine, Mode, memory::Memory};
use crate::{
    context::Context,
    inform::Informer,
    lease::Lease,
    report::{Exit, Report},
};

/// Who tells agents in this run: the one of the run before, where it still works under the same lease.
pub(super) fn begin(
    engine: &Engine,
    mode: &Mode,
    memory: &mut Memory,
    lease: Option<&Lease>,
) -> Option<Informer> {
    let fence = match mode {
        Mode::Sync { .. } => lease?.fence(),
        Mode::Plan | Mode::Reconcile => return None,
    };
    let before = memory.informer.take();
    let before = before.filter(|informer| informer.works_under(fence));
    before.or_else(|| Informer::of(engine, fence, memory.pace.is_some()))
}

/// Ends the telling of agents with the run; in a watch it goes on beside the runs, and what it did since the last one is told.
pub(super) async fn end(ctx: &mut Context, memory: &mut Memory, report: &mut Report) {
    let (Some(informer), Some(informing)) = (ctx.informer.take(), &ctx.informing) else {
        return;
    };
    report.informed = if memory.pace.is_some() {
        let told = informer.report();
        memory.informer = Some(informer);
        told
    } else {
        // whoever asks a run to stop does not wait for agents: what is untold is told by the next run
        let deadline = if ctx.stop.asked() {
            Duration::ZERO
        } else {
            informing.settings.deadline
        };
        informer.close(deadline).await
    };
    if report.informed.waits.values().any(|waits| waits.dead) {
        report.exit = report.exit.and(Exit::Items);
    }
}
