//! `hvs status`: what the store knows. Asks no server, changes nothing.

use std::collections::HashMap;

use engine::report::Exit;
use serde_json::{Value, json};
use store::{
    Store,
    port::Counts,
    row::{DeadLetter, IntentState, LeaseRow, ProjectPhase, ProjectRow, RunRow},
};
use sync_core::ids::{Millis, ProjectLinkId, RunId};

use crate::{config::Config, connect, failure::Failure, output, output::table, words};

/// Dead letters and runs that are listed.
const LISTED: u32 = 10;

/// Everything that is shown.
struct Status {
    path: String,
    store: String,
    workspace: Option<String>,
    counts: Counts,
    intents: HashMap<IntentState, u64>,
    lease: Option<LeaseRow>,
    projects: Vec<ProjectRow>,
    links: HashMap<ProjectLinkId, u64>,
    letters: Vec<DeadLetter>,
    last: Option<RunRow>,
    alive: Option<RunId>,
}

/// Shows it.
pub(crate) async fn run(config: &Config, json: bool) -> Result<Exit, Failure> {
    let path = config.store.path.display().to_string();
    let Some(store) = connect::find_store(config).await? else {
        if json {
            output::json(&json!({ "store": { "path": path, "exists": false } }))?;
        } else {
            output::data(&format!("there is no store yet: {}", words::clean(&path)))?;
            output::tell(&format!(
                "{} `hvs plan` shows what a first run would do, `hvs sync once` does it",
                words::styled(words::HINT, "hint:")
            ))?;
        }
        return Ok(Exit::Done);
    };
    let status = read(store.as_ref(), path).await?;
    if json {
        output::json(&document(&status))?;
    } else {
        output::data(&text(&status))?;
    }
    Ok(Exit::Done)
}

async fn read(store: &dyn Store, path: String) -> Result<Status, Failure> {
    let workspace = store.meta(connect::WORKSPACE).await?;
    let lease = match &workspace {
        Some(scope) => store.lease(scope).await?,
        None => None,
    };
    let mut projects = store.projects().await?;
    projects.sort_by(|a, b| a.label.cmp(&b.label));
    let runs = store.runs(1).await?;
    Ok(Status {
        alive: super::runs::alive(Some(store), &runs).await?,
        last: runs.into_iter().next(),
        path,
        store: store.id().to_string(),
        workspace,
        counts: store.counts().await?,
        intents: store.intent_counts().await?,
        lease,
        projects,
        links: store.link_counts().await?,
        letters: store.dead_letters(None, LISTED).await?,
    })
}

/// Whether a lease that is stored still counts is for its clock to say; here only whether it was given up.
fn lease_words(lease: &LeaseRow) -> String {
    format!(
        "process {} on {}, since {}, until {}",
        lease.pid,
        words::clean(&lease.host),
        words::time(lease.since),
        words::time(lease.until)
    )
}

fn text(status: &Status) -> String {
    let Counts {
        links,
        live_intents,
        dirty,
        open_conflicts,
        dead_letters,
        ..
    } = status.counts;
    let none = || "-".to_owned();
    let facts = table::facts(&[
        ("store", words::clean(&status.path)),
        ("workspace", status.workspace.clone().unwrap_or_else(none)),
        (
            "last run",
            status
                .last
                .as_ref()
                .map_or_else(none, |run| last_run(run, status.alive)),
        ),
        (
            "lease",
            status
                .lease
                .as_ref()
                .map_or_else(|| "free".to_owned(), lease_words),
        ),
        ("pairs", words::grouped(links)),
        ("unfinished writes", words::grouped(live_intents)),
        ("to look at again", words::grouped(dirty)),
        ("open conflicts", words::grouped(open_conflicts)),
        ("dead letters", words::grouped(dead_letters)),
    ]);
    let mut parts = vec![facts];
    if !status.projects.is_empty() {
        let rows: Vec<Vec<String>> = status
            .projects
            .iter()
            .map(|project| project_row(project, &status.links))
            .collect();
        parts.push(table::columns(
            &["PROJECT", "PAIRS", "STATE", "LAST SYNC", "NAME"],
            &rows,
        ));
    }
    if !status.letters.is_empty() {
        parts.push(
            status
                .letters
                .iter()
                .map(letter)
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    parts.join("\n\n")
}

fn project_row(project: &ProjectRow, links: &HashMap<ProjectLinkId, u64>) -> Vec<String> {
    let count = links.get(&project.id).copied().unwrap_or(0);
    let state = match (project.phase, project.first_sync_done) {
        (ProjectPhase::Active, true) => "active".to_owned(),
        (ProjectPhase::Active, false) => "first sync".to_owned(),
        (ProjectPhase::Asleep, _) => "asleep".to_owned(),
        (ProjectPhase::Waiting, _) => "waits for you".to_owned(),
    };
    let name = words::short(&project.name, 50);
    let name = if project.reason.is_empty() {
        name
    } else {
        format!("{name} ({})", words::short(&project.reason, 80))
    };
    vec![
        words::clean(&project.label),
        words::grouped(count),
        state,
        moment(project.synced_at),
        name,
    ]
}

fn moment(at: Millis) -> String {
    if at.0 == 0 {
        "never".to_owned()
    } else {
        words::time(at)
    }
}

fn last_run(run: &RunRow, alive: Option<RunId>) -> String {
    let end = match run.exit_code {
        Some(code) => format!("exit {code}"),
        None => super::runs::exit(run, alive),
    };
    format!(
        "{}, {}, {end}",
        words::time(run.started_at),
        words::clean(&run.kind)
    )
}

fn letter(letter: &DeadLetter) -> String {
    let field = letter
        .field
        .map_or_else(String::new, |field| format!(", {field}"));
    format!(
        "{} {} (in {}{field}, since {}) [{}]",
        words::styled(words::BAD.bold(), "dead letter:"),
        words::clean(&letter.message),
        letter.side.title(),
        words::time(letter.since),
        words::clean(&letter.code),
    )
}

fn document(status: &Status) -> Value {
    let Counts {
        projects,
        links,
        live_intents,
        dirty,
        open_conflicts,
        dead_letters,
    } = status.counts;
    let intents: serde_json::Map<String, Value> = status
        .intents
        .iter()
        .filter_map(|(state, count)| {
            Some((
                serde_json::to_value(state).ok()?.as_str()?.to_owned(),
                json!(count),
            ))
        })
        .collect();
    let rows: Vec<Value> = status
        .projects
        .iter()
        .map(|project| project_document(project, &status.links))
        .collect();
    json!({
        "store": { "path": status.path, "exists": true, "id": status.store },
        "workspace": status.workspace,
        "lease": status.lease.as_ref().map(output::report::lease_document),
        "counts": {
            "projects": projects, "links": links, "live_intents": live_intents, "dirty": dirty,
            "open_conflicts": open_conflicts, "dead_letters": dead_letters,
        },
        "intents": intents,
        "last_run": status.last.as_ref().map(super::runs::document),
        "projects": rows,
        "dead_letters": status.letters.iter().map(letter_document).collect::<Vec<_>>(),
    })
}

fn project_document(project: &ProjectRow, links: &HashMap<ProjectLinkId, u64>) -> Value {
    json!({
        "id": project.id, "label": project.label, "name": project.name, "phase": project.phase, "reason": project.reason,
        "first_sync_done": project.first_sync_done, "links": links.get(&project.id).copied().unwrap_or(0),
        "huly": project.projects.huly, "vibe": project.projects.vibe,
        "synced_at": set(project.synced_at), "compared_at": set(project.compared_at), "watermark": set(project.watermark),
    })
}

/// A time, or null where it never was.
fn set(at: Millis) -> Option<String> {
    (at.0 != 0).then(|| words::exact_time(at))
}

fn letter_document(letter: &DeadLetter) -> Value {
    json!({
        "link": letter.link, "side": letter.side, "field": letter.field, "code": letter.code, "message": letter.message,
        "since": words::exact_time(letter.since), "run": letter.run,
    })
}
