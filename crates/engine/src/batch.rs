//! How many creates one call carries: fewer after a call without an answer, more again after good ones.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The size of the next batch, shared by the projects of a run.
#[derive(Debug)]
pub(crate) struct BatchSize(AtomicUsize);

impl Default for BatchSize {
    fn default() -> Self {
        BatchSize(AtomicUsize::new(usize::MAX))
    }
}

impl BatchSize {
    /// The next batch, where the service takes up to `most` (at least one).
    pub(crate) fn next(&self, most: usize) -> usize {
        self.0.load(Ordering::Relaxed).clamp(1, most.max(1))
    }

    /// A batch of this size got no answer: the next ones are half as large.
    pub(crate) fn unanswered(&self, size: usize) {
        self.0.fetch_min((size / 2).max(1), Ordering::Relaxed);
    }

    /// A batch of this size was answered: the next ones may be twice as large.
    pub(crate) fn answered(&self, size: usize) {
        // A batch that ends between the two steps costs a size, not a create.
        if self.0.load(Ordering::Relaxed) <= size {
            self.0.store(size.saturating_mul(2), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_25_batches_shrink_to_single_items_while_calls_time_out() {
        let size = BatchSize::default();
        let mut seen = Vec::new();
        for _ in 0..8 {
            let next = size.next(50);
            seen.push(next);
            size.unanswered(next);
        }
        assert_eq!(seen, [50, 25, 12, 6, 3, 1, 1, 1]);
    }

    #[test]
    fn row_25_batches_grow_again_up_to_what_the_service_takes() {
        let size = BatchSize::default();
        size.unanswered(8);
        let mut seen = Vec::new();
        for _ in 0..6 {
            let next = size.next(50);
            seen.push(next);
            size.answered(next);
        }
        assert_eq!(seen, [4, 8, 16, 32, 50, 50]);
    }

    #[test]
    fn a_small_batch_at_the_end_of_a_list_shrinks_nothing_that_follows() {
        let size = BatchSize::default();
        size.answered(3);
        assert_eq!(size.next(50), 50);
    }
}
