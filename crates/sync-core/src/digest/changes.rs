//! The block `change_log`: what was done lately, newest first: by whom in the sense of on which side, what, from what, to what.

use super::{
    Board, ChangeKind, Digest,
    date::{date, minute},
    page::{Entry, Fact, Page, Said, Section},
    view::{SeenChange, View},
};
use crate::{ids::StatusId, item::Field, lens::Category, side::Side};

/// Longest value, in characters.
const VALUE_CHARS: usize = 80;

/// The block.
pub(super) fn page(digest: &Digest, view: &View<'_>, most: usize) -> Page {
    let changes = &view.changes;
    let count = |is_one: &dyn Fn(&SeenChange<'_>) -> bool| {
        changes.iter().filter(|seen| is_one(seen)).count()
    };
    let is_status = |seen: &SeenChange<'_>| seen.change.field == Some(Field::Status);
    let is_update = |seen: &SeenChange<'_>| seen.change.kind == ChangeKind::Update;
    let day = |seen: Option<&SeenChange<'_>>| {
        seen.map_or(Said::Nothing, |seen| Said::Made(date(seen.change.at)))
    };
    let summary = vec![
        Fact::count("changes", "Changes: ", changes.len()),
        Fact::new("oldest", "The first on ", day(changes.last())),
        Fact::new("newest", "The last on ", day(changes.first())),
        Fact::count("new_issues", "New: ", count(&is_new)),
        Fact::count(
            "status_transitions",
            "Moved to another status: ",
            count(&|seen| is_update(seen) && is_status(seen)),
        ),
        Fact::count(
            "updated_issues",
            "Other edits: ",
            count(&|seen| is_update(seen) && !is_status(seen)),
        ),
        Fact::count(
            "closed_issues",
            "Done, cancelled or deleted: ",
            count(&|seen| is_closing(&digest.board, seen)),
        ),
    ];
    Page {
        heading: "What changed lately",
        sections: vec![
            Section::facts("summary", "Counts", summary),
            Section::list("changes", "Newest first (UTC)", changes, most, entry),
        ],
    }
}

fn is_new(seen: &SeenChange<'_>) -> bool {
    matches!(seen.change.kind, ChangeKind::Create | ChangeKind::Adopt)
}

/// Whether an item came to an end by it.
fn is_closing(board: &Board, seen: &SeenChange<'_>) -> bool {
    match seen.change.kind {
        ChangeKind::Cancel | ChangeKind::Remove => true,
        ChangeKind::Update if seen.change.field == Some(Field::Status) => {
            let category = seen.to.and_then(|to| match seen.change.written {
                Side::Vibe => Category::of_column(&StatusId::from(to)),
                Side::Huly => board
                    .huly
                    .iter()
                    .find(|column| *column.name == *to)
                    .and_then(|column| column.category),
            });
            matches!(category, Some(Category::Won | Category::Lost))
        }
        ChangeKind::Create
        | ChangeKind::Update
        | ChangeKind::Adopt
        | ChangeKind::Forget
        | ChangeKind::Relink
        | ChangeKind::Resolve => false,
    }
}

fn entry(seen: &SeenChange<'_>) -> Entry {
    let change = seen.change;
    let mut entry = vec![Fact::new("at", "", Said::Made(minute(change.at)))];
    let mut who = seen.who.facts();
    if let Some(first) = who.first_mut() {
        first.before = " ";
    }
    entry.extend(who);
    entry.push(Fact::new("change", ": ", Said::Word(verb(change.kind))));
    // a deletion is told as one, not as the status that it ends in
    if let Some(field) = change.field.filter(|_| change.kind != ChangeKind::Cancel) {
        entry.push(Fact::new("field", " ", Said::Word(field.as_str())));
    }
    if let Some(from) = seen.from {
        entry.push(Fact::new("from", " from ", Said::text(from, VALUE_CHARS)));
    }
    if let Some(to) = seen.to {
        let (key, before) = match change.kind {
            ChangeKind::Resolve => ("decision", ": "),
            _ => ("to", " to "),
        };
        entry.push(Fact::new(key, before, Said::text(to, VALUE_CHARS)));
    }
    let (come, write) = places(change.kind);
    if let Some(side) = change.came_from {
        entry.push(Fact::new("came_from", come, Said::Word(side.title())));
    }
    entry.push(Fact::new(
        "written_to",
        write,
        Said::Word(change.written.title()),
    ));
    if is_new(seen) {
        let status = seen.state.and_then(|state| state.status_fact(", now "));
        entry.extend(status);
    }
    entry
}

const fn verb(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "new",
        ChangeKind::Update => "changed",
        ChangeKind::Cancel => "cancelled",
        ChangeKind::Remove => "deleted",
        ChangeKind::Adopt => "paired",
        ChangeKind::Forget => "unlinked",
        ChangeKind::Relink => "linked to another item",
        ChangeKind::Resolve => "decided by a person,",
    }
}

/// The words before the side that it came from, and before the side that was written.
const fn places(kind: ChangeKind) -> (&'static str, &'static str) {
    match kind {
        ChangeKind::Create => (" in ", ", made in "),
        ChangeKind::Cancel | ChangeKind::Remove => (", deleted in ", ", carried out in "),
        ChangeKind::Adopt | ChangeKind::Forget | ChangeKind::Relink => (", found in ", ", with "),
        ChangeKind::Update | ChangeKind::Resolve => (", done in ", ", written to "),
    }
}
