//! Making issues: numbers from the project's sequence, then up to 50 issues in one conditional transaction.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use http_kit::{Error, Kind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Huly;
use crate::codes::{HULY_BATCH, HULY_EXISTS, HULY_PROJECT_MISSING};
use crate::ids::{BlobName, DocId, DocRef, Millis, TxId};
use crate::tx::{ApplyAnswer, ApplyIf, Attachment, Condition, Scope, TX, Target, Tx, TxAnswer};
use crate::types::{Issue, NO_PARENT, ParentInfo, Priority, Project, SUB_ISSUES, class};

/// Most issues that one conditional transaction makes. Up to 200 are one statement of the server's database, so a
/// batch is made whole or not at all; 50 take less than a tenth of a second.
pub const BATCH: usize = 50;

/// The space of projects.
const PROJECT_SPACE: &str = "core:space:Space";

/// An issue to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIssue {
    /// Its id, derived from the create key, so that a repeat is the same issue.
    pub id: DocId,
    /// The transaction that makes it; fresh for each try.
    pub tx: TxId,
    /// One line.
    pub title: String,
    /// The stored description, made before ([`Huly::create_description`]).
    pub description: Option<BlobName>,
    /// A status of its type of tasks: **the server does not check it**.
    pub status: DocRef,
    /// How urgent.
    pub priority: Priority,
    /// Its number, taken before ([`Huly::take_numbers`]).
    pub number: i64,
    /// Its type of tasks.
    pub kind: DocRef,
    /// Its place on the board; empty: the server puts it at the end (one place for all of a batch).
    pub rank: String,
    /// A person.
    pub assignee: Option<DocRef>,
    /// A component of the project.
    pub component: Option<DocRef>,
    /// A milestone of the project.
    pub milestone: Option<DocRef>,
    /// When it is due.
    pub due_date: Option<Millis>,
    /// In hours.
    pub estimation: f64,
    /// The issue it is a sub-issue of.
    pub parent: Option<Parent>,
}

/// The parent of an issue to be made, with the ancestors that are written into the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    id: DocRef,
    ancestors: Vec<ParentInfo>,
}

impl Parent {
    /// The parent as read just now.
    pub fn of(issue: &Issue) -> Self {
        let own = ParentInfo {
            parent_id: issue.id.clone(),
            identifier: issue.identifier.clone().unwrap_or_default(),
            parent_title: issue.title.clone(),
            space: Some(issue.space.clone()),
        };
        let mut ancestors = vec![own];
        ancestors.extend(issue.parents.iter().cloned());
        Self {
            id: issue.id.clone(),
            ancestors,
        }
    }
}

/// How a batch of creates ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateOutcome {
    /// All were made.
    Created,
    /// At least one of the ids exists already, so none was made: read them by id, adopt, repeat with the rest.
    Exists,
}

impl Huly {
    /// Takes the next `count` numbers of a project by one increment. One at a time over this connection: increments at
    /// once hang the server. A number taken and not used leaves a gap, which is normal in Huly. The project must be
    /// there (else a conflict).
    pub async fn take_numbers(
        &self,
        project: &DocRef,
        count: NonZeroU32,
        tx: TxId,
    ) -> Result<RangeInclusive<i64>, Error> {
        let target = Target {
            id: project.clone(),
            class: class::PROJECT,
            space: PROJECT_SPACE.into(),
        };
        let increment = json!({"$inc": {"sequence": count}});
        let tx = Tx::update(tx, &self.author(), target, increment);
        let answer = {
            let _one_at_a_time = self.numbering.lock().await;
            self.send(&tx).await?
        };
        match answer {
            TxAnswer::Retrieved(Some(object)) => {
                let last = TX.part::<Sequence>("object", object)?.sequence;
                Ok(last - i64::from(count.get()) + 1..=last)
            }
            TxAnswer::Retrieved(None) => {
                Err(TX.error(Kind::Conflict, HULY_PROJECT_MISSING, "no such project"))
            }
            TxAnswer::Taken => Err(TX.shape("object", "missing, though it was asked for")),
        }
    }

    /// Makes 1 to 50 issues of a project in one conditional transaction: all, or none where one of the ids exists.
    /// Without an answer it is unknown (read by id). `tx` is the id of the frame, which is never stored.
    pub async fn create_issues(
        &self,
        project: &Project,
        issues: &[NewIssue],
        tx: TxId,
    ) -> Result<CreateOutcome, Error> {
        if issues.is_empty() || issues.len() > BATCH {
            let detail = format!("{} issues, 1 to {BATCH} are possible", issues.len());
            return Err(TX.error(Kind::Rejected, HULY_BATCH, detail));
        }
        match self.apply_if(&self.batch(project, issues, tx)).await {
            Ok(ApplyAnswer::Applied(_)) => Ok(CreateOutcome::Created),
            Ok(ApplyAnswer::Refused) => Ok(CreateOutcome::Exists),
            // The key caught what the condition let through: with up to 200 creates none was made.
            Err(error) if error.code() == HULY_EXISTS => Ok(CreateOutcome::Exists),
            Err(error) => Err(error),
        }
    }

    fn batch(&self, project: &Project, issues: &[NewIssue], tx: TxId) -> ApplyIf {
        let author = self.author();
        let creates = issues.iter().map(|issue| {
            let target = Target {
                id: issue.id.into(),
                class: class::ISSUE,
                space: project.id.clone(),
            };
            let attached = issue.attachment();
            Tx::create(
                issue.tx,
                &author,
                target,
                Some(attached),
                issue.attributes(project),
            )
        });
        let ids: Vec<DocRef> = issues.iter().map(|issue| issue.id.into()).collect();
        let exists = Condition::of(class::ISSUE, json!({"_id": {"$in": ids}}));
        ApplyIf::new(tx, &author, Scope::project(&project.id), creates.collect()).unless(exists)
    }
}

impl NewIssue {
    fn attachment(&self) -> Attachment {
        Attachment {
            attached_to: match &self.parent {
                Some(parent) => parent.id.clone(),
                None => NO_PARENT.into(),
            },
            attached_to_class: class::ISSUE.into(),
            collection: SUB_ISSUES.to_owned(),
        }
    }

    /// All attributes: whatever is left out is missing from the stored issue for ever, and the server's triggers and
    /// the web page expect `parents` and `childInfo` to be lists.
    fn attributes(&self, project: &Project) -> Value {
        let parents = self.parent.as_ref().map(|parent| &parent.ancestors);
        json!({
            "title": self.title,
            "description": self.description,
            "status": self.status,
            "priority": self.priority,
            "number": self.number,
            "identifier": format!("{}-{}", project.identifier, self.number),
            "kind": self.kind,
            "rank": self.rank,
            "assignee": self.assignee,
            "component": self.component,
            "milestone": self.milestone,
            "dueDate": self.due_date,
            "estimation": hours(self.estimation),
            "remainingTime": 0,
            "reportedTime": 0,
            "reports": 0,
            "comments": 0,
            "subIssues": 0,
            "parents": parents.map_or_else(|| json!([]), |parents| json!(parents)),
            "relations": [],
            "childInfo": [],
        })
    }
}

/// Hours as a number of JSON: 0 where it is none (not a number, infinite).
fn hours(hours: f64) -> Value {
    serde_json::Number::from_f64(hours).map_or_else(|| json!(0), Value::Number)
}

#[derive(Debug, Deserialize)]
struct Sequence {
    sequence: i64,
}
