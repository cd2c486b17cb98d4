//! The rate limit: a sliding window, as Huly's server counts.
//!
//! A server counts a try at some moment between its sending and its answer, and that moment is not known here. So a try
//! holds its place from before it is sent until a whole window after it ended. Then no window of the server's own clock
//! ever holds more than [`Rate::count`] tries: at the moment when the last of any of them was given its place, all
//! others that the same window can hold still held theirs. A full burst is allowed; nothing is spread out that the
//! server would have taken at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Rate;

/// One window for one service. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    rate: Rate,
    places: Arc<Mutex<Places>>,
}

/// Who holds a place: never more than [`Rate::count`] in all.
#[derive(Debug, Default)]
struct Places {
    /// Tries that have not ended.
    open: usize,
    /// When the places of ended tries are free again, earliest first.
    ended: VecDeque<Instant>,
}

/// The place of one try; dropping it means that the try ended.
#[derive(Debug)]
pub(crate) struct Place(Window);

impl Window {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            places: Arc::default(),
        }
    }

    /// Waits for a place; `None` at once where there will be none before `deadline`.
    pub(crate) async fn place(&self, deadline: Instant) -> Option<Place> {
        loop {
            match self.take() {
                Ok(place) => return Some(place),
                Err(due) if due >= deadline => return None,
                Err(due) => tokio::time::sleep_until(due).await,
            }
        }
    }

    /// A place, or the earliest moment at which there can be one.
    fn take(&self) -> Result<Place, Instant> {
        let now = Instant::now();
        let mut places = self.places();
        while places.ended.front().is_some_and(|free| *free <= now) {
            places.ended.pop_front();
        }
        if places.open + places.ended.len() < self.most() {
            places.open += 1;
            return Ok(Place(self.clone()));
        }
        // Where all are open, none is free before a window from now.
        Err(places.ended.front().copied().unwrap_or(now + self.span()))
    }

    fn give_back(&self) {
        let mut places = self.places();
        places.open = places.open.saturating_sub(1);
        // Read under the lock, so that the queue stays sorted.
        let free = Instant::now() + self.span();
        places.ended.push_back(free);
    }

    fn most(&self) -> usize {
        usize::try_from(self.rate.count).unwrap_or(usize::MAX)
    }

    /// A window with one tick of the clock more: what happens exactly a window later is outside for every server.
    fn span(&self) -> Duration {
        self.rate.window + Duration::from_nanos(1)
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Waits before a try, its time on the way, when on the way the server counts it (in hundredths), whether it is given up.
    type Try = (u64, u64, u64);

    /// When the server counted each try, in milliseconds from the start.
    async fn counted(rate: Rate, callers: Vec<Vec<Try>>) -> Vec<u128> {
        let window = Window::new(rate);
        let start = Instant::now();
        let far = start + Duration::from_hours(24);
        let tasks: Vec<_> = callers
            .into_iter()
            .map(|tries| {
                let window = window.clone();
                tokio::spawn(async move {
                    let mut counted = Vec::new();
                    for (wait, way, at) in tries {
                        tokio::time::sleep(Duration::from_millis(wait)).await;
                        let place = window.place(far).await.expect("a day is enough");
                        let there = way * at / 100;
                        tokio::time::sleep(Duration::from_millis(there)).await;
                        counted.push(start.elapsed().as_millis());
                        tokio::time::sleep(Duration::from_millis(way - there)).await;
                        drop(place);
                    }
                    counted
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.expect("no caller fails"));
        }
        all.sort_unstable();
        all
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
            .block_on(work)
    }

    fn fullest(times: &[u128], window: u128) -> usize {
        let inside = |(i, first): (usize, &u128)| {
            times[i..]
                .iter()
                .take_while(|t| **t - *first <= window)
                .count()
        };
        times.iter().enumerate().map(inside).max().unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_window_at_the_server_holds_more_however_long_tries_are_on_the_way(
            count in 1_u32..40,
            callers in prop::collection::vec(prop::collection::vec((0_u64..3_000, 0_u64..9_000, 0_u64..=100), 1..40), 1..12),
        ) {
            let rate = Rate { count, window: Duration::from_secs(30) };
            let times = run(counted(rate, callers));
            prop_assert!(fullest(&times, 30_000) <= count as usize);
        }
    }

    #[test]
    fn a_full_burst_goes_at_once_and_the_default_rate_never_exceeds_1400_in_any_30_seconds() {
        let rate = Rate {
            count: 1_400,
            window: Duration::from_secs(30),
        };
        // 8 in flight, 20 ms each, without a pause: as fast as a first sync asks.
        let times = run(counted(rate, vec![vec![(0, 20, 50); 600]; 8]));
        assert_eq!(fullest(&times, 30_000), 1_400);
        assert!(
            times[1_399] <= 1_400 / 8 * 20 + 20,
            "the burst is not spread"
        );
        // The next burst waits for the window and its tries' own time, and for nothing else.
        let total = times.last().expect("tries were made");
        assert!(*total <= 3 * 30_100 + 4_000, "{total}");
    }

    #[test]
    fn where_no_place_will_be_free_in_time_the_answer_comes_at_once() {
        run(async {
            let window = Window::new(Rate {
                count: 1,
                window: Duration::from_secs(30),
            });
            let start = Instant::now();
            let held = window.place(start).await;
            assert!(held.is_some(), "the first place is free");
            assert!(
                window
                    .place(start + Duration::from_secs(30))
                    .await
                    .is_none()
            );
            drop(held);
            assert!(
                window
                    .place(start + Duration::from_secs(30))
                    .await
                    .is_none()
            );
            assert_eq!(start.elapsed(), Duration::ZERO);
            assert!(
                window
                    .place(start + Duration::from_secs(31))
                    .await
                    .is_some()
            );
        });
    }
}
