//! What a run did, in words: a line for each project, and one line at the end.

use engine::{
    inform::Informed,
    report::{Exit, ProjectReport, Reached, Recovered, Report, Tally},
};
use sync_core::{Pair, Side};

use crate::words;

use super::plan as plans;

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
        parts.extend(several(
            project.outside,
            "outside the filter",
            "outside the filter",
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
    lines.extend(agents(&report.informed));
    lines
}

/// What agents were told, and which of them wait and why.
fn agents(informed: &Informed) -> Vec<String> {
    let parts: Vec<String> = [
        several(informed.made, "agent made", "agents made"),
        several(informed.adopted, "agent found", "agents found"),
        several(
            informed.followed,
            "agent made to follow",
            "agents made to follow",
        ),
        several(informed.twins_removed, "twin removed", "twins removed"),
        several(informed.blocks, "block written", "blocks written"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let told = (!parts.is_empty()).then(|| {
        let head = words::styled(words::BOLD, "Letta");
        format!("{head}: {}", parts.join("; "))
    });
    let untold = informed.waits.iter().map(|(project, waits)| {
        let (style, how) = if waits.dead {
            (words::BAD.bold(), "was not told")
        } else {
            (words::WARN.bold(), "waits")
        };
        let who = match &**project {
            "" => "Letta".to_owned(),
            project => format!("the agent of {}", words::clean(project)),
        };
        format!(
            "{} {who} {how}: {} [{}]",
            words::styled(style, "note:"),
            words::clean(&waits.message),
            words::clean(&waits.code)
        )
    });
    let noticed = informed.notices.iter().map(|notice| {
        format!(
            "{} {}: {} [{}]",
            words::styled(words::WARN.bold(), "note:"),
            words::clean(&notice.project),
            words::clean(&notice.message),
            words::clean(&notice.code)
        )
    });
    told.into_iter().chain(untold).chain(noticed).collect()
}

/// A project as people know it.
pub(super) fn name(project: &ProjectReport) -> String {
    words::short(&format!("{} {}", project.label, project.name), 60)
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
        (Reached::Resting, "resting"),
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

#[cfg(test)]
mod tests {
    use engine::{connect::Kind, report::Outcome};

    use super::*;
    use crate::output::fixtures::{plain, project, report};

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
    }
}
