//! Validation by field, before anything is journaled or sent (design 3.11).

use crate::{
    ids::StatusId,
    item::Field,
    lens::Lens,
    plan::{Change, Draft, Notice, Problem},
    rules::Capabilities,
    side::Side,
};

/// Every code of a problem or notice in a plan: code, meaning, remedy.
pub const CODES: &[(&str, &str, &str)] = &[];

/// Checks a new item against what the target can hold. The draft that comes back lacks the fields that were refused.
pub fn draft(draft: &Draft, side: Side, caps: &Capabilities, label: &str) -> (Draft, Vec<Problem>, Vec<Notice>) {
    (draft.clone(), Vec::new(), Vec::new())
}

/// Whether a problem of a [`draft`] refuses the whole of it: its title, or no field in particular.
pub fn refuses_item(problem: &Problem) -> bool {
    matches!(problem.field, None | Some(Field::Title))
}

/// Checks one field's new value.
pub fn change(change: &Change, side: Side, caps: &Capabilities, label: &str) -> Result<(Change, Option<Notice>), Problem> {
    Ok((change.clone(), None))
}

/// The problem of a status that the lens does not know. `status` is of the side opposite to `side`, the one that would be written.
pub fn unknown_status(status: &StatusId, side: Side, lens: &Lens, label: &str) -> Problem {
    Problem { code: "STATUS_UNKNOWN".into(), side, field: Some(Field::Status), limit: None, actual: None, message: label.into() }
}
