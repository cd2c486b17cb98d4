//! A failing schedule made short: events are taken out as long as the same law stays broken.

use std::collections::BTreeSet;

use super::judge::Law;
use super::perform::{Verdict, play};
use super::schedule::{Event, Run, Schedule};
use super::world::Error;

/// What is left of a failing schedule.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The shortest schedule that was found.
    pub schedule: Schedule,
    /// What becomes of it.
    pub verdict: Verdict,
    /// How often schedules were played for it.
    pub plays: u32,
}

/// Shortens a schedule that breaks a law, playing at most so many others. One that breaks none comes back as it is.
pub fn shrink(schedule: &Schedule, most: u32) -> Result<Shrunk, Error> {
    let verdict = play(schedule, false)?;
    let laws: BTreeSet<Law> = verdict.breaches.iter().map(|breach| breach.law).collect();
    let mut search = Search {
        laws,
        best: schedule.clone(),
        verdict,
        plays: 1,
        most,
    };
    if !search.laws.is_empty() {
        search.fewer_events()?;
        search.plainer_runs()?;
        search.plainer_setting()?;
        search.fewer_events()?;
    }
    Ok(Shrunk {
        schedule: search.best,
        verdict: search.verdict,
        plays: search.plays,
    })
}

struct Search {
    laws: BTreeSet<Law>,
    best: Schedule,
    verdict: Verdict,
    plays: u32,
    most: u32,
}

impl Search {
    /// Takes a schedule where it breaks one of the same laws; answers whether it does.
    fn try_this(&mut self, schedule: Schedule) -> Result<bool, Error> {
        if self.plays >= self.most || schedule == self.best {
            return Ok(false);
        }
        self.plays += 1;
        let verdict = play(&schedule, false)?;
        let same = verdict
            .breaches
            .iter()
            .any(|breach| self.laws.contains(&breach.law));
        if same {
            (self.best, self.verdict) = (schedule, verdict);
        }
        Ok(same)
    }

    /// Takes out halves, quarters ... and single events.
    fn fewer_events(&mut self) -> Result<(), Error> {
        let mut size = self.best.events.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.best.events.len() {
                let mut shorter = self.best.clone();
                let end = (at + size).min(shorter.events.len());
                shorter.events.drain(at..end);
                if !self.try_this(shorter)? {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        Ok(())
    }

    /// Lets single runs alone.
    fn plainer_runs(&mut self) -> Result<(), Error> {
        for at in 0..self.best.events.len() {
            let Some(Event::Run(run)) = self.best.events.get(at).cloned() else {
                continue;
            };
            let plainer = [
                Run::default(),
                Run {
                    second_after_ms: None,
                    ..run.clone()
                },
                Run {
                    letta_death: None,
                    ..run.clone()
                },
                Run {
                    frozen_after: None,
                    ..run
                },
            ];
            for run in plainer {
                let mut schedule = self.best.clone();
                if let Some(event) = schedule.events.get_mut(at) {
                    *event = Event::Run(run);
                }
                if self.try_this(schedule)? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn plainer_setting(&mut self) -> Result<(), Error> {
        let edits: [fn(&mut Schedule); 7] = [
            |schedule| schedule.setting.letta = None,
            |schedule| schedule.setting.put_race_ms = None,
            |schedule| schedule.setting.late_bookkeeping_ms = None,
            |schedule| schedule.setting.latency_ms = 0,
            |schedule| schedule.setting.workers = 1,
            |schedule| schedule.setting.page_size = 500,
            |schedule| schedule.setting.guards = false,
        ];
        for edit in edits {
            let mut schedule = self.best.clone();
            edit(&mut schedule);
            self.try_this(schedule)?;
        }
        Ok(())
    }
}
