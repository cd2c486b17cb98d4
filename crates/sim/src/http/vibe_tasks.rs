//! A Vibe Kanban server: tasks.

use std::time::Duration;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Refused;
use super::vibe::{Face, body, envelope, enveloped, is_upgrade, refuse};
use crate::vibe::{Generation, NewTask, Refusal, Status, Task, TaskUpdate};

pub(crate) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/tasks", get(list).post(create))
        .route("/api/tasks/create-and-start", post(create_and_start))
        .route("/api/tasks/stream/ws", get(stream))
        .route("/api/tasks/{task_id}", any(one_task))
}

#[derive(Deserialize)]
struct OfProject {
    project_id: Uuid,
}

async fn list(
    State(face): State<Face>,
    of: Result<Query<OfProject>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(of) = of.map_err(IntoResponse::into_response)?;
    let rows = face.lock().list_tasks(of.project_id);
    Ok(envelope(&json!(rows)))
}

/// The stream of hints comes with live watching; the refusals before it are here.
async fn stream(
    of: Result<Query<OfProject>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    of.map_err(IntoResponse::into_response)?;
    if !is_upgrade(&headers) {
        return Ok((
            StatusCode::BAD_REQUEST,
            "Connection header did not include 'upgrade'",
        )
            .into_response());
    }
    Ok((
        StatusCode::NOT_IMPLEMENTED,
        "this simulated server has no stream",
    )
        .into_response())
}

/// The older body. Its name shows in the framework's words, so it must be the same as the younger one's.
mod l1 {
    use serde::Deserialize;
    use uuid::Uuid;

    #[derive(Deserialize)]
    pub(super) struct CreateTask {
        pub(super) project_id: Uuid,
        pub(super) title: String,
        pub(super) description: Option<String>,
        pub(super) parent_task_attempt: Option<Uuid>,
        pub(super) image_ids: Option<Vec<Uuid>>,
    }
}

#[derive(Deserialize)]
struct CreateTask {
    project_id: Uuid,
    title: String,
    description: Option<String>,
    status: Option<Status>,
    parent_workspace_id: Option<Uuid>,
    image_ids: Option<Vec<Uuid>>,
}

impl From<l1::CreateTask> for NewTask {
    fn from(new: l1::CreateTask) -> Self {
        let l1::CreateTask {
            project_id,
            title,
            description,
            parent_task_attempt,
            image_ids,
        } = new;
        Self {
            project_id,
            title,
            description,
            status: None,
            parent: parent_task_attempt,
            image_ids,
        }
    }
}

impl From<CreateTask> for NewTask {
    fn from(new: CreateTask) -> Self {
        let CreateTask {
            project_id,
            title,
            description,
            status,
            parent_workspace_id,
            image_ids,
        } = new;
        Self {
            project_id,
            title,
            description,
            status,
            parent: parent_workspace_id,
            image_ids,
        }
    }
}

async fn create(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let generation = face.lock().generation();
    let new: NewTask = match generation {
        Generation::L1 => body::<l1::CreateTask>(request).await?.into(),
        Generation::L2 => body::<CreateTask>(request).await?.into(),
    };
    let mut model = face.lock();
    let task = model
        .create_task(new)
        .map_err(|refusal| refuse(generation, &refusal))?;
    Ok(envelope(&model.task_row(&task)))
}

#[derive(Deserialize)]
struct CreateAndStart {
    task: CreateTask,
    /// L2 calls it `executor_config`.
    #[serde(alias = "executor_config")]
    executor_profile_id: ExecutorProfile,
}

#[derive(Deserialize)]
struct ExecutorProfile {
    executor: String,
}

/// No sync calls this; it shows what the server does by itself.
async fn create_and_start(State(face): State<Face>, request: Request) -> Result<Response, Refused> {
    let new: CreateAndStart = body(request).await?;
    let mut model = face.lock();
    let generation = model.generation();
    let refused = |refusal: Refusal| refuse(generation, &refusal);
    let id = model.create_task(new.task.into()).map_err(refused)?.id;
    model
        .agent_starts(id, &new.executor_profile_id.executor)
        .map_err(refused)?;
    let task = model.task(id).map_err(refused)?;
    Ok(envelope(&model.list_row(task)))
}

/// A bad id comes before an unknown one, that before a verb that is not on the route, that before a bad body.
async fn one_task(
    State(face): State<Face>,
    id: Result<Path<Uuid>, PathRejection>,
    request: Request,
) -> Result<Response, Refused> {
    let Path(id) = id.map_err(IntoResponse::into_response)?;
    let generation = face.lock().generation();
    let refused = |refusal: Refusal| refuse(generation, &refusal);
    let read: Task = face.lock().task(id).cloned().map_err(refused)?;
    match *request.method() {
        Method::GET => Ok(envelope(&face.lock().task_row(&read))),
        Method::PUT => put(&face, generation, &read, request).await,
        Method::DELETE => {
            face.lock().delete_task(id).map_err(refused)?;
            Ok(enveloped(StatusCode::ACCEPTED, &Value::Null))
        }
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    }
}

/// Reads the row, then writes all its columns. Whatever was written in between is lost, and the answer does not tell:
/// it is the row as it was at this write.
async fn put(
    face: &Face,
    generation: Generation,
    read: &Task,
    request: Request,
) -> Result<Response, Refused> {
    let refused = |refusal: Refusal| refuse(generation, &refusal);
    let update: TaskUpdate = body(request).await?;
    let race = face.lock().put_race_ms;
    let read = if race.is_some() {
        read.clone()
    } else {
        face.lock().task(read.id).cloned().map_err(refused)?
    };
    let row = face.lock().merge_task(&read, update).map_err(refused)?;
    if let Some(race) = race {
        tokio::time::sleep(Duration::from_millis(race)).await;
    }
    let mut model = face.lock();
    let written = model.write_task(&row).map_err(refused)?;
    Ok(envelope(&model.task_row(&written)))
}
