//! How many calls may be in flight, and how many may start in a window.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::stack::{Answer, Attempt};
use crate::window::{Place, Window};
use crate::{Effect, Error, Kind, Reply, Settings, codes};

/// Permits for calls in flight; a write needs one of each.
#[derive(Debug, Clone)]
pub(crate) struct Concurrency {
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Concurrency {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            all: Arc::new(Semaphore::new(settings.concurrency)),
            writes: Arc::new(Semaphore::new(settings.write_concurrency)),
        }
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
            // The semaphores are never closed, so a permit always comes; the deadline outside ends the wait.
            // The writes' permit goes first: a waiting write must not hold a place that a read could use.
            let _write = match attempt.call.effect {
                Effect::Read => None,
                Effect::Write => limit.writes.acquire_owned().await.ok(),
            };
            let _any = limit.all.acquire_owned().await.ok();
            inner.call(attempt).await
        })
    }
}

/// The rate limit; without settings it lets everything through. One stack speaks to one host, so it is the host's.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    window: Option<Window>,
    service: &'static str,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            window: settings.rate.map(Window::new),
            service: settings.service,
        }
    }

    /// Waits for a place, or fails at once where there will be none before the deadline.
    async fn wait(&self, deadline: Instant, route: &'static str) -> Result<Option<Place>, Error> {
        let Some(window) = &self.window else {
            return Ok(None);
        };
        match window.place(deadline).await {
            Some(place) => Ok(Some(place)),
            None => Err(
                Error::new(Kind::Transient, codes::NET_RATE, self.service, route)
                    .with_detail("no room in the rate limit before the deadline"),
            ),
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
            let _place = pace.wait(attempt.deadline, attempt.call.route).await?;
            inner.call(attempt).await
        })
    }
}
