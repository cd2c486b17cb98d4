//! The circuit breaker: a host of which half of the calls fail is not asked for a while, then with one probe (design 4.7).
//!
//! It is own code. `tower-resilience-circuitbreaker` is a layer and does open and close, but one breaker is one layer, so
//! it cannot be shared by host over several stacks and over reconnects; its half-open state lets a number of calls
//! through and counts finished ones, where one probe in flight is asked for here; a probe whose caller gave up is not
//! told to it; and it cannot be asked a second time right before the request leaves, after the wait for the rate limit.
//! `failsafe` and `recloser` are no layers and take the system's clock, which a paused test cannot move.
//!
//! [`Breaker`] is pure: time comes in as a parameter. [`BreakerLayer`] puts it into the stack.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::host::Host;
use crate::stack::{Answer, Attempt};
use crate::{BreakerSettings, Error, Kind, Reply, codes};

/// Into so many parts a window is cut: how exactly it slides, and how much is kept.
const PARTS: u32 = 30;

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Nothing is sent.
    Open,
    /// The next call is the probe, or it is on its way; nothing else is sent.
    HalfOpen,
}

impl BreakerState {
    /// As shown.
    pub const fn word(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        }
    }
}

/// How one try ended, as far as the breaker cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The host did its part, whatever it said.
    Answered,
    /// The host failed; it may have said how long to wait.
    Failed(Option<Duration>),
    /// Nothing was learned: not sent, or given up by the caller.
    Nothing,
}

impl Ending {
    /// How long nothing is sent where this opens the breaker.
    fn wait(self, rules: &BreakerSettings) -> Duration {
        match self {
            Ending::Failed(asked) => rules.open_for.max(asked.unwrap_or_default()),
            Ending::Answered | Ending::Nothing => rules.open_for,
        }
    }
}

/// What an admitted try holds. One from before a change of the state says nothing about the state after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
    probe: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Closed(Tally),
    Open { until: Instant },
    Probing,
}

/// The breaker of one host.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    /// Grows with every change of the state.
    epoch: u64,
    /// How often it opened.
    opened: u64,
    /// Tries that it refused.
    refused: u64,
}

impl Breaker {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Closed(Tally::new()),
            epoch: 0,
            opened: 0,
            refused: 0,
        }
    }

    /// Lets a try in, or says how long until the next probe (zero: one is on its way).
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Ticket, Duration> {
        let probe = match self.state {
            State::Closed(_) => false,
            State::Open { until } if now >= until => {
                self.change(State::Probing);
                true
            }
            State::Open { until } => {
                self.refused += 1;
                return Err(until - now);
            }
            State::Probing => {
                self.refused += 1;
                return Err(Duration::ZERO);
            }
        };
        Ok(Ticket {
            epoch: self.epoch,
            probe,
        })
    }

    /// Asked again right before the request is sent: the breaker may have opened while the try waited.
    pub(crate) fn may_send(&mut self, ticket: Ticket, now: Instant) -> Result<(), Duration> {
        let left = match self.state {
            State::Closed(_) => return Ok(()),
            State::Probing if ticket.probe && ticket.epoch == self.epoch => return Ok(()),
            State::Probing => Duration::ZERO,
            State::Open { until } => until.saturating_duration_since(now),
        };
        self.refused += 1;
        Err(left)
    }

    /// Takes in how a try ended; answers with the state that it led to, where that is another one.
    pub(crate) fn settle(
        &mut self,
        ticket: Ticket,
        ending: Ending,
        rules: &BreakerSettings,
        now: Instant,
    ) -> Option<BreakerState> {
        if ticket.epoch != self.epoch {
            return None;
        }
        let wait = ending.wait(rules);
        let next = match (&mut self.state, ending) {
            (State::Closed(_), Ending::Nothing) | (State::Open { .. }, _) => return None,
            (State::Closed(tally), Ending::Answered) => {
                tally.add(now, rules, false);
                return None;
            }
            (State::Closed(tally), Ending::Failed(_)) => {
                tally.add(now, rules, true);
                if !tally.is_bad(rules) {
                    return None;
                }
                State::Open { until: now + wait }
            }
            (State::Probing, Ending::Answered) => State::Closed(Tally::new()),
            (State::Probing, Ending::Failed(_)) => State::Open { until: now + wait },
            // Nobody knows how the probe fared: the next call is one again.
            (State::Probing, Ending::Nothing) => State::Open { until: now },
        };
        self.opened += u64::from(matches!(ending, Ending::Failed(_)));
        self.change(next);
        Some(self.state(now))
    }

    /// How it stands now.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed(_) => BreakerState::Closed,
            State::Open { until } if now >= until => BreakerState::HalfOpen,
            State::Open { .. } => BreakerState::Open,
            State::Probing => BreakerState::HalfOpen,
        }
    }

    /// How often it opened, and how many tries it refused.
    pub(crate) const fn counts(&self) -> (u64, u64) {
        (self.opened, self.refused)
    }

    fn change(&mut self, next: State) {
        self.state = next;
        self.epoch += 1;
    }
}

/// Calls and failures of the last window, in parts of it: bounded however many calls there are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tally(VecDeque<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    since: Instant,
    calls: u64,
    failed: u64,
}

impl Tally {
    const fn new() -> Self {
        Self(VecDeque::new())
    }

    fn add(&mut self, now: Instant, rules: &BreakerSettings, failed: bool) {
        while self
            .0
            .front()
            .is_some_and(|part| now.saturating_duration_since(part.since) >= rules.window)
        {
            self.0.pop_front();
        }
        let failed = u64::from(failed);
        match self.0.back_mut() {
            Some(part) if now.saturating_duration_since(part.since) * PARTS < rules.window => {
                part.calls += 1;
                part.failed += failed;
            }
            Some(_) | None => self.0.push_back(Part {
                since: now,
                calls: 1,
                failed,
            }),
        }
    }

    fn is_bad(&self, rules: &BreakerSettings) -> bool {
        let calls: u64 = self.0.iter().map(|part| part.calls).sum();
        let failed: u64 = self.0.iter().map(|part| part.failed).sum();
        calls >= u64::from(rules.calls) && failed * 100 >= calls * u64::from(rules.percent)
    }
}

/// What a result says about the host: failed are timeouts, broken connections, answers of another program, and the
/// server's own words for "not now" and "I am broken". A refusal of what was asked is an answer as good as any.
pub(crate) fn ending(result: &Result<Reply, Error>) -> Ending {
    let Err(error) = result else {
        return Ending::Answered;
    };
    let passing = match error.kind() {
        Kind::Transient | Kind::Unknown => true,
        Kind::Conflict | Kind::Rejected | Kind::Fatal => false,
    };
    match (error.code(), error.status()) {
        (codes::NET_HTML, _)
        | (
            codes::NET_TIMEOUT
            | codes::NET_CONNECT
            | codes::NET_REFUSED
            | codes::NET_UNREACHABLE
            | codes::NET_DNS
            | codes::NET_RESET
            | codes::NET_BODY
            | codes::NET_TLS,
            None,
        ) => Ending::Failed(None),
        (_, Some(408 | 425 | 429 | 500..=599)) if passing => Ending::Failed(error.retry_after()),
        (_, Some(_)) | (codes::NET_BODY_TOO_LARGE, None) => Ending::Answered,
        (_, None) => Ending::Nothing,
    }
}

/// The error of a call that the breaker does not let through.
pub(crate) fn refusal(service: &'static str, route: &'static str, left: Duration) -> Error {
    Error::new(Kind::Transient, codes::NET_BREAKER, service, route)
        .with_detail(format!(
            "too many calls failed and the service is left alone, next probe in {} s",
            left.as_secs()
        ))
        .with_retry_after(Some(left))
}

/// The layer; without settings it lets everything through.
#[derive(Debug, Clone)]
pub(crate) struct BreakerLayer {
    pub(crate) rules: Option<BreakerSettings>,
    pub(crate) service: &'static str,
}

/// Settles an admitted try even where its future is dropped, so that a lost probe does not block for ever.
struct Pass {
    host: Arc<Host>,
    rules: BreakerSettings,
    ticket: Ticket,
    ending: Ending,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let now = Instant::now();
        let changed = self
            .host
            .breaker()
            .settle(self.ticket, self.ending, &self.rules, now);
        let (service, host) = (self.host.name, self.host.authority.as_str());
        match changed {
            None => {}
            Some(BreakerState::Open) => {
                tracing::warn!(service, host, wait = ?self.ending.wait(&self.rules), "the breaker opened: too many calls failed");
            }
            Some(BreakerState::HalfOpen) => {
                tracing::debug!(service, host, "the probe of the breaker was given up");
            }
            Some(BreakerState::Closed) => {
                tracing::warn!(
                    service,
                    host,
                    "the breaker closed: the service answers again"
                );
            }
        }
    }
}

impl<S> Layer<S> for BreakerLayer {
    type Service = BreakerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BreakerService {
            layer: self.clone(),
            inner,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct BreakerService<S> {
    layer: BreakerLayer,
    inner: S,
}

impl<S> Service<Attempt> for BreakerService<S>
where
    S: Service<Attempt, Response = Reply, Error = Error, Future = Answer>,
{
    type Response = Reply;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut attempt: Attempt) -> Answer {
        let Some(rules) = self.layer.rules else {
            return self.inner.call(attempt);
        };
        let host = Arc::clone(&attempt.host);
        let admitted = host.breaker().admit(Instant::now());
        match admitted {
            Err(left) => {
                let refusal = refusal(self.layer.service, attempt.call.route, left)
                    .with_tries(attempt.tries.saturating_sub(1));
                Box::pin(std::future::ready(Err(refusal)))
            }
            Ok(ticket) => {
                if ticket.probe {
                    tracing::info!(
                        service = host.name,
                        host = host.authority,
                        "the breaker sends its probe"
                    );
                }
                attempt.ticket = Some(ticket);
                let mut pass = Pass {
                    host,
                    rules,
                    ticket,
                    ending: Ending::Nothing,
                };
                let answer = self.inner.call(attempt);
                Box::pin(async move {
                    let result = answer.await;
                    pass.ending = ending(&result);
                    drop(pass);
                    result
                })
            }
        }
    }
}

#[cfg(test)]
#[path = "breaker/tests.rs"]
mod tests;
