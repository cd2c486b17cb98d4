//! `hvs runs`: what past runs did.

use engine::{
    env::{Env, System},
    report::Exit,
};
use serde_json::{Value, json};
use store::{Store, row::RunRow};
use sync_core::ids::RunId;

use crate::{
    args::{Json, Runs, RunsCommand, RunsList},
    config::Config,
    connect,
    failure::Failure,
    output,
    output::table,
    words,
};

/// Runs among which a shortened id is looked for.
const SEARCHED: u32 = 10_000;

/// Lists runs, or shows one.
pub(crate) async fn run(config: &Config, runs: Runs) -> Result<Exit, Failure> {
    let store = connect::find_store(config).await?;
    match runs.command {
        None => list(store.as_deref(), runs.list).await,
        Some(RunsCommand::List(asked)) => list(store.as_deref(), asked).await,
        Some(RunsCommand::Show {
            id,
            json: Json { json },
        }) => show(store.as_deref(), &id, json).await,
    }
}

async fn list(store: Option<&dyn Store>, asked: RunsList) -> Result<Exit, Failure> {
    let rows = match store {
        Some(store) => store.runs(asked.limit).await?,
        None => Vec::new(),
    };
    if asked.json.json {
        output::json(&rows.iter().map(document).collect::<Vec<_>>())?;
    } else if rows.is_empty() {
        output::tell("no run yet")?;
    } else {
        let alive = alive(store, &rows).await?;
        let cells: Vec<Vec<String>> = rows.iter().map(|run| cells(run, alive)).collect();
        output::data(&table::columns(
            &["STARTED", "TOOK", "KIND", "EXIT", "WRITES", "CALLS", "RUN"],
            &cells,
        ))?;
    }
    Ok(Exit::Done)
}

/// The run that goes on right now: the newest that has no end, while somebody holds the lease.
pub(crate) async fn alive(
    store: Option<&dyn Store>,
    newest_first: &[RunRow],
) -> Result<Option<RunId>, Failure> {
    let (Some(store), Some(run)) = (
        store,
        newest_first.first().filter(|run| run.ended_at.is_none()),
    ) else {
        return Ok(None);
    };
    let lease = match store.meta(connect::WORKSPACE).await? {
        Some(scope) => store.lease(&scope).await?,
        None => None,
    };
    Ok(lease
        .filter(|lease| lease.until > System.now())
        .map(|_| run.id))
}

fn cells(run: &RunRow, alive: Option<RunId>) -> Vec<String> {
    let took = run.ended_at.map_or_else(
        || "-".to_owned(),
        |end| words::duration(words::between(run.started_at, end)),
    );
    let figure = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), words::grouped);
    vec![
        words::time(run.started_at),
        took,
        words::clean(&run.kind),
        exit(run, alive),
        figure(writes(&run.summary)),
        figure(calls(&run.summary)),
        tail(&run.id.to_string()),
    ]
}

/// The end of a run's id: `hvs runs show` finds it by that.
fn tail(id: &str) -> String {
    id.rsplit('-').next().unwrap_or(id).to_owned()
}

/// How a run ended, or that it goes on.
pub(crate) fn exit(run: &RunRow, alive: Option<RunId>) -> String {
    match run.exit_code {
        Some(code) => code.to_string(),
        None if alive == Some(run.id) => "running".to_owned(),
        None => "interrupted".to_owned(),
    }
}

/// Writes of both sides that took effect.
fn writes(summary: &Value) -> Option<u64> {
    let of = |side: &str| {
        let tally = summary.get(side)?;
        ["created", "updated", "cancelled", "removed"]
            .iter()
            .map(|deed| tally.get(*deed)?.as_u64())
            .sum::<Option<u64>>()
    };
    Some(of("to_huly")? + of("to_vibe")?)
}

fn calls(summary: &Value) -> Option<u64> {
    let of = |side: &str| summary.get("traffic")?.get(side)?.get("requests")?.as_u64();
    Some(of("huly")? + of("vibe")?)
}

async fn show(store: Option<&dyn Store>, id: &str, json: bool) -> Result<Exit, Failure> {
    let unknown =
        || Failure::usage(format!("there is no run `{id}`")).hint("`hvs runs` lists them");
    let store = store.ok_or_else(unknown)?;
    let run = find(store, id).await?.ok_or_else(unknown)?;
    if json {
        output::json(&document(&run))?;
    } else {
        let alive = alive(Some(store), &store.runs(1).await?).await?;
        output::data(&text(&run, alive))?;
    }
    Ok(Exit::Done)
}

/// A run by its id, by the end of it, or the last one.
async fn find(store: &dyn Store, id: &str) -> Result<Option<RunRow>, Failure> {
    if id == "last" {
        return Ok(store.runs(1).await?.into_iter().next());
    }
    if let Ok(whole) = uuid::Uuid::parse_str(id) {
        return Ok(store.run(RunId(whole)).await?);
    }
    let rows = store.runs(SEARCHED).await?;
    let mut found = rows
        .into_iter()
        .filter(|run| run.id.to_string().ends_with(id));
    let first = found.next();
    if found.next().is_some() {
        return Err(
            Failure::usage(format!("`{id}` is the end of several runs' ids"))
                .hint("give more of it"),
        );
    }
    Ok(first)
}

fn text(run: &RunRow, alive: Option<RunId>) -> String {
    let none = || "-".to_owned();
    let mut rows = vec![
        ("run".to_owned(), run.id.to_string()),
        ("kind".to_owned(), words::clean(&run.kind)),
        ("started".to_owned(), words::time(run.started_at)),
        (
            "ended".to_owned(),
            run.ended_at.map_or_else(|| exit(run, alive), words::time),
        ),
        (
            "took".to_owned(),
            run.ended_at.map_or_else(none, |end| {
                words::duration(words::between(run.started_at, end))
            }),
        ),
        (
            "exit code".to_owned(),
            run.exit_code.map_or_else(none, |code| code.to_string()),
        ),
    ];
    flatten("", &run.summary, &mut rows);
    let rows: Vec<(&str, String)> = rows
        .iter()
        .map(|(name, fact)| (name.as_str(), fact.clone()))
        .collect();
    table::facts(&rows)
}

/// Every figure on a line of its own, named by its way: `traffic huly requests`.
fn flatten(way: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if way.is_empty() {
            name.replace('_', " ")
        } else {
            format!("{way} {}", name.replace('_', " "))
        }
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| flatten(&below(name), value, rows)),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            let items: Vec<String> = items.iter().map(plain).collect();
            rows.push((
                way.to_owned(),
                if items.is_empty() {
                    "none".to_owned()
                } else {
                    items.join(", ")
                },
            ));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| flatten(&below(&(at + 1).to_string()), item, rows));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let fact = match value.as_u64() {
                Some(bytes) if way.ends_with("bytes") || way == "peak memory" => words::size(bytes),
                Some(number) => words::grouped(number),
                None => plain(value),
            };
            rows.push((way.to_owned(), fact));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => words::clean(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A run's row with its times as RFC 3339.
pub(crate) fn document(run: &RunRow) -> Value {
    let took = run
        .ended_at
        .map(|end| words::between(run.started_at, end).as_millis());
    json!({
        "id": run.id,
        "kind": run.kind,
        "started_at": words::exact_time(run.started_at),
        "ended_at": run.ended_at.map(words::exact_time),
        "took_ms": took.and_then(|millis| u64::try_from(millis).ok()),
        "exit_code": run.exit_code,
        "interrupted": run.ended_at.is_none(),
        "summary": run.summary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_named_by_their_way() {
        let mut rows = Vec::new();
        let summary = json!({ "traffic": { "huly": { "wire_bytes": 20_480 } }, "skipped": ["A", "B"], "retries": 1_234 });
        flatten("", &summary, &mut rows);
        rows.sort();
        let rows: Vec<(&str, &str)> = rows
            .iter()
            .map(|(name, fact)| (name.as_str(), fact.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                ("retries", "1,234"),
                ("skipped", "A, B"),
                ("traffic huly wire bytes", "20 KiB")
            ]
        );
    }
}
