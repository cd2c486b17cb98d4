//! Everything that can be set per service, with units, bounds and defaults.

use std::time::Duration;

use crate::{Error, Kind, codes};

/// The limits of one service's stack. `Settings { service: "vibe", ..Settings::default() }` is the usual form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name of the service in errors, spans and counters.
    pub service: &'static str,
    /// Longest one try of a read may take, body included; 1 ms to 1 h, default 60 s.
    pub read_timeout: Duration,
    /// Longest one try of a write may take, body included; 1 ms to 1 h, default 15 s. The lease of a workspace must
    /// outlive it (design 4.6).
    pub write_timeout: Duration,
    /// Longest a connection may take to be made, TLS included; 1 ms to 1 h, default 10 s.
    pub connect_timeout: Duration,
    /// Longest a call may take with all waits and repeats; 1 ms to 24 h, default 180 s.
    pub deadline: Duration,
    /// Most idle connections kept per host; default 10.
    pub idle_connections: usize,
    /// How long an idle connection is kept; must be below the server's own limit (Huly's server closes at 5 s, so 4 s
    /// there); default 60 s.
    pub idle_timeout: Duration,
    /// Most calls in flight, writes included; 1 to 1000, default 8.
    pub concurrency: usize,
    /// Most writes in flight; 1 to 1000, default 4.
    pub write_concurrency: usize,
    /// Most calls that wait for a place among those in flight; 1 to 100 000, default 1000. One more fails at once.
    pub queue: usize,
    /// Most tries that may be started in a window of time; default none.
    pub rate: Option<Rate>,
    /// Most bytes of an answer after decompression; at least 1, default 64 MiB.
    pub body_cap: usize,
    /// Most times a read is sent; 1 to 20, default 4. A write is sent once.
    pub max_tries: u32,
    /// The wait before the first repeat is drawn from zero to this; it doubles per repeat; default 2 s.
    pub backoff_base: Duration,
    /// The wait before a repeat never exceeds this, unless the server asks for more; at most 1 h, default 32 s.
    pub backoff_cap: Duration,
    /// When to leave a stuck server alone; default never.
    pub silence: Option<SilenceSettings>,
    /// When a failing host is left alone; default as [`BreakerSettings::default`], none for never.
    pub breaker: Option<BreakerSettings>,
    /// Under which name the state of the host is shared with other stacks; default `service`.
    pub host: Option<&'static str>,
    /// Whether a read is sent on where its own host redirects it; default true. Where not, the redirect goes to the
    /// client's classifier like any other answer. Held by the real transport only.
    pub follow_redirects: bool,
    /// Whether plain http may go to a host that is not loopback; default false. Held by the real transport only.
    pub allow_insecure: bool,
    /// A call that takes longer, with its waits and repeats, is a warning; default 2 s.
    pub slow: Duration,
    /// The seed of the jitter, so that a simulated run repeats; default none (a fresh one).
    pub seed: Option<u64>,
}

/// At most `count` tries in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many tries; at least 1.
    pub count: u32,
    /// In how long; 1 ms to 1 h.
    pub window: Duration,
}

/// When a server that stopped answering is left alone (design 4.7: more requests keep a stuck Huly stuck).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceSettings {
    /// So many timeouts in a row start the silence; at least 1, default 2.
    pub after_timeouts: u32,
    /// How long the first silence lasts; default 90 s.
    pub first: Duration,
    /// It doubles after each failed probe up to this; at least `first`, default 600 s.
    pub max: Duration,
}

/// When a host of which many calls fail is left alone (design 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// From this share of failed calls on, in percent; 1 to 100, default 50.
    pub percent: u32,
    /// Among at least so many calls; 1 to 100 000, default 10.
    pub calls: u32,
    /// That ended within this time; 1 s to 1 h, default 30 s.
    pub window: Duration,
    /// For so long nothing is sent, then one probe; 1 s to 1 h, default 30 s.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            percent: 50,
            calls: 10,
            window: Duration::from_secs(30),
            open_for: Duration::from_secs(30),
        }
    }
}

impl Default for SilenceSettings {
    fn default() -> Self {
        Self {
            after_timeouts: 2,
            first: Duration::from_secs(90),
            max: Duration::from_mins(10),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: "http",
            read_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(10),
            deadline: Duration::from_mins(3),
            idle_connections: 10,
            idle_timeout: Duration::from_mins(1),
            concurrency: 8,
            write_concurrency: 4,
            queue: 1_000,
            rate: None,
            body_cap: 64 << 20,
            max_tries: 4,
            backoff_base: Duration::from_secs(2),
            backoff_cap: Duration::from_secs(32),
            silence: None,
            breaker: Some(BreakerSettings::default()),
            host: None,
            follow_redirects: true,
            allow_insecure: false,
            slow: Duration::from_secs(2),
            seed: None,
        }
    }
}

impl Settings {
    /// Under which name the state of the host is kept.
    pub(crate) fn host_name(&self) -> &'static str {
        self.host.unwrap_or(self.service)
    }

    /// The settings, or the name of the first one that is out of its bounds (fatal, [`codes::NET_SETTINGS`]).
    pub(crate) fn checked(&self) -> Result<(), Error> {
        const HOUR: Duration = Duration::from_hours(1);
        const TICK: Duration = Duration::from_millis(1);
        let span = |time: Duration, max: Duration| (TICK..=max).contains(&time);
        let rules = [
            ("read_timeout", span(self.read_timeout, HOUR)),
            ("write_timeout", span(self.write_timeout, HOUR)),
            ("connect_timeout", span(self.connect_timeout, HOUR)),
            ("deadline", span(self.deadline, 24 * HOUR)),
            ("concurrency", (1..=1000).contains(&self.concurrency)),
            (
                "write_concurrency",
                (1..=1000).contains(&self.write_concurrency),
            ),
            ("queue", (1..=100_000).contains(&self.queue)),
            (
                "breaker",
                self.breaker.is_none_or(|breaker| {
                    const SECOND: Duration = Duration::from_secs(1);
                    (1..=100).contains(&breaker.percent)
                        && (1..=100_000).contains(&breaker.calls)
                        && (SECOND..=HOUR).contains(&breaker.window)
                        && (SECOND..=HOUR).contains(&breaker.open_for)
                }),
            ),
            ("body_cap", self.body_cap > 0),
            ("max_tries", (1..=20).contains(&self.max_tries)),
            ("backoff_cap", self.backoff_cap <= HOUR),
            (
                "rate",
                self.rate
                    .is_none_or(|rate| rate.count > 0 && span(rate.window, HOUR)),
            ),
            (
                "silence",
                self.silence.is_none_or(|silence| {
                    silence.after_timeouts > 0
                        && silence.first <= silence.max
                        && silence.max <= 24 * HOUR
                }),
            ),
        ];
        match rules.iter().find(|(_, holds)| !holds) {
            None => Ok(()),
            Some((name, _)) => {
                Err(
                    Error::new(Kind::Fatal, codes::NET_SETTINGS, self.service, "(settings)")
                        .with_detail(format!("{name} is out of its bounds")),
                )
            }
        }
    }
}
