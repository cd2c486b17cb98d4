//! Writes without an answer that may still take effect: until they no longer can, nothing else is written to their item.
//!
//! The same value twice does no harm, so a repeat goes at once. Another value could be written over by the one that comes late, and
//! what then stands there could not be told from somebody's edit: the newer value would give way on the other side, too. Where a
//! write is conditional it cannot come late; a description is written past the conditions (design 4.2).

use std::sync::Arc;

use http_kit::Kind;
use store::{
    Batch,
    row::{Dirty, Late, ProjectRow},
};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectLinkId},
    item::Field,
    link::Link,
    plan::Action,
};

use crate::{
    apply::Ended, codes, context::Context, error::Error, journal::Step, lease::millis,
    recover::Looked, report::Outcome,
};

/// When a write that was sent then can no longer take effect.
pub(crate) fn lands_by(ctx: &Context, sent_at: Millis) -> Millis {
    // A holder that was taken over may have sent until its lease ended, whatever the journal's stamp says (design 4.6).
    let taken_over = ctx.lease.as_ref().and_then(crate::lease::Lease::taken_over);
    let sent_at = taken_over.map_or(sent_at, |until| sent_at.max(until));
    let settings = &ctx.settings;
    let longest = millis(settings.write_deadline + settings.late_create);
    Millis(sent_at.0.saturating_add(longest.0))
}

/// The item that an action writes to without a condition.
fn unconditional<'a>(ctx: &Context, action: &'a Action) -> Option<&'a ItemId> {
    let is_conditional = |side: Side| ctx.board(side).capabilities().conditional_write;
    match action {
        Action::Update(update) => {
            let writes_text = || update.set.iter().any(|one| one.field == Field::Description);
            let lands = !is_conditional(update.side) || writes_text();
            lands.then_some(&update.item)
        }
        Action::Cancel(cancel) => (!is_conditional(cancel.side)).then_some(&cancel.item),
        Action::Create(_)
        | Action::Remove(_)
        | Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => None,
    }
}

/// Remembers a write that was looked for and may still come, over the end of this run.
pub(crate) fn mark(ctx: &Context, step: &Step, looked: &Looked, batch: &mut Batch) {
    let is_there = match looked {
        // One request was sent, and it took effect.
        Looked::Ended(Ended::Done(_) | Ended::Found(_)) => step.intent.attempt <= 1,
        // It stays open, and holds its link by that.
        Looked::Leave(_) => true,
        Looked::Ended(_) | Looked::Resend => false,
    };
    let (Some(item), false) = (unconditional(ctx, &step.payload.action), is_there) else {
        return;
    };
    let until = lands_by(ctx, step.intent.sent_at.unwrap_or(ctx.now()));
    ctx.letters.set_late(step.intent.side, item.clone(), until);
    batch.late.push(Late {
        side: step.intent.side,
        item: item.clone(),
        until,
    });
    batch
        .dirty
        .extend(row(ctx, step.intent.project, step.intent.side, item));
}

/// Until when an item may still be changed by a write that has no answer; `None` where it no longer can.
pub(crate) fn until(ctx: &Context, side: Side, item: &ItemId) -> Option<Millis> {
    let until = ctx.letters.late(side, item);
    until.filter(|until| *until > ctx.now())
}

/// The row that has the item looked at again then; `None` where nothing may still come.
pub(crate) fn row(
    ctx: &Context,
    project: ProjectLinkId,
    side: Side,
    item: &ItemId,
) -> Option<Dirty> {
    let next_try = until(ctx, side, item)?;
    Some(waiting(ctx, project, (side, item), next_try, codes::LATE))
}

fn waiting(
    ctx: &Context,
    project: ProjectLinkId,
    (side, item): (Side, &ItemId),
    next_try: Millis,
    code: &str,
) -> Dirty {
    ctx.letters.dirtied(item);
    Dirty {
        project,
        side,
        item: item.clone(),
        since: ctx.now(),
        next_try,
        tries: 0,
        code: code.into(),
    }
}

/// Takes up what earlier runs remembered, once a run: an item may be in another project by now.
pub(crate) async fn load(ctx: &Context) -> Result<(), Error> {
    // A clock that was set back must not make the wait endless.
    let latest = lands_by(ctx, ctx.now());
    for late in ctx.store.late(ctx.now()).await? {
        let until = late.until.min(latest);
        ctx.letters.set_late(late.side, late.item, until);
    }
    Ok(())
}

/// Where an action must wait for such a write: what is told of it, and that both items are looked at again then.
pub(crate) fn hold(
    ctx: &Context,
    row: &ProjectRow,
    link: &Link,
    label: &Arc<str>,
    action: &Action,
    batch: &mut Batch,
) -> Option<Outcome> {
    let side = action.target()?;
    let item = unconditional(ctx, action)?;
    let until = until(ctx, side, item)?;
    if let Some(source) = link.items.side(side.opposite()) {
        let at = (side.opposite(), source);
        // A write may still come to that one, too.
        let own = self::until(ctx, at.0, at.1);
        let code = own.map_or(codes::PRECONDITION, |_| codes::LATE);
        let next_try = own.map_or(until, |own| own.max(until));
        batch.dirty.push(waiting(ctx, row.id, at, next_try, code));
    }
    let wait = until.0.saturating_sub(ctx.now().0).saturating_add(999) / 1_000;
    Some(Outcome {
        kind: Kind::Transient,
        code: codes::LATE.into(),
        side: Some(side),
        item: Arc::clone(label),
        field: None,
        message: format!("an earlier write without an answer may still take effect: it is written in {wait} s at the earliest").into(),
    })
}
