//! The transactor's rate limit: a sliding window per account, refused calls counted too.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::Shared;

/// How many requests in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The request that reaches this is refused.
    pub max: usize,
    /// Length of the window.
    pub window: Duration,
}

impl Default for RateLimit {
    /// As the recorded server: 1,500 in 30 s.
    fn default() -> Self {
        Self {
            max: 1_500,
            window: Duration::from_secs(30),
        }
    }
}

/// What is left, or how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Remaining(usize),
    Wait(Duration),
}

#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    pub limit: RateLimit,
    seen: Shared<HashMap<String, VecDeque<Instant>>>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            seen: Shared::new(HashMap::new()),
        }
    }

    /// Counts a request of an account.
    pub(crate) fn count(&self, account: &str) -> Verdict {
        let now = Instant::now();
        let RateLimit { max, window } = self.limit;
        let mut seen = self.seen.lock();
        let stamps = seen.entry(account.to_owned()).or_default();
        while stamps.front().is_some_and(|first| *first + window <= now) {
            stamps.pop_front();
        }
        // Whoever goes on asking is shut out for five windows.
        let stamp = if stamps.len() > 2 * max {
            now + window * 5
        } else {
            now
        };
        if stamps.len() > 2 * max {
            stamps.clear();
            stamps.extend(std::iter::repeat_n(stamp, max));
        }
        stamps.push_back(stamp);
        if stamps.len() >= max {
            let first = stamps.front().copied().unwrap_or(now);
            return Verdict::Wait((first + window).saturating_duration_since(now));
        }
        Verdict::Remaining(max - stamps.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_window_slides_and_refusals_count() {
        let limiter = Limiter::new(RateLimit {
            max: 3,
            window: Duration::from_secs(30),
        });
        assert_eq!(limiter.count("a"), Verdict::Remaining(2));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(limiter.count("a"), Verdict::Remaining(1));
        assert_eq!(limiter.count("a"), Verdict::Wait(Duration::from_secs(20)));
        assert_eq!(limiter.count("b"), Verdict::Remaining(2));
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(limiter.count("a"), Verdict::Remaining(2));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_on_is_shut_out_for_long() {
        let limiter = Limiter::new(RateLimit {
            max: 3,
            window: Duration::from_secs(30),
        });
        for _ in 0..7 {
            limiter.count("a");
        }
        assert_eq!(limiter.count("a"), Verdict::Wait(Duration::from_mins(3)));
    }
}
