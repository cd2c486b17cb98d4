//! What the bridge writes.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{BridgeState, Face, refuse};
use crate::http::Refused;
use crate::http::huly::json_answer;
use crate::huly::{Asked, BridgeIssue, Create, Fields, Missing, priority_number};

/// How long a create looks at the numbers before it takes one.
const CREATE_GAP: Duration = Duration::from_millis(2);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Creating {
    project_identifier: String,
    title: String,
    description: String,
    priority: String,
}

fn read<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

pub(super) async fn create(State(face): State<Face>, body: Bytes) -> Result<Response, Refused> {
    let state = face.connected()?;
    let asked: Creating = read(&body)?;
    if asked.project_identifier.is_empty() || asked.title.is_empty() {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "project_identifier and title are required",
        ));
    }
    let project = face.project(&asked.project_identifier)?;
    let number = face.model.lock().bridge_next_number(&project.id);
    // Another create may look at the numbers meanwhile, and take the same one.
    tokio::time::sleep(CREATE_GAP).await;
    let new = Create {
        title: asked.title,
        description: asked.description,
        priority: asked.priority,
    };
    let priority = priority_number(&new.priority).map_or("NoPriority", |_| new.priority.as_str());
    face.model
        .lock()
        .bridge_create(&face.who, &project, number, &new, state.loses_descriptions)
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    let body = json!({ "identifier": format!("{}-{number}", project.identifier), "title": new.title,
        "project": project.identifier, "status": "Backlog", "priority": priority });
    Ok(json_answer(StatusCode::CREATED, &body))
}

/// What is asked of one field; `None` for a field that the route does not know.
fn asked(field: &str, value: &str) -> Option<Asked> {
    let value = value.to_owned();
    match field {
        "title" => Some(Asked::Title(value)),
        "description" => Some(Asked::Description(value)),
        "status" => Some(Asked::Status(value)),
        "priority" => Some(Asked::Priority(value)),
        _ => None,
    }
}

fn set(
    face: &Face,
    state: &BridgeState,
    issue: &BridgeIssue,
    change: &Asked,
    how: Fields,
) -> Result<(), Missing> {
    if matches!(change, Asked::Description(_)) && state.loses_descriptions {
        return Ok(());
    }
    face.model
        .lock()
        .bridge_set(&face.who, &issue.id, change, how)
}

fn told(missing: Missing, value: &str) -> (StatusCode, Value) {
    match missing {
        Missing::Status(available) => (
            StatusCode::BAD_REQUEST,
            json!({ "error": format!("Status not found: {value}"), "availableStatuses": available }),
        ),
        Missing::Priority => (
            StatusCode::BAD_REQUEST,
            json!({ "error": format!("Invalid priority: {value}"),
                "validPriorities": ["NoPriority", "Urgent", "High", "Medium", "Low"] }),
        ),
        Missing::Refused(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "error": error.to_string() }),
        ),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Putting {
    field: String,
    value: String,
}

pub(super) async fn put(
    State(face): State<Face>,
    Path(identifier): Path<String>,
    body: Bytes,
) -> Result<Response, Refused> {
    let state = face.connected()?;
    let Putting { field, value } = read(&body)?;
    let issue = face.issue(&identifier)?;
    let Some(change) = asked(&field, &value) else {
        let body = json!({ "error": format!("Unsupported field: {field}"),
            "supportedFields": ["title", "description", "status", "priority"] });
        return Err(json_answer(StatusCode::BAD_REQUEST, &body).into());
    };
    if let Err(missing) = set(&face, &state, &issue, &change, Fields::Blob) {
        let (status, body) = told(missing, &value);
        return Err(json_answer(status, &body).into());
    }
    let body = json!({ "identifier": identifier, "field": field, "value": value, "updated": true });
    Ok(json_answer(StatusCode::OK, &body))
}

pub(super) async fn patch(
    State(face): State<Face>,
    Path(identifier): Path<String>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Result<Response, Refused> {
    let state = face.later(method, uri).await?;
    let fields: serde_json::Map<String, Value> = read(&body)?;
    let issue = face.issue(&identifier)?;
    let (mut applied, mut errors) = (Vec::new(), Vec::new());
    for (field, value) in &fields {
        let value = value.as_str().unwrap_or("");
        let done =
            asked(field, value).map(|change| set(&face, &state, &issue, &change, Fields::Live));
        match done {
            Some(Ok(())) => applied.push(field.clone()),
            Some(Err(missing)) => {
                let (_, body) = told(missing, value);
                errors.push(json!({ "field": field, "error": body.get("error") }));
            }
            None => errors.push(json!({ "field": field, "error": "Unsupported field" })),
        }
    }
    let mut body = json!({ "identifier": identifier, "updated": !applied.is_empty(), "appliedUpdates": applied });
    if let (false, Some(body)) = (errors.is_empty(), body.as_object_mut()) {
        body.insert("errors".into(), json!(errors));
    }
    Ok(json_answer(StatusCode::OK, &body))
}

pub(super) async fn delete(
    State(face): State<Face>,
    Path(identifier): Path<String>,
    method: Method,
    uri: Uri,
) -> Result<Response, Refused> {
    face.later(method, uri).await?;
    let issue = face.issue(&identifier)?;
    face.model
        .lock()
        .person_delete(&face.who, &issue.id)
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    let body = json!({ "identifier": identifier, "deleted": true, "subIssuesHandled": issue.sub_issues,
        "cascaded": issue.sub_issues > 0 });
    Ok(json_answer(StatusCode::OK, &body))
}
