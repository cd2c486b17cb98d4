//! Recorded exchanges, and an in-process server that answers as a function of the request.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_kit::{Call, Classify, Error, Http, Reply, Settings, Transport, TransportError};
use huly_client::{Config, Credentials, Huly, Limits};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;

pub(crate) const WORKSPACE: &str = "0d3ce46b-49b3-4137-8b68-5fe3e6840247";

pub(crate) fn fixture_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/huly")
}

/// A recorded file, by its name without `.json`.
pub(crate) fn recorded(name: &str) -> Value {
    let path = fixture_dir().join(format!("{name}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The recorded answer of a file.
pub(crate) fn recorded_reply(name: &str) -> Reply {
    reply_of(&recorded(name)["response"])
}

pub(crate) fn reply_of(response: &Value) -> Reply {
    let body = match &response["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        json => json.to_string().into_bytes(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().expect("a header name");
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
        headers.insert(name, value.expect("a header value"));
    }
    let status = response["status"].as_u64().expect("a status");
    Reply {
        status: StatusCode::from_u16(u16::try_from(status).expect("a status")).expect("a status"),
        headers,
        body: body.into(),
        tries: 1,
    }
}

/// An answer of JSON.
pub(crate) fn answer(status: u16, body: &Value) -> Reply {
    Reply {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: HeaderMap::new(),
        body: body.to_string().into(),
        tries: 1,
    }
}

/// What the server saw of a request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `account login`, `find-all`, `tx`, `rpc updateContent`, `config.json` ...
    pub(crate) what: String,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
    pub(crate) body: Value,
}

type Handler = dyn Fn(&Seen) -> Option<Result<Reply, TransportError>> + Send + Sync;

/// A server on no socket. What the handler leaves out is answered as the recorded server would at sign-in.
#[derive(Clone)]
pub(crate) struct Server {
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Transactions in flight: now, and most so far.
    in_flight: Arc<Mutex<(usize, usize)>>,
    handler: Arc<Handler>,
}

impl Server {
    pub(crate) fn new(handler: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::failing(move |seen| handler(seen).map(Ok))
    }

    /// A server whose answers may fail to come.
    pub(crate) fn failing(
        handler: impl Fn(&Seen) -> Option<Result<Reply, TransportError>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            seen: Arc::default(),
            in_flight: Arc::default(),
            handler: Arc::new(handler),
        }
    }

    /// A server that answers everything after the sign-in like this file.
    pub(crate) fn like(name: &'static str) -> Self {
        Self::new(move |seen| {
            let work = ["find-all", "tx", "blob"].contains(&seen.what.as_str());
            (work || seen.what.starts_with("rpc ")).then(|| recorded_reply(name))
        })
    }

    /// The requests of a sort so far.
    pub(crate) fn calls(&self, what: &str) -> Vec<Seen> {
        let seen = self.seen.lock().expect("not poisoned");
        seen.iter()
            .filter(|seen| seen.what == what)
            .cloned()
            .collect()
    }

    pub(crate) async fn connect(&self) -> Result<Huly, Error> {
        self.connect_as(password()).await
    }

    pub(crate) async fn connect_as(&self, credentials: Credentials) -> Result<Huly, Error> {
        let config = Config {
            front: "http://huly.test/".parse().expect("a url"),
            credentials,
            workspace: "acme".to_owned(),
            limits: Limits::default(),
        };
        Huly::connect(config, |settings, classify| {
            Ok(self.http(settings, classify))
        })
        .await
    }

    pub(crate) fn http(&self, settings: Settings, classify: Classify) -> Http {
        let server = self.clone();
        let service = tower::service_fn(move |call: Call| {
            let server = server.clone();
            async move {
                let writes = call.url.path().contains("/tx/");
                server.entered(writes);
                // Long enough for others to come between, on a clock that does not really wait.
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                let answer = server.answer(&call);
                server.left(writes);
                answer
            }
        });
        let transport: Transport = BoxCloneSyncService::new(service);
        Http::with_transport(settings, classify, transport)
    }

    /// The most transactions that were in flight at once.
    pub(crate) fn most_writes_at_once(&self) -> usize {
        self.in_flight.lock().expect("not poisoned").1
    }

    fn entered(&self, writes: bool) {
        let mut count = self.in_flight.lock().expect("not poisoned");
        count.0 += usize::from(writes);
        count.1 = count.1.max(count.0);
    }

    fn left(&self, writes: bool) {
        self.in_flight.lock().expect("not poisoned").0 -= usize::from(writes);
    }

    fn answer(&self, call: &Call) -> Result<Reply, TransportError> {
        let seen = Seen::of(call);
        self.seen.lock().expect("not poisoned").push(seen.clone());
        (self.handler)(&seen).unwrap_or_else(|| Ok(at_sign_in(&seen)))
    }
}

impl Seen {
    fn of(call: &Call) -> Self {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        let segments: Vec<&str> = call.url.path_segments().expect("a path").collect();
        let method = body["method"].as_str().unwrap_or_default();
        let what = match segments.as_slice() {
            ["rpc", _] => format!("rpc {method}"),
            ["api", "v1", verb, ..] => (*verb).to_owned(),
            ["config.json"] => "config.json".to_owned(),
            _ => method.to_owned(),
        };
        let token = call.headers.get("authorization");
        Self {
            what,
            url: call.url.to_string(),
            token: token.map(|value| value.to_str().expect("text").to_owned()),
            body,
        }
    }
}

fn at_sign_in(seen: &Seen) -> Reply {
    let file = match seen.what.as_str() {
        "config.json" => "front-config",
        "login" => "account-login",
        "selectWorkspace" => "account-select-workspace",
        "version" => "version",
        "account" => "account",
        other => panic!("nobody answers {other}"),
    };
    recorded_reply(file)
}

pub(crate) fn password() -> Credentials {
    Credentials::Password {
        email: "alice@example.com".to_owned(),
        password: "correct horse".into(),
    }
}

/// An answer to find-all.
pub(crate) fn found(documents: &[Value]) -> Reply {
    let body =
        json!({"dataType": "TotalArray", "total": -1, "lookupMap": null, "value": documents});
    answer(200, &body)
}

/// An error as the transactor tells it.
pub(crate) fn failure(status: u16, words: &str) -> Reply {
    let body = json!({"message": "Failed to execute operation", "error": words});
    answer(status, &body)
}

/// What a proxy or a front answers instead.
pub(crate) fn page_of_html() -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"<!DOCTYPE html><html></html>"),
        tries: 1,
    }
}
