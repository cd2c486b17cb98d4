//! Carries the steps of one side out, window by window, until each is settled, left for later, or the side must stop.

use std::collections::{HashSet, VecDeque};

use store::{Batch, row::IntentState};
use sync_core::{
    Side,
    ids::LinkId,
    item::{Item, Observation},
    plan::Action,
};

use crate::{
    apply::{self, Ended, WINDOW},
    context::Context,
    error::Error,
    journal::Step,
    observe::Observed,
    port::BoardProject,
    recover::{self, Looked},
    report::ProjectReport,
    settle,
};

/// What driving left to be looked at again in this run.
#[derive(Debug, Default)]
pub(crate) struct Driven {
    /// Items as the writes' own answers show them.
    pub(crate) fresh: Vec<(LinkId, Side, Item)>,
    /// Links of which an item was changed, not made.
    pub(crate) rewritten: Vec<LinkId>,
    /// Links whose precondition failed.
    pub(crate) again: Vec<LinkId>,
}

/// Carries out some steps of one side. They are journaled as planned already.
pub(crate) async fn steps(
    ctx: &Context,
    side: Side,
    project: &BoardProject,
    observed: &mut Observed,
    steps: Vec<Step>,
    report: &mut ProjectReport,
) -> Result<Driven, Error> {
    let mut driven = Driven::default();
    ctx.progress.planned(steps.len());
    let (landed, steps) = part_landed(
        observed,
        side,
        ctx.board(side).capabilities().client_ids,
        steps,
    );
    settle_all(ctx, observed, landed, report, &mut driven).await?;
    let mut queue: VecDeque<Step> = steps.into();
    while !queue.is_empty() {
        ctx.check_stop()?;
        let window: Vec<Step> = queue.drain(..queue.len().min(WINDOW)).collect();
        let results = apply::window(ctx, side, project, &observed.links, window).await?;
        let open = settle_all(ctx, observed, results, report, &mut driven).await?;
        let again = look_for(ctx, project, observed, open, report, &mut driven).await?;
        queue.extend(again);
    }
    Ok(driven)
}

/// Creates whose item was seen already need no sending: it is taken as found.
fn part_landed(
    observed: &mut Observed,
    side: Side,
    client_ids: bool,
    steps: Vec<Step>,
) -> (Vec<(Step, Ended)>, Vec<Step>) {
    let (mut landed, mut rest) = (Vec::new(), Vec::new());
    for step in steps {
        let id = match &step.payload.action {
            Action::Create(create) if side == Side::Huly => Some(create.key.document_id()),
            _ => None,
        };
        match observed.landed.remove(&step.link) {
            Some(item) if id.as_ref().is_some_and(|id| !client_ids || item.id == *id) => {
                landed.push((step, Ended::Found(Box::new(item))));
            }
            Some(item) => {
                observed.landed.insert(step.link, item);
                rest.push(step);
            }
            None => rest.push(step),
        }
    }
    (landed, rest)
}

/// Settles one window; the steps without an answer come back.
async fn settle_all(
    ctx: &Context,
    observed: &mut Observed,
    results: Vec<(Step, Ended)>,
    report: &mut ProjectReport,
    driven: &mut Driven,
) -> Result<Vec<Step>, Error> {
    let mut batch = Batch::default();
    let count = results.len();
    let settled = settle::window(ctx, &mut observed.links, results, report, &mut batch);
    // what is open is looked for and settled later
    ctx.progress
        .written(count.saturating_sub(settled.open.len()));
    if !batch.is_empty() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    driven.fresh.extend(settled.fresh);
    driven.rewritten.extend(settled.rewritten);
    driven.again.extend(settled.again);
    if let Some((side, source)) = settled.stop {
        return Err(Error::Service { side, source });
    }
    if settled.unsent {
        return Err(Error::LeaseLost);
    }
    Ok(settled.open)
}

/// Looks for the effect of steps without an answer; those that had none and may be sent again come back.
pub(crate) async fn look_for(
    ctx: &Context,
    project: &BoardProject,
    observed: &mut Observed,
    open: Vec<Step>,
    report: &mut ProjectReport,
    driven: &mut Driven,
) -> Result<Vec<Step>, Error> {
    let mut again = Vec::new();
    let mut ended = Vec::new();
    let mut left = Batch::default();
    // What was found for one create is not the answer to the next one of the same title.
    let mut found = HashSet::new();
    for step in open {
        match recover::look(
            ctx,
            project,
            &observed.links,
            &step,
            &found,
            huly_client::markup::normal_form,
        )
        .await
        {
            Looked::Ended(end) => {
                if let Ended::Found(item) = &end {
                    found.insert(item.id.clone());
                }
                ended.push((step, end));
            }
            Looked::Resend => again.push(step),
            Looked::Leave(error) => {
                observed.busy.insert(step.link);
                settle::left_open(ctx, &step, &observed.links, &error, report, &mut left);
            }
        }
    }
    if !left.is_empty() {
        ctx.store.write(ctx.fence()?, &left).await?;
    }
    // What looking found is never open again.
    settle_all(ctx, observed, ended, report, driven).await?;
    Ok(again)
}

/// Takes what writes answered as observations for another look.
pub(crate) fn observe_answers(observed: &mut Observed, fresh: Vec<(LinkId, Side, Item)>) {
    for (link, side, item) in fresh {
        observed.see(link, side, Observation::Present(Box::new(item)));
    }
}

/// Whether an intent of an earlier run was sent: only then may it have had an effect.
pub(crate) fn was_sent(step: &Step) -> bool {
    match step.intent.state {
        IntentState::Sent => true,
        IntentState::Planned
        | IntentState::Done
        | IntentState::Failed
        | IntentState::Dead
        | IntentState::Dropped => false,
    }
}
