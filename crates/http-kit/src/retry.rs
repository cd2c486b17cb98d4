//! Repeats of reads: full jitter, the server's `Retry-After` on 429 and 503, never past the deadline, and never more than
//! the host's budget holds: repeats are at most a fifth of its calls, and ten in ten seconds on top. A host that could not
//! be reached at all is asked once a call until it answers again.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Instant;
use tower::retry::Policy;
use tower::retry::budget::Budget;

use crate::stack::Attempt;
use crate::{Effect, Error, Kind, Reply, Settings, codes};

/// No server is believed that asks for a longer wait.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// Chance, shared by all calls of one stack.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(Arc<Mutex<StdRng>>);

impl Jitter {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let rng = match seed {
            Some(seed) => StdRng::seed_from_u64(seed),
            None => StdRng::from_os_rng(),
        };
        Self(Arc::new(Mutex::new(rng)))
    }

    /// A wait between zero and `max`.
    fn up_to(&self, max: Duration) -> Duration {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        max.mul_f64(rng.random_range(0.0..=1.0))
    }
}

/// Which calls are repeated, and after how long.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    max_tries: u32,
    base: Duration,
    cap: Duration,
    jitter: Jitter,
}

impl Retry {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            max_tries: settings.max_tries,
            base: settings.backoff_base,
            cap: settings.backoff_cap,
            jitter: Jitter::new(settings.seed),
        }
    }

    /// The wait before the repeat after `tries` sendings. A wait that the server asked for is kept in full; the
    /// jitter on top keeps those it told the same from coming back together.
    fn wait(&self, tries: u32, asked: Option<Duration>) -> Duration {
        if let Some(asked) = asked {
            return asked + self.jitter.up_to(self.base);
        }
        let doublings = tries.saturating_sub(1).min(20);
        let range = self.base.saturating_mul(1 << doublings);
        self.jitter.up_to(range.min(self.cap))
    }
}

impl Policy<Attempt, Reply, Error> for Retry {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(
        &mut self,
        attempt: &mut Attempt,
        result: &mut Result<Reply, Error>,
    ) -> Option<Self::Future> {
        let error = result.as_ref().err()?;
        let hopeless = error.kind() != Kind::Transient
            || attempt.was_away
            || matches!(
                error.code(),
                codes::NET_SILENCE | codes::NET_BREAKER | codes::NET_RATE | codes::NET_QUEUE
            );
        if hopeless || attempt.tries >= self.max_tries {
            return None;
        }
        let due = Instant::now() + self.wait(attempt.tries, error.retry_after());
        if due >= attempt.deadline || !attempt.host.budget.withdraw() {
            return None;
        }
        attempt.tries += 1;
        Some(Box::pin(tokio::time::sleep_until(due)))
    }

    /// A write has no copy, so it cannot be sent twice even by mistake.
    fn clone_request(&mut self, attempt: &Attempt) -> Option<Attempt> {
        match attempt.call.effect {
            Effect::Read => Some(attempt.clone()),
            Effect::Write => None,
        }
    }
}

/// The wait that an answer asks for: only 429 and 503 can (Huly sends `Retry-After` with its successes too).
/// `Retry-After-ms` is the finer one and goes first; a date is taken against the answer's own `Date`.
pub(crate) fn retry_after(reply: &Reply) -> Option<Duration> {
    if ![429, 503].contains(&reply.status.as_u16()) {
        return None;
    }
    let text = |name: &str| {
        reply
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let millis = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok());
    let plain = text(RETRY_AFTER.as_str());
    let seconds = plain.and_then(|text| text.parse::<f64>().ok());
    let date = || {
        let until = jiff::fmt::rfc2822::parse(plain?).ok()?;
        let now = jiff::fmt::rfc2822::parse(text(DATE.as_str())?).ok()?;
        Some(until.duration_since(&now).as_secs_f64())
    };
    let wait = millis.map(|ms| ms / 1000.0).or(seconds).or_else(date)?;
    Duration::try_from_secs_f64(wait.max(0.0))
        .ok()
        .map(|wait| wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: bytes::Bytes::new(),
            tries: 1,
        }
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms_and_only_on_429_and_503() {
        let day = "Sun, 06 Nov 1994 08:49:37 GMT";
        let later = "Sun, 06 Nov 1994 08:49:39 GMT";
        let cases = [
            (429, vec![("retry-after", "2")], Some(2000)),
            (503, vec![("retry-after", "2")], Some(2000)),
            (200, vec![("retry-after", "2")], None),
            (500, vec![("retry-after", "2")], None),
            (
                429,
                vec![("retry-after", "2"), ("retry-after-ms", "1500")],
                Some(1500),
            ),
            (429, vec![("retry-after", later), ("date", day)], Some(2000)),
            (429, vec![("retry-after", day), ("date", later)], Some(0)),
            (429, vec![("retry-after", later)], None),
            (429, vec![("retry-after", "soon")], None),
            (429, vec![("retry-after", "-3")], Some(0)),
            (429, vec![("retry-after", "NaN")], Some(0)),
            (429, vec![("retry-after", "99999999")], Some(3_600_000)),
        ];
        for (status, headers, expected) in cases {
            assert_eq!(
                retry_after(&reply(status, &headers)),
                expected.map(Duration::from_millis),
                "{status} {headers:?}"
            );
        }
    }

    #[test]
    fn waits_are_drawn_from_a_doubling_range_and_repeat_with_the_seed() {
        let settings = Settings {
            seed: Some(7),
            ..Settings::default()
        };
        let waits = || {
            let retry = Retry::new(&settings);
            (1..=12).map(|n| retry.wait(n, None)).collect::<Vec<_>>()
        };
        assert_eq!(waits(), waits());
        for (n, wait) in waits().into_iter().enumerate() {
            let range = settings.backoff_base * (1 << n);
            assert!(wait <= range.min(settings.backoff_cap), "{n}: {wait:?}");
        }
    }
}
