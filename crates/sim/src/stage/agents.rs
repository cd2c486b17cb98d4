//! What the simulated store remembers of agents: as with [`Store`](store::Store), each call at one stroke.

use std::collections::HashMap;

use async_trait::async_trait;
use store::{
    AgentStore, Error, Fence,
    agents::{AgentRow, BlockRow, Facts, Standing},
    row::{ConflictRow, HistoryRow},
};
use sync_core::ids::{ItemId, ProjectLinkId};

use super::SimStore;

type Done<T> = Result<T, Error>;

#[async_trait]
impl AgentStore for SimStore {
    async fn standings_of_agents(&self) -> Done<Vec<Standing>> {
        self.step(self.store.standings_of_agents()).await
    }
    async fn standing_of_agent(&self, project: ProjectLinkId) -> Done<Option<Standing>> {
        self.step(self.store.standing_of_agent(project)).await
    }
    async fn blocks(&self, project: ProjectLinkId) -> Done<Vec<BlockRow>> {
        self.step(self.store.blocks(project)).await
    }
    async fn put_agents(
        &self,
        fence: &Fence,
        agents: &[AgentRow],
        blocks: &[BlockRow],
    ) -> Done<()> {
        self.step(self.store.put_agents(fence, agents, blocks))
            .await
    }
    async fn forget_blocks(&self, fence: &Fence, project: ProjectLinkId) -> Done<()> {
        self.step(self.store.forget_blocks(fence, project)).await
    }
    async fn facts(&self, project: ProjectLinkId) -> Done<HashMap<ItemId, Facts>> {
        self.step(self.store.facts(project)).await
    }
    async fn facts_of(&self, issues: &[ItemId]) -> Done<HashMap<ItemId, Facts>> {
        self.step(self.store.facts_of(issues)).await
    }
    async fn put_facts(
        &self,
        fence: &Fence,
        project: ProjectLinkId,
        facts: &[(ItemId, Facts)],
        gone: &[ItemId],
    ) -> Done<()> {
        self.step(self.store.put_facts(fence, project, facts, gone))
            .await
    }
    async fn history_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Done<Vec<HistoryRow>> {
        self.step(self.store.history_of_project(project, limit))
            .await
    }
    async fn conflicts_of_project(
        &self,
        project: ProjectLinkId,
        limit: u32,
    ) -> Done<Vec<ConflictRow>> {
        self.step(self.store.conflicts_of_project(project, limit))
            .await
    }
}
