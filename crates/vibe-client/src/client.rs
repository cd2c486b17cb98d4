//! Projects and tasks of one local server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use http::Method;
use http_kit::{
    Call, Effect, Error, Http, Kind, Permit, Reply, ServerTime, Settings, Stats, Version,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::connect::{self, Shape};
use crate::locks::TaskLocks;
use crate::wire::{NewProjectL1, NewProjectL2, NewRepository};
use crate::{
    BODY_MAX, NewTask, Project, SERVICE, Status, Task, TaskUpdate, VibeProjectId, VibeTaskId,
    classify::decode_each, codes, decode, route,
};

/// The first version that honours the status of a create (reference, section 1).
const STATUS_ON_CREATE: Version = Version(0, 0, 117);

/// How a delete ended; both are success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deletion {
    /// The server deleted it now.
    Deleted,
    /// It was gone before.
    AlreadyGone,
}

/// The HTTP settings that suit a local server: four calls in flight at most, since its database takes one writer.
pub fn settings() -> Settings {
    Settings {
        service: SERVICE,
        concurrency: 4,
        write_concurrency: 4,
        ..Settings::default()
    }
}

/// One local server. Clones are the same server.
#[derive(Debug, Clone)]
pub struct Vibe {
    http: Http,
    base: Url,
    shape: Shape,
    version: Option<Version>,
    locks: Arc<TaskLocks>,
    /// What creates have shown about their status: 0 nothing yet, 1 ignored, 2 honoured.
    seen: Arc<AtomicU8>,
}

impl Vibe {
    /// Connects: health, version, shape. `http` is made with [`settings`] and [`crate::classify`]. Fatal where the
    /// server is a remote one, a local one of v0.1.15 or later, or something else; the error names what was found.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let http = http_kit::Http::new(vibe_client::settings(), vibe_client::classify)?;
    /// let vibe = vibe_client::Vibe::connect(http, "http://127.0.0.1:3000".parse()?).await?;
    /// for project in vibe.projects().await? {
    ///     let tasks = vibe.tasks(project.id).await?;
    ///     println!("{}: {} tasks", project.name, tasks.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(http: Http, base: Url) -> Result<Vibe, Error> {
        let base = connect::base(base)?;
        let found = connect::probe(&http, &base).await?;
        Ok(Vibe {
            http,
            base,
            shape: found.shape,
            version: found.version,
            locks: Arc::new(TaskLocks::new()),
            seen: Arc::new(AtomicU8::new(0)),
        })
    }

    /// The shape of the server's API.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The server's version where it tells one: for messages.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Whether a create keeps the status it asks for: as seen in answers, else as the version hints; none where
    /// nothing is known yet. The row that a create returns is what counts.
    pub fn honours_status_on_create(&self) -> Option<bool> {
        match (self.seen.load(Ordering::Relaxed), self.shape) {
            (1, _) => Some(false),
            // Every L2 server is younger than the version that brought it.
            (2, _) | (_, Shape::L2) => Some(true),
            (_, Shape::L1) => self.version.map(|version| version >= STATUS_ON_CREATE),
        }
    }

    /// Calls and bytes since connect.
    pub fn stats(&self) -> Stats {
        self.http.stats()
    }

    /// From now on writes leave only while this permit says so; see [`Http::set_permit`].
    pub fn set_permit(&self, permit: Option<Arc<dyn Permit>>) {
        self.http.set_permit(permit);
    }

    /// The server's clock now, as far as its answers told it.
    pub fn server_time(&self) -> Option<ServerTime> {
        self.http.server_time(&self.base)
    }

    /// All projects, newest first.
    pub async fn projects(&self) -> Result<Vec<Project>, Error> {
        self.fetch(Call::get(route::PROJECTS, self.url(route::PROJECTS)))
            .await
    }

    /// One project; none only where the server itself says that it is not there.
    pub async fn project(&self, id: VibeProjectId) -> Result<Option<Project>, Error> {
        found(self.fetch(self.project_call(id)).await)
    }

    /// Creates a project. `repo` is a path on the server's machine that holds a git repository; L2 can do without
    /// one. Nothing is created on disk. Not to be repeated blindly: L2 allows the same project twice.
    pub async fn create_project(&self, name: &str, repo: Option<&str>) -> Result<Project, Error> {
        let url = self.url(route::PROJECTS);
        let call = match (self.shape, repo) {
            (Shape::L1, Some(git_repo_path)) => {
                let body = NewProjectL1 {
                    name,
                    git_repo_path,
                    use_existing_repo: true,
                };
                Call::post_json(route::PROJECTS, url, &body, Effect::Write)?
            }
            (Shape::L1, None) => {
                let code = codes::VIBE_REPOSITORY_NEEDED;
                return Err(Error::new(Kind::Rejected, code, SERVICE, route::PROJECTS)
                    .with_detail(format!(
                        "project \"{}\" has no repository path",
                        short(name)
                    )));
            }
            (Shape::L2, repo) => {
                let repository = |git_repo_path| NewRepository {
                    display_name: last_part(git_repo_path).unwrap_or(name),
                    git_repo_path,
                };
                let repositories = repo.into_iter().map(repository).collect();
                let body = NewProjectL2 { name, repositories };
                Call::post_json(route::PROJECTS, url, &body, Effect::Write)?
            }
        };
        self.fetch(within_limit(call, name)?).await
    }

    /// Renames a project. On L1 the whole row is read first and sent back, since a PUT clears every script that it
    /// does not name.
    pub async fn update_project_name(
        &self,
        id: VibeProjectId,
        name: &str,
    ) -> Result<Project, Error> {
        let mut row = match self.shape {
            Shape::L1 => self.fetch(self.project_call(id)).await?,
            Shape::L2 => Map::new(),
        };
        row.insert("name".to_owned(), Value::from(name));
        let url = self.url_of(route::PROJECTS, id);
        let call = Call::put_json(route::PROJECT, url, &row, Effect::Write)?;
        self.fetch(within_limit(call, name)?).await
    }

    /// All tasks of a project, newest first. **Empty for a project that does not exist**: ask [`Vibe::project`]
    /// before concluding that tasks are gone.
    pub async fn tasks(&self, project: VibeProjectId) -> Result<Vec<Task>, Error> {
        self.tasks_as(project, |task| task).await
    }

    /// As [`Vibe::tasks`], keeping of each task what `keep` makes of it as soon as it is read.
    pub async fn tasks_as<T>(
        &self,
        project: VibeProjectId,
        keep: impl Fn(Task) -> T,
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(route::TASKS);
        url.query_pairs_mut()
            .append_pair("project_id", &project.to_string());
        let call = Call::get(route::TASKS, url);
        let reply = self.http.call(call.clone()).await?;
        decode_each(&call, &reply, keep)
    }

    /// One task; none only where the server itself says that it is not there.
    pub async fn task(&self, id: VibeTaskId) -> Result<Option<Task>, Error> {
        found(self.fetch(self.task_call(Method::GET, id)).await)
    }

    /// Creates a task and returns the row as stored: its status tells whether the server honoured the one asked for.
    /// An unknown outcome must be looked for by content; there is no key.
    pub async fn create_task(&self, task: &NewTask) -> Result<Task, Error> {
        let url = self.url(route::TASKS);
        let call = Call::post_json(route::TASKS, url, task, Effect::Write)?;
        let created: Result<Task, Error> = self.fetch(within_limit(call, &task.title)?).await;
        match created {
            Ok(row) => {
                self.learn(task.status, &row);
                Ok(row)
            }
            Err(error) if error.code() == codes::VIBE_HTTP_500 => {
                Err(self.explained(error, task.project_id).await)
            }
            Err(error) => Err(error),
        }
    }

    /// Changes a task with one PUT, never two at a time, and returns the row as written. That row looks right even
    /// where a racing write undid it, so confirm with a later list. A task that is gone is a conflict.
    pub async fn update_task(&self, id: VibeTaskId, update: &TaskUpdate) -> Result<Task, Error> {
        let url = self.url_of(route::TASKS, id);
        let call = Call::put_json(route::TASK, url, update, Effect::Write)?;
        let name = update.title.clone().unwrap_or_else(|| id.to_string());
        let call = within_limit(call, &name)?;
        let _alone = self.locks.lock(id).await?;
        self.fetch(call).await
    }

    /// Deletes a task. Transient while an agent works on it, rejected where it is shared through the cloud.
    pub async fn delete_task(&self, id: VibeTaskId) -> Result<Deletion, Error> {
        let call = self.task_call(Method::DELETE, id);
        let _alone = self.locks.lock(id).await?;
        match self.http.call(call).await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(error) if error.code() == codes::VIBE_NOT_FOUND => Ok(Deletion::AlreadyGone),
            Err(error) if error.code() == codes::VIBE_AGENT_RUNNING => {
                Err(self.shared_or(error, id).await)
            }
            Err(error) => Err(error),
        }
    }

    /// 409 on a delete has two meanings; the task itself tells which.
    async fn shared_or(&self, error: Error, id: VibeTaskId) -> Error {
        match self.task(id).await {
            Ok(Some(task)) if task.shared_task_id.is_some() => Error::new(
                Kind::Rejected,
                codes::VIBE_SHARED_TASK,
                SERVICE,
                route::TASK,
            )
            .with_status(409)
            .with_detail(error.detail()),
            Ok(_) | Err(_) => error,
        }
    }

    /// L2 answers 500 without a reason where the project is not there: for ever, so it must not stay unknown.
    async fn explained(&self, error: Error, project: VibeProjectId) -> Error {
        match self.project(project).await {
            Ok(None) => Error::new(
                Kind::Rejected,
                codes::VIBE_PROJECT_UNKNOWN,
                SERVICE,
                route::TASKS,
            )
            .with_status(500)
            .with_detail(format!("project {project} does not exist"))
            .with_tries(error.tries()),
            Ok(Some(_)) | Err(_) => error,
        }
    }

    /// A status other than the one every task starts with shows in the answer whether it was honoured.
    fn learn(&self, asked: Option<Status>, row: &Task) {
        match asked {
            None | Some(Status::Todo) => {}
            Some(asked) => {
                let honoured = row.status == asked.as_str();
                self.seen.store(1 + u8::from(honoured), Ordering::Relaxed);
            }
        }
    }

    async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let reply: Reply = self.http.call(call.clone()).await?;
        decode(&call, &reply)
    }

    fn project_call(&self, id: VibeProjectId) -> Call {
        Call::get(route::PROJECT, self.url_of(route::PROJECTS, id))
    }

    fn task_call(&self, method: Method, id: VibeTaskId) -> Call {
        let effect = if method == Method::GET {
            Effect::Read
        } else {
            Effect::Write
        };
        Call::new(method, route::TASK, self.url_of(route::TASKS, id), effect)
    }

    fn url(&self, path: &str) -> Url {
        connect::address(&self.base, path)
    }

    fn url_of(&self, path: &str, id: impl std::fmt::Display) -> Url {
        self.url(&format!("{path}/{id}"))
    }
}

/// None for the server's own "not there".
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code() == codes::VIBE_NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses a body that the server would refuse, with the item's name and both sizes.
fn within_limit(call: Call, name: &str) -> Result<Call, Error> {
    let size = call.body.len();
    if size <= BODY_MAX {
        return Ok(call);
    }
    let detail = format!(
        "\"{}\" is {size} bytes as a request, the server takes {BODY_MAX}",
        short(name)
    );
    Err(Error::new(Kind::Rejected, codes::VIBE_TOO_LARGE, SERVICE, call.route).with_detail(detail))
}

/// The first 80 characters of a name.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

/// The last part of a path, of either kind of slash (the server's machine may be another system).
fn last_part(path: &str) -> Option<&str> {
    path.split(['/', '\\']).rev().find(|part| !part.is_empty())
}
