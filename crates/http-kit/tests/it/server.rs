//! A server in this process with a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_kit::{Call, Effect, Http, Kind, Reply, Settings, Transport, TransportError, Verdict};
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;

pub(crate) const ROUTE: &str = "/items/{id}";

/// One thing that the server does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    Answer(u16),
    AnswerWith(u16, &'static str, &'static str),
    Big(usize),
    Slow(Duration, u16),
    Hang,
    Refuse,
    Reset,
    BreakBody,
    Page,
}

/// A server with a script; after its end it always does one thing, which is to answer 200.
#[derive(Clone, Default)]
pub(crate) struct Server {
    script: Arc<Mutex<VecDeque<Act>>>,
    always: Arc<Mutex<Option<Act>>>,
    seen: Arc<Mutex<Vec<Instant>>>,
    flying: Arc<Mutex<(usize, usize)>>,
}

impl Server {
    pub(crate) fn new(script: &[Act]) -> Self {
        let server = Self::default();
        server.script.lock().unwrap().extend(script.iter().cloned());
        server
    }

    /// After the script it does this from now on.
    pub(crate) fn always(&self, act: Option<Act>) {
        *self.always.lock().unwrap() = act;
    }

    pub(crate) fn times(&self) -> Vec<Instant> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.times().len()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.flying.lock().unwrap().1
    }

    pub(crate) fn transport(&self) -> Transport {
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
        let act = act.or_else(|| self.always.lock().unwrap().clone());
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
            Act::Page => Ok(reply(
                200,
                Some(("content-type", "Text/HTML; charset=utf-8")),
                9,
            )),
        };
        self.flying.lock().unwrap().0 -= 1;
        result
    }
}

pub(crate) fn reply(
    status: u16,
    header: Option<(&'static str, &'static str)>,
    bytes: usize,
) -> Reply {
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

pub(crate) fn classify(call: &Call, reply: &Reply) -> Verdict {
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

pub(crate) fn settings() -> Settings {
    Settings {
        service: "test",
        seed: Some(1),
        backoff_base: Duration::from_millis(200),
        backoff_cap: Duration::from_secs(10),
        ..Settings::default()
    }
}

pub(crate) fn http(server: &Server, settings: Settings) -> Http {
    Http::with_transport(settings, classify, server.transport())
}

pub(crate) fn url() -> url::Url {
    "http://127.0.0.1:1/items/7?token=hidden".parse().unwrap()
}

pub(crate) fn read() -> Call {
    Call::get(ROUTE, url())
}

pub(crate) fn write() -> Call {
    Call::post_json(ROUTE, url(), &"hidden-body", Effect::Write).unwrap()
}
