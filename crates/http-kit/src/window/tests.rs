//! The window never holds more than the server allows, and believes what the server says.

use proptest::prelude::*;

use super::*;

/// Waits before a try, its time on the way, when on the way the server counts it (in hundredths), whether it is given up.
type Try = (u64, u64, u64);

/// When the server counted each try, in milliseconds from the start.
async fn counted(rate: Rate, callers: Vec<Vec<Try>>) -> Vec<u128> {
    let window = Window::new(Some(rate), Arc::default());
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
        let window = Window::new(
            Some(Rate {
                count: 1,
                window: Duration::from_secs(30),
            }),
            Arc::default(),
        );
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

/// A window of so many calls in 30 s, and a moment far away.
fn window(count: u32) -> (Window, Instant) {
    let rate = Rate {
        count,
        window: Duration::from_secs(30),
    };
    let far = Instant::now() + Duration::from_hours(24);
    (Window::new(Some(rate), Arc::default()), far)
}

fn told(status: u16, wait: Option<u64>, left: Option<(u64, u64)>) -> Told {
    Told {
        status,
        wait: wait.map(Duration::from_secs),
        left,
    }
}

/// How many of so many calls, one after the other, get a place in the next 30 s.
async fn in_a_window(window: &Window, calls: usize) -> usize {
    let end = Instant::now() + Duration::from_secs(30);
    let mut got = 0;
    while got < calls && window.place(end).await.is_some() {
        got += 1;
    }
    tokio::time::sleep_until(end + Duration::from_secs(1)).await;
    got
}

#[test]
fn too_many_calls_pause_the_host_and_halve_its_rate_once_for_what_was_sent_together() {
    run(async {
        let (window, far) = window(100);
        let start = Instant::now();
        for _ in 0..8 {
            window.told(told(429, Some(5), None), start);
        }
        assert!(window.place(start + Duration::from_secs(5)).await.is_none());
        drop(window.place(far).await);
        assert_eq!(
            start.elapsed(),
            Duration::from_secs(5),
            "the named time is kept"
        );
        assert_eq!(window.places().slowed(Instant::now()), 1);
        // A later complaint halves it again, and no more than four times.
        for times in [2, 3, 4, 4, 4] {
            tokio::time::sleep(Duration::from_millis(10)).await;
            window.told(told(429, None, None), Instant::now());
            tokio::time::sleep(Duration::from_millis(10)).await;
            assert_eq!(window.places().slowed(Instant::now()), times);
        }
    });
}

#[test]
fn complaints_in_a_row_make_the_pause_longer_up_to_30_s_and_any_other_answer_ends_the_row() {
    run(async {
        let (window, far) = window(1_000);
        for expected in [1, 2, 4, 8, 16, 30, 30, 30] {
            tokio::time::sleep(Duration::from_millis(1)).await;
            window.told(told(429, Some(1), None), Instant::now());
            let start = Instant::now();
            drop(window.place(far).await);
            assert_eq!(start.elapsed(), Duration::from_secs(expected));
        }
        window.told(told(200, None, None), Instant::now());
        window.told(told(429, Some(1), None), Instant::now());
        let start = Instant::now();
        drop(window.place(far).await);
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    });
}

#[test]
fn a_rate_that_was_halved_comes_back_step_by_step() {
    run(async {
        let (window, _) = window(100);
        tokio::time::sleep(Duration::from_secs(1)).await;
        window.told(told(429, None, None), Instant::now());
        assert_eq!(in_a_window(&window, 200).await, 50);
        assert_eq!(in_a_window(&window, 200).await, 100);
    });
}

#[test]
fn only_too_many_calls_and_a_service_that_names_a_time_pause_it() {
    let rows = [
        (200, Some(9), 0),
        (500, Some(9), 0),
        (503, None, 0),
        (503, Some(9), 9),
        (429, None, 1),
        (429, Some(9), 9),
    ];
    for (status, wait, expected) in rows {
        run(async {
            let (window, far) = window(10);
            let start = Instant::now();
            window.told(told(status, wait, None), start);
            drop(window.place(far).await);
            let waited = start.elapsed();
            assert_eq!(waited, Duration::from_secs(expected), "{status} {wait:?}");
        });
    }
}

#[test]
fn what_others_left_of_the_limit_is_spread_over_the_window() {
    run(async {
        let (window, far) = window(1_400);
        window.told(told(200, None, Some((99, 1_500))), Instant::now());
        let start = Instant::now();
        for _ in 0..11 {
            drop(window.place(far).await);
        }
        assert_eq!(start.elapsed(), Duration::from_secs(3), "300 ms each");
        // Once the server has enough again, nothing is spread.
        window.told(told(200, None, Some((900, 1_500))), Instant::now());
        let start = Instant::now();
        for _ in 0..11 {
            drop(window.place(far).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}

#[test]
fn what_our_own_calls_used_up_slows_nothing() {
    run(async {
        let (window, far) = window(1_400);
        for _ in 0..1_300 {
            drop(window.place(far).await);
        }
        window.told(told(200, None, Some((200, 1_500))), Instant::now());
        let start = Instant::now();
        for _ in 0..100 {
            drop(window.place(far).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}

#[test]
fn without_a_rate_nothing_is_counted_and_a_pause_holds_all_the_same() {
    run(async {
        let window = Window::new(None, Arc::default());
        let start = Instant::now();
        let far = start + Duration::from_hours(1);
        for _ in 0..10_000 {
            drop(window.place(far).await);
        }
        assert_eq!(
            (start.elapsed(), window.places().ended.len()),
            (Duration::ZERO, 0)
        );
        window.told(told(429, Some(7), None), start);
        drop(window.place(far).await);
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    });
}
