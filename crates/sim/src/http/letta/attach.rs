//! Routes below an agent: its blocks, tools and folders.

use std::sync::MutexGuard;

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::query::{Query, checked, is_of_today};
use super::{Answer, Face, body, told};
use crate::http::Refused;
use crate::letta::{LettaModel, Relation, agent_row, block_row, folder_row, memory_row, tool_row};

type Two = Path<(String, String)>;

pub(super) async fn blocks(
    State(face): State<Face>,
    Path(agent): Path<String>,
    query: Query,
) -> Answer {
    checked("agent", "agent_id", &agent)?;
    let page = query.page()?;
    let model = face.lock();
    let blocks = model.agent_blocks(&agent, &page)?;
    let rows: Vec<Value> = blocks
        .iter()
        .map(|block| block_row(&model, block))
        .collect();
    Ok(Json(rows.into()))
}

pub(super) async fn memory(State(face): State<Face>, Path(id): Path<String>) -> Answer {
    checked("agent", "agent_id", &id)?;
    let model = face.lock();
    let view = model.agent(&id, &[Relation::Blocks])?;
    let blocks: Vec<Value> = view
        .blocks
        .iter()
        .map(|block| block_row(&model, block))
        .collect();
    Ok(Json(memory_row(&view.agent.agent_type, &blocks)))
}

/// The framework puts the slash in before it looks for the route, so a label with one in it is on none.
fn check_label(agent: &str, label: &str) -> Result<(), Refused> {
    if label.contains('/') {
        return Err(told(StatusCode::NOT_FOUND, "Not Found").into());
    }
    checked("agent", "agent_id", agent)
}

pub(super) async fn block(State(face): State<Face>, Path((agent, label)): Two) -> Answer {
    check_label(&agent, &label)?;
    let model = face.lock();
    Ok(Json(block_row(&model, &model.agent_block(&agent, &label)?)))
}

pub(super) async fn change_block(
    State(face): State<Face>,
    Path((agent, label)): Two,
    sent: Bytes,
) -> Answer {
    check_label(&agent, &label)?;
    let update = body::read(&sent, body::BLOCK_UPDATE)?;
    let mut model = face.lock();
    let changed = model.update_agent_block(&agent, &label, update)?;
    Ok(Json(block_row(&model, &changed)))
}

/// What is attached to an agent or detached from it, as the checks of its id name it.
#[derive(Clone, Copy)]
enum Thing {
    Block,
    Tool,
    Folder,
}

impl Thing {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Thing::Block => ("block", "block_id"),
            Thing::Tool => ("tool", "tool_id"),
            Thing::Folder => ("source", "folder_id"),
        }
    }
}

/// The model of an agent and of what is attached to it or detached from it, once both ids are ones.
fn related<'a>(
    face: &'a Face,
    thing: Thing,
    (agent, id): (&str, &str),
) -> Result<MutexGuard<'a, LettaModel>, Refused> {
    let (kind, parameter) = thing.words();
    checked("agent", "agent_id", agent)?;
    checked(kind, parameter, id)?;
    Ok(face.lock())
}

pub(super) async fn attach_block(State(face): State<Face>, Path((agent, block)): Two) -> Answer {
    let mut model = related(&face, Thing::Block, (&agent, &block))?;
    let view = model.attach_block(&agent, &block)?;
    Ok(Json(agent_row(&model, &view)))
}

pub(super) async fn detach_block(State(face): State<Face>, Path((agent, block)): Two) -> Answer {
    let mut model = related(&face, Thing::Block, (&agent, &block))?;
    let view = model.detach_block(&agent, &block)?;
    Ok(Json(agent_row(&model, &view)))
}

pub(super) async fn tools(State(face): State<Face>, query: Query) -> Answer {
    let mut names = query.all("names");
    names.extend(query.one("name"));
    let tools = face.lock().list_tools(&names, &query.page()?)?;
    Ok(Json(tools.iter().map(tool_row).collect::<Vec<_>>().into()))
}

pub(super) async fn agent_tools(State(face): State<Face>, Path(agent): Path<String>) -> Answer {
    checked("agent", "agent_id", &agent)?;
    let tools = face.lock().agent(&agent, &[Relation::Tools])?.tools;
    Ok(Json(tools.iter().map(tool_row).collect::<Vec<_>>().into()))
}

/// What attaching and detaching of tools and folders answers: nothing to a client of today, the agent to an old one.
fn after(model: &LettaModel, agent: &str, headers: &HeaderMap) -> Answer {
    if is_of_today(headers) {
        return Ok(Json(Value::Null));
    }
    let view = model.agent(agent, &Relation::ALL)?;
    Ok(Json(agent_row(model, &view)))
}

pub(super) async fn attach_tool(
    State(face): State<Face>,
    Path((agent, tool)): Two,
    headers: HeaderMap,
) -> Answer {
    let mut model = related(&face, Thing::Tool, (&agent, &tool))?;
    model.attach_tool(&agent, &tool)?;
    after(&model, &agent, &headers)
}

pub(super) async fn detach_tool(
    State(face): State<Face>,
    Path((agent, tool)): Two,
    headers: HeaderMap,
) -> Answer {
    let mut model = related(&face, Thing::Tool, (&agent, &tool))?;
    model.detach_tool(&agent, &tool)?;
    after(&model, &agent, &headers)
}

pub(super) async fn agent_folders(
    State(face): State<Face>,
    Path(agent): Path<String>,
    query: Query,
) -> Answer {
    checked("agent", "agent_id", &agent)?;
    let page = query.page()?;
    let model = face.lock();
    let folders = model.agent_folders(&agent, &page)?;
    let row = |folder| folder_row(&model, folder, true);
    Ok(Json(folders.iter().map(row).collect::<Vec<_>>().into()))
}

pub(super) async fn attach_folder(
    State(face): State<Face>,
    Path((agent, folder)): Two,
    headers: HeaderMap,
) -> Answer {
    let mut model = related(&face, Thing::Folder, (&agent, &folder))?;
    model.attach_folder(&agent, &folder)?;
    after(&model, &agent, &headers)
}

pub(super) async fn detach_folder(
    State(face): State<Face>,
    Path((agent, folder)): Two,
    headers: HeaderMap,
) -> Answer {
    let mut model = related(&face, Thing::Folder, (&agent, &folder))?;
    model.detach_folder(&agent, &folder)?;
    after(&model, &agent, &headers)
}
