//! Removing issues that have no sub-issues.

use http_kit::Error;
use serde_json::json;

use crate::client::Huly;
use crate::ids::TxId;
use crate::tx::{ApplyAnswer, ApplyIf, Attachment, Condition, Scope, Target, Tx};
use crate::types::{Issue, NO_PARENT, SUB_ISSUES, class};

/// How a removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveOutcome {
    /// It is gone: removed now, or before (the server does not say which).
    Gone,
    /// It has sub-issues, which would have gone with it, silently and without a row in the history: nothing was done.
    HasSubIssues,
}

impl Huly {
    /// Removes an issue where nothing is attached to it as a sub-issue; comments and labels go with it. `issue` is as
    /// read before, `tx` carries the removal, `frame` is never stored. Without an answer it is unknown.
    pub async fn remove_issue(
        &self,
        issue: &Issue,
        tx: TxId,
        frame: TxId,
    ) -> Result<RemoveOutcome, Error> {
        let author = self.author();
        let target = Target {
            id: issue.id.clone(),
            class: class::ISSUE,
            space: issue.space.clone(),
        };
        let or = |text: &Option<_>, default: &str| text.clone().unwrap_or_else(|| default.into());
        let attached = Attachment {
            attached_to: or(&issue.attached_to, NO_PARENT),
            attached_to_class: or(&issue.attached_to_class, class::ISSUE),
            collection: issue
                .collection
                .clone()
                .unwrap_or_else(|| SUB_ISSUES.to_owned()),
        };
        let removal = Tx::remove(tx, &author, target, Some(attached));
        let below = Condition::of(class::ISSUE, json!({"attachedTo": issue.id}));
        let apply = ApplyIf::new(frame, &author, Scope::issue(&issue.id), vec![removal]);
        match self.apply_if(&apply.unless(below)).await? {
            ApplyAnswer::Applied(_) => Ok(RemoveOutcome::Gone),
            ApplyAnswer::Refused => Ok(RemoveOutcome::HasSubIssues),
        }
    }
}
