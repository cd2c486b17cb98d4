//! A place where agents live, with a defect.

use std::sync::Arc;

use async_trait::async_trait;
use engine::inform::{
    AgentDraft, BlockDraft, Cleared, Found, LeftBehind, Pattern, Reshape, Shown, Sink, Traits,
};
use engine::port::{Answer, Traffic};
use http_kit::{Kind, Permit};
use sync_core::ids::ProjectId;

use super::Defect;

/// A sink as an engine with a defect uses it.
pub(in crate::proof) struct BrokenSink {
    sink: Arc<dyn Sink>,
    defect: Defect,
}

impl BrokenSink {
    /// The sink with a defect; the sink itself where there is none of its own.
    pub(in crate::proof) fn with(sink: Arc<dyn Sink>, defect: Option<Defect>) -> Arc<dyn Sink> {
        match defect {
            None => sink,
            Some(defect) => Arc::new(BrokenSink { sink, defect }),
        }
    }

    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }
}

#[async_trait]
impl Sink for BrokenSink {
    fn name(&self) -> &'static str {
        self.sink.name()
    }

    fn set_permit(&self, permit: Arc<dyn Permit>) {
        self.sink.set_permit(permit);
    }

    async fn agents(&self) -> Answer<Vec<Found>> {
        match self.sink.agents().await {
            Err(_) if self.is(Defect::FailedAgentsAreNone) => Ok(Vec::new()),
            answer => answer,
        }
    }

    async fn agent(&self, id: &str) -> Answer<Option<Shown>> {
        match self.sink.agent(id).await {
            Err(_) if self.is(Defect::FailedAgentIsGone) => Ok(None),
            answer => answer,
        }
    }

    async fn pattern(&self) -> Answer<Pattern> {
        self.sink.pattern().await
    }

    fn traits(&self, pattern: &Pattern, label: &str, name: &str) -> Traits {
        self.sink.traits(pattern, label, name)
    }

    async fn reshape(&self, agent: &Shown, reshape: &Reshape) -> Answer<()> {
        self.sink.reshape(agent, reshape).await
    }

    async fn clear_away(&self, block: &LeftBehind, project: &ProjectId) -> Answer<Cleared> {
        self.sink.clear_away(block, project).await
    }

    async fn create(&self, draft: &AgentDraft) -> Answer<Shown> {
        match self.sink.create(draft).await {
            Err(error) if self.is(Defect::AgentMadeBlindly) && error.kind() == Kind::Unknown => {
                self.sink.create(draft).await
            }
            answer => answer,
        }
    }

    async fn remove(&self, id: &str) -> Answer<()> {
        if self.is(Defect::AgentTwinKept) {
            return Ok(());
        }
        self.sink.remove(id).await
    }

    async fn write(
        &self,
        agent: &str,
        known: Option<&str>,
        block: &BlockDraft,
    ) -> Answer<Arc<str>> {
        self.sink.write(agent, known, block).await
    }

    async fn of_predecessor(&self, label: &str) -> Answer<Vec<Found>> {
        self.sink.of_predecessor(label).await
    }

    async fn adopt(&self, id: &str, project: &ProjectId) -> Answer<Found> {
        self.sink.adopt(id, project).await
    }

    fn traffic(&self) -> Traffic {
        self.sink.traffic()
    }
}
