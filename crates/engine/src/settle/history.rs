//! History rows of a confirmed write, for people.

use std::sync::Arc;

use store::{Batch, row::HistoryRow};
use sync_core::{
    item::{Field, FieldSet, Item, Value, Values},
    plan::{Action, Change},
};

use crate::{context::Context, journal::Step};

/// Longest value that a history row keeps, in characters; conflicts keep values whole.
const HISTORY_CHARS: usize = 1_000;

/// One row a written field; one for the whole item where it was made or removed.
/// What was not taken has none.
pub(super) fn rows(
    ctx: &Context,
    step: &Step,
    answer: Option<&Item>,
    untaken: FieldSet,
    batch: &mut Batch,
) {
    let row = |field: Option<Field>, old: Option<Arc<str>>, new: Option<Arc<str>>| HistoryRow {
        at: ctx.now(),
        run: ctx.run,
        project: step.intent.project,
        link: step.link,
        side: step.intent.side,
        kind: Arc::clone(&step.intent.kind),
        field,
        old,
        new,
    };
    match &step.payload.action {
        Action::Update(update) => {
            let is_taken = |change: &&Change| !untaken.contains(change.field);
            for change in update.set.iter().filter(is_taken) {
                batch.history.push(row(
                    Some(change.field),
                    shown(&change.from),
                    shown(&change.to),
                ));
            }
        }
        Action::Create(create) => {
            batch
                .history
                .push(row(None, None, Some(shorten(&create.draft.title))));
        }
        Action::Cancel(cancel) => batch.history.push(row(
            Some(Field::Status),
            status(&cancel.expected),
            answer.and_then(|item| status(&item.values)),
        )),
        Action::Remove(remove) => {
            batch
                .history
                .push(row(None, Some(shorten(&remove.kept.title)), None));
        }
        Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => {}
    }
}

fn status(values: &Values) -> Option<Arc<str>> {
    values.status.as_ref().map(|status| status.as_str().into())
}

/// A value as a history row keeps it.
fn shown(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(shorten(text)),
        Value::Status(status) => Some(status.as_str().into()),
        Value::Unset => None,
        Value::Priority(_)
        | Value::Parent(_)
        | Value::Labels(_)
        | Value::Assignee(_)
        | Value::DueDate(_) => Some(shorten(&serde_json::to_string(value).unwrap_or_default())),
    }
}

fn shorten(text: &str) -> Arc<str> {
    match text.char_indices().nth(HISTORY_CHARS) {
        None => text.into(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)).into(),
    }
}
