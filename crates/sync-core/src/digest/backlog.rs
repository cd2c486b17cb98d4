//! The block `backlog_summary`: what nobody has begun, most urgent first.

use std::cmp::Reverse;

use super::{
    date::date,
    metrics::{PRIORITIES, by_priority},
    page::{Entry, Fact, Page, Said, Section},
    text,
    view::{NAME_CHARS, Seen, View},
};

/// How many labels of an item are named.
const LABELS: usize = 8;

/// The block.
pub(super) fn page(view: &View<'_>, most: usize) -> Page {
    let mut ahead: Vec<&Seen<'_>> = view
        .items
        .iter()
        .filter(|seen| seen.state.is_ahead())
        .collect();
    let mut sections = vec![Section::facts(
        "summary",
        "Counts",
        vec![Fact::count("total_backlog", "Not begun: ", ahead.len())],
    )];
    if view.has_priorities {
        let counts = by_priority(ahead.iter().map(|seen| &seen.state));
        sections.push(Section::facts("priority_breakdown", "By priority", counts));
    }
    // the sort keeps the order of identifiers among equals
    ahead.sort_by_key(|seen| (Reverse(seen.state.priority), seen.due.is_none(), seen.due));
    sections.push(Section::list(
        "top_items",
        "Not begun, most urgent first",
        &ahead,
        most,
        |seen| entry(seen),
    ));
    Page {
        heading: "Backlog",
        sections,
    }
}

fn entry(seen: &Seen<'_>) -> Entry {
    let name = |name: &str| Said::name(name, NAME_CHARS);
    let mut entry = seen.who.facts();
    entry.extend(priority(seen, ", "));
    entry.extend(seen.state.status_fact(", "));
    if let Some(at) = seen.due {
        entry.push(Fact::new("due", ", due ", Said::Made(date(at))));
    }
    let labels: Vec<String> = seen
        .labels
        .into_iter()
        .flatten()
        .take(LABELS)
        .map(|label| text::clean(label, NAME_CHARS))
        .collect();
    if !labels.is_empty() {
        entry.push(Fact::new("tags", ", labelled ", Said::Names(labels)));
    }
    if let Some(person) = seen.assignee {
        entry.push(Fact::new("assignee", ", assigned to ", name(person)));
    }
    if let Some(parent) = seen.parent {
        entry.push(Fact::new("parent", ", part of ", name(parent)));
    }
    if let Some(at) = seen.created {
        entry.push(Fact::new("created", ", made ", Said::Made(date(at))));
    }
    entry
}

/// The item's priority as a fact, where it may be seen.
pub(super) fn priority(seen: &Seen<'_>, before: &'static str) -> Option<Fact> {
    let found = seen.state.priority?;
    let (_, word) = PRIORITIES.iter().find(|(priority, _)| *priority == found)?;
    let word = if *word == "none" { "no priority" } else { word };
    Some(Fact::new("priority", before, Said::Word(word)))
}
