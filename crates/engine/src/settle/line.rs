//! The log line of a write.

use std::collections::HashMap;

use sync_core::{ids::LinkId, link::Link};

use crate::{apply::Ended, journal::Step};

/// The one line of a write that was carried out; one that was not has its line as a problem, or when it is settled.
pub(super) fn carried_out(links: &HashMap<LinkId, Link>, step: &Step, ended: &Ended) {
    let outcome = match ended {
        Ended::Done(_) => "done",
        Ended::Found(_) => "found_done",
        Ended::Again(_) => "changed_meanwhile",
        Ended::Later(_)
        | Ended::Dead(_)
        | Ended::Apart(_)
        | Ended::Open(_)
        | Ended::Unsent
        | Ended::Stop(_) => {
            return;
        }
    };
    let label = links.get(&step.link).and_then(|link| link.label.as_deref());
    tracing::debug!(
        target: "engine::outcome",
        item = label.unwrap_or_default(),
        operation = format!("{} {}", step.intent.kind, step.intent.side.as_str()),
        outcome,
        "write"
    );
}
