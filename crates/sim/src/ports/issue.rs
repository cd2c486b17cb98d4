//! Documents of the model as the engine's values.

use std::sync::Arc;

use engine::port::{BoardProject, KindStatuses};
use serde_json::Value;
use sync_core::{
    ids::{ItemId, KindId, Millis, ProjectId, StatusId},
    item::{Extra, FieldSet, Item, Priority, TextVersion, Values},
    lens::{Category, HulyStatus},
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

/// Statuses, types of tasks and types of projects of the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Workflow {
    pub(super) statuses: Vec<HulyStatus>,
    pub(super) task_types: Vec<TaskType>,
    pub(super) project_types: Vec<ProjectType>,
}

/// A type of tasks with its statuses in board order.
#[derive(Clone, Debug)]
pub(super) struct TaskType {
    id: String,
    statuses: Vec<String>,
    only_below: bool,
}

/// A type of projects with its types of tasks.
#[derive(Clone, Debug)]
pub(super) struct ProjectType {
    id: String,
    tasks: Vec<String>,
}

fn strings(doc: &Doc, field: &str) -> Vec<String> {
    let list = doc.get(field).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

pub(super) fn status(doc: &Doc) -> HulyStatus {
    HulyStatus {
        id: StatusId::from(id(doc)),
        name: text(doc, "name").into(),
        category: match text(doc, "category") {
            "task:statusCategory:UnStarted" => Some(Category::Backlog),
            "task:statusCategory:ToDo" => Some(Category::Todo),
            "task:statusCategory:Active" => Some(Category::Active),
            "task:statusCategory:Won" => Some(Category::Won),
            "task:statusCategory:Lost" => Some(Category::Lost),
            _ => None,
        },
    }
}

impl TaskType {
    pub(super) fn of(doc: &Doc) -> Self {
        Self {
            id: id(doc).to_owned(),
            statuses: strings(doc, "statuses"),
            only_below: text(doc, "kind") == "subtask",
        }
    }
}

impl ProjectType {
    pub(super) fn of(doc: &Doc) -> Self {
        Self {
            id: id(doc).to_owned(),
            tasks: strings(doc, "tasks"),
        }
    }
}

impl Workflow {
    fn types_of(&self, project: &Facts) -> Vec<&TaskType> {
        let found = self
            .project_types
            .iter()
            .find(|known| known.id == project.kind);
        let tasks = found.map_or(&[][..], |found| &found.tasks);
        tasks
            .iter()
            .filter_map(|id| self.task_types.iter().find(|known| known.id == *id))
            .collect()
    }

    /// The kinds of issue of a project with their statuses, the kind of plain issues first.
    pub(super) fn kinds_of(&self, project: &Facts) -> Vec<KindStatuses> {
        let statuses = |kind: &TaskType| {
            let known = |id: &String| self.statuses.iter().find(|known| known.id.as_str() == id);
            kind.statuses.iter().filter_map(known).cloned().collect()
        };
        let mut types = self.types_of(project);
        types.sort_by_key(|kind| kind.id != DEFAULT_KIND);
        types
            .into_iter()
            .map(|kind| KindStatuses {
                kind: Some(KindId::from(kind.id.as_str())),
                statuses: statuses(kind),
            })
            .collect()
    }

    /// The kind of a new issue: the plain one where the project has it, else the first that stands alone.
    pub(super) fn kind_of_new(&self, project: &Facts) -> String {
        let types = self.types_of(project);
        if types.is_empty() || types.iter().any(|kind| kind.id == DEFAULT_KIND) {
            return DEFAULT_KIND.to_owned();
        }
        let alone = types.iter().find(|kind| !kind.only_below);
        alone
            .or(types.first())
            .map_or_else(|| DEFAULT_KIND.to_owned(), |kind| kind.id.clone())
    }
}
