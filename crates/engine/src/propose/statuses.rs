//! A map of statuses: by category, as a run maps them, and by name where a category is missing or the name says otherwise.

use std::sync::Arc;

use serde::Serialize;
use sync_core::lens::{Lens, StatusNames};

use crate::port::KindStatuses;

/// Where the meaning of a status comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Huly's category.
    Category,
    /// Only the name suggests it: Huly names no category that is known.
    Name,
    /// Nothing suggests anything.
    Guess,
}

/// One status and what it would mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StatusRow {
    /// As people call it in Huly.
    pub name: Arc<str>,
    /// Vibe's status.
    pub means: Arc<str>,
    /// Why.
    pub source: Source,
    /// What the name suggests, where that is something else.
    pub odd: Option<&'static str>,
}

impl StatusRow {
    /// Whether the configuration must say it: without an entry the status of such items is not synced.
    pub const fn needs_entry(&self) -> bool {
        match self.source {
            Source::Category => false,
            Source::Name | Source::Guess => true,
        }
    }
}

/// The map of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusProposal {
    /// In board order, each name once.
    pub rows: Vec<StatusRow>,
    /// Vibe's statuses that no status there stands for, and what is written instead.
    pub nearest: Vec<(Arc<str>, Arc<str>)>,
}

/// The map of the kinds of one project. Pure.
pub fn statuses(kinds: &[KindStatuses]) -> StatusProposal {
    let vibe = crate::vibe::statuses();
    let mut proposal = StatusProposal::default();
    for kind in kinds {
        let (lens, _) = Lens::build(&kind.statuses, &vibe, &StatusNames::default());
        for status in &kind.statuses {
            if proposal.rows.iter().any(|row| row.name == status.name) {
                continue;
            }
            let suggested = by_name(&status.name);
            let (means, source) = match (lens.to_vibe(&status.id), suggested) {
                (Some(means), _) => (means.as_str(), Source::Category),
                (None, Some(name)) => (name, Source::Name),
                (None, None) => ("todo", Source::Guess),
            };
            proposal.rows.push(StatusRow {
                name: Arc::clone(&status.name),
                means: means.into(),
                source,
                odd: suggested.filter(|name| *name != means),
            });
        }
        for wanted in &vibe {
            let stands = kind
                .statuses
                .iter()
                .any(|status| lens.to_vibe(&status.id) == Some(wanted));
            let shown = proposal
                .nearest
                .iter()
                .any(|(name, _)| **name == *wanted.as_str());
            if let (false, false, Some(huly)) = (stands, shown, lens.to_huly(wanted, None)) {
                let name = lens.name_of(huly).into();
                proposal.nearest.push((wanted.as_str().into(), name));
            }
        }
    }
    proposal
}

/// Words that stand in names of statuses, in the order in which they are looked for: what says the end goes before what says
/// the way there ("Review done" is done).
const WORDS: &[(&str, &[&str])] = &[
    (
        "cancelled",
        &[
            "cancel",
            "reject",
            "declin",
            "duplicate",
            "wont",
            "won't",
            "will not",
            "abandon",
            "obsolete",
            "invalid",
            "dropped",
            "discard",
        ],
    ),
    (
        "done",
        &[
            "done",
            "complete",
            "closed",
            "finish",
            "resolved",
            "fixed",
            "merged",
            "released",
            "shipped",
            "deployed",
            "delivered",
            "live",
        ],
    ),
    (
        "inreview",
        &[
            "review", "test", "qa", "verif", "approv", "accept", "staging", "feedback",
        ],
    ),
    (
        "inprogress",
        &[
            "progress",
            "doing",
            "active",
            "started",
            "working",
            "develop",
            "implement",
            "ongoing",
            "blocked",
            "hold",
            "wip",
        ],
    ),
    (
        "todo",
        &[
            "todo", "to do", "backlog", "new", "open", "idea", "triage", "ready", "planned",
            "icebox", "inbox", "parked", "later", "next", "selected",
        ],
    ),
];

/// Vibe's status that a name suggests; `None` where no known word stands in it.
///
/// ```
/// use engine::propose::by_name;
/// assert_eq!(by_name("Ready for QA"), Some("inreview"));
/// assert_eq!(by_name("Won't fix"), Some("cancelled"));
/// assert_eq!(by_name("Tasting"), None);
/// ```
pub fn by_name(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    // "Not started", "Unstarted", "Reopened": the word alone says the opposite
    if name.starts_with("not ") || name.starts_with("unstarted") || name.starts_with("reopen") {
        return Some("todo");
    }
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| is_in(&name, word)))
        .map(|(status, _)| *status)
}

/// Whether a word begins at a word's begin: `live` is in `Gone live`, not in `Delivery`.
fn is_in(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        let before = name.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|sign| !sign.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use sync_core::lens::{Category, HulyStatus};

    use super::*;

    #[test]
    fn a_category_goes_before_the_name_and_a_name_before_a_guess() {
        let status = |name: &str, category| HulyStatus {
            id: name.into(),
            name: name.into(),
            category,
        };
        let kinds = [KindStatuses {
            kind: None,
            statuses: vec![
                status("Ideas", Some(Category::Backlog)),
                status("Closed", Some(Category::Active)),
                status("Shipped 🚀", None),
                status("Spilt", None),
            ],
        }];
        let made = statuses(&kinds);
        let rows: Vec<_> = made
            .rows
            .iter()
            .map(|row| (&*row.means, row.source, row.odd))
            .collect();
        assert_eq!(
            rows,
            [
                ("todo", Source::Category, None),
                ("inprogress", Source::Category, Some("done")),
                ("done", Source::Name, None),
                ("todo", Source::Guess, None),
            ]
        );
        assert!(
            made.nearest.contains(&("inreview".into(), "Closed".into())),
            "{made:?}"
        );
    }

    #[test]
    fn odd_names_of_real_boards_are_read_as_people_mean_them() {
        let table = [
            ("In Review", Some("inreview")),
            ("Code review done", Some("done")),
            ("QA", Some("inreview")),
            ("Ready for test", Some("inreview")),
            ("Doing", Some("inprogress")),
            ("🚧 WIP", Some("inprogress")),
            ("On hold", Some("inprogress")),
            ("Blocked", Some("inprogress")),
            ("Not started", Some("todo")),
            ("Reopened", Some("todo")),
            ("ICEBOX", Some("todo")),
            ("Selected for Development", Some("inprogress")),
            ("Shipped 🚀", Some("done")),
            ("Duplicate", Some("cancelled")),
            ("Won't do", Some("cancelled")),
            ("Delivery", None),
            ("Spilt", None),
            ("", None),
        ];
        for (name, expected) in table {
            assert_eq!(by_name(name), expected, "{name}");
        }
    }
}
