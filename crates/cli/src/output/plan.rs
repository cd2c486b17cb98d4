//! A plan for people: like a diff, project by project.

use engine::report::{Exit, ProjectReport, Report};
use sync_core::{
    guard::{Class, Held},
    plan::{self, LinkPlan, Totals},
};

use crate::words;

use super::report::{effort, head, looked_at};

/// Every project's entries; empty where there is nothing to do.
pub(crate) fn text(report: &Report) -> String {
    let mut parts: Vec<String> = report.project_actions.iter().map(project_action).collect();
    parts.extend(report.projects.iter().filter_map(project));
    parts.join("\n")
}

/// One project's entries below its name.
fn project(project: &ProjectReport) -> Option<String> {
    if project.plans.iter().all(|plan| plan.actions.is_empty()) {
        return None;
    }
    // the core ends with a line of totals, here one for each project
    let text = plan::text(&project.plans);
    let lines: Vec<&str> = text.lines().collect();
    let (totals, entries) = lines.split_last()?;
    let name = words::styled(
        words::BOLD,
        words::short(&format!("{} {}", project.label, project.name), 60),
    );
    let entries: Vec<String> = entries.iter().map(|entry| line(entry)).collect();
    Some(format!("{name}: {totals}\n{}", entries.join("\n")))
}

/// The core's line, one step further in: items at two blanks, what is done to them at four.
fn line(text: &str) -> String {
    match text.strip_prefix("  ") {
        Some(entry) => format!("    {}", coloured(entry)),
        None => format!("  {text}"),
    }
}

/// What becomes of a project, in the same form.
pub(crate) fn project_action(action: &impl std::fmt::Display) -> String {
    coloured(&words::clean(&action.to_string()))
}

/// A held class in words: `12 removals (at most 3 go through unasked)`.
pub(crate) fn held(held: &Held) -> String {
    let Held {
        class,
        count,
        limit,
        ..
    } = held;
    let (one, many) = match class {
        Class::Removals => ("removal", "removals"),
        Class::Creates => ("create", "creates"),
        Class::Rewrites => ("rewrite", "rewrites"),
    };
    let count = words::count(*count as u64, one, many);
    format!(
        "{count} (at most {} go through unasked)",
        words::grouped(*limit as u64)
    )
}

/// An entry in the colour of its sign. The sign says the same without it.
fn coloured(entry: &str) -> String {
    let (sign, _) = entry.split_once(' ').unwrap_or((entry, ""));
    match sign {
        "+" => words::styled(words::GOOD, entry),
        "~" => words::styled(words::HINT, entry),
        "-" => words::styled(words::BAD, entry),
        "!" | "x" => words::styled(words::WARN, entry),
        _ => entry.to_owned(),
    }
}

/// The one line at the end.
pub(crate) fn totals(report: &Report) -> String {
    let all: Vec<LinkPlan> = report
        .projects
        .iter()
        .flat_map(|project| project.plans.iter().cloned())
        .collect();
    let head = if report.exit == Exit::Done {
        words::styled(words::GOOD.bold(), "plan:")
    } else {
        head(report.exit)
    };
    format!(
        "{head} {}; {}; {}",
        looked_at(report),
        Totals::of(&all),
        effort(report)
    )
}

#[cfg(test)]
mod tests {
    use sync_core::{
        Side,
        guard::PairHash,
        ids::{ItemId, LinkId},
        item::{Field, Value, Values},
        plan::{Action, Change, Forget, Update, Why},
    };

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn report() -> Report {
        let title = |text: &str| Value::Text(text.into());
        let update = Update {
            side: Side::Vibe,
            item: ItemId::from("t"),
            set: vec![Change {
                field: Field::Title,
                from: title("Dock"),
                to: title("Deck"),
                why: Why::Edit,
            }],
            expected: Values::default(),
            source_values: Values::default(),
            whole: None,
        };
        let forget = Forget {
            reason: "both items were deleted".into(),
        };
        let plans = [
            ("HARB-1 Deck", Action::Update(update)),
            ("HARB-2 \u{1b}[2JPier", Action::Forget(forget)),
        ];
        let plans = plans.map(|(label, action)| LinkPlan {
            link: LinkId(uuid::Uuid::nil()),
            label: label.into(),
            actions: vec![action],
        });
        crate::output::report::tests::report(vec![ProjectReport {
            label: "HARB".into(),
            name: "Har\u{9b}bor".into(),
            plans: plans.into(),
            ..ProjectReport::default()
        }])
    }

    #[test]
    fn a_plan_reads_like_a_diff_and_carries_no_escape_sequence() {
        let text = text(&report());
        assert_eq!(
            plain(&text),
            "HARB Har\u{FFFD}bor: 1 to update, 1 to forget\n  \
             HARB-1 Deck\n    ~ update Vibe title: Dock -> Deck\n  \
             HARB-2 \\u{1b}[2JPier\n    - forget: both items were deleted"
        );
        assert!(!plain(&text).contains('\u{1b}'));
    }

    #[test]
    fn a_held_class_is_told_with_its_limit() {
        let class = Held {
            class: Class::Removals,
            count: 12,
            limit: 3,
            hash: "abc".into(),
            pairs: vec![PairHash("p".into())],
        };
        assert_eq!(held(&class), "12 removals (at most 3 go through unasked)");
    }
}
