//! A report in words, for failed assertions.

use std::fmt::{self, Write};

use engine::report::{ProjectReport, Report};

/// What a run did and what went wrong.
pub(crate) fn told(report: &Report) -> String {
    let mut text = format!("exit {:?}, recovered {:?}\n", report.exit, report.recovered);
    for outcome in &report.problems {
        writeln!(text, "  run: {} {}", outcome.code, outcome.message).unwrap();
    }
    for report in &report.projects {
        project(&mut text, report).unwrap();
    }
    text
}

fn project(text: &mut String, report: &ProjectReport) -> fmt::Result {
    let held: Vec<_> = report
        .held
        .iter()
        .map(|held| (held.class, held.count))
        .collect();
    writeln!(
        text,
        "  {} {:?} {} tally {:?} adopted {} conflicts {} held {held:?}",
        report.label, report.reached, report.reason, report.tally, report.adopted, report.conflicts,
    )?;
    for outcome in &report.problems {
        writeln!(
            text,
            "    {} {}: {}",
            outcome.code, outcome.item, outcome.message
        )?;
    }
    report
        .notices
        .iter()
        .try_for_each(|notice| writeln!(text, "    notice {notice}"))
}
