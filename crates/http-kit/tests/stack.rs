//! The rules of the stack over an in-process transport and a paused clock.
#![expect(
    clippy::unwrap_used,
    reason = "a failure in a helper of a test is a failed test"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_kit::{
    Call, Effect, Http, Kind, Rate, Reply, Settings, SilenceSettings, Transport, TransportError,
    Verdict, codes,
};
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;

const ROUTE: &str = "/items/{id}";

/// One thing that the server does with a request.
#[derive(Clone)]
enum Act {
    Answer(u16),
    AnswerWith(u16, &'static str, &'static str),
    Big(usize),
    Slow(Duration, u16),
    Hang,
    Refuse,
    Reset,
    BreakBody,
}

/// A server with a script; after its end it answers 200.
#[derive(Clone, Default)]
struct Server {
    script: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Instant>>>,
    flying: Arc<Mutex<(usize, usize)>>,
}

impl Server {
    fn new(script: &[Act]) -> Self {
        let server = Self::default();
        server.script.lock().unwrap().extend(script.iter().cloned());
        server
    }

    fn times(&self) -> Vec<Instant> {
        self.seen.lock().unwrap().clone()
    }

    fn requests(&self) -> usize {
        self.times().len()
    }

    fn most_in_flight(&self) -> usize {
        self.flying.lock().unwrap().1
    }

    fn transport(&self) -> Transport {
        let server = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |_: Call| {
            let server = server.clone();
            async move { server.answer().await }
        }))
    }

    async fn answer(self) -> Result<Reply, TransportError> {
        self.seen.lock().unwrap().push(Instant::now());
        {
            let mut flying = self.flying.lock().unwrap();
            flying.0 += 1;
            flying.1 = flying.1.max(flying.0);
        }
        let act = self.script.lock().unwrap().pop_front();
        let result = match act.unwrap_or(Act::Answer(200)) {
            Act::Answer(status) => Ok(reply(status, None, 2)),
            Act::AnswerWith(status, name, value) => Ok(reply(status, Some((name, value)), 2)),
            Act::Big(bytes) => Ok(reply(200, None, bytes)),
            Act::Slow(time, status) => {
                tokio::time::sleep(time).await;
                Ok(reply(status, None, 2))
            }
            Act::Hang => std::future::pending().await,
            Act::Refuse => Err(TransportError::Connect("refused".into())),
            Act::Reset => Err(TransportError::Reset("reset".into())),
            Act::BreakBody => Err(TransportError::Body("cut".into())),
        };
        self.flying.lock().unwrap().0 -= 1;
        result
    }
}

fn reply(status: u16, header: Option<(&'static str, &'static str)>, bytes: usize) -> Reply {
    let headers = header.map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::from_iter(headers),
        body: Bytes::from(vec![b'x'; bytes]),
        tries: 1,
    }
}

fn classify(call: &Call, reply: &Reply) -> Verdict {
    let (kind, code) = match (reply.status.as_u16(), call.effect) {
        (200..=299, _) => return Verdict::Success,
        (429 | 503, _) => (Kind::Transient, "TEST_BUSY"),
        (500, Effect::Read) => (Kind::Transient, "TEST_500"),
        (500, Effect::Write) => (Kind::Unknown, "TEST_500"),
        _ => (Kind::Rejected, "TEST_REJECTED"),
    };
    Verdict::Failed {
        kind,
        code,
        detail: String::new(),
    }
}

fn settings() -> Settings {
    Settings {
        service: "test",
        seed: Some(1),
        ..Settings::default()
    }
}

fn http(server: &Server, settings: Settings) -> Http {
    Http::with_transport(settings, classify, server.transport())
}

fn url() -> url::Url {
    "http://127.0.0.1:1/items/7?token=hidden".parse().unwrap()
}

fn read() -> Call {
    Call::get(ROUTE, url())
}

fn write() -> Call {
    Call::post_json(ROUTE, url(), &"hidden-body", Effect::Write).unwrap()
}

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
async fn a_backoff_holds_no_permit() {
    let one = Settings {
        concurrency: 1,
        ..settings()
    };
    let server = Server::new(&[Act::AnswerWith(429, "retry-after", "30")]);
    let http = http(&server, one);
    let waiting = tokio::spawn({
        let http = http.clone();
        async move { http.call(read()).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    http.call(read()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
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

fn silent() -> Settings {
    Settings {
        silence: Some(SilenceSettings::default()),
        max_tries: 1,
        ..settings()
    }
}

#[tokio::test(start_paused = true)]
async fn two_timeouts_in_a_row_start_a_silence_in_which_calls_fail_at_once() {
    let server = Server::new(&[Act::Hang, Act::Hang]);
    let http = http(&server, silent());
    http.call(write()).await.unwrap_err();
    http.call(write()).await.unwrap_err();
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(89)).await;
    let error = http.call(read()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_SILENCE)
    );
    assert_eq!(error.tries(), 0);
    assert_eq!(start.elapsed(), Duration::from_secs(89));
    assert_eq!(server.requests(), 2);
    tokio::time::sleep(Duration::from_secs(1)).await;
    http.call(read()).await.unwrap();
    http.call(read()).await.unwrap();
    assert_eq!(server.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_two_timeouts_keeps_the_service_open() {
    let server = Server::new(&[Act::Hang, Act::Answer(500), Act::Hang, Act::Refuse]);
    let http = http(&server, silent());
    for _ in 0..4 {
        http.call(write()).await.unwrap_err();
    }
    http.call(read()).await.unwrap();
    assert_eq!(server.requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_silence_sends_one_probe_and_doubles_to_ten_minutes() {
    let server = Server::new(&vec![Act::Hang; 20]);
    let http = http(&server, silent());
    http.call(write()).await.unwrap_err();
    http.call(write()).await.unwrap_err();
    for seconds in [90, 180, 360, 600, 600] {
        let before = server.requests();
        tokio::time::sleep(Duration::from_millis(seconds * 1000 - 1)).await;
        assert_eq!(
            http.call(write()).await.unwrap_err().code(),
            codes::NET_SILENCE
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
        let (probe, other) = tokio::join!(http.call(write()), http.call(write()));
        assert_eq!(probe.unwrap_err().code(), codes::NET_TIMEOUT);
        assert_eq!(other.unwrap_err().code(), codes::NET_SILENCE);
        assert_eq!(server.requests(), before + 1, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waited_for_a_permit_is_not_sent_into_a_silence() {
    let one = Settings {
        write_concurrency: 1,
        ..silent()
    };
    let server = Server::new(&vec![Act::Hang; 5]);
    let http = http(&server, one);
    let (a, b, c) = tokio::join!(http.call(write()), http.call(write()), http.call(write()));
    let mut codes = [a, b, c].map(|result| result.unwrap_err().code());
    codes.sort_unstable();
    let expected = [codes::NET_SILENCE, codes::NET_TIMEOUT, codes::NET_TIMEOUT];
    assert_eq!(codes, expected);
    assert_eq!(server.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_its_caller_gave_up_lets_the_next_call_probe() {
    let server = Server::new(&vec![Act::Hang; 3]);
    let http = http(&server, silent());
    http.call(write()).await.unwrap_err();
    http.call(write()).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(90)).await;
    tokio::time::timeout(Duration::from_secs(1), http.call(read()))
        .await
        .unwrap_err();
    http.call(read()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_read_stops_repeating_when_the_silence_begins() {
    let server = Server::new(&vec![Act::Hang; 5]);
    let many = Settings {
        max_tries: 5,
        deadline: Duration::from_hours(1),
        ..silent()
    };
    let error = http(&server, many).call(read()).await.unwrap_err();
    assert_eq!((error.code(), error.tries()), (codes::NET_SILENCE, 2));
    assert_eq!(server.requests(), 2);
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

#[tokio::test]
async fn settings_out_of_their_bounds_are_refused_by_name() {
    let bad: [(&str, Settings); 4] = [
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
