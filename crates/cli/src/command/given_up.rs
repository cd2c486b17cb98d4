//! Agents that could not be told: how many wait, and which are given up.

use std::collections::HashMap;

use engine::health::AgentsFact;
use store::{
    Store,
    agents::{AgentPhase, AgentRow, Standing},
    row::{LetterState, ProjectRow},
};
use sync_core::ids::{Millis, ProjectLinkId};

use super::person;
use crate::{args::dlq::Pick, failure::Failure, output};

/// An agent that is given up, or of which blocks are.
#[derive(Clone, Debug)]
pub(crate) struct GivenUp {
    pub(crate) project: ProjectRow,
    pub(crate) agent: AgentRow,
    /// Labels of the blocks; none where it is the agent as a whole.
    pub(crate) blocks: Vec<String>,
}

/// How the agents stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents {
    /// Know all that was last said.
    pub(crate) told: u64,
    /// Failed, and are tried again by themselves.
    pub(crate) waiting: u64,
    /// Of these, those that fail for longer than a person should leave it.
    pub(crate) stuck: u64,
    /// Those that are given up.
    pub(crate) dead: Vec<GivenUp>,
}

impl Agents {
    pub(crate) fn fact(&self) -> AgentsFact {
        AgentsFact {
            dead: self.dead.len() as u64,
            stuck: self.stuck,
        }
    }
}

/// Whether hvs tells it at all.
const fn is_ours(phase: AgentPhase) -> bool {
    match phase {
        AgentPhase::Wanted | AgentPhase::Making | AgentPhase::Present => true,
        AgentPhase::Detached | AgentPhase::Left => false,
    }
}

/// How all of them stand. What fails since before `stuck` is there for too long.
pub(crate) async fn agents(store: &dyn Store, stuck: Millis) -> Result<Agents, Failure> {
    let standings = store.standings_of_agents().await?;
    let mut agents = Agents::default();
    for Standing { agent, changes } in &standings {
        if !is_ours(agent.phase) || agent.state != LetterState::Waiting {
            continue;
        }
        if !agent.code.is_empty() {
            agents.waiting += 1;
            agents.stuck += u64::from(agent.failing_since.is_some_and(|since| since <= stuck));
        } else if agent.phase == AgentPhase::Present && agent.told == *changes {
            agents.told += 1;
        }
    }
    agents.dead = given_up(store, &[LetterState::Dead]).await?;
    Ok(agents)
}

/// Those that are given up, by identifier.
pub(super) async fn given_up(
    store: &dyn Store,
    states: &[LetterState],
) -> Result<Vec<GivenUp>, Failure> {
    let standings = store.standings_of_agents().await?;
    let mut agents: HashMap<ProjectLinkId, AgentRow> = standings
        .into_iter()
        .map(|standing| standing.agent)
        .filter(|agent| is_ours(agent.phase) && states.contains(&agent.state))
        .map(|agent| (agent.project, agent))
        .collect();
    if agents.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for project in store.projects().await? {
        let Some(agent) = agents.remove(&project.id) else {
            continue;
        };
        let blocks = store.blocks(project.id).await?.into_iter();
        let blocks = blocks.filter(|block| block.state != LetterState::Waiting);
        all.push(GivenUp {
            blocks: blocks.map(|block| block.label.to_string()).collect(),
            agent,
            project,
        });
    }
    all.sort_by(|a, b| a.project.label.cmp(&b.project.label));
    Ok(all)
}

/// Those that are meant, and what of the words is left for others. Where all words are used up, others are not meant.
pub(super) async fn picked(
    store: &dyn Store,
    pick: &Pick,
    states: &[LetterState],
) -> Result<(Vec<GivenUp>, Option<Pick>), Failure> {
    let projects = person::projects(store, &pick.project).await?;
    let mut all = given_up(store, states).await?;
    all.retain(|one| projects.contains_key(&one.project.id));
    if pick.items.is_empty() {
        return Ok((all, Some(pick.clone())));
    }
    let is_named = |word: &str, one: &GivenUp| {
        let id = output::given_up::id(one);
        person::names(word, &id, &output::given_up::label(one))
    };
    let mut rest = pick.clone();
    rest.items
        .retain(|word| !all.iter().any(|one| is_named(word, one)));
    all.retain(|one| pick.items.iter().any(|word| is_named(word, one)));
    let is_more = !rest.items.is_empty();
    Ok((all, is_more.then_some(rest)))
}
