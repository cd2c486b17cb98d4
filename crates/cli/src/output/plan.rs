//! A plan for people: like a diff, project by project.

use std::{collections::BTreeMap, sync::Arc};

use engine::report::{Exit, ProjectReport, Report};
use sync_core::{
    guard::{Class, Held},
    ids::{ProjectLinkId, StatusId},
    item::Value,
    plan::{self, Action, LinkPlan, Totals},
    project::ProjectAction,
};

use crate::words;

use super::summary::{effort, head, looked_at, name};

/// Every project's entries; empty where there is nothing to do.
pub(crate) fn text(report: &Report) -> String {
    let mut parts = project_actions(report);
    parts.extend(report.projects.iter().filter_map(project));
    parts.join("\n")
}

/// One project's entries below its name.
pub(crate) fn project(project: &ProjectReport) -> Option<String> {
    if project.plans.iter().all(|plan| plan.actions.is_empty()) {
        return None;
    }
    // the core ends with a line of totals, here one for each project
    let mut plans: Vec<LinkPlan> = project
        .plans
        .iter()
        .map(|plan| named(plan, &project.status_names))
        .collect();
    plans.sort_by_cached_key(|plan| by_number(&plan.label));
    let text = plan::text(&plans);
    let lines: Vec<&str> = text.lines().collect();
    let (totals, entries) = lines.split_last()?;
    let name = words::styled(words::BOLD, name(project));
    let entries: Vec<String> = entries.iter().map(|entry| line(entry)).collect();
    Some(format!("{name}: {totals}\n{}", entries.join("\n")))
}

/// The plan with the statuses' names where it has their ids.
fn named(plan: &LinkPlan, names: &BTreeMap<StatusId, Arc<str>>) -> LinkPlan {
    let known = |id: &mut StatusId| {
        if let Some(name) = names.get(id) {
            *id = StatusId::new(Arc::clone(name));
        }
    };
    let known_value = |value: &mut Value| {
        if let Value::Status(id) = value {
            known(id);
        }
    };
    let mut plan = plan.clone();
    for action in &mut plan.actions {
        match action {
            Action::Create(create) => create.draft.status.iter_mut().for_each(known),
            Action::Update(update) => {
                for change in &mut update.set {
                    known_value(&mut change.from);
                    known_value(&mut change.to);
                }
            }
            Action::Conflict(conflict) => {
                known_value(&mut conflict.values.huly);
                known_value(&mut conflict.values.vibe);
            }
            Action::Cancel(_)
            | Action::Remove(_)
            | Action::Agree(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => {}
        }
    }
    plan
}

/// `HARB-2 ...` before `HARB-10 ...`; what has no identifier yet comes last, by its title.
fn by_number(label: &str) -> (bool, u64, String) {
    let (identifier, _) = label.split_once(' ').unwrap_or((label, ""));
    let number = identifier
        .rsplit_once('-')
        .and_then(|(_, number)| number.parse().ok());
    (number.is_none(), number.unwrap_or(0), label.to_owned())
}

/// The core's line, one step further in: items at two blanks, what is done to them at four.
fn line(text: &str) -> String {
    match text.strip_prefix("  ") {
        Some(entry) => format!("    {}", coloured(entry)),
        None => format!("  {text}"),
    }
}

/// What becomes of projects, in the same form.
pub(crate) fn project_actions(report: &Report) -> Vec<String> {
    let line = |action: &ProjectAction| {
        let text = words::clean(&action.to_string());
        let label = unnamed(action).and_then(|id| {
            report
                .projects
                .iter()
                .find(|project| project.id == Some(id))
                .map(|project| &project.label)
        });
        match (label, text.split_once(' ')) {
            // the sign, the project, what becomes of it
            (Some(label), Some((sign, rest))) => {
                coloured(&format!("{sign} {}: {rest}", words::clean(label)))
            }
            (Some(_) | None, _) => coloured(&text),
        }
    };
    report.project_actions.iter().map(line).collect()
}

/// The pair that an action is about, where its words do not name it.
const fn unnamed(action: &ProjectAction) -> Option<ProjectLinkId> {
    match action {
        ProjectAction::Sleep { id, .. }
        | ProjectAction::Wake { id }
        | ProjectAction::Wait { id, .. }
        | ProjectAction::Unseen { id, .. }
        | ProjectAction::Changed { id, .. }
        | ProjectAction::Repository { id, .. } => Some(*id),
        ProjectAction::Link { .. }
        | ProjectAction::Create { .. }
        | ProjectAction::OtherServer
        | ProjectAction::Problem { .. } => None,
    }
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
        item::{Field, Values},
        plan::{Change, Forget, Update, Why},
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
        crate::output::fixtures::report(vec![ProjectReport {
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
    fn statuses_are_named_and_so_are_projects() {
        let status = |id: &str| Value::Status(StatusId::from(id));
        let mut one = report();
        let project = &mut one.projects[0];
        project.id = Some(ProjectLinkId(uuid::Uuid::nil()));
        project
            .status_names
            .insert(StatusId::from("5f1"), "Brew\u{1b}ing".into());
        if let Some(Action::Update(update)) = project.plans[0].actions.first_mut() {
            update.set[0] = Change {
                field: Field::Status,
                from: status("5f1"),
                to: status("5f2"),
                why: Why::Edit,
            };
        }
        one.project_actions = vec![ProjectAction::Wake {
            id: ProjectLinkId(uuid::Uuid::nil()),
        }];
        let text = plain(&text(&one));
        assert!(
            text.contains("~ update Vibe status: Brew\\u{1b}ing -> 5f2"),
            "{text}"
        );
        assert!(
            text.starts_with("+ HARB: wake: compared in full first\n"),
            "{text}"
        );
    }

    #[test]
    fn items_stand_in_the_order_of_their_numbers() {
        let mut labels = ["HARB-10 Crane", "A new task", "HARB-2 Boat"];
        labels.sort_by_cached_key(|label| by_number(label));
        assert_eq!(labels, ["HARB-2 Boat", "HARB-10 Crane", "A new task"]);
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
