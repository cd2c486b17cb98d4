//! Changing issues, on condition that they still hold what was observed.

use http_kit::Error;
use serde_json::{Map, Value, json};

use crate::client::Huly;
use crate::ids::{DocRef, Millis, TxId};
use crate::tx::{ApplyAnswer, ApplyIf, Condition, Scope, TX, Target, Tx};
use crate::types::{Issue, Priority, class};

/// A change of one field: what it is taken to hold, and what it shall hold.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldChange {
    /// One line.
    Title {
        /// As observed.
        from: String,
        /// As wanted.
        to: String,
    },
    /// An id of a status: **the server does not check it**.
    Status {
        /// As observed.
        from: Option<DocRef>,
        /// As wanted.
        to: DocRef,
    },
    /// How urgent.
    Priority {
        /// As observed.
        from: Option<Priority>,
        /// As wanted.
        to: Priority,
    },
    /// A person.
    Assignee {
        /// As observed.
        from: Option<DocRef>,
        /// As wanted.
        to: Option<DocRef>,
    },
    /// A component of the project.
    Component {
        /// As observed.
        from: Option<DocRef>,
        /// As wanted.
        to: Option<DocRef>,
    },
    /// A milestone of the project.
    Milestone {
        /// As observed.
        from: Option<DocRef>,
        /// As wanted.
        to: Option<DocRef>,
    },
    /// When it is due.
    DueDate {
        /// As observed.
        from: Option<Millis>,
        /// As wanted.
        to: Option<Millis>,
    },
    /// The parent issue, or [`crate::types::NO_PARENT`]; the server rewrites `parents` of the whole subtree.
    Parent {
        /// As observed.
        from: Option<DocRef>,
        /// As wanted.
        to: DocRef,
    },
}

impl FieldChange {
    /// The field's name on the wire, its observed and its wanted value.
    fn parts(&self) -> (&'static str, Value, Value) {
        match self {
            FieldChange::Title { from, to } => ("title", json!(from), json!(to)),
            FieldChange::Status { from, to } => ("status", json!(from), json!(to)),
            FieldChange::Priority { from, to } => ("priority", json!(from), json!(to)),
            FieldChange::Assignee { from, to } => ("assignee", json!(from), json!(to)),
            FieldChange::Component { from, to } => ("component", json!(from), json!(to)),
            FieldChange::Milestone { from, to } => ("milestone", json!(from), json!(to)),
            FieldChange::DueDate { from, to } => ("dueDate", json!(from), json!(to)),
            FieldChange::Parent { from, to } => ("attachedTo", json!(from), json!(to)),
        }
    }
}

/// A conditional change of one issue, alone in its request.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueUpdate {
    /// The issue.
    pub issue: DocRef,
    /// The project it was read in: decides who sees the row in the history.
    pub space: DocRef,
    /// What changes; each field at most once.
    pub changes: Vec<FieldChange>,
    /// The transaction that carries the change: journal it before. Fresh for each try.
    pub tx: TxId,
    /// The id of the frame, which is never stored.
    pub frame: TxId,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateOutcome {
    /// Carried out; this is the issue afterwards, and so the new base.
    Applied {
        /// The issue, whole.
        issue: Box<Issue>,
    },
    /// Some field does not hold what was observed, **or the issue is gone** (a condition finds nothing then, too):
    /// nothing was written. Read it by id and plan again.
    Refused,
    /// The issue went between test and write.
    Missing,
}

impl Huly {
    /// Changes fields of an issue where they still hold what was observed. Null is matched by an absent field.
    ///
    /// Test and write are not one transaction of the server's database: a person's page may come between, for about a
    /// millisecond. Without an answer it is unknown whether it was carried out.
    pub async fn update_issue(&self, update: &IssueUpdate) -> Result<UpdateOutcome, Error> {
        match self.apply_if(&self.conditional(update)).await? {
            ApplyAnswer::Refused => Ok(UpdateOutcome::Refused),
            ApplyAnswer::Applied(objects) => match objects.into_iter().next() {
                Some(Some(object)) => Ok(UpdateOutcome::Applied {
                    issue: Box::new(TX.part("object", object)?),
                }),
                Some(None) => Ok(UpdateOutcome::Missing),
                None => Err(TX.shape("object", "missing, though it was asked for")),
            },
        }
    }

    fn conditional(&self, update: &IssueUpdate) -> ApplyIf {
        let (mut observed, mut operations) = (Map::new(), Map::new());
        observed.insert("_id".to_owned(), json!(update.issue));
        for change in &update.changes {
            let (name, from, to) = change.parts();
            observed.insert(name.to_owned(), from);
            operations.insert(name.to_owned(), to);
        }
        let target = Target {
            id: update.issue.clone(),
            class: class::ISSUE,
            space: update.space.clone(),
        };
        let author = self.author();
        let tx = Tx::update(update.tx, &author, target, Value::Object(operations));
        ApplyIf::new(update.frame, &author, Scope::issue(&update.issue), vec![tx])
            .only_if(Condition::of(class::ISSUE, Value::Object(observed)))
    }
}
