//! What is logged of a call. Alone in its process, because log subscribers are shared by all threads of one.

use std::io;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, StatusCode};
use http_kit::{Call, Effect, Http, Kind, Reply, Settings, TransportError, Verdict};
use tower::util::BoxCloneSyncService;

/// A writer that keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn classify(call: &Call, reply: &Reply) -> Verdict {
    let (kind, code) = match (reply.status.is_success(), call.effect) {
        (true, _) => return Verdict::Success,
        (false, Effect::Read) => (Kind::Transient, "TEST_BUSY"),
        (false, Effect::Write) => (Kind::Rejected, "TEST_REJECTED"),
    };
    let detail = String::new();
    Verdict::Failed { kind, code, detail }
}

#[tokio::test(start_paused = true)]
async fn a_span_says_method_route_status_bytes_and_tries_and_no_secret() {
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);

    let statuses = Arc::new(Mutex::new(vec![422, 200, 503]));
    let transport = BoxCloneSyncService::new(tower::service_fn(move |_: Call| {
        let status = statuses.lock().unwrap().pop().unwrap();
        std::future::ready(Ok::<_, TransportError>(Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: "ok".into(),
            tries: 1,
        }))
    }));
    let http = Http::with_transport(Settings::default(), classify, transport);
    let url: url::Url = "http://127.0.0.1:1/items/7?token=hidden".parse().unwrap();
    let token = "hidden-token".to_owned().into();
    let read = Call::get("/items/{id}", url.clone());
    let write = Call::post_json("/items/{id}", url, &"hidden-body", Effect::Write).unwrap();
    let (read, write) = (
        read.with_bearer(&token).unwrap(),
        write.with_bearer(&token).unwrap(),
    );
    assert!(!format!("{write:?} {:?}", write.headers).contains("hidden"));
    http.call(read).await.unwrap();
    let error = http.call(write).await.unwrap_err();
    drop(guard);

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let parts = [
        "method=GET",
        "route=\"/items/{id}\"",
        "status=200",
        "bytes=2",
        "tries=2",
        "duration_ms=",
        "code=\"TEST_REJECTED\"",
    ];
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("hidden"), "{text}");
    assert!(!format!("{error} {error:?}").contains("hidden"));
}
