//! Concurrency, rate, body cap and the bounds of the settings.

use std::time::Duration;

use http_kit::{BreakerSettings, Call, Http, Kind, Rate, Settings, codes};
use tokio::time::Instant;

use crate::server::{Act, Server, classify, http, read, settings, write};

#[tokio::test(start_paused = true)]
async fn a_backoff_holds_no_permit() {
    let one = Settings {
        concurrency: 1,
        backoff_base: Duration::from_mins(1),
        backoff_cap: Duration::from_mins(1),
        ..settings()
    };
    let server = Server::new(&[Act::Answer(500)]);
    let http = http(&server, one);
    let waiting = tokio::spawn({
        let http = http.clone();
        async move { http.call(read()).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    assert_eq!(server.requests(), 1, "the first call waits");
    http.call(read()).await.unwrap();
    assert_eq!((server.requests(), start.elapsed()), (2, Duration::ZERO));
    assert_eq!(waiting.await.unwrap().unwrap().tries, 2);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_limited_and_writes_more_so() {
    let limits = Settings {
        concurrency: 5,
        write_concurrency: 2,
        ..settings()
    };
    for (call, most) in [(read as fn() -> Call, 5), (write, 2)] {
        let server = Server::new(&vec![Act::Slow(Duration::from_secs(1), 200); 12]);
        let http = http(&server, limits.clone());
        let calls = (0..12).map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.call(call()).await })
        });
        for done in calls.collect::<Vec<_>>() {
            done.await.unwrap().unwrap();
        }
        assert_eq!(server.most_in_flight(), most);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_writes_leave_the_other_places_to_reads() {
    let limits = Settings {
        concurrency: 2,
        write_concurrency: 1,
        ..settings()
    };
    let server = Server::new(&vec![Act::Slow(Duration::from_secs(10), 200); 3]);
    let http = http(&server, limits);
    for _ in 0..3 {
        let http = http.clone();
        tokio::spawn(async move { http.call(write()).await });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    tokio::time::timeout(Duration::from_secs(11), http.call(read()))
        .await
        .unwrap()
        .unwrap();
    assert!(start.elapsed() <= Duration::from_secs(10));
    assert_eq!(server.most_in_flight(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_window_holds_more_tries_than_the_rate_allows() {
    for (count, calls) in [(100, 350), (1, 4), (3, 12)] {
        let window = Duration::from_secs(30);
        let paced = Settings {
            rate: Some(Rate { count, window }),
            deadline: Duration::from_hours(1),
            concurrency: 50,
            ..settings()
        };
        let server = Server::new(&[]);
        let http = http(&server, paced);
        let tasks: Vec<_> = (0..calls)
            .map(|_| {
                let http = http.clone();
                tokio::spawn(async move { http.call(read()).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let times = server.times();
        for (i, first) in times.iter().enumerate() {
            let inside = times[i..].iter().filter(|t| **t - *first < window).count();
            assert!(inside <= count as usize, "{inside} of {count}");
        }
        let total = *times.last().unwrap() - times[0];
        assert!(total <= window * (calls / count + 1), "{total:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_rate_cannot_serve_in_time_fails_at_once_and_unsent() {
    let paced = Settings {
        rate: Some(Rate {
            count: 1,
            window: Duration::from_mins(10),
        }),
        ..settings()
    };
    let server = Server::new(&[]);
    let http = http(&server, paced);
    http.call(write()).await.unwrap();
    let start = Instant::now();
    let error = http.call(write()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_RATE)
    );
    assert_eq!((server.requests(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_cap_is_refused() {
    let small = Settings {
        body_cap: 10,
        ..settings()
    };
    let server = Server::new(&[Act::Big(10), Act::Big(11)]);
    let http = http(&server, small);
    http.call(read()).await.unwrap();
    let error = http.call(read()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::NET_BODY_TOO_LARGE)
    );
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn settings_out_of_their_bounds_are_refused_by_name() {
    let bad: [(&str, Settings); 6] = [
        (
            "queue",
            Settings {
                queue: 0,
                ..settings()
            },
        ),
        (
            "breaker",
            Settings {
                breaker: Some(BreakerSettings {
                    percent: 101,
                    ..BreakerSettings::default()
                }),
                ..settings()
            },
        ),
        (
            "concurrency",
            Settings {
                concurrency: 0,
                ..settings()
            },
        ),
        (
            "max_tries",
            Settings {
                max_tries: 0,
                ..settings()
            },
        ),
        (
            "read_timeout",
            Settings {
                read_timeout: Duration::ZERO,
                ..settings()
            },
        ),
        (
            "rate",
            Settings {
                rate: Some(Rate {
                    count: 0,
                    window: Duration::from_secs(1),
                }),
                ..settings()
            },
        ),
    ];
    for (name, settings) in bad {
        let error = Http::new(settings.clone(), classify).unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Fatal, codes::NET_SETTINGS)
        );
        assert!(error.detail().contains(name), "{error}");
        let server = Server::new(&[]);
        http(&server, settings).call(read()).await.unwrap_err();
        assert_eq!(server.requests(), 0);
    }
}
