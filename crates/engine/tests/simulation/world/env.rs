//! Time from tokio's paused clock, chance from a seed: a run repeats.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use engine::env::Env;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sync_core::ids::Millis;
use uuid::Uuid;

/// When every world begins: 2026-11-21T07:14:50Z.
pub(crate) const START_MS: i64 = 1_795_245_290_000;

/// The engine's world.
#[derive(Debug)]
pub(crate) struct SimEnv {
    since: tokio::time::Instant,
    rng: Mutex<StdRng>,
}

impl SimEnv {
    pub(crate) fn new(seed: u64) -> Self {
        SimEnv {
            since: tokio::time::Instant::now(),
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    fn rng<T>(&self, ask: impl FnOnce(&mut StdRng) -> T) -> T {
        ask(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Env for SimEnv {
    fn now(&self) -> Millis {
        Millis(START_MS + i64::try_from(self.since.elapsed().as_millis()).unwrap())
    }

    fn ordered_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0).unwrap();
        let random: [u8; 10] = self.rng(Rng::random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn random(&self) -> u64 {
        self.rng(Rng::random)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
