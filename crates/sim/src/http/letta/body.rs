//! Bodies: which fields there are, of which types, and the framework's words where one does not fit.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{python, unfit};
use crate::http::Refused;

/// What a field holds. Anything may also be null, which is the same as not there, but for what is needed.
enum Type {
    Text,
    Number,
    Flag,
    Object,
    Texts,
    Choice(&'static [&'static str]),
    Rows(&'static [Field]),
}

/// A field of a body; others are dropped.
pub(super) struct Field {
    name: &'static str,
    holds: Type,
    is_needed: bool,
}

const fn may(name: &'static str, holds: Type) -> Field {
    Field {
        name,
        holds,
        is_needed: false,
    }
}

const fn must(name: &'static str, holds: Type) -> Field {
    Field {
        name,
        holds,
        is_needed: true,
    }
}

const AGENT_TYPES: &[&str] = &[
    "memgpt_agent",
    "memgpt_v2_agent",
    "letta_v1_agent",
    "react_agent",
    "workflow_agent",
    "split_thread_agent",
    "sleeptime_agent",
    "voice_convo_agent",
    "voice_sleeptime_agent",
];

/// A block to make.
pub(super) const NEW_BLOCK: &[Field] = &[
    may("value", Type::Text),
    may("limit", Type::Number),
    may("template_name", Type::Text),
    may("is_template", Type::Flag),
    must("label", Type::Text),
    may("read_only", Type::Flag),
    may("description", Type::Text),
    may("metadata", Type::Object),
    may("hidden", Type::Flag),
    may("tags", Type::Texts),
];

/// A change of a block.
pub(super) const BLOCK_UPDATE: &[Field] = &[
    may("value", Type::Text),
    may("limit", Type::Number),
    may("label", Type::Text),
    may("read_only", Type::Flag),
    may("description", Type::Text),
    may("metadata", Type::Object),
    may("hidden", Type::Flag),
    may("tags", Type::Texts),
];

/// An agent to make.
pub(super) const NEW_AGENT: &[Field] = &[
    may("name", Type::Text),
    may("memory_blocks", Type::Rows(NEW_BLOCK)),
    may("tools", Type::Texts),
    may("tool_ids", Type::Texts),
    may("block_ids", Type::Texts),
    may("tags", Type::Texts),
    may("system", Type::Text),
    may("agent_type", Type::Choice(AGENT_TYPES)),
    may("model", Type::Text),
    may("embedding", Type::Text),
    may("include_base_tools", Type::Flag),
    may("description", Type::Text),
    may("metadata", Type::Object),
    may("enable_sleeptime", Type::Flag),
    may("timezone", Type::Text),
    may("hidden", Type::Flag),
];

/// A change of an agent.
pub(super) const AGENT_UPDATE: &[Field] = &[
    may("name", Type::Text),
    may("tool_ids", Type::Texts),
    may("block_ids", Type::Texts),
    may("tags", Type::Texts),
    may("system", Type::Text),
    may("model", Type::Text),
    may("embedding", Type::Text),
    may("description", Type::Text),
    may("metadata", Type::Object),
    may("timezone", Type::Text),
    may("hidden", Type::Flag),
];

/// A folder to make.
pub(super) const NEW_FOLDER: &[Field] = &[
    must("name", Type::Text),
    may("embedding", Type::Text),
    may("description", Type::Text),
    may("instructions", Type::Text),
    may("metadata", Type::Object),
];

/// A change of a folder.
pub(super) const FOLDER_UPDATE: &[Field] = &[
    may("name", Type::Text),
    may("description", Type::Text),
    may("instructions", Type::Text),
    may("metadata", Type::Object),
];

/// The body as a value, with these fields in it.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes, fields: &[Field]) -> Result<T, Refused> {
    let value = json(body)?;
    let Value::Object(row) = &value else {
        let words = "Input should be a valid dictionary or object to extract fields from";
        return Err(refuse(&[python::complaint(
            "model_attributes_type",
            "'body',",
            words,
            &value,
        )]));
    };
    let mut complaints = Vec::new();
    check(row, fields, "'body'", &mut complaints);
    if !complaints.is_empty() {
        return Err(refuse(&complaints));
    }
    // What is left are numbers that are too large or below zero.
    serde_json::from_value(value.clone()).map_err(|error| {
        refuse(&[python::complaint(
            "value_error",
            "'body',",
            &error.to_string(),
            &value,
        )])
    })
}

/// The body as any JSON.
pub(super) fn json(body: &Bytes) -> Result<Value, Refused> {
    if body.is_empty() {
        let complaint = python::complaint("missing", "'body',", "Field required", &Value::Null);
        return Err(refuse(&[complaint]));
    }
    serde_json::from_slice(body).map_err(|_| {
        let is_open = body.first() == Some(&b'{');
        let (at, words) = if is_open {
            (1, "Expecting property name enclosed in double quotes")
        } else {
            (0, "Expecting value")
        };
        refuse(&[format!(
            "{{'type': 'json_invalid', 'loc': ('body', {at}), 'msg': 'JSON decode error', 'input': {{}}, 'ctx': \
             {{'error': '{words}'}}}}"
        )])
    })
}

fn refuse(complaints: &[String]) -> Refused {
    unfit(&python::list(complaints)).into()
}

fn check(row: &Map<String, Value>, fields: &[Field], way: &str, complaints: &mut Vec<String>) {
    for field in fields {
        let way = format!("{way}, '{}'", field.name);
        match row.get(field.name) {
            None if field.is_needed => {
                let found = Value::Object(row.clone());
                complaints.push(python::complaint("missing", &way, "Field required", &found));
            }
            Some(Value::Null) if field.is_needed => {
                fits(&field.holds, &Value::Null, &way, complaints);
            }
            None | Some(Value::Null) => {}
            Some(found) => fits(&field.holds, found, &way, complaints),
        }
    }
}

fn fits(holds: &Type, found: &Value, way: &str, complaints: &mut Vec<String>) {
    let mut complain = |kind: &str, words: &str| {
        complaints.push(python::complaint(kind, way, words, found));
    };
    match (holds, found) {
        (Type::Text, Value::String(_))
        | (Type::Flag, Value::Bool(_))
        | (Type::Object, Value::Object(_)) => {}
        (Type::Number, Value::Number(number)) if !number.is_f64() => {}
        (Type::Choice(choices), Value::String(word)) if choices.contains(&word.as_str()) => {}
        (Type::Texts, Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                fits(&Type::Text, item, &format!("{way}, {at}"), complaints);
            }
        }
        (Type::Rows(fields), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                let way = format!("{way}, {at}");
                match item {
                    Value::Object(row) => check(row, fields, &way, complaints),
                    _ => fits(&Type::Object, item, &way, complaints),
                }
            }
        }
        (Type::Text, _) => complain("string_type", "Input should be a valid string"),
        (Type::Number, _) => complain("int_type", "Input should be a valid integer"),
        (Type::Flag, _) => complain("bool_type", "Input should be a valid boolean"),
        (Type::Object, _) => complain("dict_type", "Input should be a valid dictionary"),
        (Type::Texts | Type::Rows(_), _) => complain("list_type", "Input should be a valid list"),
        (Type::Choice(choices), _) => {
            complaints.push(python::complaint_of_choice("enum", way, choices, found));
        }
    }
}
