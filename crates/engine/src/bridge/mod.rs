//! Huly through the predecessor's HTTP bridge, as a [`Board`] with fewer capabilities, over `huly_client::bridge`.
//!
//! The key of an item is its identifier (`HARB-1`), of a project likewise, of a status its name. What the bridge does not
//! show is [`Item::unseen`]: a description that reads as empty, a status that reads as unknown, and everything of two issues
//! with one identifier, since nobody can say which of them an answer is about.
//!
//! | what | why |
//! | --- | --- |
//! | every run lists every project | no list of changes over all projects, and no deletions in any |
//! | a missing issue is *vanished*, never gone | no history that tells a deletion from a move to a project out of sight |
//! | creates go one at a time | two at once may get one identifier |
//! | a create without an answer is looked for by number and title | no ids of ours, no marker |
//! | a description is read again after it was written | success is answered though it failed |

mod convert;
mod create;
mod write;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use http_kit::{Error, Kind};
use huly_client::bridge::{Bridge, Form, Issue, SERVICE};
use sync_core::{
    Side,
    ids::{ItemId, Millis, ProjectId, WorkspaceId},
    item::{Field, FieldSet, Item, Values},
    rules::{Capabilities, Limits},
};
use uuid::Uuid;

use crate::{
    codes,
    port::{
        Answer, Board, BoardProject, CreateJob, Cursor, KindStatuses, NewProject, Page, Removed,
        Traffic, UpdateJob, Written,
    },
};
use convert::{item, project, statuses, twin};

/// Single reads in flight when several issues are asked for by identifier.
const READS_IN_FLIGHT: usize = 4;

/// A Huly workspace behind a bridge.
#[derive(Debug)]
pub struct BridgeBoard {
    client: Bridge,
    workspace: WorkspaceId,
    /// Names of statuses that the configuration maps: a project with statuses of its own may have them.
    named: Vec<Arc<str>>,
    /// What the lists of this run showed. Bounded by the number of projects.
    known: Mutex<HashMap<ProjectId, Known>>,
}

/// What the lists showed of one project.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Issues that the bridge counts in it.
    counted: usize,
    /// Names of statuses of its issues.
    statuses: BTreeSet<Arc<str>>,
    /// Identifiers that two issues have.
    twins: HashSet<ItemId>,
}

impl BridgeBoard {
    /// Wraps a connected client. `workspace` is the name under which the bridge's workspace is known to the store: its
    /// short name where the configuration gives one, else the bridge's address. `named` are names of statuses that the
    /// configuration maps.
    pub fn new(client: Bridge, workspace: Option<&str>, named: Vec<Arc<str>>) -> Self {
        let workspace = workspace_id(workspace.unwrap_or(client.address().as_str()));
        BridgeBoard {
            client,
            workspace,
            named,
            known: Mutex::default(),
        }
    }

    /// The name space of every derived id. A bridge tells no workspace's uuid, so it is made from a name.
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    fn known(&self, project: &ProjectId) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(project).cloned().unwrap_or_default()
    }

    fn with_known(&self, project: &ProjectId, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        change(known.entry(project.clone()).or_default());
    }

    /// Whether two issues have this identifier.
    fn is_twin(&self, id: &ItemId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|known| known.twins.contains(id))
    }

    /// Every issue of a project; what the list shows is remembered.
    async fn issues(&self, project: &ProjectId) -> Answer<Vec<Issue>> {
        let counted = self.known(project).counted;
        let issues = self.client.issues(project.as_str(), counted).await?;
        let mut once = HashSet::new();
        let twins: HashSet<ItemId> = issues
            .iter()
            .filter(|issue| !once.insert(issue.identifier.as_str()))
            .map(|issue| ItemId::from(issue.identifier.as_str()))
            .collect();
        for twin in &twins {
            tracing::warn!(code = codes::BRIDGE_TWINS, item = %twin, "two issues have this identifier: neither is touched");
        }
        self.with_known(project, |known| {
            let names = issues.iter().filter_map(|issue| issue.status.as_deref());
            known.statuses.extend(names.map(Arc::from));
            known.twins = twins;
        });
        Ok(issues)
    }

    async fn read(&self, id: &ItemId) -> Answer<Option<Issue>> {
        self.client.issue(id.as_str()).await
    }
}

/// The name space for a workspace of this name.
fn workspace_id(name: &str) -> WorkspaceId {
    let name = format!("hvs:bridge:{}", name.trim_end_matches('/'));
    WorkspaceId(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
}

/// An error of this adapter where no single call is meant.
fn fault(kind: Kind, code: &'static str, words: impl AsRef<str>) -> Error {
    Error::new(kind, code, SERVICE, "(issue)").with_detail(words)
}

/// A failed precondition: observe and plan again.
fn conflict(words: impl AsRef<str>) -> Error {
    fault(Kind::Conflict, codes::PRECONDITION, words)
}

fn unsupported() -> Error {
    fault(
        Kind::Fatal,
        codes::UNSUPPORTED,
        "the bridge cannot do this; ask the capabilities first",
    )
}

#[async_trait]
impl Board for BridgeBoard {
    fn side(&self) -> Side {
        Side::Huly
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: FieldSet::COMMON.or(FieldSet::of(&[Field::Priority])),
            conditional_write: false,
            client_ids: false,
            changes: false,
            status_at_create: false,
            footer: false,
            limits: Limits {
                title_chars: None,
                description_bytes: None,
                blank_title: false,
                nul: false,
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
        let form = match self.client.form() {
            Form::First => "first form",
            Form::Later => "later form",
        };
        format!(
            "Huly through the bridge at {} ({form})",
            self.client.address()
        )
    }

    fn needs_repository(&self) -> bool {
        false
    }

    async fn projects(&self) -> Answer<Vec<BoardProject>> {
        let projects = self.client.projects().await?;
        for project in &projects {
            let id = ProjectId::from(project.identifier.as_str());
            self.with_known(&id, |known| known.counted = project.issue_count);
        }
        Ok(projects.iter().map(project).collect())
    }

    async fn project(&self, id: &ProjectId) -> Answer<Option<BoardProject>> {
        let projects = self.projects().await?;
        Ok(projects.into_iter().find(|project| project.id == *id))
    }

    async fn create_project(&self, _new: &NewProject) -> Answer<BoardProject> {
        Err(unsupported())
    }

    async fn statuses(&self, project: &BoardProject) -> Answer<Vec<KindStatuses>> {
        if self.known(&project.id).statuses.is_empty() {
            self.issues(&project.id).await?;
        }
        let seen = self.known(&project.id).statuses;
        Ok(vec![statuses(&seen, &self.named)])
    }

    async fn list(&self, project: &ProjectId, _from: Option<Cursor>) -> Answer<Page> {
        let issues = self.issues(project).await?;
        let twins = self.known(project).twins;
        let items = issues
            .iter()
            .map(item)
            .filter(|item| !twins.contains(&item.id))
            .map(|item| (project.clone(), item))
            .collect();
        Ok(Page { items, next: None })
    }

    async fn changes(&self, _from: Cursor) -> Answer<Page> {
        Err(unsupported())
    }

    async fn removals(&self, _since: Millis) -> Answer<Vec<ItemId>> {
        Err(unsupported())
    }

    async fn newest(&self) -> Answer<Option<Millis>> {
        // There are no changes to read from it on.
        Ok(None)
    }

    async fn get(&self, items: &[ItemId]) -> Answer<HashMap<ItemId, (ProjectId, Item)>> {
        let reads: Vec<Option<(ItemId, (ProjectId, Item))>> = stream::iter(items.to_vec())
            .map(|id| async move {
                let Some(issue) = self.read(&id).await? else {
                    return Ok::<_, Error>(None);
                };
                let project = issue.project.as_deref().unwrap_or_default();
                let located = ProjectId::from(project);
                let item = if self.is_twin(&id) {
                    twin(&id)
                } else {
                    item(&issue)
                };
                Ok(Some((id, (located, item))))
            })
            .buffer_unordered(READS_IN_FLIGHT)
            .try_collect()
            .await?;
        Ok(reads.into_iter().flatten().collect())
    }

    async fn was_moved(&self, _item: &ItemId) -> Answer<bool> {
        // An issue that was moved to a project out of sight answers 404 as a deleted one does, and no history tells which.
        Ok(true)
    }

    async fn text(&self, item: &Item) -> Answer<Arc<str>> {
        let read = self.read(&item.id).await?;
        let read = read.ok_or_else(|| conflict(format!("{} is not there any more", item.id)))?;
        let text = read.description.ok_or_else(|| unread(&item.id))?;
        Ok(text.into())
    }

    async fn prepare(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        self.prepare_creates(&project.id, jobs).await
    }

    fn create_batch(&self) -> usize {
        1
    }

    fn creates_at_once(&self) -> usize {
        1
    }

    async fn create(&self, project: &BoardProject, jobs: &[CreateJob]) -> Vec<Answer<Item>> {
        let mut made = Vec::with_capacity(jobs.len());
        for job in jobs {
            made.push(self.create_one(&project.id, job).await);
        }
        made
    }

    async fn find_created(
        &self,
        project: &ProjectId,
        jobs: &[CreateJob],
        taken: &HashSet<ItemId>,
    ) -> Answer<Vec<Answer<Option<Item>>>> {
        let found = self.find_by_content(project, jobs, taken).await?;
        Ok(found.into_iter().map(Ok).collect())
    }

    async fn update(&self, job: &UpdateJob) -> Answer<Written> {
        self.update_issue(job).await
    }

    async fn remove(&self, id: &ItemId, expected: &Values, _write_id: &str) -> Answer<Removed> {
        self.remove_issue(id, expected).await
    }
}

/// A description that is known to have been there reads as empty: it could not be read, or somebody emptied it, and the
/// bridge does not say which.
fn unread(id: &ItemId) -> Error {
    fault(
        Kind::Transient,
        codes::BRIDGE_UNREAD,
        format!("the description of {id} reads as empty, though there was one"),
    )
}

/// A description that was written and answered, and is not there.
fn unwritten(id: &ItemId) -> Error {
    fault(
        Kind::Transient,
        codes::BRIDGE_UNWRITTEN,
        format!("the bridge said that the description of {id} was written, but does not show it"),
    )
}

/// Two issues with one identifier.
fn ambiguous(id: &ItemId) -> Error {
    fault(
        Kind::Rejected,
        codes::BRIDGE_TWINS,
        format!("two issues are called {id}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_gives_the_same_name_space_with_or_without_a_slash() {
        assert_eq!(
            workspace_id("http://bridge:3458/"),
            workspace_id("http://bridge:3458")
        );
        assert_ne!(workspace_id("acme"), workspace_id("http://bridge:3458"));
    }
}
