//! A host that says "too many calls" to everything, or fails: calls become few, and all goes on once it is over.

use std::time::Duration;

use http_kit::{
    BreakerSettings, BreakerState, Hosts, Http, Kind, Rate, Settings, SilenceSettings, codes,
};
use tokio::time::Instant;

use crate::server::{Act, Server, classify, http, read, settings, write};

/// Callers that ask again and again, for so long.
async fn hammer(http: &Http, callers: usize, time: Duration) {
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..callers)
        .map(|at| {
            let http = http.clone();
            tokio::spawn(async move {
                while Instant::now() < end {
                    let call = if at % 2 == 0 { read() } else { write() };
                    let asked = http.call(call).await;
                    let waits = if asked.is_ok() { 1_000 } else { 500 };
                    tokio::time::sleep(Duration::from_millis(waits)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn under_nothing_but_429_one_probe_in_30_s_is_sent_and_afterwards_all_goes_on() {
    let answers = [
        Act::Answer(429),
        Act::AnswerWith(429, "retry-after", "1"),
        Act::AnswerWith(429, "retry-after-ms", "20"),
        Act::AnswerWith(429, "retry-after", "20"),
    ];
    for act in answers {
        let server = Server::new(&[]);
        server.always(Some(act));
        let limits = Settings {
            rate: Some(Rate {
                count: 1_400,
                window: Duration::from_secs(30),
            }),
            ..settings()
        };
        let http = http(&server, limits);
        let start = Instant::now();
        hammer(&http, 16, Duration::from_mins(10)).await;
        // At first what was in flight at once, and the way to 30 s; from then on one at a time.
        let end = start + Duration::from_mins(10);
        let times = server.times().into_iter().filter(|at| *at < end);
        let (first, later): (Vec<_>, Vec<_>) =
            times.partition(|at| *at - start < Duration::from_mins(2));
        let gaps: Vec<_> = later.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(first.len() <= 20, "{} in two minutes", first.len());
        assert!(
            later.len() <= 17,
            "{} in eight minutes: {gaps:?}",
            later.len()
        );
        assert!(gaps.iter().all(|gap| *gap >= Duration::from_secs(30)));
        let host = &http.stats().hosts[0];
        assert!(host.slowed > 0, "{host:?}");
        server.always(None);
        tokio::time::sleep(Duration::from_secs(31)).await;
        for _ in 0..50 {
            http.call(read()).await.unwrap();
        }
        assert_eq!(http.stats().hosts[0].breaker, BreakerState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn repeats_are_at_most_a_fifth_of_the_calls_and_a_few() {
    let server = Server::new(&[]);
    server.always(Some(Act::Answer(503)));
    let without = Settings {
        breaker: None,
        ..settings()
    };
    let http = http(&server, without);
    let start = Instant::now();
    for _ in 0..1_000 {
        http.call(read()).await.unwrap_err();
    }
    let stats = http.stats();
    let windows = start.elapsed().as_secs() / 10 + 2;
    let repeats = stats.tries - stats.calls;
    assert_eq!(stats.calls, 1_000);
    assert!(
        repeats > 0 && repeats <= 200 + 10 * windows + 10,
        "{repeats} in {windows}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_says_when_the_next_probe_is_and_is_not_repeated() {
    let server = Server::new(&vec![Act::Answer(500); 10]);
    let once = Settings {
        max_tries: 1,
        ..settings()
    };
    let http = http(&server, once);
    for _ in 0..10 {
        http.call(read()).await.unwrap_err();
    }
    let start = Instant::now();
    let error = http.call(read()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.tries()),
        (Kind::Transient, codes::NET_BREAKER, 0)
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert_eq!((start.elapsed(), server.requests()), (Duration::ZERO, 10));
}

#[tokio::test(start_paused = true)]
async fn answers_that_refuse_what_was_asked_never_open_the_breaker() {
    let server = Server::new(&[]);
    server.always(Some(Act::Answer(422)));
    let http = http(&server, settings());
    for _ in 0..50 {
        http.call(write()).await.unwrap_err();
    }
    assert_eq!(http.stats().hosts[0].opened, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_the_rate_limit_are_not_sent_into_an_open_breaker() {
    let server = Server::new(&[]);
    server.always(Some(Act::Answer(500)));
    let limits = Settings {
        rate: Some(Rate {
            count: 10,
            window: Duration::from_mins(1),
        }),
        concurrency: 100,
        write_concurrency: 100,
        ..settings()
    };
    let http = http(&server, limits);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.call(write()).await.unwrap_err().code() })
        })
        .collect();
    let mut refused = 0;
    for call in calls {
        refused += u32::from(call.await.unwrap() == codes::NET_BREAKER);
    }
    assert_eq!((refused, server.requests()), (40, 10));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_host_outlives_the_stack_and_is_not_shared_with_other_services() {
    let server = Server::new(&vec![Act::Hang; 2]);
    let hosts = Hosts::default();
    let make = |service| {
        let settings = Settings {
            service,
            silence: Some(SilenceSettings::default()),
            ..settings()
        };
        Http::with_transport_at(&hosts, settings, classify, server.transport())
    };
    let first = make("one");
    first.call(write()).await.unwrap_err();
    first.call(write()).await.unwrap_err();
    assert!(first.stats().hosts[0].silent);
    drop(first);
    let error = make("one").call(read()).await.unwrap_err();
    assert_eq!(error.code(), codes::NET_SILENCE);
    assert_eq!(server.requests(), 2);
    make("two").call(read()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(90)).await;
    make("one").call(read()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn silence_and_breaker_end_with_one_probe_for_both() {
    let server = Server::new(&vec![Act::Hang; 10]);
    let both = Settings {
        silence: Some(SilenceSettings {
            after_timeouts: 10,
            ..SilenceSettings::default()
        }),
        breaker: Some(BreakerSettings {
            window: Duration::from_mins(10),
            ..BreakerSettings::default()
        }),
        max_tries: 1,
        ..settings()
    };
    let http = http(&server, both);
    for _ in 0..10 {
        http.call(write()).await.unwrap_err();
    }
    let host = &http.stats().hosts[0];
    assert!(host.silent && host.breaker == BreakerState::Open);
    tokio::time::sleep(Duration::from_secs(89)).await;
    assert_eq!(
        http.call(read()).await.unwrap_err().code(),
        codes::NET_SILENCE
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    http.call(read()).await.unwrap();
    let host = &http.stats().hosts[0];
    assert!(!host.silent && host.breaker == BreakerState::Closed);
    assert_eq!(server.requests(), 11);
}

#[tokio::test(start_paused = true)]
async fn one_call_more_than_the_queue_holds_is_refused_at_once() {
    let small = Settings {
        concurrency: 1,
        write_concurrency: 1,
        queue: 2,
        ..settings()
    };
    let server = Server::new(&vec![Act::Slow(Duration::from_secs(1), 200); 9]);
    let http = http(&server, small);
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let http = http.clone();
            tokio::spawn(async move { http.call(write()).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let error = http.call(read()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_QUEUE)
    );
    for call in calls {
        call.await.unwrap().unwrap();
    }
    http.call(read()).await.unwrap();
    assert_eq!(server.requests(), 4);
}
