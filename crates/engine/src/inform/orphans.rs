//! Blocks that a deleted agent leaves behind: a Letta server keeps them for ever.
//!
//! Their ids are noted before the store forgets them, and they are removed once the project's agent stands again: only those that
//! hvs made, that bear the project's tags, and that no agent has. What an agent wrote itself stays.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::agents::AgentPhase;
use sync_core::{
    digest::{Label, Own},
    ids::ProjectLinkId,
};

use super::{
    pass::{Job, Pass, Untold},
    sink::BlockDraft,
};
use crate::error::Error;

/// A block whose agent is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// Its id.
    pub id: Arc<str>,
    /// Removed only with a text of this hash, where the agent could change it; any text, where it could not.
    pub only: Option<[u8; 32]>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// It is there no more.
    Gone,
    /// It is left where it is, for good; this is why.
    Kept(&'static str),
}

/// The same, as it is noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    label: Arc<str>,
    block: Arc<str>,
}

fn key(project: ProjectLinkId) -> String {
    format!("orphans:{project}")
}

impl Pass<'_> {
    /// Notes the blocks of an agent that is gone. Before the store forgets them: noted twice is noted once.
    pub(super) async fn leave_behind(&self, project: ProjectLinkId) -> Result<(), Untold> {
        let mut noted = self.noted(project).await?;
        let is_ours = |label: &str| Label::of(label).is_some() || own(label).is_some();
        for row in self.world.store.blocks(project).await? {
            let Some(block) = row.block.filter(|_| is_ours(&row.label)) else {
                continue;
            };
            let left = Noted {
                label: row.label,
                block,
            };
            if !noted.contains(&left) {
                noted.push(left);
            }
        }
        Ok(self.note_left(project, &noted).await?)
    }

    /// Removes what agents of these projects have left behind, where nobody is to be made in their place first.
    pub(super) async fn clear_all_away(&self, jobs: &[Job]) -> Result<(), Error> {
        for job in jobs {
            let standing = self.world.store.standing_of_agent(job.row.id).await?;
            let phase = standing.map(|standing| standing.agent.phase);
            if phase.is_some_and(|phase| !matches!(phase, AgentPhase::Wanted | AgentPhase::Making))
            {
                self.clear_away(job).await?;
            }
        }
        Ok(())
    }

    /// Removes what an agent of the project has left behind. What fails is tried again in a later pass, and is no failure of this
    /// one: the project's agent is told all the same.
    async fn clear_away(&self, job: &Job) -> Result<(), Error> {
        let project = job.row.id;
        let noted = self.noted(project).await?;
        if noted.is_empty() {
            return Ok(());
        }
        let made_with = self.with_own(job, &[], self.pattern_if_known());
        let mut left = Vec::new();
        for one in noted {
            let block = LeftBehind {
                id: Arc::clone(&one.block),
                only: written(&made_with, &one.label),
            };
            let (project, id) = (&job.row.label, &one.block);
            let sink = &self.world.informing.sink;
            match sink.clear_away(&block, &job.huly).await {
                Ok(Cleared::Gone) => {}
                Ok(Cleared::Kept(why)) => {
                    tracing::info!(%project, block = %id, "a block of its deleted agent stays: {why}");
                }
                Err(error) => {
                    tracing::warn!(%project, code = error.code(), block = %id, "a block of its deleted agent is not removed yet: {error}");
                    left.push(one);
                }
            }
        }
        Ok(self.note_left(project, &left).await?)
    }

    async fn noted(&self, project: ProjectLinkId) -> Result<Vec<Noted>, store::Error> {
        let text = self.world.store.meta(&key(project)).await?;
        let noted = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(noted.unwrap_or_default())
    }

    async fn note_left(&self, project: ProjectLinkId, noted: &[Noted]) -> Result<(), store::Error> {
        // a list of texts cannot fail to be written
        let text = serde_json::to_string(noted).unwrap_or_default();
        self.world.store.set_meta(&key(project), &text).await
    }
}

fn own(label: &str) -> Option<Own> {
    Own::ALL.into_iter().find(|own| own.as_str() == label)
}

/// The hash of what hvs wrote into a block that its agent may write; none for the others.
fn written(made_with: &[BlockDraft], label: &str) -> Option<[u8; 32]> {
    let draft = made_with.iter().find(|draft| &*draft.label == label);
    draft.map(BlockDraft::hash)
}
