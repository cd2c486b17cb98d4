//! How many projects are gone through at once. A project that only waits gives its slot to the next, so that the waits of all
//! projects pass together.

use tokio::sync::Semaphore;

/// Projects that may wait without a slot. Each keeps what it is going to look at again, so they are bounded.
pub(crate) const WAITING: usize = 128;

/// The slots of one run.
#[derive(Debug)]
pub(crate) struct Slots(Semaphore);

impl Slots {
    /// So many; one at least.
    pub(crate) fn new(workers: usize) -> Self {
        Self(Semaphore::new(workers.max(1)))
    }

    /// Does `work` as soon as a slot is free, first come, first served.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        // it fails only where somebody closed the semaphore, which nobody does
        let _slot = self.0.acquire().await.ok();
        work.await
    }

    /// Waits without the slot that the caller works in, and goes on as soon as one is free again.
    ///
    /// Dropped in the middle, the slot counts twice: all of a run is dropped together, its slots among it.
    pub(crate) async fn without<T>(&self, wait: impl Future<Output = T>) -> T {
        self.0.add_permits(1);
        let waited = wait.await;
        if let Ok(slot) = self.0.acquire().await {
            slot.forget();
        }
        waited
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_pass_together_and_work_does_not() {
        let (slots, at_work, most) = (Slots::new(2), Cell::new(0), Cell::new(0));
        let begun = Instant::now();
        let step = || async {
            at_work.set(at_work.get() + 1);
            most.set(most.get().max(at_work.get()));
            sleep(Duration::from_millis(10)).await;
            at_work.set(at_work.get() - 1);
        };
        let project = || {
            slots.within(async {
                step().await;
                slots.without(sleep(Duration::from_secs(1))).await;
                step().await;
            })
        };
        futures::future::join_all((0..20).map(|_| project())).await;
        assert_eq!(most.get(), 2);
        // 20 projects of two steps, two at once, and one wait for all of them
        let took = begun.elapsed();
        assert!(took <= Duration::from_millis(1_250), "{took:?}");
    }
}
