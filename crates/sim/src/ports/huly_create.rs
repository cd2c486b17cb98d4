//! Making issues in the model of Huly: texts, numbers, then all in one conditional transaction.

use engine::port::{Answer, BoardProject, CreateJob};
use engine::{codes, markup};
use http_kit::{Effect, Error, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_core::{
    ids::{ItemId, ProjectId},
    item::{Item, TextVersion},
};

use super::failure;
use super::huly::HulyPort;
use super::huly_find::{ISSUE, PROJECT, conflict};
use super::huly_tx::{TX, Target, condition};
use super::issue::{self, Facts, NO_PARENT};

/// What must not be lost between preparing a create and sending it.
#[derive(Debug, Serialize, Deserialize)]
struct Prepared {
    number: i64,
    blob: Option<String>,
    /// Whether a live document of an earlier life of this id stands.
    live: bool,
}

impl HulyPort {
    /// Stores the descriptions, then reserves the numbers.
    pub(super) async fn prepare_issues(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<Value>> {
        let mut blobs = Vec::with_capacity(jobs.len());
        for job in jobs {
            blobs.push(self.store_description(job).await?);
        }
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let target = Target {
            id: project.id.as_str(),
            class: PROJECT,
            space: "core:space:Space",
        };
        let taken =
            json!({ "operations": { "$inc": { "sequence": jobs.len() } }, "retrieve": true });
        let tx = self.tx(None, "core:class:TxUpdateDoc", target, taken);
        let answer = self.send("TxUpdateDoc", tx).await?;
        let last = answer.pointer("/object/sequence").and_then(Value::as_i64);
        let last = last.ok_or_else(|| {
            let gone = Error::new(Kind::Conflict, "HULY_PROJECT_MISSING", "huly", TX.shown);
            gone.with_detail("no such project")
        })?;
        let first = last - i64::try_from(jobs.len()).unwrap_or(i64::MAX) + 1;
        (first..)
            .zip(blobs)
            .map(|(number, (blob, live))| {
                serde_json::to_value(Prepared { number, blob, live })
                    .map_err(|error| not_prepared().with_source(error))
            })
            .collect()
    }

    async fn store_description(&self, job: &CreateJob) -> Answer<(Option<String>, bool)> {
        if job.draft.text.trim().is_empty() {
            return Ok((None, false));
        }
        let markup = markup::wire(&markup::from_markdown(&job.draft.text));
        let id = job.key.document_id();
        let payload = json!({ "content": { "description": markup } });
        let stored = self
            .rpc(Effect::Write, "createContent", id.as_str(), payload)
            .await;
        match stored {
            Ok(answer) => {
                let name = answer
                    .pointer("/content/description")
                    .and_then(Value::as_str);
                Ok((name.map(str::to_owned), false))
            }
            Err(error) if error.code() == failure::HULY_DESCRIPTION_LIVE => Ok((None, true)),
            Err(error) => Err(error),
        }
    }

    /// One conditional transaction for all jobs; where some exist, they are read and the rest is sent again.
    pub(super) async fn create_issues(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Vec<Answer<Item>> {
        match self.create_all(project, jobs).await {
            Ok(made) => made,
            Err(error) => jobs.iter().map(|_| Err(copy(&error))).collect(),
        }
    }

    async fn create_all(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<Answer<Item>>> {
        let home = self.home(&project.id).await?;
        let creates = jobs
            .iter()
            .map(|job| self.new_issue(&home, job, Some(&job.write_id)))
            .collect::<Answer<Vec<_>>>()?;
        let all: Vec<ItemId> = jobs.iter().map(|job| job.key.document_id()).collect();
        if !self.send_creates(&project.id, &all, creates).await? {
            let there = self.there(&all).await?;
            let is_there = |id: &ItemId| there.iter().any(|item| item.id == *id);
            let missing = jobs.iter().zip(&all).filter(|(_, id)| !is_there(id));
            let (mut ids, mut again) = (Vec::new(), Vec::new());
            for (job, id) in missing {
                // A fresh transaction id: one is never sent twice.
                again.push(self.new_issue(&home, job, None)?);
                ids.push(id.clone());
            }
            if !again.is_empty() {
                self.send_creates(&project.id, &ids, again).await?;
            }
        }
        let there = self.there(&all).await?;
        let mut made = Vec::with_capacity(jobs.len());
        for (job, id) in jobs.iter().zip(&all) {
            made.push(match there.iter().find(|item| item.id == *id) {
                Some(item) => {
                    let name = prepared(job)?.blob;
                    let text = name.map(|name| TextVersion::named(&name));
                    let made = self.finish(job, item.clone()).await;
                    made.map(|item| job.as_sent(text, item))
                }
                None => Err(conflict(format!(
                    "issue {id} was not made, though the server said so"
                ))),
            });
        }
        Ok(made)
    }

    async fn send_creates(
        &self,
        project: &ProjectId,
        ids: &[ItemId],
        creates: Vec<Value>,
    ) -> Answer<bool> {
        let ids: Vec<&str> = ids.iter().map(ItemId::as_str).collect();
        let none_of_them = condition(json!({ "_id": { "$in": ids } }));
        let sent = self.apply_if(project.as_str(), (json!([]), none_of_them), creates);
        match sent.await {
            Ok(done) => Ok(done.is_some()),
            Err(error) if error.code() == failure::HULY_EXISTS => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn there(&self, ids: &[ItemId]) -> Answer<Vec<Item>> {
        let ids: Vec<&str> = ids.iter().map(ItemId::as_str).collect();
        self.by_ids(ISSUE, "_id", &ids, issue::item).await
    }

    /// Where the id had a live document before, its old text would come back: it is overwritten once.
    pub(super) async fn finish(&self, job: &CreateJob, made: Item) -> Answer<Item> {
        let mut item = made;
        let prepared = prepared(job)?;
        if prepared.live && item.values.description.is_none() {
            let markup = markup::wire(&markup::from_markdown(&job.draft.text));
            let looked = self.caller.moment();
            self.replace(&item.id, &markup, looked).await?;
            item = self.present(&item.id).await?;
            item.text = Some(job.draft.text.clone());
        }
        // Another name than the one that was sent: somebody wrote since, and the text is theirs.
        let name = prepared.blob.as_deref().map(TextVersion::named);
        if name.unwrap_or_default() == item.values.description {
            item.text = Some(job.draft.text.clone());
        }
        Ok(item)
    }

    /// Writes a description; `looked` is when it was seen last before.
    pub(super) async fn replace(&self, id: &ItemId, markup: &str, looked: u64) -> Answer<()> {
        let payload = json!({ "content": { "description": markup } });
        let method = "updateContent";
        self.rpc_since(Effect::Write, method, id.as_str(), payload, looked)
            .await
            .map(drop)
    }

    pub(super) async fn present(&self, id: &ItemId) -> Answer<Item> {
        let found = self.by_id(ISSUE, id.as_str(), issue::item).await?;
        found.ok_or_else(|| conflict(format!("issue {id} is not there any more")))
    }

    async fn home<'a>(&self, project: &'a ProjectId) -> Answer<Home<'a>> {
        let facts = self.facts(project).await?;
        let known = self.known_workflow().await;
        let kind = known.map_or_else(
            || issue::DEFAULT_KIND.to_owned(),
            |known| known.kind_of_new(&facts),
        );
        Ok(Home {
            project,
            facts,
            kind,
        })
    }

    fn new_issue(&self, home: &Home<'_>, job: &CreateJob, write_id: Option<&str>) -> Answer<Value> {
        let Home {
            project,
            facts,
            kind,
        } = home;
        let prepared = prepared(job)?;
        let status = job
            .draft
            .status
            .as_ref()
            .map(|status| status.as_str().to_owned());
        let status = status
            .or_else(|| facts.default_status.clone())
            .ok_or_else(|| {
                let none = Error::new(Kind::Rejected, codes::NO_STATUS, "huly", "(issue)");
                none.with_detail(format!(
                    "project {} has no status for new issues",
                    facts.identifier
                ))
            })?;
        let extra = &job.draft.extra;
        let id = job.key.document_id();
        let target = Target {
            id: id.as_str(),
            class: ISSUE,
            space: project.as_str(),
        };
        let rest = json!({ "attachedTo": NO_PARENT, "attachedToClass": ISSUE, "collection": "subIssues", "attributes": {
            "title": job.draft.title, "description": prepared.blob, "status": status,
            "priority": issue::priority_number(extra.priority), "number": prepared.number,
            "identifier": format!("{}-{}", facts.identifier, prepared.number), "kind": kind, "rank": "",
            "assignee": null, "component": null, "milestone": null, "dueDate": extra.due_date.map(|at| at.0),
            "estimation": 0, "remainingTime": 0, "reportedTime": 0, "reports": 0, "comments": 0, "subIssues": 0,
            "parents": [], "relations": [], "childInfo": [] } });
        Ok(self.tx(write_id, "core:class:TxCreateDoc", target, rest))
    }
}

/// What new issues of a project have in common.
struct Home<'a> {
    project: &'a ProjectId,
    facts: Facts,
    kind: String,
}

fn prepared(job: &CreateJob) -> Answer<Prepared> {
    let value = job.prepared.clone().ok_or_else(not_prepared)?;
    serde_json::from_value(value).map_err(|error| not_prepared().with_source(error))
}

fn not_prepared() -> Error {
    Error::new(Kind::Conflict, codes::PRECONDITION, "huly", "(create)")
        .with_detail("the create was never prepared")
}

/// One answer for every job of a batch.
fn copy(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.code(), error.service(), error.route())
        .with_detail(error.detail());
    match error.status() {
        Some(status) => copy.with_status(status),
        None => copy,
    }
}
