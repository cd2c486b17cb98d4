//! Projects and what decides on their statuses.

use http_kit::{Error, Kind};
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

    /// All that decides which statuses apply where: three queries.
    pub async fn workflow(&self) -> Result<Workflow, Error> {
        let task_types = Find::of(class::TASK_TYPE).with("ofClass", json!(class::ISSUE));
        Ok(Workflow {
            statuses: self.find(&Find::of(class::ISSUE_STATUS)).await?,
            task_types: self.find(&task_types).await?,
            project_types: self.find(&Find::of(class::PROJECT_TYPE)).await?,
        })
    }
}
