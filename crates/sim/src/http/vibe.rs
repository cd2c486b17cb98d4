//! A Vibe Kanban server: projects, repositories, and what is around the tasks.

use axum::Router;
use axum::extract::{FromRequest, Path, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, extract::rejection::PathRejection};
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::gate::{Gate, gate};
use super::{Refused, Server, admin, vibe_tasks};
use crate::Shared;
use crate::calls::Kind;
use crate::clock::rfc3339;
use crate::vibe::{Generation, NewProject, ProjectUpdate, Refusal, Scripts, Vibe};

pub(crate) type Face = Shared<Vibe>;

/// All routes of a server of the model's generation, and `/_sim`.
pub fn vibe_router(server: &Server<Vibe>) -> Router {
    let generation = server.model.lock().generation();
    let gate_state = Gate {
        faults: server.faults.clone(),
        calls: server.calls.clone(),
        classify,
        onlooker: server.onlooker.clone(),
    };
    let mut router = Router::new()
        .route("/api/health", get(async || envelope(&json!("OK"))))
        .route("/api/info", get(info))
        .route("/api/projects", get(list).post(create))
        .route("/api/projects/{id}", any(one_project))
        .route("/api/tags", get(list_tags).post(create_tag))
        .merge(vibe_tasks::routes());
    router = match generation {
        Generation::L1 => router.route("/api/projects/{id}/branches", get(branches)),
        Generation::L2 => router
            .route(
                "/api/projects/{id}/repositories",
                get(project_repos).post(add_repo),
            )
            .route(
                "/api/projects/{id}/repositories/{repo_id}",
                axum::routing::delete(remove_repo),
            )
            .route("/api/repos", get(list_repos).post(register_repo))
            .route("/api/repos/init", post(init_repo)),
    };
    router = router.fallback(front);
    if generation == Generation::L2 {
        router = router.layer(from_fn(own_origin_only));
    }
    router
        .layer(from_fn_with_state(gate_state, gate))
        .with_state(server.model.clone())
        .merge(admin::vibe(server.clone()))
}

fn classify(method: &Method, route: &str, _body: &bytes::Bytes) -> (Kind, String) {
    let label = format!("{method} {route}");
    match (method, route) {
        (_, "/api/health" | "/api/info") => (Kind::Session, label),
        (&Method::GET | &Method::HEAD | &Method::OPTIONS, _) => (Kind::Read, label),
        _ => (Kind::Write, label),
    }
}

/// The web front end answers every GET that is no route, a trailing slash included; other verbs are not allowed there.
async fn front(method: Method) -> Response {
    if method == Method::GET || method == Method::HEAD {
        let mut page = Html("<!DOCTYPE html><html><body>stub</body></html>").into_response();
        page.headers_mut().insert(
            header::CONTENT_TYPE,
            http::HeaderValue::from_static("text/html"),
        );
        page
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

/// From v0.0.157: a request that names another origin than the server's own is refused; none at all passes.
async fn own_origin_only(request: Request, next: Next) -> Response {
    if is_foreign(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or("");
    let is_loopback =
        |origin: &str| origin.starts_with("127.0.0.1") || origin.starts_with("localhost");
    let is_own = |origin: &str| {
        origin
            .split_once("://")
            .is_some_and(|(_, origin)| origin == host || is_loopback(origin))
    };
    text(header::ORIGIN).is_some_and(|origin| !is_own(origin))
}

/// The envelope of a success.
pub(crate) fn envelope(data: &Value) -> Response {
    enveloped(StatusCode::OK, data)
}

pub(crate) fn enveloped(status: StatusCode, data: &Value) -> Response {
    (
        status,
        Json(json!({ "success": true, "data": data, "error_data": null, "message": null })),
    )
        .into_response()
}

pub(crate) fn refuse(generation: Generation, refusal: &Refusal) -> Response {
    let told = |status, message: &str| {
        (
            status,
            Json(json!({ "success": false, "data": null, "error_data": null, "message": message })),
        )
            .into_response()
    };
    match (refusal, generation) {
        (Refusal::NotFound, _) => StatusCode::NOT_FOUND.into_response(),
        (Refusal::Told(message), _) => told(StatusCode::OK, message),
        (Refusal::Bad(message), _) => told(StatusCode::BAD_REQUEST, message),
        (Refusal::ForeignKey, Generation::L1) => told(
            StatusCode::INTERNAL_SERVER_ERROR,
            "DatabaseError: error returned from database: (code: 787) FOREIGN KEY constraint failed",
        ),
        (Refusal::ForeignKey, Generation::L2) => told(
            StatusCode::INTERNAL_SERVER_ERROR,
            "An internal error occurred. Please try again.",
        ),
    }
}

/// A body as the server's framework reads it, with the framework's own words where it cannot.
pub(crate) async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Refused> {
    Json::<T>::from_request(request, &())
        .await
        .map(|Json(body)| body)
        .map_err(|rejection| rejection.into_response().into())
}

async fn info(State(face): State<Face>) -> Response {
    let generation = face.lock().generation();
    let (own_config, own_data): (&[&str], &[&str]) = match generation {
        Generation::L1 => (
            &[
                "analytics_enabled",
                "github_login_acknowledged",
                "telemetry_acknowledged",
            ],
            &[],
        ),
        Generation::L2 => (
            &[
                "analytics_enabled",
                "commit_reminder_enabled",
                "commit_reminder_prompt",
                "pr_auto_description_enabled",
                "pr_auto_description_prompt",
                "remote_onboarding_acknowledged",
                "send_message_shortcut",
            ],
            &["shared_api_base"],
        ),
    };
    let shared = [
        "config_version",
        "disclaimer_acknowledged",
        "editor",
        "executor_profile",
        "git_branch_prefix",
        "github",
        "language",
        "notifications",
        "onboarding_acknowledged",
        "show_release_notes",
        "showcases",
        "theme",
        "workspace_dir",
    ];
    let nulls = |keys: &[&str]| {
        keys.iter()
            .map(|key| ((*key).to_owned(), Value::Null))
            .collect::<serde_json::Map<_, _>>()
    };
    let mut config = nulls(own_config);
    config.extend(nulls(&shared));
    config.insert("last_app_version".into(), json!(generation.version()));
    let mut data = nulls(own_data);
    data.extend(nulls(&["analytics_user_id", "capabilities", "executors"]));
    data.insert("config".into(), Value::Object(config));
    data.insert("environment".into(), json!({ "os_type": "Linux", "os_version": "0", "os_architecture": "x86_64", "bitness": "64-bit" }));
    if generation == Generation::L2 {
        data.insert("login_status".into(), json!({ "status": "loggedout" }));
    }
    envelope(&Value::Object(data))
}

async fn list(State(face): State<Face>) -> Response {
    let rows = face.lock().list_projects();
    envelope(&json!(rows))
}

#[derive(Deserialize)]
struct CreateL1 {
    name: String,
    git_repo_path: String,
    use_existing_repo: bool,
    #[serde(flatten)]
    scripts: Scripts,
}

#[derive(Deserialize)]
struct CreateProject {
    name: String,
    repositories: Vec<CreateProjectRepo>,
}

#[derive(Deserialize)]
struct CreateProjectRepo {
    display_name: String,
    git_repo_path: String,
}

async fn create(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let generation = face.lock().generation();
    let new = match generation {
        Generation::L1 => {
            let CreateL1 {
                name,
                git_repo_path,
                use_existing_repo,
                scripts,
            } = body(request).await?;
            NewProject::L1 {
                name,
                git_repo_path,
                use_existing_repo,
                scripts,
            }
        }
        Generation::L2 => {
            let CreateProject { name, repositories } = body(request).await?;
            NewProject::L2 {
                name,
                repositories: repositories
                    .into_iter()
                    .map(|repo| (repo.display_name, repo.git_repo_path))
                    .collect(),
            }
        }
    };
    let made = face.lock().create_project(new);
    Ok(made.map_or_else(|refusal| refuse(generation, &refusal), |row| envelope(&row)))
}

/// A bad id comes before an unknown one, that before a verb that is not on the route, that before a bad body.
async fn one_project(
    State(face): State<Face>,
    id: Result<Path<Uuid>, PathRejection>,
    request: Request,
) -> Result<Response, Refused> {
    let Path(id) = id.map_err(IntoResponse::into_response)?;
    let generation = face.lock().generation();
    let refused = |refusal: Refusal| refuse(generation, &refusal);
    {
        let model = face.lock();
        model.project(id).map_err(refused)?;
    }
    match *request.method() {
        Method::GET => {
            let model = face.lock();
            let project = model.project(id).map_err(refused)?;
            Ok(envelope(&model.project_row(project)))
        }
        Method::PUT => {
            let update: ProjectUpdate = body(request).await?;
            let row = face.lock().update_project(id, update).map_err(refused)?;
            Ok(envelope(&row))
        }
        Method::DELETE => {
            face.lock().delete_project(id).map_err(refused)?;
            Ok(envelope(&Value::Null))
        }
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    }
}

async fn branches(State(face): State<Face>, Path(id): Path<Uuid>) -> Result<Response, Refused> {
    let model = face.lock();
    let project = model
        .project(id)
        .map_err(|refusal| refuse(Generation::L1, &refusal))?;
    let date = rfc3339(project.created_at - project.created_at.rem_euclid(1000));
    Ok(envelope(
        &json!([{ "name": "main", "is_current": true, "is_remote": false, "last_commit_date": date }]),
    ))
}

fn in_l2<T>(outcome: Result<T, Refusal>) -> Result<T, Refused> {
    outcome.map_err(|refusal| refuse(Generation::L2, &refusal).into())
}

async fn project_repos(
    State(face): State<Face>,
    Path(id): Path<Uuid>,
) -> Result<Response, Refused> {
    let model = face.lock();
    let project = in_l2(model.project(id))?;
    let rows: Vec<Value> = model.repos_of(project).map(Vibe::repo_row).collect();
    Ok(envelope(&json!(rows)))
}

async fn add_repo(
    State(face): State<Face>,
    Path(id): Path<Uuid>,
    request: Request,
) -> Result<Response, Refused> {
    let new: CreateProjectRepo = body(request).await?;
    let repo = in_l2(
        face.lock()
            .add_repo(id, &new.display_name, &new.git_repo_path),
    )?;
    Ok(envelope(&Vibe::repo_row(&repo)))
}

async fn remove_repo(
    State(face): State<Face>,
    Path((id, repo)): Path<(Uuid, Uuid)>,
) -> Result<Response, Refused> {
    in_l2(face.lock().remove_repo(id, repo))?;
    Ok(envelope(&Value::Null))
}

async fn list_repos(State(face): State<Face>) -> Response {
    let model = face.lock();
    let rows: Vec<Value> = model.all_repos().map(Vibe::repo_row).collect();
    envelope(&json!(rows))
}

#[derive(Deserialize)]
struct RegisterRepo {
    path: String,
    display_name: Option<String>,
}

async fn register_repo(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let new: RegisterRepo = body(request).await?;
    let repo = in_l2(
        face.lock()
            .register_repo(&new.path, new.display_name.as_deref()),
    )?;
    Ok(envelope(&Vibe::repo_row(&repo)))
}

#[derive(Deserialize)]
struct InitRepo {
    parent_path: String,
    folder_name: String,
}

async fn init_repo(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let new: InitRepo = body(request).await?;
    let repo = in_l2(face.lock().init_repo(&new.parent_path, &new.folder_name))?;
    Ok(envelope(&Vibe::repo_row(&repo)))
}

async fn list_tags(State(face): State<Face>) -> Response {
    let tags = face.lock().list_tags().to_vec();
    envelope(&json!(tags))
}

#[derive(Deserialize)]
struct CreateTag {
    tag_name: String,
    content: String,
}

async fn create_tag(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let new: CreateTag = body(request).await?;
    let row = face.lock().create_tag(&new.tag_name, &new.content);
    Ok(envelope(&row))
}

/// Whether the request asks for a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some()
}
