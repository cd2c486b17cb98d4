//! One run: everything from the lease to the report.

mod aside;
pub(crate) mod away;
mod clock;
mod finish;
mod informing;
mod memory;
mod rest;
mod stages;
mod starts;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use http_kit::Kind;
use store::{
    Store,
    row::{Intent, IntentState, ProjectPhase, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, RunId, WorkspaceId},
};
use tracing::Instrument as _;

use crate::{
    choosing,
    context::{Context, Stop},
    env::Env,
    error::Error,
    inform::{Informed, Informing},
    lease::{Asked, Lease},
    port::{Board, BoardProject},
    progress::Progress,
    report::{Exit, Outcome, ProjectReport, Reached, Recovered, Report},
    settings::Settings,
    slots::Slots,
};

pub use clock::HULY_CLOCK;
use finish::finish;
pub use memory::{Memory, Pace};

/// Unsettled writes that are looked through when a run was cut off.
const MAX_LIVE: u32 = 10_000;

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads only, and says what would be done.
    Plan,
    /// Does it. `accept` names held sets (by hash) that a person has looked at.
    Sync {
        /// Hashes of held sets.
        accept: Vec<String>,
    },
    /// Settles what an interrupted run left, and nothing else.
    Reconcile,
}

impl Mode {
    const fn name(&self) -> &'static str {
        match self {
            Mode::Plan => "plan",
            Mode::Sync { .. } => "sync",
            Mode::Reconcile => "reconcile",
        }
    }
}

/// Everything a run needs: two services, a store, the world, and what it is told.
#[derive(Clone)]
pub struct Engine {
    /// Where everything is remembered.
    pub store: Arc<dyn Store>,
    /// Time and chance.
    pub env: Arc<dyn Env>,
    /// The two services.
    pub boards: Pair<Arc<dyn Board>>,
    /// What the run is told.
    pub settings: Arc<Settings>,
    /// The Huly workspace: name space of derived ids and scope of the lease.
    pub workspace: WorkspaceId,
    /// Where agents are told how their projects stand, if anywhere.
    pub informing: Option<Informing>,
}

impl Engine {
    /// Runs once. Never fails as a whole: whatever goes wrong is in the report, and its exit code.
    pub async fn run(&self, mode: Mode, stop: &Stop) -> Report {
        self.run_watched(mode, stop, Arc::default()).await
    }

    /// The same, and `progress` says meanwhile how far it is.
    pub async fn run_watched(&self, mode: Mode, stop: &Stop, progress: Arc<Progress>) -> Report {
        self.one(mode, stop, &mut Memory::default(), progress).await
    }

    /// One of several runs: as [`Engine::run`], but what `memory` knows need not be asked again, and the lease stays with it until
    /// [`Engine::end`]. A future that is dropped before its end is as a process that was killed; see [`Engine::end`].
    pub async fn run_again(&self, mode: Mode, stop: &Stop, memory: &mut Memory) -> Report {
        self.again_watched(mode, stop, memory, Arc::default()).await
    }

    /// The same, and `progress` says meanwhile how far it is.
    pub(crate) async fn again_watched(
        &self,
        mode: Mode,
        stop: &Stop,
        memory: &mut Memory,
        progress: Arc<Progress>,
    ) -> Report {
        self.one(mode, stop, memory, progress).await
    }

    /// Gives the lease up after the last run. Where that run was cut off with writes under way, the lease is left to run out: whoever
    /// comes next then knows that they may still land (design 4.6). Answers whether it was given up.
    pub async fn end(&self, memory: &mut Memory) -> Result<bool, store::Error> {
        // what is untold is told by the next one: it must not write without the lease
        memory.informer = None;
        if let Some(lease) = memory.lease.take() {
            lease.release(&self.store).await?;
        } else if let Some(fence) = memory.fence.take() {
            let live = self.store.live_intents(None, MAX_LIVE).await?;
            let is_under_way = |intent: &Intent| intent.state == IntentState::Sent;
            if live.iter().any(is_under_way) || live.len() >= MAX_LIVE as usize {
                return Ok(false);
            }
            self.store.release(&fence).await?;
        }
        memory.fence = None;
        Ok(true)
    }

    async fn one(
        &self,
        mode: Mode,
        stop: &Stop,
        memory: &mut Memory,
        progress: Arc<Progress>,
    ) -> Report {
        let run = RunId(self.env.ordered_id());
        let span = tracing::info_span!("run", %run, kind = mode.name());
        self.run_as(run, mode, stop, memory, progress)
            .instrument(span)
            .await
    }

    async fn run_as(
        &self,
        run: RunId,
        mode: Mode,
        stop: &Stop,
        memory: &mut Memory,
        progress: Arc<Progress>,
    ) -> Report {
        let started_at = self.env.now();
        let mut report = empty(run, mode.name(), started_at);
        let lease = match self.lease(&mode, memory).await {
            Ok(lease) => lease,
            Err(Held::By(row)) => {
                report.exit = Exit::Lease;
                report.lease_held_by = Some(row);
                report.ended_at = self.env.now();
                return report;
            }
            Err(Held::Broken(error)) => {
                fail(&mut report, &error);
                report.ended_at = self.env.now();
                return report;
            }
        };
        memory.fence = lease.as_ref().map(|lease| lease.fence().clone());
        for side in Side::ALL {
            self.boards.side(side).begin_run().await;
        }
        let targets = match choosing::targets(self).await {
            Ok(targets) => targets,
            Err(error) => {
                fail(&mut report, &error);
                Vec::new()
            }
        };
        let mut ctx = self.context(run, mode.name(), lease, stop, started_at);
        ctx.targets = targets;
        ctx.progress = progress;
        ctx.informer = informing::begin(self, &mode, memory, ctx.lease.as_ref());
        if report.exit == Exit::Done
            && let Err(error) = Box::pin(stages::all(&ctx, &mode, memory, &mut report)).await
        {
            memory.forget();
            fail(&mut report, &error);
        }
        finish(ctx, memory, &mut report).await;
        report
    }

    fn context(
        &self,
        run: RunId,
        kind: &'static str,
        lease: Option<Lease>,
        stop: &Stop,
        started_at: Millis,
    ) -> Context {
        Context {
            store: Arc::clone(&self.store),
            env: Arc::clone(&self.env),
            boards: self.boards.clone(),
            settings: Arc::clone(&self.settings),
            workspace: self.workspace,
            run,
            kind,
            begun: tokio::sync::OnceCell::new(),
            lease,
            stop: stop.clone(),
            progress: Arc::default(),
            started_at,
            removals: tokio::sync::Mutex::new(0),
            rebuilt: AtomicBool::new(false),
            failures: Mutex::default(),
            letters: crate::letters::Letters::default(),
            slots: Slots::new(self.settings.workers),
            reading: tokio::sync::Semaphore::new(1),
            directions: std::sync::OnceLock::new(),
            targets: Vec::new(),
            marks: tokio::sync::OnceCell::new(),
            create_batches: Pair::default(),
            informing: self.informing.clone(),
            informer: None,
        }
    }

    async fn lease(&self, mode: &Mode, memory: &mut Memory) -> Result<Option<Lease>, Held> {
        if *mode == Mode::Plan {
            return Ok(None);
        }
        if let Some(lease) = memory.lease.take() {
            if lease.outlives(self.env.as_ref(), Duration::ZERO) {
                self.permit(&lease);
                return Ok(Some(lease));
            }
            // Somebody else may have worked here meanwhile: what is remembered of the boards proves nothing any more.
            memory.forget();
        }
        let scope = self.workspace.to_string();
        let holder = memory
            .holder
            .get_or_insert_with(|| self.env.ordered_id().to_string().into());
        let holder = Arc::clone(holder);
        match Lease::acquire(&self.store, &self.env, &scope, holder, self.settings.lease).await {
            Ok(Asked::Granted(lease)) => {
                self.permit(&lease);
                Ok(Some(lease))
            }
            Ok(Asked::Held(row)) => Err(Held::By(row)),
            Err(error) => Err(Held::Broken(Error::Store(error))),
        }
    }

    /// From now on both boards send writes only while this lease outlives them.
    fn permit(&self, lease: &Lease) {
        if let Some(informing) = &self.informing {
            informing.sink.set_permit(lease.permit(&self.env));
        }
        for side in Side::ALL {
            self.boards.side(side).set_permit(lease.permit(&self.env));
        }
    }
}

/// Why no lease was had.
enum Held {
    By(store::row::LeaseRow),
    Broken(Error),
}

pub(crate) fn empty(id: RunId, kind: &'static str, started_at: Millis) -> Report {
    Report {
        id,
        kind,
        started_at,
        ended_at: started_at,
        exit: Exit::Done,
        project_actions: Vec::new(),
        projects: Vec::new(),
        problems: Vec::new(),
        recovered: Recovered::default(),
        rolled_back: false,
        traffic: Pair::default(),
        errors: BTreeMap::new(),
        informed: Informed::default(),
        peak_memory: None,
        lease_held_by: None,
    }
}

/// Notes an error that ended the run early.
pub(crate) fn fail(report: &mut Report, error: &Error) {
    let (side, exit) = match error {
        Error::Service { side, .. } => (Some(*side), Exit::Service),
        Error::Store(_) => (None, Exit::Service),
        Error::Filter(_) | Error::Item(_) => (None, Exit::Usage),
        Error::LeaseLost | Error::Deadline | Error::Stopped => (None, Exit::Items),
    };
    report.exit = report.exit.and(exit);
    report.problem(Outcome {
        kind: error.kind(),
        code: error.code().into(),
        side,
        item: "".into(),
        field: None,
        message: chain(error).into(),
    });
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

/// A project that could not be gone through: told, and part of the exit code.
pub(crate) fn failed(report: &mut ProjectReport, error: &Error) {
    let side = match error {
        Error::Service { side, .. } => Some(*side),
        Error::Store(_)
        | Error::Filter(_)
        | Error::Item(_)
        | Error::LeaseLost
        | Error::Deadline
        | Error::Stopped => None,
    };
    match error {
        Error::Deadline | Error::Stopped => {
            report.reached = Reached::NotReached;
            report.reason = error.to_string().into();
            report.exit = report.exit.and(Exit::Items);
        }
        Error::Service { .. }
        | Error::Store(_)
        | Error::Filter(_)
        | Error::Item(_)
        | Error::LeaseLost => {
            report.reached = Reached::Failed;
            let exit = match (error, error.kind()) {
                // another instance goes on with it: no service failed
                (Error::LeaseLost, _) | (_, Kind::Conflict | Kind::Rejected) => Exit::Items,
                (_, Kind::Fatal | Kind::Transient | Kind::Unknown) => Exit::Service,
            };
            report.exit = report.exit.and(exit);
            report.problem(Outcome {
                kind: error.kind(),
                code: error.code().into(),
                side,
                item: "".into(),
                field: None,
                message: chain(error).into(),
            });
        }
    }
}

/// Whether a pair of projects is worked on at all.
pub(crate) fn is_active(row: &ProjectRow) -> bool {
    match row.phase {
        ProjectPhase::Active => true,
        ProjectPhase::Asleep | ProjectPhase::Waiting | ProjectPhase::Left => false,
    }
}

/// The names of a pair, for the report.
pub(crate) fn named(row: &ProjectRow, boards: Option<&Pair<BoardProject>>) -> ProjectReport {
    ProjectReport {
        id: Some(row.id),
        label: Arc::clone(&row.label),
        name: boards.map_or_else(
            || Arc::clone(&row.name),
            |boards| Arc::clone(&boards.huly.name),
        ),
        ..ProjectReport::default()
    }
}
