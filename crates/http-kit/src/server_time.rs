//! A server's clock, by the `Date` of its answers: the median of the last five, slow round trips left out.

use std::collections::VecDeque;
use std::time::Duration;

use http::HeaderMap;
use http::header::DATE;
use tokio::time::Instant;

/// So many answers are kept.
const SAMPLES: usize = 5;
/// A round trip that took longer says too little about when the date was written.
const SLOW: Duration = Duration::from_secs(2);
/// An answer older than this says too little: clocks drift, and this machine may have slept.
const OLD: Duration = Duration::from_mins(10);
/// A `Date` names a whole second: on average the moment was in its middle.
const HALF_SECOND_MS: i64 = 500;
/// Times are cut to whole milliseconds, each of the four that a comparison takes.
const ROUNDING_MS: i64 = 4;

/// What a server's clock shows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime {
    /// Unix milliseconds, as well as they are known.
    pub millis: i64,
    /// How far off that may be, either way: half a second (a `Date` has whole ones) and half the round trip.
    pub within: i64,
}

impl ServerTime {
    /// The latest moment that the clock may show.
    pub const fn latest(self) -> i64 {
        self.millis.saturating_add(self.within)
    }

    /// How far it is ahead of a clock that shows this now, in milliseconds; negative where it is behind. What the measuring explains
    /// is no difference.
    pub const fn ahead_of(self, ours: i64) -> i64 {
        let ahead = self.millis.saturating_sub(ours);
        if ahead.saturating_abs() <= self.within.saturating_add(ROUNDING_MS) {
            0
        } else {
            ahead
        }
    }
}

/// The last answers that had a date and were fast.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(VecDeque<Sample>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    /// As [`slept`] was then.
    slept: Duration,
    time: ServerTime,
}

impl Samples {
    /// Takes in an answer that was asked for at `sent` and was there at `at`, when the machine had [`slept`] so long.
    pub(crate) fn take(
        &mut self,
        headers: &HeaderMap,
        sent: Instant,
        at: Instant,
        slept: Duration,
    ) {
        let trip = at.saturating_duration_since(sent);
        if trip > SLOW {
            return;
        }
        let Some(date) = date(headers) else {
            return;
        };
        let half_trip = i64::try_from(trip.as_millis()).unwrap_or(i64::MAX) / 2;
        let time = ServerTime {
            millis: date.saturating_add(HALF_SECOND_MS + half_trip),
            within: HALF_SECOND_MS + half_trip,
        };
        if self.0.len() >= SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back(Sample { at, slept, time });
    }

    /// The clock now, when the machine has [`slept`] so long: the median of what the samples say.
    pub(crate) fn now(&self, now: Instant, slept: Duration) -> Option<ServerTime> {
        let passed = |sample: &Sample| {
            let awake = now.saturating_duration_since(sample.at);
            awake + slept.saturating_sub(sample.slept)
        };
        let mut all: Vec<ServerTime> = self
            .0
            .iter()
            .map(|sample| (passed(sample), sample.time))
            .filter(|(passed, _)| *passed <= OLD)
            .map(|(passed, time)| {
                let passed = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
                ServerTime {
                    millis: time.millis.saturating_add(passed),
                    ..time
                }
            })
            .collect();
        all.sort_by_key(|time| time.millis);
        all.get(all.len() / 2).copied()
    }
}

/// How long this machine was suspended since it started: an [`Instant`] does not count that, and a server's clock goes on.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn slept() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = |clock| {
        let time = clock_gettime(clock);
        // since the machine started, so never negative
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let awake = read(ClockId::Monotonic);
    read(ClockId::Boottime).saturating_sub(awake)
}

/// Elsewhere it is not told.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const fn slept() -> Duration {
    Duration::ZERO
}

fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(date.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAKE: Duration = Duration::ZERO;

    fn dated(date: &str) -> HeaderMap {
        let value = date.parse().expect("a header");
        HeaderMap::from_iter([(DATE, value)])
    }

    /// The moment of 1970-01-01T00:mm:ss.
    fn clock(seconds: i64) -> HeaderMap {
        dated(&format!(
            "Thu, 01 Jan 1970 00:{:02}:{:02} GMT",
            seconds / 60,
            seconds % 60
        ))
    }

    #[test]
    fn the_median_of_the_last_five_fast_answers_is_taken_and_goes_on() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut samples = Samples::default();
        assert_eq!(samples.now(start, AWAKE), None);
        samples.take(&clock(100), start, at(200), AWAKE);
        let first = ServerTime {
            millis: 100_600,
            within: 600,
        };
        assert_eq!(samples.now(at(200), AWAKE), Some(first));
        assert_eq!(
            samples.now(at(5_200), AWAKE).map(|time| time.millis),
            Some(105_600)
        );
        assert_eq!(first.latest(), 101_200);
        let rows = [
            (101_200, 0),
            (100_000, 0),
            (160_600, -60_000),
            (40_600, 60_000),
        ];
        for (ours, ahead) in rows {
            assert_eq!(first.ahead_of(ours), ahead, "{ours}");
        }
        // One clock of several that is far off does not matter.
        for (seconds, ms) in [(101, 1_000), (3_000, 1_000), (101, 1_000)] {
            samples.take(&clock(seconds), at(ms), at(ms), AWAKE);
        }
        assert_eq!(
            samples.now(at(1_000), AWAKE).map(|time| time.millis),
            Some(101_500)
        );
        // It was set back: after three more answers that is known.
        for ms in [2_000, 3_000, 4_000] {
            samples.take(
                &clock(ms / 1_000),
                at(ms.unsigned_abs()),
                at(ms.unsigned_abs()),
                AWAKE,
            );
        }
        assert_eq!(
            samples.now(at(4_000), AWAKE).map(|time| time.millis),
            Some(4_500)
        );
        assert_eq!(samples.0.len(), SAMPLES);
    }

    #[test]
    fn slow_round_trips_and_answers_without_a_date_say_nothing_and_old_ones_not_for_ever() {
        let start = Instant::now();
        let mut samples = Samples::default();
        samples.take(
            &clock(100),
            start,
            start + Duration::from_millis(2_001),
            AWAKE,
        );
        samples.take(&HeaderMap::new(), start, start, AWAKE);
        samples.take(&dated("yesterday"), start, start, AWAKE);
        assert_eq!(samples.now(start, AWAKE), None);
        samples.take(&clock(100), start, start, AWAKE);
        assert!(samples.now(start + OLD, AWAKE).is_some());
        assert_eq!(
            samples.now(start + OLD + Duration::from_millis(1), AWAKE),
            None
        );
    }

    #[test]
    fn time_that_the_machine_slept_has_passed_for_the_server_too() {
        let start = Instant::now();
        let mut samples = Samples::default();
        let before = Duration::from_mins(3);
        samples.take(&clock(100), start, start, before);
        let minute = before + Duration::from_mins(1);
        let now = samples.now(start, minute).map(|time| time.millis);
        assert_eq!(now, Some(160_500));
        let long = before + OLD + Duration::from_millis(1);
        assert_eq!(samples.now(start, long), None, "it says too little");
        assert!(slept() <= slept() + Duration::from_millis(1));
    }
}
