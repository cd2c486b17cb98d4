//! The calls of Vibe Kanban's model.

use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::port::{Answer, BoardProject, CreateJob};
use http_kit::{Effect, Error, Kind};
use serde_json::json;
use sync_core::{
    Side,
    ids::{ItemId, ProjectId},
    item::Item,
};
use uuid::Uuid;

use super::call::{Ask, Route};
use super::failure::{self, VIBE, VIBE_NOT_FOUND};
use super::task::{item, status, uuid, with_footer};
use super::vibe::VibePort;
use crate::Shared;
use crate::onlooker::Overwrite;
use crate::vibe::{self, NewTask, Task, Vibe};

/// The largest body that the server takes.
pub(super) const BODY_MAX: usize = 2_097_152;

const fn route(
    method: &'static str,
    template: &'static str,
    shown: &'static str,
    effect: Effect,
) -> Route {
    Route {
        service: VIBE,
        method,
        template,
        shown,
        effect,
    }
}

pub(super) const PROJECTS: Route = route("GET", "/api/projects", "/api/projects", Effect::Read);
pub(super) const NEW_PROJECT: Route =
    route("POST", "/api/projects", "/api/projects", Effect::Write);
pub(super) const PROJECT: Route = route(
    "GET",
    "/api/projects/{id}",
    "/api/projects/{id}",
    Effect::Read,
);
pub(super) const TASKS: Route = route("GET", "/api/tasks", "/api/tasks", Effect::Read);
pub(super) const NEW_TASK: Route = route("POST", "/api/tasks", "/api/tasks", Effect::Write);
pub(super) const TASK: Route = route(
    "GET",
    "/api/tasks/{task_id}",
    "/api/tasks/{id}",
    Effect::Read,
);
pub(super) const PUT_TASK: Route = route(
    "PUT",
    "/api/tasks/{task_id}",
    "/api/tasks/{id}",
    Effect::Write,
);
pub(super) const DELETE_TASK: Route = route(
    "DELETE",
    "/api/tasks/{task_id}",
    "/api/tasks/{id}",
    Effect::Write,
);

impl VibePort {
    pub(super) async fn read<T>(
        &self,
        route: Route,
        work: impl Fn(&mut Vibe, usize) -> Result<T, vibe::Refusal>,
    ) -> Answer<T> {
        let ask = Ask {
            route,
            operation: "",
            body: String::new,
        };
        let work = |vibe: &mut Vibe, cap: usize| {
            work(vibe, cap).map_err(|refusal| failure::of_vibe(route, refusal))
        };
        self.caller.read(ask, work).await
    }

    pub(super) async fn task(&self, id: &ItemId) -> Answer<Option<(ProjectId, Item)>> {
        let id = uuid("task", id.as_str())?;
        let read = self.read(TASK, |vibe, _| {
            vibe.task(id).map(|task| located(task, false))
        });
        found(read.await)
    }

    pub(super) async fn tasks(&self, project: Uuid) -> Answer<Vec<Item>> {
        self.read(TASKS, |vibe, cap| {
            let of_project = vibe
                .tasks
                .iter()
                .rev()
                .filter(|task| task.project_id == project);
            Ok(of_project.take(cap).map(|task| item(task, true)).collect())
        })
        .await
    }

    pub(super) async fn create_one(&self, project: &BoardProject, job: &CreateJob) -> Answer<Item> {
        let text = with_footer(&job.draft.text, job.footer.as_ref());
        let asked = job.draft.status.as_ref().map(status).transpose()?;
        let new = NewTask {
            project_id: uuid("project", project.id.as_str())?,
            title: job.draft.title.to_string(),
            description: (!text.is_empty()).then_some(text),
            status: asked,
            parent: None,
            image_ids: None,
        };
        within_limit(
            new.title.len() + new.description.as_ref().map_or(0, String::len),
            NEW_TASK,
        )?;
        let told = (new.title.clone(), new.description.clone());
        let ask = Ask {
            route: NEW_TASK,
            operation: "",
            body: move || json!({ "title": told.0, "description": told.1 }).to_string(),
        };
        let made = self
            .caller
            .write(ask, move |vibe| {
                vibe.create_task(new)
                    .map_err(|refusal| failure::of_vibe(NEW_TASK, refusal))
            })
            .await?;
        if let Some(asked) = asked
            && asked != vibe::Status::Todo
        {
            self.keeps_status
                .store(made.status == asked, Ordering::Relaxed);
        }
        Ok(item(&made, false))
    }

    /// A PUT: the server reads the row, waits where it is told to race, and writes all columns. `looked` is when the caller
    /// saw the row last before.
    pub(super) async fn put_task(
        &self,
        id: Uuid,
        update: vibe::TaskUpdate,
        looked: Option<u64>,
    ) -> Answer<Task> {
        let size = [&update.title, &update.description];
        let size = size.into_iter().flatten().map(String::len).sum();
        within_limit(size, PUT_TASK)?;
        let told = update.clone();
        let ask = Ask {
            route: PUT_TASK,
            operation: "",
            body: move || {
                json!({ "title": told.title, "description": told.description, "status": told.status })
                    .to_string()
            },
        };
        let refused = |refusal| failure::of_vibe(PUT_TASK, refusal);
        let looked = looked.unwrap_or_else(|| self.caller.moment());
        let onlooker = self.caller.onlooker();
        self.caller
            .write_in_steps(ask, async move |model: Shared<Vibe>| {
                let (row, race) = {
                    let vibe = model.lock();
                    let read = vibe.task(id).map_err(refused)?;
                    (
                        vibe.merge_task(read, update).map_err(refused)?,
                        vibe.put_race_ms,
                    )
                };
                if let Some(race) = race {
                    tokio::time::sleep(Duration::from_millis(race)).await;
                }
                let mut vibe = model.lock();
                let before = vibe.task(id).map_err(refused)?.clone();
                let after = vibe.write_task(&row).map_err(refused)?;
                if let Some(onlooker) = onlooker {
                    onlooker.overwrites(&Overwrite {
                        side: Side::Vibe,
                        item: &id.to_string(),
                        looked,
                        before: &[&before.title, before.description.as_deref().unwrap_or("")],
                        after: &[&after.title, after.description.as_deref().unwrap_or("")],
                    });
                }
                Ok(after)
            })
            .await
    }
}

fn located(task: &Task, listed: bool) -> (ProjectId, Item) {
    (
        ProjectId::new(task.project_id.to_string()),
        item(task, listed),
    )
}

/// None for the server's own "not there".
pub(super) fn found<T>(result: Answer<T>) -> Answer<Option<T>> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code() == VIBE_NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses what the server would refuse.
fn within_limit(bytes: usize, route: Route) -> Answer<()> {
    if bytes <= BODY_MAX {
        return Ok(());
    }
    let large = Error::new(Kind::Rejected, "VIBE_TOO_LARGE", VIBE, route.shown);
    Err(large.with_detail(format!("{bytes} bytes, the server takes {BODY_MAX}")))
}
