//! The items of both models as people see them.

use engine::markup;

use crate::huly::IssueView;
use crate::vibe::TaskView;

use super::words::{Origin, words};

/// An item as people see it, on either side.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) title: String,
    /// As it is stored: markup in Huly, markdown with footer in Vibe.
    pub(super) stored: String,
    /// As markdown, without a footer.
    pub(super) text: String,
}

impl Seen {
    /// Of which origin it is; an item whose title names none is nobody's.
    pub(super) fn origin(&self) -> Option<Origin> {
        words(&self.title).first().map(|word| word.origin)
    }
}

pub(super) fn seen_issue(issue: &IssueView) -> Seen {
    let stored = issue.description.clone().unwrap_or_default();
    // What cannot be read as markup is shown as it is: the comparison will tell.
    let text = match markup::Source::read(&stored) {
        Ok(source) if !stored.is_empty() => markup::to_markdown(&source.into_node()),
        Ok(_) | Err(_) => stored.clone(),
    };
    Seen {
        id: issue.id.clone(),
        title: issue.title.clone(),
        stored,
        text,
    }
}

pub(super) fn seen_task(task: &TaskView) -> Seen {
    let stored = task.description.clone().unwrap_or_default();
    let split = sync_core::footer::split(&stored);
    Seen {
        id: task.id.to_string(),
        title: task.title.clone(),
        text: split.body.trim().to_owned(),
        stored,
    }
}
