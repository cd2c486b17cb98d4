//! What `hvs status` prints: a verdict with its reasons, the facts, the services, the projects, what waits for a person.

use engine::health::{Finding, Verdict};
use serde_json::{Value, json};
use store::{
    port::Work,
    row::{DeadLetter, LeaseRow, ProjectPhase, ProjectRow, RunRow},
};
use sync_core::{Pair, Side, ids::Millis};

use crate::{
    codes,
    command::{
        runs,
        status::{Shown, Status},
    },
    failure::Failure,
    output, words,
};

use super::{given_up, table};

/// At most so many reasons on a terminal; the JSON has all.
const REASONS: usize = 10;
/// At most so many agents that are given up, likewise.
const LISTED: usize = 10;

/// There is no store.
pub(crate) fn none(path: &str, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "verdict": Verdict::Stopped, "reasons": ["there is no store yet"], "store": { "path": path, "exists": false },
        }));
    }
    output::data(&format!("there is no store yet: {}", words::clean(path)))?;
    output::tell(&format!(
        "{} `hvs plan` shows what a first run would do, `hvs sync once` does it",
        words::styled(words::HINT, "hint:")
    ))
}

/// For people.
pub(crate) fn text(status: &Status) -> String {
    let mut parts = vec![verdict(&status.finding), facts(status), services(status)];
    if !status.projects.is_empty() {
        let rows: Vec<Vec<String>> = status
            .projects
            .iter()
            .map(|row| project(row, status.now))
            .collect();
        let heads = [
            "PROJECT",
            "VERDICT",
            "PAIRS",
            "PENDING",
            "IN FLIGHT",
            "DIRTY",
            "STUCK",
            "DEAD",
            "CONFLICTS",
            "FAILED RUNS",
            "LAST SUCCESS",
            "WATERMARK",
            "STATE",
            "NAME",
        ];
        parts.push(without_zeros(&heads, &rows));
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
    let agents = status.agents.iter().flat_map(|agents| &agents.dead);
    let lines: Vec<String> = agents.take(LISTED).map(given_up::line).collect();
    if !lines.is_empty() {
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n")
}

/// The table without the figures that are zero for all: what there is of a project fits a terminal.
fn without_zeros(heads: &[&str], rows: &[Vec<String>]) -> String {
    let counts = [
        "PENDING",
        "IN FLIGHT",
        "DIRTY",
        "STUCK",
        "DEAD",
        "CONFLICTS",
        "FAILED RUNS",
    ];
    let is_zero = |cell: &String| cell == "0" || cell.starts_with("0 of ");
    let is_shown = |at: usize, head: &str| {
        !counts.contains(&head) || !rows.iter().filter_map(|row| row.get(at)).all(is_zero)
    };
    let shown: Vec<bool> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| is_shown(at, head))
        .collect();
    let kept = |at: &usize| shown.get(*at).copied().unwrap_or(true);
    let heads: Vec<&str> = (0..)
        .zip(heads)
        .filter(|(at, _)| kept(at))
        .map(|(_, head)| *head)
        .collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = (0..).zip(row).filter(|(at, _)| kept(at));
            cells.map(|(_, cell)| cell.clone()).collect()
        })
        .collect();
    table::columns(&heads, &rows)
}

fn verdict(finding: &Finding) -> String {
    let style = match finding.verdict {
        Verdict::Ok => words::GOOD,
        Verdict::Degraded => words::WARN,
        Verdict::Failing | Verdict::Stopped => words::BAD,
    };
    let mut lines = vec![format!(
        "verdict: {}",
        words::styled(style.bold(), finding.verdict.word())
    )];
    let reasons = finding.reasons.iter().take(REASONS);
    lines.extend(reasons.map(|reason| format!("  - {}", words::clean(&reason.to_string()))));
    let more = finding.reasons.len().saturating_sub(REASONS);
    if more > 0 {
        lines.push(format!("  … and {more} more"));
    }
    lines.join("\n")
}

fn facts(status: &Status) -> String {
    let none = || "-".to_owned();
    let sum = |figure: fn(&Shown) -> u64| words::grouped(status.projects.iter().map(figure).sum());
    let work = |row: &Shown| row.work.huly.and(row.work.vibe);
    let mut rows = vec![
        ("store", words::clean(&status.path)),
        ("workspace", status.workspace.clone().unwrap_or_else(none)),
        (
            "last run",
            status
                .last
                .as_ref()
                .map_or_else(none, |run| last_run(run, status)),
        ),
        (
            "lease",
            status
                .lease
                .as_ref()
                .map_or_else(|| "free".to_owned(), lease),
        ),
        ("pairs", sum(|row| row.links)),
        (
            "unfinished writes",
            words::grouped(
                status
                    .projects
                    .iter()
                    .map(|row| work(row).pending + work(row).in_flight)
                    .sum(),
            ),
        ),
        (
            "to look at again",
            words::grouped(status.projects.iter().map(|row| work(row).dirty).sum()),
        ),
        ("open conflicts", sum(|row| row.conflicts)),
        (
            "dead letters",
            words::grouped(status.projects.iter().map(|row| work(row).dead).sum()),
        ),
    ];
    rows.extend(
        status
            .agents
            .as_ref()
            .map(|known| ("agents", given_up::counts(known))),
    );
    table::facts(&rows)
}

fn services(status: &Status) -> String {
    let rows: Vec<Vec<String>> = Side::ALL
        .into_iter()
        .map(|side| {
            let (fact, finding) = status.services.side(side);
            let work = status
                .projects
                .iter()
                .fold(Work::default(), |sum, row| sum.and(*row.work.side(side)));
            vec![
                side.title().to_owned(),
                finding.verdict.word().to_owned(),
                words::grouped(fact.calls),
                words::grouped(fact.failed),
                format!("{} %", fact.percent()),
                words::grouped(work.pending),
                words::grouped(work.in_flight),
                words::grouped(work.dirty),
                words::grouped(work.stuck),
                words::grouped(work.dead),
            ]
        })
        .collect();
    let heads = [
        "SERVICE",
        "VERDICT",
        "CALLS",
        "FAILED",
        "ERRORS",
        "PENDING",
        "IN FLIGHT",
        "DIRTY",
        "STUCK",
        "DEAD",
    ];
    table::columns(&heads, &rows)
}

/// A figure of both sides: one number where it is the same as nothing, else `Huly's+Vibe's`.
fn both(work: &Pair<Work>, figure: fn(&Work) -> u64) -> String {
    match (figure(&work.huly), figure(&work.vibe)) {
        (0, 0) => "0".to_owned(),
        (huly, vibe) => format!("{}+{}", words::grouped(huly), words::grouped(vibe)),
    }
}

fn project(row: &Shown, now: Millis) -> Vec<String> {
    let ago = |at: Option<Millis>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| format!("{} ago", words::duration(words::between(at, now))),
        )
    };
    let watermark = (row.project.watermark.0 != 0).then_some(row.project.watermark);
    vec![
        words::clean(&row.project.label),
        row.finding.verdict.word().to_owned(),
        words::grouped(row.links),
        both(&row.work, |work| work.pending),
        both(&row.work, |work| work.in_flight),
        both(&row.work, |work| work.dirty),
        both(&row.work, |work| work.stuck),
        both(&row.work, |work| work.dead),
        words::grouped(row.conflicts),
        format!("{} of {}", row.failed_turns, row.turns),
        ago(row.last_success),
        ago(watermark),
        state(&row.project).to_owned(),
        name(&row.project),
    ]
}

fn state(row: &ProjectRow) -> &'static str {
    match (row.phase, row.first_sync_done) {
        (ProjectPhase::Active, true) => "active",
        (ProjectPhase::Active, false) => "first sync",
        (ProjectPhase::Asleep, _) => "asleep",
        (ProjectPhase::Waiting, _) => "waits for you",
        (ProjectPhase::Left, _) => "left",
    }
}

fn name(row: &ProjectRow) -> String {
    let name = words::short(&row.name, 50);
    if row.reason.is_empty() {
        name
    } else {
        format!("{name} ({})", words::short(&row.reason, 80))
    }
}

/// Whether a lease that is stored still counts is for its clock to say; here only whether it was given up.
fn lease(lease: &LeaseRow) -> String {
    format!(
        "process {} on {}, since {}, until {}",
        lease.pid,
        words::clean(&lease.host),
        words::time(lease.since),
        words::time(lease.until)
    )
}

fn last_run(run: &RunRow, status: &Status) -> String {
    let end = match run.exit_code {
        Some(code) => format!("exit {code}"),
        None => runs::exit(run, status.alive),
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
        words::clean(&codes::told_once(&letter.message, &letter.code)),
        letter.side.title(),
        words::time(letter.since),
        words::clean(&letter.code),
    )
}

/// The same for programs.
pub(crate) fn document(status: &Status) -> Value {
    let sum = |figure: fn(&Work) -> u64| -> u64 {
        let works = status
            .projects
            .iter()
            .map(|row| row.work.huly.and(row.work.vibe));
        works.map(|work| figure(&work)).sum()
    };
    let links: u64 = status.projects.iter().map(|row| row.links).sum();
    let conflicts: u64 = status.projects.iter().map(|row| row.conflicts).sum();
    json!({
        "verdict": status.finding.verdict,
        "reasons": reasons(&status.finding),
        "store": { "path": status.path, "exists": true, "id": status.store },
        "workspace": status.workspace,
        "lease": status.lease.as_ref().map(output::report::lease_document),
        "counts": {
            "projects": status.projects.len(), "links": links, "live_intents": sum(|work| work.pending + work.in_flight),
            "dirty": sum(|work| work.dirty), "stuck": sum(|work| work.stuck), "open_conflicts": conflicts,
            "dead_letters": sum(|work| work.dead),
        },
        "last_run": status.last.as_ref().map(runs::document),
        "services": { "huly": service_document(status, Side::Huly), "vibe": service_document(status, Side::Vibe) },
        "projects": status.projects.iter().map(|row| project_document(row, status.now)).collect::<Vec<_>>(),
        "dead_letters": status.letters.iter().map(letter_document).collect::<Vec<_>>(),
        "agents": status.agents.as_ref().map(given_up::counts_document),
    })
}

fn reasons(finding: &Finding) -> Vec<String> {
    finding.reasons.iter().map(ToString::to_string).collect()
}

fn service_document(status: &Status, side: Side) -> Value {
    let (fact, finding) = status.services.side(side);
    json!({
        "verdict": finding.verdict, "reasons": reasons(finding), "calls": fact.calls, "failed": fact.failed, "error_percent": fact.percent(),
        "hosts": status.hosts.side(side), "clock_ahead_ms": fact.clock_ahead_ms,
    })
}

fn project_document(row: &Shown, now: Millis) -> Value {
    let age = |at: Option<Millis>| at.map(|at| words::between(at, now).as_secs());
    let known = |at: Millis| (at.0 != 0).then_some(at);
    let time = |at: Option<Millis>| at.map(words::exact_time);
    let project = &row.project;
    json!({
        "id": project.id, "label": project.label, "name": project.name, "phase": project.phase, "reason": project.reason,
        "verdict": row.finding.verdict, "reasons": reasons(&row.finding),
        "first_sync_done": project.first_sync_done, "links": row.links, "work": { "huly": row.work.huly, "vibe": row.work.vibe },
        "open_conflicts": row.conflicts, "runs": row.turns, "failed_runs": row.failed_turns,
        "last_success": time(row.last_success), "last_success_age_s": age(row.last_success),
        "huly": project.projects.huly, "vibe": project.projects.vibe,
        "synced_at": time(known(project.synced_at)), "compared_at": time(known(project.compared_at)),
        "watermark": time(known(project.watermark)), "watermark_age_s": age(known(project.watermark)),
    })
}

fn letter_document(letter: &DeadLetter) -> Value {
    json!({
        "link": letter.link, "side": letter.side, "field": letter.field, "code": letter.code, "message": letter.message,
        "since": words::exact_time(letter.since), "run": letter.run,
    })
}
