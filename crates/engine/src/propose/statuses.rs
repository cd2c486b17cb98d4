//! What a status means, by its name alone: only a proposal, for people to look at.

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
    use super::*;

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
