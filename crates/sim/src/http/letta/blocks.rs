//! Routes of blocks on their own, of tags, and of models.

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::query::{Query, checked};
use super::{Answer, Face, body};
use crate::letta::{BlockFilter, agent_row, block_row, embedding_row, model_row};

pub(super) async fn list(State(face): State<Face>, query: Query) -> Answer {
    let agents = query.number("connected_to_agents_count_eq")?;
    let filter = BlockFilter {
        label: query.one("label"),
        label_search: query.one("label_search"),
        value_search: query.one("value_search"),
        description_search: query.one("description_search"),
        name: query.one("name"),
        templates_only: query.flag("templates_only")?,
        tags: query.all("tags"),
        match_all_tags: query.flag("match_all_tags")?,
        agents: agents.map(|agents| usize::try_from(agents).unwrap_or(usize::MAX)),
    };
    let page = query.page()?;
    let model = face.lock();
    let blocks = model.list_blocks(&filter, &page)?;
    let rows: Vec<Value> = blocks
        .iter()
        .map(|block| block_row(&model, block))
        .collect();
    Ok(Json(rows.into()))
}

pub(super) async fn count(State(face): State<Face>) -> Json<Value> {
    let blocks = face.lock().count_blocks();
    Json(json!(blocks))
}

pub(super) async fn create(State(face): State<Face>, sent: Bytes) -> Answer {
    let new = body::read(&sent, body::NEW_BLOCK)?;
    let mut model = face.lock();
    let made = model.create_block(new)?;
    Ok(Json(block_row(&model, &made)))
}

pub(super) async fn one(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("block", "block_id", &id)?;
    let model = face.lock();
    Ok(Json(block_row(&model, model.block(&id)?)))
}

pub(super) async fn change(
    State(face): State<Face>,
    Path(id): Path<String>,
    sent: Bytes,
) -> Answer {
    checked("block", "block_id", &id)?;
    let update = body::read(&sent, body::BLOCK_UPDATE)?;
    let mut model = face.lock();
    let changed = model.update_block(&id, update)?;
    Ok(Json(block_row(&model, &changed)))
}

pub(super) async fn remove(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("block", "block_id", &id)?;
    face.lock().delete_block(&id)?;
    Ok(Json(Value::Null))
}

pub(super) async fn agents(
    State(face): State<Face>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    checked("block", "block_id", &id)?;
    let (page, include) = (query.page()?, query.include(&headers)?);
    let model = face.lock();
    let agents = model.agents_of_block(&id, &page, &include)?;
    let rows: Vec<Value> = agents
        .iter()
        .map(|agent| agent_row(&model, agent))
        .collect();
    Ok(Json(rows.into()))
}

pub(super) async fn tags(State(face): State<Face>, query: Query) -> Answer {
    let page = query.page()?;
    let tags = face.lock().list_tags(query.one("name").as_deref(), &page)?;
    Ok(Json(tags.into()))
}

pub(super) async fn models(State(face): State<Face>) -> Json<Value> {
    let rows: Vec<Value> = face.lock().models().iter().map(model_row).collect();
    Json(rows.into())
}

pub(super) async fn embeddings(State(face): State<Face>) -> Json<Value> {
    let rows: Vec<Value> = face.lock().embeddings().iter().map(embedding_row).collect();
    Json(rows.into())
}
