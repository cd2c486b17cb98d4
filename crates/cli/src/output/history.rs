//! What happened, for people and programs.

use serde_json::{Value, json};

use super::table;
use crate::{command::history::Event, failure::Failure, output, words};

/// Longest value of a cell.
const SHORT: usize = 60;

/// The list.
pub(crate) fn list(events: &[Event], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&events.iter().map(document).collect::<Vec<_>>());
    }
    if events.is_empty() {
        return output::tell("nothing happened yet");
    }
    let rows: Vec<Vec<String>> = events.iter().map(cells).collect();
    output::data(&table::columns(&["WHEN", "WHO", "WHAT", "DETAILS"], &rows))
}

fn cells(event: &Event) -> Vec<String> {
    match event {
        Event::Run(row) => {
            let id = row.run.to_string();
            let tail = id.rsplit('-').next().unwrap_or(&id);
            let shown = |value: Option<&str>| {
                value.map_or_else(|| "-".to_owned(), |text| words::short(text, SHORT))
            };
            let field = row
                .field
                .map_or_else(String::new, |field| format!("{field}: "));
            vec![
                words::time(row.at),
                format!("run {tail}"),
                format!("{} {}", words::clean(&row.kind), row.side.title()),
                format!(
                    "{field}{} -> {}",
                    shown(row.old.as_deref()),
                    shown(row.new.as_deref())
                ),
            ]
        }
        Event::Person(deed) => vec![
            words::time(deed.at),
            words::clean(&deed.who),
            words::clean(&deed.kind),
            format!(
                "{}: {}",
                words::clean(&deed.item),
                words::clean(&deed.effect)
            ),
        ],
    }
}

fn document(event: &Event) -> Value {
    match event {
        Event::Run(row) => json!({
            "at": words::exact_time(row.at), "run": row.run, "kind": row.kind, "side": row.side, "link": row.link,
            "project": row.project, "field": row.field, "old": row.old, "new": row.new,
        }),
        Event::Person(deed) => json!({
            "at": words::exact_time(deed.at), "who": deed.who, "kind": deed.kind, "item": deed.item, "effect": deed.effect,
            "link": deed.link, "project": deed.project,
        }),
    }
}
