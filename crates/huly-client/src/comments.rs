//! Comments on issues.

use http_kit::Error;
use serde_json::json;

use crate::client::Huly;
use crate::codes::HULY_EXISTS;
use crate::find::Find;
use crate::ids::{DocId, DocRef, TxId};
use crate::tx::{ApplyAnswer, ApplyIf, Attachment, Scope, Target, Tx, by_id};
use crate::types::{Comment, class};

/// A comment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// Its id, derived, so that a repeat is the same comment.
    pub id: DocId,
    /// The issue.
    pub issue: DocRef,
    /// The project of the issue.
    pub space: DocRef,
    /// Markup as JSON text, stored as it is.
    pub markup: String,
    /// The transaction that makes it; fresh for each try.
    pub tx: TxId,
    /// The id of the frame, which is never stored.
    pub frame: TxId,
}

/// How the making of a comment ended; either way it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentOutcome {
    /// Made now.
    Created,
    /// Made before.
    Exists,
}

impl Huly {
    /// The comments of an issue, the oldest first.
    pub async fn comments_of(&self, issue: &DocRef) -> Result<Vec<Comment>, Error> {
        let find = Find::of(class::CHAT_MESSAGE)
            .with("attachedTo", json!(issue))
            .sorted("createdOn");
        self.find(&find.archived_too()).await
    }

    /// Adds a comment to an issue, once per id. The server counts it, and moves the issue's stamp.
    pub async fn add_comment(&self, comment: &NewComment) -> Result<CommentOutcome, Error> {
        let author = self.author();
        let id = DocRef::from(comment.id);
        let exists = by_id(class::CHAT_MESSAGE, &id);
        let target = Target {
            id,
            class: class::CHAT_MESSAGE,
            space: comment.space.clone(),
        };
        let attached = Attachment {
            attached_to: comment.issue.clone(),
            attached_to_class: class::ISSUE.into(),
            collection: "comments".to_owned(),
        };
        let attributes = json!({"message": comment.markup, "attachments": 0});
        let create = Tx::create(comment.tx, &author, target, Some(attached), attributes);
        let scope = Scope::issue(&comment.issue);
        let apply = ApplyIf::new(comment.frame, &author, scope, vec![create]).unless(exists);
        match self.apply_if(&apply).await {
            Ok(ApplyAnswer::Applied(_)) => Ok(CommentOutcome::Created),
            Ok(ApplyAnswer::Refused) => Ok(CommentOutcome::Exists),
            Err(error) if error.code() == HULY_EXISTS => Ok(CommentOutcome::Exists),
            Err(error) => Err(error),
        }
    }
}
