//! Rows and bodies, as they go over the wire. Readers tolerate unknown fields and missing optional ones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{VibeProjectId, VibeTaskId};

/// The statuses that every local server knows, in the spelling of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// `todo`: what every new task has on servers before v0.0.117.
    Todo,
    /// `inprogress`
    InProgress,
    /// `inreview`
    InReview,
    /// `done`
    Done,
    /// `cancelled`
    Cancelled,
}

impl Status {
    /// All of them, in the order of the board.
    pub const ALL: [Status; 5] = [
        Status::Todo,
        Status::InProgress,
        Status::InReview,
        Status::Done,
        Status::Cancelled,
    ];

    /// The wire's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Todo => "todo",
            Status::InProgress => "inprogress",
            Status::InReview => "inreview",
            Status::Done => "done",
            Status::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Exact spelling only, as the servers have it. The error is the unknown text.
impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Status::ALL.into_iter().find(|s| s.as_str() == text);
        known.ok_or_else(|| text.to_owned())
    }
}

/// A task, as a single read, a list or a write gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Chosen by the server.
    pub id: VibeTaskId,
    /// A task never moves to another project.
    pub project_id: VibeProjectId,
    /// Stored exactly as sent; may be empty.
    pub title: String,
    /// Stored exactly as sent; null and blank mean the same, see [`Task::text`].
    #[serde(default)]
    pub description: Option<String>,
    /// The status's raw name; see [`Task::known_status`].
    pub status: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339. Moved by the server's own status changes only, never by an edit; may lie before `created_at`.
    pub updated_at: String,
    /// Lists only: whether an agent works on the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_in_progress_attempt: Option<bool>,
    /// Lists only: whether the last agent failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt_failed: Option<bool>,
    /// v0.0.117 to v0.0.155: set where the task is shared through the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_task_id: Option<String>,
}

impl Task {
    /// The description, with blank ones as none: the servers turn one into the other.
    pub fn text(&self) -> Option<&str> {
        self.description
            .as_deref()
            .filter(|text| !text.trim().is_empty())
    }

    /// The status, where it is one of the five that are known.
    pub fn known_status(&self) -> Option<Status> {
        self.status.parse().ok()
    }
}

/// A project, as both shapes give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Chosen by the server.
    pub id: VibeProjectId,
    /// Not unique; may be empty.
    pub name: String,
    /// L1 only: the repository, which no two projects share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_repo_path: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339. Does not move on an edit.
    pub updated_at: String,
}

/// A task to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTask {
    /// Where.
    pub project_id: VibeProjectId,
    /// Stored exactly as given.
    pub title: String,
    /// Stored exactly as given; none for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Ignored by servers before v0.0.117: compare with the answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// What to change of a task, all in one PUT; none keeps a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaskUpdate {
    /// The new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new description; `""` clears it (null would keep it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The new status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// The body of a project's create in L1.
#[derive(Debug, Serialize)]
pub(crate) struct NewProjectL1<'a> {
    pub(crate) name: &'a str,
    pub(crate) git_repo_path: &'a str,
    pub(crate) use_existing_repo: bool,
}

/// The body of a project's create in L2; the list may be empty.
#[derive(Debug, Serialize)]
pub(crate) struct NewProjectL2<'a> {
    pub(crate) name: &'a str,
    pub(crate) repositories: Vec<NewRepository<'a>>,
}

/// A repository of a new project in L2.
#[derive(Debug, Serialize)]
pub(crate) struct NewRepository<'a> {
    pub(crate) display_name: &'a str,
    pub(crate) git_repo_path: &'a str,
}
