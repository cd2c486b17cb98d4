//! Rows of the history.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ids::{DocRef, Millis, SocialId};
use crate::types::class;

/// One row of the history: a request carried out **or tried**. Neither a row nor its absence is a proof: creates that
/// failed on the key and removals of what was gone have rows, sub-issues that went with their parent have none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TxRow {
    /// The transaction's id, as its client chose it.
    #[serde(rename = "_id")]
    pub id: DocRef,
    /// The kind of transaction.
    #[serde(rename = "_class")]
    pub class: DocRef,
    /// What it was about.
    #[serde(default)]
    pub object_id: Option<DocRef>,
    /// That document's class.
    #[serde(default)]
    pub object_class: Option<DocRef>,
    /// The project **as the client wrote it**, which need not be where the document was or is.
    #[serde(default)]
    pub object_space: Option<DocRef>,
    /// The parent, in rows of attached documents.
    #[serde(default)]
    pub attached_to: Option<DocRef>,
    /// The server's clock at the request.
    #[serde(default)]
    pub modified_on: Option<Millis>,
    /// The author.
    #[serde(default)]
    pub modified_by: Option<SocialId>,
    /// What an update wrote.
    #[serde(default)]
    pub operations: Option<Map<String, Value>>,
    /// What a creation wrote.
    #[serde(default)]
    pub attributes: Option<Map<String, Value>>,
}

impl TxRow {
    /// The project that this row moved its document to, where it is a move.
    pub fn moved_to(&self) -> Option<DocRef> {
        let space = self.operations.as_ref()?.get("space")?;
        space.as_str().map(DocRef::from)
    }

    /// Whether this row asked for a removal.
    pub fn is_removal(&self) -> bool {
        self.class.as_str() == class::TX_REMOVE
    }
}
