//! Which agent is a project's: looked for by tags, made where none is proven to be, and made only once (design 6).
//!
//! Nothing is unique where agents live, so the order of steps is what keeps one agent one: look, journal, ask once, look again. Of
//! several, everybody who looks takes the oldest. A request without an answer is looked for, after all the time that it may take,
//! before another is sent.

use std::sync::Arc;

use http_kit::Kind;
use store::{
    Store,
    agents::{AgentPhase, AgentRow},
};
use sync_core::ids::{Millis, ProjectLinkId};

use super::{
    codes, failing,
    pass::{Job, Listing, Pass, Untold},
    sink::{AgentDraft, BlockDraft, Found, Shown},
    told::Waits,
};
use crate::lease::millis;

/// An agent to go on with.
pub(super) struct Agent {
    pub(super) row: AgentRow,
    /// What it is and holds, where that was read in this pass.
    pub(super) seen: Option<Shown>,
    /// It was just made, with all blocks.
    pub(super) made: Option<Made>,
}

/// An agent that this pass made: to be looked at again among all.
pub(super) struct Made {
    pub(super) job: Job,
    pub(super) id: Arc<str>,
}

impl Pass<'_> {
    /// The project's agent; `None` where it stays away, or cannot be known yet.
    pub(super) async fn agent(
        &self,
        job: &Job,
        listing: Option<&Listing>,
        drafts: &[BlockDraft],
    ) -> Result<Option<Agent>, Untold> {
        let row = job.standing.agent.clone();
        let Some(listing) = listing.filter(|_| self.is_to_be_looked_for(&row)) else {
            return Ok(Some(Agent {
                row,
                seen: None,
                made: None,
            }));
        };
        let all = listing.get(&job.huly).map_or(&[][..], Vec::as_slice);
        let kept = match (&row.agent, row.phase) {
            (Some(known), AgentPhase::Present) => {
                all.iter().find(|found| found.id == *known).or(all.first())
            }
            _ => all.first(),
        };
        match kept {
            Some(found) => {
                self.twins(job, found, all).await?;
                self.adopt(job, row, found).await.map(Some)
            }
            // its tags are gone, or it is: the agent itself knows
            None => match self.known(&row).await? {
                Some(shown) => {
                    let row = self.compared(row, &shown).await?;
                    Ok(Some(Agent {
                        row,
                        seen: Some(shown),
                        made: None,
                    }))
                }
                None if row.phase == AgentPhase::Present => {
                    self.agent_is_gone(job).await?;
                    Ok(None)
                }
                None => self.make(job, row, drafts).await,
            },
        }
    }

    fn is_to_be_looked_for(&self, row: &AgentRow) -> bool {
        row.phase != AgentPhase::Present || row.agent.is_none() || self.is_check_due(row)
    }

    async fn known(&self, row: &AgentRow) -> Result<Option<Shown>, Untold> {
        match &row.agent {
            Some(id) => Ok(self.world.informing.sink.agent(id).await?),
            None => Ok(None),
        }
    }

    /// Goes on with an agent that is there: what it holds is read, and only what differs is written.
    async fn adopt(&self, job: &Job, row: AgentRow, found: &Found) -> Result<Agent, Untold> {
        let Some(shown) = self.world.informing.sink.agent(&found.id).await? else {
            // removed between the list and the read: the next pass knows more
            return Err(Untold::Failed(gone(self.world.informing.sink.name())));
        };
        let is_new = row.agent.as_ref() != Some(&found.id);
        if is_new {
            self.shared.note(|told| told.adopted += 1);
            tracing::info!(project = %job.row.label, agent = %found.id, "an agent that was there is told from now on");
        }
        let row = AgentRow {
            agent: Some(Arc::clone(&found.id)),
            phase: AgentPhase::Present,
            sent_at: None,
            traits: if is_new { "".into() } else { row.traits },
            ..row
        };
        let row = self.compared(row, &shown).await?;
        Ok(Agent {
            row,
            seen: Some(shown),
            made: None,
        })
    }

    /// What the agent holds now counts as confirmed, so that what differs from it is written.
    pub(super) async fn compared(&self, row: AgentRow, shown: &Shown) -> Result<AgentRow, Untold> {
        let World { store, fence } = self.books();
        let known = store.blocks(row.project).await?;
        store.forget_blocks(fence, row.project).await?;
        let blocks = failing::as_shown(row.project, shown, known);
        let row = AgentRow {
            checked_at: self.world.env.now(),
            ..row
        };
        let rows = std::slice::from_ref(&row);
        store.put_agents(fence, rows, &blocks).await?;
        Ok(row)
    }

    /// Has people know what was found out about an agent.
    pub(super) fn notice(&self, job: &Job, code: &'static str, message: String) {
        let project = &job.row.label;
        tracing::warn!(%project, code, "{message}");
        self.shared.note(|told| told.notice(project, code, message));
    }

    /// Asks for an agent, once.
    async fn make(
        &self,
        job: &Job,
        row: AgentRow,
        drafts: &[BlockDraft],
    ) -> Result<Option<Agent>, Untold> {
        if let Some(wait) = self.still_open(&row) {
            self.put(&AgentRow {
                next_try: wait,
                ..row
            })
            .await?;
            self.waits_for_an_answer(job);
            return Ok(None);
        }
        let pattern = self.pattern().await?;
        let (_, traits) = self.wanted_traits(job, &pattern);
        let attempt = row.attempt.saturating_add(1);
        let asked = AgentRow {
            agent: None,
            phase: AgentPhase::Making,
            attempt,
            sent_at: Some(self.world.env.now()),
            ..row
        };
        let World { store, fence } = self.books();
        store.forget_blocks(fence, job.row.id).await?;
        self.put(&asked).await?;
        let draft = AgentDraft {
            project: job.huly.clone(),
            label: Arc::clone(&job.row.label),
            name: Arc::clone(&job.row.name),
            made: (self.world.store.id(), attempt),
            blocks: self.with_own(job, drafts, Some(&pattern)),
            pattern,
        };
        let shown = match self.world.informing.sink.create(&draft).await {
            Ok(shown) => shown,
            Err(error) => {
                let is_open = match error.kind() {
                    Kind::Unknown => true,
                    Kind::Transient | Kind::Conflict | Kind::Rejected | Kind::Fatal => false,
                };
                if !is_open {
                    // refused before anything was done: the next request need not wait
                    self.put(&AgentRow {
                        phase: AgentPhase::Wanted,
                        sent_at: None,
                        ..asked
                    })
                    .await?;
                }
                return Err(error.into());
            }
        };
        self.shared.note(|told| {
            told.made += 1;
            told.blocks += draft.blocks.len() as u64;
        });
        tracing::info!(project = %job.row.label, agent = %shown.found.id, "its agent was made");
        let id = Arc::clone(&shown.found.id);
        let present = AgentRow {
            agent: Some(Arc::clone(&id)),
            phase: AgentPhase::Present,
            sent_at: None,
            traits,
            ..asked
        };
        let row = self.compared(present, &shown).await?;
        // what vanished on the way is written like any other block
        let is_whole = |draft: &BlockDraft| {
            let mut blocks = shown.blocks.iter();
            blocks.any(|block| block.label == draft.label && block.hash == draft.hash())
        };
        let made = draft.blocks.iter().all(is_whole).then(|| Made {
            job: job.with(row.clone()),
            id,
        });
        Ok(Some(Agent {
            row,
            seen: Some(shown),
            made,
        }))
    }

    /// Until when an earlier request may still take effect.
    fn still_open(&self, row: &AgentRow) -> Option<Millis> {
        let settings = &self.world.informing.settings;
        let sent_at = row.sent_at.filter(|_| row.phase == AgentPhase::Making)?;
        let open = settings.write_deadline + settings.late_create;
        let until = Millis(sent_at.0.saturating_add(millis(open).0));
        (self.world.env.now() < until).then_some(until)
    }

    fn waits_for_an_answer(&self, job: &Job) {
        let message = "a request to make its agent had no answer: it is looked for again before another is sent";
        let waits = Waits {
            kind: Kind::Unknown,
            code: codes::AGENT_UNANSWERED.into(),
            message: message.into(),
            dead: false,
        };
        self.waits(job, waits);
    }

    /// The agent is proven gone: a person removed it.
    pub(super) async fn agent_is_gone(&self, job: &Job) -> Result<(), Untold> {
        self.leave_behind(job.row.id).await?;
        let World { store, fence } = self.books();
        store.forget_blocks(fence, job.row.id).await?;
        let again = self.world.informing.settings.again;
        let phase = if again {
            AgentPhase::Wanted
        } else {
            AgentPhase::Left
        };
        let then = if again {
            "it is made again"
        } else {
            "it stays away"
        };
        let id = job.standing.agent.agent.as_deref().unwrap_or_default();
        let words = format!("agent {id} was deleted: {then}");
        self.notice(job, codes::AGENT_GONE, words);
        self.put(&AgentRow {
            agent: None,
            phase,
            sent_at: None,
            traits: "".into(),
            ..job.standing.agent.clone()
        })
        .await?;
        if again {
            self.next(job.row.id);
        }
        Ok(())
    }
}

fn gone(service: &'static str) -> http_kit::Error {
    http_kit::Error::new(Kind::Transient, codes::AGENT_GONE, service, "agent")
        .with_detail("it was in the list a moment ago")
}

/// The part of the world that is written to.
pub(super) struct World<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) fence: &'a store::Fence,
}

impl Pass<'_> {
    pub(super) fn books(&self) -> World<'_> {
        World {
            store: self.world.store.as_ref(),
            fence: &self.world.fence,
        }
    }

    /// Has a project looked at again right after this pass.
    pub(super) fn next(&self, project: ProjectLinkId) {
        self.shared.again(project);
    }
}
