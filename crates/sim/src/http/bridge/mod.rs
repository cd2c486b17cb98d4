//! The predecessor's bridge over the model of Huly: no ids but identifiers, no authentication, and every quirk of it.
//!
//! | quirk | where |
//! | --- | --- |
//! | lists are newest first and cut at `limit` from the old end | [`cut`] |
//! | a description that cannot be read is `""`, a missing status `Unknown` | [`BridgeState::unreadable`], the model |
//! | a create's number is looked up, not reserved: two at once get one | [`create`] |
//! | the status of a create is always `Backlog` | the model |
//! | success, though the description was not written | [`BridgeState::loses_descriptions`] |
//! | `PATCH` answers 200 even when fields failed | [`patch`] |

mod write;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::{Method, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::{Gate, gate};
use super::huly::json_answer;
use super::{Refused, Server, admin};
use crate::Shared;
use crate::calls::Kind;
use crate::clock::rfc3339;
use crate::huly::{BridgeIssue, BridgeProject, Huly, Session};
use write::{create, delete, patch, put};

/// The most that one page of `/api/issues/all` holds.
const ALL_LIMIT: usize = 500;
/// What a list holds where nobody says how many.
const DEFAULT_LIMIT: usize = 1_000;

/// Which form of the bridge answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The first public one (2025-10).
    #[default]
    First,
    /// A later one (2026): `modifiedSince`, `syncMeta`, `PATCH`, `DELETE`, paging by offset over all issues.
    Later,
}

/// Whose descriptions cannot be read: the bridge answers `""` for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unreadable {
    /// Nobody's.
    #[default]
    None,
    /// Those of these identifiers.
    Some(BTreeSet<String>),
    /// All.
    All,
}

/// What a bridge is like, and what goes wrong inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeState {
    /// Which form.
    pub form: Form,
    /// Whether it holds its connection to Huly; else all but `/health` answers 503.
    pub connected: bool,
    /// Descriptions that it fails to read.
    pub unreadable: Unreadable,
    /// Whether it fails to write descriptions, and says success.
    pub loses_descriptions: bool,
    /// The most that any list holds, whatever is asked for.
    pub cap: Option<usize>,
}

impl BridgeState {
    /// A bridge of this form with nothing wrong.
    pub const fn of(form: Form) -> Self {
        Self {
            form,
            connected: true,
            unreadable: Unreadable::None,
            loses_descriptions: false,
            cap: None,
        }
    }
}

#[derive(Clone)]
struct Face {
    model: Shared<Huly>,
    state: Shared<BridgeState>,
    who: Session,
}

/// All routes of the bridge, and `/_sim`; `who` is the account that the bridge signs in with.
pub fn bridge_router(server: &Server<Huly>, who: Session, state: Shared<BridgeState>) -> Router {
    let gate_state = Gate {
        faults: server.faults.clone(),
        calls: server.calls.clone(),
        classify,
        onlooker: server.onlooker.clone(),
    };
    let face = Face {
        model: server.model.clone(),
        state,
        who,
    };
    Router::new()
        .route("/health", get(health))
        .route("/api/projects", get(projects))
        .route("/api/projects/{identifier}/issues", get(issues))
        .route("/api/issues", post(create))
        .route("/api/issues/all", get(all))
        .route(
            "/api/issues/{identifier}",
            get(issue).put(put).patch(patch).delete(delete),
        )
        .fallback(any(no_route))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(gate_state, gate))
        .with_state(face)
        .merge(admin::huly(server.clone()))
}

fn classify(method: &Method, route: &str, _body: &Bytes) -> (Kind, String) {
    let kind = match (method, route) {
        (_, "/health") => Kind::Session,
        (&Method::GET, _) => Kind::Read,
        _ => Kind::Write,
    };
    (kind, format!("{method} {route}"))
}

async fn no_route(method: Method, uri: Uri) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot {method} {}</pre>\n</body>\n</html>\n",
        uri.path()
    );
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    (StatusCode::NOT_FOUND, [kind], page).into_response()
}

fn refuse(status: StatusCode, words: &str) -> Refused {
    json_answer(status, &json!({ "error": words })).into()
}

fn not_found(what: &str, identifier: &str) -> Refused {
    refuse(
        StatusCode::NOT_FOUND,
        &format!("{what} {identifier} not found"),
    )
}

impl Face {
    fn connected(&self) -> Result<BridgeState, Refused> {
        let state = self.state.lock().clone();
        if state.connected {
            Ok(state)
        } else {
            Err(refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "Not connected to Huly platform",
            ))
        }
    }

    /// A route that the first form does not have.
    async fn later(&self, method: Method, uri: Uri) -> Result<BridgeState, Refused> {
        let state = self.state.lock().clone();
        match state.form {
            Form::Later => self.connected(),
            Form::First => Err(no_route(method, uri).await.into()),
        }
    }

    fn project(&self, identifier: &str) -> Result<BridgeProject, Refused> {
        let all = self.model.lock().bridge_projects(&self.who);
        all.into_iter()
            .find(|project| project.identifier == identifier)
            .ok_or_else(|| not_found("Project", identifier))
    }

    fn issue(&self, identifier: &str) -> Result<BridgeIssue, Refused> {
        self.model
            .lock()
            .bridge_issue(&self.who, identifier)
            .ok_or_else(|| not_found("Issue", identifier))
    }
}

impl BridgeState {
    fn shown(&self, issue: &BridgeIssue) -> Value {
        let is_unreadable = match &self.unreadable {
            Unreadable::None => false,
            Unreadable::Some(set) => set.contains(&issue.identifier),
            Unreadable::All => true,
        };
        let description = if is_unreadable {
            ""
        } else {
            &issue.description
        };
        let mut shown = json!({ "identifier": issue.identifier, "title": issue.title, "description": description,
            "status": issue.status, "priority": issue.priority, "component": null, "milestone": null, "assignee": null,
            "createdOn": issue.created_on, "modifiedOn": issue.modified_on, "number": issue.number,
            "project": issue.project });
        if let (Form::Later, Some(shown)) = (self.form, shown.as_object_mut()) {
            let parent = issue.parent.as_ref().map(|parent| {
                json!({ "identifier": parent.identifier, "title": parent.title, "_id": parent.id })
            });
            shown.insert("dueDate".into(), json!(issue.due_date.map(rfc3339)));
            shown.insert("parentIssue".into(), json!(parent));
            shown.insert("subIssueCount".into(), json!(issue.sub_issues));
        }
        shown
    }
}

async fn health(State(face): State<Face>) -> Response {
    let state = face.state.lock().clone();
    let now = rfc3339(face.model.lock().clock().now());
    let mut body = json!({ "status": "ok", "connected": state.connected, "timestamp": now });
    if let (Form::Later, Some(body)) = (state.form, body.as_object_mut()) {
        body.insert(
            "transactorPool".into(),
            json!({ "size": 1, "connected": usize::from(state.connected) }),
        );
        body.insert("cache".into(), json!({ "entries": 0 }));
        if !state.connected {
            body.insert("status".into(), json!("degraded"));
        }
    }
    json_answer(StatusCode::OK, &body)
}

async fn projects(State(face): State<Face>) -> Result<Response, Refused> {
    face.connected()?;
    let all = face.model.lock().bridge_projects(&face.who);
    let shown: Vec<Value> = all
        .iter()
        .map(|project| {
            json!({ "identifier": project.identifier, "name": project.name, "description": project.description,
                "issueCount": project.issue_count, "private": project.private, "archived": project.archived })
        })
        .collect();
    let body = json!({ "projects": shown, "count": shown.len() });
    Ok(json_answer(StatusCode::OK, &body))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    modified_after: Option<String>,
    modified_since: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Wanted {
    /// The stamp that changes begin at; each form reads its own word and ignores the other's.
    fn since(&self, form: Form) -> Result<Option<i64>, Refused> {
        let (word, text) = match form {
            Form::First => ("modifiedAfter", self.modified_after.as_ref()),
            Form::Later => (
                "modifiedSince",
                self.modified_since
                    .as_ref()
                    .or(self.modified_after.as_ref()),
            ),
        };
        let Some(text) = text else { return Ok(None) };
        match text.parse::<jiff::Timestamp>() {
            Ok(at) => Ok(Some(at.as_millisecond())),
            Err(_) => Err(refuse(
                StatusCode::BAD_REQUEST,
                &format!("Invalid {word} date: {text}"),
            )),
        }
    }
}

/// At most so many, of the newest.
fn cut(state: &BridgeState, mut issues: Vec<BridgeIssue>, limit: usize) -> Vec<BridgeIssue> {
    issues.truncate(limit.min(state.cap.unwrap_or(usize::MAX)));
    issues
}

async fn issues(
    State(face): State<Face>,
    Path(identifier): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let state = face.connected()?;
    let project = face.project(&identifier)?;
    let since = wanted.since(state.form)?;
    let mut issues = face
        .model
        .lock()
        .bridge_issues(&face.who, Some(&project.id));
    issues.retain(|issue| since.is_none_or(|since| issue.modified_on >= since));
    let issues = cut(&state, issues, wanted.limit.unwrap_or(DEFAULT_LIMIT));
    let shown: Vec<Value> = issues.iter().map(|issue| state.shown(issue)).collect();
    let mut body = json!({ "project": identifier, "count": shown.len(), "issues": shown });
    if let Some(body) = body.as_object_mut() {
        match state.form {
            Form::First => body.insert("filtered".into(), json!(since.is_some())),
            Form::Later => body.insert("syncMeta".into(), sync_meta(&face, since, &issues)),
        };
    }
    Ok(json_answer(StatusCode::OK, &body))
}

fn sync_meta(face: &Face, since: Option<i64>, issues: &[BridgeIssue]) -> Value {
    let latest = issues.iter().map(|issue| issue.modified_on).max();
    let now = face.model.lock().clock().now();
    json!({ "modifiedSince": since.map(rfc3339), "createdSince": null, "latestModified": latest.map(rfc3339),
        "serverTime": rfc3339(now) })
}

async fn all(
    State(face): State<Face>,
    Query(wanted): Query<Wanted>,
    method: Method,
    uri: Uri,
) -> Result<Response, Refused> {
    let state = match face.later(method, uri).await {
        Ok(state) => state,
        // The first form takes `all` for an identifier.
        Err(_) if face.state.lock().form == Form::First => return Err(not_found("Issue", "all")),
        Err(refused) => return Err(refused),
    };
    let since = wanted.since(state.form)?;
    let mut issues = face.model.lock().bridge_issues(&face.who, None);
    issues.retain(|issue| since.is_none_or(|since| issue.modified_on >= since));
    let (total, offset) = (issues.len(), wanted.offset.unwrap_or(0));
    let limit = wanted.limit.unwrap_or(ALL_LIMIT).min(ALL_LIMIT);
    let rest = issues.split_off(offset.min(total));
    let page = cut(&state, rest, limit);
    let next = offset + page.len();
    let shown: Vec<Value> = page.iter().map(|issue| state.shown(issue)).collect();
    let body = json!({ "count": shown.len(), "issues": shown, "pagination": { "total": total, "limit": limit,
        "offset": offset, "hasMore": next < total, "nextOffset": (next < total).then_some(next) },
        "syncMeta": sync_meta(&face, since, &page) });
    Ok(json_answer(StatusCode::OK, &body))
}

async fn issue(
    State(face): State<Face>,
    Path(identifier): Path<String>,
) -> Result<Response, Refused> {
    let state = face.connected()?;
    let shown = state.shown(&face.issue(&identifier)?);
    Ok(json_answer(StatusCode::OK, &shown))
}
