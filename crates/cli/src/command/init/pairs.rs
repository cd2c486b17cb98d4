//! The pairs of projects in `hvs.toml`, each with its reason.

use engine::propose::{ProjectProposal, Reason};

use super::{
    Proposed,
    file::{comment, line, put, quoted},
};
use crate::words;

/// The pairs: entries where the name alone does not do, a comment for everything else.
pub(super) fn projects(text: &mut String, proposed: &Proposed) {
    line(
        text,
        "\n# Projects pair by name where exactly one stands on each side. These pairs were found:",
    );
    for project in &proposed.projects {
        let pair = &project.pair;
        let partner = pair
            .vibe
            .as_ref()
            .map_or_else(String::new, |vibe| format!(" <-> {}", comment(&vibe.name)));
        line(
            text,
            &format!(
                "#   {}{partner} ({}: {})",
                comment(&engine::check::title(&pair.huly)),
                pair.confidence.word(),
                why(pair)
            ),
        );
    }
    for project in &proposed.alone {
        line(
            text,
            &format!(
                "#   only in Vibe Kanban, left alone: {}",
                comment(&project.name)
            ),
        );
    }
    for project in &proposed.projects {
        entry(text, &project.pair);
    }
}

fn entry(text: &mut String, pair: &ProjectProposal) {
    let huly = pair.huly.label.as_deref().unwrap_or(pair.huly.id.as_str());
    match (&pair.reason, &pair.vibe) {
        (Reason::Footers { .. } | Reason::Store, Some(vibe)) => {
            line(text, &format!("\n# {}", comment(&why(pair))));
            line(text, "[[project]]");
            put(
                text,
                "huly",
                &quoted(huly),
                &engine::check::title(&pair.huly),
            );
            put(text, "vibe", &quoted(vibe.id.as_str()), &vibe.name);
        }
        (Reason::Ambiguous, _) => {
            line(
                text,
                "\n# Several projects bear this name. Choose one, and take `skip` out:",
            );
            line(text, "[[project]]");
            put(
                text,
                "huly",
                &quoted(huly),
                &engine::check::title(&pair.huly),
            );
            line(text, "skip = true");
            for candidate in &pair.candidates {
                line(
                    text,
                    &format!(
                        "# vibe = {}  # {}",
                        quoted(candidate.id.as_str()),
                        comment(&candidate.name)
                    ),
                );
            }
        }
        (
            Reason::Footers { .. }
            | Reason::Store
            | Reason::Name
            | Reason::Made { .. }
            | Reason::NotMember
            | Reason::Archived,
            _,
        ) => {}
    }
}

/// A reason in words.
pub(crate) fn why(pair: &ProjectProposal) -> String {
    match &pair.reason {
        Reason::Store => "the store has this pair".to_owned(),
        Reason::Name => "the name stands exactly once on each side".to_owned(),
        Reason::Footers { tasks } => {
            format!(
                "footers of {} name it",
                words::count(*tasks as u64, "task", "tasks")
            )
        }
        Reason::Made { path: None } => "none in Vibe Kanban yet: the first run makes it".to_owned(),
        Reason::Made { path: Some(path) } => {
            format!(
                "none in Vibe Kanban yet: the first run makes it, repository {}",
                comment(path)
            )
        }
        Reason::Ambiguous => "several projects bear the name".to_owned(),
        Reason::NotMember => "the account is no member: its issues cannot be read".to_owned(),
        Reason::Archived => "archived: left alone".to_owned(),
    }
}
