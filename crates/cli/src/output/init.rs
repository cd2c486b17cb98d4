//! What `hvs init` found and wrote: pairs, statuses, the first run, what comes next.

use std::path::Path;

use engine::propose::{Links, Reason};

use super::{check, table};
use crate::{
    command::{
        check::Checked,
        init::{Basics, Becomes, Proposed, ProposedProject, map_of, why},
    },
    failure::Failure,
    words,
};

/// Prints it.
pub(crate) fn print(
    out: &Path,
    basics: &Basics,
    proposed: &Proposed,
    checked: &Checked,
) -> Result<(), Failure> {
    let mut parts = vec![projects(proposed), statuses(proposed)];
    parts.extend(carried(basics));
    parts.extend(check::findings(checked));
    parts.push(check::total(checked));
    parts.push(format!(
        "{} {}",
        words::styled(words::GOOD.bold(), "wrote"),
        words::clean(&out.display().to_string())
    ));
    parts.push(first_run(proposed));
    parts.retain(|part| !part.is_empty());
    super::data(&parts.join("\n\n"))?;
    let shown = words::shell(&out.display().to_string());
    let with = if out == Path::new("hvs.toml") {
        String::new()
    } else {
        format!(" --config {shown}")
    };
    super::tell(&format!(
        "\n{} look at {shown}, then `hvs check{with}`, `hvs plan{with}`, `hvs sync once{with}`",
        words::styled(words::HINT.bold(), "next:")
    ))
}

fn projects(proposed: &Proposed) -> String {
    let rows: Vec<Vec<String>> = proposed
        .projects
        .iter()
        .map(|project| {
            let pair = &project.pair;
            let vibe = pair.vibe.as_ref().map_or_else(
                || none(&pair.reason).to_owned(),
                |vibe| words::short(&vibe.name, 30),
            );
            vec![
                words::short(&engine::check::title(&pair.huly), 30),
                vibe,
                pair.confidence.word().to_owned(),
                items(project),
                words::clean(&why(pair)),
            ]
        })
        .collect();
    let mut lines = vec![table::columns(
        &["HULY", "VIBE KANBAN", "SURE", "ITEMS", "WHY"],
        &rows,
    )];
    lines.extend(proposed.alone.iter().map(|project| {
        format!(
            "only in Vibe Kanban, left alone: {}",
            words::short(&project.name, 60)
        )
    }));
    lines.join("\n")
}

/// What stands where no partner does.
const fn none(reason: &Reason) -> &'static str {
    match reason {
        Reason::Made { .. } => "(is made)",
        Reason::Store
        | Reason::Name
        | Reason::Footers { .. }
        | Reason::Ambiguous
        | Reason::NotMember
        | Reason::Archived => "-",
    }
}

/// `4 linked by a title ... (medium), 10 get a task`.
fn items(project: &ProposedProject) -> String {
    let Some(links) = &project.links else {
        return "left alone".to_owned();
    };
    let mut parts: Vec<String> = links
        .reasons()
        .into_iter()
        .map(|(count, sure, reason)| {
            format!(
                "{} {reason} ({})",
                words::grouped(count as u64),
                sure.word()
            )
        })
        .collect();
    let Links {
        alone,
        ambiguous_titles,
        ..
    } = links;
    if let Some(title) = ambiguous_titles.first() {
        parts.push(format!("such as {:?}", words::short(title, 30)));
    }
    if alone.huly > 0 {
        parts.push(format!(
            "{} without a task",
            words::grouped(alone.huly as u64)
        ));
    }
    if alone.vibe > 0 {
        parts.push(format!(
            "{} without an issue",
            words::grouped(alone.vibe as u64)
        ));
    }
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The map of each project, and those statuses that only their names tell something about.
fn statuses(proposed: &Proposed) -> String {
    let maps = proposed
        .projects
        .iter()
        .filter_map(|project| Some((&project.pair.huly, project.statuses.as_ref()?)));
    let mut rows = Vec::new();
    for (huly, map) in maps {
        let odd: Vec<String> = map
            .rows
            .iter()
            .filter(|row| row.needs_entry())
            .map(|row| format!("{} (by name: {})", words::short(&row.name, 30), row.means))
            .collect();
        let odd = if odd.is_empty() {
            String::new()
        } else {
            format!("; look at {}", odd.join(", "))
        };
        rows.push(vec![
            words::short(&engine::check::title(huly), 30),
            format!("{}{odd}", map_of(map)),
        ]);
    }
    if rows.is_empty() {
        return String::new();
    }
    table::columns(&["PROJECT", "STATUSES"], &rows)
}

/// What became of the predecessor's variables.
fn carried(basics: &Basics) -> Option<String> {
    let env = &basics.from_env;
    if env.rows.is_empty() && env.bad.is_empty() {
        return None;
    }
    let mut rows: Vec<Vec<String>> = env
        .rows
        .iter()
        .map(|row| {
            let becomes = match &row.becomes {
                Becomes::Key {
                    key,
                    value,
                    note: "",
                } => format!("{key} = {value}"),
                Becomes::Key { key, value, note } => format!("{key} = {value}: {note}"),
                Becomes::Vibe { .. } => format!("vibe.url = {}", basics.vibe_url),
                Becomes::Bridge { .. } => {
                    format!("huly.api = \"bridge\", huly.url = {}", basics.huly_url)
                }
                Becomes::Nothing(why) => format!("not carried over: {why}"),
            };
            vec![
                words::clean(&row.variable),
                row.line.to_string(),
                words::clean(&becomes),
            ]
        })
        .collect();
    rows.extend(env.bad.iter().map(|bad| {
        vec![
            "-".to_owned(),
            bad.line.to_string(),
            format!("cannot be read: {}", bad.why),
        ]
    }));
    Some(table::columns(&["VARIABLE", "LINE", "BECOMES"], &rows))
}

/// What a run would do now, in one line.
fn first_run(proposed: &Proposed) -> String {
    let kept = || {
        proposed
            .projects
            .iter()
            .filter_map(|project| Some((project, project.links.as_ref()?)))
    };
    let made = kept()
        .filter(|(project, _)| matches!(project.pair.reason, Reason::Made { .. }))
        .count();
    let sum =
        |count: fn(&Links) -> usize| kept().map(|(_, links)| count(links) as u64).sum::<u64>();
    let parts = [
        (
            made as u64,
            "project made in Vibe Kanban",
            "projects made in Vibe Kanban",
        ),
        (
            sum(|links| links.derived + links.footer + links.title),
            "pair of items linked",
            "pairs of items linked",
        ),
        (
            sum(|links| links.alone.huly),
            "task made in Vibe Kanban",
            "tasks made in Vibe Kanban",
        ),
        (
            sum(|links| links.alone.vibe),
            "issue made in Huly",
            "issues made in Huly",
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| words::count(count, one, many))
        .collect();
    let what = if parts.is_empty() {
        "nothing to do".to_owned()
    } else {
        words::list(&parts)
    };
    format!("{} {what}", words::styled(words::BOLD, "the first run:"))
}
