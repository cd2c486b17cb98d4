//! How many calls may be in flight, how many may wait for that, and how many may start in a window.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::Semaphore;
use tower::{Layer, Service};

use crate::host::Host;
use crate::stack::{Answer, Attempt};
use crate::window::{Place, Window};
use crate::{Effect, Error, Kind, Rate, Reply, Settings, codes};

/// Permits for calls in flight; a write needs one of each.
#[derive(Debug, Clone)]
pub(crate) struct Concurrency {
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    /// Calls that wait for a permit.
    waiting: Arc<AtomicUsize>,
    /// Most of them.
    queue: usize,
    service: &'static str,
}

impl Concurrency {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            all: Arc::new(Semaphore::new(settings.concurrency)),
            writes: Arc::new(Semaphore::new(settings.write_concurrency)),
            waiting: Arc::default(),
            queue: settings.queue,
            service: settings.service,
        }
    }

    /// A place in the queue for a permit; `None` where it is full: a caller that asks for more than can ever be done in
    /// time is told at once.
    fn queue(&self) -> Option<Queued> {
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let queued = Queued(Arc::clone(&self.waiting));
        (before < self.queue).then_some(queued)
    }
}

/// A call in the queue; dropping it leaves the queue.
struct Queued(Arc<AtomicUsize>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<S> Layer<S> for Concurrency {
    type Service = ConcurrencyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcurrencyService {
            limit: self.clone(),
            inner,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ConcurrencyService<S> {
    limit: Concurrency,
    inner: S,
}

impl<S> Service<Attempt> for ConcurrencyService<S>
where
    S: Service<Attempt, Response = Reply, Error = Error, Future = Answer> + Clone + Send + 'static,
{
    type Response = Reply;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, attempt: Attempt) -> Answer {
        let limit = self.limit.clone();
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            let Some(queued) = limit.queue() else {
                let (service, route) = (limit.service, attempt.call.route);
                let full = Error::new(Kind::Transient, codes::NET_QUEUE, service, route);
                return Err(full
                    .with_detail(format!("{} calls wait already", limit.queue))
                    .with_tries(attempt.tries.saturating_sub(1)));
            };
            // The semaphores are never closed, so a permit always comes; the deadline outside ends the wait.
            // The writes' permit goes first: a waiting write must not hold a place that a read could use.
            let _write = match attempt.call.effect {
                Effect::Read => None,
                Effect::Write => limit.writes.acquire_owned().await.ok(),
            };
            let _any = limit.all.acquire_owned().await.ok();
            drop(queued);
            inner.call(attempt).await
        })
    }
}

/// The rate limit of the host.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    rate: Option<Rate>,
    service: &'static str,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rate: settings.rate,
            service: settings.service,
        }
    }

    /// The host's window under this stack's rate.
    pub(crate) fn window(&self, host: &Host) -> Window {
        Window::new(self.rate, Arc::clone(&host.places))
    }

    /// Waits for a place, or fails at once where there will be none before the deadline.
    async fn wait(&self, attempt: &Attempt) -> Result<Place, Error> {
        let window = self.window(&attempt.host);
        match window.place(attempt.deadline).await {
            Some(place) => Ok(place),
            None => Err(Error::new(
                Kind::Transient,
                codes::NET_RATE,
                self.service,
                attempt.call.route,
            )
            .with_detail("no room in the rate limit before the deadline")
            .with_tries(attempt.tries.saturating_sub(1))),
        }
    }
}

impl<S> Layer<S> for Pace {
    type Service = PaceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PaceService {
            pace: self.clone(),
            inner,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PaceService<S> {
    pace: Pace,
    inner: S,
}

impl<S> Service<Attempt> for PaceService<S>
where
    S: Service<Attempt, Response = Reply, Error = Error, Future = Answer> + Clone + Send + 'static,
{
    type Response = Reply;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, attempt: Attempt) -> Answer {
        let pace = self.pace.clone();
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            let _place = pace.wait(&attempt).await?;
            inner.call(attempt).await
        })
    }
}
