//! Projects of the tracker.

use serde::Deserialize;
use uuid::Uuid;

use crate::ids::{DocRef, Millis};
use crate::types::or_default;

/// A project. Visible to every member of the workspace unless private; **its issues are not**.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The last stamp; numbering an issue moves it.
    #[serde(default)]
    pub modified_on: Option<Millis>,
    /// The prefix of its issues (`HARB`).
    #[serde(default, deserialize_with = "or_default")]
    pub identifier: String,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Plain text.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The last number given to an issue.
    #[serde(default, deserialize_with = "or_default")]
    pub sequence: i64,
    /// Its type, which decides on types of tasks and statuses.
    #[serde(default, rename = "type")]
    pub project_type: Option<DocRef>,
    /// The status of an issue made without one.
    #[serde(default)]
    pub default_issue_status: Option<DocRef>,
    /// Hidden from those who are no members.
    #[serde(default, deserialize_with = "or_default")]
    pub private: bool,
    /// Closed: its issues are left out of most queries.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    /// Takes new employees by itself.
    #[serde(default, deserialize_with = "or_default")]
    pub auto_join: bool,
    /// Uuids of the accounts that may read its issues; an account may stand there twice.
    #[serde(default, deserialize_with = "or_default")]
    pub members: Vec<String>,
    /// Uuids of the accounts that own it; owning is no membership.
    #[serde(default, deserialize_with = "or_default")]
    pub owners: Vec<String>,
}

impl Project {
    /// Whether the account may read the project's issues.
    ///
    /// **An empty list of issues proves nothing without this.** The server answers `200` and an empty list for any
    /// project whose members do not contain the account, public ones and the workspace owner's own included, though
    /// writing into it works. So believe "no issues" (or "this issue is gone") only where the project was read *after*
    /// the list, in the same run, and this is true. Where it is false, say so: somebody has to add the account to the
    /// project's members.
    pub fn has_member(&self, account: Uuid) -> bool {
        self.members
            .iter()
            .any(|member| Uuid::parse_str(member) == Ok(account))
    }
}
