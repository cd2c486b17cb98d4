//! The port: where agents live. A Letta server, a directory, or a simulation's model.

use std::sync::Arc;

use async_trait::async_trait;
use http_kit::Permit;
use sha2::{Digest as _, Sha256};
use sync_core::ids::{ProjectId, StoreId};

use super::{
    likeness::{Pattern, Reshape, Traits},
    orphans::{Cleared, LeftBehind},
};
use crate::port::{Answer, Traffic};

/// What informing needs of the place where agents live.
///
/// Nothing is unique there and no write is conditional: who may have several agents for one project is told so by
/// [`Sink::agents`], and decides by age.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What people call it: `letta`, `directory`.
    fn name(&self) -> &'static str;

    /// Asked right before each write leaves, as with the boards (design 4.6).
    fn set_permit(&self, _permit: Arc<dyn Permit>) {}

    /// Every agent that bears the tags of this workspace, oldest first, judged here and not by the server's filter alone. A list
    /// that may not be complete is an error: an agent is only made where none is proven to be.
    async fn agents(&self) -> Answer<Vec<Found>>;

    /// One agent with its blocks; `None` where it is proven not to be there.
    async fn agent(&self, id: &str) -> Answer<Option<Shown>>;

    /// What new agents are made like, beside what the drafts say. Asked only where agents are made or compared.
    async fn pattern(&self) -> Answer<Pattern> {
        Ok(Pattern::default())
    }

    /// What the agent of a project of this name is to be like, after the pattern.
    fn traits(&self, _pattern: &Pattern, _label: &str, _name: &str) -> Traits {
        Traits::default()
    }

    /// Changes what an agent is like; only what is named.
    async fn reshape(&self, _agent: &Shown, _reshape: &Reshape) -> Answer<()> {
        Ok(())
    }

    /// Removes a block that an agent which is gone has left behind: one that bears the project's tags and that no agent has.
    async fn clear_away(&self, _block: &LeftBehind, _project: &ProjectId) -> Answer<Cleared> {
        Ok(Cleared::Gone)
    }

    /// Makes an agent with all its blocks in one step. Never repeated by itself: without an answer the outcome is unknown.
    async fn create(&self, draft: &AgentDraft) -> Answer<Shown>;

    /// Removes an agent that we made. One that is not there is no error.
    async fn remove(&self, id: &str) -> Answer<()>;

    /// Writes a block of an agent whole, under the id that it is known by, or makes it. Gives its id. Writing the same again does
    /// nothing.
    async fn write(&self, agent: &str, known: Option<&str>, block: &BlockDraft)
    -> Answer<Arc<str>>;

    /// Agents that the predecessor made for the project of this identifier; none where it made none of this kind.
    async fn of_predecessor(&self, _label: &str) -> Answer<Vec<Found>> {
        Ok(Vec::new())
    }

    /// Has an agent that somebody else made bear a project's tags. What else it is and holds stays as it is.
    async fn adopt(&self, id: &str, project: &ProjectId) -> Answer<Found>;

    /// Calls and bytes so far.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// An agent as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: Arc<str>,
    /// What people call it.
    pub name: Arc<str>,
    /// The Huly project that its tags name.
    pub project: ProjectId,
    /// Who made it, where that is hvs: the store, and which of its requests.
    pub made: Option<(StoreId, u32)>,
}

/// An agent with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The agent.
    pub found: Found,
    /// Its blocks.
    pub blocks: Vec<ShownBlock>,
    /// What else it is.
    pub traits: Traits,
}

/// A block as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownBlock {
    /// Its id.
    pub id: Arc<str>,
    /// Its label.
    pub label: Arc<str>,
    /// SHA-256 of its value.
    pub hash: [u8; 32],
    /// Whether the agent itself cannot change it.
    pub read_only: bool,
}

/// An agent to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDraft {
    /// The Huly project: tagged with its id, which no rename changes.
    pub project: ProjectId,
    /// The project's identifier, for people.
    pub label: Arc<str>,
    /// The project's name: the agent's own is made from it.
    pub name: Arc<str>,
    /// Who makes it: told to the service, so that twins of one agent can be told apart.
    pub made: (StoreId, u32),
    /// What else it is made like.
    pub pattern: Arc<Pattern>,
    /// All its blocks.
    pub blocks: Vec<BlockDraft>,
}

/// A block to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDraft {
    /// Its label.
    pub label: Arc<str>,
    /// Its text.
    pub value: Arc<str>,
    /// What the agent is told that it is for.
    pub description: Arc<str>,
    /// The most characters (Unicode scalar values) that it may ever hold.
    pub limit: usize,
    /// Whether hvs keeps it and the agent only reads it.
    pub read_only: bool,
}

impl BlockDraft {
    /// SHA-256 of its text.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.value)
    }
}

/// SHA-256 of a block's text.
pub fn hash(value: &str) -> [u8; 32] {
    Sha256::digest(value.as_bytes()).into()
}
