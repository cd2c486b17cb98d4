//! What stands between us and a server, each with its kind and code, over real sockets where there is one.

use std::time::Duration;

use http_kit::{Call, Effect, Http, Kind, Reply, Settings, Verdict, codes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Act, Server, http, read, settings, write};

fn real() -> Http {
    let settings = Settings {
        service: "test",
        max_tries: 1,
        connect_timeout: Duration::from_secs(20),
        ..Settings::default()
    };
    Http::new(settings, |_: &Call, _: &Reply| Verdict::Success).unwrap()
}

fn get(address: &str) -> Call {
    Call::get("/x", address.parse().unwrap()).without_pages()
}

fn post(address: &str) -> Call {
    Call::post_json("/x", address.parse().unwrap(), &"body", Effect::Write)
        .unwrap()
        .without_pages()
}

/// A server that answers each connection with the same bytes.
async fn saying(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 65_536];
            if socket.read(&mut request).await.is_ok() {
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    address
}

async fn told(call: Call) -> (Kind, &'static str, String) {
    let error = real().call(call).await.unwrap_err();
    (error.kind(), error.code(), error.to_string())
}

#[tokio::test]
async fn a_refused_connection_says_so_for_reads_and_writes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/x", listener.local_addr().unwrap());
    drop(listener);
    for call in [get(&address), post(&address)] {
        let (kind, code, words) = told(call).await;
        assert_eq!(
            (kind, code),
            (Kind::Transient, codes::NET_REFUSED),
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_told_from_a_server_that_is_not_there() {
    // Reserved for this (RFC 6761): no resolver knows it. Loopback by name, so that no proxy is asked.
    let (kind, code, words) = told(get("http://no-such-host.localhost.invalid./x")).await;
    assert!(
        code == codes::NET_INSECURE && kind == Kind::Fatal,
        "plain http to a foreign name is not even looked up: {words}"
    );
    let settings = Settings {
        service: "test",
        max_tries: 1,
        allow_insecure: true,
        ..Settings::default()
    };
    let http = Http::new(settings, |_: &Call, _: &Reply| Verdict::Success).unwrap();
    let error = http
        .call(get("http://no-such-host.invalid/x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::NET_DNS),
        "{error:?}"
    );
    assert!(error.to_string().contains("the host's name was not found"));
}

#[tokio::test]
async fn plain_http_leaves_this_machine_only_where_that_is_allowed() {
    for address in [
        "http://192.0.2.1/x",
        "http://example.invalid/x",
        "http://[2001:db8::1]/x",
    ] {
        let call = get(address)
            .with_bearer(&"secret".to_owned().into())
            .unwrap();
        let (kind, code, words) = told(call).await;
        assert_eq!((kind, code), (Kind::Fatal, codes::NET_INSECURE), "{words}");
        assert!(!words.contains("secret"));
    }
    let address =
        saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    real().call(get(&address)).await.unwrap();
    let by_name = address.replace("127.0.0.1", "localhost");
    real().call(get(&by_name)).await.unwrap();
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_no_success_and_no_word_of_it_is_shown() {
    let pages = [
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>pay canary</html>",
        "HTTP/1.1 200 OK\r\ncontent-type: TEXT/HTML;charset=utf-8\r\nconnection: close\r\n\r\npay canary",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n  <!DOCTYPE html><p>pay canary",
    ];
    for page in pages {
        let address = saying(page).await;
        for (call, expected) in [
            (get(&address), Kind::Transient),
            (post(&address), Kind::Unknown),
        ] {
            let error = real().call(call).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (expected, codes::NET_HTML));
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
        let free = Call::get("/x", address.parse().unwrap());
        real().call(free).await.unwrap();
    }
    let json =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\"<html>\"";
    real().call(get(&saying(json).await)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_or_refuses_it_is_a_failure_of_tls() {
    let answers = [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        // An alert: handshake failure.
        "\x15\x03\x03\x00\x02\x02\x28",
    ];
    for answer in answers {
        let address = saying(answer).await.replace("http:", "https:");
        let (kind, code, words) = told(get(&address)).await;
        assert!(
            [codes::NET_TLS, codes::NET_TLS_ROOTS].contains(&code) && kind == Kind::Fatal,
            "{words}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_counts_as_a_failure_of_the_host() {
    let server = Server::new(&[]);
    server.always(Some(Act::Page));
    let http = http(&server, settings());
    for _ in 0..10 {
        let call = write().without_pages();
        assert_eq!(http.call(call).await.unwrap_err().code(), codes::NET_HTML);
    }
    let error = http.call(read().without_pages()).await.unwrap_err();
    assert_eq!(error.code(), codes::NET_BREAKER);
}
