//! Writes into Huly, step by step as design 4.2 says.

use std::num::NonZeroU32;

use futures::{StreamExt, TryStreamExt, stream};
use http_kit::{Error, Kind};
use huly_client::{
    BlobName, DocId, DocRef,
    comments::NewComment,
    create::{CreateOutcome, NewIssue},
    description::DescriptionOutcome,
    markup,
    types::{self, Issue},
    update::{FieldChange, IssueUpdate, UpdateOutcome},
};
use serde::{Deserialize, Serialize};
use sync_core::{
    item::{Field, Item, TextVersion, Value},
    plan::Change,
};

use super::{HulyBoard, conflict, convert, item};
use crate::{
    codes,
    port::{Answer, BoardProject, CreateJob, UpdateJob, Written},
};

/// Descriptions stored at once before a batch of creates.
const DESCRIPTIONS_IN_FLIGHT: usize = 4;

/// What must not be lost between preparing a create and sending it.
#[derive(Debug, Serialize, Deserialize)]
struct Prepared {
    /// The reserved number.
    number: i64,
    /// The stored description.
    blob: Option<BlobName>,
    /// Whether a live document of an earlier life of this id stands: the text is then written after the create (reference, 4.4).
    live: bool,
}

impl HulyBoard {
    /// Stores the descriptions, then reserves the numbers: a crash in between costs blobs nobody names, and numbers.
    pub(super) async fn prepare_issues(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<serde_json::Value>> {
        let blobs: Vec<(Option<BlobName>, bool)> = stream::iter(jobs.to_vec())
            .map(|job| self.store_description(job))
            .buffered(DESCRIPTIONS_IN_FLIGHT)
            .try_collect()
            .await?;
        let count = u32::try_from(jobs.len()).ok().and_then(NonZeroU32::new);
        let Some(count) = count else {
            return Ok(Vec::new());
        };
        let numbers = self
            .client
            .take_numbers(&DocRef::from(project.id.as_str()), count, self.fresh_tx())
            .await?;
        numbers
            .zip(blobs)
            .map(|(number, (blob, live))| {
                serde_json::to_value(Prepared { number, blob, live })
                    .map_err(|error| not_prepared().with_source(error))
            })
            .collect()
    }

    async fn store_description(&self, job: CreateJob) -> Answer<(Option<BlobName>, bool)> {
        if job.draft.text.trim().is_empty() {
            return Ok((None, false));
        }
        let text = markup::wire(&markup::from_markdown(&job.draft.text));
        match self
            .client
            .create_description(document(&job), &text)
            .await?
        {
            DescriptionOutcome::Stored(name) => Ok((Some(name), false)),
            DescriptionOutcome::LiveExists => Ok((None, true)),
        }
    }

    /// One conditional transaction for all jobs; where the server says that some exist, they are read and the rest is sent again.
    pub(super) async fn create_issues(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Vec<Answer<Item>> {
        match self.create_all(project, jobs).await {
            Ok(items) => items,
            Err(error) => jobs.iter().map(|_| Err(copy(&error))).collect(),
        }
    }

    async fn create_all(
        &self,
        project: &BoardProject,
        jobs: &[CreateJob],
    ) -> Answer<Vec<Answer<Item>>> {
        let wire = self.wire_project(&project.id).await?;
        let kind = self.kind_of_new(&wire).await;
        let issues = jobs
            .iter()
            .map(|job| self.new_issue(&wire, &kind, job))
            .collect::<Answer<Vec<_>>>()?;
        if self
            .client
            .create_issues(&wire, &issues, self.fresh_tx())
            .await?
            == CreateOutcome::Exists
        {
            let there = self.there(jobs).await?;
            let missing: Vec<NewIssue> = issues
                .into_iter()
                .filter(|issue| !there.iter().any(|found| found.id == DocRef::from(issue.id)))
                .collect();
            if !missing.is_empty() {
                // Fresh transaction ids: an id is never sent twice.
                let missing: Vec<NewIssue> = missing
                    .into_iter()
                    .map(|issue| NewIssue {
                        tx: self.fresh_tx(),
                        ..issue
                    })
                    .collect();
                self.client
                    .create_issues(&wire, &missing, self.fresh_tx())
                    .await?;
            }
        }
        let there = self.there(jobs).await?;
        let mut made = Vec::with_capacity(jobs.len());
        for job in jobs {
            let id = DocRef::from(document(job));
            match there.iter().find(|issue| issue.id == id) {
                Some(issue) => {
                    let name = prepared(job)?.blob;
                    let text = name.map(|name| TextVersion::named(name.as_str()));
                    let item = self.finish(job, issue).await;
                    made.push(item.map(|item| job.as_sent(text, item)));
                }
                None => made.push(Err(conflict(format!(
                    "issue {id} was not made, though the server said so"
                )))),
            }
        }
        Ok(made)
    }

    async fn there(&self, jobs: &[CreateJob]) -> Answer<Vec<Issue>> {
        let ids = jobs
            .iter()
            .map(|job| DocRef::from(document(job)))
            .collect::<Vec<_>>();
        self.client.issues_by_ids(&ids).await
    }

    /// Where the id had a live document before, its old text would come back: it is overwritten once (reference, 4.4). Also
    /// where a run was killed between the two.
    pub(super) async fn finish(&self, job: &CreateJob, issue: &Issue) -> Answer<Item> {
        let prepared = prepared(job)?;
        if !prepared.live || issue.description.is_some() {
            let mut item = item(issue);
            // Another name than the one that was sent: somebody wrote since, and the text is theirs.
            if issue.description == prepared.blob {
                item.text = Some(job.draft.text.clone());
            }
            return Ok(item);
        }
        let text = markup::wire(&markup::from_markdown(&job.draft.text));
        self.client.update_description(&issue.id, &text).await?;
        let issue = self.client.issue(&issue.id).await?;
        let issue =
            issue.ok_or_else(|| conflict("an issue that was just made is not there".to_owned()))?;
        let mut item = item(&issue);
        item.text = Some(job.draft.text.clone());
        Ok(item)
    }

    fn new_issue(
        &self,
        project: &types::Project,
        kind: &DocRef,
        job: &CreateJob,
    ) -> Answer<NewIssue> {
        let prepared = prepared(job)?;
        let status = job
            .draft
            .status
            .as_ref()
            .map(|status| DocRef::from(status.as_str()));
        let status = status
            .or_else(|| project.default_issue_status.clone())
            .ok_or_else(|| {
                Error::new(Kind::Rejected, codes::NO_STATUS, "huly", "(issue)").with_detail(
                    format!(
                        "project {} has no status for new issues",
                        project.identifier
                    ),
                )
            })?;
        let extra = &job.draft.extra;
        Ok(NewIssue {
            id: document(job),
            tx: self.tx(&job.write_id),
            title: job.draft.title.to_string(),
            description: prepared.blob,
            status,
            priority: convert::wire_priority(extra.priority),
            number: prepared.number,
            kind: kind.clone(),
            rank: String::new(),
            assignee: None,
            component: None,
            milestone: None,
            due_date: extra.due_date.map(|at| huly_client::Millis(at.0)),
            estimation: 0.0,
            parent: None,
        })
    }

    /// The kind of plain issues where the project has it, else the first of its kinds that stands alone.
    async fn kind_of_new(&self, project: &types::Project) -> DocRef {
        let default = DocRef::from(types::DEFAULT_KIND);
        let known = self.workflow.last().await;
        let Some(workflow) = known else {
            return default;
        };
        let kinds = workflow.task_types_of(project);
        if kinds.is_empty() || kinds.iter().any(|kind| kind.id == default) {
            return default;
        }
        let alone = kinds
            .iter()
            .find(|kind| kind.kind.as_deref() != Some("subtask"));
        alone
            .or(kinds.first())
            .map_or(default, |kind| kind.id.clone())
    }

    /// Plain fields in one conditional transaction, then the description through the collaborator, then the comment.
    pub(super) async fn update_issue(&self, job: &UpdateJob) -> Answer<Written> {
        let id = DocRef::from(job.item.as_str());
        let (text, plain): (Vec<&Change>, Vec<&Change>) = job
            .set
            .iter()
            .partition(|change| change.field == Field::Description);
        // First the comment, whose id is derived: a repeat is the same one. Were it last and failed, the status that was written
        // would look like a person's edit.
        if let Some(note) = &job.note {
            self.comment(job, &id, note).await?;
        }
        let mut written = Written {
            item: self.write_fields(job, &id, &plain).await?,
            refused: Vec::new(),
            lost: Vec::new(),
        };
        if let Some(change) = text.first() {
            match self.write_description(job, &id, change).await {
                Ok((item, lost)) => {
                    // The other fields stay as their own write answered: this look came later.
                    written.item.values.description = item.values.description;
                    (written.item.text, written.item.modified) = (item.text, item.modified);
                    written.lost = lost;
                }
                // What was written before stands: only the description is told as failed.
                Err(error) if !plain.is_empty() => {
                    written.refused.push((Field::Description, error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    async fn write_fields(&self, job: &UpdateJob, id: &DocRef, plain: &[&Change]) -> Answer<Item> {
        if plain.is_empty() {
            let issue = self.client.issue(id).await?;
            return issue
                .as_ref()
                .map(item)
                .ok_or_else(|| conflict(format!("issue {id} is not there any more")));
        }
        let changes = plain
            .iter()
            .map(|change| field_change(job, change))
            .collect::<Answer<Vec<_>>>()?;
        let update = IssueUpdate {
            issue: id.clone(),
            space: DocRef::from(job.project.as_str()),
            changes,
            tx: self.tx(&job.write_id),
            frame: self.fresh_tx(),
        };
        match self.client.update_issue(&update).await? {
            UpdateOutcome::Applied { issue } => Ok(item(&issue)),
            UpdateOutcome::Refused => Err(conflict(format!("issue {id} was changed meanwhile"))),
            UpdateOutcome::Missing => Err(conflict(format!("issue {id} is not there any more"))),
        }
    }

    async fn comment(&self, job: &UpdateJob, id: &DocRef, note: &str) -> Answer<()> {
        // The comment's id is derived from the write's, so that a repeat is the same comment.
        let key = uuid::Uuid::new_v5(
            &uuid::Uuid::NAMESPACE_OID,
            format!("comment:{id}:{note}").as_bytes(),
        );
        let comment = NewComment {
            id: DocId::derived(key),
            issue: id.clone(),
            space: DocRef::from(job.project.as_str()),
            markup: markup::wire(&markup::from_markdown(note)),
            tx: self.fresh_tx(),
            frame: self.fresh_tx(),
        };
        self.client.add_comment(&comment).await.map(|_| ())
    }
}

fn field_change(job: &UpdateJob, change: &Change) -> Answer<FieldChange> {
    let expected = &job.expected;
    let extra = &expected.extra;
    let document = |id: &sync_core::ids::ItemId| DocRef::from(id.as_str());
    match (change.field, &change.to) {
        (Field::Title, Value::Text(to)) => Ok(FieldChange::Title {
            from: expected.title.to_string(),
            to: to.to_string(),
        }),
        (Field::Status, Value::Status(to)) => Ok(FieldChange::Status {
            from: expected
                .status
                .as_ref()
                .map(|status| DocRef::from(status.as_str())),
            to: DocRef::from(to.as_str()),
        }),
        (Field::Priority, Value::Priority(to)) => Ok(FieldChange::Priority {
            from: Some(convert::wire_priority(extra.priority)),
            to: convert::wire_priority(*to),
        }),
        (Field::Parent, Value::Parent(to)) => Ok(FieldChange::Parent {
            from: Some(
                extra
                    .parent
                    .as_ref()
                    .map_or_else(|| DocRef::from(types::NO_PARENT), document),
            ),
            to: to
                .as_ref()
                .map_or_else(|| DocRef::from(types::NO_PARENT), document),
        }),
        (Field::DueDate, Value::DueDate(to)) => Ok(FieldChange::DueDate {
            from: extra.due_date.map(|at| huly_client::Millis(at.0)),
            to: to.map(|at| huly_client::Millis(at.0)),
        }),
        (
            Field::Title
            | Field::Description
            | Field::Status
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate,
            _,
        ) => Err(
            Error::new(Kind::Fatal, codes::UNSUPPORTED, "huly", "(issue)")
                .with_detail(format!("{} cannot be written to huly", change.field)),
        ),
    }
}

/// The document id that a create's key gives.
fn document(job: &CreateJob) -> DocId {
    DocId::derived(job.key.0)
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
