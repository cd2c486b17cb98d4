//! The Huly board: wire types to common model and back, over `huly_client`.

mod convert;
mod description;
mod history;
mod marks;
mod reading;
mod statuses;
mod write;

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use http_kit::{Error, Kind};
use huly_client::{DocRef, Huly, TxId, find::Find, markup, paging::Page as WirePage, types};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId},
    item::{Field, FieldSet, Item, Values},
    rules::{Capabilities, Limits},
};

use crate::{
    codes,
    env::Env,
    port::{
        Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, Marks, Names, NewProject,
        Page, Removed, Traffic, UpdateJob, Written,
    },
};
use convert::{cursor, item, kind_statuses, position, project};
use statuses::Statuses;

/// The route that errors of this adapter name where no single call is meant.
const ROUTE: &str = "(issue)";

/// A Huly workspace as a [`Board`].
pub struct HulyBoard {
    client: Huly,
    env: Arc<dyn Env>,
    /// The store's tag: the first 8 hex digits of every journaled transaction id (design 4.2).
    tag: u32,
    page_size: NonZeroU32,
    /// Projects as last read: a create needs identifier, type and default status. Bounded by the number of projects.
    projects: Mutex<HashMap<ProjectId, types::Project>>,
    /// Statuses and types of the workspace, asked for once a run by the first project that needs them.
    workflow: Statuses,
}

impl HulyBoard {
    /// Wraps a connected client. `tag` is the store's (the first 32 bits of its id), `page_size` the rows of one page of issues.
    pub fn new(client: Huly, env: Arc<dyn Env>, tag: u32, page_size: NonZeroU32) -> Self {
        HulyBoard {
            client,
            env,
            tag,
            page_size,
            projects: Mutex::new(HashMap::new()),
            workflow: Statuses::default(),
        }
    }

    /// The workspace's uuid: the name space of every derived id.
    pub fn workspace(&self) -> uuid::Uuid {
        self.client.workspace().0
    }

    /// An id for what the journal does not know by itself (frames, numbers, comments): never under the store's own tag, by which
    /// its journal is held against the history (design 4.3).
    fn fresh_tx(&self) -> TxId {
        TxId::tagged(!self.tag, self.env.random().to_be_bytes())
    }

    fn remember(&self, wire: &types::Project) -> BoardProject {
        let board = project(wire, self.client.account().uuid);
        self.projects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(board.id.clone(), wire.clone());
        board
    }

    async fn wire_project(&self, id: &ProjectId) -> Answer<types::Project> {
        let known = self
            .projects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = self.client.project(&DocRef::from(id.as_str())).await?;
        read.ok_or_else(|| conflict(format!("project {id} is not there any more")))
    }
}

/// A failed precondition: observe and plan again.
fn conflict(words: String) -> Error {
    Error::new(Kind::Conflict, codes::PRECONDITION, "huly", ROUTE).with_detail(words)
}

#[async_trait]
impl Board for HulyBoard {
    fn side(&self) -> Side {
        Side::Huly
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: FieldSet::COMMON.or(FieldSet::of(&[
                Field::Priority,
                Field::Parent,
                Field::DueDate,
            ])),
            conditional_write: true,
            client_ids: true,
            changes: true,
            status_at_create: true,
            footer: false,
            limits: Limits {
                title_chars: None,
                description_bytes: Some(huly_client::description::DESCRIPTION_MAX / 2),
                blank_title: false,
                nul: false,
            },
        }
    }

    fn traffic(&self) -> Traffic {
        let (transactor, collaborator) = self.client.stats();
        let parts: Vec<_> = std::iter::once(transactor).chain(collaborator).collect();
        Traffic::of(&parts)
    }

    fn hosts(&self) -> Vec<http_kit::HostStats> {
        self.client.hosts()
    }

    fn set_permit(&self, permit: Arc<dyn http_kit::Permit>) {
        self.client.set_permit(Some(permit));
    }

    fn server_time(&self) -> Option<http_kit::ServerTime> {
        self.client.server_time()
    }

    fn describe(&self) -> String {
        format!(
            "Huly {}, workspace {}",
            self.client.version(),
            self.client.workspace().1
        )
    }

    fn role(&self) -> Option<String> {
        self.client.account().role.clone()
    }

    fn needs_repository(&self) -> bool {
        false
    }

    async fn begin_run(&self) {
        self.client.begin_run().await;
        self.workflow.begin_run().await;
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        Ok(self
            .client
            .projects()
            .await?
            .iter()
            .map(|project| self.remember(project))
            .collect())
    }

    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        let read = self.client.project(&DocRef::from(id.as_str())).await?;
        Ok(read.map(|project| self.remember(&project)))
    }

    async fn create_project(&self, _new: &NewProject) -> Answer<BoardProject> {
        Err(
            Error::new(Kind::Fatal, codes::UNSUPPORTED, "huly", "(project)")
                .with_detail("projects are made by people in huly, never by a sync"),
        )
    }

    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        let wire = self.wire_project(&project.id).await?;
        Ok(kind_statuses(
            &*self.workflow.fresh(&self.client, &wire).await?,
            &wire,
        ))
    }

    async fn list(&self, project: &ProjectId, from: Option<Cursor>) -> Answer<Page> {
        let from = position(from.unwrap_or(Cursor::since(Millis(0))));
        Ok(page(
            self.client
                .issues_of(&DocRef::from(project.as_str()), from, self.page_size)
                .await?,
        ))
    }

    async fn changes(&self, from: Cursor) -> Answer<Page> {
        Ok(page(
            self.client
                .issues_changed(position(from), self.page_size)
                .await?,
        ))
    }

    async fn removals(&self, since: Millis) -> Answer<Vec<ItemId>> {
        let mut removed = Vec::new();
        let mut next = Some(position(Cursor::since(since)));
        while let Some(from) = next {
            let page = self.client.removals(from, self.page_size).await?;
            removed.extend(
                page.rows
                    .into_iter()
                    .filter_map(|row| row.object_id)
                    .map(|id| ItemId::from(id.as_str())),
            );
            next = page.next;
        }
        Ok(removed)
    }

    async fn newest_write(&self, since: Millis) -> Answer<Option<Arc<str>>> {
        self.newest_own(since).await
    }

    async fn carried_out(&self, write_ids: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        self.in_history(write_ids).await
    }

    async fn newest(&self) -> Answer<Option<Millis>> {
        let find = Find::of(types::class::ISSUE)
            .sorted_down("modifiedOn")
            .limited(NonZeroU32::MIN)
            .only(&["modifiedOn"]);
        let newest: Vec<types::IssueKey> = self.client.find(&find).await?;
        Ok(newest
            .first()
            .and_then(|issue| issue.modified_on)
            .map(|at| Millis(at.0)))
    }

    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        let ids: Vec<DocRef> = items.iter().map(|id| DocRef::from(id.as_str())).collect();
        let issues = self.client.issues_by_ids(&ids).await?;
        Ok(issues
            .iter()
            .map(|issue| (ItemId::from(issue.id.as_str()), located(issue)))
            .collect())
    }

    async fn has_items(&self, project: &ProjectId) -> Answer<bool> {
        let find = Find::of(types::class::ISSUE)
            .with("space", serde_json::json!(project.as_str()))
            .limited(NonZeroU32::MIN)
            .only(&["identifier"])
            .archived_too();
        let first: Vec<types::IssueKey> = self.client.find(&find).await?;
        Ok(!first.is_empty())
    }

    async fn called(&self, identifier: &str) -> Answer<Vec<(ProjectId, Item)>> {
        self.called_so(identifier).await
    }

    async fn marks(&self, labels: &[Arc<str>], people: &[Arc<str>]) -> Answer<Marks> {
        self.marks_of(labels, people).await
    }

    async fn names(&self) -> Answer<Names> {
        self.all_names().await
    }

    async fn was_moved(&self, id: &ItemId) -> Answer<bool> {
        let mut documents = vec![DocRef::from(id.as_str())];
        if !self.client.removals_of(&documents).await?.is_empty() {
            return Ok(false);
        }
        // Sub-issues move and vanish with their parents without rows of their own, so the ancestors' rows count as well.
        for _ in 0..convert::MAX_ANCESTORS {
            let Some(last) = documents.last() else { break };
            let find = Find::of(types::class::TX_CREATE).with("objectId", serde_json::json!(last));
            let created: Vec<types::TxRow> = self.client.find(&find).await?;
            let parent = created.into_iter().find_map(|row| row.attached_to);
            match parent
                .filter(|parent| parent.as_str() != types::NO_PARENT && !documents.contains(parent))
            {
                Some(parent) => documents.push(parent),
                None => break,
            }
        }
        if documents.len() > 1 && !self.client.removals_of(&documents).await?.is_empty() {
            return Ok(false);
        }
        self.any_move(&documents).await
    }

    async fn text(&self, item: &Item) -> Answer<Arc<str>> {
        Ok(markup::to_markdown(&self.blob(&item.values.description).await?).into())
    }

    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        self.prepare_issues(project, jobs).await
    }

    fn create_batch(&self) -> usize {
        huly_client::create::BATCH
    }

    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        self.create_issues(project, jobs).await
    }

    async fn find_created(
        &self,
        _project: &ProjectId,
        jobs: &[CreateJob],
        _taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        self.made_by(jobs).await
    }

    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        self.update_issue(job).await
    }

    async fn remove(&self, id: &ItemId, expected: &Values, write_id: &str) -> Answer<Removed> {
        let Some(issue) = self.read(id).await? else {
            return Ok(Removed::Gone);
        };
        if item(&issue).values != *expected {
            return Err(conflict(format!("issue {id} was changed meanwhile")));
        }
        let tx = self.tx(write_id);
        match self
            .client
            .remove_issue(&issue, tx, self.fresh_tx())
            .await?
        {
            huly_client::remove::RemoveOutcome::Gone => Ok(Removed::Gone),
            huly_client::remove::RemoveOutcome::HasSubIssues => Ok(Removed::HasChildren),
        }
    }
}

impl HulyBoard {
    /// The journaled id of a transaction; a fresh one where the journal has none (it is then not found again, which only costs a look).
    fn tx(&self, write_id: &str) -> TxId {
        write_id.parse().unwrap_or_else(|_| self.fresh_tx())
    }
}

fn located(issue: &types::Issue) -> (ProjectId, Item) {
    (ProjectId::from(issue.space.as_str()), item(issue))
}

fn page(page: WirePage<types::Issue>) -> Page {
    Page {
        items: page.rows.iter().map(located).collect(),
        next: page.next.map(cursor),
    }
}
