//! The footer: a hint for people, for adoption and for rebuilding a lost store (design 3.4).
//!
//! Ours is a block of lines between two comments, which Markdown does not show:
//!
//! ```text
//! <!-- hvs:begin v1 store=… link=… generation=1 attempt=1 -->
//! Kept the same as Huly [PROJ-12](https://huly.example/…) by hvs.
//! Note by hvs: its issue was deleted in Huly
//! <!-- hvs:end -->
//! ```
//!
//! [`split`] parts it from the author's text, [`compose`] puts it below.

mod ours;
mod piece;
mod predecessor;

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
    /// What the footer said; the last valid one counts, and ours before the predecessor's.
    pub footer: Option<Footer>,
}

/// Parts a description into the author's text and the footer. A text without any footer comes back as it is.
///
/// Ours is cut wherever it stands, with what is left of a broken one: each of its lines that is still as hvs wrote
/// it. The predecessor's is cut only in the very forms that it wrote. Text before, inside and after them stays, parted
/// by a blank line where something was cut out; nothing else of it changes.
///
/// ```
/// use sync_core::footer::split;
/// let parts = split("Do it.\n\n---\nHuly Issue: PROJ-12\nadded by somebody");
/// assert_eq!(parts.body, "Do it.\n\nadded by somebody");
/// assert_eq!(parts.footer.unwrap().label.as_deref(), Some("PROJ-12"));
/// // a mention in a sentence is no footer
/// assert_eq!(split("as in Huly Issue: OTHER-3").footer, None);
/// ```
pub fn split(raw: &str) -> Split {
    let mut parts = once(raw);
    // what stood around a footer may have hidden an older one; every round takes text away, so this ends
    loop {
        let again = once(&parts.body);
        if again.body == parts.body {
            return parts;
        }
        parts.body = again.body;
        parts.footer = parts.footer.or(again.footer);
    }
}

/// A description without hvs' own footer, wherever it stands; `None` where there is nothing of it. Text of people and the
/// predecessor's footers stay as they are.
///
/// ```
/// use sync_core::footer::without_ours;
/// let text = "Do it.\n\n<!-- hvs:begin v1 -->\nKept the same as Huly PROJ-12 by hvs.\n<!-- hvs:end -->";
/// assert_eq!(without_ours(text).as_deref(), Some("Do it."));
/// assert_eq!(without_ours("Do it.\n\n---\nHuly Issue: PROJ-12"), None);
/// ```
pub fn without_ours(raw: &str) -> Option<String> {
    let body = piece::join(raw, &ours::cut(raw));
    (body != raw).then_some(body)
}

/// Puts the footer below the author's text, parted by a blank line. The text itself is not touched: for every text
/// that [`split`] gave, `split(compose(body, f)).body == body`; from any other text footers are cut first, and that is
/// all that is lost. The footer is [`Footer::settled`] first.
///
/// ```
/// use sync_core::footer::{Footer, Writer, compose, split};
/// let footer = Footer { writer: Writer::Ours, label: Some("PROJ-12".into()), url: None, marker: None, note: None };
/// let text = compose("Do it.", &footer);
/// let parts = split(&format!("{text}\nadded by somebody"));
/// assert_eq!(parts.body, "Do it.\n\nadded by somebody");
/// assert_eq!(parts.footer, Some(footer));
/// ```
pub fn compose(body: &str, footer: &Footer) -> String {
    let block = ours::render(&footer.settled());
    if body.is_empty() {
        block
    } else {
        format!("{body}\n\n{block}")
    }
}

/// The most that [`compose`] adds to a text, in bytes.
pub const MAX_BYTES: usize = 8_192;
/// Longest label and note, in characters; what is over is cut off.
const MAX_TEXT_CHARS: usize = 500;
/// Longest link, in bytes; a longer one is left out.
const MAX_URL_BYTES: usize = 2_000;

impl Footer {
    /// The footer as it can be written and read back: by us, texts on one line, not blank and not too long, the link
    /// without characters that would end it.
    #[must_use]
    pub fn settled(&self) -> Footer {
        let text = |text: &Option<Arc<str>>| {
            ours::clean_text(text.as_deref()?, MAX_TEXT_CHARS).map(Arc::from)
        };
        Footer {
            writer: Writer::Ours,
            label: text(&self.label),
            url: self
                .url
                .as_deref()
                .and_then(|url| ours::clean_url(url, MAX_URL_BYTES))
                .map(Arc::from),
            marker: self.marker,
            note: text(&self.note),
        }
    }
}

/// One round of cutting.
fn once(raw: &str) -> Split {
    let mut pieces = ours::cut(raw);
    let own = ours::footer(&pieces);
    let before = predecessor::cut(&mut pieces);
    Split {
        body: piece::join(raw, &pieces),
        footer: own.or(before),
    }
}
