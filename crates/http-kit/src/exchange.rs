//! The innermost service: the last questions, one sending under the timeout of one try, then the client's verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tower::{Service, ServiceExt};

use crate::limits::Pace;
use crate::permit::PermitSlot;
use crate::retry::retry_after;
use crate::server_time::slept;
use crate::silence::Silence;
use crate::stack::{Answer, Attempt};
use crate::stats::Counters;
use crate::transport::TransportError;
use crate::window::Told;
use crate::{Classify, Effect, Error, Kind, Reply, Settings, Transport, Verdict, breaker, codes};

/// See the module.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) transport: Transport,
    pub(crate) classify: Classify,
    pub(crate) settings: Arc<Settings>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) permit: PermitSlot,
    pub(crate) pace: Pace,
    /// Whether wire bytes are counted here (the real transport counts its own).
    pub(crate) count_wire: bool,
}

impl Service<Attempt> for Exchange {
    type Response = Reply;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, attempt: Attempt) -> Answer {
        let exchange = self.clone();
        Box::pin(async move { exchange.run(attempt).await })
    }
}

impl Exchange {
    async fn run(self, attempt: Attempt) -> Result<Reply, Error> {
        let call = attempt.call.clone();
        self.may_send(&attempt)
            .map_err(|refusal| refusal.with_tries(attempt.tries.saturating_sub(1)))?;
        let limit = match call.effect {
            Effect::Read => self.settings.read_timeout,
            Effect::Write => self.settings.write_timeout,
        };
        attempt.sent.store(true, Ordering::Relaxed);
        self.counters.attempt(call.route, call.body.len());
        let began = Instant::now();
        let answer = self.transport.clone().oneshot(call.clone());
        let outcome = match tokio::time::timeout(limit, answer).await {
            Ok(outcome) => outcome.and_then(|reply| self.within_cap(reply)),
            Err(_) => Err(TransportError::Timeout),
        };
        match outcome {
            Ok(reply) => self.judge(&attempt, reply, began),
            Err(broken) => Err(broken
                .into_error(self.settings.service, &call)
                .with_tries(attempt.tries)),
        }
    }

    /// After all waits, right before the sending: a silence may have begun meanwhile, the breaker may have opened, and
    /// the right to write may have run out. Nothing between here and the transport waits.
    fn may_send(&self, attempt: &Attempt) -> Result<(), Error> {
        let (service, route) = (self.settings.service, attempt.call.route);
        if let Some(rules) = self.settings.silence {
            Silence::of(rules, service, &attempt.host).may_send(attempt.probe, route)?;
        }
        if let Some(ticket) = attempt.ticket {
            let asked = attempt.host.breaker().may_send(ticket, Instant::now());
            asked.map_err(|left| breaker::refusal(service, route, left))?;
        }
        match attempt.call.effect {
            Effect::Read => Ok(()),
            Effect::Write => {
                let asked = self.permit.may_write(self.settings.write_timeout);
                asked.map_err(|why| {
                    Error::new(Kind::Transient, codes::NET_PERMIT, service, route).with_detail(why)
                })
            }
        }
    }

    fn within_cap(&self, reply: Reply) -> Result<Reply, TransportError> {
        if self.count_wire {
            self.counters.wire(reply.body.len());
        }
        let cap = self.settings.body_cap;
        if reply.body.len() > cap {
            return Err(TransportError::TooLarge { cap });
        }
        self.counters.body(reply.body.len());
        Ok(reply)
    }

    fn judge(&self, attempt: &Attempt, mut reply: Reply, began: Instant) -> Result<Reply, Error> {
        reply.tries = attempt.tries;
        let (host, status) = (&attempt.host, reply.status.as_u16());
        host.time()
            .take(&reply.headers, began, Instant::now(), slept());
        let wait = retry_after(&reply);
        let told = Told::of(status, &reply.headers, wait);
        self.pace.window(host).told(told, began);
        let (kind, code, detail) = match (self.classify)(&attempt.call, &reply) {
            Verdict::Success if attempt.call.no_page && reply.is_page() => {
                let kind = match attempt.call.effect {
                    Effect::Read => Kind::Transient,
                    // Who knows how far it came.
                    Effect::Write => Kind::Unknown,
                };
                // Not a word of the page: it can be anything.
                let words = "an html page instead of an answer".to_owned();
                (kind, codes::NET_HTML, words)
            }
            Verdict::Success => return Ok(reply),
            Verdict::Failed { kind, code, detail } => (kind, code, detail),
        };
        Err(
            Error::new(kind, code, self.settings.service, attempt.call.route)
                .with_status(status)
                .with_detail(detail)
                .with_retry_after(wait)
                .with_tries(attempt.tries),
        )
    }
}
