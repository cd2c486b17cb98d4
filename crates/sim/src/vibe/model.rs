//! Rows of projects and tasks, as they are stored and shown.

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Generation, Paths, Status};
use crate::clock::{Clock, rfc3339};

/// Scripts of a project (L1). A PUT without them clears them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scripts {
    /// Before an agent starts.
    pub setup_script: Option<String>,
    /// The development server.
    pub dev_script: Option<String>,
    /// After an agent.
    pub cleanup_script: Option<String>,
    /// Files that are copied into a worktree.
    pub copy_files: Option<String>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Chosen by the server.
    pub id: Uuid,
    /// May be empty, need not be unique.
    pub name: String,
    /// L1: the one path, unique.
    pub git_repo_path: String,
    /// L1.
    pub scripts: Scripts,
    /// L2: repositories, in the order in which they were added.
    pub repos: Vec<Uuid>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; frozen.
    pub updated_at: i64,
}

/// A repository (L2), shared by projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    /// Chosen by the server.
    pub id: Uuid,
    /// Unique.
    pub path: String,
    /// Shown name.
    pub display_name: String,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Chosen by the server.
    pub id: Uuid,
    /// Never changes.
    pub project_id: Uuid,
    /// May be empty.
    pub title: String,
    /// `""` is possible after a create, never after an update.
    pub description: Option<String>,
    /// Any of the five.
    pub status: Status,
    /// An attempt (L1) or workspace (L2) of the parent task.
    pub parent: Option<Uuid>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; moved by the server's own status changes only, then in whole seconds.
    pub updated_at: i64,
    /// An agent is at work.
    pub has_in_progress_attempt: bool,
    /// The last agent failed.
    pub last_attempt_failed: bool,
    /// Name of the last agent, `""` if there was none.
    pub executor: String,
}

/// A task as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// Chosen by the server.
    pub id: Uuid,
    /// The project's id.
    pub project_id: Uuid,
    /// Title.
    pub title: String,
    /// Markdown; none for none, or to keep it.
    pub description: Option<String>,
    /// Status; none for the default, or to keep it.
    pub status: Status,
}

/// A project as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectView {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Repository paths, one in L1, any number in L2.
    pub paths: Vec<String>,
}

/// What the stream of hints would have carried. The stream itself comes with live watching; until then a watcher can
/// be driven by these figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StreamHints {
    /// Frames sent.
    pub sent: u64,
    /// Frames that the server lost at the source.
    pub lost: u64,
}

/// What a server does with the values that it is asked to store, without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// White space around titles is cut off.
    pub trims_titles: bool,
    /// Titles are cut after so many characters.
    pub title_chars: Option<usize>,
    /// An update's status is dropped.
    pub drops_status: bool,
}

impl Manners {
    /// A title as it is stored.
    pub(crate) fn title(self, sent: String) -> String {
        let title = if self.trims_titles {
            sent.trim().to_owned()
        } else {
            sent
        };
        match self.title_chars {
            Some(most) => title.chars().take(most).collect(),
            None => title,
        }
    }
}

/// A simulated Vibe Kanban server. A clone is a backup of all of it, to be put back later.
#[derive(Clone, Debug)]
pub struct Vibe {
    pub(crate) generation: Generation,
    pub(crate) clock: Clock,
    pub(crate) rng: StdRng,
    /// In order of creation: lists answer the newest first.
    pub(crate) projects: Vec<Project>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) repos: Vec<Repo>,
    pub(crate) tags: Vec<Value>,
    /// The disk.
    pub paths: Paths,
    /// Milliseconds between a PUT's read and its write of all columns; none: they are one step and nothing is lost.
    pub put_race_ms: Option<u64>,
    /// What it does with values without a word; nothing, as a real server.
    pub manners: Manners,
    /// Share of frames that the server loses.
    pub stream_loss: f64,
    pub(crate) hints: StreamHints,
}

impl Vibe {
    /// An empty board; ids follow from the seed.
    pub fn new(generation: Generation, clock: Clock, seed: u64) -> Self {
        Self {
            generation,
            clock,
            rng: StdRng::seed_from_u64(seed),
            projects: Vec::new(),
            tasks: Vec::new(),
            repos: Vec::new(),
            tags: Vec::new(),
            paths: Paths::default(),
            put_race_ms: None,
            manners: Manners::default(),
            stream_loss: 0.0,
            hints: StreamHints::default(),
        }
    }

    /// Which shape this is.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The server's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Puts another clock in, such as one that is skewed against the other servers.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    pub(crate) fn new_uuid(&mut self) -> Uuid {
        let mut bytes = [0_u8; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Puts a project in as it is, past all rules.
    pub fn load_project(&mut self, project: Project) {
        self.projects.push(project);
    }

    /// Puts a task in as it is, past all rules.
    pub fn load_task(&mut self, task: Task) {
        self.tasks.push(task);
    }

    /// Puts a repository in as it is, past all rules.
    pub fn load_repo(&mut self, repo: Repo) {
        self.repos.push(repo);
    }

    /// What the stream would have carried so far.
    pub fn hints(&self) -> StreamHints {
        self.hints
    }

    /// All tasks, by id.
    pub fn snapshot(&self) -> Vec<TaskView> {
        let mut all: Vec<TaskView> = self.tasks.iter().map(view).collect();
        all.sort_by_key(|task| task.id);
        all
    }

    /// All projects, in order of creation.
    pub fn projects(&self) -> Vec<ProjectView> {
        let paths = |project: &Project| match self.generation {
            Generation::L1 => vec![project.git_repo_path.clone()],
            Generation::L2 => self
                .repos_of(project)
                .map(|repo| repo.path.clone())
                .collect(),
        };
        self.projects
            .iter()
            .map(|project| ProjectView {
                id: project.id,
                name: project.name.clone(),
                paths: paths(project),
            })
            .collect()
    }

    /// All repositories, in order of registration (L2).
    pub fn all_repos(&self) -> impl Iterator<Item = &Repo> {
        self.repos.iter()
    }

    pub(crate) fn repos_of<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = &'a Repo> {
        project
            .repos
            .iter()
            .filter_map(|id| self.repos.iter().find(|repo| repo.id == *id))
    }

    /// A project's row as it is answered.
    pub fn project_row(&self, project: &Project) -> Value {
        let mut row = match self.generation {
            Generation::L1 => {
                json!({ "git_repo_path": project.git_repo_path, "setup_script": project.scripts.setup_script,
                "dev_script": project.scripts.dev_script, "cleanup_script": project.scripts.cleanup_script,
                "copy_files": project.scripts.copy_files })
            }
            Generation::L2 => json!({ "default_agent_working_dir": "", "remote_project_id": null }),
        };
        extend(
            &mut row,
            json!({ "id": project.id, "name": project.name, "created_at": rfc3339(project.created_at),
            "updated_at": rfc3339(project.updated_at) }),
        );
        row
    }

    /// A task's row as it is answered by itself.
    pub fn task_row(&self, task: &Task) -> Value {
        let parent = match self.generation {
            Generation::L1 => "parent_task_attempt",
            Generation::L2 => "parent_workspace_id",
        };
        json!({ "id": task.id, "project_id": task.project_id, "title": task.title, "description": task.description,
            "status": task.status, parent: task.parent, "created_at": rfc3339(task.created_at),
            "updated_at": rfc3339(task.updated_at) })
    }

    /// A task's row as lists carry it: with the flags of its agents.
    pub fn list_row(&self, task: &Task) -> Value {
        let mut row = self.task_row(task);
        extend(
            &mut row,
            json!({ "has_in_progress_attempt": task.has_in_progress_attempt,
            "last_attempt_failed": task.last_attempt_failed, "executor": task.executor }),
        );
        if self.generation == Generation::L1 {
            extend(&mut row, json!({ "has_merged_attempt": false }));
        }
        row
    }

    /// A repository's row (L2).
    pub fn repo_row(repo: &Repo) -> Value {
        let name = repo.path.rsplit('/').next().unwrap_or("");
        json!({ "id": repo.id, "path": repo.path, "name": name, "display_name": repo.display_name, "setup_script": null,
            "cleanup_script": null, "archive_script": null, "copy_files": null, "parallel_setup_script": false,
            "dev_server_script": null, "default_target_branch": null, "default_working_dir": null,
            "created_at": rfc3339(repo.created_at), "updated_at": rfc3339(repo.created_at) })
    }
}

pub(crate) fn view(task: &Task) -> TaskView {
    TaskView {
        id: task.id,
        project_id: task.project_id,
        title: task.title.clone(),
        description: task.description.clone(),
        status: task.status,
    }
}

fn extend(row: &mut Value, more: Value) {
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend::<Map<String, Value>>(more);
    }
}
