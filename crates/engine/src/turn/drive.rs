//! Carries the steps of one side out, window by window, until each is settled, left for later, or the side must stop.

use std::{collections::VecDeque, sync::Arc};

use store::{
    Batch,
    row::{ConflictRow, IntentState},
};
use sync_core::{
    Pair, Side,
    ids::LinkId,
    item::{Item, Observation},
    plan::{Action, Change, Why},
};

use crate::{
    apply::{self, Ended, WINDOW},
    context::Context,
    error::Error,
    journal::{Past, Step},
    late,
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
    /// Links whose precondition failed.
    pub(crate) again: Vec<LinkId>,
    /// Links whose fields are sent one by one from now on.
    pub(crate) parted: Vec<LinkId>,
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
    for mut step in steps {
        let id = match &step.payload.action {
            Action::Create(create) if side == Side::Huly => Some(create.key.document_id()),
            _ => None,
        };
        match observed.landed.remove(&step.link) {
            // It has no text yet: the create finishes it.
            Some(item) if client_ids && is_half_made(&step, &item) => rest.push(step),
            Some(item) if id.as_ref().is_some_and(|id| !client_ids || item.id == *id) => {
                step.past = Past::Landed;
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

/// Whether a create's item lacks the text that it is to have.
fn is_half_made(step: &Step, item: &Item) -> bool {
    let Action::Create(create) = &step.payload.action else {
        return false;
    };
    item.values.description.is_none() && !create.draft.text.trim().is_empty()
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
    driven.again.extend(settled.again);
    driven.parted.extend(settled.parted);
    observed.busy.extend(settled.busy);
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
    let Some(side) = open.first().map(|step| step.intent.side) else {
        return Ok(Vec::new());
    };
    let mut again = Vec::new();
    let mut ended = Vec::new();
    let mut left = Batch::default();
    let form = huly_client::markup::normal_form;
    for (mut step, looked) in recover::look(ctx, side, project, &observed.links, open, form).await {
        step.past = Past::Clear;
        late::mark(ctx, &step, &looked, &mut left);
        match looked {
            Looked::Ended(end) => ended.push((step, end)),
            Looked::Resend => {
                left.conflicts.extend(doubtful(ctx, &step));
                again.push(step);
            }
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

/// An earlier run's change that is sent again where the service tells neither the values nor the writes apart: perhaps it was carried
/// out and a person set it back. What is written over is kept (design 4.3).
fn doubtful(ctx: &Context, step: &Step) -> Vec<ConflictRow> {
    let side = step.intent.side;
    if step.intent.run == ctx.run || ctx.board(side).capabilities().conditional_write {
        return Vec::new();
    }
    let Action::Update(update) = &step.payload.action else {
        return Vec::new();
    };
    let row = |change: &Change| {
        let mut values = Pair::by(|_| change.to.clone());
        *values.side_mut(side) = change.from.clone();
        ConflictRow {
            id: 0,
            project: step.intent.project,
            link: step.link,
            run: ctx.run,
            at: ctx.now(),
            field: change.field,
            winner: Some(side.opposite()),
            values,
            base: None,
            cause: "unanswered".into(),
            open: false,
            label: Arc::clone(&step.payload.label),
            item: None,
            version: 1,
            decision: None,
            pending: false,
        }
    };
    let confirms = |change: &&Change| change.why != Why::Confirm;
    update.set.iter().filter(confirms).map(row).collect()
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
