//! Rows of the recordings as the Letta model stores them; what a row does not say is something plain.

use serde_json::{Value, json};
use sim::letta::{Agent, Block, Folder, Message, SourceFile, Tool};

use crate::fixture::Fixture;
use crate::letta_seed::{FREE, START_US};

/// The row that is answered, with another value in each field that was sent.
pub(crate) fn before(fixture: &Fixture) -> Value {
    let mut row = fixture.at("/response/body").clone();
    let is_noop =
        ["block_modify_same_value", "block_modify_nulls"].contains(&fixture.name.as_str());
    for (field, value) in fixture
        .at("/request/body")
        .as_object()
        .into_iter()
        .flatten()
    {
        if is_noop || row.get(field).is_none() {
            continue;
        }
        row[field] = match value {
            Value::String(_) => json!("before"),
            Value::Number(_) => json!(10),
            Value::Array(_) => json!(["before"]),
            Value::Object(_) => json!({ "before": true }),
            other => other.clone(),
        };
    }
    row
}

fn words(row: &Value, field: &str) -> Option<String> {
    row.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn stamp(row: &Value, field: &str) -> i64 {
    let text = words(row, field).unwrap_or("2026-11-21T07:20:00Z".into());
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

fn object(value: &Value) -> Option<Value> {
    Some(value.clone()).filter(Value::is_object)
}

/// Ids of what is attached are left to the caller.
pub(crate) fn agent(row: &Value) -> Agent {
    Agent {
        id: words(row, "id").unwrap_or("agent-1".into()),
        name: words(row, "name").unwrap_or("some agent".into()),
        agent_type: words(row, "agent_type").unwrap_or("letta_v1_agent".into()),
        description: words(row, "description"),
        tags: texts(&row["tags"]),
        metadata: object(&row["metadata"]),
        model: words(row, "model").unwrap_or(FREE.into()),
        embedding: words(row, "embedding"),
        system: words(row, "system"),
        timezone: "UTC".into(),
        blocks: Vec::new(),
        tools: Vec::new(),
        folders: Vec::new(),
        enable_sleeptime: row["enable_sleeptime"].as_bool(),
        twin: None,
        hidden: None,
        message_id: words(&row["message_ids"], "0")
            .unwrap_or("message-00000000-0000-4000-8000-000000000000".into()),
        created_at: stamp(row, "created_at"),
        updated_at: stamp(row, "updated_at"),
    }
}

pub(crate) fn block(row: &Value, place: i64) -> Block {
    let metadata = row["metadata"].as_object().cloned();
    Block {
        id: words(row, "id").unwrap_or("block-1".into()),
        label: words(row, "label").unwrap_or("label".into()),
        value: words(row, "value").unwrap_or_default(),
        limit: row["limit"].as_u64().unwrap_or(100_000),
        description: words(row, "description"),
        read_only: row["read_only"] == json!(true),
        metadata: metadata.unwrap_or_default(),
        tags: texts(&row["tags"]),
        template_name: words(row, "template_name"),
        is_template: row["is_template"] == json!(true),
        hidden: None,
        created_at: START_US + place,
    }
}

pub(crate) fn tool(row: &Value, place: i64) -> Tool {
    Tool {
        id: words(row, "id").unwrap(),
        name: words(row, "name").unwrap(),
        kind: words(row, "tool_type").unwrap_or("custom".into()),
        description: words(row, "description").unwrap_or_default(),
        parallel: row["enable_parallel_execution"] == json!(true),
        created_at: place,
    }
}

pub(crate) fn folder(row: &Value) -> Folder {
    let handle = row
        .pointer("/embedding_config/handle")
        .and_then(Value::as_str);
    Folder {
        id: words(row, "id").unwrap_or("source-1".into()),
        name: words(row, "name").unwrap_or("some folder".into()),
        description: words(row, "description"),
        instructions: words(row, "instructions"),
        metadata: object(&row["metadata"]),
        embedding: handle.unwrap_or(FREE).into(),
        created_at: stamp(row, "created_at"),
        updated_at: stamp(row, "updated_at"),
    }
}

pub(crate) fn file(row: &Value) -> SourceFile {
    let size = row["file_size"].as_u64().unwrap_or(1);
    SourceFile {
        id: words(row, "id").unwrap_or("file-00000000-0000-4000-8000-000000000000".into()),
        folder: words(row, "source_id").unwrap(),
        name: words(row, "file_name").unwrap_or("f".into()),
        original: words(row, "original_file_name").unwrap_or("f".into()),
        kind: words(row, "file_type").unwrap_or("text/plain".into()),
        content: vec![b'x'; usize::try_from(size).unwrap()],
        created_at: stamp(row, "created_at"),
        updated_at: stamp(row, "updated_at"),
        completed: row["processing_status"] == json!("completed"),
    }
}

pub(crate) fn message(row: &Value, agent: &str) -> Message {
    Message {
        id: words(row, "id").unwrap(),
        agent: agent.into(),
        by_agent: row["message_type"] == json!("assistant_message"),
        content: words(row, "content").unwrap(),
        step: words(row, "step_id").unwrap(),
        run: words(row, "run_id").unwrap(),
        date: stamp(row, "date"),
    }
}
