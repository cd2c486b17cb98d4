//! The right to write to one Huly workspace (design 4.6): taken once, renewed by a heartbeat, asked before every remote write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

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
    until: Arc<AtomicI64>,
    /// Until when a holder before us, which never released it, could still begin writes.
    taken_over: Option<Millis>,
    heartbeat: JoinHandle<()>,
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
        match store.acquire(&request, env.now()).await? {
            LeaseAnswer::Held(row) => Ok(Asked::Held(row)),
            LeaseAnswer::Granted { lease, after } => {
                let fence = Fence {
                    scope: lease.scope.clone(),
                    token: lease.token,
                };
                let until = Arc::new(AtomicI64::new(lease.until.0));
                let beat = beat(
                    Arc::clone(store),
                    Arc::clone(env),
                    fence.clone(),
                    Arc::clone(&until),
                    settings,
                );
                let heartbeat = tokio::spawn(beat.in_current_span());
                if let Some(before) = &after {
                    tracing::warn!(host = %before.host, pid = before.pid, "took over from a run that never ended");
                }
                Ok(Asked::Granted(Lease {
                    fence,
                    until,
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
    pub(crate) fn outlives(&self, now: Millis, write_deadline: Duration) -> bool {
        self.until.load(Ordering::Acquire) > now.0.saturating_add(millis(write_deadline).0)
    }

    /// Gives it up.
    pub(crate) async fn release(self, store: &Arc<dyn Store>) -> Result<(), store::Error> {
        self.heartbeat.abort();
        store.release(&self.fence).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Renews until the lease is lost. A failed renewal is not an error by itself: the lease simply runs out, and
/// [`Lease::outlives`] then refuses every write.
async fn beat(
    store: Arc<dyn Store>,
    env: Arc<dyn Env>,
    fence: Fence,
    until: Arc<AtomicI64>,
    settings: LeaseSettings,
) {
    loop {
        env.sleep(settings.heartbeat).await;
        match store.renew(&fence, env.now(), millis(settings.ttl)).await {
            Ok(row) => until.store(row.until.0, Ordering::Release),
            Err(store::Error::Fenced { .. }) => {
                until.store(0, Ordering::Release);
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
