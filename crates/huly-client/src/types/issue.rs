//! Issues and what hangs on them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{BlobName, DocRef, Millis, SocialId};
use crate::types::{NO_PARENT, or_default};

/// An issue as stored. The server validates nothing: a status may name nothing, `parents` may be missing altogether.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The project it is in.
    pub space: DocRef,
    /// The server's clock at the last write, bookkeeping included; can step back by some milliseconds.
    pub modified_on: Millis,
    /// The author of the last write; bookkeeping keeps an older author, so it never proves "ours".
    #[serde(default)]
    pub modified_by: Option<SocialId>,
    /// The server's clock at the creation.
    #[serde(default)]
    pub created_on: Option<Millis>,
    /// Who made it.
    #[serde(default)]
    pub created_by: Option<SocialId>,
    /// One line; empty where it is missing.
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
    /// The name of the stored description: its version. `None` for none.
    #[serde(default, deserialize_with = "non_empty_name")]
    pub description: Option<BlobName>,
    /// An id of a status, which may not exist.
    #[serde(default)]
    pub status: Option<DocRef>,
    /// Kept by the server from the status's category; absent until the first change of status.
    #[serde(default)]
    pub is_done: Option<bool>,
    /// How urgent.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The number within the project it was made in.
    #[serde(default)]
    pub number: Option<i64>,
    /// As people say it (`HARB-1`); stays when the issue is moved, and is not unique.
    #[serde(default)]
    pub identifier: Option<String>,
    /// Its type of task, which decides what statuses apply.
    #[serde(default)]
    pub kind: Option<DocRef>,
    /// Its place on the board.
    #[serde(default)]
    pub rank: Option<String>,
    /// A person, which is neither an account nor an address.
    #[serde(default)]
    pub assignee: Option<DocRef>,
    /// A component of the project.
    #[serde(default)]
    pub component: Option<DocRef>,
    /// A milestone of the project.
    #[serde(default)]
    pub milestone: Option<DocRef>,
    /// When it is due.
    #[serde(default)]
    pub due_date: Option<Millis>,
    /// In hours.
    #[serde(default)]
    pub estimation: Option<f64>,
    /// Its ancestors, the nearest first; empty where the field is missing.
    #[serde(default, deserialize_with = "or_default")]
    pub parents: Vec<ParentInfo>,
    /// How many sub-issues the server counts.
    #[serde(default, deserialize_with = "or_default")]
    pub sub_issues: i64,
    /// How many comments the server counts.
    #[serde(default, deserialize_with = "or_default")]
    pub comments: i64,
    /// How many labels the server counts.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: i64,
    /// The parent, or [`NO_PARENT`].
    #[serde(default)]
    pub attached_to: Option<DocRef>,
    /// The parent's class.
    #[serde(default)]
    pub attached_to_class: Option<DocRef>,
    /// The parent's collection.
    #[serde(default)]
    pub collection: Option<String>,
}

impl Issue {
    /// The parent issue, where there is one.
    pub fn parent(&self) -> Option<&DocRef> {
        self.attached_to
            .as_ref()
            .filter(|parent| parent.as_str() != NO_PARENT)
    }
}

/// An issue read by a projection: enough to name it and to see that it is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueKey {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The project it is in, where asked for.
    #[serde(default)]
    pub space: Option<DocRef>,
    /// The last stamp, where asked for.
    #[serde(default)]
    pub modified_on: Option<Millis>,
    /// As people say it.
    #[serde(default)]
    pub identifier: Option<String>,
    /// One line.
    #[serde(default)]
    pub title: Option<String>,
    /// An id of a status.
    #[serde(default)]
    pub status: Option<DocRef>,
    /// The name of the stored description.
    #[serde(default, deserialize_with = "non_empty_name")]
    pub description: Option<BlobName>,
}

/// How urgent, as the server's number: 0 none, 1 urgent, 2 high, 3 medium, 4 low. Other numbers are kept.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Priority(pub i64);

/// One ancestor of an issue, as written into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentInfo {
    /// The ancestor.
    pub parent_id: DocRef,
    /// As people say it.
    #[serde(default, deserialize_with = "or_default")]
    pub identifier: String,
    /// Its title.
    #[serde(default, deserialize_with = "or_default")]
    pub parent_title: String,
    /// The project it was in when this was written; stale after a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<DocRef>,
}

/// A comment on an issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The issue.
    #[serde(default)]
    pub attached_to: Option<DocRef>,
    /// Markup as JSON text; other clients write bare text at times.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
    /// Who wrote it.
    #[serde(default)]
    pub created_by: Option<SocialId>,
    /// When.
    #[serde(default)]
    pub created_on: Option<Millis>,
}

fn non_empty_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BlobName>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    Ok(name.filter(|name| !name.is_empty()).map(BlobName::new))
}
