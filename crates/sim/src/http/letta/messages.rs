//! Routes of messages.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use serde_json::{Value, json};

use super::query::{Query, checked};
use super::{Answer, Face, body};
use crate::http::Refused;
use crate::letta::{Turn, message_row, run_row, turn_row};

pub(super) async fn list(
    State(face): State<Face>,
    Path(agent): Path<String>,
    query: Query,
) -> Answer {
    checked("agent", "agent_id", &agent)?;
    let messages = face.lock().list_messages(&agent, &query.page()?)?;
    Ok(Json(
        messages.iter().map(message_row).collect::<Vec<_>>().into(),
    ))
}

pub(super) async fn send(
    State(face): State<Face>,
    Path(agent): Path<String>,
    sent: Bytes,
) -> Result<Response, Refused> {
    checked("agent", "agent_id", &agent)?;
    let asked = body::json(&sent)?;
    let turn = face.lock().send_message(&agent, &words(&asked))?;
    if asked.get("streaming") == Some(&Value::Bool(true)) {
        let kind = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
        return Ok((kind, stream(&turn)).into_response());
    }
    Ok(Json(turn_row(&turn)).into_response())
}

pub(super) async fn send_later(
    State(face): State<Face>,
    Path(agent): Path<String>,
    sent: Bytes,
) -> Answer {
    checked("agent", "agent_id", &agent)?;
    let asked = body::json(&sent)?;
    let turn = face.lock().send_message(&agent, &words(&asked))?;
    Ok(Json(run_row(&turn)))
}

/// What was said, in either form of the body.
fn words(asked: &Value) -> String {
    let of = |content: &Value| match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect(),
        _ => String::new(),
    };
    let messages = asked.get("messages").and_then(Value::as_array);
    let last = messages.and_then(|messages| messages.last()?.get("content"));
    asked.get("input").or(last).map(of).unwrap_or_default()
}

/// The answer as the lines of a stream, with a sign of life before it.
fn stream(turn: &Turn) -> String {
    let mut ping = message_row(&turn.answer);
    if let Some(row) = ping.as_object_mut() {
        let id = turn.answer.id.replacen("message-", "ping-", 1);
        row.extend([
            ("id".to_owned(), json!(id)),
            ("message_type".to_owned(), json!("ping")),
            ("otid".to_owned(), Value::Null),
            ("step_id".to_owned(), Value::Null),
        ]);
        row.remove("content");
    }
    let whole = turn_row(turn);
    let part = |name: &str| whole.get(name).cloned().unwrap_or_default();
    let lines = [
        ping,
        message_row(&turn.answer),
        part("stop_reason"),
        part("usage"),
    ];
    let lines = lines.map(|line| line.to_string());
    format!("data: {}\n\ndata: [DONE]\n\n", lines.join("\n\ndata: "))
}
