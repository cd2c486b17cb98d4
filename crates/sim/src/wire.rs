//! A client's transport straight into a router: no sockets, so runs repeat exactly under tokio's paused clock.
//!
//! What the caller sees is what a socket would show it: a cut connection is [`TransportError::Reset`], a body that
//! breaks off is [`TransportError::Body`]. A caller that gives up does not stop the server: its work goes on.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use http_kit::{Call, Reply, Transport, TransportError};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::http::Cut;

/// The largest answer that is taken.
const BODY_CAP: usize = 128 * 1024 * 1024;

/// A transport whose server is this router, whatever host the address names.
pub fn transport(router: Router) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |call: Call| {
        let router = router.clone();
        async move { send(router, call).await }
    }))
}

async fn send(router: Router, call: Call) -> Result<Reply, TransportError> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.url.as_str());
    if let Some(headers) = request.headers_mut() {
        *headers = call.headers;
    }
    let request = request
        .body(Body::from(call.body))
        .map_err(|error| TransportError::Setup(error.into()))?;
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    if parts.extensions.get::<Cut>().is_some() {
        return Err(TransportError::Reset(
            "the simulated server cut the connection".into(),
        ));
    }
    let body = to_bytes(body, BODY_CAP)
        .await
        .map_err(|error| TransportError::Body(error.into()))?;
    Ok(Reply {
        status: parts.status,
        headers: parts.headers,
        body,
        tries: 1,
    })
}
