//! Repeats, timeouts, the deadline, counters.

use std::time::Duration;

use http_kit::{Kind, Settings, codes};
use tokio::time::Instant;

use crate::server::{Act, ROUTE, Server, http, read, settings, write};

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again_after_transient_failures_until_it_succeeds() {
    let server = Server::new(&[Act::Answer(503), Act::Reset, Act::BreakBody]);
    let reply = http(&server, settings()).call(read()).await.unwrap();
    assert_eq!((reply.tries, server.requests()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_read_is_given_up_after_max_tries() {
    let server = Server::new(&vec![Act::Answer(500); 9]);
    let error = http(&server, settings()).call(read()).await.unwrap_err();
    assert_eq!(error.code(), "TEST_500");
    assert_eq!((error.tries(), server.requests()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_read_is_not_tried_again() {
    let server = Server::new(&[Act::Answer(422)]);
    let error = http(&server, settings()).call(read()).await.unwrap_err();
    assert_eq!((error.kind(), server.requests()), (Kind::Rejected, 1));
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_once_and_unknown_unless_nothing_was_sent() {
    let cases = [
        (Act::Hang, Kind::Unknown, codes::NET_TIMEOUT),
        (Act::Reset, Kind::Unknown, codes::NET_RESET),
        (Act::BreakBody, Kind::Unknown, codes::NET_BODY),
        (Act::Big(100), Kind::Unknown, codes::NET_BODY_TOO_LARGE),
        (Act::Answer(500), Kind::Unknown, "TEST_500"),
        (Act::Answer(429), Kind::Transient, "TEST_BUSY"),
        (Act::Refuse, Kind::Transient, codes::NET_CONNECT),
    ];
    for (act, kind, code) in cases {
        let server = Server::new(&[act]);
        let small = Settings {
            body_cap: 99,
            ..settings()
        };
        let error = http(&server, small).call(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code));
        assert_eq!(server.requests(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_try_of_a_read_takes_60_s_and_of_a_write_15_s_at_most() {
    let server = Server::new(&[Act::Hang, Act::Hang]);
    let once = Settings {
        max_tries: 1,
        ..settings()
    };
    let http = http(&server, once);
    let start = Instant::now();
    http.call(read()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_mins(1));
    http.call(write()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(75));
}

#[tokio::test(start_paused = true)]
async fn the_overall_deadline_ends_a_call_with_all_its_repeats() {
    let short = Settings {
        deadline: Duration::from_secs(100),
        ..settings()
    };
    let server = Server::new(&[Act::Hang, Act::Hang]);
    let start = Instant::now();
    let error = http(&server, short).call(read()).await.unwrap_err();
    assert_eq!(error.code(), codes::NET_DEADLINE);
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(start.elapsed(), Duration::from_secs(100));
}

#[tokio::test(start_paused = true)]
async fn a_write_cut_off_by_the_deadline_is_unknown_only_if_it_was_sent() {
    let short = Settings {
        deadline: Duration::from_secs(5),
        write_concurrency: 1,
        ..settings()
    };
    let server = Server::new(&[Act::Hang]);
    let http = http(&server, short);
    let (sent, waiting) = tokio::join!(http.call(write()), http.call(write()));
    let (sent, waiting) = (sent.unwrap_err(), waiting.unwrap_err());
    assert_eq!(sent.kind(), Kind::Unknown);
    assert_eq!(waiting.kind(), Kind::Transient);
    assert_eq!(server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_out_on_429_and_503() {
    for status in [429, 503] {
        let server = Server::new(&[Act::AnswerWith(status, "retry-after", "7")]);
        http(&server, settings()).call(read()).await.unwrap();
        let gap = server.times()[1] - server.times()[0];
        let range = Duration::from_secs(7)..Duration::from_millis(7201);
        assert!(range.contains(&gap), "{status}: {gap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_means_nothing_on_other_answers() {
    let server = Server::new(&[Act::AnswerWith(500, "retry-after", "50")]);
    http(&server, settings()).call(read()).await.unwrap();
    assert!(server.times()[1] - server.times()[0] <= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_passes_the_deadline_is_handed_to_the_caller_at_once() {
    let server = Server::new(&[Act::AnswerWith(429, "retry-after", "500")]);
    let start = Instant::now();
    let error = http(&server, settings()).call(read()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(500)));
    assert_eq!((server.requests(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn waits_repeat_with_the_seed() {
    let run = async || {
        let server = Server::new(&vec![Act::Answer(503); 3]);
        http(&server, settings()).call(read()).await.unwrap();
        let times = server.times();
        times.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>()
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test(start_paused = true)]
async fn calls_tries_writes_and_bytes_are_counted_in_all_and_by_route() {
    let server = Server::new(&[Act::Answer(503), Act::Answer(200), Act::Answer(422)]);
    let http = http(&server, settings());
    http.call(read()).await.unwrap();
    http.call(write()).await.unwrap_err();
    let stats = http.stats();
    assert_eq!((stats.calls, stats.writes, stats.tries), (2, 1, 3));
    assert_eq!((stats.bytes_body, stats.bytes_wire), (6, 6));
    assert_eq!(stats.bytes_sent, "\"hidden-body\"".len() as u64);
    let route = stats.routes[ROUTE];
    assert_eq!(
        (route.calls, route.writes, route.tries, route.failed),
        (2, 1, 3, 1)
    );
}

#[test]
fn every_code_has_a_meaning_and_a_remedy_and_stands_once() {
    let mut seen = std::collections::BTreeSet::new();
    for (code, meaning, remedy) in codes::CODES {
        assert!(code.starts_with("NET_") && seen.insert(code), "{code}");
        assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{code}");
    }
}

#[test]
fn kinds_have_names() {
    assert_eq!(Kind::Transient.to_string(), "transient");
    assert_eq!(
        serde_json::to_string(&Kind::Unknown).unwrap(),
        "\"unknown\""
    );
}
