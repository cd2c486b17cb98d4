//! The production transport against real sockets on loopback.
use std::io::Write;
use std::time::Duration;

use flate2::write::GzEncoder;
use http_kit::{Call, Effect, Http, Kind, Reply, Settings, Verdict, codes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

fn classify(_: &Call, reply: &Reply) -> Verdict {
    if reply.status.is_success() {
        return Verdict::Success;
    }
    Verdict::Failed {
        kind: Kind::Rejected,
        code: "TEST_HTTP",
        detail: http_kit::server_words(reply),
    }
}

fn http(body_cap: usize) -> Http {
    let settings = Settings {
        service: "test",
        max_tries: 1,
        body_cap,
        ..Settings::default()
    };
    Http::new(settings, classify).unwrap()
}

fn get(address: &str, path: &str) -> Call {
    Call::get("/x", format!("{address}{path}").parse().unwrap())
}

fn post(address: &str) -> Call {
    let url = format!("{address}/x?token=hidden").parse().unwrap();
    Call::post_json("/x", url, &"body", Effect::Write).unwrap()
}

/// A server that answers each connection with the same bytes and closes; gives its address and what it was sent.
async fn raw(answer: Vec<u8>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 65536];
            let read = socket.read(&mut request).await.unwrap();
            sender
                .send(String::from_utf8_lossy(&request[..read]).to_lowercase())
                .unwrap();
            socket.write_all(&answer).await.unwrap();
        }
    });
    (address, receiver)
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_asked_for_without_a_q_value_and_bytes_are_counted_on_both_sides_of_it() {
    let zipped = gzip(&[b'a'; 5000]);
    let head = format!(
        "200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}",
        zipped.len()
    );
    let (address, mut seen) = raw(answer(&head, &zipped)).await;
    let http = http(1 << 20);
    let reply = http.call(get(&address, "/x")).await.unwrap();
    assert_eq!(reply.body, vec![b'a'; 5000]);
    assert!(!reply.headers.contains_key("content-encoding"));
    let stats = http.stats();
    assert_eq!(
        (stats.bytes_wire, stats.bytes_body),
        (zipped.len() as u64, 5000)
    );
    assert!(
        seen.recv()
            .await
            .unwrap()
            .contains("accept-encoding: gzip\r\n")
    );
}

#[tokio::test]
async fn the_cap_counts_what_a_small_compressed_body_grows_to() {
    let zipped = gzip(&vec![0; 10 << 20]);
    assert!(zipped.len() < 20_000);
    let (address, _seen) = raw(answer("200 OK\r\ncontent-encoding: gzip", &zipped)).await;
    let error = http(1 << 20).call(get(&address, "/x")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::NET_BODY_TOO_LARGE)
    );
}

#[tokio::test]
async fn a_plain_body_over_the_cap_is_refused() {
    let (address, _seen) = raw(answer("200 OK", &[b'a'; 101])).await;
    let error = http(100).call(get(&address, "/x")).await.unwrap_err();
    assert_eq!(error.code(), codes::NET_BODY_TOO_LARGE);
    let (address, _seen) = raw(answer("200 OK", &[b'a'; 100])).await;
    assert_eq!(
        http(100)
            .call(get(&address, "/x"))
            .await
            .unwrap()
            .body
            .len(),
        100
    );
}

#[tokio::test]
async fn a_cut_or_garbled_body_is_a_broken_answer_and_unknown_for_a_write() {
    let zipped = gzip(b"some text that is long enough to be cut in the middle of it");
    let cut = &zipped[..zipped.len() - 12];
    let cases = [
        answer("200 OK\r\ncontent-length: 50", b"short"),
        answer("200 OK\r\ncontent-encoding: gzip", cut),
        answer("200 OK\r\ncontent-encoding: gzip", b"no gzip at all"),
        answer("200 OK\r\ncontent-encoding: br", b"not asked for"),
        answer("200 OK\r\ntransfer-encoding: chunked", b"ff\r\nshort"),
    ];
    for bytes in cases {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let (address, _seen) = raw(bytes).await;
        let error = http(1000).call(get(&address, "/x")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Transient, codes::NET_BODY),
            "{shown}"
        );
        let error = http(1000).call(post(&address)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Unknown, codes::NET_BODY),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn an_empty_answer_may_name_an_encoding() {
    let (address, _seen) = raw(answer("204 No Content\r\ncontent-encoding: gzip", b"")).await;
    assert!(
        http(10)
            .call(get(&address, "/x"))
            .await
            .unwrap()
            .body
            .is_empty()
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_a_reset() {
    let (address, _seen) = raw(Vec::new()).await;
    let error = http(10).call(get(&address, "/x")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_RESET)
    );
    let error = http(10).call(post(&address)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Unknown, codes::NET_RESET)
    );
    let chain = format!("{error:?}");
    assert!(!chain.contains("hidden"), "{chain}");
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = http(10).call(post(&address)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_REFUSED)
    );
}

#[tokio::test]
async fn a_write_without_an_answer_times_out_as_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        write_timeout: Duration::from_millis(50),
        ..Settings::default()
    };
    let http = Http::new(settings, classify).unwrap();
    let error = http.call(post(&address)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Unknown, codes::NET_TIMEOUT)
    );
    drop(listener);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_and_carries_nothing_there() {
    let (other, mut seen_there) = raw(answer("200 OK", b"stolen")).await;
    for status in ["301 Moved", "302 Found", "307 Again", "308 Again"] {
        let head = format!("{status}\r\nlocation: {other}/x?secret=1");
        let (address, _seen) = raw(answer(&head, b"")).await;
        let call = get(&address, "/x")
            .with_bearer(&"t".to_owned().into())
            .unwrap();
        let error = http(100).call(call).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Fatal, codes::NET_REDIRECT)
        );
        assert!(!format!("{error:?}").contains("secret"));
    }
    assert!(seen_there.try_recv().is_err());
}

#[tokio::test]
async fn a_read_follows_a_redirect_on_its_own_host_and_a_write_does_not() {
    let mut server = mockito::Server::new_async().await;
    let moved = server
        .mock("GET", "/old")
        .with_status(308)
        .with_header("location", "/new")
        .expect(1)
        .create_async()
        .await;
    let there = server
        .mock("GET", "/new")
        .match_header("authorization", "Bearer t")
        .with_body("found")
        .expect(1)
        .create_async()
        .await;
    let written = server
        .mock("POST", "/x?token=hidden")
        .with_status(307)
        .with_header("location", "/new")
        .expect(1)
        .create_async()
        .await;
    let call = get(&server.url(), "/old")
        .with_bearer(&"t".to_owned().into())
        .unwrap();
    assert_eq!(http(100).call(call).await.unwrap().body, "found");
    let error = http(100).call(post(&server.url())).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Fatal, Some(307)));
    moved.assert_async().await;
    there.assert_async().await;
    written.assert_async().await;
}

#[tokio::test]
async fn where_redirects_are_not_followed_they_go_to_the_classifier() {
    let mut server = mockito::Server::new_async().await;
    let there = server.mock("GET", "/new").expect(0).create_async().await;
    let settings = Settings {
        follow_redirects: false,
        ..Settings::default()
    };
    let http = Http::new(settings, classify).unwrap();
    for method in ["GET", "POST"] {
        let path = if method == "GET" {
            "/old"
        } else {
            "/x?token=hidden"
        };
        let moved = server
            .mock(method, path)
            .with_status(307)
            .with_header("location", "/new")
            .expect(1)
            .create_async()
            .await;
        let call = match method {
            "GET" => get(&server.url(), path),
            _ => post(&server.url()),
        };
        let error = http.call(call).await.unwrap_err();
        assert_eq!((error.code(), error.status()), ("TEST_HTTP", Some(307)));
        moved.assert_async().await;
    }
    there.assert_async().await;
}

#[tokio::test]
async fn a_redirect_in_a_circle_ends() {
    let (address, mut seen) = raw(answer("302 Found\r\nlocation: /x", b"")).await;
    let error = http(100).call(get(&address, "/x")).await.unwrap_err();
    assert_eq!(error.code(), codes::NET_REDIRECT);
    let mut requests = 0;
    while seen.try_recv().is_ok() {
        requests += 1;
    }
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_failed_answer_keeps_status_and_the_servers_words_but_no_page() {
    let mut server = mockito::Server::new_async().await;
    server
        .mock("GET", "/words")
        .with_status(422)
        .with_body("title\ntoo long")
        .create_async()
        .await;
    server
        .mock("GET", "/page")
        .with_status(404)
        .with_body("<!DOCTYPE html><p>no")
        .create_async()
        .await;
    let error = http(1000)
        .call(get(&server.url(), "/words"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "test /x: rejected failure TEST_HTTP, status 422: title too long"
    );
    let error = http(1000)
        .call(get(&server.url(), "/page"))
        .await
        .unwrap_err();
    assert_eq!(error.detail(), "an html page instead of an answer");
}

/// Run again as a process of its own: the environment of a test process cannot be changed safely.
#[tokio::test]
async fn without_root_certificates_plain_calls_work_and_tls_ones_say_what_is_missing() {
    const MARK: &str = "HTTP_KIT_TEST_WITHOUT_ROOTS";
    if std::env::var_os(MARK).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "wire::without_root_certificates_plain_calls_work_and_tls_ones_say_what_is_missing",
            ])
            .env(MARK, "1")
            .env("SSL_CERT_FILE", "/nonexistent/roots.pem")
            .env("SSL_CERT_DIR", "/nonexistent")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let (address, _seen) = raw(answer("200 OK", b"plain")).await;
    assert_eq!(
        http(100).call(get(&address, "/x")).await.unwrap().body,
        "plain"
    );
    let error = http(100)
        .call(get("https://localhost:1", "/x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::NET_TLS_ROOTS)
    );
}

#[tokio::test]
async fn a_write_that_is_sent_to_see_another_page_may_have_been_done() {
    let cases = [
        (301, Kind::Fatal),
        (302, Kind::Unknown),
        (303, Kind::Unknown),
        (308, Kind::Fatal),
    ];
    for (status, kind) in cases {
        let head = format!("{status} Elsewhere\r\nlocation: /x");
        let (address, mut seen) = raw(answer(&head, b"")).await;
        let error = http(100).call(post(&address)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (kind, codes::NET_REDIRECT),
            "{status}"
        );
        assert!(seen.try_recv().is_ok() && seen.try_recv().is_err());
    }
}
