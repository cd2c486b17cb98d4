//! The local API of Vibe Kanban, in both of its shapes.
//!
//! [`Vibe::connect`] finds out by probing which [`Shape`] a server has; the methods of [`Vibe`] are its projects and
//! tasks. Wire types only: what a task means for a sync is decided elsewhere.
//!
//! What a caller must know about these servers:
//! - `updated_at` does not move on an edit; compare content.
//! - Two PUTs at one instant lose one of them; this client sends one per task at a time, the caller confirms with a list.
//! - A create has no key; a create whose answer was lost must be looked for by a marker in the description.
//! - An unknown project has an empty list of tasks: ask for the project before believing that tasks are gone.
//!
//! Errors are [`http_kit::Error`] with a code of [`codes::CODES`] or [`http_kit::codes::CODES`].

mod classify;
mod client;
pub mod codes;
mod connect;
mod ids;
mod locks;
mod wire;

pub use crate::classify::{classify, decode};
pub use crate::client::{Deletion, Vibe, settings};
pub use crate::connect::Shape;
pub use crate::ids::{VibeProjectId, VibeTaskId};
pub use crate::wire::{NewTask, Project, Status, Task, TaskUpdate};
pub use http_kit::Version;

/// The name of the service in errors and counters.
pub const SERVICE: &str = "vibe";
/// Most bytes of a request body; one more is refused by the server with 413.
pub const BODY_MAX: usize = 2_097_152;

/// The route templates, as they stand in errors and counters.
pub mod route {
    /// Health of the local server.
    pub const HEALTH: &str = "/api/health";
    /// Health of the remote server.
    pub const REMOTE_HEALTH: &str = "/v1/health";
    /// Config and version. The body can hold tokens and is never shown.
    pub const INFO: &str = "/api/info";
    /// Repositories (L2 only): used for probing.
    pub const REPOS: &str = "/api/repos";
    /// All projects; create one.
    pub const PROJECTS: &str = "/api/projects";
    /// One project.
    pub const PROJECT: &str = "/api/projects/{id}";
    /// The tasks of a project; create one.
    pub const TASKS: &str = "/api/tasks";
    /// One task.
    pub const TASK: &str = "/api/tasks/{id}";
}
