//! Routes of agents.

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::query::{Query, checked};
use super::{Answer, Face, body};
use crate::letta::{AgentFilter, agent_row};

pub(super) async fn list(State(face): State<Face>, query: Query, headers: HeaderMap) -> Answer {
    let filter = AgentFilter {
        name: query.one("name"),
        query_text: query.one("query_text"),
        tags: query.all("tags"),
        match_all_tags: query.flag("match_all_tags")?,
    };
    let (page, include) = (query.page()?, query.include(&headers)?);
    let model = face.lock();
    let agents = model.list_agents(&filter, &page, &include)?;
    let rows: Vec<Value> = agents
        .iter()
        .map(|agent| agent_row(&model, agent))
        .collect();
    Ok(Json(rows.into()))
}

pub(super) async fn count(State(face): State<Face>) -> Json<Value> {
    let agents = face.lock().count_agents();
    Json(json!(agents))
}

pub(super) async fn create(State(face): State<Face>, sent: Bytes) -> Answer {
    let new = body::read(&sent, body::NEW_AGENT)?;
    let mut model = face.lock();
    let made = model.create_agent(new)?;
    Ok(Json(agent_row(&model, &made)))
}

pub(super) async fn one(
    State(face): State<Face>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    checked("agent", "agent_id", &id)?;
    let include = query.include(&headers)?;
    let model = face.lock();
    Ok(Json(agent_row(&model, &model.agent(&id, &include)?)))
}

pub(super) async fn change(
    State(face): State<Face>,
    Path(id): Path<String>,
    sent: Bytes,
) -> Answer {
    checked("agent", "agent_id", &id)?;
    let update = body::read(&sent, body::AGENT_UPDATE)?;
    let mut model = face.lock();
    let changed = model.update_agent(&id, update)?;
    Ok(Json(agent_row(&model, &changed)))
}

pub(super) async fn remove(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("agent", "agent_id", &id)?;
    face.lock().delete_agent(&id)?;
    Ok(Json(
        json!({ "message": format!("Agent id={id} successfully deleted") }),
    ))
}
