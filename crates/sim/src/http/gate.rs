//! In front of every route: counting, faults, and work that goes on when its caller is gone.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value;

use super::serve::Connection;
use crate::calls::{Calls, Kind};
use crate::faults::{Decision, Failure, Faults};
use crate::onlooker::Onlooker;

/// Nothing that these servers accept is larger.
const BODY_CAP: usize = 128 * 1024 * 1024;
/// The longest that a hanging answer hangs.
const HANG: Duration = Duration::from_hours(1);

/// Mark on an answer whose connection is to be cut instead: a transport without sockets looks for it, one with sockets
/// has been cut already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

/// What a route is to the budget, and the label under which it is counted.
pub(crate) type Classify = fn(&Method, &str, &Bytes) -> (Kind, String);

#[derive(Clone)]
pub(crate) struct Gate {
    pub faults: Faults,
    pub calls: Calls,
    pub classify: Classify,
    pub onlooker: Option<Arc<dyn Onlooker>>,
}

/// Route template of what no route matched.
const NO_ROUTE: &str = "(no route)";

pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or(NO_ROUTE, MatchedPath::as_str)
        .to_owned();
    let connection = parts
        .extensions
        .get::<ConnectInfo<Connection>>()
        .map(|info| info.0.clone());
    let Ok(body) = to_bytes(body, BODY_CAP).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (kind, label) = (gate.classify)(&parts.method, &route, &body);
    if let Some(onlooker) = &gate.onlooker {
        onlooker.begins(kind, &label);
    }
    let shown = gate.onlooker.is_some().then(|| label.clone());
    let under_way = gate.calls.begin(kind, label, body.len());
    let decision = gate.faults.decide(parts.method.as_str(), &route, &body);
    if let (Some(onlooker), Some(label)) = (&gate.onlooker, shown)
        && decision != Decision::default()
    {
        onlooker.strikes(kind, &label, &decision);
    }
    parts.headers.remove(header::TRANSFER_ENCODING);
    if decision.drop_query {
        parts.uri = without_query(parts.uri);
    }
    let request = Request::from_parts(parts, Body::from(body));
    let calls = gate.calls.clone();
    let work = async move {
        let response = next.run(request).await;
        drop(under_way);
        response
    };
    // Once it is here, the request belongs to the server: a caller that hangs up does not stop it.
    let Ok(mut response) = tokio::spawn(carry_out(decision, work)).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if response.extensions_mut().remove::<Cut>().is_some() {
        if let Some(connection) = connection {
            connection.cut();
        }
        response.extensions_mut().insert(Cut);
    }
    calls.answered(
        response
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok())
            .unwrap_or(0),
    );
    response
}

fn without_query(uri: Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = uri.path().parse().ok();
    Uri::from_parts(parts).unwrap_or(uri)
}

async fn carry_out(
    decision: Decision,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    if !decision.latency.is_zero() {
        tokio::time::sleep(decision.latency).await;
    }
    if let Some(wait_ms) = decision.limit_ms {
        return limited(wait_ms);
    }
    if let Some(failure) = decision.before {
        return fail(failure, None).await;
    }
    if let Some((after, failure)) = decision.late {
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            work.await
        });
        return fail(failure, None).await;
    }
    let response = work.await;
    let response = match decision.cap {
        Some(rows) => capped(response, rows).await,
        None => measured(response).await,
    };
    match decision.after {
        Some(failure) => fail(failure, Some(response)).await,
        None => response,
    }
}

/// The answer of a rate limit that is not the server's own.
fn limited(wait_ms: u64) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "rate limit").into_response();
    for (name, value) in [
        ("retry-after", wait_ms.div_ceil(1000)),
        ("retry-after-ms", wait_ms),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from(value));
    }
    response
}

async fn fail(failure: Failure, real: Option<Response>) -> Response {
    match failure {
        Failure::Status { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let kind = if body.starts_with(['{', '[']) {
                "application/json"
            } else {
                "text/plain; charset=utf-8"
            };
            (status, [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Failure::Hang => {
            tokio::time::sleep(HANG).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Failure::Reset => {
            let mut response = StatusCode::BAD_GATEWAY.into_response();
            response.extensions_mut().insert(Cut);
            response
        }
        Failure::Truncated => truncated(real).await,
        Failure::Html => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "text/html")],
            "<!DOCTYPE html><html><body>another page</body></html>",
        )
            .into_response(),
    }
}

/// The first half of the real body, or of a made-up one, and then the end of the connection.
async fn truncated(real: Option<Response>) -> Response {
    let whole = match real {
        Some(response) => to_bytes(response.into_body(), BODY_CAP)
            .await
            .unwrap_or_default(),
        None => Bytes::from_static(b"{\"success\":true,\"data\":[{\"id\":"),
    };
    let half = whole.slice(..whole.len() / 2);
    let parts = vec![
        Ok(half),
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
    ];
    (
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(stream::iter(parts)),
    )
        .into_response()
}

async fn measured(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, BODY_CAP).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if parts.status != StatusCode::NOT_MODIFIED {
        parts
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    Response::from_parts(parts, Body::from(body))
}

/// Cuts the answer itself (Letta), `value` (Huly) or `data` (Vibe) where it is a longer list.
async fn capped(response: Response, rows: usize) -> Response {
    let (mut parts, body) = measured(response).await.into_parts();
    let body = to_bytes(body, BODY_CAP).await.unwrap_or_default();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    if let Some(list) = value.as_array_mut() {
        list.truncate(rows);
    }
    for field in ["value", "data"] {
        if let Some(list) = value.get_mut(field).and_then(Value::as_array_mut) {
            list.truncate(rows);
        }
    }
    let body = value.to_string();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::from(body))
}
