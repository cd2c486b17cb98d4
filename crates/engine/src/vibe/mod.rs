//! The Vibe Kanban board: wire types to common model and back, over `vibe_client`.

mod convert;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use sync_core::{
    Side,
    footer::{self, Marker},
    ids::{ItemId, Millis, ProjectId, StatusId},
    item::{FieldSet, Item, Values},
    lens::HulyStatus,
    rules::{Capabilities, Limits},
};
use vibe_client::{BODY_MAX, NewTask, Shape, Status, Task, Vibe};

use crate::{
    port::{
        Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, NewProject, Page, Removed,
        Traffic, UpdateJob, Written,
    },
    recover::same,
};
use convert::{
    item, precondition, project, project_id, put, status, task_id, unsupported, with_footer,
};

/// Single reads in flight when several tasks are asked for by id: the local API has no bulk read.
const READS_IN_FLIGHT: usize = 4;

/// The five statuses of every local server, as the common model names them, in board order.
pub fn statuses() -> Vec<StatusId> {
    Status::ALL
        .iter()
        .map(|status| StatusId::from(status.as_str()))
        .collect()
}

/// A local Vibe Kanban server as a [`Board`].
#[derive(Debug, Clone)]
pub struct VibeBoard {
    client: Vibe,
}

impl VibeBoard {
    /// Wraps a connected client.
    pub const fn new(client: Vibe) -> Self {
        VibeBoard { client }
    }

    async fn read(&self, id: &ItemId) -> Answer<Option<Task>> {
        self.client.task(task_id(id)?).await
    }
}

#[async_trait]
impl Board for VibeBoard {
    fn side(&self) -> Side {
        Side::Vibe
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: FieldSet::COMMON,
            conditional_write: false,
            client_ids: false,
            changes: false,
            status_at_create: self.client.honours_status_on_create() == Some(true),
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
        Traffic::of(&[self.client.stats()])
    }

    fn hosts(&self) -> Vec<http_kit::HostStats> {
        self.client.stats().hosts
    }

    fn set_permit(&self, permit: Arc<dyn http_kit::Permit>) {
        self.client.set_permit(Some(permit));
    }

    fn server_time(&self) -> Option<http_kit::ServerTime> {
        self.client.server_time()
    }

    fn describe(&self) -> String {
        let version = self.client.version().map_or_else(
            || "unknown version".to_owned(),
            |version| version.to_string(),
        );
        format!("Vibe Kanban {version}, shape {}", self.client.shape())
    }

    fn needs_repository(&self) -> bool {
        self.client.shape() == Shape::L1
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        Ok(self
            .client
            .projects()
            .await?
            .into_iter()
            .map(project)
            .collect())
    }

    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        Ok(self.client.project(project_id(id)?).await?.map(project))
    }

    async fn create_project(&self, new: &NewProject) -> Answer<BoardProject> {
        Ok(project(
            self.client
                .create_project(&new.name, new.repository.as_deref())
                .await?,
        ))
    }

    async fn statuses(&self, _project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        let statuses = statuses().into_iter().map(|id| HulyStatus {
            name: id.as_str().into(),
            id,
            category: None,
        });
        Ok(vec![KindStatuses {
            kind: None,
            statuses: statuses.collect(),
        }])
    }

    async fn list(&self, project: &ProjectId, _from: Option<Cursor>) -> Answer<Page> {
        // The local API has no pages: one answer is the whole list, and its size is bounded by the body cap.
        let keep = |task: Task| (project.clone(), item(&task));
        let items = self.client.tasks_as(project_id(project)?, keep).await?;
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
        let mut reads = stream::iter(items.to_vec())
            .map(|id| async move {
                let task = self.read(&id).await;
                (id, task)
            })
            .buffer_unordered(READS_IN_FLIGHT);
        let mut there = HashMap::new();
        while let Some((id, task)) = reads.next().await {
            if let Some(task) = task? {
                there.insert(
                    id,
                    (ProjectId::new(task.project_id.to_string()), item(&task)),
                );
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
        let task = self.read(&item.id).await?;
        let task =
            task.ok_or_else(|| precondition(format!("task {} is not there any more", item.id)))?;
        Ok(self::item(&task).text.unwrap_or_default())
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
        let keep = |task: Task| item(&task);
        let tasks = self.client.tasks_as(project_id(project)?, keep).await?;
        let mut by_marker: HashMap<_, Item> = HashMap::new();
        for item in tasks {
            let Some(marker) = item.footer.as_ref().and_then(|footer| footer.marker) else {
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
        let update = if job.only_confirms() {
            put(job, None)?
        } else {
            let before = self.read(&job.item).await?.map(|task| item(&task));
            let before = before
                .ok_or_else(|| precondition(format!("task {} is not there any more", job.item)))?;
            for change in &job.set {
                let moved = !same(&before.values, &job.expected, change.field);
                if moved && job.expected_is_known(change.field) {
                    return Err(precondition(format!(
                        "{} of task {} was changed meanwhile",
                        change.field, job.item
                    )));
                }
            }
            put(job, Some(&before))?
        };
        let task = self
            .client
            .update_task(task_id(&job.item)?, &update)
            .await?;
        Ok(Written {
            item: item(&task),
            refused: Vec::new(),
            lost: Vec::new(),
        })
    }

    async fn remove_footer(&self, id: &ItemId) -> Answer<bool> {
        let Some(task) = self.read(id).await? else {
            return Ok(false);
        };
        let Some(text) = task.description.as_deref().and_then(footer::without_ours) else {
            return Ok(false);
        };
        let update = vibe_client::TaskUpdate {
            description: Some(text.clone()),
            ..vibe_client::TaskUpdate::default()
        };
        let after = self.client.update_task(task_id(id)?, &update).await?;
        // A blank text is stored as none.
        if after.text().unwrap_or_default().trim() == text.trim() {
            Ok(true)
        } else {
            Err(precondition(format!("task {id} was changed meanwhile")))
        }
    }

    async fn remove(&self, id: &ItemId, expected: &Values, _write_id: &str) -> Answer<Removed> {
        match self.read(id).await? {
            None => return Ok(Removed::Gone),
            Some(task) if item(&task).values != *expected => {
                return Err(precondition(format!("task {id} was changed meanwhile")));
            }
            Some(_) => {}
        }
        self.client.delete_task(task_id(id)?).await?;
        Ok(Removed::Gone)
    }
}

impl VibeBoard {
    async fn create_one(&self, project: &BoardProject, job: &CreateJob) -> Answer<Item> {
        let text = with_footer(&job.draft.text, job.footer.as_ref());
        let task = NewTask {
            project_id: project_id(&project.id)?,
            title: job.draft.title.to_string(),
            description: (!text.is_empty()).then_some(text),
            status: job.draft.status.as_ref().map(status).transpose()?,
        };
        Ok(item(&self.client.create_task(&task).await?))
    }
}

/// What makes two markers the same counterpart: everything but the attempt.
const fn made_by(
    marker: Marker,
) -> (
    sync_core::ids::StoreId,
    sync_core::ids::LinkId,
    sync_core::ids::Generation,
) {
    (marker.store, marker.link, marker.generation)
}
