//! Leaving a stuck server alone.

use std::time::Duration;

use http_kit::{Kind, Settings, SilenceSettings, codes};
use tokio::time::Instant;

use crate::server::{Act, Server, http, read, settings, write};

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
