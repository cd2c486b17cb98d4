//! What is known of each host, shared by all stacks that call it and kept over reconnects.
//!
//! A watch that connects anew makes new stacks. What a host has shown (that it is stuck, failing, busy, or how its clock
//! goes) must not be forgotten with the old ones, or a stuck server would be asked again at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tower::retry::budget::TpsBudget;
use url::Url;

use crate::breaker::{Breaker, BreakerState};
use crate::server_time::{Samples, ServerTime, slept};
use crate::silence;
use crate::window::Places;

/// More hosts than this are not remembered: a process calls a handful.
const HOSTS_MAX: usize = 64;
/// A call counts for the budget of repeats for so long.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// Repeats a second that are allowed however few calls there are.
const BUDGET_FLOOR: u32 = 1;
/// The share of calls that may be repeated on top.
const BUDGET_SHARE: f32 = 0.2;

/// The hosts that a process calls. Clones are the same hosts.
#[derive(Clone, Default)]
pub struct Hosts(Arc<Mutex<Known>>);

/// By name and authority.
type Known = BTreeMap<(&'static str, String), Arc<Host>>;

impl Hosts {
    /// The host of a call. Services behind one address are hosts of their own: one may be stuck while the other is well.
    pub(crate) fn of(&self, name: &'static str, url: &Url) -> Arc<Host> {
        let authority = authority(url);
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX && !hosts.contains_key(&(name, authority.clone())) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let host = hosts
            .entry((name, authority.clone()))
            .or_insert_with(|| Arc::new(Host::new(name, authority)));
        Arc::clone(host)
    }

    /// How the hosts of one name stand now.
    pub(crate) fn stats(&self, name: &str) -> Vec<HostStats> {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_name = hosts.values().filter(|host| host.name == name);
        of_name.map(|host| host.stats(Instant::now())).collect()
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").finish_non_exhaustive()
    }
}

/// Host and port; never credentials, path or query.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// How one host stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostStats {
    /// The service that is called there.
    pub service: &'static str,
    /// Host and port.
    pub host: String,
    /// The breaker.
    pub breaker: BreakerState,
    /// How often it opened.
    pub opened: u64,
    /// Tries that it refused.
    pub refused: u64,
    /// Whether nothing is sent because the service stopped answering.
    pub silent: bool,
    /// How many times its rate is halved now, because it said that there were too many calls.
    pub slowed: u32,
    /// Its clock, where answers told it.
    #[serde(skip)]
    pub time: Option<ServerTime>,
}

/// One host's state.
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) authority: String,
    breaker: Mutex<Breaker>,
    pub(crate) silence: Arc<Mutex<silence::State>>,
    pub(crate) places: Arc<Mutex<Places>>,
    /// Repeats that may be made: a storm of failures must not become a storm of calls.
    pub(crate) budget: TpsBudget,
    time: Mutex<Samples>,
    /// Whether the last call did not reach it at all.
    away: AtomicBool,
}

impl Host {
    fn new(name: &'static str, authority: String) -> Self {
        Self {
            name,
            authority,
            breaker: Mutex::new(Breaker::new()),
            silence: Arc::default(),
            places: Arc::default(),
            budget: TpsBudget::new(BUDGET_WINDOW, BUDGET_FLOOR, BUDGET_SHARE),
            time: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    pub(crate) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn time(&self) -> MutexGuard<'_, Samples> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last call did not reach it: then one try is enough to see whether it is back.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    fn stats(&self, now: Instant) -> HostStats {
        let (state, (opened, refused)) = {
            let breaker = self.breaker();
            (breaker.state(now), breaker.counts())
        };
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        HostStats {
            service: self.name,
            host: self.authority.clone(),
            breaker: state,
            opened,
            refused,
            silent: silence::is_silent(&self.silence),
            slowed: places.slowed(now),
            time: self.time().now(now, slept()),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.name)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_service_and_authority_and_nothing_of_the_address_is_kept() {
        let hosts = Hosts::default();
        let of = |name, url: &str| hosts.of(name, &url.parse().expect("a url"));
        let one = of("a", "http://user:secret@h/x?token=1");
        assert!(Arc::ptr_eq(&one, &of("a", "http://h:80/y")));
        assert!(!Arc::ptr_eq(&one, &of("b", "http://h/x")));
        assert!(!Arc::ptr_eq(&one, &of("a", "https://h/x")));
        assert_eq!(one.authority, "h:80");
        assert_eq!(hosts.stats("a").len(), 2);
    }

    #[test]
    fn the_number_of_hosts_is_bounded() {
        let hosts = Hosts::default();
        let kept = hosts.of("a", &"http://kept".parse().expect("a url"));
        for port in 1..1_000_u16 {
            let url = format!("http://h:{port}").parse().expect("a url");
            hosts.of("a", &url);
        }
        assert!(hosts.stats("a").len() <= HOSTS_MAX);
        let again = hosts.of("a", &"http://kept".parse().expect("a url"));
        assert!(Arc::ptr_eq(&kept, &again), "what is in use stays");
    }
}
