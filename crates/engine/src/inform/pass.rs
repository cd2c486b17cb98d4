//! One pass over projects that may have something to tell.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, TryStreamExt, stream};
use http_kit::Kind;
use store::{
    agents::{AgentPhase, AgentRow, Standing},
    row::{LetterState, ProjectRow},
};
use sync_core::ids::{Millis, ProjectId, ProjectLinkId};
use tokio::sync::OnceCell;

use super::{
    agents::Made,
    blocks::Sent,
    digest,
    failing::is_of_all,
    likeness::{NoPattern, Pattern},
    sink::Found,
    task::{Shared, World},
    told::Waits,
};
use crate::{error::Error, lease::millis, letters::next_try, run::is_active};

/// Agents by the project that their tags name, oldest first.
pub(super) type Listing = BTreeMap<ProjectId, Vec<Found>>;

/// How telling one project ended, short of everything being told.
pub(super) enum Untold {
    /// Nothing can be told now: this is why.
    Failed(http_kit::Error),
    /// The store failed: nothing goes on.
    Store(Error),
}

impl From<http_kit::Error> for Untold {
    fn from(error: http_kit::Error) -> Untold {
        Untold::Failed(error)
    }
}

impl From<store::Error> for Untold {
    fn from(error: store::Error) -> Untold {
        Untold::Store(error.into())
    }
}

/// One pass.
pub(super) struct Pass<'a> {
    pub(super) world: &'a World,
    pub(super) shared: &'a Shared,
    /// What agents are made like, once it was asked for.
    pub(super) pattern: OnceCell<Result<Arc<Pattern>, NoPattern>>,
    /// Why the rest of the pass is left, once where agents live cannot be worked with.
    stopped: Mutex<Option<Waits>>,
}

/// One project to be told.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) row: ProjectRow,
    /// The Huly project.
    pub(super) huly: ProjectId,
    pub(super) standing: Standing,
}

impl Job {
    /// The same with its agent's row as it is now.
    pub(super) fn with(&self, agent: AgentRow) -> Job {
        let changes = self.standing.changes;
        Job {
            standing: Standing { agent, changes },
            ..self.clone()
        }
    }
}

impl<'a> Pass<'a> {
    pub(super) const fn new(world: &'a World, shared: &'a Shared) -> Pass<'a> {
        Pass {
            world,
            shared,
            pattern: OnceCell::const_new(),
            stopped: Mutex::new(None),
        }
    }

    /// Tells what is to be told of these projects. Only a store that fails is an error.
    pub(super) async fn over(&self, due: BTreeSet<ProjectLinkId>) -> Result<(), Error> {
        let jobs = self.jobs(&due).await?;
        if jobs.is_empty() {
            return Ok(());
        }
        let before = self.world.informing.sink.traffic();
        let done = self.tell(jobs.clone()).await;
        self.clear_all_away(&jobs).await?;
        let after = self.world.informing.sink.traffic().since(&before);
        self.shared.note(|told| told.traffic.add(&after));
        done
    }

    async fn tell(&self, jobs: Vec<Job>) -> Result<(), Error> {
        let listing = if jobs.iter().any(|job| self.needs_list(job)) {
            match self.list().await {
                Ok(listing) => Some(listing),
                Err(error) => {
                    for job in jobs {
                        self.failed(&job, &error).await?;
                    }
                    return Ok(());
                }
            }
        } else {
            None
        };
        let concurrency = self.world.informing.settings.concurrency.max(1);
        let listing = &listing;
        let made: Vec<Option<Made>> = stream::iter(jobs)
            .map(|job| async move { self.one(job, listing.as_ref()).await })
            .buffer_unordered(concurrency)
            .try_collect()
            .await?;
        let made: Vec<Made> = made.into_iter().flatten().collect();
        if made.is_empty() {
            return Ok(());
        }
        self.look_again(made).await
    }

    /// Those among `due` of which something is to be told now.
    async fn jobs(&self, due: &BTreeSet<ProjectLinkId>) -> Result<Vec<Job>, Error> {
        let informing = &self.world.informing;
        let standings = self.world.store.standings_of_agents().await?;
        let standings: HashMap<ProjectLinkId, Standing> = standings
            .into_iter()
            .map(|standing| (standing.agent.project, standing))
            .collect();
        let rows = self.world.store.projects().await?;
        let now = self.world.env.now();
        let mut jobs = Vec::new();
        for row in rows {
            let Some(standing) = standings.get(&row.id).filter(|_| due.contains(&row.id)) else {
                continue;
            };
            let (Some(huly), Some(_)) = (&row.projects.huly, &row.projects.vibe) else {
                continue;
            };
            let is_left = informing.settings.excludes(&row.label, &row.name) || !is_active(&row);
            if is_left || !self.has_news(standing, now) {
                continue;
            }
            jobs.push(Job {
                huly: huly.clone(),
                standing: standing.clone(),
                row,
            });
        }
        Ok(jobs)
    }

    fn has_news(&self, standing: &Standing, now: Millis) -> bool {
        let Standing { agent, changes } = standing;
        let is_ours = match agent.phase {
            AgentPhase::Wanted | AgentPhase::Making | AgentPhase::Present => true,
            AgentPhase::Detached | AgentPhase::Left => false,
        };
        // one that is given up rests until there is something else to tell, or all are compared
        let rests = agent.phase == AgentPhase::Present || agent.state != LetterState::Waiting;
        let is_told = rests
            && agent.told == *changes
            && agent.rules == self.rules()
            && !self.is_check_due(agent);
        let is_due = if self.world.is_watch {
            agent.next_try <= now
        } else {
            !self.shared.has_failed(agent.project)
        };
        is_ours && !is_told && is_due
    }

    pub(super) fn is_check_due(&self, agent: &AgentRow) -> bool {
        let age = self.world.env.now().0.saturating_sub(agent.checked_at.0);
        !(0..millis(self.world.informing.settings.check_every).0).contains(&age)
    }

    fn needs_list(&self, job: &Job) -> bool {
        let agent = &job.standing.agent;
        agent.phase != AgentPhase::Present || agent.agent.is_none() || self.is_check_due(agent)
    }

    pub(super) fn rules(&self) -> Arc<str> {
        let World {
            informing,
            settings,
            ..
        } = self.world;
        digest::rules(&informing.settings, settings)
    }

    async fn list(&self) -> Result<Listing, http_kit::Error> {
        let mut listing = Listing::new();
        for found in self.world.informing.sink.agents().await? {
            listing
                .entry(found.project.clone())
                .or_default()
                .push(found);
        }
        Ok(listing)
    }

    async fn one(&self, job: Job, listing: Option<&Listing>) -> Result<Option<Made>, Error> {
        let stopped = self
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(why) = stopped {
            self.waits(&job, why);
            return Ok(None);
        }
        match self.project(&job, listing).await {
            Ok(made) => Ok(made),
            Err(Untold::Failed(error)) => {
                self.failed(&job, &error).await?;
                Ok(None)
            }
            Err(Untold::Store(error)) => Err(error),
        }
    }

    async fn project(&self, job: &Job, listing: Option<&Listing>) -> Result<Option<Made>, Untold> {
        let drafts = digest::blocks(self.world, &job.row)
            .await
            .map_err(Untold::Store)?;
        let Some(agent) = self.agent(job, listing, &drafts).await? else {
            return Ok(None);
        };
        if let Some(made) = agent.made {
            return Ok(Some(made));
        }
        let is_seen = agent.seen.is_some();
        let sent = self.blocks(job, &agent.row, &drafts, is_seen).await?;
        let row = match (&sent, &agent.seen) {
            (Sent::All | Sent::Left(_), Some(shown)) => self.follow(job, agent.row, shown).await?,
            (Sent::All | Sent::Left(_), None) | (Sent::Gone | Sent::Failed(_), _) => agent.row,
        };
        match sent {
            Sent::All => {
                self.all_told(job, row).await?;
                Ok(None)
            }
            Sent::Left(block) => {
                self.all_but(job, row, &block).await?;
                Ok(None)
            }
            Sent::Gone => {
                self.agent_is_gone(job).await?;
                Ok(None)
            }
            Sent::Failed(error) => Err(Untold::Failed(error)),
        }
    }

    /// Everything that was known when the digest was begun is told.
    pub(super) async fn all_told(&self, job: &Job, row: AgentRow) -> Result<(), Untold> {
        self.put(&self.told(job, row)).await?;
        self.shared.note(|told| told.told(&job.row.label));
        Ok(())
    }

    /// The row of an agent that knows all that was known when the digest was begun.
    pub(super) fn told(&self, job: &Job, row: AgentRow) -> AgentRow {
        AgentRow {
            phase: AgentPhase::Present,
            told: job.standing.changes,
            rules: self.rules(),
            tries: 0,
            failing_since: None,
            next_try: Millis(0),
            code: "".into(),
            message: "".into(),
            state: LetterState::Waiting,
            ..row
        }
    }

    pub(super) async fn put(&self, row: &AgentRow) -> Result<(), Untold> {
        let World { store, fence, .. } = self.world;
        let rows = std::slice::from_ref(row);
        store.put_agents(fence, rows, &[]).await?;
        Ok(())
    }

    /// Notes why an agent could not be told, and when that is tried again.
    pub(super) async fn failed(&self, job: &Job, error: &http_kit::Error) -> Result<(), Error> {
        let now = self.world.env.now();
        // the row as it is now: looking for the agent may have moved it on
        let standing = self.world.store.standing_of_agent(job.row.id).await?;
        let row = standing.map_or_else(|| AgentRow::wanted(job.row.id), |standing| standing.agent);
        let since = row.failing_since.unwrap_or(now);
        let tries = row.tries.saturating_add(1);
        let message: Arc<str> = crate::run::chain(error).into();
        let given_up = self.gives_up(error, tries, since);
        let next = AgentRow {
            tries,
            failing_since: Some(since),
            // in a watch the next run is seconds away
            next_try: next_try(now, tries.saturating_add(1)),
            code: error.code().into(),
            message: Arc::clone(&message),
            ..row
        };
        let next = if given_up {
            self.at_rest(job, next)
        } else {
            next
        };
        let fence = &self.world.fence;
        let store = &self.world.store;
        store
            .put_agents(fence, std::slice::from_ref(&next), &[])
            .await?;
        let late =
            now.0.saturating_sub(since.0) >= millis(self.world.informing.settings.give_up_after).0;
        let dead = late || matches!(error.kind(), Kind::Rejected | Kind::Fatal);
        let (project, code) = (&*job.row.label, error.code());
        if dead {
            tracing::error!(project, code, "its agent was not told: {message}");
        } else {
            tracing::warn!(project, code, "its agent was not told yet: {message}");
        }
        let waits = Waits {
            kind: error.kind(),
            code: code.into(),
            message,
            dead,
        };
        if is_of_all(error) {
            let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
            stopped.get_or_insert_with(|| Waits {
                dead: false,
                ..waits.clone()
            });
        }
        self.waits(job, waits);
        Ok(())
    }

    /// The project's agent is told later; this is why.
    pub(super) fn waits(&self, job: &Job, why: Waits) {
        let label = Arc::clone(&job.row.label);
        self.shared.failed(job.row.id);
        self.shared.note(|told| {
            told.waits.insert(label, why);
        });
    }
}
