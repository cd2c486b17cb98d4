//! What waits, for people and programs.

use serde_json::{Value, json};

use super::table;
use crate::{codes, command::queue::Waiting, failure::Failure, output, words};

/// The list.
pub(crate) fn list(waiting: &[Waiting], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&waiting.iter().map(document).collect::<Vec<_>>());
    }
    if waiting.is_empty() {
        return output::tell("nothing waits");
    }
    let rows: Vec<Vec<String>> = waiting
        .iter()
        .map(|one| {
            vec![
                one.id.clone(),
                one.state.to_owned(),
                one.side.title().to_owned(),
                field(one),
                one.tries.to_string(),
                next(one),
                one.error.as_deref().map_or_else(none, words::clean),
                words::clean(&one.item),
            ]
        })
        .collect();
    output::data(&table::columns(
        &[
            "ID",
            "STATE",
            "SIDE",
            "FIELD",
            "TRIES",
            "NEXT TRY",
            "LAST ERROR",
            "ITEM",
        ],
        &rows,
    ))
}

/// All that is known of some.
pub(crate) fn show(waiting: &[Waiting], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&waiting.iter().map(document).collect::<Vec<_>>());
    }
    if waiting.is_empty() {
        return output::tell("nothing waits");
    }
    let parts: Vec<String> = waiting.iter().map(facts).collect();
    output::data(&parts.join("\n\n"))
}

/// What was made due.
pub(crate) fn retried(waiting: &[Waiting], json: bool) -> Result<(), Failure> {
    if json {
        let waiting: Vec<Value> = waiting.iter().map(document).collect();
        return output::json(&json!({ "done": "retry", "waiting": waiting }));
    }
    let count = words::count(waiting.len() as u64, "row is", "rows are");
    output::data(&format!("{count} due now: the next run tries"))
}

fn none() -> String {
    "-".to_owned()
}

fn field(one: &Waiting) -> String {
    one.field
        .map_or_else(|| "(item)".to_owned(), |field| field.to_string())
}

fn next(one: &Waiting) -> String {
    one.next_try
        .map_or_else(|| "next run".to_owned(), words::time)
}

fn facts(one: &Waiting) -> String {
    let mut rows = vec![
        ("id", one.id.clone()),
        ("item", words::clean(&one.item)),
        ("state", one.state.to_owned()),
        ("side", one.side.title().to_owned()),
        ("field", field(one)),
        ("since", words::time(one.since)),
        ("tries", one.tries.to_string()),
        ("next try", next(one)),
        (
            "last error",
            one.error.as_deref().map_or_else(none, words::clean),
        ),
    ];
    if let Some(message) = &one.message {
        let code = one.error.as_deref().unwrap_or_default();
        let message = super::dlq::message(message, &one.item, code);
        rows.push(("message", words::clean(&message)));
    }
    if let Some(remedy) = one.error.as_deref().and_then(codes::remedy) {
        rows.push(("what to do", remedy));
    }
    table::facts(&rows)
}

fn document(one: &Waiting) -> Value {
    json!({
        "id": one.id, "item": one.item, "state": one.state, "side": one.side, "field": one.field, "tries": one.tries,
        "since": words::exact_time(one.since), "next_try": one.next_try.map(words::exact_time),
        "last_error": one.error, "message": one.message,
    })
}
