//! The model of Vibe Kanban as a board.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use engine::port::{
    Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, NewProject, Page, Removed,
    Traffic, UpdateJob, Written,
};
use http_kit::{Error, Kind};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId, StatusId},
    item::{FieldSet, Item, Values},
    lens::HulyStatus,
    rules::{Capabilities, Limits},
};

use super::call::{Ask, Caller};
use super::failure::{self, VIBE};
use super::task::{STATUSES, item, made_by, precondition, project, put, unsupported, uuid};
use super::vibe_call::{BODY_MAX, DELETE_TASK, NEW_PROJECT, PROJECT, PROJECTS, found};
use crate::http::Server;
use crate::vibe::{self, Generation, Scripts, Vibe};

/// A simulated Vibe Kanban server as a [`Board`].
pub struct VibePort {
    pub(super) caller: Caller<Vibe>,
    generation: Generation,
    /// Whether a create was seen to keep the status that it asked for, or is known to by the shape.
    pub(super) keeps_status: AtomicBool,
}

impl VibePort {
    /// The board of a server.
    pub fn new(server: &Server<Vibe>) -> Self {
        let generation = server.model.lock().generation();
        Self {
            caller: Caller::new(server.clone()),
            generation,
            keeps_status: AtomicBool::new(generation == Generation::L2),
        }
    }
}

#[async_trait]
impl Board for VibePort {
    fn side(&self) -> Side {
        Side::Vibe
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: FieldSet::COMMON,
            conditional_write: false,
            client_ids: false,
            changes: false,
            status_at_create: self.keeps_status.load(Ordering::Relaxed),
            footer: true,
            limits: Limits {
                title_chars: None,
                description_bytes: Some(BODY_MAX),
                blank_title: true,
                nul: true,
            },
        }
    }

    fn traffic(&self) -> Traffic {
        self.caller.traffic()
    }

    fn server_time(&self) -> Option<http_kit::ServerTime> {
        let millis = self.caller.model().lock().clock().shows();
        Some(http_kit::ServerTime { millis, within: 0 })
    }

    fn set_permit(&self, permit: Arc<dyn http_kit::Permit>) {
        self.caller.set_permit(permit);
    }

    fn describe(&self) -> String {
        let version = self.generation.version();
        format!(
            "simulated Vibe Kanban {version}, shape {:?}",
            self.generation
        )
    }

    fn needs_repository(&self) -> bool {
        self.generation == Generation::L1
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        self.read(PROJECTS, |vibe, cap| {
            let all = vibe.projects.iter().rev().take(cap);
            Ok(all.map(|row| project(row, self.generation)).collect())
        })
        .await
    }

    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        let id = uuid("project", id.as_str())?;
        let read = self.read(PROJECT, |vibe, _| {
            vibe.project(id).map(|row| project(row, self.generation))
        });
        found(read.await)
    }

    async fn create_project(&self, new: &NewProject) -> Answer<BoardProject> {
        let name = new.name.to_string();
        let path = new.repository.as_deref().map(str::to_owned);
        let new = match (self.generation, path) {
            (Generation::L1, None) => {
                let code = "VIBE_REPOSITORY_NEEDED";
                let none = Error::new(Kind::Rejected, code, VIBE, NEW_PROJECT.shown);
                return Err(none.with_detail(format!("project \"{name}\" has no repository path")));
            }
            (Generation::L1, Some(git_repo_path)) => vibe::NewProject::L1 {
                name,
                git_repo_path,
                use_existing_repo: true,
                scripts: Scripts::default(),
            },
            (Generation::L2, path) => {
                let shown = |path: &str| {
                    path.rsplit('/')
                        .find(|part| !part.is_empty())
                        .map(str::to_owned)
                };
                let named = |path: String| (shown(&path).unwrap_or_else(|| name.clone()), path);
                vibe::NewProject::L2 {
                    repositories: path.into_iter().map(named).collect(),
                    name: name.clone(),
                }
            }
        };
        let told = format!("{new:?}");
        let ask = Ask {
            route: NEW_PROJECT,
            operation: "",
            body: move || told.clone(),
        };
        self.caller
            .write(ask, move |vibe| {
                let refused = |refusal| failure::of_vibe(NEW_PROJECT, refusal);
                vibe.create_project(new).map_err(refused)?;
                let generation = vibe.generation();
                let made = vibe.projects.last().ok_or(vibe::Refusal::NotFound);
                Ok(project(made.map_err(refused)?, generation))
            })
            .await
    }

    async fn statuses(&self, _project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        let statuses = STATUSES.iter().map(|(_, word)| HulyStatus {
            id: StatusId::from(*word),
            name: (*word).into(),
            category: None,
        });
        Ok(vec![KindStatuses {
            kind: None,
            statuses: statuses.collect(),
        }])
    }

    async fn list(&self, project: &ProjectId, _from: Option<Cursor>) -> Answer<Page> {
        let tasks = self.tasks(uuid("project", project.as_str())?).await?;
        let items = tasks
            .into_iter()
            .map(|item| (project.clone(), item))
            .collect();
        Ok(Page { items, next: None })
    }

    async fn changes(&self, _from: Cursor) -> Answer<Page> {
        Err(unsupported("changes"))
    }

    async fn removals(&self, _since: Millis) -> Answer<Vec<ItemId>> {
        Err(unsupported("removals"))
    }

    async fn newest(&self) -> Answer<Option<Millis>> {
        Err(unsupported("newest"))
    }

    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        let mut there = HashMap::new();
        for id in items {
            if let Some(located) = self.task(id).await? {
                there.insert(id.clone(), located);
            }
        }
        Ok(there)
    }

    async fn was_moved(&self, _item: &ItemId) -> Answer<bool> {
        // A task never moves to another project.
        Ok(false)
    }

    async fn text(&self, item: &Item) -> Answer<Arc<str>> {
        if let Some(text) = &item.text {
            return Ok(Arc::clone(text));
        }
        let (_, task) = present(&item.id, self.task(&item.id).await?)?;
        Ok(task.text.unwrap_or_default())
    }

    async fn prepare(
        &self,
        _project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        Ok(vec![serde_json::Value::Null; jobs.len()])
    }

    fn create_batch(&self) -> usize {
        1
    }

    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        let mut made = Vec::with_capacity(jobs.len());
        for job in jobs {
            made.push(self.create_one(project, job).await);
        }
        made
    }

    async fn find_created(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        _taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        let tasks = self.tasks(uuid("project", project.as_str())?).await?;
        let marker_of = |item: &Item| item.footer.as_ref().and_then(|footer| footer.marker);
        let mut by_marker: HashMap<_, Item> = HashMap::new();
        for item in tasks {
            let Some(marker) = marker_of(&item) else {
                continue;
            };
            // Several of one link: the oldest is the one that stays.
            match by_marker.get(&made_by(marker)) {
                Some(known) if known.created <= item.created => {}
                Some(_) | None => {
                    by_marker.insert(made_by(marker), item);
                }
            }
        }
        let of_job = |job: &CreateJob| {
            let marker = job.footer.as_ref().and_then(|footer| footer.marker)?;
            by_marker.get(&made_by(marker)).cloned()
        };
        Ok(jobs.iter().map(|job| Ok(of_job(job))).collect())
    }

    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        let mut looked = None;
        let update = if job.only_confirms() {
            put(job, None)?
        } else {
            let (_, before) = present(&job.item, self.task(&job.item).await?)?;
            looked = Some(self.caller.moment());
            let changed = job.set.iter().find(|change| {
                !before.values.same(&job.expected, change.field)
                    && job.expected_is_known(change.field)
            });
            if let Some(change) = changed {
                return Err(precondition(format!(
                    "{} of task {} was changed meanwhile",
                    change.field, job.item
                )));
            }
            put(job, Some(&before))?
        };
        let task = self
            .put_task(uuid("task", job.item.as_str())?, update, looked)
            .await?;
        Ok(Written {
            item: item(&task, false),
            refused: Vec::new(),
            lost: Vec::new(),
        })
    }

    async fn remove(&self, id: &ItemId, expected: &Values, _write_id: &str) -> Answer<Removed> {
        match self.task(id).await? {
            None => return Ok(Removed::Gone),
            Some((_, task)) if task.values != *expected => {
                return Err(precondition(format!("task {id} was changed meanwhile")));
            }
            Some(_) => {}
        }
        let task = uuid("task", id.as_str())?;
        let ask = Ask {
            route: DELETE_TASK,
            operation: "",
            body: String::new,
        };
        let deleted = self.caller.write(ask, move |vibe| {
            vibe.delete_task(task)
                .map_err(|refusal| failure::of_vibe(DELETE_TASK, refusal))
        });
        // Gone before is as good.
        found(deleted.await).map(|_| Removed::Gone)
    }
}

fn present(id: &ItemId, read: Option<(ProjectId, Item)>) -> Answer<(ProjectId, Item)> {
    read.ok_or_else(|| precondition(format!("task {id} is not there any more")))
}
