//! Reads of single things: an issue, a stored description, what the history says of a move.

use huly_client::{BlobName, DocRef, markup, types};
use sync_core::{ids::ItemId, item::TextVersion};

use super::{HulyBoard, conflict, description::parse};
use crate::port::Answer;

impl HulyBoard {
    /// One issue as it stands; `None` where it is not there.
    pub(super) async fn read(&self, id: &ItemId) -> Answer<Option<types::Issue>> {
        self.client.issue(&DocRef::from(id.as_str())).await
    }

    /// The markup and markdown of a stored description.
    pub(super) async fn blob(&self, name: &TextVersion) -> Answer<markup::Node> {
        if name.is_none() {
            return Ok(markup::from_markdown(""));
        }
        let text = self
            .client
            .description_text(&BlobName::new(name.as_str()))
            .await?;
        let text = text.ok_or_else(|| {
            conflict(format!(
                "the description {} is not stored any more",
                name.as_str()
            ))
        })?;
        parse(&text)
    }

    /// Whether the history has a row that moved one of these documents.
    pub(super) async fn any_move(&self, documents: &[DocRef]) -> Answer<bool> {
        Ok(!self.client.moves_of(documents).await?.is_empty())
    }
}
