//! One write at a time per task: two at once lose one of them (reference 3.3).

use std::time::Duration;

use http_kit::{Error, Kind};
use tokio::sync::{Mutex, MutexGuard};

use crate::{SERVICE, VibeTaskId, codes, route};

/// How many locks there are. Tasks share them by id, which bounds the memory; two tasks that share one wait for each
/// other, which at four writes in flight is rare and harmless.
const STRIPES: usize = 128;
/// Longest wait for another change of the same task: above the deadline of a call.
const WAIT: Duration = Duration::from_mins(5);

/// The locks of one server.
#[derive(Debug)]
pub(crate) struct TaskLocks(Vec<Mutex<()>>);

impl TaskLocks {
    pub(crate) fn new() -> Self {
        Self((0..STRIPES).map(|_| Mutex::new(())).collect())
    }

    /// Waits until no other change of the task is under way. Nothing is sent where that takes too long.
    pub(crate) async fn lock(&self, id: VibeTaskId) -> Result<MutexGuard<'_, ()>, Error> {
        let (high, low) = id.uuid().as_u64_pair();
        let stripe = self
            .0
            .iter()
            .cycle()
            .nth(usize::from((high ^ low).to_le_bytes()[0]));
        let busy = || {
            Error::new(Kind::Transient, codes::VIBE_TASK_BUSY, SERVICE, route::TASK)
                .with_detail("another change of the task is still under way")
        };
        let lock = stripe.ok_or_else(busy)?.lock();
        tokio::time::timeout(WAIT, lock).await.map_err(|_| busy())
    }
}
