//! Counts what was carried out.

use sync_core::{Side, plan::Action};

use crate::report::ProjectReport;

/// One action more on its side.
pub(super) const fn count(report: &mut ProjectReport, side: Side, action: &Action) {
    let tally = report.tally.side_mut(side);
    match action {
        Action::Create(_) => tally.created += 1,
        Action::Update(_) => tally.updated += 1,
        Action::Cancel(_) => tally.cancelled += 1,
        Action::Remove(_) => tally.removed += 1,
        Action::Agree(_)
        | Action::Conflict(_)
        | Action::Problem(_)
        | Action::Notice(_)
        | Action::Phase(_)
        | Action::Relink(_)
        | Action::Forget(_) => {}
    }
}
