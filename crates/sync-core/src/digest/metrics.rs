//! The block `board_metrics`: how many items stand where, on both sides, counted whole.

use std::sync::Arc;

use super::{
    Board, Digest, about,
    page::{Entry, Fact, Page, Said, Section, percent},
    view::{NAME_CHARS, Seen, State, View},
};
use crate::{ids::StatusId, item::Priority, lens::Category};

/// More statuses than any board has.
const STATUSES: usize = 100;

/// What a status is called that a side did not tell.
const UNKNOWN: Said = Said::Word("(not known)");

/// Most urgent first: the order of every list by priority.
pub(super) const PRIORITIES: [(Priority, &str); 5] = [
    (Priority::Urgent, "urgent"),
    (Priority::High, "high"),
    (Priority::Medium, "medium"),
    (Priority::Low, "low"),
    (Priority::None, "none"),
];

/// The words before a count by priority, in the order of [`PRIORITIES`].
const BEFORE: [&str; 5] = ["Urgent: ", "High: ", "Medium: ", "Low: ", "None: "];

/// The block.
pub(super) fn page(digest: &Digest, view: &View<'_>, most: usize) -> Page {
    let states = &view.states;
    let on_huly: Vec<Option<Category>> = states
        .iter()
        .filter_map(|state| Some(state.huly?.category))
        .collect();
    let on_vibe: Vec<Option<Category>> = states
        .iter()
        .filter_map(|state| Some(state.vibe?.status.as_ref().and_then(Category::of_column)))
        .collect();
    let huly_words = ["total_issues", "active_issues"];
    let vibe_words = ["total_tasks", "active_tasks"];
    let differing: Vec<&Seen<'_>> = view
        .items
        .iter()
        .filter(|seen| seen.state.differs().is_some())
        .collect();
    let mut sections = vec![
        Section::facts("huly", "Huly", board(huly_words, "Issues: ", &on_huly)),
        Section::list(
            "huly_by_status",
            "Issues by Huly status",
            &by_huly_status(&digest.board, states),
            STATUSES,
            huly_entry,
        ),
        Section::facts(
            "vibe",
            "Vibe Kanban",
            board(vibe_words, "Tasks: ", &on_vibe),
        ),
        Section::list(
            "vibe_by_status",
            "Tasks by Vibe status",
            &by_vibe_status(&digest.board, states),
            STATUSES,
            vibe_entry,
        ),
        Section::facts("sides", "Both sides", sides(view)),
        Section::facts("waiting", "Not done yet", waiting(digest, view)),
    ];
    if view.has_priorities {
        let counts = by_priority(states.iter().filter(|state| state.is_open()));
        sections.push(Section::facts(
            "open_by_priority",
            "Open items by priority",
            counts,
        ));
    }
    sections.push(Section::list(
        "status_differs",
        "Items whose two statuses differ",
        &differing,
        most,
        |seen| differing_entry(seen),
    ));
    Page {
        heading: "Figures of the boards",
        sections,
    }
}

fn huly_entry((name, category, count): &HulyCount) -> Entry {
    let name = name.as_deref();
    let name = name.map_or(UNKNOWN, |name| Said::name(name, NAME_CHARS));
    vec![
        Fact::new("status", "", name),
        Fact::new("category", " (", Said::Word(about::category(*category))),
        Fact::count("count", "): ", *count),
    ]
}

fn vibe_entry((column, count): &VibeCount) -> Entry {
    let name = column.as_ref();
    let name = name.map_or(UNKNOWN, |name| Said::name(name.as_str(), NAME_CHARS));
    vec![
        Fact::new("status", "", name),
        Fact::count("count", ": ", *count),
    ]
}

fn differing_entry(seen: &Seen<'_>) -> Entry {
    let mut entry = seen.who.facts();
    entry.extend(seen.state.status_fact(", Huly says "));
    if let Some((should, shown)) = seen.state.differs() {
        let name = |status: &StatusId| Said::name(status.as_str(), NAME_CHARS);
        entry.push(Fact::new("vibe_should", ", which is ", name(should)));
        entry.push(Fact::new("vibe", ", Vibe shows ", name(shown)));
    }
    entry
}

/// The figures of one side.
fn board(
    [total, active]: [&'static str; 2],
    before: &'static str,
    all: &[Option<Category>],
) -> Vec<Fact> {
    let count = |wanted: Category| all.iter().filter(|found| **found == Some(wanted)).count();
    let (done, lost) = (count(Category::Won), count(Category::Lost));
    vec![
        Fact::count(total, before, all.len()),
        Fact::count("wip_count", "In progress: ", count(Category::Active)),
        Fact::count(
            active,
            "Not done and not cancelled: ",
            all.len() - done - lost,
        ),
        Fact::count("done_count", "Done: ", done),
        Fact::count("cancelled_count", "Cancelled: ", lost),
        Fact::new(
            "completion_rate",
            "Done of all: ",
            Said::Made(percent(done, all.len())),
        ),
    ]
}

type VibeCount = (Option<StatusId>, usize);
type HulyCount = (Option<Arc<str>>, Option<Category>, usize);

/// In the order of the board; statuses that the board does not have come last, by name.
fn by_huly_status(board: &Board, states: &[State<'_>]) -> Vec<HulyCount> {
    let mut counts: Vec<HulyCount> = Vec::new();
    for column in &board.huly {
        let is_new = |(name, category, _): &HulyCount| {
            name.as_ref() != Some(&column.name) || *category != column.category
        };
        if counts.iter().all(is_new) {
            counts.push((Some(Arc::clone(&column.name)), column.category, 0));
        }
    }
    let of_board = counts.len();
    for huly in states.iter().filter_map(|state| state.huly) {
        let same = counts
            .iter_mut()
            .find(|(name, category, _)| *name == huly.status && *category == huly.category);
        match same {
            Some((_, _, count)) => *count += 1,
            None => counts.push((huly.status.clone(), huly.category, 1)),
        }
    }
    if let Some(others) = counts.get_mut(of_board..) {
        others.sort();
    }
    counts
}

/// In Vibe's order; statuses that it did not tell of come last, by name.
fn by_vibe_status(board: &Board, states: &[State<'_>]) -> Vec<VibeCount> {
    let mut counts: Vec<VibeCount> = Vec::new();
    for column in &board.vibe {
        if counts
            .iter()
            .all(|(status, _)| status.as_ref() != Some(&column.status))
        {
            counts.push((Some(column.status.clone()), 0));
        }
    }
    let of_board = counts.len();
    for vibe in states.iter().filter_map(|state| state.vibe) {
        match counts.iter_mut().find(|(status, _)| *status == vibe.status) {
            Some((_, count)) => *count += 1,
            None => counts.push((vibe.status.clone(), 1)),
        }
    }
    if let Some(others) = counts.get_mut(of_board..) {
        others.sort();
    }
    counts
}

/// How many of each priority.
pub(super) fn by_priority<'s, 'a: 's>(states: impl Iterator<Item = &'s State<'a>>) -> Vec<Fact> {
    let mut counts = [0_usize; 5];
    for state in states {
        for ((priority, _), count) in PRIORITIES.iter().zip(&mut counts) {
            *count += usize::from(state.priority == Some(*priority));
        }
    }
    let facts = PRIORITIES
        .iter()
        .zip(BEFORE)
        .zip(counts)
        .map(|(((_, key), before), count)| Fact::count(key, before, count));
    facts.collect()
}

fn sides(view: &View<'_>) -> Vec<Fact> {
    let count =
        |wanted: fn(&State<'_>) -> bool| view.states.iter().filter(|state| wanted(state)).count();
    let both = count(|state| state.huly.is_some() && state.vibe.is_some());
    let huly = count(|state| state.huly.is_some() && state.vibe.is_none());
    let vibe = count(|state| state.huly.is_none() && state.vibe.is_some());
    let differs = count(|state| state.differs().is_some());
    vec![
        Fact::count("on_both", "On both sides: ", both),
        Fact::count("only_in_huly", "Only in Huly: ", huly),
        Fact::count("only_in_vibe", "Only in Vibe: ", vibe),
        Fact::count("status_differs", "Statuses differ: ", differs),
        Fact::count(
            "asleep",
            "Not synced (archived or filtered out), not counted above: ",
            view.asleep,
        ),
        Fact::count(
            "withheld",
            "Counted here and named nowhere: ",
            view.withheld,
        ),
    ]
}

fn waiting(digest: &Digest, view: &View<'_>) -> Vec<Fact> {
    let held: usize = digest.held.iter().map(|held| held.count).sum();
    vec![
        Fact::count("writes", "Writes on their way: ", digest.waiting.writes),
        Fact::count(
            "dirty",
            "Items to be looked at again: ",
            digest.waiting.dirty,
        ),
        Fact::count(
            "open_conflicts",
            "Conflicts that wait for a person: ",
            view.open_conflicts(),
        ),
        Fact::count(
            "dead_letters",
            "Values that a side refused: ",
            view.letters.len(),
        ),
        Fact::count("held", "Actions held back by a guard: ", held),
    ]
}
