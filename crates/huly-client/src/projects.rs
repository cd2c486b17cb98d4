//! Projects and what decides on their statuses.

use std::collections::BTreeSet;

use http_kit::{Error, Kind};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::client::Huly;
use crate::codes::HULY_PROJECT_NOT_A_MEMBER;
use crate::find::{FIND, Find};
use crate::ids::DocRef;
use crate::types::{Project, Workflow, class};

impl Huly {
    /// Every project that the account can see, archived ones too. Seeing a project is not being its member:
    /// [`Project::has_member`].
    pub async fn projects(&self) -> Result<Vec<Project>, Error> {
        self.find(&Find::of(class::PROJECT).sorted("_id").archived_too())
            .await
    }

    /// One project by its id, archived or not; `None` where there is none (or it is private and not ours).
    pub async fn project(&self, id: &DocRef) -> Result<Option<Project>, Error> {
        let find = Find::of(class::PROJECT)
            .with("_id", json!(id))
            .archived_too();
        Ok(self.find(&find).await?.pop())
    }

    /// Says so where the account cannot see a project's issues (fatal for that project). To be asked of a project read
    /// *after* a list or a read by id came back empty, before that is believed: see [`Project::has_member`].
    pub fn require_member(&self, project: &Project) -> Result<(), Error> {
        if project.has_member(self.account().uuid) {
            return Ok(());
        }
        let detail = format!(
            "no member of project {} ({})",
            project.identifier, project.name
        );
        Err(FIND.error(Kind::Fatal, HULY_PROJECT_NOT_A_MEMBER, detail))
    }

    /// All that decides which statuses apply where: three queries. A list may be cut short: see [`Huly::complete`].
    pub async fn workflow(&self) -> Result<Workflow, Error> {
        Ok(Workflow {
            statuses: self.find(&Find::of(class::ISSUE_STATUS)).await?,
            task_types: self.find(&types_of_issues()).await?,
            project_types: self.find(&Find::of(class::PROJECT_TYPE)).await?,
            ..Workflow::default()
        })
    }

    /// Asks for what a project's issues need and the lists left out, each by its id and once: only what is missing then
    /// too is really gone. No call where nothing is missing ([`Workflow::lacks`]), at most one for each of the three classes else.
    pub async fn complete(&self, workflow: &mut Workflow, project: &Project) -> Result<(), Error> {
        // A type that is found names types of tasks, and those name statuses: three rounds at most.
        loop {
            let missing = workflow.missing(project);
            if missing.is_empty() {
                return Ok(());
            }
            let types = Find::of(class::PROJECT_TYPE);
            let project_types = self.asked_by_id(types, &missing.project_types).await?;
            let task_types = self
                .asked_by_id(types_of_issues(), &missing.task_types)
                .await?;
            let statuses = Find::of(class::ISSUE_STATUS);
            let statuses = self.asked_by_id(statuses, &missing.statuses).await?;
            workflow.project_types.extend(project_types);
            workflow.task_types.extend(task_types);
            workflow.statuses.extend(statuses);
            workflow.asked.extend(missing.into_ids());
        }
    }

    async fn asked_by_id<T: DeserializeOwned>(
        &self,
        find: Find,
        ids: &BTreeSet<DocRef>,
    ) -> Result<Vec<T>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.find(&find.with("_id", json!({"$in": ids}))).await
    }
}

/// The types of tasks that are issues.
fn types_of_issues() -> Find {
    Find::of(class::TASK_TYPE).with("ofClass", json!(class::ISSUE))
}
