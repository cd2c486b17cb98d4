//! Leaving a stuck server alone: after timeouts in a row nothing is sent, then one probe (design 4.7).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use crate::host::Host;
use crate::stack::{Answer, Attempt};
use crate::{Error, Kind, Reply, SilenceSettings, codes};

/// The state of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Calls go through; so many timeouts came in a row.
    Open { timeouts: u32 },
    /// Nothing is sent before `until`; the first call after it is the probe.
    Silent { until: Instant, length: Duration },
    /// The probe is on its way; nothing else is sent.
    Probing { length: Duration },
}

impl Default for State {
    fn default() -> Self {
        State::Open { timeouts: 0 }
    }
}

/// Whether a host is left alone at the moment.
pub(crate) fn is_silent(state: &Mutex<State>) -> bool {
    match *state.lock().unwrap_or_else(PoisonError::into_inner) {
        State::Open { .. } => false,
        State::Silent { .. } | State::Probing { .. } => true,
    }
}

/// How one admitted call ended, as far as the silence cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The server answered, whatever it said.
    Answered,
    /// The server took the request and did not answer.
    TimedOut,
    /// Nothing was learned: not sent, no connection, given up by the caller.
    Nothing,
}

/// The silence of one server: the rules of a stack over the state of the host.
#[derive(Debug, Clone)]
pub(crate) struct Silence {
    settings: SilenceSettings,
    service: &'static str,
    state: Arc<Mutex<State>>,
}

impl Silence {
    pub(crate) fn of(settings: SilenceSettings, service: &'static str, host: &Host) -> Self {
        Self {
            settings,
            service,
            state: Arc::clone(&host.silence),
        }
    }

    /// Lets a call in; true for the probe.
    fn admit(&self, now: Instant, route: &'static str) -> Result<bool, Error> {
        let mut state = self.lock();
        match *state {
            State::Open { .. } => Ok(false),
            State::Silent { until, length } if now >= until => {
                *state = State::Probing { length };
                Ok(true)
            }
            State::Silent { until, .. } => Err(self.refusal(route, until - now)),
            State::Probing { .. } => Err(self.refusal(route, Duration::ZERO)),
        }
    }

    /// Asked again just before the request is sent: a silence may have begun while the call waited for a permit.
    pub(crate) fn may_send(&self, probe: bool, route: &'static str) -> Result<(), Error> {
        match *self.lock() {
            State::Open { .. } => Ok(()),
            State::Probing { .. } if probe => Ok(()),
            State::Probing { .. } => Err(self.refusal(route, Duration::ZERO)),
            State::Silent { until, .. } => {
                let left = until.saturating_duration_since(Instant::now());
                Err(self.refusal(route, left))
            }
        }
    }

    /// Takes in how a call ended. Calls from before the silence change nothing once it has begun.
    fn settle(&self, probe: bool, ending: Ending, now: Instant) {
        let mut state = self.lock();
        *state = match (*state, probe, ending) {
            (State::Open { .. }, _, Ending::Answered)
            | (State::Probing { .. }, true, Ending::Answered) => State::Open { timeouts: 0 },
            (State::Open { timeouts }, _, Ending::TimedOut) => self.counted(timeouts + 1, now),
            (State::Probing { length }, true, Ending::TimedOut) => {
                let length = length.saturating_mul(2).min(self.settings.max);
                let until = now + length;
                State::Silent { until, length }
            }
            (State::Probing { length }, true, Ending::Nothing) => {
                State::Silent { until: now, length }
            }
            (same @ State::Open { .. }, _, Ending::Nothing)
            | (same @ State::Probing { .. }, false, _)
            | (same @ State::Silent { .. }, _, _) => same,
        };
    }

    fn counted(&self, timeouts: u32, now: Instant) -> State {
        if timeouts < self.settings.after_timeouts {
            return State::Open { timeouts };
        }
        let length = self.settings.first;
        tracing::warn!(service = self.service, silence = ?length, "the service stopped answering and is left alone");
        State::Silent {
            until: now + length,
            length,
        }
    }

    fn refusal(&self, route: &'static str, left: Duration) -> Error {
        Error::new(Kind::Transient, codes::NET_SILENCE, self.service, route)
            .with_detail(format!(
                "the service stopped answering and is left alone, next probe in {} s",
                left.as_secs()
            ))
            .with_retry_after(Some(left))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settles an admitted call even where its future is dropped, so that a lost probe does not block for ever.
struct Pass {
    silence: Silence,
    probe: bool,
    ending: Ending,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.silence.settle(self.probe, self.ending, Instant::now());
    }
}

/// What a result says about the server.
fn ending(result: &Result<Reply, Error>) -> Ending {
    let Err(error) = result else {
        return Ending::Answered;
    };
    match error.code() {
        codes::NET_TIMEOUT => Ending::TimedOut,
        codes::NET_BODY | codes::NET_BODY_TOO_LARGE => Ending::Answered,
        _ if error.status().is_some() => Ending::Answered,
        _ => Ending::Nothing,
    }
}

/// The layer; without settings it lets everything through.
#[derive(Debug, Clone)]
pub(crate) struct SilenceLayer {
    pub(crate) rules: Option<SilenceSettings>,
    pub(crate) service: &'static str,
}

impl<S> Layer<S> for SilenceLayer {
    type Service = SilenceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SilenceService {
            layer: self.clone(),
            inner,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SilenceService<S> {
    layer: SilenceLayer,
    inner: S,
}

impl<S> Service<Attempt> for SilenceService<S>
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
        let silence = Silence::of(rules, self.layer.service, &attempt.host);
        match silence.admit(Instant::now(), attempt.call.route) {
            Err(refusal) => {
                let refusal = refusal.with_tries(attempt.tries.saturating_sub(1));
                Box::pin(std::future::ready(Err(refusal)))
            }
            Ok(probe) => {
                attempt.probe = probe;
                let mut pass = Pass {
                    silence,
                    probe,
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
