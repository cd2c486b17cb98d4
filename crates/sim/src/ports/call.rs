//! One call: counted, delayed, failed or carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::port::{Answer, Traffic};
use http_kit::{Effect, Error, Kind, Permit, PermitSlot};

use super::failure;
use crate::Shared;
use crate::calls;
use crate::faults::{Decision, Failure, STALE_MS};
use crate::http::Server;
use crate::onlooker::Onlooker;

/// How often a read is sent at most, as `http_kit`'s default is.
const MAX_TRIES: u32 = 4;
/// How long a write may take, as `http_kit`'s default is: the right to write must last so long.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// The wait before the first repeat; it doubles.
const BACKOFF: Duration = Duration::from_millis(200);

/// One of a server's routes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// Whose errors it has.
    pub(super) service: &'static str,
    /// HTTP method, for rules and counters.
    pub(super) method: &'static str,
    /// The server's own template, for rules and counters.
    pub(super) template: &'static str,
    /// The template as clients show it in errors.
    pub(super) shown: &'static str,
    /// Whether it may be sent again.
    pub(super) effect: Effect,
}

/// One request: where, and what it says as far as rules and counters look at it.
pub(super) struct Ask<B> {
    /// Where.
    pub(super) route: Route,
    /// The operation behind the route, where it has several; else empty.
    pub(super) operation: &'static str,
    /// The body as text, asked for only where there are rules to read it.
    pub(super) body: B,
}

/// A server as its callers reach it. Clones share the counters.
#[derive(Debug)]
pub(super) struct Caller<M> {
    server: Server<M>,
    counters: Arc<Counters>,
    permit: PermitSlot,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    writes: AtomicU64,
    retries: AtomicU64,
}

impl<M: Send + 'static> Caller<M> {
    pub(super) fn new(server: Server<M>) -> Self {
        Self {
            server,
            counters: Arc::default(),
            permit: PermitSlot::default(),
        }
    }

    /// The model, past counters and faults: for what a client knows without asking.
    pub(super) fn model(&self) -> &Shared<M> {
        &self.server.model
    }

    /// From now on writes leave only while this permit says so.
    pub(super) fn set_permit(&self, permit: Arc<dyn Permit>) {
        self.permit.set(Some(permit));
    }

    /// Calls so far; there are no bytes.
    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.counters.requests.load(Ordering::Relaxed),
            writes: self.counters.writes.load(Ordering::Relaxed),
            retries: self.counters.retries.load(Ordering::Relaxed),
            ..Traffic::default()
        }
    }

    /// A read, sent again where it failed for the moment. `work` is told after how many rows a list is cut.
    pub(super) async fn read<T>(
        &self,
        ask: Ask<impl Fn() -> String>,
        work: impl Fn(&mut M, usize) -> Answer<T>,
    ) -> Answer<T> {
        let mut tries = 1;
        loop {
            let error = match self.read_once(&ask, &work).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.kind() != Kind::Transient || tries == MAX_TRIES {
                return Err(error.with_tries(tries));
            }
            let wait = error
                .retry_after()
                .unwrap_or(BACKOFF * 2_u32.pow(tries - 1));
            tokio::time::sleep(wait).await;
            tries += 1;
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn read_once<T>(
        &self,
        ask: &Ask<impl Fn() -> String>,
        work: &impl Fn(&mut M, usize) -> Answer<T>,
    ) -> Answer<T> {
        let (decision, _under_way) = self.begin(ask);
        if !decision.latency.is_zero() {
            tokio::time::sleep(decision.latency).await;
        }
        if let Some(error) = refused(ask.route, &decision) {
            return Err(error);
        }
        // An effect that comes late is none: nobody waits for the answer of a read.
        let late = decision.late.as_ref().map(|(_, failure)| failure.clone());
        if let Some(failure) = decision.before.clone().or(late) {
            return Err(failure::seen(ask.route, &failure).await);
        }
        let answer = self.answer(&decision, work);
        match decision.after {
            Some(failure) => Err(failure::seen(ask.route, &failure).await),
            None => answer,
        }
    }

    /// What the server answers now: from its model, or where the answer is stale from an earlier copy.
    fn answer<T>(
        &self,
        decision: &Decision,
        work: &impl Fn(&mut M, usize) -> Answer<T>,
    ) -> Answer<T> {
        let rows = decision.cap.unwrap_or(usize::MAX);
        if decision.stale {
            let mut earlier = self.server.earlier.lock();
            if let Some((at, copy)) = earlier.as_mut()
                && is_stale(*at)
            {
                return work(copy, rows);
            }
        }
        work(&mut self.server.model.lock(), rows)
    }

    /// A write, sent once.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        ask: Ask<impl Fn() -> String>,
        work: impl FnOnce(&mut M) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.write_in_steps(ask, async move |model: Shared<M>| work(&mut model.lock()))
            .await
    }

    /// As [`Caller::write`], where the server waits in between.
    pub(super) async fn write_in_steps<T: Send + 'static, F>(
        &self,
        ask: Ask<impl Fn() -> String>,
        work: impl FnOnce(Shared<M>) -> F + Send + 'static,
    ) -> Answer<T>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        if let Err(why) = self.permit.may_write(WRITE_TIMEOUT) {
            let Route { service, shown, .. } = ask.route;
            let code = http_kit::codes::NET_PERMIT;
            return Err(Error::new(Kind::Transient, code, service, shown).with_detail(why));
        }
        let (decision, under_way) = self.begin(&ask);
        self.counters.writes.fetch_add(1, Ordering::Relaxed);
        let model = self.server.model.clone();
        let latency = decision.latency;
        let route = ask.route;
        // Once it is sent the request is the server's: whoever stops waiting does not stop it.
        let done = tokio::spawn(async move {
            let _under_way = under_way;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            carry_out(route, decision, model, work).await
        });
        done.await.unwrap_or_else(|ended| {
            let lost = Error::new(
                Kind::Unknown,
                http_kit::codes::NET_RESET,
                route.service,
                route.shown,
            );
            Err(lost.with_source(ended))
        })
    }

    /// The number of what happened last, where somebody looks on.
    pub(super) fn moment(&self) -> u64 {
        let onlooker = self.server.onlooker.as_ref();
        onlooker.map_or(0, |onlooker| onlooker.moment())
    }

    /// Who looks on.
    pub(super) fn onlooker(&self) -> Option<Arc<dyn Onlooker>> {
        self.server.onlooker.clone()
    }

    fn begin(&self, ask: &Ask<impl Fn() -> String>) -> (Decision, calls::UnderWay) {
        let Route {
            method,
            template,
            effect,
            ..
        } = ask.route;
        let kind = match effect {
            Effect::Read => calls::Kind::Read,
            Effect::Write => calls::Kind::Write,
        };
        let label = if ask.operation.is_empty() {
            format!("{method} {template}")
        } else {
            format!("{method} {template} {}", ask.operation)
        };
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(onlooker) = &self.server.onlooker {
            onlooker.begins(kind, &label);
        }
        let shown = self.server.onlooker.is_some().then(|| label.clone());
        let under_way = self.server.calls.begin(kind, label, 0);
        let decision = if self.server.faults.is_idle() {
            Decision::default()
        } else {
            self.server
                .faults
                .decide(method, template, (ask.body)().as_bytes())
        };
        if let (Some(onlooker), Some(label)) = (&self.server.onlooker, shown)
            && decision != Decision::default()
        {
            onlooker.strikes(kind, &label, &decision);
        }
        (decision, under_way)
    }
}

/// Whether a copy is young enough for a stale read.
fn is_stale(at: tokio::time::Instant) -> bool {
    at.elapsed() <= Duration::from_millis(STALE_MS)
}

async fn carry_out<M: Send + 'static, T, F>(
    route: Route,
    decision: Decision,
    model: Shared<M>,
    work: impl FnOnce(Shared<M>) -> F + Send + 'static,
) -> Answer<T>
where
    F: Future<Output = Answer<T>> + Send + 'static,
    T: Send + 'static,
{
    if let Some(error) = refused(route, &decision) {
        return Err(error);
    }
    if let Some(failure) = decision.before {
        return Err(failure::seen(route, &failure).await);
    }
    if let Some((after, failure)) = decision.late {
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            work(model).await
        });
        return Err(failure::seen(route, &failure).await);
    }
    let answer = work(model).await;
    match decision.after {
        Some(failure) => Err(failure::seen(route, &failure).await),
        None => answer,
    }
}

/// The answer of a rate limit: nothing was done, so a write may be sent again as well.
fn refused(route: Route, decision: &Decision) -> Option<Error> {
    let wait = Duration::from_millis(decision.limit_ms?);
    let limit = Failure::Status {
        status: 429,
        body: "rate limit".into(),
    };
    Some(failure::error(route, &limit).with_retry_after(Some(wait)))
}
