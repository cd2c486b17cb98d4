//! The right to write to one Huly workspace (design 4.6): taken once, renewed by a heartbeat, asked before every remote write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use http_kit::Permit;
use store::{
    Fence, Store,
    port::{LeaseAnswer, LeaseRequest},
    row::LeaseRow,
};
use sync_core::ids::Millis;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::{env::Env, settings::LeaseSettings};

/// A lease that is ours, until it is dropped, released or lost.
#[derive(Debug)]
pub(crate) struct Lease {
    fence: Fence,
    life: Life,
    /// Until when a holder before us, which never released it, could still begin writes.
    taken_over: Option<Millis>,
    heartbeat: JoinHandle<()>,
}

/// How long a lease lasts. Clones are the same lease's.
#[derive(Clone, Debug)]
struct Life {
    /// By the store's row, on the wall's clock; 0 once it was lost or given up.
    until: Arc<AtomicI64>,
    /// By a clock that is never set back and counts the time that the machine slept, from before the lease was asked for, in
    /// milliseconds.
    ends: Arc<AtomicU64>,
}

impl Life {
    fn new(until: Millis, asked_at: Duration, ttl: Duration) -> Life {
        let life = Life {
            until: Arc::default(),
            ends: Arc::default(),
        };
        life.goes_on(until, asked_at, ttl);
        life
    }

    fn goes_on(&self, until: Millis, asked_at: Duration, ttl: Duration) {
        let ends = u64::try_from((asked_at + ttl).as_millis()).unwrap_or(u64::MAX);
        self.ends.store(ends, Ordering::Release);
        self.until.store(until.0, Ordering::Release);
    }

    fn is_over(&self) {
        self.until.store(0, Ordering::Release);
    }

    /// Whether it lasts longer than this from now on, by both clocks.
    fn outlives(&self, env: &dyn Env, time: Duration) -> bool {
        let by_wall = env.now().0.saturating_add(millis(time).0);
        let by_age = u64::try_from((env.elapsed() + time).as_millis()).unwrap_or(u64::MAX);
        self.until.load(Ordering::Acquire) > by_wall && self.ends.load(Ordering::Acquire) > by_age
    }
}

/// The right to write as the calls' stack asks for it, right before each write leaves.
struct Right {
    life: Life,
    env: Arc<dyn Env>,
}

impl Permit for Right {
    fn may_write(&self, limit: Duration) -> Result<(), String> {
        if self.life.outlives(self.env.as_ref(), limit) {
            Ok(())
        } else {
            Err("the lease on the workspace runs out before an answer can come".to_owned())
        }
    }
}

/// How asking for a lease ended.
#[derive(Debug)]
pub(crate) enum Asked {
    /// It is ours.
    Granted(Lease),
    /// Somebody else holds it.
    Held(LeaseRow),
}

impl Lease {
    /// Asks for the lease of one workspace and keeps it alive. `holder` names who asks: the same name gets a lease back that ran out
    /// while nobody else took it.
    pub(crate) async fn acquire(
        store: &Arc<dyn Store>,
        env: &Arc<dyn Env>,
        scope: &str,
        holder: Arc<str>,
        settings: LeaseSettings,
    ) -> Result<Asked, store::Error> {
        let ttl = millis(settings.ttl);
        let request = LeaseRequest {
            scope: scope.into(),
            holder,
            host: hostname().into(),
            pid: std::process::id(),
            ttl,
        };
        let asked_at = env.elapsed();
        match store.acquire(&request, env.now()).await? {
            LeaseAnswer::Held(row) => Ok(Asked::Held(row)),
            LeaseAnswer::Granted { lease, after } => {
                let fence = Fence {
                    scope: lease.scope.clone(),
                    token: lease.token,
                };
                let life = Life::new(lease.until, asked_at, settings.ttl);
                let beat = beat(
                    Arc::clone(store),
                    Arc::clone(env),
                    fence.clone(),
                    life.clone(),
                    settings,
                );
                let heartbeat = tokio::spawn(beat.in_current_span());
                if let Some(before) = &after {
                    tracing::warn!(host = %before.host, pid = before.pid, "took over from a run that never ended");
                }
                Ok(Asked::Granted(Lease {
                    fence,
                    life,
                    taken_over: after.map(|before| before.until),
                    heartbeat,
                }))
            }
        }
    }

    /// What every batch names.
    pub(crate) const fn fence(&self) -> &Fence {
        &self.fence
    }

    /// When the lease before ours ended, where its holder never released it: until then it may have sent what it had journaled.
    pub(crate) const fn taken_over(&self) -> Option<Millis> {
        self.taken_over
    }

    /// Whether a remote write that has its answer within `write_deadline` may start now: the services cannot check our
    /// token, so the lease must outlive the write.
    pub(crate) fn outlives(&self, env: &dyn Env, write_deadline: Duration) -> bool {
        self.life.outlives(env, write_deadline)
    }

    /// The same question for those who send: asked once more for every write, after all waits.
    pub(crate) fn permit(&self, env: &Arc<dyn Env>) -> Arc<dyn Permit> {
        Arc::new(Right {
            life: self.life.clone(),
            env: Arc::clone(env),
        })
    }

    /// Gives it up.
    pub(crate) async fn release(self, store: &Arc<dyn Store>) -> Result<(), store::Error> {
        self.life.is_over();
        self.heartbeat.abort();
        store.release(&self.fence).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.life.is_over();
        self.heartbeat.abort();
    }
}

/// Renews until the lease is lost. A failed renewal is not an error by itself: the lease simply runs out, and
/// [`Lease::outlives`] then refuses every write.
async fn beat(
    store: Arc<dyn Store>,
    env: Arc<dyn Env>,
    fence: Fence,
    life: Life,
    settings: LeaseSettings,
) {
    loop {
        env.sleep(settings.heartbeat).await;
        let asked_at = env.elapsed();
        match store.renew(&fence, env.now(), millis(settings.ttl)).await {
            Ok(row) => life.goes_on(row.until, asked_at, settings.ttl),
            Err(store::Error::Fenced { .. }) => {
                life.is_over();
                tracing::error!(scope = %fence.scope, "the lease was taken over by another instance: no more writes");
                return;
            }
            Err(error) => {
                tracing::warn!(scope = %fence.scope, %error, "the lease could not be renewed this time");
            }
        }
    }
}

/// A duration in the unit of stored times.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// The machine's name, for people.
pub fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}
