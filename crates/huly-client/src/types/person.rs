//! People, and the small things around an issue.

use serde::Deserialize;

use crate::ids::{DocRef, Millis};
use crate::types::or_default;

/// A person, as issues are assigned to. An account that never opened the web page has none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// `Last,First`.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The uuid of the account, where there is one.
    #[serde(default)]
    pub person_uuid: Option<String>,
}

/// A social identity: from an author (`_id`) or an address (`type` `email`, `value`) to a person (`attachedTo`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocialIdentity {
    /// The author's id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The person; absent in the account service's list.
    #[serde(default)]
    pub attached_to: Option<DocRef>,
    /// `email`, `huly`, `github` ...
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub social_type: String,
    /// The address within that type.
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    /// Whether it was given up.
    #[serde(default, deserialize_with = "or_default")]
    pub is_deleted: bool,
}

/// A component of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Component {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The project.
    #[serde(default)]
    pub space: Option<DocRef>,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
}

/// A milestone of a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The project.
    #[serde(default)]
    pub space: Option<DocRef>,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// 0 planned, 1 in progress, 2 completed, 3 cancelled.
    #[serde(default)]
    pub status: Option<i64>,
    /// When it is due.
    #[serde(default)]
    pub target_date: Option<Millis>,
}

/// A label on an issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The id of this attachment.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The issue.
    #[serde(default)]
    pub attached_to: Option<DocRef>,
    /// The label of the workspace.
    #[serde(default)]
    pub tag: Option<DocRef>,
    /// As shown.
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
}
