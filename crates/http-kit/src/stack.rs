//! The stack, put together: [`Http`] is what clients hold.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt};
use tracing::Instrument;

use crate::limits::{Concurrency, Pace};
use crate::retry::{Retry, retry_after};
use crate::silence::{Silence, SilenceLayer};
use crate::stats::Counters;
use crate::transport::TransportError;
use crate::{
    Call, Classify, Effect, Error, Kind, Reply, Settings, Stats, Transport, Verdict, codes, leaf,
};

/// A call on its way through the layers.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) call: Call,
    /// No wait goes past this.
    pub(crate) deadline: Instant,
    /// Which sending this is, from 1.
    pub(crate) tries: u32,
    /// Whether this is the probe that ends a silence.
    pub(crate) probe: bool,
    /// Set once the transport was asked to send.
    sent: Arc<AtomicBool>,
}

/// What every layer's service gives back.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

/// One service's HTTP stack. Clones share connections, limits and counters.
#[derive(Clone)]
pub struct Http {
    stack: BoxCloneSyncService<Attempt, Reply, Error>,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
}

impl Http {
    /// A stack over real connections. Fails (fatal) where a setting is out of bounds or the client cannot be built.
    /// A machine without root certificates still gets a stack, for plain addresses; its https calls fail with
    /// [`codes::NET_TLS_ROOTS`].
    pub fn new(settings: Settings, classify: Classify) -> Result<Http, Error> {
        settings.checked()?;
        let counters = Arc::new(Counters::default());
        let transport = leaf::transport(&settings, Arc::clone(&counters))?;
        Ok(Self::assemble(
            settings, classify, transport, counters, false,
        ))
    }

    /// A stack over the given transport: for tests and simulations. Settings out of bounds make every call fail.
    pub fn with_transport(settings: Settings, classify: Classify, transport: Transport) -> Http {
        let counters = Arc::new(Counters::default());
        Self::assemble(settings, classify, transport, counters, true)
    }

    fn assemble(
        settings: Settings,
        classify: Classify,
        transport: Transport,
        counters: Arc<Counters>,
        count_wire: bool,
    ) -> Http {
        let settings = Arc::new(settings);
        let silence = settings
            .silence
            .map(|silence| Arc::new(Silence::new(silence, settings.service)));
        let exchange = Exchange {
            transport,
            classify,
            settings: Arc::clone(&settings),
            counters: Arc::clone(&counters),
            silence: silence.clone(),
            count_wire,
        };
        let stack = ServiceBuilder::new()
            .retry(Retry::new(&settings))
            .layer(SilenceLayer(silence))
            .layer(Concurrency::new(&settings))
            // Place of the circuit breaker, and of the limits that adapt to 429 and latency: between concurrency
            // and rate (design 4.7). They come with the issue on faults.
            .layer(Pace::new(&settings))
            .service(exchange);
        Http {
            stack: BoxCloneSyncService::new(stack),
            settings,
            counters,
        }
    }

    /// Makes one call. A read may be sent several times, a write is sent at most once. Ends at the overall deadline
    /// at the latest: then a write that was sent is [`Kind::Unknown`].
    pub async fn call(&self, call: Call) -> Result<Reply, Error> {
        self.settings.checked()?;
        let (route, effect) = (call.route, call.effect);
        let operation = format!("{} {} {route}", self.settings.service, call.method);
        let span = tracing::info_span!(
            "http",
            service = self.settings.service,
            method = %call.method,
            route,
            status = tracing::field::Empty,
            code = tracing::field::Empty,
            bytes = tracing::field::Empty,
            tries = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        self.counters.call(route, effect);
        let started = Instant::now();
        let result = self
            .within_deadline(call, started)
            .instrument(span.clone())
            .await;
        if result.is_err() {
            self.counters.failed(route);
        }
        record(&span, &operation, self.settings.slow, started, &result);
        result
    }

    /// The settings this stack was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What this stack has done since it was made.
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    async fn within_deadline(&self, call: Call, started: Instant) -> Result<Reply, Error> {
        let (route, effect) = (call.route, call.effect);
        let deadline = started + self.settings.deadline;
        let sent = Arc::new(AtomicBool::new(false));
        let attempt = Attempt {
            call,
            deadline,
            tries: 1,
            probe: false,
            sent: Arc::clone(&sent),
        };
        let answer = self.stack.clone().oneshot(attempt);
        if let Ok(result) = tokio::time::timeout_at(deadline, answer).await {
            return result;
        }
        let sent = sent.load(Ordering::Relaxed);
        let kind = match effect {
            Effect::Write if sent => Kind::Unknown,
            Effect::Read | Effect::Write => Kind::Transient,
        };
        let limit = self.settings.deadline.as_millis();
        let error = Error::new(kind, codes::NET_DEADLINE, self.settings.service, route);
        Err(error
            .with_detail(format!("not done within {limit} ms"))
            .with_tries(u32::from(sent)))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("service", &self.settings.service)
            .finish_non_exhaustive()
    }
}

/// Fills the span and emits its one event: a warning where the call was slow.
fn record(
    span: &tracing::Span,
    operation: &str,
    slow: Duration,
    started: Instant,
    result: &Result<Reply, Error>,
) {
    let took = started.elapsed();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.record("duration_ms", millis);
    match result {
        Ok(reply) => {
            span.record("status", reply.status.as_u16());
            span.record("bytes", reply.body.len());
            span.record("tries", reply.tries);
        }
        Err(error) => {
            span.record("code", error.code());
            span.record("tries", error.tries());
            if let Some(status) = error.status() {
                span.record("status", status);
            }
        }
    }
    let (outcome, status, tries) = match result {
        Ok(reply) => ("ok", Some(reply.status.as_u16()), reply.tries),
        Err(error) => ("failed", error.status(), error.tries()),
    };
    span.in_scope(|| {
        if took > slow {
            tracing::warn!(operation, outcome, status, tries, "slow call");
        } else {
            tracing::debug!(operation, outcome, status, tries, "call done");
        }
    });
}

/// The innermost service: one sending under the timeout of one try, then the client's verdict.
#[derive(Clone)]
struct Exchange {
    transport: Transport,
    classify: Classify,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    silence: Option<Arc<Silence>>,
    /// Whether wire bytes are counted here (the transport of [`Http::new`] counts its own).
    count_wire: bool,
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
        if let Some(silence) = &self.silence {
            silence
                .may_send(attempt.probe, call.route)
                .map_err(|refusal| refusal.with_tries(attempt.tries.saturating_sub(1)))?;
        }
        let limit = match call.effect {
            Effect::Read => self.settings.read_timeout,
            Effect::Write => self.settings.write_timeout,
        };
        attempt.sent.store(true, Ordering::Relaxed);
        self.counters.attempt(call.route, call.body.len());
        let answer = self.transport.clone().oneshot(call.clone());
        let outcome = match tokio::time::timeout(limit, answer).await {
            Ok(outcome) => outcome.and_then(|reply| self.within_cap(reply)),
            Err(_) => Err(TransportError::Timeout),
        };
        match outcome {
            Ok(reply) => self.judge(&attempt, reply),
            Err(broken) => Err(broken
                .into_error(self.settings.service, &call)
                .with_tries(attempt.tries)),
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

    fn judge(&self, attempt: &Attempt, mut reply: Reply) -> Result<Reply, Error> {
        reply.tries = attempt.tries;
        match (self.classify)(&attempt.call, &reply) {
            Verdict::Success => Ok(reply),
            Verdict::Failed { kind, code, detail } => {
                let route = attempt.call.route;
                Err(Error::new(kind, code, self.settings.service, route)
                    .with_status(reply.status.as_u16())
                    .with_detail(detail)
                    .with_retry_after(retry_after(&reply))
                    .with_tries(attempt.tries))
            }
        }
    }
}
