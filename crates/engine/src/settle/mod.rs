//! Settle: outcome, new base and history of a window in one transaction (design 4.1).

mod count;
mod failing;
mod history;
mod line;
mod stamp;
mod typing;

use std::{collections::HashMap, sync::Arc};

use http_kit::Kind;
use store::{Batch, row::IntentState};
use sync_core::{
    Side,
    ids::{LinkId, Millis},
    item::{FieldSet, Item},
    link::Link,
    plan::{self, Action},
    rules::Capabilities,
};

pub(crate) use failing::{dirty, mark_dirty, not_tried};
use failing::{failed, is_whole, kept_old, refused, untaken};
pub(crate) use typing::TYPING_MS;
use typing::typed;

use crate::{
    apply::Ended,
    codes,
    context::Context,
    journal::{self, Past, Step},
    late,
    letters::Failing,
    port::Written,
    report::{Outcome, ProjectReport},
};

/// What settling found out besides the batch.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Items as the writes' own answers show them: observations for another look in this run.
    pub(crate) fresh: Vec<(LinkId, Side, Item)>,
    /// Links to observe and plan again in this run.
    pub(crate) again: Vec<LinkId>,
    /// Links whose several fields were refused together: to be planned again in this run, one field at a time.
    pub(crate) parted: Vec<LinkId>,
    /// Links that this run leaves alone from now on: somebody types there, or a write is open.
    pub(crate) busy: Vec<LinkId>,
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
        line::carried_out(links, &step, &ended);
        match ended {
            Ended::Done(written) => {
                let how = written.map_or(How::Gone, |written| How::Answered(*written));
                confirmed(ctx, links, &mut step, how, report, batch, &mut settled);
            }
            Ended::Found(item) => {
                let how = How::Found(*item);
                confirmed(ctx, links, &mut step, how, report, batch, &mut settled);
            }
            Ended::Open(error) => {
                step.intent.error = Some(error.code().into());
                settled.open.push(step);
                continue;
            }
            Ended::Again(error) if error.code() == codes::BEING_TYPED => {
                // nothing failed: somebody is at work in it
                step.intent.state = IntentState::Failed;
                step.intent.error = Some(error.code().into());
                mark_dirty(ctx, &step, links, error.code(), batch);
                settled.busy.push(typed(&step, report));
            }
            Ended::Again(error) => {
                let how = Failing::Changed;
                failed(ctx, &mut step, links, &error, how, report, batch);
                settled.again.push(step.link);
            }
            Ended::Later(error) if step.past == Past::Unanswered => {
                // What was sent before may still be carried out: it stays open until that can be looked for.
                step.intent.state = IntentState::Sent;
                step.intent.error = Some(error.code().into());
                left_open(ctx, &step, links, &error, report, batch);
                settled.busy.push(step.link);
            }
            Ended::Later(error) => {
                let how = Failing::Later;
                failed(ctx, &mut step, links, &error, how, report, batch);
            }
            Ended::Dead(error) => {
                let how = Failing::Refused;
                failed(ctx, &mut step, links, &error, how, report, batch);
                if ctx.letters.is_apart(step.link, step.intent.side) {
                    settled.parted.push(step.link);
                }
            }
            Ended::Apart(error) => {
                unsent(ctx, &mut step, links, error.code(), batch);
                ctx.letters.set_apart(step.link, step.intent.side);
                settled.parted.push(step.link);
            }
            Ended::Unsent => {
                unsent(ctx, &mut step, links, codes::RUN_LEASE_LOST, batch);
                if step.past == Past::Unanswered {
                    step.intent.state = IntentState::Sent;
                }
                settled.unsent = true;
            }
            Ended::Stop(error) => {
                // What was sent may have been carried out, whatever its answer was: it stays open until it was looked for.
                let is_sent = step.intent.state == IntentState::Sent;
                unsent(ctx, &mut step, links, error.code(), batch);
                if is_sent {
                    step.intent.state = IntentState::Sent;
                }
                note(report, &step, &error, Kind::Fatal);
                settled.stop = Some((step.intent.side, error));
            }
        }
        batch.intents.push(step.intent);
    }
    settled
}

/// A step whose effect is known.
fn confirmed(
    ctx: &Context,
    links: &mut HashMap<LinkId, Link>,
    step: &mut Step,
    how: How,
    report: &mut ProjectReport,
    batch: &mut Batch,
    settled: &mut Settled,
) {
    step.intent.state = IntentState::Done;
    step.intent.error = None;
    done(ctx, links, step, how, report, batch, settled);
}

/// A step that is over without having been tried for what it is worth.
fn unsent(
    ctx: &Context,
    step: &mut Step,
    links: &HashMap<LinkId, Link>,
    code: &str,
    batch: &mut Batch,
) {
    step.intent.state = IntentState::Failed;
    step.intent.error = Some(code.into());
    not_tried(ctx, step, links, code, batch);
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

/// How a confirmed write is known to be confirmed.
enum How {
    /// By its own answer.
    Answered(Written),
    /// By looking for it later.
    Found(Item),
    /// The item is gone, as wanted, or the service's history tells of the write and something else stands there since.
    Gone,
}

/// A field that was refused while others were written stays as it was taken to be, whatever the answer shows of it: what somebody
/// wrote there meanwhile is an edit, and must not become the base.
fn as_observed(written: &mut Written, action: &Action) {
    if let Action::Update(update) = action {
        for (field, _) in &written.refused {
            written.item.values.take(*field, &update.expected);
        }
    }
}

/// The row after a write that took effect, and what its answer or a later look showed.
fn row_after(
    link: &Link,
    step: &Step,
    how: How,
    capabilities: &Capabilities,
    now: Millis,
) -> (Link, Option<Written>) {
    let (side, action) = (step.intent.side, &step.payload.action);
    match how {
        How::Answered(mut written) => {
            as_observed(&mut written, action);
            let answer = Some(&written.item);
            let next = plan::settle(link, action, answer, capabilities, now);
            (next, Some(written))
        }
        How::Found(item) => (
            plan::settle_found(link, action, &item, capabilities, now),
            Some(Written {
                item,
                refused: Vec::new(),
                lost: Vec::new(),
            }),
        ),
        How::Gone => {
            let mut next = plan::settle(link, action, None, capabilities, now);
            if next != *link {
                // It stood there once, so the old value that stands there now was written by somebody: it is not a lost write.
                *next.last_write.side_mut(side) = None;
            }
            (next, None)
        }
    }
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
    let has_landed = step.past == Past::Landed;
    let (next, written) = row_after(link, step, how, &capabilities, ctx.now());
    let answer = written.as_ref().map(|written| &written.item);
    let next = Link {
        // What was sent then may be older than what was planned now: no value gives way without being kept.
        rebuilt: next.rebuilt || has_landed,
        ..stamp::stamped(link, next, step, answer)
    };
    let untaken = untaken(action, answer);
    for (field, _) in journal::values(action) {
        let key = (step.link, side, field);
        let is_taken = field.is_none_or(|field| !untaken.contains(field));
        if is_taken && ctx.letters.written(key) {
            batch.clear_dead.push(key);
        }
    }
    for (side, item) in next.items.iter() {
        if let Some(item) = item {
            batch.clean.push((step.intent.project, side, item.clone()));
            batch
                .dirty
                .extend(late::row(ctx, step.intent.project, side, item));
        }
    }
    if !is_whole(action, untaken) {
        count::count(report, side, action);
    }
    history::rows(ctx, step, answer, untaken, batch);
    let refused_fields = written.iter().flat_map(|written| &written.refused);
    let refused_fields: FieldSet = refused_fields.map(|(field, _)| *field).collect();
    let kept = untaken.without(refused_fields);
    kept_old(ctx, step, links, kept, report, batch);
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
                settled.busy.push(typed(step, report));
            } else {
                refused(ctx, step, links, field, &error, report, batch);
            }
        }
        for lost in written.lost {
            report
                .notices
                .push(format!("{} {}: {lost}", codes::MARKUP_LOST, step.payload.label).into());
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
