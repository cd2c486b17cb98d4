//! What an unlink did, or would do.

use engine::{
    report::{Exit, Report},
    unlink::Unlinked,
};
use serde_json::json;

use crate::{args::Global, failure::Failure, output, words};

use super::{
    report::document,
    table,
    trouble::{Told, troubles},
};

/// What comes after, in any case.
const AFTER: &str = "\
stop the cron line or service that runs hvs, or set `skip = true` for the project: a later `hvs sync once` would link the \
pairs again (an issue that hvs made by its id, the others where exactly one item of a title stands on each side) and make \
counterparts for the rest; `hvs plan` shows it";

/// The counts, and the question.
pub(crate) fn asked(counted: &Unlinked) -> Result<(), Failure> {
    output::tell(&counts(counted))?;
    output::tell(
        "Remove these footers from Vibe Kanban and drop these links? Nothing else is touched. [y/N]",
    )
}

fn counts(unlinked: &Unlinked) -> String {
    let rows: Vec<Vec<String>> = unlinked
        .projects
        .iter()
        .map(|project| {
            vec![
                words::clean(&project.label),
                words::grouped(project.links),
                words::grouped(project.footers),
                words::short(&project.name, 60),
            ]
        })
        .collect();
    table::columns(&["PROJECT", "LINKS", "FOOTERS", "NAME"], &rows)
}

/// The end of it.
pub(crate) fn end(
    report: &Report,
    unlinked: &Unlinked,
    dry_run: bool,
    json: bool,
    global: &Global,
) -> Result<Exit, Failure> {
    troubles(report, Told::Run, global)?;
    if json {
        let mut document = document(report);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("dry_run".to_owned(), json!(dry_run));
            fields.insert("unlinked".to_owned(), json!(unlinked));
        }
        output::json(&document)?;
        return Ok(report.exit);
    }
    if report.lease_held_by.is_some() {
        return Ok(report.exit);
    }
    let sum = |of: fn(&engine::unlink::UnlinkedProject) -> u64| -> u64 {
        unlinked.projects.iter().map(of).sum()
    };
    let (head, links, footers) = if dry_run {
        output::data(&counts(unlinked))?;
        (
            "would unlink:",
            sum(|project| project.links),
            sum(|project| project.footers),
        )
    } else {
        (
            "unlinked:",
            sum(|project| project.dropped),
            sum(|project| project.removed),
        )
    };
    output::data(&format!(
        "{} {} in {}, {} removed from Vibe Kanban; nothing else touched",
        words::styled(words::GOOD.bold(), head),
        words::count(links, "link", "links"),
        words::count(unlinked.projects.len() as u64, "project", "projects"),
        words::count(footers, "footer", "footers"),
    ))?;
    if global.quiet == 0 {
        output::tell(&format!("{} {AFTER}", words::styled(words::HINT, "hint:")))?;
    }
    Ok(report.exit)
}
