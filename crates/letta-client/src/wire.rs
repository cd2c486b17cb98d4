//! Rows and bodies, as they go over the wire. Readers tolerate unknown fields, and nulls and gaps where nothing is needed.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{AgentId, BlockId, FileId, FolderId, ToolId};

/// Null means the same as a missing field.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    json: D,
) -> Result<T, D::Error> {
    Option::deserialize(json).map(Option::unwrap_or_default)
}

/// An agent as a list shows it, with its tags. Has no blocks: a list leaves them out as if there were none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AgentSummary {
    /// Chosen by the server.
    pub id: AgentId,
    /// Not unique.
    pub name: String,
    /// In no order that means anything.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: Vec<String>,
    /// As given at the last write of it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    /// What people wrote about it.
    #[serde(default)]
    pub description: Option<String>,
    /// The kind of agent, as in `letta_v1_agent`.
    #[serde(default)]
    pub agent_type: Option<String>,
    /// RFC 3339, in UTC.
    #[serde(default)]
    pub created_at: Option<String>,
}

impl AgentSummary {
    /// Whether it is the background twin (`..-sleeptime`) that the server makes beside an agent.
    pub fn is_twin(&self) -> bool {
        is_twin(&self.name, self.agent_type.as_deref())
    }
}

/// One agent, whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Agent {
    /// Chosen by the server.
    pub id: AgentId,
    /// Not unique.
    pub name: String,
    /// In no order that means anything.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: Vec<String>,
    /// Its memory; no two of one label. Their tags are left out.
    #[serde(default, deserialize_with = "or_default")]
    pub blocks: Vec<Block>,
    /// The tools it may use.
    #[serde(default, deserialize_with = "or_default")]
    pub tools: Vec<Tool>,
    /// As given at the last write of it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    /// What people wrote about it.
    #[serde(default)]
    pub description: Option<String>,
    /// The system prompt.
    #[serde(default)]
    pub system: Option<String>,
    /// The model's handle.
    #[serde(default)]
    pub model: Option<String>,
    /// The embedding model's handle; none where the agent was made without.
    #[serde(default)]
    pub embedding: Option<String>,
    /// The kind of agent, as in `letta_v1_agent`.
    #[serde(default)]
    pub agent_type: Option<String>,
    /// RFC 3339, in UTC.
    #[serde(default)]
    pub created_at: Option<String>,
}

impl Agent {
    /// Whether it is the background twin (`..-sleeptime`) that the server makes beside an agent.
    pub fn is_twin(&self) -> bool {
        is_twin(&self.name, self.agent_type.as_deref())
    }

    /// Its block with this label.
    pub fn block(&self, label: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.label == label)
    }
}

/// The kind tells; the name only where there is no kind: a project may well be called `x-sleeptime`, and its agent would
/// else never be found and always be made again.
fn is_twin(name: &str, kind: Option<&str>) -> bool {
    match kind {
        Some(kind) => kind.contains("sleeptime"),
        None => name.ends_with("-sleeptime"),
    }
}

/// A tool of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tool {
    /// Chosen by the server: what [`AgentUpdate::tool_ids`] names.
    pub id: ToolId,
    /// Unique on the server: what [`NewAgent::tools`] names.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

/// A memory block. The server tells no time and no version of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Block {
    /// Chosen by the server.
    pub id: BlockId,
    /// Unique within one agent only.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The text, without the NUL characters that were sent.
    pub value: String,
    /// Most characters (Unicode code points) of the value; advice since 0.16.7.
    #[serde(default)]
    pub limit: Option<u64>,
    /// What the agent is told about it.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether the agent's own tools must not edit it; the API always may.
    #[serde(default, deserialize_with = "or_default")]
    pub read_only: bool,
    /// Empty also where the block came as part of an agent, or the server is older than 0.16.4.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: Vec<String>,
}

/// A model or embedding model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Model {
    /// `provider/name`: what agents and folders are made with; empty where the server gives none.
    #[serde(default, deserialize_with = "or_default")]
    pub handle: String,
    /// Tokens; none for embedding models.
    #[serde(default)]
    pub context_window: Option<u64>,
}

/// A folder of files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Folder {
    /// Chosen by the server.
    pub id: FolderId,
    /// Unique in the organisation.
    pub name: String,
}

/// A file in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FolderFile {
    /// Chosen by the server.
    pub id: FileId,
    /// `<folder>/<name>`, or the name alone after a replacement (reference 6).
    #[serde(default, deserialize_with = "or_default")]
    pub file_name: String,
    /// The name as uploaded.
    #[serde(default)]
    pub original_file_name: Option<String>,
    /// `parsing`, `embedding`, `completed` or `error`.
    #[serde(default)]
    pub processing_status: Option<String>,
    /// What went wrong while it was taken in.
    #[serde(default)]
    pub error_message: Option<String>,
}

/// A block to create, by itself or with its agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewBlock {
    /// The label: one per agent.
    pub label: String,
    /// The text; at most `limit` characters.
    pub value: String,
    /// Most characters.
    pub limit: u64,
    /// What the agent is told about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the agent's own tools must not edit it.
    pub read_only: bool,
    /// Left out where the server is known to have none (before 0.16.4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// An agent to create, with all its blocks in the one body.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewAgent {
    /// As [`crate::agent_name`] makes it; others are refused before anything is sent.
    pub name: String,
    /// What it is found again by.
    pub tags: Vec<String>,
    /// Stored as given.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// What people read about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A model's handle; a self-hosted server refuses a create without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// An embedding model's handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// The system prompt; none for the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Names of tools, beside the server's basic ones where these are included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Whether it gets the server's basic tools, too; none is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_base_tools: Option<bool>,
    /// Its memory; labels must differ.
    pub memory_blocks: Vec<NewBlock>,
}

/// What to change of an agent; none keeps a field. There is no guard: of two at once the last wins.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AgentUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// **All** tags: those not named are taken away (also `git-memory-enabled`, which would change how the agent's memory
    /// is kept: read the agent first and carry it over).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The whole of it: nothing is merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// The new description; `""` clears it (null would keep it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Another model, by its handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Another embedding model, by its handle. Passages that are there stay embedded as they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// Another system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// **All** tools: those not named are taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_ids: Option<Vec<ToolId>>,
}

/// A value and its limit, which always go together: on older servers a value over the stored limit is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The text; at most `limit` characters.
    pub value: String,
    /// Most characters.
    pub limit: u64,
}

/// What to change of a block, all in one PATCH; none keeps a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BlockUpdate {
    /// The new text, with its limit.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Whether the agent's own tools must not edit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The new description; `""` clears it (null would keep it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A folder to create.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewFolder {
    /// Unique in the organisation.
    pub name: String,
    /// What the agent is told about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// An embedding model's handle; a self-hosted server refuses a create without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_twin_is_told_by_its_kind_and_only_without_one_by_its_name() {
        let cases = [
            ("x-sleeptime", Some("sleeptime_agent"), true),
            ("x", Some("voice_sleeptime_agent"), true),
            ("x-sleeptime", Some("letta_v1_agent"), false),
            ("x-sleeptime", None, true),
            ("x", None, false),
        ];
        for (name, kind, expected) in cases {
            assert_eq!(is_twin(name, kind), expected, "{name} {kind:?}");
        }
    }

    #[test]
    fn a_block_update_sends_value_and_limit_side_by_side_and_no_nulls() {
        let content = Content {
            value: "v".to_owned(),
            limit: 7,
        };
        let both = BlockUpdate {
            content: Some(content),
            read_only: Some(true),
            description: None,
        };
        let json = serde_json::to_value(both).expect("json");
        assert_eq!(json, json!({"value": "v", "limit": 7, "read_only": true}));
        let none = serde_json::to_value(BlockUpdate::default()).expect("json");
        assert_eq!(none, json!({}));
    }

    #[test]
    fn nulls_and_gaps_are_read_as_nothing_where_nothing_is_needed() {
        let id = "agent-1814be40-8f88-4113-9e5c-4f4056e1065f";
        let row = json!({"id": id, "name": "x", "tags": null, "metadata": null, "blocks": null, "new": [1]});
        let agent: Agent = serde_json::from_value(row.clone()).expect("an agent");
        assert_eq!((agent.tags.len(), agent.blocks.len()), (0, 0));
        let summary: AgentSummary = serde_json::from_value(row).expect("an agent");
        assert_eq!(summary.id, agent.id);
        assert!(serde_json::from_value::<Agent>(json!({"id": id})).is_err());
        assert!(serde_json::from_value::<Agent>(json!({"id": "x", "name": "x"})).is_err());
        let block = json!({"id": "block-1814be40-8f88-4113-9e5c-4f4056e1065f", "label": "x"});
        assert!(serde_json::from_value::<Block>(block).is_err(), "no value");
    }
}
