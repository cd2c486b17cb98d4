//! What is remembered for the agents that are told how their projects stand: which agent, which blocks it confirmed, and what
//! of a board no link keeps.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sync_core::{
    ids::{ItemId, Millis, ProjectLinkId, StatusId},
    item::Extra,
};

use crate::{
    error::Error,
    port::Fence,
    row::{ConflictRow, HistoryRow, LetterState},
};

/// The agent of one pair of projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// The pair.
    pub project: ProjectLinkId,
    /// Its id where agents live; `None` until it is found or made.
    pub agent: Option<Arc<str>>,
    /// What is to be done about it.
    pub phase: AgentPhase,
    /// How often it was asked to be made: told to the service with each, so that twins of one agent can be told apart.
    pub attempt: u32,
    /// When the last request to make it was sent, where its answer is missing.
    pub sent_at: Option<Millis>,
    /// How many changes of the project ([`Standing::changes`]) were told in full.
    pub told: u64,
    /// Which settings they were told with: a change of these is told, too.
    pub rules: Arc<str>,
    /// When agent and blocks were last compared with what is there.
    pub checked_at: Millis,
    /// How often in a row telling failed.
    pub tries: u32,
    /// Since when.
    pub failing_since: Option<Millis>,
    /// Before this it is not tried again.
    pub next_try: Millis,
    /// The code of the last failure; empty where there is none.
    pub code: Arc<str>,
    /// What it said.
    pub message: Arc<str>,
    /// Whether it, or one of its blocks, is given up until there is something else to tell, or a person says so.
    pub state: LetterState,
    /// What it was last made to be beside its blocks, as whoever tells it writes that down; empty where that is not known.
    pub traits: Arc<str>,
}

impl AgentRow {
    /// A pair whose agent nobody has looked for.
    pub fn wanted(project: ProjectLinkId) -> AgentRow {
        AgentRow {
            project,
            agent: None,
            phase: AgentPhase::Wanted,
            attempt: 0,
            sent_at: None,
            told: 0,
            rules: "".into(),
            checked_at: Millis(0),
            tries: 0,
            failing_since: None,
            next_try: Millis(0),
            code: "".into(),
            message: "".into(),
            state: LetterState::Waiting,
            traits: "".into(),
        }
    }
}

/// What is to be done about an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentPhase {
    /// To be found, or made.
    #[default]
    Wanted,
    /// A request to make it was sent and has no answer: it is looked for before anything is sent again.
    Making,
    /// There, and told.
    Present,
    /// Its project is archived or gone, or a person took it away from hvs: it stays as it is and is told nothing.
    Detached,
    /// A person deleted it, and the configuration says that it stays away.
    Left,
}

impl AgentPhase {
    /// Every one.
    pub const ALL: [AgentPhase; 5] = [
        AgentPhase::Wanted,
        AgentPhase::Making,
        AgentPhase::Present,
        AgentPhase::Detached,
        AgentPhase::Left,
    ];

    /// The stored word, and the one in listings.
    pub const fn word(self) -> &'static str {
        match self {
            AgentPhase::Wanted => "wanted",
            AgentPhase::Making => "making",
            AgentPhase::Present => "present",
            AgentPhase::Detached => "detached",
            AgentPhase::Left => "left",
        }
    }
}

/// One block of one agent: an intent while `wanted` differs from `confirmed`, of which the newest replaces any before it
/// (design 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// The pair of projects whose agent has it.
    pub project: ProjectLinkId,
    /// Its label.
    pub label: Arc<str>,
    /// Its id where agents live.
    pub block: Option<Arc<str>>,
    /// SHA-256 of the value that was last confirmed; `None` before the first.
    pub confirmed: Option<[u8; 32]>,
    /// SHA-256 of the value that is to be there.
    pub wanted: [u8; 32],
    /// How often in a row this value was refused or not answered.
    pub tries: u32,
    /// Since when.
    pub failing_since: Option<Millis>,
    /// The code of the last failure; empty where there is none.
    pub code: Arc<str>,
    /// What it said.
    pub message: Arc<str>,
    /// Whether this value is given up: it is sent no more until it changes, or a person says so.
    pub state: LetterState,
}

impl BlockRow {
    /// A block that is to hold a value of this hash, and of which nothing else is known.
    pub fn wanted(project: ProjectLinkId, label: Arc<str>, wanted: [u8; 32]) -> BlockRow {
        BlockRow {
            project,
            label,
            block: None,
            confirmed: None,
            wanted,
            tries: 0,
            failing_since: None,
            code: "".into(),
            message: "".into(),
            state: LetterState::Waiting,
        }
    }

    /// Whether what is to be there is there.
    pub fn is_told(&self) -> bool {
        self.confirmed.as_ref() == Some(&self.wanted)
    }
}

/// One pair of projects with its agent, if it has one yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The agent's row.
    pub agent: AgentRow,
    /// Grows with every batch that changed what an agent may be told of the pair.
    pub changes: u64,
}

/// What a board says of an issue beside what its link keeps: fields that are not synced, and since when it is where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The fields.
    #[serde(default)]
    pub extra: Extra,
    /// The status it was seen in.
    #[serde(default)]
    pub status: Option<StatusId>,
    /// Huly's stamp of the issue when it was first seen in it: since then, or longer.
    #[serde(default)]
    pub since: Option<Millis>,
}

/// What telling agents needs of a store: a part of [`Store`](crate::Store).
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Every pair of projects, in the order of their ids.
    async fn standings_of_agents(&self) -> Result<Vec<Standing>, Error>;
    /// One of them; `None` where there is no such pair.
    async fn standing_of_agent(&self, project: ProjectLinkId) -> Result<Option<Standing>, Error>;
    /// The blocks of one agent, by label.
    async fn blocks(&self, project: ProjectLinkId) -> Result<Vec<BlockRow>, Error>;
    /// Writes agents and blocks, in one transaction under the lease.
    async fn put_agents(
        &self,
        fence: &Fence,
        agents: &[AgentRow],
        blocks: &[BlockRow],
    ) -> Result<(), Error>;
    /// Forgets the blocks of one agent: another one takes its place.
    async fn forget_blocks(&self, fence: &Fence, project: ProjectLinkId) -> Result<(), Error>;

    /// All facts of one pair of projects, by issue.
    async fn facts(&self, project: ProjectLinkId) -> Result<HashMap<ItemId, Facts>, Error>;
    /// The facts of some issues.
    async fn facts_of(&self, issues: &[ItemId]) -> Result<HashMap<ItemId, Facts>, Error>;
    /// Writes facts and takes away those of issues that are not there any more.
    async fn put_facts(
        &self,
        fence: &Fence,
        project: ProjectLinkId,
        facts: &[(ItemId, Facts)],
        gone: &[ItemId],
    ) -> Result<(), Error>;

    /// History of one pair of projects, newest first.
    async fn history_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, Error>;
    /// Open conflicts of one pair of projects, newest first.
    async fn conflicts_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Result<Vec<ConflictRow>, Error>;
}
