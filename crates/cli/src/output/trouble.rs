//! Everything that a person should look at after a run or a plan, on stderr, with what to do about it.

use std::sync::Arc;

use engine::report::{Exit, ProjectReport, Reached, Report};
use store::row::LeaseRow;

use crate::{args::Global, failure::Failure, logging, output, words};

use super::{plan as plans, problem, summary::name};

/// After what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Run,
    Plan,
    /// `hvs reconcile --full`.
    Look,
    /// `hvs reconcile --repair`.
    Repair,
    /// `hvs project choose`.
    Choice,
}

impl Told {
    /// What is to be done before something that was held back is accepted, and the command that accepts it.
    const fn accepting(self) -> (&'static str, &'static str) {
        match self {
            Told::Run => (
                "look at them with `hvs plan`; if they are right",
                "hvs sync once",
            ),
            Told::Plan => ("if they are right", "hvs sync once"),
            Told::Look => ("if they are right", "hvs reconcile --repair"),
            Told::Repair => (
                "look at them with `hvs reconcile --full`; if they are right",
                "hvs reconcile --repair",
            ),
            Told::Choice => ("if they are right, add to the command", ""),
        }
    }
}

/// Everything that a person should look at, on stderr.
pub(crate) fn troubles(report: &Report, told: Told, global: &Global) -> Result<(), Failure> {
    for line in parts(report, told, global)
        .into_iter()
        .flat_map(|part| part.lines)
    {
        output::tell(&line)?;
    }
    Ok(())
}

/// What there is to tell of one project, or of the run as a whole.
#[derive(Debug)]
pub(crate) struct Part {
    /// The project's label; empty for the run.
    pub of: Arc<str>,
    /// Ready for a terminal.
    pub lines: Vec<String>,
}

/// The troubles of the run, then of each project that had its turn, then what was left.
pub(crate) fn parts(report: &Report, told: Told, global: &Global) -> Vec<Part> {
    let part = |of: &Arc<str>, lines| Part {
        of: Arc::clone(of),
        lines,
    };
    let run: Arc<str> = "".into();
    let mut first: Vec<String> = Vec::new();
    first.extend(
        report
            .lease_held_by
            .as_ref()
            .map(|lease| held_lease(lease).to_string()),
    );
    // where the log is JSON, each outcome has been a line of it already
    if !logging::is_json() {
        first.extend(problem::list(
            &report.problems,
            report.problems.len() as u64,
        ));
    }
    let mut parts = vec![part(&run, first)];
    parts.extend(
        report
            .projects
            .iter()
            .filter(|project| project.reached != Reached::Resting)
            .map(|project| part(&project.label, of_project(project))),
    );
    let mut last: Vec<String> = Vec::new();
    last.extend(not_reached(report));
    last.extend(held_back(report, told, global));
    parts.push(part(&"(left)".into(), last));
    parts
}

/// One project's problems and notices under its name; nothing where there is none.
fn of_project(project: &ProjectReport) -> Vec<String> {
    let mut lines = if logging::is_json() {
        Vec::new()
    } else {
        problem::list(&project.problems, project.problem_count)
    };
    lines.extend(project.notices.iter().take(problem::MOST).map(|notice| {
        format!(
            "{} {}",
            words::styled(words::WARN, "note:"),
            words::clean(notice)
        )
    }));
    if project.notices.len() > problem::MOST {
        lines.push(format!(
            "  … and {} more notes",
            project.notices.len() - problem::MOST
        ));
    }
    if lines.is_empty() {
        return lines;
    }
    lines.insert(0, words::styled(words::BOLD, name(project)));
    lines
}

/// The projects whose turn never came.
fn not_reached(report: &Report) -> Option<String> {
    let left: Vec<&ProjectReport> = report
        .projects
        .iter()
        .filter(|project| project.reached == Reached::NotReached)
        .collect();
    let reason = left
        .iter()
        .map(|project| &project.reason)
        .find(|reason| !reason.is_empty());
    let names: Vec<String> = left
        .iter()
        .map(|project| words::clean(&project.label))
        .collect();
    if names.is_empty() {
        return None;
    }
    let head = words::styled(words::WARN.bold(), "warning:");
    let reason = reason.map_or_else(String::new, |reason| format!(" ({})", words::clean(reason)));
    let hint = "the next run starts with them";
    Some(format!(
        "{head} not reached: {}{reason}\n  {} {hint}",
        names.join(", "),
        words::styled(words::HINT, "hint:")
    ))
}

/// The names given by `--project` that no project has: told, and part of the exit code.
fn unknown(report: &Report, only: &[String]) -> Vec<Failure> {
    let fold = |text: &str| text.trim().to_lowercase();
    let is_there = |name: &&String| {
        let name = fold(name);
        report
            .projects
            .iter()
            .any(|project| fold(&project.label) == name || fold(&project.name) == name)
    };
    // where the run did not come to its projects, nothing is known about their names
    let missing: Vec<&String> = match report.exit {
        Exit::Lease | Exit::Service if report.projects.is_empty() => Vec::new(),
        _ => only.iter().filter(|name| !is_there(name)).collect(),
    };
    missing
        .into_iter()
        .map(|name| {
            Failure::usage(format!("there is no project `{name}`"))
                .hint("name it by its identifier in Huly (HARB) or by its whole name")
        })
        .collect()
}

/// What was asked for on the command line and is not there.
pub(crate) fn asked(
    report: &mut Report,
    only: &[String],
    unknown_hashes: &[String],
) -> Result<(), Failure> {
    let hashes = unknown_hashes.iter().map(|hash| {
        Failure::usage(format!("nothing is held back under the hash `{hash}`"))
            .hint("`hvs plan` shows what is held back, and its hash")
    });
    for failure in unknown(report, only).into_iter().chain(hashes) {
        output::tell(&failure.to_string())?;
        report.exit = report.exit.and(Exit::Usage);
    }
    Ok(())
}

/// The classes that a guard held back, and the exact command that lets them go.
fn held_back(report: &Report, told: Told, global: &Global) -> Vec<String> {
    let mut lines = Vec::new();
    let mut hashes = Vec::new();
    for project in &report.projects {
        for held in &project.held {
            let head = words::styled(words::WARN.bold(), "held back:");
            lines.push(format!(
                "{head} {} in {} [{}]",
                plans::held(held),
                name(project),
                words::clean(&held.hash)
            ));
            hashes.push(format!("--accept {}", words::clean(&held.hash)));
        }
    }
    if !lines.is_empty() {
        let (look, command) = told.accepting();
        let config = global
            .config
            .as_ref()
            .map(|path| format!("--config {}", words::shell(&path.display().to_string())));
        let words: Vec<String> = Some(command.to_owned())
            .filter(|command| !command.is_empty())
            .into_iter()
            .chain(config.filter(|_| !command.is_empty()))
            .chain(hashes)
            .collect();
        let command = words::styled(words::BOLD, words.join(" "));
        lines.push(format!(
            "  {} {look}: {command}",
            words::styled(words::HINT, "hint:")
        ));
    }
    lines
}

/// Who holds the lease.
pub(crate) fn held_lease(lease: &LeaseRow) -> Failure {
    let LeaseRow {
        holder,
        host,
        pid,
        since,
        until,
        ..
    } = lease;
    let what = format!(
        "another run holds this workspace: process {pid} on {host}, holder {holder}, since {}, until {} unless it goes on",
        words::time(*since),
        words::time(*until),
    );
    Failure {
        code: Some(engine::codes::LEASE_HELD.to_owned()),
        ..Failure::new(Exit::Lease, what)
    }
    .hint("nothing was done; wait for that run to end, or until the time named if it is dead")
}

#[cfg(test)]
mod tests {
    use sync_core::ids::Millis;

    use super::*;
    use crate::output::fixtures::{plain, project, report};

    #[test]
    fn a_name_that_no_project_has_is_told() {
        let mut report = report(vec![project("HARB")]);
        let names = |report: &Report, only: &[&str]| {
            let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
            unknown(report, &only)
                .iter()
                .map(|failure| failure.what.clone())
                .collect::<Vec<_>>()
        };
        assert!(names(&report, &["harb", " HARBOR "]).is_empty());
        assert_eq!(
            names(&report, &["HARB", "nope"]),
            ["there is no project `nope`"]
        );
        report.projects.clear();
        report.exit = Exit::Service;
        assert!(names(&report, &["HARB"]).is_empty());
    }

    #[test]
    fn a_held_class_comes_with_the_command_that_lets_it_go() {
        let held = sync_core::guard::Held {
            class: sync_core::guard::Class::Removals,
            count: 9,
            limit: 3,
            hash: "c0ffee".into(),
            pairs: Vec::new(),
        };
        let report = report(vec![ProjectReport {
            held: vec![held],
            ..project("HARB")
        }]);
        assert_eq!(
            plain(&held_back(&report, Told::Run, &Global::default()).join("\n")),
            "held back: 9 removals (at most 3 go through unasked) in HARB Harbor [c0ffee]\n  \
             hint: look at them with `hvs plan`; if they are right: hvs sync once --accept c0ffee"
        );
    }

    #[test]
    fn a_refused_run_names_the_holder() {
        let lease = LeaseRow {
            scope: "w".into(),
            token: 3,
            holder: "h-1".into(),
            host: "box\u{1b}[0m".into(),
            pid: 77,
            since: Millis(1_795_245_290_000),
            until: Millis(1_795_245_350_000),
        };
        assert_eq!(
            plain(&held_lease(&lease).to_string()),
            "error: another run holds this workspace: process 77 on box\u{FFFD}[0m, holder h-1, since 2026-11-21T07:14:50Z, \
             until 2026-11-21T07:15:50Z unless it goes on [LEASE_HELD]\n\n\
             hint: nothing was done; wait for that run to end, or until the time named if it is dead"
        );
    }

    #[test]
    fn projects_whose_turn_never_came_are_named() {
        let late = ProjectReport {
            reached: Reached::NotReached,
            reason: "the run was asked to stop".into(),
            ..project("LATE")
        };
        assert_eq!(
            plain(&not_reached(&report(vec![project("HARB"), late])).unwrap()),
            "warning: not reached: LATE (the run was asked to stop)\n  hint: the next run starts with them"
        );
        assert_eq!(not_reached(&report(vec![project("HARB")])), None);
    }
}
