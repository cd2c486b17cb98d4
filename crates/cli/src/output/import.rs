//! What an import found and made, told to people and to programs.

use std::path::Path;

use engine::{
    import::{Imported, ImportedProject, LeftItem, NewLink},
    report::{Exit, Report},
};
use serde_json::json;
use store::predecessor::State;
use sync_core::link::claims::{By, Left};

use crate::{args::Global, failure::Failure, output, words};

use super::{
    plan as plans, problem,
    report::document,
    trouble::{Told, troubles},
};

/// What stands in the database.
pub(crate) fn found(path: &Path, state: &State) -> Result<(), Failure> {
    let additions = if state.additions.is_empty() {
        "the first schema".to_owned()
    } else {
        format!("with {}", state.additions.join(", "))
    };
    let last = state
        .last_sync
        .map_or_else(String::new, |at| format!("; last run {}", words::time(at)));
    output::tell(&format!(
        "{}: {}, {} ({additions}){last}",
        words::clean(&path.display().to_string()),
        words::count(state.projects.len() as u64, "project", "projects"),
        words::count(state.issues.len() as u64, "issue", "issues"),
    ))
}

/// One project: what is linked, what the next run will write, what is left alone.
pub(crate) fn project(project: &ImportedProject, global: &Global) -> Result<(), Failure> {
    if project.links.is_empty() && project.left.is_empty() && project.known == 0 {
        return Ok(());
    }
    let name = words::short(&format!("{} {}", project.label, project.name), 60);
    let mut parts = vec![linked(project)];
    if project.known > 0 {
        parts.push(format!("{} known before", words::grouped(project.known)));
    }
    if project.gone > 0 {
        parts.push(format!(
            "{} gone on both sides",
            words::grouped(project.gone)
        ));
    }
    output::data(&format!(
        "{}: {}",
        words::styled(
            words::BOLD,
            format!("{name} = {}", words::short(&project.vibe, 60))
        ),
        parts.join("; ")
    ))?;
    if global.verbose > 0 {
        for link in &project.links {
            output::data(&new_link(link))?;
        }
    }
    if let Some(differences) = plans::project(&project.report) {
        // Its first line is the project again, with the counts of what the next run will write.
        let (_, entries) = differences.split_once('\n').unwrap_or_default();
        output::data(&format!(
            "  {} differ; the next run writes Huly's values:",
            words::grouped(differing(project))
        ))?;
        output::data(entries)?;
    }
    for item in project.left.iter().take(problem::MOST) {
        output::data(&left(item))?;
    }
    if let Some(more) = project
        .left
        .len()
        .checked_sub(problem::MOST)
        .filter(|more| *more > 0)
    {
        output::data(&format!(
            "  … and {} more (`--json` has all)",
            words::grouped(more as u64)
        ))?;
    }
    Ok(())
}

fn differing(project: &ImportedProject) -> u64 {
    project.links.iter().filter(|link| link.differs).count() as u64
}

/// `12 new links (10 by row and footer, 2 by footer)`.
fn linked(project: &ImportedProject) -> String {
    let count = |by: Option<By>| project.links.iter().filter(|link| link.by == by).count() as u64;
    let kinds = [Some(By::Both), Some(By::Row), Some(By::Footer), None];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter(|by| count(*by) > 0)
        .map(|by| format!("{} {}", words::grouped(count(by)), evidence(by)))
        .collect();
    let links = words::count(project.links.len() as u64, "new link", "new links");
    if parts.is_empty() {
        links
    } else {
        format!("{links} ({})", parts.join(", "))
    }
}

const fn evidence(by: Option<By>) -> &'static str {
    match by {
        Some(By::Both) => "by row and footer",
        Some(By::Row) => "by row",
        Some(By::Footer) => "by footer",
        None => "whose task was deleted by a person: it stays deleted",
    }
}

fn new_link(link: &NewLink) -> String {
    let label = words::short(&link.label, 60);
    words::styled(words::GOOD, format!("  + {label} ({})", evidence(link.by)))
}

/// One claim that links nothing, and why.
fn left(item: &LeftItem) -> String {
    let title = words::short(&item.title, 50);
    let label = words::clean(&item.label);
    let side = item.side.title();
    let why = match &item.why {
        Left::IssueGone => format!("{label} is not in this project any more"),
        Left::TaskGone => format!("the task of {label} is not on this board any more"),
        Left::SeveralIssues => format!("several issues are called {label}"),
        Left::Contested => {
            format!("{label} and another issue claim it, and nothing says which one is right")
        }
        Left::Duplicate { of } => {
            format!("{label} has the task {of} already: a duplicate, left as it is")
        }
        Left::Overruled { by } => {
            format!(
                "{label} is named too, but it belongs to {}",
                words::clean(by)
            )
        }
    };
    words::styled(words::WARN, format!("  ! {side} \"{title}\": {why}"))
}

/// The end: troubles, what else was found, one line of totals and what to do next.
pub(crate) fn end(
    mut report: Report,
    imported: &Imported,
    dry_run: bool,
    json: bool,
    global: &Global,
) -> Result<Exit, Failure> {
    report.projects = imported
        .projects
        .iter()
        .map(|project| project.report.clone())
        .collect();
    troubles(&report, Told::Run, global)?;
    if json {
        let mut document = document(&report);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("dry_run".to_owned(), json!(dry_run));
            fields.insert("imported".to_owned(), json!(imported));
        }
        output::json(&document)?;
        return Ok(report.exit);
    }
    if report.lease_held_by.is_some() {
        return Ok(report.exit);
    }
    besides(imported)?;
    let differ: u64 = imported.projects.iter().map(differing).sum();
    let left: usize = imported
        .projects
        .iter()
        .map(|project| project.left.len())
        .sum();
    let head = if dry_run {
        "would import:"
    } else {
        "imported:"
    };
    output::data(&format!(
        "{} {} in {}; {} differ; {} left alone; nothing written to Huly or Vibe Kanban",
        words::styled(words::GOOD.bold(), head),
        words::count(imported.links() as u64, "link", "links"),
        words::count(imported.projects.len() as u64, "project", "projects"),
        words::grouped(differ),
        words::grouped(left as u64),
    ))?;
    if global.quiet == 0 {
        let next = if dry_run {
            "the same without `--dry-run` stores these links"
        } else {
            "`hvs plan` shows what the first run will write"
        };
        output::tell(&format!("{} {next}", words::styled(words::HINT, "hint:")))?;
    }
    Ok(report.exit)
}

/// What is no link: projects without a counterpart, paths, Letta.
fn besides(imported: &Imported) -> Result<(), Failure> {
    let note = words::styled(words::WARN, "note:");
    for notice in &imported.notices {
        output::tell(&format!("{note} {}", words::clean(notice)))?;
    }
    if !imported.unpaired.is_empty() {
        let names: Vec<String> = imported
            .unpaired
            .iter()
            .take(problem::MOST)
            .map(|(project, rows)| format!("{} ({})", words::clean(project), words::grouped(*rows)))
            .collect();
        output::tell(&format!(
            "{note} rows of projects that are not on both boards: {}",
            words::list(&names)
        ))?;
    }
    if imported.letta_found > 0 {
        let count = words::count(imported.letta_found, "project", "projects");
        let what = if imported.letta_kept > 0 {
            "kept in the store for later"
        } else {
            "would be kept in the store for later"
        };
        output::tell(&format!("{note} Letta ids of {count}: {what}"))?;
    }
    if !imported.paths.is_empty() {
        output::tell(&format!(
            "{note} repository paths that only the predecessor knew, for hvs.toml:"
        ))?;
        for (project, path) in &imported.paths {
            let toml = format!(
                "[[project]]\nhuly = {}\nrepo = {}",
                quoted(project),
                quoted(path)
            );
            output::tell(&words::clean_lines(&toml))?;
        }
    }
    Ok(())
}

/// A text as TOML writes it: JSON's strings are TOML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn what_is_left_alone_says_why_and_obeys_no_title() {
        let item = |why: Left| LeftItem {
            side: sync_core::Side::Vibe,
            title: "Dock\u{1b}[2J".into(),
            item: "t2".into(),
            label: "HARB-1".into(),
            why,
        };
        assert_eq!(
            plain(&left(&item(Left::Duplicate { of: "t1".into() }))),
            "  ! Vibe \"Dock\u{FFFD}[2J\": HARB-1 has the task t1 already: a duplicate, left as it is"
        );
        assert_eq!(
            plain(&left(&item(Left::IssueGone))),
            "  ! Vibe \"Dock\u{FFFD}[2J\": HARB-1 is not in this project any more"
        );
    }

    #[test]
    fn links_are_counted_by_what_named_them() {
        let link = |by| NewLink {
            label: "HARB-1 Dock".into(),
            by,
            differs: false,
        };
        let project = ImportedProject {
            links: vec![
                link(Some(By::Both)),
                link(Some(By::Both)),
                link(Some(By::Footer)),
                link(None),
            ],
            ..ImportedProject::default()
        };
        assert_eq!(
            linked(&project),
            "4 new links (2 by row and footer, 1 by footer, 1 whose task was deleted by a person: it stays deleted)"
        );
    }
}
