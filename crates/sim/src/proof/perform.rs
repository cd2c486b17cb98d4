//! A schedule, carried out.

mod calm;
mod ending;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use engine::report::{Exit, Report};
use engine::{Mode, Stop};
use futures::FutureExt as _;
use sync_core::Side;

use crate::faults::Rule;
use crate::stage::{Gate, Killed, killed_after};

use super::judge::{Breach, Law};
use super::sabotage::Defect;
use super::schedule::{Event, Run, Schedule};
use super::world::{Error, Process, World};
pub(super) use ending::told;

/// What became of a schedule.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Of which seed.
    pub seed: u64,
    /// Laws that were broken; none is well.
    pub breaches: Vec<Breach>,
    /// Calls of ports and deeds.
    pub steps: u64,
    /// Faults that struck, crashes, freezes and jumps of clocks.
    pub faults: u64,
    /// Runs, those of the calm at the end among them.
    pub runs: u64,
    /// How often each thing was reached.
    pub marks: BTreeMap<String, u64>,
    /// How often the last run of the schedule was polled, the runs of the calm apart; none where it was killed.
    pub polls: Option<u32>,
    /// A hash over the trace: every call with its time and fate, every deed, every outcome.
    pub trace: u64,
    /// Its lines of calls to the boards and deeds on them, up to the calm at the end.
    pub boards: Vec<String>,
    /// The trace itself, where it was asked for.
    pub lines: Vec<String>,
}

/// Plays a schedule on a thread of its own clock. `trace` keeps the trace's lines.
pub fn play(schedule: &Schedule, trace: bool) -> Result<Verdict, Error> {
    play_broken(schedule, trace, None)
}

/// The same with an engine that has a defect.
pub fn play_broken(
    schedule: &Schedule,
    trace: bool,
    defect: Option<Defect>,
) -> Result<Verdict, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|source| store::Error::File {
            op: "starting",
            path: "a runtime".into(),
            source,
        })?;
    runtime.block_on(async {
        let mut performance = Performance::of(schedule, trace, defect)?;
        let played = AssertUnwindSafe(Box::pin(performance.whole(schedule))).catch_unwind();
        let played = played.await;
        if let Ok(Err(error)) = played {
            return Err(error);
        }
        if let Err(panic) = played {
            let words = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default();
            performance.breaches.push(Breach::new(Law::NoPanic, words));
        }
        Ok(performance.verdict(schedule.seed))
    })
}

struct Performance {
    world: World,
    breaches: Vec<Breach>,
    rules: Vec<(Side, Rule)>,
    letta_rules: Vec<Rule>,
    began: tokio::time::Instant,
    beat: Option<Duration>,
    boards: Vec<String>,
    runs: u64,
    polls: Option<u32>,
}

impl Performance {
    fn of(schedule: &Schedule, trace: bool, defect: Option<Defect>) -> Result<Performance, Error> {
        let world = World::of(schedule, defect)?;
        if trace {
            world.play.notes().keep_trace();
        }
        Ok(Performance {
            world,
            breaches: Vec::new(),
            rules: Vec::new(),
            letta_rules: Vec::new(),
            began: tokio::time::Instant::now(),
            beat: schedule
                .setting
                .beat_s
                .map(|s| Duration::from_secs(s.into())),
            boards: Vec::new(),
            runs: 0,
            polls: None,
        })
    }

    async fn whole(&mut self, schedule: &Schedule) -> Result<(), Error> {
        for event in &schedule.events {
            match event {
                Event::Deed { deed } => self.world.play.act(deed),
                Event::During { call, deed } => {
                    let mut notes = self.world.play.notes();
                    notes.waiting.push_back((u32::from(*call), deed.clone()));
                }
                Event::Fault { side, rule } => self.rules.push((*side, rule.clone())),
                Event::LettaFault { rule } => self.letta_rules.push(rule.clone()),
                Event::Meddling { call: None, deed } => self.world.play.meddle(*deed),
                Event::Meddling {
                    call: Some(call),
                    deed,
                } => {
                    let mut notes = self.world.play.notes();
                    notes.letta.waiting.push_back((u32::from(*call), *deed));
                }
                Event::Run(run) => Box::pin(self.run(run)).await?,
                Event::Wait { ms } => self.wait(*ms).await,
            }
        }
        self.boards = self.world.play.notes().boards_so_far();
        Box::pin(self.calm_down()).await
    }

    /// A pause; where a beat is kept, up to the next one.
    async fn wait(&self, ms: u32) {
        let Some(beat) = self.beat.filter(|beat| !beat.is_zero()) else {
            return tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
        };
        let mut next = self.began + beat;
        while next <= tokio::time::Instant::now() {
            next += beat;
        }
        tokio::time::sleep_until(next).await;
    }

    fn verdict(mut self, seed: u64) -> Verdict {
        let mut notes = self.world.play.notes();
        if let Some(words) = notes.two_writers.take() {
            self.breaches.push(Breach::new(Law::OneWriter, words));
        }
        for breach in &self.breaches {
            let line = format!("! {breach}");
            notes.trace(line);
        }
        let unseen = notes.book.unseen();
        let (trace, lines) = notes.traced();
        let verdict = Verdict {
            seed,
            breaches: self.breaches,
            steps: notes.steps,
            faults: notes.faults,
            runs: self.runs,
            marks: std::mem::take(&mut notes.marks),
            polls: self.polls,
            trace,
            lines,
            boards: self.boards,
        };
        tracing::debug!(seed, unseen, "played");
        verdict
    }

    /// Arms what the next run meets.
    fn arm(&mut self) {
        self.runs += 1;
        self.world.calm(self.runs);
        for (side, rule) in self.rules.drain(..) {
            match side {
                Side::Huly => self.world.play.huly.faults.add(rule),
                Side::Vibe => self.world.play.vibe.faults.add(rule),
            }
        }
        if let Some(letta) = &self.world.play.letta {
            for rule in self.letta_rules.drain(..) {
                letta.faults.add(rule);
            }
        }
        let mut notes = self.world.play.notes();
        notes.calls = 0;
        notes.letta.calls = 0;
        notes
            .letta
            .waiting
            .make_contiguous()
            .sort_by_key(|(call, _)| *call);
        notes.deceived = false;
        notes
            .waiting
            .make_contiguous()
            .sort_by_key(|(call, _)| *call);
    }

    /// A run with all that befalls it.
    async fn run(&mut self, run: &Run) -> Result<(), Error> {
        self.arm();
        let deeds = self.world.play.notes().deeds;
        let first = self.world.process(run.letta_death)?;
        let gate = first.gate.clone();
        let door = first.door.clone();
        let main = async {
            let running = sync(&first, Vec::new());
            match run.frozen_after {
                Some(polls) => frozen(gate, polls, run.frozen_ms, running).await,
                None => running.await,
            }
        };
        let kill = run.killed_after.map_or(usize::MAX, |polls| {
            usize::try_from(polls).unwrap_or(usize::MAX)
        });
        let main = killed_after(kill, main);
        // Whatever the process had under way ends with it.
        let main = async {
            tokio::select! {
                biased;
                () = door.died() => Killed::Dropped,
                ended = main => ended,
            }
        };
        let report = match run.second_after_ms {
            None => self.polled(Box::pin(main).await),
            Some(ms) => {
                let second = self.world.process(None)?;
                let later = async {
                    tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
                    sync(&second, Vec::new()).await
                };
                let (first, second) = tokio::join!(Box::pin(main), later);
                self.ended(&second, "second run");
                self.mark("second run at once");
                self.polled(first)
            }
        };
        self.befell(run, report.is_none());
        let well = report
            .as_ref()
            .is_some_and(|report| report.exit == Exit::Done);
        self.world.play.notes().unanswered = !well || run.second_after_ms.is_some();
        // What waited for a call that never came happens now.
        let late = std::mem::take(&mut self.world.play.notes().waiting);
        let nothing_else = late.is_empty() && self.world.play.notes().deeds == deeds;
        for (_, deed) in late {
            self.world.play.act(&deed);
        }
        let late = std::mem::take(&mut self.world.play.notes().letta.waiting);
        for (_, deed) in late {
            self.world.play.meddle(deed);
        }
        if let Some(report) = report {
            self.ended(&report, "run");
            self.hold_to_its_word(&report, nothing_else && run.second_after_ms.is_none());
        }
        Ok(())
    }

    fn polled<T>(&mut self, run: Killed<T>) -> Option<T> {
        self.polls = match &run {
            Killed::Ended { polls, .. } => u32::try_from(*polls).ok(),
            Killed::Dropped => None,
        };
        run.ended()
    }

    fn befell(&self, run: &Run, killed: bool) {
        let mut notes = self.world.play.notes();
        if killed {
            notes.faults += 1;
            notes.mark("killed");
            notes.trace("x killed".to_owned());
        }
        if run.frozen_after.is_some() {
            notes.faults += 1;
            notes.mark(if run.frozen_ms > 60_000 {
                "frozen past its lease"
            } else {
                "frozen"
            });
        }
    }

    fn mark(&self, what: &str) {
        self.world.play.notes().mark(what);
    }
}

async fn sync(process: &Process, accept: Vec<String>) -> Report {
    process
        .engine
        .run(Mode::Sync { accept }, &Stop::default())
        .await
}

/// A process that is stopped after so many polls and goes on later.
async fn frozen<T>(gate: Gate, polls: u32, ms: u32, running: impl Future<Output = T>) -> T {
    let mut running = pin!(running);
    let mut left = polls;
    let early = poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        running.as_mut().poll(context).map(Some)
    })
    .await;
    if let Some(done) = early {
        return done;
    }
    gate.close();
    tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
    gate.open();
    running.await
}
