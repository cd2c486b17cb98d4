//! The transactor's REST routes.

use std::io::Write;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Refused;
use super::huly::{Face, authorization, json_answer};
use super::rate::Verdict;
use crate::huly::{Doc, Error, Find, FindOptions, Mode, Session, WORKSPACE_VERSION};

/// A constant of the recorded server; clients take no notice of it.
const MODEL_HASH: &str = "5c4e40c6616a737c6485962ee95b594080b57039";

pub(crate) fn routes() -> Router<Face> {
    let at = |path: &str| format!("/transactor/api/v1/{path}");
    Router::new()
        .route(&at("version"), get(version))
        .route(&at("health"), get(health))
        .route(&at("ping/{ws}"), get(ping))
        .route(&at("account/{ws}"), get(account))
        .route(&at("generate-id/{ws}"), get(generate_id))
        .route(&at("find-all/{ws}"), get(find_by_get).post(find_by_post))
        .route(&at("tx/{ws}"), post(tx))
        .route(&at("ensure-person/{ws}"), post(ensure_person))
        .route(&at("blob"), get(get_blob).put(put_blob))
}

async fn version() -> Response {
    json_answer(StatusCode::OK, &json!({ "version": WORKSPACE_VERSION }))
}

async fn health() -> Response {
    (
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        "healthy",
    )
        .into_response()
}

fn failed(words: &str) -> Response {
    json_answer(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "message": "Failed to execute operation", "error": words }),
    )
}

fn refused(error: &Error) -> Response {
    failed(&error.to_string())
}

/// A session and what is left of its rate limit.
struct Admitted {
    session: Session,
    remaining: usize,
}

impl Face {
    /// Opens the session of a token; `ws` is the workspace of the path, where the route has one.
    fn admit(&self, headers: &HeaderMap, ws: Option<&str>) -> Result<Admitted, Refused> {
        let model = self.model.lock();
        let (account, workspace) = model
            .read_token(authorization(headers))
            .map_err(|error| failed(&error.to_string()))?;
        if workspace.is_none() || ws.is_some_and(|ws| workspace.as_deref() != Some(ws)) {
            let mut body = json!({ "message": "Invalid workspace" });
            if let (Some(workspace), Some(body)) = (workspace, body.as_object_mut()) {
                body.insert("workspace".into(), json!(workspace));
            }
            return Err(json_answer(StatusCode::FORBIDDEN, &body).into());
        }
        let closed = |mode: Mode| {
            json_answer(
                StatusCode::FORBIDDEN,
                &json!({ "message": "Failed to create session", "mode": mode.name() }),
            )
        };
        let mode = model.workspace().mode;
        if mode != Mode::Active {
            return Err(closed(mode).into());
        }
        // Whoever is no member is told of an upgrade.
        let session = model
            .session(&account)
            .ok_or_else(|| closed(Mode::Upgrading))?;
        drop(model);
        match self.limiter.count(&session.account) {
            Verdict::Remaining(remaining) => Ok(Admitted { session, remaining }),
            Verdict::Wait(wait) => Err(self.rate_limited(wait).into()),
        }
    }

    fn rate_limited(&self, wait: std::time::Duration) -> Response {
        let body = json!({ "id": -1, "error": { "severity": "ERROR", "code": "platform:status:UnknownError", "params": { "message": "Rate limit" } } });
        let mut response = json_answer(StatusCode::TOO_MANY_REQUESTS, &body);
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.limit_headers(response.headers_mut(), 0, wait_ms);
        response
    }

    fn limit_headers(&self, headers: &mut HeaderMap, remaining: usize, wait_ms: u64) {
        let window = i64::try_from(self.limiter.limit.window.as_millis()).unwrap_or(30_000);
        let reset = self.model.lock().clock().now().saturating_add(window);
        let values = [
            ("retry-after", HeaderValue::from(wait_ms.div_ceil(1000))),
            ("retry-after-ms", HeaderValue::from(wait_ms)),
            (
                "x-ratelimit-limit",
                HeaderValue::from(self.limiter.limit.max),
            ),
            ("x-ratelimit-remaining", HeaderValue::from(remaining)),
            ("x-ratelimit-reset", HeaderValue::from(reset)),
        ];
        for (name, value) in values {
            headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// A success: with the headers of the limit (`Retry-After` too, which means nothing here) and a bare hash as tag.
    fn succeed(&self, headers: &HeaderMap, admitted: &Admitted, body: &Value) -> Response {
        let text = body.to_string();
        let tag = hex::encode(Sha256::digest(text.as_bytes()));
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|tag| tag.to_str().ok())
            == Some(tag.as_str());
        let packed = offers_gzip(headers)
            .then(|| gzip(text.as_bytes()))
            .and_then(Result::ok);
        let is_packed = packed.is_some() && !known;
        let mut response = match packed {
            _ if known => StatusCode::NOT_MODIFIED.into_response(),
            Some(packed) => packed.into_response(),
            None => text.into_response(),
        };
        let out = response.headers_mut();
        if is_packed {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        out.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            out.insert(header::ETAG, tag);
        }
        self.limit_headers(out, admitted.remaining, 1000);
        response
    }
}

/// Only a bare `gzip` is recognised: no parameters, no other name but `snappy`, which is not made here.
fn offers_gzip(headers: &HeaderMap) -> bool {
    let offered = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|offered| offered.to_str().ok())
        .unwrap_or("");
    offered.split(',').any(|name| name.trim() == "gzip")
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes)?;
    packer.finish()
}

async fn ping(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let last = face.model.lock().last_tx().map(str::to_owned);
    Ok(face.succeed(
        &headers,
        &admitted,
        &json!({ "pong": true, "lastTx": last, "lastHash": MODEL_HASH }),
    ))
}

async fn account(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let info = face.model.lock().account_info(&admitted.session);
    Ok(face.succeed(&headers, &admitted, &info))
}

async fn generate_id(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let id = face.model.lock().new_id();
    Ok(face.succeed(&headers, &admitted, &json!({ "id": id })))
}

/// A JSON body, or the parser's words.
fn parse(body: &Bytes) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let is_name = body
            .get(1)
            .is_some_and(|byte| *byte == b'"' || *byte == b'}');
        let words = if body.first() == Some(&b'{') && !is_name {
            "Expected property name or '}' in JSON at position 1".to_owned()
        } else {
            format!("Unexpected end of JSON input: {error}")
        };
        failed(&words).into()
    })
}

fn find(face: &Face, headers: &HeaderMap, admitted: &Admitted, find: &Find) -> Response {
    let found = face.model.lock().find_all(&admitted.session, find);
    match found {
        Ok(found) => face.succeed(headers, admitted, &found),
        Err(error) => refused(&error),
    }
}

async fn find_by_post(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    parse(&bytes)?;
    // Read once more by type: the order of the fields to sort by is lost in a plain value.
    let ask: ByPost = serde_json::from_slice(&bytes).map_err(|error| failed(&error.to_string()))?;
    let query = ask
        .query
        .ok_or_else(|| failed("Cannot read properties of undefined (reading '_id')"))?;
    Ok(find(
        &face,
        &headers,
        &admitted,
        &Find {
            class: ask.class,
            query,
            options: ask.options.unwrap_or_default(),
        },
    ))
}

#[derive(Deserialize)]
struct ByPost {
    #[serde(rename = "_class", default)]
    class: String,
    query: Option<Doc>,
    options: Option<FindOptions>,
}

#[derive(Deserialize)]
struct ByGet {
    class: Option<String>,
    query: Option<String>,
    options: Option<String>,
    limit: Option<i64>,
}

fn from_text<T: DeserializeOwned + Default>(text: Option<String>) -> Result<T, Refused> {
    let Some(text) = text else {
        return Ok(T::default());
    };
    serde_json::from_str(&text).map_err(|error| failed(&error.to_string()).into())
}

async fn find_by_get(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
    Query(ask): Query<ByGet>,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let (query, mut options): (Doc, FindOptions) = (from_text(ask.query)?, from_text(ask.options)?);
    options.limit = ask.limit.or(options.limit);
    let class = ask.class.unwrap_or_default();
    let found = face.model.lock().find_all(
        &admitted.session,
        &Find {
            class,
            query,
            options,
        },
    );
    Ok(match found {
        Ok(found) => face.succeed(&headers, &admitted, &found),
        Err(Error::DomainNotFound(_)) => {
            let body = json!({ "message": "Failed to execute operation", "error": "Invalid class name is passed. Failed to findAll." });
            json_answer(StatusCode::NOT_FOUND, &body)
        }
        Err(error) => refused(&error),
    })
}

async fn tx(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let body = parse(&body)?;
    let done = face.model.lock().tx(&admitted.session, &body);
    Ok(match done {
        Ok(answer) => face.succeed(&headers, &admitted, &answer),
        Err(error) => refused(&error),
    })
}

async fn ensure_person(
    State(face): State<Face>,
    Path(ws): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let admitted = face.admit(&headers, Some(&ws))?;
    let body = parse(&body)?;
    let part = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
    let person = face.model.lock().ensure_person(
        &admitted.session,
        part("socialType"),
        part("socialValue"),
        part("firstName"),
        part("lastName"),
    );
    Ok(face.succeed(&headers, &admitted, &person))
}

#[derive(Deserialize)]
struct BlobQuery {
    name: String,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
}

async fn get_blob(
    State(face): State<Face>,
    headers: HeaderMap,
    Query(ask): Query<BlobQuery>,
) -> Result<Response, Refused> {
    face.admit(&headers, None)?;
    let blob = face.model.lock().blob(&ask.name).cloned();
    let Some(blob) = blob else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let mut response = blob.bytes.into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, blob.content_type),
        (header::ETAG, ask.name),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn put_blob(
    State(face): State<Face>,
    headers: HeaderMap,
    Query(ask): Query<BlobQuery>,
    body: Bytes,
) -> Result<Response, Refused> {
    face.admit(&headers, None)?;
    let content_type = ask
        .content_type
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    face.model
        .lock()
        .put_blob(&ask.name, body.to_vec(), &content_type);
    Ok(Response::new(json!({ "success": true }).to_string().into()))
}
