//! A run, told to people and to programs: one summary line, and with `--json` one document of the same.

use engine::report::{Exit, ProjectReport, Reached, Recovered, Report, Tally};
use serde_json::{Value, json};
use store::row::LeaseRow;
use sync_core::{Pair, Side};

use crate::{args::Global, failure::Failure, output, words};

use super::{plan as plans, problem};

/// Prints what a writing run did: data on stdout, problems on stderr.
pub(crate) fn run(report: &Report, json: bool, global: &Global) -> Result<Exit, Failure> {
    tracing::info!(run = %report.id, kind = report.kind, exit = report.exit.code(), summary = %report.summary(), "run ended");
    troubles(report, Told::AfterARun)?;
    if json {
        output::json(&document(report))?;
    } else if global.quiet == 0 || report.exit != Exit::Done {
        for line in done(report) {
            output::data(&line)?;
        }
        output::data(&summary(report))?;
    }
    Ok(report.exit)
}

/// Prints a plan like a diff, and what a guard would hold back.
pub(crate) fn plan(report: &Report, json: bool, global: &Global) -> Result<Exit, Failure> {
    if json {
        troubles(report, Told::AfterAPlan)?;
        output::json(&document(report))?;
        return Ok(report.exit);
    }
    let text = plans::text(report);
    if !text.is_empty() {
        output::data(&text)?;
    }
    troubles(report, Told::AfterAPlan)?;
    if global.quiet == 0 || report.exit != Exit::Done {
        output::data(&plans::totals(report))?;
    }
    Ok(report.exit)
}

/// What the run was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    AfterARun,
    AfterAPlan,
}

/// Everything that a person should look at, on stderr.
fn troubles(report: &Report, told: Told) -> Result<(), Failure> {
    if let Some(lease) = &report.lease_held_by {
        output::tell(&held_lease(lease).to_string())?;
    }
    for line in problem::list(&report.problems, report.problems.len() as u64) {
        output::tell(&line)?;
    }
    for project in &report.projects {
        for line in of_project(project) {
            output::tell(&line)?;
        }
    }
    if let Some(line) = not_reached(report) {
        output::tell(&line)?;
    }
    for line in held_back(report, told) {
        output::tell(&line)?;
    }
    Ok(())
}

/// One project's problems and notices under its name; nothing where there is none.
fn of_project(project: &ProjectReport) -> Vec<String> {
    let mut lines = problem::list(&project.problems, project.problem_count);
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

fn name(project: &ProjectReport) -> String {
    words::short(&format!("{} {}", project.label, project.name), 60)
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

/// The classes that a guard held back, and the command that lets them go.
fn held_back(report: &Report, told: Told) -> Vec<String> {
    let mut lines = Vec::new();
    let mut accept = String::new();
    for project in &report.projects {
        for held in &project.held {
            let head = words::styled(words::WARN.bold(), "held back:");
            lines.push(format!(
                "{head} {} in {} [{}]",
                plans::held(held),
                name(project),
                words::clean(&held.hash)
            ));
            accept.push_str(" --accept ");
            accept.push_str(&words::clean(&held.hash));
        }
    }
    if !lines.is_empty() {
        let look = match told {
            Told::AfterARun => "look at them with `hvs plan`; if they are right",
            Told::AfterAPlan => "if they are right",
        };
        lines.push(format!(
            "  {} {look}: {}",
            words::styled(words::HINT, "hint:"),
            words::styled(words::BOLD, format!("hvs sync once{accept}"))
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
        code: Some("LEASE_HELD".to_owned()),
        ..Failure::new(Exit::Lease, what)
    }
    .hint("nothing was done; wait for that run to end, or until the time named if it is dead")
}

/// What was done, one line a project.
pub(crate) fn done(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(recovered(&report.recovered));
    lines.extend(plans::project_actions(report));
    lines.extend(report.projects.iter().filter_map(|project| {
        let mut parts = tally(&project.tally);
        parts.extend(several(project.adopted, "pair linked", "pairs linked"));
        parts.extend(several(
            project.conflicts,
            "conflict kept",
            "conflicts kept",
        ));
        if project.reached == Reached::Skipped && !project.reason.is_empty() {
            parts.push(format!("skipped: {}", words::clean(&project.reason)));
        }
        (!parts.is_empty()).then(|| {
            format!(
                "{}: {}",
                words::styled(words::BOLD, name(project)),
                parts.join("; ")
            )
        })
    }));
    lines
}

/// What became of writes that an earlier run left unfinished; nothing where there were none.
fn recovered(recovered: &Recovered) -> Option<String> {
    let Recovered {
        dropped,
        settled,
        sent_again,
        replanned,
        left,
    } = *recovered;
    let parts: Vec<String> = [
        several(settled, "had been carried out", "had been carried out"),
        several(sent_again, "was sent again", "were sent again"),
        several(dropped, "was never sent", "were never sent"),
        several(replanned, "was planned afresh", "were planned afresh"),
        several(
            left,
            "is left for the next run",
            "are left for the next run",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("of an interrupted run's writes, {}", words::list(&parts)))
}

fn several(number: u64, one: &str, many: &str) -> Option<String> {
    (number > 0).then(|| words::count(number, one, many))
}

/// Writes in words, one part a side, Vibe's first: it is what most runs are about.
fn tally(tally: &Pair<Tally>) -> Vec<String> {
    [Side::Vibe, Side::Huly]
        .into_iter()
        .filter_map(|side| deeds(tally.side(side), side))
        .collect()
}

/// `1 created, 3 updated in Vibe`.
fn deeds(tally: &Tally, side: Side) -> Option<String> {
    let Tally {
        created,
        updated,
        cancelled,
        removed,
        failed,
    } = *tally;
    let rows = [
        (created, "created"),
        (updated, "updated"),
        (cancelled, "cancelled"),
        (removed, "deleted"),
        (failed, "failed"),
    ];
    let rows: Vec<String> = rows
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, deed)| format!("{} {deed}", words::grouped(*number)))
        .collect();
    (!rows.is_empty()).then(|| format!("{} in {}", rows.join(", "), side.title()))
}

/// The one line at the end of a run.
pub(crate) fn summary(report: &Report) -> String {
    let mut parts = vec![looked_at(report)];
    let wrote = tally(&report.tally());
    parts.push(if wrote.is_empty() {
        "nothing to write".to_owned()
    } else {
        wrote.join("; ")
    });
    let conflicts = report
        .projects
        .iter()
        .map(|project| project.conflicts)
        .sum();
    parts.extend(several(conflicts, "conflict kept", "conflicts kept"));
    let problems = report
        .projects
        .iter()
        .map(|project| project.problem_count)
        .sum::<u64>()
        + report.problems.len() as u64;
    parts.extend(several(problems, "problem", "problems"));
    parts.push(effort(report));
    format!("{} {}", head(report.exit), parts.join("; "))
}

/// `3 projects, 44 items`.
pub(crate) fn looked_at(report: &Report) -> String {
    let items = report.projects.iter().map(|project| project.items).sum();
    let projects = report.reached(Reached::Processed) as u64;
    let mut parts = vec![
        words::count(projects, "project", "projects"),
        words::count(items, "item", "items"),
    ];
    for (reached, word) in [
        (Reached::Failed, "failed"),
        (Reached::Skipped, "skipped"),
        (Reached::NotReached, "not reached"),
    ] {
        let number = report.reached(reached) as u64;
        parts.extend((number > 0).then(|| format!("{} {word}", words::grouped(number))));
    }
    parts.join(", ")
}

/// `52 calls in 1.4 s`.
pub(crate) fn effort(report: &Report) -> String {
    let calls = report.traffic.huly.requests + report.traffic.vibe.requests;
    let took = words::between(report.started_at, report.ended_at);
    format!(
        "{} in {}",
        words::count(calls, "call", "calls"),
        words::duration(took)
    )
}

/// The first word of the line.
pub(crate) fn head(exit: Exit) -> String {
    let (style, word) = match exit {
        Exit::Done => (words::GOOD, "done:"),
        Exit::Items => (words::WARN, "incomplete:"),
        Exit::Guard => (words::WARN, "held back:"),
        Exit::Service => (words::BAD, "failed:"),
        Exit::Lease => (words::WARN, "not run:"),
        Exit::Bug | Exit::Usage => (words::BAD, "error:"),
    };
    words::styled(style.bold(), word)
}

/// The run as a document: the report, with its times as RFC 3339 and the exit code as a number.
pub(crate) fn document(report: &Report) -> Value {
    let Ok(mut document) = serde_json::to_value(report) else {
        // a report holds text, numbers and lists only: there is nothing that could not be written
        return json!({ "id": report.id, "exit_code": report.exit.code() });
    };
    let took = words::between(report.started_at, report.ended_at);
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let summary = anstream::adapter::strip_str(&summary(report)).to_string();
    let tally = report.tally();
    if let Some(fields) = document.as_object_mut() {
        fields.insert(
            "started_at".to_owned(),
            json!(words::exact_time(report.started_at)),
        );
        fields.insert(
            "ended_at".to_owned(),
            json!(words::exact_time(report.ended_at)),
        );
        fields.insert("took_ms".to_owned(), json!(took));
        fields.insert("exit_code".to_owned(), json!(report.exit.code()));
        fields.insert(
            "tally".to_owned(),
            json!({ "huly": tally.huly, "vibe": tally.vibe }),
        );
        fields.insert("summary".to_owned(), json!(summary));
        if let Some(lease) = &report.lease_held_by {
            fields.insert("lease_held_by".to_owned(), lease_document(lease));
        }
    }
    document
}

/// A lease with its times as RFC 3339.
pub(crate) fn lease_document(lease: &LeaseRow) -> Value {
    json!({
        "scope": lease.scope, "holder": lease.holder, "host": lease.host, "pid": lease.pid, "token": lease.token,
        "since": words::exact_time(lease.since), "until": words::exact_time(lease.until),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use engine::{connect::Kind, port::Traffic, report::Outcome};
    use sync_core::ids::{Millis, RunId};

    use super::*;

    /// A run over these projects.
    pub(in crate::output) fn report(projects: Vec<ProjectReport>) -> Report {
        Report {
            id: RunId(uuid::Uuid::nil()),
            kind: "sync",
            started_at: Millis(1_795_245_290_420),
            ended_at: Millis(1_795_245_291_650),
            exit: Exit::Done,
            project_actions: Vec::new(),
            projects,
            problems: Vec::new(),
            recovered: Recovered::default(),
            traffic: Pair {
                huly: Traffic {
                    requests: 30,
                    ..Traffic::default()
                },
                vibe: Traffic {
                    requests: 22,
                    ..Traffic::default()
                },
            },
            errors: BTreeMap::new(),
            peak_memory: None,
            lease_held_by: None,
        }
    }

    fn project(label: &str) -> ProjectReport {
        ProjectReport {
            label: label.into(),
            name: "Harbor".into(),
            reached: Reached::Processed,
            items: 20,
            ..ProjectReport::default()
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_quiet_run_is_one_line() {
        let report = report(vec![project("A"), project("B")]);
        assert!(done(&report).is_empty());
        assert_eq!(
            plain(&summary(&report)),
            "done: 2 projects, 40 items; nothing to write; 52 calls in 1.2 s"
        );
    }

    #[test]
    fn a_run_tells_what_it_did_where() {
        let mut one = project("HARB");
        one.tally.vibe = Tally {
            created: 2,
            updated: 1_200,
            ..Tally::default()
        };
        one.tally.huly = Tally {
            cancelled: 1,
            failed: 1,
            ..Tally::default()
        };
        one.conflicts = 1;
        one.exit = Exit::Items;
        one.problem(Outcome {
            kind: Kind::Rejected,
            code: "X".into(),
            side: None,
            item: "".into(),
            field: None,
            message: "m".into(),
        });
        let late = ProjectReport {
            reached: Reached::NotReached,
            ..project("LATE")
        };
        let report = Report {
            exit: Exit::Items,
            ..report(vec![one, late])
        };
        assert_eq!(
            done(&report)
                .iter()
                .map(|line| plain(line))
                .collect::<Vec<_>>(),
            [
                "HARB Harbor: 2 created, 1,200 updated in Vibe; 1 cancelled, 1 failed in Huly; 1 conflict kept"
            ]
        );
        assert_eq!(
            plain(&summary(&report)),
            "incomplete: 1 project, 40 items, 1 not reached; 2 created, 1,200 updated in Vibe; 1 cancelled, 1 failed in Huly; \
             1 conflict kept; 1 problem; 52 calls in 1.2 s"
        );
        assert_eq!(
            plain(&not_reached(&report).unwrap()),
            "warning: not reached: LATE\n  hint: the next run starts with them"
        );
    }

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
            plain(&held_back(&report, Told::AfterARun).join("\n")),
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
    fn the_document_has_times_for_people_and_the_exit_code() {
        let document = document(&Report {
            exit: Exit::Guard,
            ..report(vec![project("HARB")])
        });
        assert_eq!(document["started_at"], "2026-11-21T07:14:50.420Z");
        assert_eq!(
            (&document["took_ms"], &document["exit_code"]),
            (&json!(1_230), &json!(6))
        );
        assert_eq!(
            document["summary"],
            "held back: 1 project, 20 items; nothing to write; 52 calls in 1.2 s"
        );
    }
}
