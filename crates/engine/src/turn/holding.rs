//! Guards: a class of actions that is too large for one run is held back as a whole, unless a person accepted it (design 3.7).

use store::{
    Batch,
    row::{HeldRow, ProjectRow},
};
use sync_core::{
    guard::{self, Counts, Held, PairHash},
    ids::Millis,
    plan::{Action, LinkPlan},
};

use crate::{
    context::Context,
    error::Error,
    observe::Observed,
    report::{Exit, ProjectReport},
    run::Mode,
};

/// Takes out of the plans what a guard holds back, and tells it.
pub(super) async fn hold(
    ctx: &Context,
    mode: &Mode,
    row: &ProjectRow,
    observed: &Observed,
    plans: &mut Vec<LinkPlan>,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    // Held over check and count: projects are gone through at once, and the limit is one for all of them.
    let mut removed = ctx.removals.lock().await;
    let counts = Counts {
        links: observed.links.len() + observed.let_go + observed.to_be_made,
        items: observed.known_items(),
        first_sync: !row.first_sync_done,
        removals_in_run: *removed,
    };
    let held = guard::check(&ctx.settings.guard, &counts, plans);
    let accepted = if held.is_empty() {
        Vec::new()
    } else {
        accepted(ctx, mode, row).await?
    };
    let held: Vec<Held> = held
        .into_iter()
        .filter(|held| !accepted.iter().any(|pairs| guard::covers(pairs, held)))
        .collect();
    let (taken, held) = accept_now(mode, held);
    keep(ctx, row, &taken, Some(ctx.now())).await?;
    if !held.is_empty() {
        // A run that only reads shows what would be held.
        if ctx.lease.is_some() {
            let classes: Vec<guard::Class> = held.iter().map(|held| held.class).collect();
            *plans = plans
                .iter()
                .map(|plan| guard::withhold(plan, &classes))
                .filter(|plan| !plan.actions.is_empty())
                .collect();
        }
        report.exit = report.exit.and(Exit::Guard);
        keep(ctx, row, &held, None).await?;
        report.held.extend(held);
    }
    *removed += removals(plans);
    Ok(())
}

/// Sets that this very run was told to accept, by their hash, and the others.
fn accept_now(mode: &Mode, held: Vec<Held>) -> (Vec<Held>, Vec<Held>) {
    held.into_iter().partition(|held| match mode {
        Mode::Sync { accept } => accept.contains(&held.hash),
        Mode::Plan | Mode::Reconcile => false,
    })
}

/// Remembers held sets, in a run that may write.
async fn keep(
    ctx: &Context,
    row: &ProjectRow,
    held: &[Held],
    accepted_at: Option<Millis>,
) -> Result<(), Error> {
    if held.is_empty() || ctx.lease.is_none() {
        return Ok(());
    }
    let rows = held
        .iter()
        .map(|held| held_row(ctx, row, held, accepted_at))
        .collect();
    let batch = Batch {
        held: rows,
        ..Batch::default()
    };
    ctx.store.write(ctx.fence()?, &batch).await?;
    Ok(())
}

fn removals(plans: &[LinkPlan]) -> usize {
    plans
        .iter()
        .flat_map(|plan| &plan.actions)
        .filter(|action| matches!(action, Action::Cancel(_) | Action::Remove(_)))
        .count()
}

/// The sets that a person accepted for this project, with those that this run was told to accept.
async fn accepted(
    ctx: &Context,
    mode: &Mode,
    row: &ProjectRow,
) -> Result<Vec<Vec<PairHash>>, Error> {
    let mut rows = ctx.store.accepted(row.id).await?;
    if let Mode::Sync { accept } = mode {
        for hash in accept {
            let Some(known) = ctx.store.held(hash).await? else {
                continue;
            };
            if known.project != row.id {
                continue;
            }
            let known = HeldRow {
                accepted_at: Some(ctx.now()),
                ..known
            };
            if ctx.lease.is_some() {
                ctx.store
                    .write(
                        ctx.fence()?,
                        &Batch {
                            held: vec![known.clone()],
                            ..Batch::default()
                        },
                    )
                    .await?;
            }
            rows.push(known);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            row.pairs
                .iter()
                .map(|pair| PairHash(pair.to_string()))
                .collect()
        })
        .collect())
}

fn held_row(ctx: &Context, row: &ProjectRow, held: &Held, accepted_at: Option<Millis>) -> HeldRow {
    HeldRow {
        hash: held.hash.as_str().into(),
        project: row.id,
        class: held.class.as_str().into(),
        at: ctx.now(),
        pairs: held
            .pairs
            .iter()
            .map(|pair| pair.0.as_str().into())
            .collect(),
        accepted_at,
    }
}
