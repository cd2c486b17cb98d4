//! The simulated servers' clock: set by hand or running, and skewable per server.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// A handle to a clock of Unix milliseconds. Clones share the clock; [`Clock::skewed`] shares it with an offset.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Arc<Mutex<Base>>,
    skew_ms: i64,
}

#[derive(Debug)]
enum Base {
    /// Stands still but for `tick_ms` per look.
    ByHand { now_ms: i64, tick_ms: i64 },
    /// Runs with tokio's clock, so it stands still where that is paused.
    Running { start_ms: i64, since: Instant },
}

impl Clock {
    /// A clock that moves only when told to.
    pub fn by_hand(now_ms: i64) -> Self {
        Self::of(Base::ByHand { now_ms, tick_ms: 0 })
    }

    /// A clock that moves by `tick_ms` each time it is looked at: stamps differ without anybody waiting.
    pub fn ticking(now_ms: i64, tick_ms: i64) -> Self {
        Self::of(Base::ByHand { now_ms, tick_ms })
    }

    /// A clock that shows `start_ms` now and goes on with tokio's (pausable) clock.
    pub fn running(start_ms: i64) -> Self {
        Self::of(Base::Running {
            start_ms,
            since: Instant::now(),
        })
    }

    fn of(base: Base) -> Self {
        Self {
            base: Arc::new(Mutex::new(base)),
            skew_ms: 0,
        }
    }

    /// The same clock, seen by a server whose own clock is `skew_ms` ahead (negative: behind).
    #[must_use]
    pub fn skewed(&self, skew_ms: i64) -> Self {
        Self {
            base: Arc::clone(&self.base),
            skew_ms: self.skew_ms.saturating_add(skew_ms),
        }
    }

    /// Unix milliseconds now.
    pub fn now(&self) -> i64 {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match &mut *base {
            Base::ByHand { now_ms, tick_ms } => {
                *now_ms = now_ms.saturating_add(*tick_ms);
                *now_ms
            }
            Base::Running { start_ms, since } => {
                let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                start_ms.saturating_add(passed)
            }
        };
        now.saturating_add(self.skew_ms)
    }

    /// What it shows, without being looked at: a clock that ticks stays where it is.
    pub fn shows(&self) -> i64 {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match &*base {
            Base::ByHand { now_ms, .. } => *now_ms,
            Base::Running { start_ms, since } => {
                let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                start_ms.saturating_add(passed)
            }
        };
        now.saturating_add(self.skew_ms)
    }

    /// Sets the shared clock, backwards too.
    pub fn set(&self, to_ms: i64) {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *base {
            Base::ByHand { now_ms, .. } => *now_ms = to_ms,
            Base::Running { start_ms, since } => {
                *start_ms = to_ms;
                *since = Instant::now();
            }
        }
    }

    /// Moves the shared clock by so many milliseconds.
    pub fn advance(&self, by_ms: i64) {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *base {
            Base::ByHand { now_ms, .. } => *now_ms = now_ms.saturating_add(by_ms),
            Base::Running { start_ms, .. } => *start_ms = start_ms.saturating_add(by_ms),
        }
    }
}

/// RFC 3339 UTC as Vibe Kanban prints it: three decimals, or none when the milliseconds are zero.
pub(crate) fn rfc3339(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(stamp) if ms.rem_euclid(1000) == 0 => format!("{stamp:.0}"),
        Ok(stamp) => format!("{stamp:.3}"),
        Err(_) => String::from("1970-01-01T00:00:00Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_follows_the_shared_one() {
        let clock = Clock::by_hand(1_000);
        let ahead = clock.skewed(250);
        clock.advance(10);
        assert_eq!((clock.now(), ahead.now()), (1_010, 1_260));
    }

    #[tokio::test(start_paused = true)]
    async fn a_running_clock_stands_still_while_tokio_is_paused() {
        let clock = Clock::running(5_000);
        assert_eq!(clock.now(), 5_000);
        tokio::time::advance(std::time::Duration::from_millis(70)).await;
        assert_eq!(clock.now(), 5_070);
    }

    #[test]
    fn stamps_have_three_decimals_or_none() {
        assert_eq!(rfc3339(1_795_245_290_420), "2026-11-21T07:14:50.420Z");
        assert_eq!(rfc3339(1_795_245_290_000), "2026-11-21T07:14:50Z");
    }
}
