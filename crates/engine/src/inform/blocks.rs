//! Blocks: only what differs from what was confirmed is sent, and only what was answered is confirmed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http_kit::Kind;
use store::{
    agents::{AgentRow, BlockRow},
    row::LetterState,
};

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
    /// All but some that are given up; one of them.
    Left(BlockRow),
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
        let (mut due, mut left) = self.due(job, drafts).await?;
        if due.is_empty() {
            return Ok(left.map_or(Sent::All, Sent::Left));
        }
        if !is_seen {
            // blocks outlive their agent and take writes all the same: whoever writes looks at the agent first
            let Some(shown) = self.world.informing.sink.agent(id).await? else {
                return Ok(Sent::Gone);
            };
            self.compared(agent.clone(), &shown).await?;
            (due, left) = self.due(job, drafts).await?;
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
                    ..BlockRow::wanted(row.project, row.label, row.wanted)
                }),
                Err(error) => {
                    let is_over = error.kind() == Kind::Fatal;
                    done.push(self.failed_block(row, &error));
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
            return Ok(left.map_or(Sent::All, Sent::Left));
        };
        if error.kind() == Kind::Conflict && self.world.informing.sink.agent(id).await?.is_none() {
            return Ok(Sent::Gone);
        }
        Ok(Sent::Failed(error))
    }

    fn failed_block(&self, row: BlockRow, error: &http_kit::Error) -> BlockRow {
        let tries = row.tries.saturating_add(1);
        let since = row.failing_since.unwrap_or_else(|| self.world.env.now());
        let state = if self.gives_up(error, tries, since) {
            LetterState::Dead
        } else {
            LetterState::Waiting
        };
        BlockRow {
            tries,
            failing_since: Some(since),
            code: error.code().into(),
            message: crate::run::chain(error).into(),
            state,
            ..row
        }
    }

    /// Blocks that do not hold what they are to hold, as far as is known, and the first of those that are given up.
    async fn due<'d>(
        &self,
        job: &Job,
        drafts: &'d [BlockDraft],
    ) -> Result<(Vec<(BlockRow, &'d BlockDraft)>, Option<BlockRow>), Untold> {
        let known: HashMap<Arc<str>, BlockRow> = self
            .world
            .store
            .blocks(job.row.id)
            .await?
            .into_iter()
            .map(|block| (Arc::clone(&block.label), block))
            .collect();
        let (due, left): (Vec<_>, Vec<_>) = drafts
            .iter()
            .map(|draft| (wanted(job, known.get(&draft.label), draft), draft))
            .filter(|(row, _)| !row.is_told())
            .partition(|(row, _)| row.state == LetterState::Waiting);
        Ok((due, left.into_iter().map(|(row, _)| row).next()))
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
            block: row.block.clone(),
            confirmed: row.confirmed,
            ..BlockRow::wanted(row.project, Arc::clone(&row.label), hash)
        },
        None => BlockRow::wanted(job.row.id, Arc::clone(&draft.label), hash),
    }
}
