//! How far a run is, for those who watch it: a few counters that anybody may read at any moment.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What a run is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// Asking for the lease.
    #[default]
    Lease,
    /// Listing the projects of both sides and pairing them.
    Projects,
    /// Settling what an interrupted run left.
    Recovery,
    /// Asking what changed.
    Changes,
    /// Going through the projects.
    Turns,
    /// Closing the run.
    Close,
}

impl Step {
    const ALL: [Step; 6] = [
        Step::Lease,
        Step::Projects,
        Step::Recovery,
        Step::Changes,
        Step::Turns,
        Step::Close,
    ];

    const fn number(self) -> u8 {
        match self {
            Step::Lease => 0,
            Step::Projects => 1,
            Step::Recovery => 2,
            Step::Changes => 3,
            Step::Turns => 4,
            Step::Close => 5,
        }
    }
}

/// The counters of one run. They only grow.
#[derive(Debug, Default)]
pub struct Progress {
    step: AtomicU8,
    projects: AtomicU64,
    begun: AtomicU64,
    done: AtomicU64,
    items: AtomicU64,
    planned: AtomicU64,
    written: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What the run is busy with.
    pub step: Step,
    /// Projects to go through.
    pub projects: u64,
    /// Projects begun.
    pub begun: u64,
    /// Projects gone through, or given up.
    pub done: u64,
    /// Issues and tasks read.
    pub items: u64,
    /// Writes planned so far; later projects add theirs.
    pub planned: u64,
    /// Of these, ended well or badly.
    pub written: u64,
}

impl Progress {
    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let number = self.step.load(Ordering::Relaxed);
        let step = Step::ALL.into_iter().find(|step| step.number() == number);
        Snapshot {
            step: step.unwrap_or_default(),
            projects: read(&self.projects),
            begun: read(&self.begun),
            done: read(&self.done),
            items: read(&self.items),
            planned: read(&self.planned),
            written: read(&self.written),
        }
    }

    pub(crate) fn at(&self, step: Step) {
        self.step.store(step.number(), Ordering::Relaxed);
    }

    pub(crate) fn projects(&self, count: usize) {
        self.projects.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn begun(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn items(&self, count: u64) {
        self.items.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn planned(&self, count: usize) {
        self.planned.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn written(&self, count: usize) {
        self.written.fetch_add(count as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_read_as_it_was_set() {
        let progress = Progress::default();
        assert_eq!(progress.snapshot(), Snapshot::default());
        for step in Step::ALL {
            progress.at(step);
            assert_eq!(progress.snapshot().step, step);
        }
    }
}
