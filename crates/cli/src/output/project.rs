//! Pairs of projects, and what a choice for one came to.

use std::collections::HashMap;

use engine::{
    projects::choose::{Choice, Chosen},
    report::{Exit, Report},
};
use serde_json::{Value, json};
use store::row::{ProjectPhase, ProjectRow};
use sync_core::ids::ProjectLinkId;

use crate::{
    args::{Choose, Global},
    failure::Failure,
    output, words,
};

use super::{
    report::document,
    table,
    trouble::{Told, troubles},
};

/// What can be chosen for a pair that waits.
const CHOICES: &str = "\
choose with `hvs project choose PROJECT ...`; `--dry-run` shows what it would do:
  --relink    both projects are there again: go on, everything is compared afresh
  --recreate  make what is missing again, from the other side (--into NAME: in that project)
  --mirror    delete what the other side still has of it; under the guard
  --unlink    leave the pair alone from now on
  --trust     after a restored backup: what the service shows now counts";

/// All pairs.
pub(crate) fn list(
    rows: &[ProjectRow],
    counts: &HashMap<ProjectLinkId, u64>,
    json: bool,
) -> Result<(), Failure> {
    let links = |row: &ProjectRow| counts.get(&row.id).copied().unwrap_or(0);
    if json {
        let all: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "project": row.label, "name": row.name, "phase": row.phase, "reason": row.reason,
                    "links": links(row), "huly": row.projects.huly, "vibe": row.projects.vibe,
                })
            })
            .collect();
        return output::json(&json!({ "projects": all }));
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                words::clean(&row.label),
                phase(row.phase).to_owned(),
                words::grouped(links(row)),
                words::short(&row.name, 50),
                words::clean(&row.reason),
            ]
        })
        .collect();
    output::data(&table::columns(
        &["PROJECT", "IS", "LINKS", "NAME", "WHY"],
        &cells,
    ))?;
    if rows.iter().any(|row| row.phase == ProjectPhase::Waiting) {
        output::data(CHOICES)?;
    }
    Ok(())
}

const fn phase(phase: ProjectPhase) -> &'static str {
    match phase {
        ProjectPhase::Active => "active",
        ProjectPhase::Asleep => "asleep",
        ProjectPhase::Waiting => "waits for you",
        ProjectPhase::Left => "left",
    }
}

/// What a choice came to.
pub(crate) fn chosen(
    report: &Report,
    chosen: &Chosen,
    choice: &Choice,
    asked: &Choose,
    global: &Global,
) -> Result<Exit, Failure> {
    troubles(report, Told::Choice, global)?;
    if asked.json.json {
        let mut document = document(report);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("dry_run".to_owned(), json!(asked.dry_run));
            fields.insert("choice".to_owned(), json!(choice.word()));
            fields.insert("chosen".to_owned(), json!(chosen));
        }
        output::json(&document)?;
        return Ok(report.exit);
    }
    if let (Exit::Done, Some(project)) = (report.exit, &chosen.project) {
        let head = if asked.dry_run { "would" } else { "chosen:" };
        output::data(&format!(
            "{} {} {} of {}: {}",
            words::styled(words::GOOD.bold(), head),
            choice.word(),
            words::count(chosen.links, "link", "links"),
            words::clean(project),
            words::clean(&chosen.effect),
        ))?;
    }
    Ok(report.exit)
}
