//! Many seeds, on several threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::informing;
use super::judge::{Breach, Law};
use super::perform::{Verdict, play, play_broken};
use super::sabotage::Defect;
use super::schedule::Schedule;
use super::world::Error;

/// What is asked of a campaign.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Threads; at least one.
    pub jobs: usize,
    /// No seed begins after this long.
    pub limit: Option<Duration>,
    /// Each of the first so many seeds is played twice: their traces must be the same (I17). It is played with agents and without,
    /// too: the boards' sync must be the same.
    pub twice: u64,
    /// So many failures are enough.
    pub failures: usize,
    /// Of an engine with this defect.
    pub defect: Option<Defect>,
}

/// A schedule that broke laws.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The schedule's seed.
    pub seed: u64,
    /// Which laws, and how.
    pub breaches: Vec<Breach>,
}

/// What a campaign found.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Schedules that were played to their end.
    pub schedules: u64,
    /// Those that broke laws, by seed.
    pub failed: Vec<Failed>,
    /// Runs of hvs.
    pub runs: u64,
    /// Calls and deeds, over all schedules.
    pub steps: u64,
    /// Faults, over all schedules.
    pub faults: u64,
    /// The median of the steps of a schedule.
    pub median_steps: u64,
    /// The median of the faults of a schedule.
    pub median_faults: u64,
    /// Schedules that were played twice with the same trace.
    pub same_trace: u64,
    /// How often each thing was reached.
    pub marks: BTreeMap<String, u64>,
    /// Wall time.
    pub took: Duration,
}

#[derive(Default)]
struct Found {
    summary: Summary,
    steps: Vec<u64>,
    faults: Vec<u64>,
}

/// Plays the schedules of many seeds.
pub fn campaign(asked: &Asked) -> Result<Summary, Error> {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let found = Mutex::new(Found::default());
    let began = now();
    let work = || -> Result<(), Error> {
        while !enough.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let late = asked.limit.is_some_and(|limit| began.elapsed() >= limit);
            if at >= asked.seeds || late {
                break;
            }
            let schedule = Schedule::of(asked.from.saturating_add(at));
            let mut verdict = play_broken(&schedule, false, asked.defect)?;
            // What breaks a law without the defect, too, says nothing of the defect.
            if asked.defect.is_some()
                && !verdict.breaches.is_empty()
                && !play(&schedule, false)?.breaches.is_empty()
            {
                verdict.breaches.clear();
            }
            let is_same = if at < asked.twice {
                let again = play_broken(&schedule, false, asked.defect)?;
                if again.trace != verdict.trace {
                    let words = "the second play has another trace".to_owned();
                    verdict.breaches.push(Breach::new(Law::OneTrace, words));
                }
                verdict.breaches.extend(informing::beside(&schedule)?);
                again.trace == verdict.trace
            } else {
                false
            };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.summary.same_trace += u64::from(is_same);
            found.add(verdict);
            if found.summary.failed.len() >= asked.failures {
                enough.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..asked.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            // A panic of the judges themselves is none of hvs: it goes on to whoever asked.
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.summary.took = began.elapsed();
    Ok(found.done())
}

impl Found {
    fn add(&mut self, verdict: Verdict) {
        let sum = &mut self.summary;
        sum.schedules += 1;
        sum.runs += verdict.runs;
        sum.steps += verdict.steps;
        sum.faults += verdict.faults;
        self.steps.push(verdict.steps);
        self.faults.push(verdict.faults);
        for (mark, count) in verdict.marks {
            *sum.marks.entry(mark).or_default() += count;
        }
        if !verdict.breaches.is_empty() {
            sum.failed.push(Failed {
                seed: verdict.seed,
                breaches: verdict.breaches,
            });
        }
    }

    fn done(mut self) -> Summary {
        self.summary.median_steps = median(&mut self.steps);
        self.summary.median_faults = median(&mut self.faults);
        self.summary.failed.sort_by_key(|failed| failed.seed);
        self.summary
    }
}

fn median(all: &mut [u64]) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a campaign is timed for people; no schedule depends on it"
)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
