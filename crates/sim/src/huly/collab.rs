//! Descriptions: blobs that the issue names, and the live documents beside them that people type into.

use serde_json::{Value, json};

use super::classes::Domain;
use super::history::touch;
use super::{Huly, Session, text};

/// Typing is saved so long after the last key.
const SAVE_AFTER_MS: i64 = 10_000;

/// A live document. Once it exists it is the truth; the blob that the issue names is a snapshot of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    pub text: String,
    /// When the last unsaved key was typed.
    pub typed_on: Option<i64>,
    /// Who typed it.
    pub typist: String,
    /// Somebody has it open.
    pub open: bool,
}

/// The name of a description: `{workspace}|{class}|{issue}|description`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocName {
    /// Workspace uuid.
    pub workspace: String,
    /// Issue id.
    pub issue: String,
    /// Attribute name.
    pub field: String,
}

impl DocName {
    /// Reads a name; none if it has not four parts.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('|');
        let (workspace, _class, issue, field) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            workspace: workspace.into(),
            issue: issue.into(),
            field: field.into(),
        })
    }
}

/// Errors of the collaborator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollabError {
    /// Status 400.
    #[error("Unknown method")]
    UnknownMethod,
    /// Status 500.
    #[error("Document {0} already exists")]
    Exists(String),
}

impl Huly {
    /// A call of the collaborator about one description. `getContent` is not a pure read: it saves unsaved typing.
    pub fn collaborate(
        &mut self,
        session: &Session,
        name: &str,
        doc: &DocName,
        method: &str,
        payload: &Value,
    ) -> Result<Value, CollabError> {
        self.settle();
        let content = payload
            .get("content")
            .and_then(|content| content.get(&doc.field))
            .and_then(Value::as_str);
        match method {
            "createContent" => {
                if self.live.get(&doc.issue).is_some_and(|live| live.open) {
                    return Err(CollabError::Exists(name.to_owned()));
                }
                let blob = self.store_markup(&doc.issue, &canonical(content.unwrap_or("")));
                Ok(json!({ "content": { doc.field.clone(): blob } }))
            }
            "updateContent" => {
                self.replace_description(&doc.issue, content.unwrap_or(""), session.primary());
                Ok(json!({}))
            }
            "getContent" => {
                self.save_typing(&doc.issue);
                let source = payload.get("source").and_then(Value::as_str);
                let live = self.live.get(&doc.issue).map(|live| live.text.clone());
                let text = live.or_else(|| source.and_then(|source| self.blob_text(source)));
                Ok(text.map_or_else(
                    || json!({ "content": {} }),
                    |text| json!({ "content": { doc.field.clone(): text } }),
                ))
            }
            _ => Err(CollabError::UnknownMethod),
        }
    }

    /// Replaces the live text, what was typed and not saved included; the issue names a new blob then.
    /// Equal text changes nothing.
    pub(crate) fn replace_description(&mut self, issue: &str, markup: &str, author: &str) {
        let markup = canonical(markup);
        let named = self
            .get(Domain::Task, issue)
            .map(|doc| text(doc, "description").to_owned());
        let before = match self.live.get(issue) {
            Some(live) => Some(live.text.clone()),
            None => named.and_then(|name| self.blob_text(&name)),
        };
        let live = self.live.entry(issue.into()).or_default();
        live.text.clone_from(&markup);
        live.typed_on = None;
        if before.as_deref() != Some(markup.as_str()) {
            self.save_description(issue, author);
        }
    }

    /// A person opens the description and types: the text is live at once and saved later.
    /// Answers whether the issue is there.
    pub fn type_text(&mut self, issue: &str, markup: &str, typist: &str) -> bool {
        if self.get(Domain::Task, issue).is_none() {
            return false;
        }
        let now = self.clock.now();
        let live = self.live.entry(issue.into()).or_default();
        *live = Live {
            text: canonical(markup),
            typed_on: Some(now),
            typist: typist.into(),
            open: true,
        };
        true
    }

    /// The person closes the page: what was typed is saved. If the issue was removed meanwhile, the old live document
    /// is written again all the same.
    pub fn close_text(&mut self, issue: &str) {
        self.save_typing(issue);
        if let Some(live) = self.live.get_mut(issue) {
            live.open = false;
        }
    }

    /// Saves all unsaved typing, as the collaborator does some seconds after the last key.
    pub fn flush(&mut self) {
        let issues: Vec<String> = self.live.keys().cloned().collect();
        for issue in issues {
            self.save_typing(&issue);
        }
    }

    pub(crate) fn save_due_typing(&mut self, now: i64) {
        let is_due = |live: &Live| {
            live.typed_on
                .is_some_and(|typed| now.saturating_sub(typed) >= SAVE_AFTER_MS)
        };
        let due: Vec<String> = self
            .live
            .iter()
            .filter(|(_, live)| is_due(live))
            .map(|(issue, _)| issue.clone())
            .collect();
        for issue in due {
            self.save_typing(&issue);
        }
    }

    fn save_typing(&mut self, issue: &str) {
        let Some(live) = self.live.get_mut(issue) else {
            return;
        };
        if live.typed_on.take().is_some() {
            let typist = live.typist.clone();
            self.save_description(issue, &typist);
        }
    }

    /// Stores the live text as a new blob and lets the issue, if there is one, name it.
    fn save_description(&mut self, issue: &str, author: &str) {
        let Some(markup) = self.live.get(issue).map(|live| live.text.clone()) else {
            return;
        };
        let blob = self.store_markup(issue, &markup);
        let now = self.clock.now();
        if let Some(doc) = self.table_mut(Domain::Task).get_mut(issue) {
            doc.insert("description".into(), json!(blob));
            touch(doc, now, author);
            self.count_activity(Domain::Task, issue, now, author);
        }
    }

    /// A new blob `{issue}-description-{ms}`; the name is new even within a millisecond.
    pub(crate) fn store_markup(&mut self, issue: &str, markup: &str) -> String {
        let mut stamp = self.clock.now();
        while self
            .blobs
            .contains_key(&format!("{issue}-description-{stamp}"))
        {
            stamp += 1;
        }
        let name = format!("{issue}-description-{stamp}");
        self.put_blob(&name, markup.as_bytes().to_vec(), "application/json");
        name
    }

    pub(crate) fn blob_text(&self, name: &str) -> Option<String> {
        self.blobs
            .get(name)
            .map(|blob| String::from_utf8_lossy(&blob.bytes).into_owned())
    }

    /// The removal of an issue deletes its live document (not its blobs), unless somebody has it open.
    pub(crate) fn forget_live(&mut self, issue: &str) {
        if self.live.get(issue).is_some_and(|live| !live.open) {
            self.live.remove(issue);
        }
    }

    /// Puts a live document in as it is, for tests.
    pub fn load_live(&mut self, issue: &str, markup: &str, open: bool) {
        self.live.insert(
            issue.into(),
            Live {
                text: canonical(markup),
                typed_on: None,
                typist: String::new(),
                open,
            },
        );
    }
}

/// The server keeps markup as sent, without empty `marks` and empty `content` of leaves; text that is no JSON becomes
/// one paragraph.
pub(crate) fn canonical(markup: &str) -> String {
    let parsed = serde_json::from_str::<Value>(markup)
        .ok()
        .filter(Value::is_object);
    let mut node = parsed.unwrap_or_else(|| {
        json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": markup }] }] })
    });
    prune(&mut node, true);
    node.to_string()
}

fn prune(node: &mut Value, root: bool) {
    let Some(object) = node.as_object_mut() else {
        return;
    };
    for field in ["marks", "content"] {
        let is_empty = object
            .get(field)
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        if is_empty && !(root && field == "content") {
            object.remove(field);
        }
    }
    for child in object
        .get_mut("content")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        prune(child, false);
    }
}
