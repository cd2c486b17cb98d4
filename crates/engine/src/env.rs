//! Time, chance and sleep come in through one port, so that a run can be repeated from its seed.

use std::time::Duration;

use async_trait::async_trait;
use sync_core::ids::Millis;
use uuid::Uuid;

/// What a run takes from the world besides the services and the store.
#[async_trait]
pub trait Env: Send + Sync {
    /// UTC, by our clock. Used for what we write down; never compared with a service's stamps except as a shown offset.
    fn now(&self) -> Millis;
    /// Time since some fixed moment, the time that this machine slept included, and never set back: what a lease's age is
    /// measured with (design 4.6).
    fn elapsed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().0).unwrap_or(0))
    }
    /// A new time-ordered id (UUIDv7).
    fn ordered_id(&self) -> Uuid;
    /// A new random number.
    fn random(&self) -> u64;
    /// A new random id (UUIDv4): a store's own, whose first digits must differ from every other store's.
    fn random_id(&self) -> Uuid {
        let (high, low) = (self.random().to_be_bytes(), self.random().to_be_bytes());
        let mut bytes = [0; 16];
        let halves = high.into_iter().chain(low);
        bytes
            .iter_mut()
            .zip(halves)
            .for_each(|(byte, random)| *byte = random);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The real world.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

#[async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where time and chance come in"
)]
impl Env for System {
    fn now(&self) -> Millis {
        Millis(jiff::Timestamp::now().as_millisecond())
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn elapsed(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // since the machine started, so never negative
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::new(seconds, nanos)
    }

    fn ordered_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        rand::random()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_is_never_set_back() {
        let times = [(); 1_000].map(|()| System.elapsed());
        assert!(times.is_sorted());
        assert!(times.first().is_some_and(|first| *first > Duration::ZERO));
    }
}
