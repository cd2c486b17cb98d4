//! What does not change from day to day: which project it is, and how its boards are tied together.

use super::{
    Agreement, Board, Exclude, HulyColumn, ProjectFacts, VibeColumn,
    page::{Entry, Fact, Page, Said, Section},
    text,
    view::NAME_CHARS,
};
use crate::{
    item::Field,
    lens::Category,
    rules::{Creation, Deletion, Direction, Policy},
};

/// Longest description of a project, in characters.
const ABOUT_CHARS: usize = 800;
/// Longest address or path.
const ADDRESS_CHARS: usize = 200;
/// Longest agreement of a team.
const AGREEMENT_CHARS: usize = 400;
/// More statuses than any board has.
const STATUSES: usize = 100;

/// The block `project`.
pub(super) fn project(project: &ProjectFacts, exclude: &Exclude) -> Page {
    let id = |id: &str| Said::name(id, NAME_CHARS);
    let maybe = |text: Option<&str>, say: fn(&str) -> Said| text.map_or(Said::Nothing, say);
    let address = |url: &str| Said::text(&text::address(url), ADDRESS_CHARS);
    let mut about = vec![
        Fact::new("name", "Name: ", Said::text(&project.name, NAME_CHARS * 2)),
        Fact::new("identifier", "Identifier: ", id(&project.identifier)),
    ];
    if !exclude.fields.contains(Field::Description) {
        let said = maybe(project.description.as_deref(), |text| {
            Said::text(text, ABOUT_CHARS)
        });
        about.push(Fact::new("description", "Description: ", said));
    }
    let huly = vec![
        Fact::new("id", "Id: ", id(&project.huly_id)),
        Fact::new("identifier", "Identifier: ", id(&project.identifier)),
        Fact::new(
            "url",
            "Address: ",
            maybe(project.huly_url.as_deref(), address),
        ),
    ];
    let vibe = vec![
        Fact::new("id", "Id: ", maybe(project.vibe_id.as_deref(), id)),
        Fact::new(
            "api_url",
            "API: ",
            maybe(project.vibe_api_url.as_deref(), address),
        ),
    ];
    let path = maybe(project.repository_path.as_deref(), |path| {
        Said::text(path, ADDRESS_CHARS)
    });
    let repository = vec![
        Fact::new("filesystem_path", "Path: ", path),
        Fact::new(
            "git_url",
            "Git: ",
            maybe(project.git_url.as_deref(), address),
        ),
    ];
    Page {
        heading: "Project",
        sections: vec![
            Section::facts("project", "This project", about),
            Section::facts("huly", "In Huly", huly),
            Section::facts("vibe", "In Vibe Kanban", vibe),
            Section::facts("repository", "Repository", repository),
        ],
    }
}

/// The block `board_config`.
pub(super) fn board_config(board: &Board) -> Page {
    let fields: Vec<Field> = board.fields.iter().collect();
    let mut agreements: Vec<&Agreement> = board.agreements.iter().collect();
    agreements.sort();
    Page {
        heading: "How the boards are tied together",
        sections: vec![
            Section::facts("sync", "Rules", rules(board)),
            Section::list(
                "huly_to_vibe",
                "Huly status to Vibe status",
                &board.huly,
                STATUSES,
                huly_entry,
            ),
            Section::list(
                "vibe_to_huly",
                "Vibe status to Huly status",
                &board.vibe,
                STATUSES,
                vibe_entry,
            ),
            Section::list("fields", "Fields", &fields, STATUSES, |field| {
                field_entry(board, *field)
            }),
            Section::list(
                "agreements",
                "Agreements of the team",
                &agreements,
                STATUSES,
                |agreement| agreement_entry(agreement),
            ),
        ],
    }
}

fn rules(board: &Board) -> Vec<Fact> {
    let workflow = board
        .workflow
        .as_deref()
        .map_or(Said::Nothing, |text| Said::text(text, AGREEMENT_CHARS * 2));
    vec![
        Fact::new(
            "creation",
            "New items: ",
            Said::Word(creation(board.creation)),
        ),
        Fact::new(
            "deletion",
            "Deleted items: ",
            Said::Word(deletion(board.deletion)),
        ),
        Fact::new("workflow", "How the team works: ", workflow),
    ]
}

fn huly_entry(column: &HulyColumn) -> Entry {
    let means = column.means.as_ref();
    let means = means.map_or(Said::Word("not synced"), |status| {
        Said::name(status.as_str(), NAME_CHARS)
    });
    vec![
        Fact::new("huly", "", Said::name(&column.name, NAME_CHARS)),
        Fact::new("category", " (", Said::Word(category(column.category))),
        Fact::new("vibe", ") is ", means),
    ]
}

fn vibe_entry(column: &VibeColumn) -> Entry {
    let written = column.written.as_deref();
    let written = written.map_or(Said::Word("not written"), |name| {
        Said::name(name, NAME_CHARS)
    });
    vec![
        Fact::new("vibe", "", Said::name(column.status.as_str(), NAME_CHARS)),
        Fact::new("huly", " is ", written),
    ]
}

fn field_entry(board: &Board, field: Field) -> Entry {
    let direction = board.policies.direction.of(field);
    let mut entry = vec![
        Fact::new("field", "", Said::Word(field.as_str())),
        Fact::new("direction", ": ", Said::Word(way(direction))),
    ];
    if direction != Direction::Off {
        let policy = Said::Word(policy(board.policies.of(field), field));
        entry.push(Fact::new(
            "conflict",
            "; where both sides changed it, ",
            policy,
        ));
    }
    entry
}

fn agreement_entry(agreement: &Agreement) -> Entry {
    let mut entry = vec![Fact::new(
        "status",
        "",
        Said::name(&agreement.status, NAME_CHARS),
    )];
    if let Some(limit) = agreement.wip_limit {
        let limit = Said::Made(limit.to_string());
        entry.push(Fact::new("wip_limit", ", at most this many items: ", limit));
    }
    if let Some(text) = agreement.done_when.as_deref() {
        let text = Said::text(text, AGREEMENT_CHARS);
        entry.push(Fact::new("done_when", ", done when: ", text));
    }
    entry
}

/// A category as Huly's people know it.
pub(super) const fn category(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Backlog) => "backlog",
        Some(Category::Todo) => "to do",
        Some(Category::Active) => "in progress",
        Some(Category::Won) => "done",
        Some(Category::Lost) => "cancelled",
        None => "no known category",
    }
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both ways",
        Direction::ToVibe => "from Huly to Vibe only",
        Direction::ToHuly => "from Vibe to Huly only",
        Direction::Off => "not synced",
    }
}

const fn policy(policy: Policy, field: Field) -> &'static str {
    match (policy, field) {
        (Policy::Merge, Field::Title | Field::Description) => {
            "the two texts are merged, and Huly's value stands where that cannot be done"
        }
        (Policy::Huly | Policy::Merge, _) => "Huly's value stands and the other is kept aside",
        (Policy::Vibe, _) => "Vibe's value stands and the other is kept aside",
        (Policy::Manual, _) => "it waits for a person",
    }
}

const fn creation(creation: Creation) -> &'static str {
    match creation {
        Creation::Both => "get a counterpart on the other side",
        Creation::ToVibe => "issues get a task, tasks get no issue",
        Creation::ToHuly => "tasks get an issue, issues get no task",
        Creation::None => "get no counterpart",
    }
}

const fn deletion(deletion: Deletion) -> &'static str {
    match deletion {
        Deletion::Cancel => "the counterpart is set to cancelled",
        Deletion::Mirror => "the counterpart is deleted too, and kept in the store",
        Deletion::Ignore => "the counterpart is left alone",
    }
}
