//! What was called, how often, and how many bytes it took.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::{Effect, HostStats};

/// The counters of one [`crate::Http`] since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Calls made by the client.
    pub calls: u64,
    /// Of these, writes.
    pub writes: u64,
    /// Requests sent, repeats included.
    pub tries: u64,
    /// Bytes of answers as they came over the wire. For an in-process transport the same as `bytes_body`.
    pub bytes_wire: u64,
    /// Bytes of answers after decompression.
    pub bytes_body: u64,
    /// Bytes of request bodies sent.
    pub bytes_sent: u64,
    /// By route template.
    pub routes: BTreeMap<&'static str, RouteStats>,
    /// How the hosts stand that are called.
    pub hosts: Vec<HostStats>,
}

/// The counters of one route template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RouteStats {
    /// Calls made by the client.
    pub calls: u64,
    /// Of these, writes.
    pub writes: u64,
    /// Requests sent, repeats included.
    pub tries: u64,
    /// Calls that ended in an error.
    pub failed: u64,
}

/// The live counters. The map grows with the route templates, which are `'static` and few.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    pub(crate) fn call(&self, route: &'static str, effect: Effect) {
        let mut stats = self.lock();
        let writes = u64::from(effect == Effect::Write);
        stats.calls += 1;
        stats.writes += writes;
        let route = stats.routes.entry(route).or_default();
        route.calls += 1;
        route.writes += writes;
    }

    pub(crate) fn attempt(&self, route: &'static str, sent: usize) {
        let mut stats = self.lock();
        stats.tries += 1;
        stats.bytes_sent += sent as u64;
        stats.routes.entry(route).or_default().tries += 1;
    }

    pub(crate) fn failed(&self, route: &'static str) {
        self.lock().routes.entry(route).or_default().failed += 1;
    }

    pub(crate) fn body(&self, bytes: usize) {
        self.lock().bytes_body += bytes as u64;
    }

    pub(crate) fn wire(&self, bytes: usize) {
        self.lock().bytes_wire += bytes as u64;
    }

    pub(crate) fn snapshot(&self) -> Stats {
        self.lock().clone()
    }

    /// Counters stay usable after a panic elsewhere: each update leaves them whole.
    fn lock(&self) -> MutexGuard<'_, Stats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
