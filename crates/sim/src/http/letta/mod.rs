//! A Letta server: agents, blocks, folders, messages, and what is around them, as the self-hosted 0.16.8 has them.
//!
//! Collections have a slash at the end, everything below has none; the other form is sent on with a 307 to an absolute
//! `http` address, whatever the caller came by. Unknown fields of bodies and queries are dropped.

mod agents;
mod attach;
mod blocks;
mod body;
mod folders;
mod messages;
mod multipart;
mod python;
mod query;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, delete, get, patch, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::gate::{Gate, gate};
use super::{Refused, Server, admin};
use crate::Shared;
use crate::calls::Kind;
use crate::letta::{LettaModel, Refusal};

pub(crate) type Face = Shared<LettaModel>;

/// All routes of a Letta server that are modelled, and `/_sim`.
pub fn letta_router(server: &Server<LettaModel>) -> Router {
    let gate_state = Gate {
        faults: server.faults.clone(),
        calls: server.calls.clone(),
        classify,
        onlooker: server.onlooker.clone(),
    };
    let mut router = Router::new();
    for (path, methods) in about().into_iter().chain(rows()).chain(of_agents()) {
        router = router
            .route(path, methods)
            .route(&other_form(path), any(redirect));
    }
    router
        .fallback(async || told(StatusCode::NOT_FOUND, "Not Found"))
        .method_not_allowed_fallback(async || {
            told(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .layer(from_fn_with_state(server.model.clone(), with_password))
        .layer(from_fn_with_state(gate_state, gate))
        .with_state(server.model.clone())
        .merge(admin::letta(server.clone()))
}

type Routes = Vec<(&'static str, MethodRouter<Face>)>;

fn about() -> Routes {
    vec![
        ("/v1/health/", get(health)),
        ("/v1/ready/", get(health)),
        ("/v1/models/", get(blocks::models)),
        ("/v1/models/embedding", get(blocks::embeddings)),
        ("/v1/tags/", get(blocks::tags)),
        ("/v1/tools/", get(attach::tools)),
        ("/v1/sources/", get(folders::sources)),
    ]
}

fn rows() -> Routes {
    let folder = get(folders::one)
        .patch(folders::change)
        .delete(folders::remove);
    let block = get(blocks::one)
        .patch(blocks::change)
        .delete(blocks::remove);
    vec![
        ("/v1/blocks/", get(blocks::list).post(blocks::create)),
        ("/v1/blocks/count", get(blocks::count)),
        ("/v1/blocks/{block_id}", block),
        ("/v1/blocks/{block_id}/agents", get(blocks::agents)),
        ("/v1/folders/", get(folders::list).post(folders::create)),
        ("/v1/folders/count", get(folders::count)),
        ("/v1/folders/name/{name}", get(folders::by_name)),
        ("/v1/folders/{folder_id}", folder),
        ("/v1/folders/{folder_id}/agents", get(folders::agents)),
        ("/v1/folders/{folder_id}/files", get(folders::files)),
        (
            "/v1/folders/{folder_id}/files/{file_id}",
            get(folders::file),
        ),
        ("/v1/folders/{folder_id}/upload", post(folders::upload)),
        (
            "/v1/folders/{folder_id}/{file_id}",
            delete(folders::remove_file),
        ),
    ]
}

fn of_agents() -> Routes {
    let agent = get(agents::one)
        .patch(agents::change)
        .delete(agents::remove);
    let by_label = get(attach::block).patch(attach::change_block);
    vec![
        ("/v1/agents/", get(agents::list).post(agents::create)),
        ("/v1/agents/count", get(agents::count)),
        ("/v1/agents/{agent_id}", agent),
        ("/v1/agents/{agent_id}/core-memory", get(attach::memory)),
        (
            "/v1/agents/{agent_id}/core-memory/blocks",
            get(attach::blocks),
        ),
        ("/v1/agents/{agent_id}/core-memory/blocks/{label}", by_label),
        (
            "/v1/agents/{agent_id}/core-memory/blocks/attach/{block_id}",
            patch(attach::attach_block),
        ),
        (
            "/v1/agents/{agent_id}/core-memory/blocks/detach/{block_id}",
            patch(attach::detach_block),
        ),
        ("/v1/agents/{agent_id}/tools", get(attach::agent_tools)),
        (
            "/v1/agents/{agent_id}/tools/attach/{tool_id}",
            patch(attach::attach_tool),
        ),
        (
            "/v1/agents/{agent_id}/tools/detach/{tool_id}",
            patch(attach::detach_tool),
        ),
        ("/v1/agents/{agent_id}/folders", get(attach::agent_folders)),
        (
            "/v1/agents/{agent_id}/folders/attach/{folder_id}",
            patch(attach::attach_folder),
        ),
        (
            "/v1/agents/{agent_id}/folders/detach/{folder_id}",
            patch(attach::detach_folder),
        ),
        (
            "/v1/agents/{agent_id}/messages",
            get(messages::list).post(messages::send),
        ),
        (
            "/v1/agents/{agent_id}/messages/async",
            post(messages::send_later),
        ),
    ]
}

fn classify(method: &Method, route: &str, _body: &Bytes) -> (Kind, String) {
    let label = format!("{method} {route}");
    match (method, route) {
        (_, "/v1/health/" | "/v1/health" | "/v1/ready/" | "/v1/ready") => (Kind::Session, label),
        (&Method::GET | &Method::HEAD | &Method::OPTIONS, _) => (Kind::Read, label),
        _ => (Kind::Write, label),
    }
}

/// With a slash at the end where there is none, and without where there is one.
fn other_form(path: &str) -> String {
    path.strip_suffix('/')
        .map_or_else(|| format!("{path}/"), str::to_owned)
}

/// A 307 to the other form. A proxy with TLS in front leaves it as it is, so it leads away from TLS.
async fn redirect(uri: Uri, headers: HeaderMap) -> Response {
    let named = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = named
        .or_else(|| uri.authority().map(Authority::as_str))
        .unwrap_or("127.0.0.1:8283");
    let query = uri.query().map(|query| format!("?{query}"));
    let target = format!(
        "http://{host}{}{}",
        other_form(uri.path()),
        query.unwrap_or_default()
    );
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// In secure mode every call but those of health bears the password.
async fn with_password(State(face): State<Face>, request: Request, next: Next) -> Response {
    let is_exempt =
        ["/v1/health", "/v1/ready"].contains(&request.uri().path().trim_end_matches('/'));
    let password = face.lock().password.clone();
    if is_exempt || password.is_none_or(|password| bears(request.headers(), &password)) {
        return next.run(request).await;
    }
    told(StatusCode::UNAUTHORIZED, "Unauthorized")
}

fn bears(headers: &HeaderMap, password: &str) -> bool {
    let has = |name: &str, wanted: String| {
        let sent = headers.get(name);
        sent.is_some_and(|value| value.as_bytes() == wanted.as_bytes())
    };
    has("authorization", format!("Bearer {password}"))
        || has("x-bare-password", format!("password {password}"))
}

/// An answer with words.
pub(super) fn told(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

/// A 422 with the framework's words.
pub(super) fn unfit(detail: &str) -> Response {
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Json(json!({ "trace_id": "", "detail": detail })),
    )
        .into_response()
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let status =
            StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match refusal {
            Refusal::Unprocessable(detail) => unfit(&detail),
            Refusal::Provider(detail) => {
                let error = json!({ "type": "llm_error", "message": "An error occurred with the LLM request.",
                    "detail": detail });
                (status, Json(json!({ "error": error }))).into_response()
            }
            Refusal::NotFound(detail)
            | Refusal::Invalid(detail)
            | Refusal::LostRace(detail)
            | Refusal::Taken(detail)
            | Refusal::Unsupported(detail)
            | Refusal::Broken(detail) => told(status, &detail),
        }
        .into()
    }
}

/// What a handler answers.
pub(super) type Answer = Result<Json<Value>, Refused>;

async fn health(State(face): State<Face>) -> Json<Value> {
    let version = face.lock().version().to_string();
    Json(json!({ "version": version, "status": "ok" }))
}
