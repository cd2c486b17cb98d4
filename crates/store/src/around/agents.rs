//! The calls about agents.

use std::collections::HashMap;

use async_trait::async_trait;
use sync_core::ids::{ItemId, ProjectLinkId};

use super::{Around, Done, Hook};
use crate::{
    agents::{AgentRow, AgentStore, BlockRow, Facts, Standing},
    port::{Fence, Store},
    row::{ConflictRow, HistoryRow},
};

#[async_trait]
impl<S: Store, H: Hook> AgentStore for Around<S, H> {
    async fn standings_of_agents(&self) -> Done<Vec<Standing>> {
        self.read("standings_of_agents", self.store.standings_of_agents())
            .await
    }
    async fn standing_of_agent(&self, project: ProjectLinkId) -> Done<Option<Standing>> {
        self.read("standing_of_agent", self.store.standing_of_agent(project))
            .await
    }
    async fn blocks(&self, project: ProjectLinkId) -> Done<Vec<BlockRow>> {
        self.read("blocks", self.store.blocks(project)).await
    }
    async fn put_agents(
        &self,
        fence: &Fence,
        agents: &[AgentRow],
        blocks: &[BlockRow],
    ) -> Done<()> {
        self.written("put_agents", self.store.put_agents(fence, agents, blocks))
            .await
    }
    async fn forget_blocks(&self, fence: &Fence, project: ProjectLinkId) -> Done<()> {
        self.written("forget_blocks", self.store.forget_blocks(fence, project))
            .await
    }
    async fn facts(&self, project: ProjectLinkId) -> Done<HashMap<ItemId, Facts>> {
        self.read("facts", self.store.facts(project)).await
    }
    async fn facts_of(&self, issues: &[ItemId]) -> Done<HashMap<ItemId, Facts>> {
        self.read("facts_of", self.store.facts_of(issues)).await
    }
    async fn put_facts(
        &self,
        fence: &Fence,
        project: ProjectLinkId,
        facts: &[(ItemId, Facts)],
        gone: &[ItemId],
    ) -> Done<()> {
        self.written(
            "put_facts",
            self.store.put_facts(fence, project, facts, gone),
        )
        .await
    }
    async fn history_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Done<Vec<HistoryRow>> {
        self.read(
            "history_of_project",
            self.store.history_of_project(project, limit),
        )
        .await
    }
    async fn conflicts_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Done<Vec<ConflictRow>> {
        self.read(
            "conflicts_of_project",
            self.store.conflicts_of_project(project, limit),
        )
        .await
    }
}
