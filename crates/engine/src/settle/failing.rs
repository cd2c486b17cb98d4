//! What failed: a letter for each value, another look for its item, and a line for people.

use std::{collections::HashMap, sync::Arc};

use http_kit::Kind;
use store::{
    Batch,
    row::{DeadLetter, Dirty, IntentState, LetterState},
};
use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis, ProjectLinkId},
    item::{Field, FieldSet, Item},
    link::Link,
    plan::{self, Action},
};

use super::{TYPING_MS, note, words};
use crate::{
    codes,
    context::Context,
    journal::{self, Step},
    late,
    letters::{self, Failed, Failing, next_try},
    report::{Outcome, ProjectReport},
};

/// A step that failed: a letter for each of its values, which says when it is tried again, if ever.
pub(super) fn failed(
    ctx: &Context,
    step: &mut Step,
    links: &HashMap<LinkId, Link>,
    error: &http_kit::Error,
    how: Failing,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    step.intent.error = Some(error.code().into());
    let found = journal::values(&step.payload.action);
    let letters: Vec<DeadLetter> = found
        .iter()
        .map(|(field, hash)| letter(ctx, step, *field, hash, (error.code(), &words(error)), how))
        .collect();
    let is_dead = letters
        .iter()
        .all(|letter| letter.state == LetterState::Dead);
    if is_dead {
        step.intent.state = IntentState::Dead;
        clean(ctx, step, links, batch);
    } else {
        step.intent.state = IntentState::Failed;
        mark_dirty(ctx, step, links, error.code(), batch);
    }
    let kind = match how {
        Failing::Refused | Failing::Untaken => Kind::Rejected,
        Failing::Changed | Failing::Later if is_dead => Kind::Rejected,
        Failing::Changed => Kind::Conflict,
        Failing::Later => Kind::Transient,
    };
    match letters.first().filter(|_| is_dead) {
        Some(first) => {
            report.tally.side_mut(step.intent.side).failed += 1;
            tell(report, step, first, kind);
        }
        None => note(report, step, error, kind),
    }
    batch.dead_letters.extend(letters);
}

/// Says what stands against a value.
fn tell(report: &mut ProjectReport, step: &Step, letter: &DeadLetter, kind: Kind) {
    report.problem(Outcome {
        kind,
        code: Arc::clone(&letter.code),
        side: Some(letter.side),
        item: Arc::clone(&step.payload.label),
        field: letter.field,
        message: letters::words(letter).into(),
    });
}

/// Nothing of the link is tried again by itself, unless another of its values waits.
fn clean(ctx: &Context, step: &Step, links: &HashMap<LinkId, Link>, batch: &mut Batch) {
    if ctx.letters.waits(step.link).is_some() {
        return;
    }
    let items = links.get(&step.link).map(|link| &link.items);
    for (side, item) in items.iter().flat_map(|items| items.iter()) {
        if let Some(item) = item {
            batch.clean.push((step.intent.project, side, item.clone()));
            batch
                .dirty
                .extend(late::row(ctx, step.intent.project, side, item));
        }
    }
}

/// Remembers that the items of a step's link must be looked at again although no list may show them.
pub(crate) fn mark_dirty(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    code: &str,
    batch: &mut Batch,
) {
    for (side, item) in items(links, step) {
        let row = dirty(ctx, step.intent.project, side, &item, code);
        batch.dirty.push(row);
    }
}

/// The same for what did not fail by itself: the next run looks, and it counts as no try.
pub(crate) fn not_tried(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    code: &str,
    batch: &mut Batch,
) {
    for (side, item) in items(links, step) {
        let row = dirty(ctx, step.intent.project, side, &item, code);
        let is_late = &*row.code == codes::LATE;
        batch.dirty.push(Dirty {
            tries: row.tries.saturating_sub(1),
            next_try: if is_late { row.next_try } else { ctx.now() },
            ..row
        });
    }
}

fn items(links: &HashMap<LinkId, Link>, step: &Step) -> Vec<(Side, ItemId)> {
    let link = links.get(&step.link).into_iter();
    link.flat_map(|link| link.items.iter())
        .filter_map(|(side, item)| Some((side, item.clone()?)))
        .collect()
}

/// An item that must be looked at again; after the first failure by the very next run, later after a growing pause.
pub(crate) fn dirty(
    ctx: &Context,
    project: ProjectLinkId,
    side: Side,
    item: &ItemId,
    code: &str,
) -> Dirty {
    let (now, tries) = (ctx.now(), ctx.failures(item));
    ctx.letters.dirtied(item);
    // Nobody is interrupted in the middle of a sentence (design 4.2).
    let typed = code == codes::BEING_TYPED;
    let row = Dirty {
        project,
        side,
        item: item.clone(),
        since: now,
        next_try: if typed {
            Millis(now.0.saturating_add(TYPING_MS))
        } else {
            next_try(now, tries)
        },
        tries,
        code: code.into(),
    };
    match late::row(ctx, project, side, item) {
        // That a write may still come must be known for as long as it may.
        Some(late) if !typed => Dirty { tries, ..late },
        Some(_) | None => row,
    }
}

/// The letter of one value of a step that failed.
fn letter(
    ctx: &Context,
    step: &Step,
    field: Option<Field>,
    hash: &Arc<str>,
    (code, words): (&str, &str),
    how: Failing,
) -> DeadLetter {
    let failed = Failed {
        project: step.intent.project,
        key: (step.link, step.intent.side, field),
        hash,
        label: &step.payload.label,
        code,
        words,
        how,
    };
    ctx.letters.failed(ctx, failed)
}

/// Fields of an update that the service answered well and left as they were.
pub(super) fn untaken(action: &Action, answer: Option<&Item>) -> FieldSet {
    let (Action::Update(update), Some(answer)) = (action, answer) else {
        return FieldSet::EMPTY;
    };
    let untaken = plan::untaken(update, answer);
    untaken.into_iter().map(|change| change.field).collect()
}

/// Whether these fields are all that an action was to write.
pub(super) fn is_whole(action: &Action, fields: FieldSet) -> bool {
    let mut values = journal::values(action).into_iter();
    !fields.is_empty() && values.all(|(field, _)| field.is_some_and(|field| fields.contains(field)))
}

/// Fields that the service left as they were, without a word: told, tried again by some runs, then a dead letter.
pub(super) fn kept_old(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    untaken: FieldSet,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    for (field, hash) in journal::values(&step.payload.action) {
        let Some(field) = field.filter(|field| untaken.contains(*field)) else {
            continue;
        };
        let side = step.intent.side.title();
        let words = format!("{side} answered well and kept the old {field}");
        let why = (codes::NOT_TAKEN, words.as_str());
        let letter = letter(ctx, step, Some(field), &hash, why, Failing::Untaken);
        report.tally.side_mut(step.intent.side).failed += 1;
        match letter.state {
            LetterState::Dead | LetterState::Dropped => tell(report, step, &letter, Kind::Rejected),
            LetterState::Waiting => {
                mark_dirty(ctx, step, links, codes::NOT_TAKEN, batch);
                tell(report, step, &letter, Kind::Transient);
            }
        }
        batch.dead_letters.push(letter);
    }
}

/// One field of a write was not taken while the others were: a dead letter where it never will be, else another look.
pub(super) fn refused(
    ctx: &Context,
    step: &Step,
    links: &HashMap<LinkId, Link>,
    field: Field,
    error: &http_kit::Error,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    let how = match error.kind() {
        Kind::Rejected | Kind::Fatal => Failing::Refused,
        Kind::Conflict => Failing::Changed,
        Kind::Transient | Kind::Unknown => Failing::Later,
    };
    let values = journal::values(&step.payload.action);
    for (field, hash) in values.iter().filter(|(of, _)| *of == Some(field)) {
        let letter = letter(ctx, step, *field, hash, (error.code(), &words(error)), how);
        if letter.state == LetterState::Waiting {
            mark_dirty(ctx, step, links, error.code(), batch);
            note(report, step, error, Kind::Transient);
        } else {
            report.tally.side_mut(step.intent.side).failed += 1;
            tell(report, step, &letter, Kind::Rejected);
        }
        batch.dead_letters.push(letter);
    }
}
