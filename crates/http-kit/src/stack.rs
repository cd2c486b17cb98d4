//! The stack, put together: [`Http`] is what clients hold.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tower::retry::budget::Budget;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt};
use tracing::Instrument;
use url::Url;

use crate::breaker::{BreakerLayer, Ticket};
use crate::exchange::Exchange;
use crate::host::Host;
use crate::limits::{Concurrency, Pace};
use crate::permit::PermitSlot;
use crate::retry::Retry;
use crate::server_time::slept;
use crate::silence::SilenceLayer;
use crate::stats::Counters;
use crate::{
    Call, Classify, Effect, Error, Hosts, Kind, Permit, Reply, ServerTime, Settings, Stats,
    Transport, codes, leaf,
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
    /// What is known of the host that is called.
    pub(crate) host: Arc<Host>,
    /// Whether the host could not be reached when the call began.
    pub(crate) was_away: bool,
    /// What the breaker gave out.
    pub(crate) ticket: Option<Ticket>,
    /// Set once the transport was asked to send.
    pub(crate) sent: Arc<AtomicBool>,
}

/// What every layer's service gives back.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

/// One service's HTTP stack. Clones share connections, limits and counters.
#[derive(Clone)]
pub struct Http {
    stack: BoxCloneSyncService<Attempt, Reply, Error>,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    hosts: Hosts,
    permit: PermitSlot,
}

impl Http {
    /// A stack over real connections. Fails (fatal) where a setting is out of bounds or the client cannot be built.
    /// A machine without root certificates still gets a stack, for plain addresses; its https calls fail with
    /// [`codes::NET_TLS_ROOTS`].
    pub fn new(settings: Settings, classify: Classify) -> Result<Http, Error> {
        Self::at(&Hosts::default(), settings, classify)
    }

    /// As [`Http::new`], with what is known of these hosts.
    pub fn at(hosts: &Hosts, settings: Settings, classify: Classify) -> Result<Http, Error> {
        settings.checked()?;
        let counters = Arc::new(Counters::default());
        let transport = leaf::transport(&settings, Arc::clone(&counters))?;
        let parts = (settings, classify, transport, counters);
        Ok(Self::assemble(hosts, parts, false))
    }

    /// A stack over the given transport: for tests and simulations. Settings out of bounds make every call fail.
    pub fn with_transport(settings: Settings, classify: Classify, transport: Transport) -> Http {
        Self::with_transport_at(&Hosts::default(), settings, classify, transport)
    }

    /// As [`Http::with_transport`], with what is known of these hosts.
    pub fn with_transport_at(
        hosts: &Hosts,
        settings: Settings,
        classify: Classify,
        transport: Transport,
    ) -> Http {
        let parts = (settings, classify, transport, Arc::default());
        Self::assemble(hosts, parts, true)
    }

    fn assemble(
        hosts: &Hosts,
        (settings, classify, transport, counters): (Settings, Classify, Transport, Arc<Counters>),
        count_wire: bool,
    ) -> Http {
        let settings = Arc::new(settings);
        let permit = PermitSlot::default();
        let service = settings.service;
        let exchange = Exchange {
            transport,
            classify,
            settings: Arc::clone(&settings),
            counters: Arc::clone(&counters),
            permit: permit.clone(),
            pace: Pace::new(&settings),
            count_wire,
        };
        let stack = ServiceBuilder::new()
            .retry(Retry::new(&settings))
            .layer(SilenceLayer {
                rules: settings.silence,
                service,
            })
            .layer(Concurrency::new(&settings))
            .layer(BreakerLayer {
                rules: settings.breaker,
                service,
            })
            .layer(Pace::new(&settings))
            .service(exchange);
        Http {
            stack: BoxCloneSyncService::new(stack),
            settings,
            counters,
            hosts: hosts.clone(),
            permit,
        }
    }

    /// From now on writes are sent only while this permit says so, asked after all waits, right before the sending; `None`
    /// asks nobody. A write that is not permitted fails with [`codes::NET_PERMIT`] and was not sent.
    pub fn set_permit(&self, permit: Option<Arc<dyn Permit>>) {
        self.permit.set(permit);
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

    /// The clock of the host at this address now, as far as its answers told it.
    pub fn server_time(&self, url: &Url) -> Option<ServerTime> {
        let host = self.hosts.of(self.settings.host_name(), url);
        host.time().now(Instant::now(), slept())
    }

    /// What this stack has done since it was made.
    pub fn stats(&self) -> Stats {
        Stats {
            hosts: self.hosts.stats(self.settings.host_name()),
            ..self.counters.snapshot()
        }
    }

    async fn within_deadline(&self, call: Call, started: Instant) -> Result<Reply, Error> {
        let (route, effect) = (call.route, call.effect);
        let deadline = started + self.settings.deadline;
        let sent = Arc::new(AtomicBool::new(false));
        let host = self.hosts.of(self.settings.host_name(), &call.url);
        host.budget.deposit();
        let attempt = Attempt {
            call,
            deadline,
            tries: 1,
            probe: false,
            was_away: host.is_away(),
            host: Arc::clone(&host),
            ticket: None,
            sent: Arc::clone(&sent),
        };
        let answer = self.stack.clone().oneshot(attempt);
        if let Ok(result) = tokio::time::timeout_at(deadline, answer).await {
            if let Some(away) = is_away(&result) {
                host.set_away(away);
            }
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

/// Whether a result shows that the host could not be reached at all; `None` where it shows nothing.
fn is_away(result: &Result<Reply, Error>) -> Option<bool> {
    let Err(error) = result else {
        return Some(false);
    };
    match error.code() {
        codes::NET_DNS
        | codes::NET_REFUSED
        | codes::NET_UNREACHABLE
        | codes::NET_CONNECT
        | codes::NET_TLS => Some(true),
        codes::NET_HTML => None,
        _ => error.status().map(|_| false),
    }
}
