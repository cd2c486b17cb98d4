//! Several agents for one project: which of them is told, and which of them goes.
//!
//! Everybody who looks takes the oldest; only an agent that is proven to be a second answer to this store's own wish is removed.

use std::sync::Arc;

use store::agents::AgentRow;
use sync_core::ids::{Millis, StoreId};

use super::{
    agents::{Made, World},
    codes,
    pass::{Job, Pass, Untold},
    sink::Found,
};
use crate::error::Error;

impl Pass<'_> {
    /// Twins that only a late answer of ours can have made go; others are told of.
    pub(super) async fn twins(&self, job: &Job, kept: &Found, all: &[Found]) -> Result<(), Untold> {
        let store = self.world.store.id();
        let attempts = job.standing.agent.attempt;
        for twin in all.iter().filter(|found| found.id != kept.id) {
            if is_late_twin(kept, twin, store, attempts) {
                self.world.informing.sink.remove(&twin.id).await?;
                self.shared.note(|told| told.twins_removed += 1);
                let words = format!(
                    "hvs made agent {} twice: its twin {} was removed",
                    kept.id, twin.id
                );
                self.notice(job, codes::AGENT_TWINS, words);
            } else {
                let words = format!(
                    "agent {} bears the project's tags, too; agent {} is told, the other one is left alone",
                    twin.id, kept.id
                );
                self.notice(job, codes::AGENT_TWINS, words);
            }
        }
        Ok(())
    }

    /// Looks at all agents once more after some were made: where an older one stands, ours goes.
    pub(super) async fn look_again(&self, made: Vec<Made>) -> Result<(), Error> {
        let listed = self.world.informing.sink.agents().await;
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                for Made { job, .. } in &made {
                    self.failed(job, &error).await?;
                }
                return Ok(());
            }
        };
        for Made { job, id } in made {
            let mut all = listed.iter().filter(|found| found.project == job.huly);
            let done = match all.next() {
                Some(oldest) if oldest.id != id => self.give_way(&job, &id, oldest).await,
                // not in the list yet, or the oldest: it is the project's
                Some(_) | None => self.all_told(&job, job.standing.agent.clone()).await,
            };
            match done {
                Ok(()) => {}
                Err(Untold::Failed(error)) => self.failed(&job, &error).await?,
                Err(Untold::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// An older agent stands: the one that we made a moment ago goes, and the older one is told in the next pass.
    async fn give_way(&self, job: &Job, ours: &str, oldest: &Found) -> Result<(), Untold> {
        self.world.informing.sink.remove(ours).await?;
        self.shared.note(|told| told.twins_removed += 1);
        let words = format!(
            "an older agent stands, {}: the new one, {ours}, was removed",
            oldest.id
        );
        self.notice(job, codes::AGENT_TWINS, words);
        self.leave_behind(job.row.id).await?;
        let World { store, fence } = self.books();
        store.forget_blocks(fence, job.row.id).await?;
        self.put(&AgentRow {
            agent: Some(Arc::clone(&oldest.id)),
            traits: "".into(),
            checked_at: Millis(0),
            ..job.standing.agent.clone()
        })
        .await?;
        self.next(job.row.id);
        Ok(())
    }
}

/// Whether two requests of this store made both. A copy that a person made bears the same attempt as what it was copied from.
fn is_late_twin(kept: &Found, twin: &Found, store: StoreId, attempts: u32) -> bool {
    match (kept.made, twin.made) {
        (Some((by, first)), Some((also, second))) => {
            by == store && also == store && first != second && second <= attempts
        }
        _ => false,
    }
}
