//! What the server does by itself, and what people do past the API.

use uuid::Uuid;

use super::{Refusal, Status, Task, Vibe};

impl Vibe {
    /// An agent starts on a task: `inprogress`. Such a change moves `updated_at`, in whole seconds, so it may lie
    /// before `created_at`.
    pub fn agent_starts(&mut self, task: Uuid, executor: &str) -> Result<(), Refusal> {
        let executor = executor.to_owned();
        self.agent_moves(task, Status::InProgress, |task| {
            task.has_in_progress_attempt = true;
            task.last_attempt_failed = false;
            task.executor = executor;
        })
    }

    /// The agent ends, well or not: `inreview`.
    pub fn agent_ends(&mut self, task: Uuid, failed: bool) -> Result<(), Refusal> {
        self.agent_moves(task, Status::InReview, |task| {
            task.has_in_progress_attempt = false;
            task.last_attempt_failed = failed;
        })
    }

    /// Its work is merged: `done`.
    pub fn agent_merges(&mut self, task: Uuid) -> Result<(), Refusal> {
        self.agent_moves(task, Status::Done, |task| {
            task.has_in_progress_attempt = false;
        })
    }

    fn agent_moves(
        &mut self,
        id: Uuid,
        status: Status,
        flags: impl FnOnce(&mut Task),
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        let task = self
            .tasks
            .iter_mut()
            .find(|task| task.id == id)
            .ok_or(Refusal::NotFound)?;
        task.status = status;
        task.updated_at = now - now.rem_euclid(1000);
        flags(task);
        self.hint();
        Ok(())
    }

    /// A database hook tries to tell the listeners of a change; some are lost at the source.
    pub(crate) fn hint(&mut self) {
        use rand::Rng;
        if self.stream_loss > 0.0 && self.rng.random_bool(self.stream_loss.clamp(0.0, 1.0)) {
            self.hints.lost += 1;
        } else {
            self.hints.sent += 1;
        }
    }

    /// The newest `tasks` of all tasks vanish, as after a restore from a backup.
    pub fn restore_backup(&mut self, without_newest: usize) {
        let keep = self.tasks.len().saturating_sub(without_newest);
        self.tasks.truncate(keep);
    }
}
