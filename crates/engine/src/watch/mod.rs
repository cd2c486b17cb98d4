//! `hvs sync watch`: run after run, until somebody asks to stop (design 5).
//!
//! [`watch`] is one loop over one closed [`Event`] enum: whatever can happen to it is in that list. A run begins every
//! [`Times::interval`], counted from start to start; runs never overlap, and one that takes longer delays the next. The lease on the
//! workspace is held from the first run to the end. What surrounds the loop (configuration, connections, words for people) is a
//! [`Host`].

mod listen;
mod times;

use std::{pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use store::row::LeaseRow;
use sync_core::ids::Millis;
use tokio::sync::mpsc;

use crate::{
    Stop,
    env::Env,
    progress::{Progress, Snapshot},
    report::{Exit, Report},
    run::{Engine, Memory, Mode},
};

use listen::{calls, listen, over};
pub use times::Times;

/// Between two looks at how far a run is.
const LOOK: Duration = Duration::from_secs(1);
/// Between two lines of the log that say that all is well.
const HEARTBEAT: Duration = Duration::from_mins(10);

/// Everything that can happen to the loop. Hints from the services' streams will be another one of these (they only mark a project
/// as due), and so will questions of the health and metrics pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is time for a run.
    Tick,
    /// The configuration is to be read again, before the next run.
    Reload,
    /// End at the next safe point.
    Stop,
}

/// Why there is no engine, ready for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What a single run would have exited with. [`Exit::Usage`] at the start ends the watch: waiting would not help.
    pub exit: Exit,
    /// What happened, and what to do about it.
    pub message: String,
}

/// What people are told.
#[derive(Debug)]
pub enum News<'a> {
    /// A run is still at work; told every second.
    Working {
        /// How far it is.
        seen: Snapshot,
        /// Calls that it made so far.
        calls: u64,
        /// Since it began.
        took: Duration,
    },
    /// A run ended.
    Ran {
        /// What it did.
        report: &'a Report,
        /// Where it got nowhere: when the next one begins, if later than usual.
        delayed: Option<Duration>,
    },
    /// Another instance has the right to write; told once for as long as it has it.
    Waiting(&'a LeaseRow),
    /// That instance is gone: runs begin.
    Resumed,
    /// The services cannot be used.
    NotConnected {
        /// Why.
        refused: &'a Refused,
        /// From the start of this try to the start of the next; `None` where there will be none.
        next: Option<Duration>,
    },
    /// The configuration was read again and holds from the next run on.
    Reloaded,
    /// The configuration was read again and is refused: the one before stays.
    NotReloaded(&'a Refused),
    /// The time to end at a safe point is over: what was under way is left to the next run. `released` says whether the lease was
    /// given up; it is not where a write may still land.
    CutOff {
        /// See above.
        released: bool,
    },
    /// The lease could not be given up; it runs out by itself.
    NotReleased(&'a store::Error),
}

/// What surrounds the loop.
#[async_trait]
pub trait Host: Send {
    /// Signs in to both services by the configuration that holds now. May be dropped at any moment.
    async fn connect(&mut self) -> Result<Engine, Refused>;
    /// Reads the configuration again and connects by it. Refused, or dropped before its end, the one before stays.
    async fn reload(&mut self) -> Result<(Engine, Times), Refused>;
    /// Tells people. What cannot be told is no reason to end.
    fn tell(&mut self, news: News<'_>);
}

/// Runs until [`Event::Stop`] (or a configuration that cannot work) and answers with the exit code: that of the last run or try, apart
/// from what the stop itself left undone. [`Event::Reload`] that come close together are one.
pub async fn watch(
    host: &mut dyn Host,
    env: Arc<dyn Env>,
    times: Times,
    events: mpsc::Receiver<Event>,
) -> Exit {
    let mut watch = Watch {
        memory: Memory::at(times.pace),
        beat_at: env.now(),
        host,
        env,
        times,
        events,
        engine: None,
        is_connected: false,
        stop: Stop::default(),
        wants_reload: false,
        started_at: None,
        failures: 0,
        waits_for: None,
        last: Exit::Done,
        runs: 0,
    };
    loop {
        let flow = match watch.next().await {
            Event::Tick => watch.run().await,
            Event::Reload => watch.reload().await,
            Event::Stop => Flow::End,
        };
        match flow {
            Flow::On => {}
            Flow::End => break,
        }
    }
    watch.end().await
}

/// Whether the loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    End,
}

struct Watch<'a> {
    host: &'a mut dyn Host,
    env: Arc<dyn Env>,
    times: Times,
    events: mpsc::Receiver<Event>,
    /// As last connected.
    engine: Option<Engine>,
    /// Whether that connection is to be used again.
    is_connected: bool,
    memory: Memory,
    stop: Stop,
    wants_reload: bool,
    /// When the last run, or try, began.
    started_at: Option<Millis>,
    /// Runs and tries in a row that got nowhere.
    failures: u32,
    /// The other instance that is waited for, by its name.
    waits_for: Option<Arc<str>>,
    last: Exit,
    runs: u64,
    beat_at: Millis,
}

impl Watch<'_> {
    /// What happens next: what was asked for during the last run comes first.
    async fn next(&mut self) -> Event {
        if self.stop.asked() {
            return Event::Stop;
        }
        if std::mem::take(&mut self.wants_reload) {
            return Event::Reload;
        }
        let rest = self
            .times
            .rest(self.started_at, self.env.now(), self.failures);
        tokio::select! {
            biased;
            event = listen(&mut self.events) => event,
            () = self.env.sleep(rest) => Event::Tick,
        }
    }

    /// One run, or one try to connect where there is no connection.
    async fn run(&mut self) -> Flow {
        self.started_at = Some(self.env.now());
        let engine = match &self.engine {
            Some(engine) if self.is_connected => engine.clone(),
            Some(_) | None => match self.connect().await {
                Some(Ok(engine)) => {
                    self.memory.reconnected();
                    engine
                }
                Some(Err(refused)) => return self.not_connected(&refused),
                None => return Flow::End,
            },
        };
        self.engine = Some(engine.clone());
        self.is_connected = true;
        match self.run_on(&engine).await {
            Some(report) => {
                self.ran(&report);
                Flow::On
            }
            None => Flow::End,
        }
    }

    /// Connects; `None` where somebody asked to stop first.
    async fn connect(&mut self) -> Option<Result<Engine, Refused>> {
        let mut connecting = pin!(self.host.connect());
        loop {
            tokio::select! {
                biased;
                event = listen(&mut self.events) => match event {
                    Event::Stop => { self.stop.ask(); return None }
                    Event::Reload => self.wants_reload = true,
                    Event::Tick => {}
                },
                done = &mut connecting => return Some(done),
            }
        }
    }

    fn not_connected(&mut self, refused: &Refused) -> Flow {
        self.last = refused.exit;
        self.failures = self.failures.saturating_add(1);
        // Later on, what looks like a bad configuration may be a secret's program that failed for the moment.
        let ends = refused.exit == Exit::Usage && self.engine.is_none();
        let next = (!ends).then(|| self.times.delay(self.failures));
        self.host.tell(News::NotConnected { refused, next });
        if ends { Flow::End } else { Flow::On }
    }

    /// One run; `None` where it did not come to a safe point in time after somebody asked to stop.
    async fn run_on(&mut self, engine: &Engine) -> Option<Report> {
        let mode = Mode::Sync { accept: Vec::new() };
        let stop = self.stop.clone();
        let progress = Arc::<Progress>::default();
        let (begun, calls_before) = (self.env.now(), calls(engine));
        let again = engine.again_watched(mode, &stop, &mut self.memory, Arc::clone(&progress));
        let mut run = Box::pin(again);
        let mut grace = None;
        let mut look = self.env.sleep(LOOK);
        loop {
            tokio::select! {
                biased;
                report = &mut run => return Some(report),
                event = listen(&mut self.events) => match event {
                    Event::Stop => {
                        self.stop.ask();
                        grace.get_or_insert_with(|| self.env.sleep(self.times.grace));
                    }
                    Event::Reload => self.wants_reload = true,
                    Event::Tick => {}
                },
                () = over(&mut grace) => return None,
                () = &mut look => {
                    look = self.env.sleep(LOOK);
                    let took = self.env.now().0.saturating_sub(begun.0);
                    self.host.tell(News::Working {
                        seen: progress.snapshot(),
                        calls: calls(engine).saturating_sub(calls_before),
                        took: Duration::from_millis(u64::try_from(took).unwrap_or(0)),
                    });
                }
            }
        }
    }

    fn ran(&mut self, report: &Report) {
        self.runs += 1;
        self.last = if self.stop.asked() {
            report.exit_but_for_a_stop()
        } else {
            report.exit
        };
        if let Some(holder) = &report.lease_held_by {
            if self.waits_for.as_ref() != Some(&holder.holder) {
                self.waits_for = Some(Arc::clone(&holder.holder));
                self.host.tell(News::Waiting(holder));
            }
            return;
        }
        if self.waits_for.take().is_some() {
            self.host.tell(News::Resumed);
        }
        let delayed = if report.got_nowhere() {
            self.failures = self.failures.saturating_add(1);
            // A service that moved, or was exchanged, is found by connecting anew.
            self.is_connected = false;
            let delay = self.times.delay(self.failures);
            (delay > self.times.interval).then_some(delay)
        } else {
            self.failures = 0;
            None
        };
        self.host.tell(News::Ran { report, delayed });
        self.beat();
    }

    /// Says now and then, in the log, that all goes on.
    fn beat(&mut self) {
        let now = self.env.now();
        if now.0.saturating_sub(self.beat_at.0) >= crate::lease::millis(HEARTBEAT).0 {
            self.beat_at = now;
            tracing::info!(
                runs = self.runs,
                kept = self.memory.size(),
                failures = self.failures,
                "watching"
            );
        }
    }

    /// Reads the configuration again. With a good one the lease is given up and taken anew by the next run: its times may be others.
    async fn reload(&mut self) -> Flow {
        let reloaded = {
            let mut reading = pin!(self.host.reload());
            loop {
                tokio::select! {
                    biased;
                    event = listen(&mut self.events) => match event {
                        Event::Stop => { self.stop.ask(); return Flow::End }
                        // One is under way.
                        Event::Reload | Event::Tick => {}
                    },
                    done = &mut reading => break done,
                }
            }
        };
        let (engine, times) = match reloaded {
            Ok(reloaded) => reloaded,
            Err(refused) => {
                self.host.tell(News::NotReloaded(&refused));
                return Flow::On;
            }
        };
        self.release().await;
        self.engine = Some(engine);
        self.is_connected = true;
        self.memory = Memory::at(times.pace);
        self.times = times;
        self.failures = 0;
        self.host.tell(News::Reloaded);
        Flow::On
    }

    /// Gives the lease up, as far as that is safe.
    async fn release(&mut self) -> bool {
        let Some(engine) = &self.engine else {
            // There was no run, so there is no lease.
            return true;
        };
        match engine.end(&mut self.memory).await {
            Ok(released) => released,
            Err(error) => {
                self.host.tell(News::NotReleased(&error));
                self.last = self.last.and(Exit::Service);
                false
            }
        }
    }

    async fn end(mut self) -> Exit {
        let was_cut_off = self.memory.is_cut_off();
        let released = self.release().await;
        if was_cut_off {
            self.last = self.last.and(Exit::Items);
            self.host.tell(News::CutOff { released });
        }
        self.last
    }
}
