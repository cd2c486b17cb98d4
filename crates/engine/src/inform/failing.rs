//! When telling an agent, or one block of it, is given up: by the rules of other letters (design 4.5), except that a service which is
//! not there, or refuses us, says nothing about one agent.

use std::{collections::HashMap, sync::Arc};

use http_kit::Kind;
use store::{
    agents::{AgentRow, BlockRow},
    row::LetterState,
};
use sync_core::{
    digest::Label,
    ids::{Millis, ProjectLinkId},
};

use super::{
    pass::{Job, Pass, Untold},
    sink::Shown,
};
use crate::lease::millis;

impl Pass<'_> {
    /// Whether something that failed so often since then is given up until there is something else to tell, or a person says so.
    pub(super) fn gives_up(&self, error: &http_kit::Error, tries: u32, since: Millis) -> bool {
        let is_tried = tries >= self.world.settings.max_attempts;
        let age = self.world.env.now().0.saturating_sub(since.0);
        let is_old = age >= millis(self.world.informing.settings.give_up_after).0;
        match error.kind() {
            _ if is_of_all(error) => false,
            Kind::Rejected => is_tried,
            Kind::Transient | Kind::Conflict | Kind::Unknown | Kind::Fatal => is_tried && is_old,
        }
    }

    /// An agent that is given up: what is known now counts as told, so that only news, or the next comparison, have it tried again.
    pub(super) fn at_rest(&self, job: &Job, row: AgentRow) -> AgentRow {
        AgentRow {
            told: job.standing.changes,
            rules: self.rules(),
            checked_at: self.world.env.now(),
            state: still(row.state),
            ..row
        }
    }

    /// All is told but blocks that are given up.
    pub(super) async fn all_but(
        &self,
        job: &Job,
        row: AgentRow,
        block: &BlockRow,
    ) -> Result<(), Untold> {
        let state = still(row.state);
        let next = AgentRow {
            state,
            code: Arc::clone(&block.code),
            message: Arc::clone(&block.message),
            tries: block.tries,
            failing_since: block.failing_since,
            ..self.told(job, row)
        };
        self.put(&next).await?;
        self.shared.note(|told| told.told(&job.row.label));
        Ok(())
    }
}

/// Given up, and told to people unless they said that they know.
fn still(before: LetterState) -> LetterState {
    match before {
        LetterState::Waiting | LetterState::Dead => LetterState::Dead,
        LetterState::Dropped => LetterState::Dropped,
    }
}

/// Whether the next agent would fare no better: the service refused us, or is not there.
pub(super) fn is_of_all(error: &http_kit::Error) -> bool {
    match error.kind() {
        Kind::Fatal => true,
        Kind::Transient | Kind::Unknown => error.status().is_none(),
        Kind::Conflict | Kind::Rejected => false,
    }
}

/// Blocks as they are there count as confirmed; what failed before is remembered with its value.
pub(super) fn as_shown(
    project: ProjectLinkId,
    shown: &Shown,
    known: Vec<BlockRow>,
) -> Vec<BlockRow> {
    let mut failing: HashMap<Arc<str>, BlockRow> = known
        .into_iter()
        .filter(|row| row.tries > 0)
        .map(|row| (Arc::clone(&row.label), row))
        .collect();
    let mut rows: Vec<BlockRow> = Vec::with_capacity(shown.blocks.len());
    for block in &shown.blocks {
        let wanted = BlockRow::wanted(project, Arc::clone(&block.label), block.hash);
        let row = failing.remove(&block.label);
        rows.push(BlockRow {
            block: Some(Arc::clone(&block.id)),
            // one of ours that the agent may change itself is written once more, so that it may not
            confirmed: Some(block.hash)
                .filter(|_| block.read_only || Label::of(&block.label).is_none()),
            ..row.filter(|row| row.wanted != block.hash).unwrap_or(wanted)
        });
    }
    rows.extend(failing.into_values().map(|row| BlockRow {
        block: None,
        confirmed: None,
        ..row
    }));
    rows
}
