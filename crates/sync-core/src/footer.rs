//! The footer: a hint for people, for adoption and for rebuilding a lost store (design 3.4).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{Attempt, Generation, LinkId, StoreId};

/// Which create made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Marker {
    /// Whose store.
    pub store: StoreId,
    /// Which link.
    pub link: LinkId,
    /// Which counterpart of it.
    pub generation: Generation,
    /// Which sending of that create.
    pub attempt: Attempt,
}

/// Who wrote a footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writer {
    /// hvs.
    Ours,
    /// The JavaScript service before it.
    Predecessor,
}

/// What a footer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// Who wrote it.
    pub writer: Writer,
    /// The Huly identifier (`PROJ-12`).
    pub label: Option<Arc<str>>,
    /// A link to the issue.
    pub url: Option<Arc<str>>,
    /// The marker; the predecessor had none.
    pub marker: Option<Marker>,
    /// A line that says why a task was cancelled.
    pub note: Option<Arc<str>>,
}

/// What stands in a description: the author's text and the footer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The text without any footer.
    pub body: String,
    /// What the footer said; the last valid one counts.
    pub footer: Option<Footer>,
}

/// Parts a description into the author's text and the footer.
pub fn split(raw: &str) -> Split {
    Split { body: raw.to_owned(), footer: None }
}

/// Puts the footer below the author's text.
pub fn compose(body: &str, footer: &Footer) -> String {
    format!("{body}{}", footer.label.as_deref().unwrap_or_default())
}
