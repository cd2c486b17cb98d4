//! The database of the predecessor, the JavaScript service before hvs: read, never touched.
//!
//! Its schema grew by statements that people ran by hand, so no two databases need to have the same columns. What is
//! read is decided by the columns that are there; what is missing counts as not known, what is not known is left alone.
//!
//! The file is never opened where it lies: SQLite would make or merge the files beside it even for a reader. It is
//! copied with its write-ahead log into a private directory (mode 0700), and the copy is opened, checked and removed. So
//! rows that the predecessor had not merged into its file yet are read too, and nothing of its own changes.

mod copy;
mod error;
mod read;

use std::path::Path;

use sync_core::{Pair, ids::Millis};
use uuid::Uuid;

pub use error::{CODES, Error};

/// Everything that is of use of one database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// When its last run ended, by its own clock; only some versions kept it.
    pub last_sync: Option<Millis>,
    /// What was added to the first schema, oldest first, for people.
    pub additions: Vec<&'static str>,
    /// Its projects, by identifier.
    pub projects: Vec<ProjectState>,
    /// Its issues, by identifier.
    pub issues: Vec<IssueState>,
    /// Rows without an identifier, which say nothing.
    pub unusable: u64,
}

/// One row of its projects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectState {
    /// Huly's identifier, or the name where there was none.
    pub identifier: String,
    /// As Huly showed it.
    pub name: String,
    /// Huly's id of the project, where it was stored.
    pub huly: Option<String>,
    /// Vibe's id of the project. It was stored and never used for matching.
    pub vibe: Option<String>,
    /// Where the repository stood on the predecessor's machine.
    pub path: Option<String>,
    /// What it kept for Letta.
    pub letta: Letta,
}

/// What it kept for Letta of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Letta {
    /// The project's agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The README's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Letta {
    /// Whether nothing was kept.
    pub const fn is_empty(&self) -> bool {
        self.agent.is_none() && self.folder.is_none() && self.source.is_none()
    }
}

/// One row of its issues. Title, description and status are not read: the upserts of some versions overwrote them with
/// defaults (the identifier as title, `unknown` as status), and what stands on the boards is read from the boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueState {
    /// Huly's identifier.
    pub identifier: String,
    /// The project's identifier; the project's row may be missing.
    pub project: String,
    /// Huly's id of the issue, where it was stored.
    pub huly: Option<String>,
    /// Vibe's id of the task, where there was one. Several issues may claim one task.
    pub task: Option<String>,
    /// Whether it was marked as deleted, by side.
    pub deleted: Pair<bool>,
}

/// Reads the database at `path`. `unique` names the private copy's directory and is to be random.
pub async fn read(path: &Path, unique: Uuid) -> Result<State, Error> {
    let copied = copy::Copied::of(path, unique)?;
    let state = read::state(copied.database(), path).await;
    copied.remove();
    state
}
