//! Somebody types in a description: it is left alone for a while (design 4.2).

use sync_core::ids::LinkId;

use crate::{codes, journal::Step, report::ProjectReport};

/// How long a description is left alone in which somebody types.
pub(crate) const TYPING_MS: i64 = 70_000;

/// Told, and no failure: it is written once nobody types any more.
pub(super) fn typed(step: &Step, report: &mut ProjectReport) -> LinkId {
    report.notices.push(
        format!(
            "{}: somebody is typing in the description of {}; it is written in about a minute",
            codes::BEING_TYPED,
            step.payload.label
        )
        .into(),
    );
    step.link
}
