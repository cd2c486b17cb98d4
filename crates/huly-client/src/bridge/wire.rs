//! What the bridge says, with what is no value taken out.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What the bridge answers for a status that it failed to look up.
const UNKNOWN_STATUS: &str = "Unknown";

/// `GET /health`.
#[derive(Debug, Deserialize)]
pub(super) struct Health {
    /// Told by every form.
    pub(super) connected: bool,
    #[serde(default, rename = "transactorPool")]
    pool: Option<Value>,
    #[serde(default)]
    cache: Option<Value>,
}

impl Health {
    pub(super) const fn is_later(&self) -> bool {
        self.pool.is_some() || self.cache.is_some()
    }
}

/// `GET /api/projects`.
#[derive(Debug, Deserialize)]
pub(super) struct Projects {
    pub(super) projects: Vec<Project>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// `HARB`: its only key.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// Plain text.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Issues that the bridge counts in it: no list of them may be shorter.
    #[serde(default)]
    pub issue_count: usize,
    /// Whether it was put away.
    #[serde(default)]
    pub archived: bool,
}

/// `GET /api/projects/{identifier}/issues`.
#[derive(Debug, Deserialize)]
pub(super) struct Issues {
    pub(super) issues: Vec<Issue>,
}

/// `GET /api/issues/all`.
#[derive(Debug, Deserialize)]
pub(super) struct All {
    pub(super) issues: Vec<Issue>,
    pub(super) pagination: Pagination,
}

/// Where a page of all issues ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    pub(super) total: usize,
    pub(super) has_more: bool,
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// `HARB-1`: its only key, though two issues may have the same one.
    pub identifier: String,
    /// Its title.
    pub title: String,
    /// Markdown; `None` where the bridge answers `""`: there is none, or it could not be read.
    #[serde(default, deserialize_with = "filled")]
    pub description: Option<String>,
    /// Name of its status; `None` where the bridge answers `Unknown`.
    #[serde(default, deserialize_with = "known")]
    pub status: Option<String>,
    /// `NoPriority`, `Urgent`, `High`, `Medium`, `Low`.
    #[serde(default)]
    pub priority: Option<String>,
    /// Unix milliseconds.
    #[serde(default)]
    pub created_on: Option<i64>,
    /// Unix milliseconds; goes back at times, like Huly's.
    #[serde(default)]
    pub modified_on: Option<i64>,
    /// Its number in the project it was made in.
    #[serde(default)]
    pub number: Option<i64>,
    /// Identifier of the project it is in; missing in some answers.
    #[serde(default)]
    pub project: Option<String>,
    /// How many issues are below it (later form).
    #[serde(default)]
    pub sub_issue_count: Option<usize>,
}

/// The answer to a create.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// Its identifier; another issue may have the same one.
    pub identifier: String,
    /// Name of its status, whatever was wanted.
    #[serde(default, deserialize_with = "known")]
    pub status: Option<String>,
}

/// The answer to a change of several fields.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patched {
    /// Fields that were taken. Their form differs between versions, so only their names are looked for.
    #[serde(default)]
    applied_updates: Value,
    /// Fields that were not, with the bridge's words.
    #[serde(default)]
    errors: Vec<Value>,
}

impl Patched {
    /// The bridge's words on a field that it did not take; `None` where it did.
    pub fn refusal(&self, field: &str) -> Option<String> {
        let failed = self.errors.iter().find(|error| names(error, field));
        let words = failed.map(|error| match error.get("error").unwrap_or(error) {
            Value::String(words) => words.clone(),
            other => other.to_string(),
        });
        let taken = names(&self.applied_updates, field);
        match words {
            Some(words) => Some(words),
            None if taken => None,
            None => Some("it is not among the fields that were changed".to_owned()),
        }
    }
}

/// Whether an answer names a field: as a text, in a list, as a key, or under `field`.
fn names(value: &Value, field: &str) -> bool {
    match value {
        Value::String(text) => text == field,
        Value::Array(list) => list.iter().any(|one| names(one, field)),
        Value::Object(object) => {
            object.contains_key(field) || object.get("field").is_some_and(|name| name == field)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn or_default<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    Ok(name.filter(|name| !name.is_empty() && name != UNKNOWN_STATUS))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_description_and_an_unknown_status_are_no_values() {
        let issue = |description: Value, status: Value| {
            let body = json!({ "identifier": "HARB-1", "title": "Dock", "description": description, "status": status });
            let issue: Issue = serde_json::from_value(body).expect("an issue");
            (issue.description, issue.status)
        };
        assert_eq!(issue(json!(""), json!("Unknown")), (None, None));
        assert_eq!(issue(Value::Null, Value::Null), (None, None));
        assert_eq!(issue(json!(" \n"), json!("")), (None, None));
        assert_eq!(
            issue(json!("Text."), json!("Todo")),
            (Some("Text.".to_owned()), Some("Todo".to_owned()))
        );
    }

    #[test]
    fn a_field_that_is_named_nowhere_counts_as_not_taken() {
        let patched = |body: Value| serde_json::from_value::<Patched>(body).expect("an answer");
        let both = patched(
            json!({ "identifier": "HARB-1", "updated": true, "appliedUpdates": ["title"],
            "errors": [{ "field": "status", "error": "Status not found: Nowhere" }] }),
        );
        assert_eq!(both.refusal("title"), None);
        assert_eq!(
            both.refusal("status").as_deref(),
            Some("Status not found: Nowhere")
        );
        assert!(both.refusal("description").is_some());
        let object = patched(json!({ "appliedUpdates": { "title": "Dock" } }));
        assert_eq!(object.refusal("title"), None);
    }

    #[test]
    fn only_a_later_bridge_tells_of_its_pool_and_cache() {
        let later = |body: Value| {
            serde_json::from_value::<Health>(body)
                .expect("health")
                .is_later()
        };
        assert!(!later(
            json!({ "status": "ok", "connected": true, "timestamp": "2026-01-01T00:00:00Z" })
        ));
        assert!(later(
            json!({ "status": "degraded", "connected": true, "transactorPool": { "size": 1 } })
        ));
    }
}
