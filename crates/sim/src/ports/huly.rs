//! The model of Huly as a board.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::port::{
    Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, NewProject, Page, Removed,
    Traffic, UpdateJob, Written,
};
use engine::{codes, markup};
use http_kit::{Error, Kind};
use serde_json::json;
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId},
    item::{Field, FieldSet, Item, Values},
    rules::{Capabilities, Limits},
};

use super::call::Caller;
use super::huly_find::{ISSUE, PROJECT, Rows, conflict, find};
use super::issue::{self, Facts, NO_PARENT};
use super::workflow::Workflow;
use crate::http::Server;
use crate::huly::{Doc, Huly, Ordered, WORKSPACE_VERSION, text};

/// Most issues that one create makes.
const BATCH: usize = 50;
/// Most bytes of a description as markdown: half of what the collaborator takes.
const DESCRIPTION_MAX: usize = 5_000_000;
/// How far up a chain of parents is followed.
const MAX_ANCESTORS: usize = 16;

/// A simulated Huly workspace as a [`Board`]: one sign-in of an account.
pub struct HulyPort {
    pub(super) caller: Caller<Huly>,
    /// The account's uuid.
    pub(super) account: String,
    /// The store's tag: the first 8 hex digits of every transaction id.
    pub(super) tag: u32,
    pub(super) page_size: NonZeroU32,
    projects: Mutex<HashMap<ProjectId, Facts>>,
    pub(super) workflow: tokio::sync::Mutex<Option<Workflow>>,
}

impl HulyPort {
    /// The board as `account` (its uuid) sees it. `tag` is the first 32 bits of the store's id, `page_size` the rows of one
    /// page of issues.
    pub fn new(server: &Server<Huly>, account: &str, tag: u32, page_size: NonZeroU32) -> Self {
        Self {
            caller: Caller::new(server.clone()),
            account: account.to_owned(),
            tag,
            page_size,
            projects: Mutex::default(),
            workflow: tokio::sync::Mutex::default(),
        }
    }

    /// The workspace's uuid: the name space of every derived id. The nil one where the model has no uuid for a name.
    pub fn workspace(&self) -> uuid::Uuid {
        let model = self.caller.model().lock();
        model.workspace().uuid.parse().unwrap_or_default()
    }

    fn remember(&self, read: (BoardProject, Facts)) -> BoardProject {
        let (board, facts) = read;
        self.projects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(board.id.clone(), facts);
        board
    }

    fn see(&self, doc: &Doc) -> (BoardProject, Facts) {
        (issue::project(doc, &self.account), Facts::of(doc))
    }

    pub(super) async fn facts(&self, id: &ProjectId) -> Answer<Facts> {
        let known = self
            .projects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = self.by_id(PROJECT, id.as_str(), Facts::of).await?;
        read.ok_or_else(|| conflict(format!("project {id} is not there any more")))
    }

    /// Whether the history has a row of a class about one of these documents for which `holds`.
    async fn any_row(
        &self,
        class: &str,
        documents: &[ItemId],
        holds: impl Fn(&Doc) -> bool,
    ) -> Answer<bool> {
        let ids: Vec<&str> = documents.iter().map(ItemId::as_str).collect();
        let rows = self.by_ids(class, "objectId", &ids, holds).await?;
        Ok(rows.contains(&true))
    }
}

#[async_trait]
impl Board for HulyPort {
    fn side(&self) -> Side {
        Side::Huly
    }

    fn capabilities(&self) -> Capabilities {
        let own = FieldSet::of(&[Field::Priority, Field::Parent, Field::DueDate]);
        Capabilities {
            fields: FieldSet::COMMON.or(own),
            conditional_write: true,
            client_ids: true,
            changes: true,
            status_at_create: true,
            footer: false,
            limits: Limits {
                title_chars: None,
                description_bytes: Some(DESCRIPTION_MAX),
                blank_title: false,
                nul: false,
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
        let model = self.caller.model().lock();
        format!(
            "simulated Huly {WORKSPACE_VERSION}, workspace {}",
            model.workspace().url
        )
    }

    fn needs_repository(&self) -> bool {
        false
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        let mut all = find(PROJECT, json!({}));
        all.options.sort = Some(Ordered(vec![("_id".into(), 1)]));
        let found = self.find(&all, |doc| self.see(doc)).await?;
        Ok(found.into_iter().map(|read| self.remember(read)).collect())
    }

    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        let read = self
            .by_id(PROJECT, id.as_str(), |doc| self.see(doc))
            .await?;
        Ok(read.map(|read| self.remember(read)))
    }

    async fn create_project(&self, _new: &NewProject) -> Answer<BoardProject> {
        let never = Error::new(Kind::Fatal, codes::UNSUPPORTED, "huly", "(project)");
        Err(never.with_detail("projects are made by people in huly, never by a sync"))
    }

    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        let facts = self.facts(&project.id).await?;
        Ok(self.workflow(&facts).await?.kinds_of(&facts))
    }

    async fn list(&self, project: &ProjectId, from: Option<Cursor>) -> Answer<Page> {
        let from = from.unwrap_or(Cursor::since(Millis(0)));
        let all = find(ISSUE, json!({ "space": project.as_str() }));
        Ok(page(self.page(all, from, issue::located).await?))
    }

    async fn changes(&self, from: Cursor) -> Answer<Page> {
        let mut all = find(ISSUE, json!({}));
        all.options.show_archived = None;
        Ok(page(self.page(all, from, issue::located).await?))
    }

    async fn removals(&self, since: Millis) -> Answer<Vec<ItemId>> {
        let mut removed = Vec::new();
        let mut next = Some(Cursor::since(since));
        while let Some(from) = next {
            let mut rows = find("core:class:TxRemoveDoc", json!({ "objectClass": ISSUE }));
            rows.options.show_archived = None;
            let page = self.page(rows, from, object).await?;
            removed.extend(page.rows);
            next = page.next;
        }
        Ok(removed)
    }

    async fn newest_write(&self, since: Millis) -> Answer<Option<Arc<str>>> {
        let id = |rest: &str| format!("{:08x}{rest}", self.tag);
        let range = json!({ "$gte": id("0000000000000000"), "$lte": id("ffffffffffffffff") });
        let query = json!({ "_id": range, "modifiedOn": { "$gte": since.0 } });
        let mut newest = find("core:class:TxCUD", query);
        let order = vec![("modifiedOn".into(), -1), ("_id".into(), -1)];
        newest.options.sort = Some(Ordered(order));
        newest.options.limit = Some(1);
        let found = self.find(&newest, |row| issue::id(row).into()).await?;
        Ok(found.into_iter().next())
    }

    async fn carried_out(&self, write_ids: &[Arc<str>]) -> Answer<HashSet<Arc<str>>> {
        let ids: Vec<&str> = write_ids.iter().map(|id| &**id).collect();
        let id = |row: &Doc| Arc::from(issue::id(row));
        let rows = self.by_ids("core:class:TxCUD", "_id", &ids, id).await?;
        Ok(rows.into_iter().collect())
    }

    async fn newest(&self) -> Answer<Option<Millis>> {
        let mut newest = find(ISSUE, json!({}));
        newest.options.show_archived = None;
        newest.options.sort = Some(Ordered(vec![("modifiedOn".into(), -1)]));
        newest.options.limit = Some(1);
        let found = self
            .find(&newest, |doc| issue::stamp(doc, "modifiedOn").map(Millis))
            .await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        let ids: Vec<&str> = items.iter().map(ItemId::as_str).collect();
        let found = self.by_ids(ISSUE, "_id", &ids, issue::located).await?;
        Ok(found
            .into_iter()
            .map(|located| (located.1.id.clone(), located))
            .collect())
    }

    async fn was_moved(&self, id: &ItemId) -> Answer<bool> {
        let mut documents = vec![id.clone()];
        if self
            .any_row("core:class:TxRemoveDoc", &documents, |_| true)
            .await?
        {
            return Ok(false);
        }
        // Sub-issues move and vanish with their parents without rows of their own, so the ancestors' rows count as well.
        for _ in 0..MAX_ANCESTORS {
            let Some(last) = documents.last() else { break };
            let made = find(
                "core:class:TxCreateDoc",
                json!({ "objectId": last.as_str() }),
            );
            let parents = self
                .find(&made, |row| ItemId::from(text(row, "attachedTo")))
                .await?;
            let parent = parents
                .into_iter()
                .find(|parent| !parent.as_str().is_empty());
            match parent
                .filter(|parent| parent.as_str() != NO_PARENT && !documents.contains(parent))
            {
                Some(parent) => documents.push(parent),
                None => break,
            }
        }
        if documents.len() > 1
            && self
                .any_row("core:class:TxRemoveDoc", &documents, |_| true)
                .await?
        {
            return Ok(false);
        }
        let moves = |row: &Doc| {
            row.get("operations")
                .and_then(|operations| operations.get("space"))
                .is_some_and(serde_json::Value::is_string)
        };
        self.any_row("core:class:TxUpdateDoc", &documents, moves)
            .await
    }

    async fn text(&self, item: &Item) -> Answer<Arc<str>> {
        let name = &item.values.description;
        if name.is_none() {
            return Ok("".into());
        }
        let stored = self.blob(name.as_str()).await?;
        Ok(markup::to_markdown(&super::huly_write::parse(&stored)?).into())
    }

    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        self.prepare_issues(project, jobs).await
    }

    fn create_batch(&self) -> usize {
        BATCH
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
        let ids: Vec<ItemId> = jobs.iter().map(|job| job.key.document_id()).collect();
        let mut there = self.get(&ids).await?;
        let mut found = Vec::with_capacity(jobs.len());
        for (id, job) in ids.iter().zip(jobs) {
            found.push(match there.remove(id) {
                Some((_, item)) if job.prepared.is_some() => self.finish(job, item).await.map(Some),
                Some((_, item)) => Ok(Some(item)),
                None => Ok(None),
            });
        }
        Ok(found)
    }

    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        self.update_issue(job).await
    }

    async fn remove(&self, id: &ItemId, expected: &Values, write_id: &str) -> Answer<Removed> {
        self.remove_issue(id, expected, write_id).await
    }
}

fn object(row: &Doc) -> ItemId {
    ItemId::from(text(row, "objectId"))
}

fn page(rows: Rows<(ProjectId, Item)>) -> Page {
    Page {
        items: rows.rows,
        next: rows.next,
    }
}
