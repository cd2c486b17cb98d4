//! An agent as callers see it: what is related to it only where it was named.

use super::{Agent, Block, Folder, LettaModel, Tool};

/// What may be named in `include`. What is not named looks like none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `agent.blocks`.
    Blocks,
    /// `agent.identities`; there are none here.
    Identities,
    /// `agent.managed_group`.
    ManagedGroup,
    /// `agent.pending_approval`; there is none here.
    PendingApproval,
    /// `agent.secrets`; there are none here.
    Secrets,
    /// `agent.sources`: the folders.
    Sources,
    /// `agent.tags`.
    Tags,
    /// `agent.tools`.
    Tools,
}

impl Relation {
    /// All of them: what an old client gets that names none.
    pub const ALL: [Self; 8] = [
        Self::Blocks,
        Self::Identities,
        Self::ManagedGroup,
        Self::PendingApproval,
        Self::Secrets,
        Self::Sources,
        Self::Tags,
        Self::Tools,
    ];

    /// The name in `include`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "agent.blocks",
            Self::Identities => "agent.identities",
            Self::ManagedGroup => "agent.managed_group",
            Self::PendingApproval => "agent.pending_approval",
            Self::Secrets => "agent.secrets",
            Self::Sources => "agent.sources",
            Self::Tags => "agent.tags",
            Self::Tools => "agent.tools",
        }
    }

    /// The relation of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|relation| relation.name() == name)
    }
}

/// The group of an agent and the twin that works on its memory in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `group-<uuid v4>`.
    pub id: String,
    /// The agent that was asked for.
    pub manager: String,
    /// The twin.
    pub twin: String,
}

/// An agent as an answer shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// The agent's own fields, as they are stored. Its lists of ids and tags are emptied: see the fields beside it.
    pub agent: Agent,
    /// Tags, where named.
    pub tags: Vec<String>,
    /// Blocks in order of their creation, where named.
    pub blocks: Vec<Block>,
    /// Tools, where named.
    pub tools: Vec<Tool>,
    /// Folders, where named.
    pub folders: Vec<Folder>,
    /// The group, where named.
    pub group: Option<Group>,
}

/// Whoever writes gets these back, named or not.
pub(super) const AFTER_WRITE: [Relation; 5] = [
    Relation::Blocks,
    Relation::ManagedGroup,
    Relation::Sources,
    Relation::Tags,
    Relation::Tools,
];

impl LettaModel {
    /// The agent with what `include` names.
    pub(super) fn shown(&self, agent: &Agent, include: &[Relation]) -> AgentView {
        let has = |relation| include.contains(&relation);
        let blocks = if has(Relation::Blocks) {
            self.blocks_of(agent)
        } else {
            Vec::new()
        };
        let tools = if has(Relation::Tools) {
            let tool = |id: &String| self.tools.iter().find(|tool| tool.id == *id).cloned();
            agent.tools.iter().filter_map(tool).collect()
        } else {
            Vec::new()
        };
        let folders = if has(Relation::Sources) {
            let folder = |id: &String| self.folders.iter().find(|known| known.id == *id).cloned();
            agent.folders.iter().filter_map(folder).collect()
        } else {
            Vec::new()
        };
        let group = agent.twin.as_ref().filter(|_| has(Relation::ManagedGroup));
        AgentView {
            tags: if has(Relation::Tags) {
                agent.tags.clone()
            } else {
                Vec::new()
            },
            blocks,
            tools,
            folders,
            group: group.map(|(id, twin)| Group {
                id: id.clone(),
                manager: agent.id.clone(),
                twin: twin.clone(),
            }),
            agent: Agent {
                tags: Vec::new(),
                blocks: Vec::new(),
                tools: Vec::new(),
                folders: Vec::new(),
                ..agent.clone()
            },
        }
    }

    /// The blocks of an agent, oldest first.
    pub(super) fn blocks_of(&self, agent: &Agent) -> Vec<Block> {
        let block = |id: &String| self.blocks.iter().find(|block| block.id == *id).cloned();
        let mut blocks: Vec<Block> = agent.blocks.iter().filter_map(block).collect();
        blocks
            .sort_by(|left, right| (left.created_at, &left.id).cmp(&(right.created_at, &right.id)));
        blocks
    }
}
