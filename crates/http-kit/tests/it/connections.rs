//! How many connections a run opens, over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_kit::{Call, Effect, Http, Settings, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that keeps connections open and counts them.
async fn keeping() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/x", listener.local_addr().unwrap());
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer(socket));
        }
    });
    (address, opened)
}

/// Answers requests, none of which has a body longer than its first packet.
async fn answer(mut socket: TcpStream) {
    let mut request = vec![0; 65_536];
    loop {
        match socket.read(&mut request).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let words = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        if socket.write_all(words).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_26_a_thousand_calls_open_no_more_connections_than_may_be_in_flight() {
    let settings = Settings {
        service: "test",
        ..Settings::default()
    };
    let most = settings.concurrency;
    let http = Http::new(settings, |_, _| Verdict::Success).unwrap();
    let (address, opened) = keeping().await;
    let calls: Vec<_> = (0..1_000)
        .map(|at| {
            let (http, url) = (http.clone(), address.parse().unwrap());
            let call = if at % 4 == 0 {
                Call::post_json("/x", url, &"body", Effect::Write).unwrap()
            } else {
                Call::get("/x", url)
            };
            tokio::spawn(async move { http.call(call).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let opened = opened.load(Ordering::Relaxed);
    assert!(opened <= most, "{opened} connections, {most} calls at once");
}
