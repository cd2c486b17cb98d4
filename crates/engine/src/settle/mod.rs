//! Settle: outcome, new base and history of a window in one transaction (design 4.1).

mod count;
mod history;
mod line;
mod stamp;
mod typing;

use std::{collections::HashMap, sync::Arc};

use http_kit::Kind;
use store::{
    Batch,
    row::{DeadLetter, Dirty, IntentState},
};
use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis, ProjectLinkId},
    item::{Field, Item},
    link::Link,
    plan::{self, Action},
};

pub(crate) use typing::TYPING_MS;
use typing::typed;

use crate::{
    apply::Ended,
    codes,
    context::Context,
    journal::Step,
    lease::millis,
    port::Written,
    report::{Outcome, ProjectReport},
};

/// The first wait of a failed item, doubled with every failure up to [`DIRTY_WAIT_MAX_MS`].
const DIRTY_WAIT_MS: i64 = 5_000;
/// The longest wait of a failed item.
const DIRTY_WAIT_MAX_MS: i64 = 15 * 60 * 1_000;

/// What settling found out besides the batch.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Items as the writes' own answers show them: observations for another look in this run.
    pub(crate) fresh: Vec<(LinkId, Side, Item)>,
    /// Links of which an item was changed, not made: a service may lose such a write without saying so.
    pub(crate) rewritten: Vec<LinkId>,
    /// Links to observe and plan again in this run.
    pub(crate) again: Vec<LinkId>,
    /// Links in which somebody is typing: left alone for a while.
    pub(crate) typed: Vec<LinkId>,
    /// Steps whose answer is missing: to be looked for.
    pub(crate) open: Vec<Step>,
    /// The side cannot be worked with any more in this run.
    pub(crate) stop: Option<(Side, http_kit::Error)>,
    /// Whether something was left unsent because the lease would not outlive it.
    pub(crate) unsent: bool,
}

/// Builds the batch of one window's outcomes, and moves `links` on to what the batch stores.
pub(crate) fn window(
    ctx: &Context,
    links: &mut HashMap<LinkId, Link>,
    results: Vec<(Step, Ended)>,
    report: &mut ProjectReport,
    batch: &mut Batch,
) -> Settled {
    let mut settled = Settled::default();
    for (mut step, ended) in results {
        let step_side = step.intent.side;
        line::carried_out(links, &step, &ended);
        match ended {
            Ended::Done(written) => {
                step.intent.state = IntentState::Done;
                step.intent.error = None;
                let outcome = written.map_or(How::Gone, |written| How::Answered(*written));
                done(ctx, links, &step, outcome, report, batch, &mut settled);
                batch.intents.push(step.intent);
            }
            Ended::Found(item) => {
                step.intent.state = IntentState::Done;
                step.intent.error = None;
                let outcome = How::Found(*item);
                done(ctx, links, &step, outcome, report, batch, &mut settled);
                batch.intents.push(step.intent);
            }
            Ended::Again(error) if error.code() == codes::BEING_TYPED => {
                fail(ctx, &mut step, links, &error, batch, IntentState::Failed);
                settled.typed.push(typed(&step, report));
                batch.intents.push(step.intent);
            }
            Ended::Again(error) => {
                fail(ctx, &mut step, links, &error, batch, IntentState::Failed);
                note(report, &step, &error, Kind::Conflict);
                settled.again.push(step.link);
                batch.intents.push(step.intent);
            }
            Ended::Later(error) => {
                fail(ctx, &mut step, links, &error, batch, IntentState::Failed);
                note(report, &step, &error, Kind::Transient);
                batch.intents.push(step.intent);
            }
            Ended::Dead(error) => {
                step.intent.state = IntentState::Dead;
                step.intent.error = Some(error.code().into());
                let first = match &step.payload.action {
                    Action::Update(update) if update.set.len() == 1 => {
                        update.set.first().map(|change| change.field)
                    }
                    _ => None,
                };
                batch
                    .dead_letters
                    .push(letter(ctx, &step, first, error.code(), &words(&error)));
                note(report, &step, &error, Kind::Rejected);
                batch.intents.push(step.intent);
            }
            Ended::Open(error) => {
                step.intent.error = Some(error.code().into());
                settled.open.push(step);
            }
            Ended::Unsent => {
                step.intent.state = IntentState::Failed;
                step.intent.error = Some(codes::RUN_LEASE_LOST.into());
                mark_dirty(ctx, &step, links, codes::RUN_LEASE_LOST, batch);
                settled.unsent = true;
                batch.intents.push(step.intent);
            }
            Ended::Stop(error) => {
                // What was sent may have been carried out, whatever its answer was: it stays open until it was looked for.
                let state = match step.intent.state {
                    IntentState::Sent => IntentState::Sent,
                    IntentState::Planned
                    | IntentState::Done
                    | IntentState::Failed
                    | IntentState::Dead
                    | IntentState::Dropped => IntentState::Failed,
                };
                fail(ctx, &mut step, links, &error, batch, state);
                note(report, &step, &error, Kind::Fatal);
                batch.intents.push(step.intent);
                settled.stop = Some((step_side, error));
            }
        }
    }
    settled
}

/// The words of an error with its causes, for people.
pub(crate) fn words(error: &http_kit::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn note(report: &mut ProjectReport, step: &Step, error: &http_kit::Error, kind: Kind) {
    // A failed precondition is planned again at once; only what stays undone at the end counts as a problem.
    if kind == Kind::Conflict {
        return;
    }
    report.tally.side_mut(step.intent.side).failed += 1;
    report.problem(Outcome {
        kind,
        code: error.code().into(),
        side: Some(step.intent.side),
        item: Arc::clone(&step.payload.label),
        field: None,
        message: words(error).into(),
    });
}

fn fail(
    ctx: &Context,
    step: &mut Step,
    links: &HashMap<LinkId, Link>,
    error: &http_kit::Error,
    batch: &mut Batch,
    state: IntentState,
) {
    step.intent.state = state;
    step.intent.error = Some(error.code().into());
    mark_dirty(ctx, step, links, error.code(), batch);
}

/// A step that could not be looked for: it stays `sent` for the next run.
pub(crate) fn left_open(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    error: &http_kit::Error,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    mark_dirty(ctx, step, links, error.code(), batch);
    note(report, step, error, Kind::Unknown);
}

/// Remembers that the items of a step's link must be looked at again although no list may show them.
pub(crate) fn mark_dirty(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    code: &str,
    batch: &mut Batch,
) {
    let Some(link) = links.get(&step.link) else {
        return;
    };
    for (side, item) in link.items.iter() {
        if let Some(item) = item {
            batch
                .dirty
                .push(dirty(ctx, step.intent.project, side, item, code));
        }
    }
}

/// An item that must be looked at again; the first failures by the very next run, later ones after a growing wait.
pub(crate) fn dirty(
    ctx: &Context,
    project: ProjectLinkId,
    side: Side,
    item: &ItemId,
    code: &str,
) -> Dirty {
    let (now, tries) = (ctx.now(), ctx.failures(item));
    let wait = DIRTY_WAIT_MS
        .saturating_mul(1 << tries.min(10))
        .min(DIRTY_WAIT_MAX_MS);
    // Nobody is interrupted in the middle of a sentence (design 4.2).
    let typed = code == codes::BEING_TYPED;
    Dirty {
        project,
        side,
        item: item.clone(),
        since: now,
        // The first failures are tried again by the very next run.
        next_try: if typed {
            Millis(now.0.saturating_add(TYPING_MS))
        } else if tries <= 1 {
            now
        } else {
            Millis(now.0.saturating_add(wait))
        },
        tries,
        code: code.into(),
    }
}

/// A dead letter for one field, or for the whole item.
pub(crate) fn letter(
    ctx: &Context,
    step: &Step,
    field: Option<Field>,
    code: &str,
    message: &str,
) -> DeadLetter {
    DeadLetter {
        project: step.intent.project,
        link: step.link,
        side: step.intent.side,
        field,
        code: code.into(),
        message: format!("{}: {message}", step.payload.label).into(),
        since: ctx.now(),
        run: ctx.run,
        value_hash: step.value_hash(),
    }
}

/// How a confirmed write is known to be confirmed.
enum How {
    /// By its own answer.
    Answered(Written),
    /// By looking for it later.
    Found(Item),
    /// The item is gone, as wanted, or the service's history tells of the write and something else stands there since.
    Gone,
}

fn done(
    ctx: &Context,
    links: &mut HashMap<LinkId, Link>,
    step: &Step,
    how: How,
    report: &mut ProjectReport,
    batch: &mut Batch,
    settled: &mut Settled,
) {
    let Some(link) = links.get(&step.link) else {
        return;
    };
    let (side, action) = (step.intent.side, &step.payload.action);
    let capabilities = ctx.board(side).capabilities();
    let was_looked_for = matches!(how, How::Found(_));
    let (next, written) = match how {
        How::Answered(written) => (
            plan::settle(link, action, Some(&written.item), &capabilities, ctx.now()),
            Some(written),
        ),
        How::Found(item) => (
            plan::settle_found(link, action, &item, &capabilities, ctx.now()),
            Some(Written {
                item,
                refused: Vec::new(),
                lost: Vec::new(),
            }),
        ),
        How::Gone => {
            let mut next = plan::settle(link, action, None, &capabilities, ctx.now());
            // It stood there once, so the old value that stands there now was written by somebody: it is not a lost write.
            *next.last_write.side_mut(side) = None;
            (next, None)
        }
    };
    let answer = written.as_ref().map(|written| &written.item);
    let next = stamp::stamped(link, next, step, answer);
    if !step.payload.refused {
        batch.clear_dead.push((step.link, side));
    }
    for (side, item) in next.items.iter() {
        if let Some(item) = item {
            batch.clean.push((step.intent.project, side, item.clone()));
        }
    }
    count::count(report, side, action);
    history::rows(ctx, step, answer, batch);
    // What was looked for later may have been edited meanwhile: the base is what was sent, as in `plan::settle_found`.
    let told = answer.filter(|_| !was_looked_for);
    let texts = plan::base_texts(link, action, told, step.payload.source_text.clone());
    if texts.huly.is_some() || texts.vibe.is_some() {
        let texts = ctx.kept_texts(step.intent.project, texts);
        batch.texts.push((step.link, texts));
    }
    if let Some(written) = written {
        for (field, error) in written.refused {
            if error.code() == codes::BEING_TYPED {
                mark_dirty(ctx, step, links, error.code(), batch);
                settled.typed.push(typed(step, report));
            } else {
                refused(ctx, step, links, field, &error, report, batch);
            }
        }
        for lost in written.lost {
            report
                .notices
                .push(format!("{} {}: {lost}", codes::MARKUP_LOST, step.payload.label).into());
        }
        match action {
            Action::Update(_) | Action::Cancel(_) | Action::Remove(_) => {
                settled.rewritten.push(step.link);
            }
            Action::Create(_)
            | Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => {}
        }
        settled.fresh.push((step.link, side, written.item));
    }
    if next.is_over() {
        batch.forget.push(step.link);
        links.remove(&step.link);
    } else if links.get(&step.link) != Some(&next) {
        let next = ctx.kept(step.intent.project, &next);
        batch.links.push((step.intent.project, next.clone()));
        links.insert(step.link, next);
    }
}

/// One field of a write was not taken while the others were: a dead letter where it never will be, else another look.
fn refused(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    field: Field,
    error: &http_kit::Error,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    match error.kind() {
        Kind::Rejected | Kind::Fatal => {
            batch
                .dead_letters
                .push(letter(ctx, step, Some(field), error.code(), &words(error)));
            note(report, step, error, Kind::Rejected);
        }
        Kind::Transient | Kind::Unknown | Kind::Conflict => {
            mark_dirty(ctx, step, links, error.code(), batch);
            note(report, step, error, Kind::Transient);
        }
    }
}

/// Whether a failing item has been failing for longer than a person should wait for.
pub(crate) fn gave_up(ctx: &Context, dirty: &Dirty) -> bool {
    dirty.tries >= ctx.settings.max_attempts
        && ctx.now().0.saturating_sub(dirty.since.0) >= millis(ctx.settings.give_up_after).0
}
