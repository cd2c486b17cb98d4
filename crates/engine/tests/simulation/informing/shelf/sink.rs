//! The place as a sink.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{
    inform::{
        AgentDraft, BlockDraft, Cleared, Found, LeftBehind, Pattern, Reshape, Shown, Sink, Traits,
        hash,
    },
    port::Answer,
};
use http_kit::Kind;
use sync_core::ids::ProjectId;

use super::{Agent, Call, Shelf, error, shown};

#[async_trait]
impl Sink for Shelf {
    fn name(&self) -> &'static str {
        "shelf"
    }

    async fn agents(&self) -> Answer<Vec<Found>> {
        self.call(Call::List, |state| {
            Ok(state
                .agents
                .iter()
                .map(|agent| agent.found.clone())
                .collect())
        })
        .await
    }

    async fn agent(&self, id: &str) -> Answer<Option<Shown>> {
        self.call(Call::Read, |state| {
            let mut agents = state.agents.iter();
            Ok(agents.find(|agent| &*agent.found.id == id).map(shown))
        })
        .await
    }

    async fn pattern(&self) -> Answer<Pattern> {
        self.call(Call::Pattern, |state| Ok(state.pattern.clone()))
            .await
    }

    fn traits(&self, pattern: &Pattern, _label: &str, name: &str) -> Traits {
        Traits {
            name: Some(name.into()),
            model: pattern.model.clone(),
            embedding: pattern.embedding.clone(),
            tools: pattern.tools.clone(),
        }
    }

    async fn reshape(&self, agent: &Shown, reshape: &Reshape) -> Answer<()> {
        self.call(Call::Reshape, |state| {
            let mut agents = state.agents.iter_mut();
            let known = agents.find(|known| known.found.id == agent.found.id);
            let traits = &mut known.ok_or_else(|| error(Kind::Conflict))?.traits;
            traits.name = reshape.name.clone().or(traits.name.take());
            traits.model = reshape.model.clone().or(traits.model.take());
            traits.embedding = reshape.embedding.clone().or(traits.embedding.take());
            traits.tools.extend(reshape.attach.iter().cloned());
            traits.tools.retain(|tool| !reshape.detach.contains(tool));
            Ok(())
        })
        .await
    }

    async fn clear_away(&self, block: &LeftBehind, _project: &ProjectId) -> Answer<Cleared> {
        self.call(Call::Clear, |state| {
            let Some(value) = state.orphans.get(&*block.id) else {
                return Ok(Cleared::Gone);
            };
            if block.only.is_some_and(|only| only != hash(value)) {
                return Ok(Cleared::Kept("written"));
            }
            state.orphans.remove(&*block.id);
            Ok(Cleared::Gone)
        })
        .await
    }

    async fn create(&self, draft: &AgentDraft) -> Answer<Shown> {
        self.call(Call::Create, |state| {
            state.next += 1;
            let agent = Agent {
                found: Found {
                    id: format!("agent-{}", state.next).into(),
                    name: Arc::clone(&draft.name),
                    project: draft.project.clone(),
                    made: Some(draft.made),
                },
                traits: Traits {
                    name: Some(Arc::clone(&draft.name)),
                    model: draft.pattern.model.clone(),
                    embedding: draft.pattern.embedding.clone(),
                    tools: draft.pattern.tools.clone(),
                },
                blocks: draft
                    .blocks
                    .iter()
                    .map(|block| {
                        let held = (block.value.to_string(), block.read_only);
                        (block.label.to_string(), held)
                    })
                    .collect(),
            };
            let shown = shown(&agent);
            state.agents.push(agent);
            Ok(shown)
        })
        .await
    }

    async fn remove(&self, id: &str) -> Answer<()> {
        self.call(Call::Remove, |state| {
            state.remove(id);
            Ok(())
        })
        .await
    }

    async fn adopt(&self, id: &str, project: &ProjectId) -> Answer<Found> {
        self.call(Call::Write, |state| {
            let mut agents = state.agents.iter_mut();
            let agent = agents.find(|known| &*known.found.id == id);
            let agent = agent.ok_or_else(|| error(Kind::Conflict))?;
            agent.found.project = project.clone();
            Ok(agent.found.clone())
        })
        .await
    }

    async fn write(
        &self,
        agent: &str,
        _known: Option<&str>,
        block: &BlockDraft,
    ) -> Answer<Arc<str>> {
        self.call(Call::Write, |state| {
            let mut agents = state.agents.iter_mut();
            let Some(agent) = agents.find(|known| &*known.found.id == agent) else {
                return Err(error(Kind::Conflict));
            };
            if state.refused.contains(&*block.label) {
                return Err(error(Kind::Rejected));
            }
            let held = (block.value.to_string(), block.read_only);
            agent.blocks.insert(block.label.to_string(), held);
            Ok(format!("{}/{}", agent.found.id, block.label).into())
        })
        .await
    }
}
