//! What an item that was just made held at first.

use std::sync::Arc;

use sync_core::item::{Item, TextVersion};

use super::CreateJob;

impl CreateJob {
    /// The item as it was made: with what was sent, its text under the version that was stored for it (`None`: the service keeps
    /// none, or it is not known). A service that is read once more after a create, for an identifier, may show what somebody wrote
    /// in between. That is an edit, and must not become the base.
    #[must_use]
    pub fn as_sent(&self, text: Option<TextVersion>, mut item: Item) -> Item {
        let draft = &self.draft;
        item.values.title = Arc::clone(&draft.title);
        if text.is_some() || draft.text.trim().is_empty() {
            item.values.description = text.unwrap_or_default();
            item.text = Some(Arc::clone(&draft.text));
        }
        if draft.status.is_some() {
            item.values.status.clone_from(&draft.status);
        }
        item.values.extra.priority = draft.extra.priority;
        item.values.extra.due_date = draft.extra.due_date;
        item
    }
}
