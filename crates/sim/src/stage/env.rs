//! Time from tokio's paused clock, chance from a seed: a run repeats.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine::env::Env;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sync_core::ids::Millis;
use uuid::Uuid;

use super::Gate;

/// When every world begins: 2026-11-21T07:14:50Z.
pub const START_MS: i64 = 1_795_245_290_000;

/// The engine's world: one machine with its clock. Clones are processes of the same machine.
#[derive(Clone, Debug)]
pub struct SimEnv {
    machine: Arc<Machine>,
    gate: Gate,
}

#[derive(Debug)]
struct Machine {
    since: tokio::time::Instant,
    /// How far the machine's clock is off, in milliseconds.
    off_ms: AtomicI64,
    rng: Mutex<StdRng>,
}

impl SimEnv {
    /// A machine whose clock shows [`START_MS`] now and goes on with tokio's; its chances follow from the seed.
    pub fn new(seed: u64) -> SimEnv {
        SimEnv {
            machine: Arc::new(Machine {
                since: tokio::time::Instant::now(),
                off_ms: AtomicI64::new(0),
                rng: Mutex::new(StdRng::seed_from_u64(seed)),
            }),
            gate: Gate::default(),
        }
    }

    /// The same machine as a process sees it that can be stopped.
    #[must_use]
    pub fn behind(&self, gate: Gate) -> SimEnv {
        SimEnv {
            machine: Arc::clone(&self.machine),
            gate,
        }
    }

    /// Somebody sets the machine's clock, by so many milliseconds, backwards too.
    pub fn jump(&self, by_ms: i64) {
        self.machine.off_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    fn rng<T>(&self, ask: impl FnOnce(&mut StdRng) -> T) -> T {
        let mut rng = self
            .machine
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        ask(&mut rng)
    }
}

#[async_trait]
impl Env for SimEnv {
    fn now(&self) -> Millis {
        let passed = i64::try_from(self.machine.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        let off = self.machine.off_ms.load(Ordering::Relaxed);
        Millis(START_MS.saturating_add(passed).saturating_add(off))
    }

    /// Nobody can set this one, and it counts the time in which the process is stopped.
    fn elapsed(&self) -> Duration {
        self.machine.since.elapsed()
    }

    fn ordered_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0).unwrap_or_default();
        let random: [u8; 10] = self.rng(Rng::random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn random(&self) -> u64 {
        self.rng(Rng::random)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
        self.gate.pass().await;
    }
}
