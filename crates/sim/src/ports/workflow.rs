//! Which statuses apply to which issues, and what a list that was cut short left out of it.

use std::collections::BTreeSet;

use engine::port::{Answer, KindStatuses};
use serde_json::{Value, json};
use sync_core::{
    ids::{KindId, StatusId},
    lens::{Category, HulyStatus},
};

use super::huly::HulyPort;
use super::huly_find::{ISSUE, find};
use super::issue::{DEFAULT_KIND, Facts, id};
use crate::huly::{Doc, Find, text};

const STATUS: &str = "tracker:class:IssueStatus";
const TASK_TYPE: &str = "task:class:TaskType";
const PROJECT_TYPE: &str = "task:class:ProjectType";

impl HulyPort {
    /// The workflow as it was first told to this sign-in, with all that a project's issues need: what a list left out was asked for
    /// by its id, as the client does it.
    pub(super) async fn workflow(&self, project: &Facts) -> Answer<Workflow> {
        let mut held = self.workflow.lock().await;
        let mut known = match held.clone() {
            Some(known) => known,
            None => Workflow {
                statuses: self.find(&find(STATUS, json!({})), status).await?,
                task_types: self.find(&types_of_issues(), TaskType::of).await?,
                project_types: self
                    .find(&find(PROJECT_TYPE, json!({})), ProjectType::of)
                    .await?,
                asked: BTreeSet::new(),
            },
        };
        self.complete(&mut known, project).await?;
        *held = Some(known.clone());
        Ok(known)
    }

    async fn complete(&self, known: &mut Workflow, project: &Facts) -> Answer<()> {
        loop {
            let [types, tasks, statuses] = known.missing(project);
            if types.is_empty() && tasks.is_empty() && statuses.is_empty() {
                return Ok(());
            }
            let types_found = self
                .asked_by_id(find(PROJECT_TYPE, json!({})), &types, ProjectType::of)
                .await?;
            let tasks_found = self
                .asked_by_id(types_of_issues(), &tasks, TaskType::of)
                .await?;
            let statuses_found = self
                .asked_by_id(find(STATUS, json!({})), &statuses, status)
                .await?;
            known.project_types.extend(types_found);
            known.task_types.extend(tasks_found);
            known.statuses.extend(statuses_found);
            known
                .asked
                .extend(types.into_iter().chain(tasks).chain(statuses));
        }
    }

    async fn asked_by_id<T>(
        &self,
        mut find: Find,
        ids: &BTreeSet<String>,
        read: impl Fn(&Doc) -> T,
    ) -> Answer<Vec<T>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        find.query.insert("_id".to_owned(), json!({ "$in": ids }));
        self.find(&find, read).await
    }

    /// The workflow where it was asked for already.
    pub(super) async fn known_workflow(&self) -> Option<Workflow> {
        self.workflow.lock().await.clone()
    }
}

fn types_of_issues() -> Find {
    find(TASK_TYPE, json!({ "ofClass": ISSUE }))
}

/// Statuses, types of tasks and types of projects of the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Workflow {
    statuses: Vec<HulyStatus>,
    task_types: Vec<TaskType>,
    project_types: Vec<ProjectType>,
    /// What was asked for by its id as well.
    asked: BTreeSet<String>,
}

/// A type of tasks with its statuses in board order.
#[derive(Clone, Debug)]
struct TaskType {
    id: String,
    statuses: Vec<String>,
    only_below: bool,
}

/// A type of projects with its types of tasks.
#[derive(Clone, Debug)]
struct ProjectType {
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

fn status(doc: &Doc) -> HulyStatus {
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
    fn of(doc: &Doc) -> Self {
        Self {
            id: id(doc).to_owned(),
            statuses: strings(doc, "statuses"),
            only_below: text(doc, "kind") == "subtask",
        }
    }
}

impl ProjectType {
    fn of(doc: &Doc) -> Self {
        Self {
            id: id(doc).to_owned(),
            tasks: strings(doc, "tasks"),
        }
    }
}

impl Workflow {
    /// Ids that lead from a project to its statuses and that the lists lack: of its type, of types of tasks, of statuses.
    fn missing(&self, project: &Facts) -> [BTreeSet<String>; 3] {
        let new = |id: &&String| !id.is_empty() && !self.asked.contains(*id);
        let project_type = self
            .project_types
            .iter()
            .find(|known| known.id == project.kind);
        let tasks = project_type.iter().flat_map(|known| &known.tasks);
        let types = self.types_of(project);
        let statuses = types.iter().flat_map(|known| &known.statuses);
        let is_known = |id: &str| self.statuses.iter().any(|known| known.id.as_str() == id);
        [
            Some(&project.kind)
                .into_iter()
                .filter(|_| project_type.is_none())
                .filter(new)
                .cloned()
                .collect(),
            tasks
                .filter(|id| !types.iter().any(|known| known.id == **id))
                .filter(new)
                .cloned()
                .collect(),
            statuses
                .filter(|id| !is_known(id))
                .filter(new)
                .cloned()
                .collect(),
        ]
    }

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
