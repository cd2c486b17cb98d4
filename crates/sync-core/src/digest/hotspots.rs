//! The block `hotspots`: what needs somebody now. What a side refused and what a guard holds come first, then what stands still, then
//! what is due. There is no clock: how long something takes is told as the day on which it began.

use std::cmp::Reverse;

use super::{
    Clash, Digest, HeldClass,
    backlog::priority,
    date::date,
    page::{Entry, Fact, Page, Said, Section},
    text,
    view::{Seen, SeenLetter, View, Who},
};
use crate::{ids::Millis, item::Priority, lens::Category};

/// Longest words of a server, in characters.
const MESSAGE_CHARS: usize = 240;
/// Longest line of a description.
const LINE_CHARS: usize = 120;
/// Longest stable word.
const CODE_CHARS: usize = 40;

/// An item with what says that it does not go on.
type Blocked<'v, 'a> = (&'v Seen<'a>, Reason<'a>);

/// Where a word was found.
struct Reason<'a> {
    word: &'static str,
    place: &'static str,
    /// The description and where in it, where it was found there.
    says: Option<(&'a str, usize)>,
}

/// The block.
pub(super) fn page(digest: &Digest, view: &View<'_>, most: usize) -> Page {
    let open = || view.items.iter().filter(|seen| seen.state.is_open());
    let blocked: Vec<Blocked<'_, '_>> = open()
        .filter_map(|seen| Some((seen, reason(seen)?)))
        .collect();
    let mut active: Vec<&Seen<'_>> = open()
        .filter(|seen| seen.state.category() == Some(Category::Active))
        .collect();
    active.sort_by_key(|seen| (seen.since.is_none(), seen.since));
    let mut due: Vec<(&Seen<'_>, Millis)> =
        open().filter_map(|seen| Some((seen, seen.due?))).collect();
    due.sort_by_key(|(_, due)| *due);
    let mut urgent: Vec<&Seen<'_>> = open().filter(|seen| is_urgent(seen)).collect();
    urgent.sort_by_key(|seen| (Reverse(seen.state.priority), seen.due.is_none(), seen.due));
    let counts = vec![
        Fact::count("blocked", "Blocked: ", blocked.len()),
        Fact::count("in_progress", "In progress: ", active.len()),
        Fact::count("due", "With a due date, not done: ", due.len()),
        Fact::count(
            "high_priority_todo",
            "Urgent or high, not begun: ",
            urgent.len(),
        ),
    ];
    let [letters, held, conflicts] = troubles(digest, view, most);
    let sections = vec![
        Section::facts("summary", "Counts", summary(digest, view, counts)),
        letters,
        held,
        conflicts,
        Section::list("blocked_items", "Blocked", &blocked, most, blocked_entry),
        Section::list(
            "longest_in_progress",
            "In progress, longest first",
            &active,
            most,
            |seen| ageing(seen),
        ),
        Section::list("due", "Due, soonest first", &due, most, due_entry),
        Section::list(
            "high_priority_todo",
            "Urgent or high, not begun",
            &urgent,
            most,
            |seen| urgent_entry(seen),
        ),
    ];
    Page {
        heading: "What needs attention",
        sections,
    }
}

fn summary(digest: &Digest, view: &View<'_>, items: Vec<Fact>) -> Vec<Fact> {
    let mut facts = vec![
        Fact::count("dead_letters", "Refused by a side: ", view.letters.len()),
        Fact::count("held", "Classes held back by a guard: ", digest.held.len()),
        Fact::count(
            "open_conflicts",
            "Conflicts that wait for a person: ",
            view.open_conflicts(),
        ),
        Fact::count("conflicts", "Conflicts in all: ", view.conflicts.len()),
    ];
    facts.extend(items);
    facts
}

/// What hvs itself could not do.
fn troubles(digest: &Digest, view: &View<'_>, most: usize) -> [Section; 3] {
    let mut held: Vec<&HeldClass> = digest.held.iter().collect();
    held.sort();
    let refused = "Refused by a side";
    [
        Section::list("dead_letters", refused, &view.letters, most, letter),
        Section::list("held", "Held back by a guard", &held, most, |held| {
            held_entry(held)
        }),
        Section::list("conflicts", "Conflicts", &view.conflicts, most, clash),
    ]
}

fn due_entry((seen, due): &(&Seen<'_>, Millis)) -> Entry {
    let mut entry = seen.who.facts();
    entry.extend(seen.state.status_fact(", "));
    entry.push(Fact::new("due", ", due ", Said::Made(date(*due))));
    entry
}

fn urgent_entry(seen: &Seen<'_>) -> Entry {
    let mut entry = seen.who.facts();
    entry.extend(priority(seen, ", "));
    entry.extend(seen.state.status_fact(", "));
    entry
}

fn is_urgent(seen: &Seen<'_>) -> bool {
    seen.state.is_ahead() && matches!(seen.state.priority, Some(Priority::Urgent | Priority::High))
}

/// Why an item counts as blocked: by its title, its labels, its description, in this order.
fn reason<'a>(seen: &Seen<'a>) -> Option<Reason<'a>> {
    let plain = |word, place| Reason {
        word,
        place,
        says: None,
    };
    if let Some((word, _)) = seen.who.title().and_then(text::blocked) {
        return Some(plain(word, "title"));
    }
    let mut labels = seen.labels.into_iter().flatten();
    if let Some((word, _)) = labels.find_map(|label| text::blocked(label)) {
        return Some(plain(word, "label"));
    }
    let description = seen.description?;
    let (word, at) = text::blocked(description)?;
    Some(Reason {
        word,
        place: "description",
        says: Some((description, at)),
    })
}

fn blocked_entry((seen, reason): &Blocked<'_, '_>) -> Entry {
    let mut entry = seen.who.facts();
    entry.extend(seen.state.status_fact(", "));
    entry.push(Fact::new("word", ", says \"", Said::Word(reason.word)));
    entry.push(Fact::new("where", "\" in its ", Said::Word(reason.place)));
    if let Some((description, at)) = reason.says {
        let line = Said::text(&text::line_around(description, at), LINE_CHARS);
        entry.push(Fact::new("says", ": ", line));
    }
    entry
}

fn ageing(seen: &Seen<'_>) -> Entry {
    let mut entry = seen.who.facts();
    entry.extend(seen.state.status_fact(", "));
    let since = seen
        .since
        .map_or(Said::Word("an unknown day"), |at| Said::Made(date(at)));
    entry.push(Fact::new("since", " since ", since));
    if let Some(at) = seen.last_change {
        let at = Said::Made(date(at));
        entry.push(Fact::new("last_change", ", last changed ", at));
    }
    entry
}

fn letter((who, seen): &(Who<'_>, SeenLetter<'_>)) -> Entry {
    let letter = seen.letter;
    let mut entry = who.facts();
    let field = letter
        .field
        .map_or("the whole item", |field| field.as_str());
    entry.push(Fact::new("field", ": ", Said::Word(field)));
    entry.push(Fact::new(
        "side",
        " not taken by ",
        Said::Word(letter.side.title()),
    ));
    entry.push(Fact::new(
        "code",
        ", ",
        Said::name(&letter.code, CODE_CHARS),
    ));
    if let Some(message) = seen.message {
        let message = Said::text(message, MESSAGE_CHARS);
        entry.push(Fact::new("message", ", ", message));
    }
    entry.push(Fact::new(
        "since",
        ", since ",
        Said::Made(date(letter.since)),
    ));
    let then = if letter.retried {
        "is tried again"
    } else {
        "waits for a person"
    };
    entry.push(Fact::new("then", ", ", Said::Word(then)));
    entry
}

fn clash((who, clash): &(Who<'_>, &Clash)) -> Entry {
    let mut entry = who.facts();
    entry.push(Fact::new("field", ": ", Said::Word(clash.field.as_str())));
    entry.push(Fact::new(
        "cause",
        ", ",
        Said::name(&clash.cause, CODE_CHARS),
    ));
    entry.push(Fact::new("at", ", on ", Said::Made(date(clash.at))));
    let outcome = match (clash.open, clash.winner) {
        (true, _) => Said::Word("waits for a person"),
        (false, Some(side)) => Said::Made(format!("{side}'s value stands")),
        (false, None) => Said::Word("merged"),
    };
    entry.push(Fact::new("outcome", ", ", outcome));
    entry
}

fn held_entry(held: &HeldClass) -> Entry {
    let mut entry = vec![
        Fact::new("class", "", Said::Word(held.class.as_str())),
        Fact::count("count", ", this many: ", held.count),
    ];
    if let Some(at) = held.since {
        entry.push(Fact::new("since", ", since ", Said::Made(date(at))));
    }
    entry
}
