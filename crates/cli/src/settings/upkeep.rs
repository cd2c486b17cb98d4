//! How long the store keeps rows, and when it is backed up.

use std::time::Duration;

use store::port::{BackupPlan, Upkeep};
use sync_core::ids::Millis;

use crate::config;

/// How long rows are kept, and when backups are made.
pub(super) fn upkeep(store: &config::Store, retention: config::Retention) -> Upkeep {
    Upkeep {
        history: millis(retention.history),
        conflicts: millis(retention.conflicts),
        runs: millis(retention.runs),
        backup: (!store.backup_every.is_zero()).then(|| BackupPlan {
            every: millis(store.backup_every),
            keep: store.backup_keep,
        }),
    }
}

fn millis(span: Duration) -> Millis {
    Millis(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}
