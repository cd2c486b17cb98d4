//! Wire types to the common model and back, without I/O.

use std::sync::Arc;

use huly_client::{
    DocRef,
    paging::Position,
    types::{self, Category as WireCategory, Issue, Project, Workflow},
};
use sync_core::{
    ids::{ItemId, KindId, Millis, ProjectId, StatusId},
    item::{Extra, FieldSet, Item, Priority, TextVersion, Values},
    lens::{Category, HulyStatus},
};
use uuid::Uuid;

use crate::port::{BoardProject, Cursor, KindStatuses};

/// How far up a chain of parents is followed.
pub(super) const MAX_ANCESTORS: usize = 16;

pub(super) fn item(issue: &Issue) -> Item {
    Item {
        id: ItemId::from(issue.id.as_str()),
        label: issue.identifier.as_deref().map(Arc::from),
        kind: issue.kind.as_ref().map(kind_id),
        values: Values {
            title: issue.title.as_str().into(),
            description: issue
                .description
                .as_ref()
                .map_or_else(TextVersion::default, |name| {
                    TextVersion::named(name.as_str())
                }),
            status: issue
                .status
                .as_ref()
                .map(|status| StatusId::from(status.as_str())),
            extra: Extra {
                priority: priority(issue.priority),
                parent: issue.parent().map(|parent| ItemId::from(parent.as_str())),
                assignee: issue.assignee.as_ref().map(|person| person.as_str().into()),
                due_date: issue.due_date.map(|at| Millis(at.0)),
                ..Extra::default()
            },
        },
        text: issue.description.is_none().then(|| "".into()),
        footer: None,
        modified: Some(Millis(issue.modified_on.0)),
        created: issue.created_on.map(|at| Millis(at.0)),
        agent: false,
        unseen: FieldSet::EMPTY,
    }
}

/// Huly's numbers: 0 none, 1 urgent, 2 high, 3 medium, 4 low (reference, section 3.3).
fn priority(wire: Option<types::Priority>) -> Priority {
    match wire.unwrap_or_default().0 {
        1 => Priority::Urgent,
        2 => Priority::High,
        3 => Priority::Medium,
        4 => Priority::Low,
        _ => Priority::None,
    }
}

pub(super) fn wire_priority(priority: Priority) -> types::Priority {
    types::Priority(match priority {
        Priority::None => 0,
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Medium => 3,
        Priority::Low => 4,
    })
}

pub(super) fn project(project: &Project, account: Uuid) -> BoardProject {
    BoardProject {
        id: ProjectId::from(project.id.as_str()),
        label: (!project.identifier.is_empty()).then(|| project.identifier.as_str().into()),
        name: project.name.as_str().into(),
        description: (!project.description.is_empty()).then(|| project.description.as_str().into()),
        archived: project.archived,
        member: project.has_member(account),
        repository: None,
        modified: project.modified_on.map(|at| Millis(at.0)),
    }
}

/// The kind of an issue, as the common model names it.
fn kind_id(kind: &DocRef) -> KindId {
    KindId::from(kind.as_str())
}

/// The kinds of issue of one project with their statuses, the kind of plain issues first.
pub(super) fn kind_statuses(workflow: &Workflow, project: &Project) -> Vec<KindStatuses> {
    let mut kinds: Vec<KindStatuses> = workflow
        .task_types_of(project)
        .into_iter()
        .map(|task_type| KindStatuses {
            kind: Some(kind_id(&task_type.id)),
            statuses: workflow
                .statuses_of(project, &task_type.id)
                .into_iter()
                .map(status)
                .collect(),
        })
        .collect();
    kinds.sort_by_key(|kind| {
        kind.kind
            .as_ref()
            .is_none_or(|kind| kind.as_str() != types::DEFAULT_KIND)
    });
    kinds
}

fn status(status: &types::IssueStatus) -> HulyStatus {
    HulyStatus {
        id: StatusId::from(status.id.as_str()),
        name: status.name.as_str().into(),
        category: status.meaning().map(|category| match category {
            WireCategory::UnStarted => Category::Backlog,
            WireCategory::ToDo => Category::Todo,
            WireCategory::Active => Category::Active,
            WireCategory::Won => Category::Won,
            WireCategory::Lost => Category::Lost,
        }),
    }
}

pub(super) fn position(cursor: Cursor) -> Position {
    match cursor {
        Cursor::From { at, seen } => Position::From {
            at: huly_client::Millis(at.0),
            seen: seen.iter().map(|id| DocRef::from(id.as_str())).collect(),
        },
        Cursor::Ties { at, after } => Position::Ties {
            at: huly_client::Millis(at.0),
            after: DocRef::from(after.as_str()),
        },
        Cursor::Past { at } => Position::Past {
            at: huly_client::Millis(at.0),
        },
    }
}

pub(super) fn cursor(position: Position) -> Cursor {
    match position {
        Position::From { at, seen } => Cursor::From {
            at: Millis(at.0),
            seen: seen.iter().map(|id| ItemId::from(id.as_str())).collect(),
        },
        Position::Ties { at, after } => Cursor::Ties {
            at: Millis(at.0),
            after: ItemId::from(after.as_str()),
        },
        Position::Past { at } => Cursor::Past { at: Millis(at.0) },
    }
}
