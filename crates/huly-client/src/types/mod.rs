//! What the server sends: only the fields a sync needs, each optional one absent or null alike, unknown keys ignored.

mod issue;
mod person;
mod project;
mod row;
mod workflow;

use serde::{Deserialize, Deserializer};

pub use issue::{Comment, Issue, IssueKey, ParentInfo, Priority};
pub use person::{Component, Label, Milestone, Person, SocialIdentity};
pub use project::Project;
pub use row::TxRow;
pub use workflow::{
    Category, IssueStatus, ProjectType, StatusCategory, StatusOfType, TaskType, Workflow,
};

/// Names of the classes this client asks for.
pub mod class {
    /// Issues.
    pub const ISSUE: &str = "tracker:class:Issue";
    /// Projects of the tracker.
    pub const PROJECT: &str = "tracker:class:Project";
    /// Statuses of issues.
    pub const ISSUE_STATUS: &str = "tracker:class:IssueStatus";
    /// Components of a project.
    pub const COMPONENT: &str = "tracker:class:Component";
    /// Milestones of a project.
    pub const MILESTONE: &str = "tracker:class:Milestone";
    /// Types of tasks: which statuses apply.
    pub const TASK_TYPE: &str = "task:class:TaskType";
    /// Types of projects: which types of tasks apply.
    pub const PROJECT_TYPE: &str = "task:class:ProjectType";
    /// Categories of statuses.
    pub const STATUS_CATEGORY: &str = "core:class:StatusCategory";
    /// Labels attached to an issue.
    pub const TAG_REFERENCE: &str = "tags:class:TagReference";
    /// Comments.
    pub const CHAT_MESSAGE: &str = "chunter:class:ChatMessage";
    /// People, as they are assigned.
    pub const PERSON: &str = "contact:class:Person";
    /// Social identities, as they are authors.
    pub const SOCIAL_IDENTITY: &str = "contact:class:SocialIdentity";
    /// Every kind of row in the history.
    pub const TX_CUD: &str = "core:class:TxCUD";
    /// Rows of creation.
    pub const TX_CREATE: &str = "core:class:TxCreateDoc";
    /// Rows of change.
    pub const TX_UPDATE: &str = "core:class:TxUpdateDoc";
    /// Rows of removal.
    pub const TX_REMOVE: &str = "core:class:TxRemoveDoc";
}

/// The parent of an issue that has none.
pub const NO_PARENT: &str = "tracker:ids:NoParent";
/// The type of an issue where a project has no types of its own.
pub const DEFAULT_KIND: &str = "tracker:taskTypes:Issue";
/// The collection of its parent that an issue is in.
pub const SUB_ISSUES: &str = "subIssues";

/// Reads a field whose null means the same as its absence.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
