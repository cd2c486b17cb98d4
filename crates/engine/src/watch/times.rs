//! When the next run begins.

use std::time::Duration;

use sync_core::ids::Millis;

use crate::{lease::millis, run::Pace};

/// The times of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From the start of a run to the start of the next.
    pub interval: Duration,
    /// The longest delay after runs that got nowhere: it doubles with each of them.
    pub backoff_max: Duration,
    /// How long a run may take to come to a safe point once somebody asked to stop.
    pub grace: Duration,
    /// What is asked less often than every run.
    pub pace: Pace,
}

impl Default for Times {
    fn default() -> Self {
        Times {
            interval: Duration::from_secs(10),
            backoff_max: Duration::from_mins(5),
            grace: Duration::from_secs(10),
            pace: Pace::default(),
        }
    }
}

impl Times {
    /// From the start of a run to the start of the next, after so many in a row that got nowhere.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        let doubled = 2_u32
            .checked_pow(failures)
            .and_then(|factor| self.interval.checked_mul(factor));
        doubled
            .map_or(self.backoff_max, |delay| delay.min(self.backoff_max))
            .max(self.interval)
    }

    /// How long until the next run begins. A clock that was set back costs one interval, never more.
    pub(super) fn rest(&self, started_at: Option<Millis>, now: Millis, failures: u32) -> Duration {
        let Some(started_at) = started_at else {
            return Duration::ZERO;
        };
        let delay = millis(self.delay(failures)).0;
        let passed = now.0.saturating_sub(started_at.0).max(0);
        Duration::from_millis(u64::try_from(delay.saturating_sub(passed)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        interval: Duration::from_secs(10),
        backoff_max: Duration::from_mins(1),
        grace: Duration::from_secs(10),
        pace: Pace {
            refresh_every: Duration::ZERO,
            quiet_after: Duration::ZERO,
            quiet_poll: Duration::ZERO,
            quiet_poll_max: Duration::ZERO,
        },
    };

    #[test]
    fn the_delay_doubles_up_to_its_bound() {
        let delays: Vec<u64> = [0, 1, 2, 3, 31, 32, u32::MAX]
            .into_iter()
            .map(|failures| TIMES.delay(failures).as_secs())
            .collect();
        assert_eq!(delays, [10, 20, 40, 60, 60, 60, 60]);
        let seldom = Times {
            interval: Duration::from_secs(100),
            ..TIMES
        };
        assert_eq!(seldom.delay(9).as_secs(), 100, "never sooner than usual");
    }

    #[test]
    fn runs_are_counted_from_start_to_start() {
        let rest = |started: i64, now: i64| {
            TIMES
                .rest(Some(Millis(started)), Millis(now), 0)
                .as_millis()
        };
        assert_eq!(TIMES.rest(None, Millis(5), 3), Duration::ZERO);
        assert_eq!(rest(1_000, 4_000), 7_000);
        assert_eq!(rest(1_000, 11_000), 0);
        assert_eq!(
            rest(1_000, 99_000),
            0,
            "a long run delays the next, and no burst follows"
        );
        assert_eq!(rest(9_000_000, 1_000), 10_000, "the clock was set back");
    }
}
