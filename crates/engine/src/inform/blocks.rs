//! Blocks: only what differs from what was confirmed is sent, and only what was answered is confirmed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http_kit::Kind;
use store::agents::{AgentRow, BlockRow};

use super::{
    pass::{Job, Pass, Untold},
    sink::BlockDraft,
};

/// How often one block is sent in one pass: the server refuses one of two writes of a block at once, which the next one gets over.
const TRIES: u32 = 3;
/// The pause before the second; it doubles.
const PAUSE: Duration = Duration::from_millis(500);

/// How sending the blocks of one agent ended.
pub(super) enum Sent {
    /// All are there as they are to be.
    All,
    /// The agent is not there.
    Gone,
    /// Some are not; the first reason.
    Failed(http_kit::Error),
}

impl Pass<'_> {
    /// Sends what is not confirmed. A block that fails delays no other. `is_seen` says that this pass has read the agent already.
    pub(super) async fn blocks(
        &self,
        job: &Job,
        agent: &AgentRow,
        drafts: &[BlockDraft],
        is_seen: bool,
    ) -> Result<Sent, Untold> {
        let Some(id) = &agent.agent else {
            return Ok(Sent::Gone);
        };
        let store = &self.world.store;
        let mut due = self.due(job, drafts).await?;
        if due.is_empty() {
            return Ok(Sent::All);
        }
        if !is_seen {
            // blocks outlive their agent and take writes all the same: whoever writes looks at the agent first
            let Some(shown) = self.world.informing.sink.agent(id).await? else {
                return Ok(Sent::Gone);
            };
            self.compared(agent.clone(), &shown).await?;
            due = self.due(job, drafts).await?;
        }
        let rows: Vec<BlockRow> = due.iter().map(|(row, _)| row.clone()).collect();
        store.put_agents(&self.world.fence, &[], &rows).await?;
        let mut first = None;
        let mut done = Vec::with_capacity(due.len());
        for (row, draft) in due {
            match self.write(id, row.block.as_deref(), draft).await {
                Ok(block) => done.push(BlockRow {
                    block: Some(block),
                    confirmed: Some(row.wanted),
                    tries: 0,
                    code: "".into(),
                    message: "".into(),
                    ..row
                }),
                Err(error) => {
                    let is_over = error.kind() == Kind::Fatal;
                    done.push(BlockRow {
                        tries: row.tries.saturating_add(1),
                        code: error.code().into(),
                        message: crate::run::chain(&error).into(),
                        ..row
                    });
                    first.get_or_insert(error);
                    if is_over {
                        break;
                    }
                }
            }
        }
        let told = done.iter().filter(|row| row.is_told()).count();
        store.put_agents(&self.world.fence, &[], &done).await?;
        self.shared.note(|informed| informed.blocks += told as u64);
        let Some(error) = first else {
            return Ok(Sent::All);
        };
        if error.kind() == Kind::Conflict && self.world.informing.sink.agent(id).await?.is_none() {
            return Ok(Sent::Gone);
        }
        Ok(Sent::Failed(error))
    }

    /// Blocks that do not hold what they are to hold, as far as is known.
    async fn due<'d>(
        &self,
        job: &Job,
        drafts: &'d [BlockDraft],
    ) -> Result<Vec<(BlockRow, &'d BlockDraft)>, Untold> {
        let known: HashMap<Arc<str>, BlockRow> = self
            .world
            .store
            .blocks(job.row.id)
            .await?
            .into_iter()
            .map(|block| (Arc::clone(&block.label), block))
            .collect();
        Ok(drafts
            .iter()
            .map(|draft| (wanted(job, known.get(&draft.label), draft), draft))
            .filter(|(row, _)| !row.is_told())
            .collect())
    }

    async fn write(
        &self,
        agent: &str,
        known: Option<&str>,
        draft: &BlockDraft,
    ) -> Result<Arc<str>, http_kit::Error> {
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.world.informing.sink.write(agent, known, draft).await {
                Ok(block) => return Ok(block),
                Err(error) => error,
            };
            // The same text twice is the same text: what has no answer may be sent again.
            let may_pass = matches!(error.kind(), Kind::Transient | Kind::Unknown);
            if !may_pass || error.status().is_none() || tries >= TRIES {
                return Err(error.with_tries(tries));
            }
            self.world.env.sleep(pause).await;
            pause *= 2;
            tries += 1;
        }
    }
}

/// The row of a block that is to hold `draft`.
fn wanted(job: &Job, known: Option<&BlockRow>, draft: &BlockDraft) -> BlockRow {
    let hash = draft.hash();
    match known {
        Some(row) if row.wanted == hash => row.clone(),
        Some(row) => BlockRow {
            wanted: hash,
            tries: 0,
            ..row.clone()
        },
        None => BlockRow {
            project: job.row.id,
            label: Arc::clone(&draft.label),
            block: None,
            confirmed: None,
            wanted: hash,
            tries: 0,
            code: "".into(),
            message: "".into(),
        },
    }
}
