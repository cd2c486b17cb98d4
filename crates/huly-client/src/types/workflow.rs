//! Which statuses apply to which issues.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::ids::DocRef;
use crate::types::{Project, or_default};

/// A status of issues. Shared by the workspace, not by project; several may bear one name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IssueStatus {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The id of its category.
    #[serde(default)]
    pub category: Option<DocRef>,
}

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Backlog.
    UnStarted,
    /// To do.
    ToDo,
    /// Being worked on.
    Active,
    /// Done.
    Won,
    /// Cancelled.
    Lost,
}

impl IssueStatus {
    /// What the status means; `None` for a category this client does not know.
    pub fn meaning(&self) -> Option<Category> {
        match self.category.as_ref()?.as_str() {
            "task:statusCategory:UnStarted" => Some(Category::UnStarted),
            "task:statusCategory:ToDo" => Some(Category::ToDo),
            "task:statusCategory:Active" => Some(Category::Active),
            "task:statusCategory:Won" => Some(Category::Won),
            "task:statusCategory:Lost" => Some(Category::Lost),
            _ => None,
        }
    }
}

/// A category of statuses, as the model holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusCategory {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// Its place.
    #[serde(default)]
    pub order: Option<i64>,
    /// The name of a status made for it.
    #[serde(default)]
    pub default_status_name: Option<String>,
}

/// A type of tasks (an issue's `kind`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskType {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The project type it belongs to.
    #[serde(default)]
    pub parent: Option<DocRef>,
    /// Its statuses, in board order.
    #[serde(default, deserialize_with = "or_default")]
    pub statuses: Vec<DocRef>,
    /// `task`, `subtask` or `both`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The class of documents it is for.
    #[serde(default)]
    pub of_class: Option<DocRef>,
}

/// A type of projects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProjectType {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The types of tasks in it.
    #[serde(default, deserialize_with = "or_default")]
    pub tasks: Vec<DocRef>,
    /// Its statuses with the type of tasks each is for.
    #[serde(default, deserialize_with = "or_default")]
    pub statuses: Vec<StatusOfType>,
}

/// A status within a type of projects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusOfType {
    /// The status.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The type of tasks it is for.
    #[serde(default)]
    pub task_type: Option<DocRef>,
}

/// All that decides which statuses apply where; read once per run at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workflow {
    /// Every status of issues in the workspace.
    pub statuses: Vec<IssueStatus>,
    /// Every type of tasks.
    pub task_types: Vec<TaskType>,
    /// Every type of projects.
    pub project_types: Vec<ProjectType>,
    /// What was asked for by its id as well: if it is not here then, it is gone.
    pub(crate) asked: BTreeSet<DocRef>,
}

/// Ids that lead from a project to its statuses and that the lists lack, by class.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) project_types: BTreeSet<DocRef>,
    pub(crate) task_types: BTreeSet<DocRef>,
    pub(crate) statuses: BTreeSet<DocRef>,
}

impl Missing {
    pub(crate) fn is_empty(&self) -> bool {
        self.project_types.is_empty() && self.task_types.is_empty() && self.statuses.is_empty()
    }

    pub(crate) fn into_ids(self) -> impl Iterator<Item = DocRef> {
        let types = self.project_types.into_iter().chain(self.task_types);
        types.chain(self.statuses)
    }
}

impl Workflow {
    /// Whether a project's issues may need something that the lists lack and that was not asked for by its id yet.
    pub fn lacks(&self, project: &Project) -> bool {
        !self.missing(project).is_empty()
    }

    /// What is missing on the way from a project to its statuses, as far as it can be seen; not what was asked for already.
    pub(crate) fn missing(&self, project: &Project) -> Missing {
        let Some(wanted) = &project.project_type else {
            return Missing::default();
        };
        let new = |id: &&DocRef| !self.asked.contains(*id);
        let project_type = self.project_types.iter().find(|known| &known.id == wanted);
        let tasks = project_type.iter().flat_map(|known| &known.tasks);
        let types = self.task_types_of(project);
        let statuses = types.iter().flat_map(|known| &known.statuses);
        Missing {
            project_types: Some(wanted)
                .into_iter()
                .filter(|_| project_type.is_none())
                .filter(new)
                .cloned()
                .collect(),
            task_types: tasks
                .filter(|id| !types.iter().any(|known| &known.id == *id))
                .filter(new)
                .cloned()
                .collect(),
            statuses: statuses
                .filter(|id| !self.statuses.iter().any(|known| &known.id == *id))
                .filter(new)
                .cloned()
                .collect(),
        }
    }

    /// The types of tasks that a project's issues may have.
    pub fn task_types_of(&self, project: &Project) -> Vec<&TaskType> {
        let Some(project_type) = self
            .project_types
            .iter()
            .find(|known| Some(&known.id) == project.project_type.as_ref())
        else {
            return Vec::new();
        };
        let ids = project_type.tasks.iter();
        ids.filter_map(|id| self.task_types.iter().find(|known| &known.id == id))
            .collect()
    }

    /// The statuses that an issue of this type may have in this project, in board order. Empty where the project's
    /// type does not have that type of tasks, or one of them is unknown.
    pub fn statuses_of(&self, project: &Project, kind: &DocRef) -> Vec<&IssueStatus> {
        let types = self.task_types_of(project);
        let Some(task_type) = types.into_iter().find(|known| &known.id == kind) else {
            return Vec::new();
        };
        let ids = task_type.statuses.iter();
        ids.filter_map(|id| self.statuses.iter().find(|known| &known.id == id))
            .collect()
    }
}
