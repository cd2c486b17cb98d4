//! What a person does about agents, beside the runs: look, hand one over, take one away.

use std::sync::Arc;

use http_kit::Kind;
use store::{
    Store,
    agents::{AgentPhase, AgentRow, BlockRow, Standing},
    row::{LeaseRow, LetterState, ProjectRow},
};
use sync_core::ids::{Millis, WorkspaceId};

use super::{
    Informing, codes, digest,
    sink::{BlockDraft, Found, Sink},
    task::World,
};
use crate::{
    env::Env,
    error::Error,
    lease::{Asked, Lease},
    settings::Settings,
};

/// Why a person's word about an agent was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// Another instance holds the right to write.
    #[error("another run holds the lease on this workspace")]
    Held(Box<LeaseRow>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A digest could not be built.
    #[error(transparent)]
    Engine(#[from] Error),
    /// Where agents live, something failed.
    #[error(transparent)]
    Sink(#[from] http_kit::Error),
}

/// One pair of projects with its agent.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The pair.
    pub project: ProjectRow,
    /// Its agent.
    pub standing: Standing,
    /// The blocks that hvs wrote.
    pub blocks: Vec<BlockRow>,
}

/// Every pair of projects with its agent, by identifier. Asks the store alone.
pub async fn kept(store: &dyn Store) -> Result<Vec<Kept>, store::Error> {
    let mut standings = store.standings_of_agents().await?;
    let mut all = Vec::new();
    for project in store.projects().await? {
        let at = standings
            .iter()
            .position(|standing| standing.agent.project == project.id);
        let Some(at) = at else { continue };
        all.push(Kept {
            standing: standings.swap_remove(at),
            blocks: store.blocks(project.id).await?,
            project,
        });
    }
    all.sort_by(|a, b| a.project.label.cmp(&b.project.label));
    Ok(all)
}

/// Whoever acts on a person's word.
#[derive(Clone)]
pub struct Operator {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Time and chance.
    pub env: Arc<dyn Env>,
    /// What runs are told.
    pub settings: Arc<Settings>,
    /// Where agents live.
    pub informing: Informing,
    /// Scope of the lease.
    pub workspace: WorkspaceId,
}

impl Operator {
    /// What the agent of a project is to be told now, from the store alone.
    pub async fn preview(&self, row: &ProjectRow) -> Result<Vec<BlockDraft>, Error> {
        // the fence is for writes, of which there are none here
        let fence = store::Fence {
            scope: "".into(),
            token: 0,
        };
        digest::blocks(&self.world(fence), row).await
    }

    /// Names everything besides the boards that decides what agents are told.
    pub fn rules(&self) -> Arc<str> {
        digest::rules(&self.informing.settings, &self.settings)
    }

    /// Takes an agent away from hvs: it stays as it is, and is told nothing from now on.
    pub async fn detach(&self, kept: &Kept) -> Result<(), OperateError> {
        self.under_lease(async |fence| {
            let row = AgentRow {
                phase: AgentPhase::Detached,
                state: LetterState::Waiting,
                code: "".into(),
                message: "".into(),
                ..kept.standing.agent.clone()
            };
            self.store
                .put_agents(fence, std::slice::from_ref(&row), &[])
                .await?;
            Ok(())
        })
        .await
    }

    /// Agents that a project may take over: those of the predecessor, and those whose tags name it already.
    pub async fn candidates(&self, row: &ProjectRow) -> Result<Vec<Found>, OperateError> {
        let sink = self.informing.sink.as_ref();
        let mut found = sink.of_predecessor(&row.label).await?;
        let tagged = sink.agents().await?.into_iter();
        found.extend(tagged.filter(|agent| row.projects.huly.as_ref() == Some(&agent.project)));
        Ok(found)
    }

    /// Makes an agent a project's: it bears the project's tags from now on, and the next run tells it. An agent that is already
    /// another project's is refused: one agent for two boards is what its users suffered from.
    pub async fn adopt(&self, kept: &Kept, agent: &str) -> Result<Found, OperateError> {
        let sink: &dyn Sink = self.informing.sink.as_ref();
        let Some(huly) = kept.project.projects.huly.clone() else {
            return Err(refused(sink.name(), "this pair has no Huly project").into());
        };
        let others = self.store.standings_of_agents().await?;
        let taken = others.iter().any(|other| {
            other.agent.project != kept.project.id && other.agent.agent.as_deref() == Some(agent)
        });
        if taken {
            let why = format!("agent {agent} is told of another project");
            return Err(refused(sink.name(), &why).into());
        }
        self.under_lease(async |fence| {
            let found = sink.adopt(agent, &huly).await?;
            self.store.forget_blocks(fence, kept.project.id).await?;
            let row = AgentRow {
                agent: Some(Arc::clone(&found.id)),
                phase: AgentPhase::Present,
                sent_at: None,
                told: 0,
                checked_at: Millis(0),
                tries: 0,
                failing_since: None,
                next_try: Millis(0),
                state: LetterState::Waiting,
                traits: "".into(),
                ..kept.standing.agent.clone()
            };
            self.store
                .put_agents(fence, std::slice::from_ref(&row), &[])
                .await?;
            Ok(found)
        })
        .await
    }

    async fn under_lease<T>(
        &self,
        act: impl AsyncFnOnce(&store::Fence) -> Result<T, OperateError>,
    ) -> Result<T, OperateError> {
        let scope = self.workspace.to_string();
        let holder = self.env.ordered_id().to_string().into();
        let asked = Lease::acquire(&self.store, &self.env, &scope, holder, self.settings.lease);
        let lease = match asked.await? {
            Asked::Granted(lease) => lease,
            Asked::Held(row) => return Err(OperateError::Held(Box::new(row))),
        };
        self.informing.sink.set_permit(lease.permit(&self.env));
        let done = act(lease.fence()).await;
        lease.release(&self.store).await?;
        done
    }

    fn world(&self, fence: store::Fence) -> World {
        World {
            informing: self.informing.clone(),
            store: Arc::clone(&self.store),
            env: Arc::clone(&self.env),
            settings: Arc::clone(&self.settings),
            fence,
            is_watch: false,
        }
    }
}

fn refused(service: &'static str, why: &str) -> http_kit::Error {
    http_kit::Error::new(Kind::Rejected, codes::AGENT_TAKEN, service, "adopt").with_detail(why)
}
