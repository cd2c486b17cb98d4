//! A Vibe Kanban board in memory, in both local shapes, and the rules of its server.
//!
//! The model answers as the recorded servers answered. It knows no HTTP: rows go out, refusals are [`Refusal`]s.

mod agents;
mod model;
mod paths;
mod projects;
mod tasks;

pub use model::{Manners, Project, ProjectView, Repo, Scripts, StreamHints, Task, TaskView, Vibe};
pub use paths::{PathKind, Paths};
pub use projects::{NewProject, ProjectUpdate};
pub use tasks::{NewTask, TaskUpdate};

use serde::{Deserialize, Serialize};

/// Which shape of the local server this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generation {
    /// v0.0.115: one repository path per project, `status` ignored on create.
    L1,
    /// v0.1.14: lists of repositories, `status` honoured on create, foreign origins refused.
    L2,
}

impl Generation {
    /// The version that it calls itself.
    pub fn version(self) -> &'static str {
        match self {
            Self::L1 => "0.0.115",
            Self::L2 => "0.1.14",
        }
    }
}

/// Status of a task. Any may follow any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not begun.
    Todo,
    /// At work.
    InProgress,
    /// To be looked at.
    InReview,
    /// Done.
    Done,
    /// Given up.
    Cancelled,
}

/// Why the server refused something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404 with an empty body.
    #[error("not found")]
    NotFound,
    /// 200 with `success: false` and this message.
    #[error("{0}")]
    Told(String),
    /// 400 with the envelope and this message.
    #[error("{0}")]
    Bad(String),
    /// 500 with the envelope: a foreign key is broken. It will be so for ever.
    #[error("foreign key broken")]
    ForeignKey,
}
