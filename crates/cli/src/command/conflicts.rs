//! `hvs conflicts`: fields that both sides changed differently, and what a person decides about them.

use std::{
    io::{IsTerminal, Read, Write, stdin},
    path::Path,
    process::Command,
};

use engine::report::Exit;
use store::{
    Store,
    port::Operation,
    row::{ConflictRow, Decision, Take},
};
use sync_core::{
    Side,
    item::{Field, Value},
};

use super::person;
use crate::{
    args::conflicts::{Chosen, ConflictList, Conflicts, Resolve},
    config::Config,
    connect,
    failure::Failure,
    output,
};

/// Stands above Vibe's text where both are kept.
const HEADING: &str = "## From Vibe Kanban";

/// Lists, shows or resolves.
pub(crate) async fn run(config: &Config, conflicts: Conflicts) -> Result<Exit, Failure> {
    match conflicts {
        Conflicts::List(asked) => list(config, asked).await?,
        Conflicts::Show { id, json } => {
            let store = person::store(config, person::NOTHING_WAITS).await?;
            let row = find(store.as_ref(), &id).await?;
            output::conflicts::show(&row, json.json)?;
        }
        Conflicts::Resolve(asked) => resolve(config, asked).await?,
    }
    Ok(Exit::Done)
}

async fn list(config: &Config, asked: ConflictList) -> Result<(), Failure> {
    let rows = match connect::find_store(config).await? {
        None => Vec::new(),
        Some(store) => {
            let projects = person::projects(store.as_ref(), &asked.project).await?;
            // The limit is one of what is shown, so it comes after the choice of projects.
            let mut rows = store.conflicts(!asked.all, person::MOST).await?;
            rows.retain(|row| projects.contains_key(&row.project));
            rows.truncate(usize::try_from(asked.limit).unwrap_or(usize::MAX));
            rows
        }
    };
    output::conflicts::list(&rows, asked.json.json)
}

/// A conflict by its number; or the only open one of an item.
async fn find(store: &dyn Store, word: &str) -> Result<ConflictRow, Failure> {
    let unknown = || person::none(word, "there is no conflict", "hvs conflicts list --all");
    if let Ok(id) = word.trim().parse::<i64>() {
        return store.conflict(id).await?.ok_or_else(unknown);
    }
    let mut rows = store.conflicts(true, person::MOST).await?;
    rows.retain(|row| person::names(word, "", &row.label));
    if rows.len() > 1 {
        let ids: Vec<String> = rows
            .iter()
            .map(|row| format!("{} ({})", row.id, row.field))
            .collect();
        return Err(Failure::usage(format!(
            "`{word}` has several open conflicts: {}",
            ids.join(", ")
        ))
        .hint("name one by its number"));
    }
    rows.pop().ok_or_else(unknown)
}

async fn resolve(config: &Config, asked: Resolve) -> Result<(), Failure> {
    let store = person::writable(config, person::NOTHING_WAITS).await?;
    let row = find(store.as_ref(), &asked.id).await?;
    can_be_decided(&row, &asked)?;
    let decision = Decision {
        take: take(asked.take),
        side: match asked.take {
            Chosen::Vibe => Side::Vibe,
            Chosen::Huly | Chosen::Both | Chosen::Edit => Side::Huly,
        },
        value: value(&row, &asked)?,
        by: person::who(),
        at: person::now(),
    };
    let effect = format!(
        "takes {} for the {} (conflict {})",
        decision.take.word(),
        row.field,
        row.id
    );
    let mut deed = person::deed("resolve", &row.label, &effect);
    deed.project = Some(row.project);
    deed.link = Some(row.link);
    let operation = Operation {
        dirty: person::look_again(store.as_ref(), row.link).await?,
        decide: vec![(row.id, row.version, decision.clone())],
        deeds: vec![deed],
        ..Operation::default()
    };
    let done = store.operate(&operation, person::now()).await;
    done.map_err(person::changed)?;
    output::conflicts::resolved(&row, &decision, asked.json.json)
}

/// Whether a decision about it can be taken, and whether the person knows what it is about.
fn can_be_decided(row: &ConflictRow, asked: &Resolve) -> Result<(), Failure> {
    if let Some(version) = asked.seen.filter(|version| *version != row.version) {
        let what = format!(
            "conflict {} was changed meanwhile: it has version {} now, not {version}; nothing was done",
            row.id, row.version
        );
        return Err(Failure::new(Exit::Items, what).code(store::codes::STORE_CHANGED));
    }
    if let (true, false, Some(decision)) = (row.pending, asked.replace, &row.decision) {
        let what = format!(
            "conflict {} was changed meanwhile: {} decided to take {}, and the next run writes that; nothing was done",
            row.id,
            decision.by,
            decision.take.word()
        );
        return Err(Failure::new(Exit::Items, what)
            .code(store::codes::STORE_CHANGED)
            .hint("`--replace` puts your decision in its place"));
    }
    if !row.open && row.winner.is_none() {
        return Err(Failure::usage(format!(
            "conflict {} is over: both values were merged or stored, and none of them stands alone",
            row.id
        ))
        .hint(format!(
            "`hvs conflicts show {}` prints both, to be put back by hand",
            row.id
        )));
    }
    Ok(())
}

const fn take(chosen: Chosen) -> Take {
    match chosen {
        Chosen::Huly => Take::Huly,
        Chosen::Vibe => Take::Vibe,
        Chosen::Both => Take::Both,
        Chosen::Edit => Take::Edit,
    }
}

fn value(row: &ConflictRow, asked: &Resolve) -> Result<Value, Failure> {
    let is_unset = |value: &Value| *value == Value::Unset;
    let chosen = match asked.take {
        Chosen::Huly => row.values.huly.clone(),
        Chosen::Vibe => row.values.vibe.clone(),
        Chosen::Both => return both(row),
        Chosen::Edit => return edited(row, asked.file.as_deref()),
    };
    if is_unset(&chosen) {
        return Err(Failure::usage("that side has no value to take"));
    }
    Ok(chosen)
}

/// Huly's text, and Vibe's below it.
fn both(row: &ConflictRow) -> Result<Value, Failure> {
    match (row.field, &row.values.huly, &row.values.vibe) {
        (Field::Description, Value::Text(huly), Value::Text(vibe)) => Ok(Value::Text(
            format!("{}\n\n{HEADING}\n\n{}", huly.trim_end(), vibe.trim()).into(),
        )),
        _ => Err(Failure::usage(format!(
            "`--take both` is for descriptions, and this is about the {}",
            row.field
        ))
        .hint("take `huly`, `vibe`, or for a title `edit`")),
    }
}

/// A text of the person's own.
fn edited(row: &ConflictRow, file: Option<&Path>) -> Result<Value, Failure> {
    let (Value::Text(huly), Value::Text(vibe)) = (&row.values.huly, &row.values.vibe) else {
        return Err(Failure::usage(format!(
            "`--take edit` is for texts, and this is about the {}",
            row.field
        ))
        .hint("take `huly` or `vibe`"));
    };
    let text = match file {
        Some(path) if path == Path::new("-") => piped()?,
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("`{}` cannot be read: {error}", path.display()))
        })?,
        None => in_editor(huly, vibe)?,
    };
    let text = text.trim_end().to_owned();
    let is_line = !text.trim().is_empty() && !text.contains('\n');
    if row.field == Field::Title && !is_line {
        return Err(Failure::usage("a title is one line of text"));
    }
    Ok(Value::Text(text.into()))
}

fn piped() -> Result<String, Failure> {
    let mut text = String::new();
    stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("the standard input cannot be read: {error}")))?;
    Ok(text)
}

/// Opens the person's editor on both texts; what is saved is taken.
fn in_editor(huly: &str, vibe: &str) -> Result<String, Failure> {
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    });
    let Some(editor) = editor.filter(|_| stdin().is_terminal()) else {
        return Err(
            Failure::usage("there is no text, and no editor to write it in").hint(
                "give it with `--file FILE`, or `--file -` for the standard input; or set EDITOR",
            ),
        );
    };
    let failed =
        |error: std::io::Error| Failure::usage(format!("the editor cannot be used: {error}"));
    let mut file = tempfile::Builder::new()
        .suffix(".md")
        .tempfile()
        .map_err(failed)?;
    write!(
        file,
        "{}\n\n{HEADING}\n\n{}\n",
        huly.trim_end(),
        vibe.trim()
    )
    .map_err(failed)?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(file.path())
        .status()
        .map_err(failed)?;
    if !status.success() {
        return Err(Failure::usage(format!(
            "`{editor}` ended with {status}; nothing was done"
        )));
    }
    std::fs::read_to_string(file.path()).map_err(failed)
}
