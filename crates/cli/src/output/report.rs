//! A run, told to people and to programs: one summary line, and with `--json` one document of the same.

use engine::report::{Exit, Report};
use serde_json::{Value, json};
use store::row::LeaseRow;
use sync_core::plan::{LinkPlan, Totals, hash};

use crate::{args::Global, failure::Failure, output, words};

use super::{
    plan as plans,
    summary::{done, summary},
    trouble::{Told, troubles},
};

/// Prints what a writing run did: data on stdout, problems on stderr.
pub(crate) fn run(report: &Report, json: bool, global: &Global) -> Result<Exit, Failure> {
    log_end(report);
    troubles(report, Told::Run, global)?;
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

/// One line of the log for the run as a whole.
pub(super) fn log_end(report: &Report) {
    let took = words::between(report.started_at, report.ended_at).as_millis();
    let words = anstream::adapter::strip_str(&summary(report)).to_string();
    tracing::info!(
        run = %report.id,
        operation = report.kind,
        outcome = report.exit.word(),
        duration_ms = u64::try_from(took).unwrap_or(u64::MAX),
        "run ended with {}: {words}",
        report.exit.code()
    );
}

/// Prints a plan like a diff, and what a guard would hold back.
pub(crate) fn plan(report: &Report, json: bool, global: &Global) -> Result<Exit, Failure> {
    if json {
        troubles(report, Told::Plan, global)?;
        output::json(&document(report))?;
        return Ok(report.exit);
    }
    let text = plans::text(report);
    if !text.is_empty() {
        output::data(&text)?;
    }
    troubles(report, Told::Plan, global)?;
    if global.quiet == 0 || report.exit != Exit::Done {
        output::data(&plans::totals(report))?;
    }
    Ok(report.exit)
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
        if report.kind == "plan" {
            let plans: Vec<LinkPlan> = report
                .projects
                .iter()
                .flat_map(|project| project.plans.iter().cloned())
                .collect();
            fields.insert("totals".to_owned(), json!(Totals::of(&plans)));
            fields.insert("hash".to_owned(), json!(hash(&plans)));
        }
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
mod tests {

    use super::*;
    use crate::output::fixtures::{project, report};

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
