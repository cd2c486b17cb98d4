//! The calm after a schedule: nothing goes wrong any more, both boards come to agree, agents know it, and then nothing is written.

use std::time::Duration;

use engine::report::{Exit, Report};
use store::Store as _;
use sync_core::Side;

use super::{Performance, sync, told};
use crate::proof::deed::Deed;
use crate::proof::informing;
use crate::proof::judge::{self, Breach, Law};
use crate::proof::world::Error;

/// Runs after which both boards must be in sync, once nothing goes wrong any more (I10).
const CALM_RUNS: usize = 4;
/// The pause before each of them.
const CALM_PAUSE: Duration = Duration::from_secs(150);
/// After it, a day's full comparison is due.
const A_DAY: Duration = Duration::from_hours(25);

impl Performance {
    /// Nothing goes wrong any more: both boards come to agree, and then nothing is written.
    pub(super) async fn calm_down(&mut self) -> Result<(), Error> {
        self.rules.clear();
        self.letta_rules.clear();
        self.world.play.notes().waiting.clear();
        self.world.play.notes().letta.waiting.clear();
        if let Some(letta) = &self.world.play.letta {
            letta.model.lock().busy_blocks = 0;
        }
        {
            let play = &self.world.play;
            play.tasks().lock().put_race_ms = None;
            let mut huly = play.issues().lock();
            huly.flush();
            for project in huly.projects() {
                let back = serde_json::json!({ "archived": false });
                if let Err(error) = huly.person_edit_project(&play.who, &project.id, &back) {
                    tracing::debug!(%error, "a project stays archived");
                }
            }
        }
        let mut quiet = false;
        // The daily comparison takes up a twentieth of the projects in one run, and one at least.
        let compared = self.world.play.issues().lock().projects().len();
        let after_a_day = std::iter::repeat_n(CALM_PAUSE, compared + 1);
        let pauses = [CALM_PAUSE; CALM_RUNS].into_iter().chain([A_DAY]);
        for pause in pauses.chain(after_a_day) {
            tokio::time::sleep(pause).await;
            if pause == A_DAY {
                self.mark("waited for the daily comparison");
            }
            let before = self.writes();
            let report = self.quietly().await?;
            quiet = self.writes() == before && report.exit == Exit::Done;
            let mut left = Vec::new();
            judge::agreement(&mut left, &self.world, true);
            if quiet && left.is_empty() {
                break;
            }
        }
        let world = &self.world;
        judge::agreement(&mut self.breaches, world, true);
        judge::counterparts(&mut self.breaches, world);
        match self.kept().await {
            Ok(kept) => judge::updates(&mut self.breaches, &self.world, &kept),
            Err(error) => self
                .breaches
                .push(Breach::new(Law::NoLostUpdate, error.to_string())),
        }
        if quiet {
            tokio::time::sleep(CALM_PAUSE).await;
            let before = self.writes();
            let report = self.quietly().await?;
            if self.writes() != before || report.exit != Exit::Done {
                let words = format!("a run after a quiet run wrote: {}", told(&report));
                self.breaches.push(Breach::new(Law::Quiet, words));
            }
        } else {
            let words = format!("none of the last {CALM_RUNS} runs and more was quiet");
            self.breaches.push(Breach::new(Law::Converges, words));
        }
        if self.world.play.letta.is_some() {
            self.calm_agents().await?;
        }
        Ok(())
    }

    /// Agents come to be as they should, stay the same, and cost nothing while there is nothing to tell.
    async fn calm_agents(&mut self) -> Result<(), Error> {
        // The second day's run finds what the first one's left: a twin, or an agent that is gone.
        for pause in [A_DAY, CALM_PAUSE, A_DAY, CALM_PAUSE] {
            tokio::time::sleep(pause).await;
            self.quietly().await?;
        }
        informing::agents(&mut self.breaches, &self.world);
        let before = informing::same(&self.world);
        for pause in [A_DAY, CALM_PAUSE] {
            tokio::time::sleep(pause).await;
            self.quietly().await?;
        }
        let after = informing::same(&self.world);
        if before != after {
            let words = format!("a day later the agents are {after:?}, and were {before:?}");
            self.breaches.push(Breach::new(Law::OneAgent, words));
        }
        tokio::time::sleep(CALM_PAUSE).await;
        let calls = self.calls_to_letta();
        self.quietly().await?;
        let calls = self.calls_to_letta() - calls;
        informing::quiet(&mut self.breaches, calls);
        self.one_change().await
    }

    /// A change on one board costs a look and the blocks that it changes.
    async fn one_change(&mut self) -> Result<(), Error> {
        let (side, item) = (Side::Huly, 0);
        self.world.play.act(&Deed::Retitle { side, item });
        let (texts, calls) = (informing::texts(&self.world), self.calls_to_letta());
        self.quietly().await?;
        let now = informing::texts(&self.world);
        let calls = self.calls_to_letta() - calls;
        informing::cheap(&mut self.breaches, calls, &texts, &now);
        informing::agents(&mut self.breaches, &self.world);
        Ok(())
    }

    fn calls_to_letta(&self) -> u64 {
        let counts = self.world.play.letta.as_ref();
        counts.map_or(0, |letta| letta.calls.snapshot().by_route.values().sum())
    }

    fn writes(&self) -> u64 {
        let play = &self.world.play;
        play.huly.calls.snapshot().writes + play.vibe.calls.snapshot().writes
    }

    /// A run without trouble; what a guard held back is accepted by a person who looked at it.
    async fn quietly(&mut self) -> Result<Report, Error> {
        self.arm();
        let process = self.world.process(None)?;
        let report = sync(&process, Vec::new()).await;
        self.ended(&report, "calm run");
        let held: Vec<String> = report
            .projects
            .iter()
            .flat_map(|project| &project.held)
            .map(|held| held.hash.clone())
            .collect();
        if held.is_empty() {
            return Ok(report);
        }
        self.arm();
        let process = self.world.process(None)?;
        let report = sync(&process, held).await;
        self.ended(&report, "calm run");
        Ok(report)
    }

    /// Everything that conflicts kept whole.
    async fn kept(&self) -> Result<String, store::Error> {
        let rows = self.world.store.conflicts(false, 100_000).await?;
        Ok(format!("{rows:?}"))
    }
}
