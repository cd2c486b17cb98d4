//! Documents of the model as the engine's values.

use std::sync::Arc;

use engine::port::BoardProject;
use serde_json::Value;
use sync_core::{
    ids::{ItemId, KindId, Millis, ProjectId, StatusId},
    item::{Extra, FieldSet, Item, Priority, TextVersion, Values},
};

use crate::huly::{Doc, text};

/// What an issue without a parent is attached to.
pub(super) const NO_PARENT: &str = "tracker:ids:NoParent";
/// The kind of plain issues.
pub(super) const DEFAULT_KIND: &str = "tracker:taskTypes:Issue";

/// A text field, where it is there and not empty.
fn some<'a>(doc: &'a Doc, field: &str) -> Option<&'a str> {
    Some(text(doc, field)).filter(|text| !text.is_empty())
}

pub(super) fn stamp(doc: &Doc, field: &str) -> Option<i64> {
    doc.get(field).and_then(Value::as_i64)
}

/// The id of a document.
pub(super) fn id(doc: &Doc) -> &str {
    text(doc, "_id")
}

/// An issue with the project it is in.
pub(super) fn located(doc: &Doc) -> (ProjectId, Item) {
    (ProjectId::from(text(doc, "space")), item(doc))
}

/// An issue. Its text is known only where there is none.
pub(super) fn item(doc: &Doc) -> Item {
    let description = some(doc, "description");
    let parent = some(doc, "attachedTo").filter(|parent| *parent != NO_PARENT);
    Item {
        id: ItemId::from(id(doc)),
        label: some(doc, "identifier").map(Arc::from),
        kind: some(doc, "kind").map(KindId::from),
        values: Values {
            title: text(doc, "title").into(),
            description: description.map_or_else(TextVersion::default, TextVersion::named),
            status: some(doc, "status").map(StatusId::from),
            extra: Extra {
                priority: priority(stamp(doc, "priority")),
                parent: parent.map(ItemId::from),
                assignee: some(doc, "assignee").map(Arc::from),
                due_date: stamp(doc, "dueDate").map(Millis),
                ..Extra::default()
            },
        },
        text: description.is_none().then(|| "".into()),
        footer: None,
        modified: stamp(doc, "modifiedOn").map(Millis),
        created: stamp(doc, "createdOn").map(Millis),
        agent: false,
        unseen: FieldSet::EMPTY,
    }
}

fn priority(wire: Option<i64>) -> Priority {
    match wire {
        Some(1) => Priority::Urgent,
        Some(2) => Priority::High,
        Some(3) => Priority::Medium,
        Some(4) => Priority::Low,
        Some(_) | None => Priority::None,
    }
}

/// The number by which the model knows a priority.
pub(super) fn priority_number(priority: Priority) -> u8 {
    match priority {
        Priority::None => 0,
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Medium => 3,
        Priority::Low => 4,
    }
}

/// A project, as an account sees it.
pub(super) fn project(doc: &Doc, account: &str) -> BoardProject {
    let members = doc.get("members").and_then(Value::as_array);
    BoardProject {
        id: ProjectId::from(id(doc)),
        label: some(doc, "identifier").map(Arc::from),
        name: text(doc, "name").into(),
        description: some(doc, "description").map(Arc::from),
        archived: doc.get("archived") == Some(&Value::Bool(true)),
        member: members.is_some_and(|members| members.iter().any(|member| member == account)),
        repository: None,
        modified: stamp(doc, "modifiedOn").map(Millis),
    }
}

/// What a create must know of its project.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) identifier: String,
    /// Its project type.
    pub(super) kind: String,
    /// The status of new issues, where it has one.
    pub(super) default_status: Option<String>,
}

impl Facts {
    pub(super) fn of(doc: &Doc) -> Self {
        Self {
            identifier: text(doc, "identifier").to_owned(),
            kind: text(doc, "type").to_owned(),
            default_status: some(doc, "defaultIssueStatus").map(str::to_owned),
        }
    }
}
