//! The limits that keep a real server alive, as settings of the stack.

use std::time::Duration;

use http_kit::{Rate, Settings, SilenceSettings};

/// Writes in flight at the transactor. More than about ten at once (32 creates, 11 increments) hang it for everybody,
/// reads included, until it was left alone for more than a minute.
pub const WRITES_IN_FLIGHT: usize = 4;
/// Requests per [`RATE_WINDOW`]. The server refuses the 1,500th, counted over all of an account's programs, so some
/// room is left for the page that the same person has open.
pub const RATE_COUNT: u32 = 1_400;
/// The window of the rate limit.
pub const RATE_WINDOW: Duration = Duration::from_secs(30);
/// The server closes idle connections after 5 s, so ours go before.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Settings of the four services of one installation; every value may be changed before they are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The front, which serves `config.json`.
    pub front: Settings,
    /// The account service.
    pub account: Settings,
    /// The transactor.
    pub transactor: Settings,
    /// The collaborator.
    pub collaborator: Settings,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            front: front_settings(),
            account: account_settings(),
            transactor: transactor_settings(),
            collaborator: collaborator_settings(),
        }
    }
}

/// Settings for the transactor: 4 writes in flight, 1,400 requests in 30 s, idle connections dropped after 4 s, and
/// after two timeouts in a row no request for 90 s, then one, doubling to 10 min.
pub fn transactor_settings() -> Settings {
    Settings {
        service: "huly",
        write_concurrency: WRITES_IN_FLIGHT,
        rate: Some(Rate {
            count: RATE_COUNT,
            window: RATE_WINDOW,
        }),
        idle_timeout: IDLE_TIMEOUT,
        silence: Some(SilenceSettings::default()),
        ..Settings::default()
    }
}

/// Settings for the collaborator. Its writes end in the transactor, so they are as few, and it is left alone likewise.
pub fn collaborator_settings() -> Settings {
    Settings {
        service: "huly-collaborator",
        concurrency: 4,
        write_concurrency: WRITES_IN_FLIGHT,
        idle_timeout: IDLE_TIMEOUT,
        silence: Some(SilenceSettings::default()),
        ..Settings::default()
    }
}

/// Settings for the account service: a handful of calls per run, one at a time.
pub fn account_settings() -> Settings {
    Settings {
        service: "huly-account",
        concurrency: 1,
        write_concurrency: 1,
        idle_timeout: IDLE_TIMEOUT,
        body_cap: 4 << 20,
        ..Settings::default()
    }
}

/// Settings for the front: one small file.
pub fn front_settings() -> Settings {
    Settings {
        service: "huly-front",
        // The front and the account service are one program's two faces in most installations.
        host: Some("huly-account"),
        body_cap: 1 << 20,
        ..account_settings()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transactor_gets_four_writes_a_rate_below_its_own_and_silence_after_two_timeouts() {
        let settings = transactor_settings();
        assert_eq!(settings.write_concurrency, 4);
        assert!(settings.rate.is_some_and(|rate| rate.count < 1_500));
        assert!(settings.idle_timeout < Duration::from_secs(5));
        let silence = settings.silence.expect("silence is on");
        assert_eq!((silence.after_timeouts, silence.first.as_secs()), (2, 90));
        assert_eq!(silence.max.as_secs(), 600);
    }
}
