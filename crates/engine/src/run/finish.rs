//! The end of a run: its figures, its row, its lease.

use std::{collections::BTreeMap, time::Duration};

use store::row::RunRow;
use sync_core::Pair;

use super::{
    fail, informing,
    memory::{Memory, QuietRow},
};
use crate::{context::Context, error::Error, lease::millis, progress::Step, report::Report};

/// Runs of a watch in which nothing happened share a row, which is written again after this.
const QUIET_ROW_EVERY: Duration = Duration::from_mins(1);

/// Closes the run: agents, figures, row, lease.
pub(super) async fn finish(mut ctx: Context, memory: &mut Memory, report: &mut Report) {
    ctx.progress.at(Step::Close);
    informing::end(&mut ctx, memory, report).await;
    let traffic = ctx.boards.as_ref().map(|board| board.traffic());
    report.traffic = Pair::by(|side| traffic.side(side).since(memory.traffic.side(side)));
    report.peak_memory = peak_memory();
    let mut errors: BTreeMap<&'static str, u64> = BTreeMap::new();
    let all = report
        .projects
        .iter()
        .flat_map(|project| &project.problems)
        .chain(&report.problems);
    for outcome in all {
        *errors.entry(outcome.kind.as_str()).or_default() += 1;
    }
    report.errors = errors;
    report.ended_at = ctx.now();
    let is_begun = ctx.begun.initialized();
    let full = row(&ctx, report);
    let Context { store, lease, .. } = ctx;
    let Some(lease) = lease else { return };
    let row = match memory.pace {
        Some(_) => watched(memory, report, full, is_begun),
        None => Some(full),
    };
    if let Some(row) = row
        && let Err(error) = store.put_run(&row).await
    {
        fail(report, &Error::Store(error));
    }
    if memory.pace.is_some() {
        memory.traffic = traffic;
        memory.lease = Some(lease);
        memory.fence = None;
    } else if let Err(error) = lease.release(&store).await {
        fail(report, &Error::Store(error));
    }
}

/// The row of one of a watch's runs, where it is due: those in which nothing happened share one, or the store would grow by the clock.
fn watched(memory: &mut Memory, report: &Report, row: RunRow, is_begun: bool) -> Option<RunRow> {
    if is_begun || !report.did_nothing() {
        memory.quiet_row = None;
        return Some(row);
    }
    let every = millis(QUIET_ROW_EVERY).0;
    let id = match memory.quiet_row {
        Some(last) if last.exit == report.exit => {
            if (0..every).contains(&report.ended_at.0.saturating_sub(last.written_at.0)) {
                return None;
            }
            last.id
        }
        Some(_) | None => report.id,
    };
    memory.quiet_row = Some(QuietRow {
        id,
        exit: report.exit,
        written_at: report.ended_at,
    });
    Some(RunRow { id, ..row })
}

fn row(ctx: &Context, report: &Report) -> RunRow {
    RunRow {
        id: report.id,
        kind: report.kind.into(),
        started_at: report.started_at,
        ended_at: Some(report.ended_at),
        exit_code: Some(i32::from(report.exit.code())),
        summary: ctx.figures(report),
    }
}

/// The largest resident size so far, from the kernel's own count; `None` where there is no such file.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}
