//! How many calls may be in flight, and how many may start in a window.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::stack::{Answer, Attempt};
use crate::{Effect, Error, Kind, Rate, Reply, Settings, codes};

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

/// tokio's clock for governor, so that paused time rules the rate as well.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TokioClock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Instant);

impl Clock for TokioClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(Instant::now())
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        self.0.checked_sub(duration.into()).map_or(*self, Moment)
    }
}

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        let wait: Duration = other.into();
        Moment(self.0 + wait)
    }
}

type Governor = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Moment>>;

/// The rate limit; without settings it lets everything through.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    governor: Option<Arc<Governor>>,
    service: &'static str,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        let governor = settings.rate.and_then(quota);
        Self {
            governor: governor
                .map(|quota| Arc::new(RateLimiter::direct_with_clock(quota, TokioClock))),
            service: settings.service,
        }
    }

    /// Waits for room, or fails at once where there will be none before the deadline.
    async fn wait(&self, deadline: Instant, route: &'static str) -> Result<(), Error> {
        let Some(governor) = &self.governor else {
            return Ok(());
        };
        loop {
            let due = match governor.check() {
                Ok(()) => return Ok(()),
                Err(not_until) => Instant::now() + not_until.wait_time_from(Moment(Instant::now())),
            };
            if due >= deadline {
                return Err(
                    Error::new(Kind::Transient, codes::NET_RATE, self.service, route)
                        .with_detail("no room in the rate limit before the deadline"),
                );
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

/// A bucket holds a twentieth of the count (at least one try) and refills evenly. A full bucket and what refills in
/// the rest of a window are together the count, so no window holds more, also where the server's window slides.
fn quota(rate: Rate) -> Option<Quota> {
    let burst = NonZeroU32::new(rate.count / 20).unwrap_or(NonZeroU32::MIN);
    let refill = rate.count.saturating_sub(burst.get() - 1).max(1);
    // A nanosecond more makes up for the division's rounding down.
    let period = rate.window / refill + Duration::from_nanos(1);
    Quota::with_period(period).map(|quota| quota.allow_burst(burst))
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
            pace.wait(attempt.deadline, attempt.call.route).await?;
            inner.call(attempt).await
        })
    }
}
