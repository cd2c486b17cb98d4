//! What `hvs db` prints.

use std::path::Path;

use engine::report::Exit;
use serde_json::json;
use store::{
    codes::STORE_CORRUPT,
    port::Counts,
    sqlite::{BackupFile, Restored, Soundness},
};

use sync_core::ids::Millis;

use crate::{failure::Failure, output, words};

use super::table;

/// What a check found.
pub(crate) fn checked(
    path: &Path,
    found: &Soundness,
    restored_at: Option<Millis>,
    json: bool,
) -> Result<Exit, Failure> {
    let is_sound = found.findings.is_empty();
    let exit = if is_sound { Exit::Done } else { Exit::Service };
    if json {
        output::json(&json!({
            "path": path, "sound": is_sound, "findings": found.findings, "version": found.version,
            "bytes": found.bytes, "free_bytes": found.free_bytes, "log_bytes": found.log_bytes,
            "rows": rows_json(&found.counts), "restored_at": restored_at.map(words::exact_time), "exit_code": exit.code(),
        }))?;
        return Ok(exit);
    }
    for finding in &found.findings {
        output::data(&format!(
            "{} {}",
            words::styled(words::BAD.bold(), "damage:"),
            words::clean(finding)
        ))?;
    }
    if !is_sound {
        let what = format!("the store `{}` is damaged", path.display());
        output::tell(&Failure::new(exit, what).code(STORE_CORRUPT).to_string())?;
        return Ok(exit);
    }
    output::data(&format!(
        "{} {}\n  size: {}, {} of it free; log {}\n  version: {}\n  rows: {}",
        words::styled(words::GOOD.bold(), "sound:"),
        words::clean(&path.display().to_string()),
        words::size(found.bytes),
        words::size(found.free_bytes),
        words::size(found.log_bytes),
        found.version,
        rows(&found.counts),
    ))?;
    if let Some(at) = restored_at {
        output::data(&format!("  put back from a backup: {}", words::time(at)))?;
    }
    Ok(exit)
}

fn rows(counts: &Counts) -> String {
    let Counts {
        projects,
        links,
        live_intents,
        dirty,
        open_conflicts,
        dead_letters,
    } = *counts;
    words::list(&[
        words::count(projects, "project", "projects"),
        words::count(links, "link", "links"),
        words::count(live_intents, "unfinished write", "unfinished writes"),
        words::count(dirty, "dirty item", "dirty items"),
        words::count(open_conflicts, "open conflict", "open conflicts"),
        words::count(dead_letters, "dead letter", "dead letters"),
    ])
}

fn rows_json(counts: &Counts) -> serde_json::Value {
    let Counts {
        projects,
        links,
        live_intents,
        dirty,
        open_conflicts,
        dead_letters,
    } = *counts;
    json!({
        "projects": projects, "links": links, "live_intents": live_intents, "dirty": dirty,
        "open_conflicts": open_conflicts, "dead_letters": dead_letters,
    })
}

/// Where a backup is.
pub(crate) fn backed_up(to: &Path, json: bool) -> Result<Exit, Failure> {
    if json {
        output::json(&json!({ "backup": to, "exit_code": 0 }))?;
    } else {
        output::data(&format!(
            "{} {}",
            words::styled(words::GOOD.bold(), "backup:"),
            words::clean(&to.display().to_string())
        ))?;
    }
    Ok(Exit::Done)
}

/// The backups beside the store.
pub(crate) fn backups(found: &[BackupFile], json: bool) -> Result<Exit, Failure> {
    if json {
        let list: Vec<_> = found
            .iter()
            .map(|backup| json!({ "path": backup.path, "at": words::exact_time(backup.at), "bytes": backup.bytes }))
            .collect();
        output::json(&json!({ "backups": list, "exit_code": 0 }))?;
    } else if found.is_empty() {
        output::tell("there are no backups beside the store")?;
    } else {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|backup| {
                vec![
                    words::time(backup.at),
                    words::size(backup.bytes),
                    words::clean(&backup.path.display().to_string()),
                ]
            })
            .collect();
        output::data(&table::columns(&["MADE", "SIZE", "FILE"], &rows))?;
    }
    Ok(Exit::Done)
}

/// What a restore did, and what comes after.
pub(crate) fn restored(
    path: &Path,
    from: &Path,
    restored: &Restored,
    json: bool,
) -> Result<Exit, Failure> {
    let Restored { replaced, links } = restored;
    if json {
        output::json(&json!({
            "path": path, "from": from, "replaced": replaced, "links": links, "exit_code": 0,
        }))?;
        return Ok(Exit::Done);
    }
    let clean = |path: &Path| words::clean(&path.display().to_string());
    output::data(&format!(
        "{} {} from {}",
        words::styled(words::GOOD.bold(), "restored:"),
        clean(path),
        clean(from)
    ))?;
    if let Some(replaced) = replaced {
        output::data(&format!("  what stood there: {}", clean(replaced)))?;
    }
    output::data(&format!(
        "  {}: the next run compares every project in full, and overwrites no value without keeping it",
        words::count(*links, "link", "links")
    ))?;
    output::tell(&format!(
        "{} `hvs plan` shows what the next run would do",
        words::styled(words::HINT, "hint:")
    ))?;
    Ok(Exit::Done)
}

/// What a vacuum gave back.
pub(crate) fn vacuumed(
    path: &Path,
    before: &Soundness,
    after: &Soundness,
    json: bool,
) -> Result<Exit, Failure> {
    if json {
        output::json(&json!({
            "path": path, "bytes_before": before.bytes, "bytes": after.bytes, "exit_code": 0,
        }))?;
    } else {
        output::data(&format!(
            "{} {}: {}, before {}",
            words::styled(words::GOOD.bold(), "vacuumed:"),
            words::clean(&path.display().to_string()),
            words::size(after.bytes),
            words::size(before.bytes),
        ))?;
    }
    Ok(Exit::Done)
}
