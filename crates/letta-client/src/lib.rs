//! The REST API (`/v1`) that self-hosted Letta 0.16 and the hosted service have in common: agents, memory blocks, models,
//! folders and one kind of message.
//!
//! [`Letta::connect`] asks for the version and proves access; [`Letta::resume`] does neither, for a caller that knows both
//! from before. Wire types only: which agent belongs to which project, and what its blocks say, is decided elsewhere.
//!
//! What a caller must know about these servers:
//! - Nothing is unique and nothing has a key: two creates make two agents. A create whose answer was lost is looked for
//!   by its tags ([`Letta::agents_with_tags`]) before anything is sent again.
//! - There is no conditional write: of two writers of one block the last wins. A write that meets another one *at the
//!   same instant* is refused with 409; [`Letta::update_block`] sends it again a few times.
//! - A success is no proof: unknown fields, wrong block ids and second blocks of one label vanish without a word. Every
//!   write's answer is compared with what was sent; what is missing is [`Creation::Incomplete`] or
//!   [`codes::LETTA_INCOMPLETE`].
//! - Relations that were not asked for look empty. So lists give an [`AgentSummary`], which has no blocks at all, and the
//!   tags of a block that came as part of an agent are never there.
//! - Filters and cursors that the server (or a proxy) drops are ignored: every tag and name is checked here again, and a
//!   list that cannot be walked to its end is an error, never a short list.
//!
//! Errors are [`http_kit::Error`] with a code of [`codes::CODES`] or [`http_kit::codes::CODES`]. Reads are repeated by
//! the stack. Of writes, [`may_repeat`] says which may be sent again without looking.

mod agents;
mod blocks;
mod classify;
mod client;
pub mod codes;
mod connect;
mod folders;
mod ids;
mod messages;
mod multipart;
mod names;
mod tools;
mod walk;
mod wire;

pub use crate::agents::Creation;
pub use crate::classify::{classify, decode, may_repeat};
pub use crate::client::{Deletion, Letta, settings};
pub use crate::connect::{Access, Capabilities};
pub use crate::folders::UPLOAD_MAX;
pub use crate::ids::{AgentId, BlockId, FileId, FolderId, RunId, ToolId};
pub use crate::messages::MESSAGE_MAX;
pub use crate::names::{NAME_MAX, agent_name, is_agent_name};
pub use crate::walk::{PAGE, PAGES_MAX};
pub use crate::wire::{
    Agent, AgentSummary, AgentUpdate, Block, BlockUpdate, Content, Folder, FolderFile, Model,
    NewAgent, NewBlock, NewFolder, Tool,
};
pub use http_kit::Version;

/// The name of the service in errors and counters.
pub const SERVICE: &str = "letta";

/// The route templates, as they stand in errors and counters. Collections end with a slash, everything below has none:
/// the other form is a redirect to an absolute plain-http address (reference, fact 14).
pub mod route {
    /// Health and version; needs no credential.
    pub const HEALTH: &str = "/v1/health/";
    /// Models by handle.
    pub const MODELS: &str = "/v1/models/";
    /// Embedding models by handle.
    pub const EMBEDDINGS: &str = "/v1/models/embedding";
    /// All agents; create one.
    pub const AGENTS: &str = "/v1/agents/";
    /// One agent.
    pub const AGENT: &str = "/v1/agents/{id}";
    /// The blocks of an agent.
    pub const AGENT_BLOCKS: &str = "/v1/agents/{id}/core-memory/blocks";
    /// Attach a block to an agent.
    pub const BLOCK_ATTACH: &str = "/v1/agents/{id}/core-memory/blocks/attach/{block}";
    /// Detach a block from an agent.
    pub const BLOCK_DETACH: &str = "/v1/agents/{id}/core-memory/blocks/detach/{block}";
    /// Create a block.
    pub const BLOCKS: &str = "/v1/blocks/";
    /// One block.
    pub const BLOCK: &str = "/v1/blocks/{id}";
    /// The agents that have a block.
    pub const BLOCK_AGENTS: &str = "/v1/blocks/{id}/agents";
    /// All tools.
    pub const TOOLS: &str = "/v1/tools/";
    /// All folders; create one.
    pub const FOLDERS: &str = "/v1/folders/";
    /// The files of a folder.
    pub const FOLDER_FILES: &str = "/v1/folders/{id}/files";
    /// Upload a file into a folder.
    pub const UPLOAD: &str = "/v1/folders/{id}/upload";
    /// Attach a folder to an agent.
    pub const FOLDER_ATTACH: &str = "/v1/agents/{id}/folders/attach/{folder}";
    /// Detach a folder from an agent.
    pub const FOLDER_DETACH: &str = "/v1/agents/{id}/folders/detach/{folder}";
    /// Give an agent a message, to be worked on later.
    pub const MESSAGES: &str = "/v1/agents/{id}/messages/async";
}
