//! Huly's services under one host.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::gate::{Gate, gate};
use super::rate::{Limiter, RateLimit};
use super::{Server, admin, transactor};
use crate::Shared;
use crate::calls::Kind;
use crate::huly::{AccountError, CollabError, DocName, Huly, WORKSPACE_VERSION};

#[derive(Clone)]
pub(crate) struct Face {
    pub model: Shared<Huly>,
    pub limiter: Limiter,
}

/// All of Huly's services, and `/_sim`.
pub fn huly_router(server: &Server<Huly>, limit: RateLimit) -> Router {
    let face = Face {
        model: server.model.clone(),
        limiter: Limiter::new(limit),
    };
    let gate_state = Gate {
        faults: server.faults.clone(),
        calls: server.calls.clone(),
        classify,
        onlooker: server.onlooker.clone(),
    };
    Router::new()
        .route("/config.json", get(config))
        .route("/account", post(account))
        .route("/account/", post(account))
        .route("/collaborator/rpc/{doc}", post(collaborate))
        .merge(transactor::routes())
        .fallback(any(no_route))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(gate_state, gate))
        .with_state(face)
        .merge(admin::huly(server.clone()))
}

/// Labels carry the operation where a route has several.
fn classify(method: &Method, route: &str, body: &Bytes) -> (Kind, String) {
    let field = |name: &str| -> String {
        let body: Option<Value> = serde_json::from_slice(body).ok();
        body.and_then(|body| Some(body.get(name)?.as_str()?.rsplit(':').next()?.to_owned()))
            .unwrap_or_default()
    };
    let label = |operation: String| {
        format!("{method} {route} {operation}")
            .trim_end()
            .to_owned()
    };
    match route {
        "/account" | "/account/" => (Kind::Session, label(field("method"))),
        "/collaborator/rpc/{doc}" => {
            let operation = field("method");
            let kind = if operation == "getContent" {
                Kind::Read
            } else {
                Kind::Write
            };
            (kind, label(operation))
        }
        "/transactor/api/v1/tx/{ws}" => (Kind::Write, label(field("_class"))),
        "/transactor/api/v1/find-all/{ws}" => (Kind::Read, label(field("_class"))),
        "/transactor/api/v1/blob" if method == Method::GET => (Kind::Read, label(String::new())),
        "/transactor/api/v1/blob" | "/transactor/api/v1/ensure-person/{ws}" => {
            (Kind::Write, label(String::new()))
        }
        _ => (Kind::Session, label(String::new())),
    }
}

/// Host and port that the caller used, for the addresses in answers.
pub(crate) fn host(headers: &HeaderMap, uri: &Uri) -> String {
    let header = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    header
        .or(uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or("127.0.0.1")
        .to_owned()
}

pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

async fn config(headers: HeaderMap, uri: Uri) -> Response {
    let host = host(&headers, &uri);
    let mut body = json!({ "ACCOUNTS_URL": format!("http://{host}/account"), "UPLOAD_URL": "/files", "FILES_URL": "",
        "MODEL_VERSION": WORKSPACE_VERSION, "VERSION": WORKSPACE_VERSION,
        "COLLABORATOR_URL": format!("ws://{host}/collaborator") });
    let elsewhere = [
        "REKONI_URL",
        "TELEGRAM_URL",
        "GMAIL_URL",
        "CALENDAR_URL",
        "STATS_URL",
    ];
    let empty = [
        "PREVIEW_URL",
        "PUSH_PUBLIC_KEY",
        "GITHUB_APP",
        "GITHUB_CLIENTID",
        "INTERCOM_APP_ID",
        "INTERCOM_API_URL",
        "GITHUB_URL",
        "LIVEKIT_WS",
        "LOVE_ENDPOINT",
        "SIGN_URL",
        "PRINT_URL",
        "PRESENCE_URL",
        "DISABLED_FEATURES",
    ];
    if let Some(body) = body.as_object_mut() {
        body.extend(elsewhere.map(|key| (key.to_owned(), json!("http://127.0.0.1:1"))));
        body.extend(empty.map(|key| (key.to_owned(), json!(""))));
    }
    let cache = (
        header::CACHE_CONTROL,
        "public, no-store, no-cache, must-revalidate, max-age=0",
    );
    (
        [
            (header::CONTENT_TYPE, "application/json; charset=utf-8"),
            cache,
        ],
        body.to_string(),
    )
        .into_response()
}

pub(crate) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
}

async fn account(State(face): State<Face>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "Bad Request").into_response();
    };
    let method = body.get("method").and_then(Value::as_str).unwrap_or("");
    let params = body.get("params").cloned().unwrap_or_default();
    let endpoint = format!("ws://{}/transactor", host(&headers, &uri));
    let outcome =
        face.model
            .lock()
            .account_call(authorization(&headers), method, &params, &endpoint);
    let (status, mut answer) = match outcome {
        Ok(result) => (StatusCode::OK, json!({ "result": result })),
        Err(error) => {
            let (status, told) = match error {
                AccountError::UnknownMethod => (StatusCode::NOT_FOUND, json!({ "method": method })),
                AccountError::AccountNotFound
                | AccountError::PasswordLoginLocked
                | AccountError::Unauthorized
                | AccountError::Forbidden
                | AccountError::BadRequest => (StatusCode::OK, json!({})),
            };
            let code = format!("platform:status:{}", error.code());
            (
                status,
                json!({ "error": { "severity": "ERROR", "code": code, "params": told } }),
            )
        }
    };
    if let (Some(id), Some(answer)) = (body.get("id"), answer.as_object_mut()) {
        answer.insert("id".into(), id.clone());
    }
    json_answer(status, &answer)
}

async fn collaborate(
    State(face): State<Face>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = |status, body: Value| {
        (
            status,
            [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
            body.to_string(),
        )
            .into_response()
    };
    let refuse = |status, words: &str| answer(status, json!({ "error": words }));
    let mut model = face.model.lock();
    let session = model
        .read_token(authorization(&headers))
        .ok()
        .and_then(|(account, workspace)| workspace.and_then(|_| model.session(&account)));
    let (Some(session), Some(doc)) = (session, DocName::parse(&name)) else {
        return refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
    };
    if doc.workspace != model.workspace().uuid {
        return refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    let method = body.get("method").and_then(Value::as_str).unwrap_or("");
    let payload = body.get("payload").cloned().unwrap_or_default();
    match model.collaborate(&session, &name, &doc, method, &payload) {
        Ok(result) => answer(StatusCode::OK, result),
        Err(error @ CollabError::UnknownMethod) => {
            refuse(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Err(error @ CollabError::Exists(_)) => {
            refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
        }
    }
}

async fn no_route(method: Method, uri: Uri) -> Response {
    let path = uri.path().strip_prefix("/transactor").unwrap_or(uri.path());
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
    );
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        page,
    )
        .into_response()
}
