//! One run: everything from the lease to the report.

mod aside;
mod memory;
mod starts;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures::{StreamExt, stream};
use http_kit::Kind;
use store::{
    Store,
    row::{ProjectPhase, ProjectRow, RunRow},
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
    lease::{Asked, Lease, millis},
    port::{Board, BoardProject},
    progress::{Progress, Step},
    projects,
    report::{Exit, Outcome, ProjectReport, Reached, Recovered, Report},
    settings::Settings,
    turn,
};

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
}

impl Engine {
    /// Runs once. Never fails as a whole: whatever goes wrong is in the report, and its exit code.
    pub async fn run(&self, mode: Mode, stop: &Stop) -> Report {
        self.run_watched(mode, stop, Arc::default()).await
    }

    /// The same, and `progress` says meanwhile how far it is.
    pub async fn run_watched(&self, mode: Mode, stop: &Stop, progress: Arc<Progress>) -> Report {
        let run = RunId(self.env.ordered_id());
        let span = tracing::info_span!("run", %run, kind = mode.name());
        self.run_as(run, mode, stop, progress)
            .instrument(span)
            .await
    }

    async fn run_as(&self, run: RunId, mode: Mode, stop: &Stop, progress: Arc<Progress>) -> Report {
        let started_at = self.env.now();
        let mut report = empty(run, mode.name(), started_at);
        let lease = match self.lease(&mode).await {
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
        let targets = match choosing::targets(self).await {
            Ok(targets) => targets,
            Err(error) => {
                fail(&mut report, &error);
                Vec::new()
            }
        };
        let mut ctx = self.context(run, lease, stop, started_at);
        ctx.targets = targets;
        ctx.progress = progress;
        if report.exit == Exit::Done
            && let Err(error) = stages(&ctx, &mode, &mut report).await
        {
            fail(&mut report, &error);
        }
        finish(ctx, &mut report).await;
        report
    }

    fn context(
        &self,
        run: RunId,
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
            lease,
            stop: stop.clone(),
            progress: Arc::default(),
            started_at,
            removals: tokio::sync::Mutex::new(0),
            failures: Mutex::default(),
            reading: tokio::sync::Semaphore::new(1),
            directions: std::sync::OnceLock::new(),
            targets: Vec::new(),
            marks: tokio::sync::OnceCell::new(),
            create_batches: Pair::default(),
        }
    }

    async fn lease(&self, mode: &Mode) -> Result<Option<Lease>, Held> {
        if *mode == Mode::Plan {
            return Ok(None);
        }
        let scope = self.workspace.to_string();
        match Lease::acquire(&self.store, &self.env, &scope, self.settings.lease).await {
            Ok(Asked::Granted(lease)) => Ok(Some(lease)),
            Ok(Asked::Held(row)) => Err(Held::By(row)),
            Err(error) => Err(Held::Broken(Error::Store(error))),
        }
    }
}

/// Why no lease was had.
enum Held {
    By(store::row::LeaseRow),
    Broken(Error),
}

fn empty(id: RunId, kind: &'static str, started_at: Millis) -> Report {
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
        traffic: Pair::default(),
        errors: BTreeMap::new(),
        peak_memory: None,
        lease_held_by: None,
    }
}

/// Notes an error that ended the run early.
fn fail(report: &mut Report, error: &Error) {
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

async fn stages(ctx: &Context, mode: &Mode, report: &mut Report) -> Result<(), Error> {
    if ctx.lease.is_some() {
        ctx.store.put_run(&row(ctx, report, false)).await?;
    }
    ctx.progress.at(Step::Projects);
    let seen = Pair {
        huly: ctx
            .board(Side::Huly)
            .projects()
            .await
            .map_err(Error::service(Side::Huly))?,
        vibe: ctx
            .board(Side::Vibe)
            .projects()
            .await
            .map_err(Error::service(Side::Vibe))?,
    };
    choosing::names(ctx, &seen.huly).await?;
    let mut paired = projects::pair(ctx, mode, seen, report).await?;
    choosing::directions(ctx, &paired);
    ctx.progress.at(Step::Recovery);
    if *mode != Mode::Plan {
        turn::recover(ctx, &paired, report).await?;
    }
    if *mode == Mode::Reconcile {
        return Ok(());
    }
    ctx.progress.at(Step::Changes);
    let (newest, work) = if ctx.targets.is_empty() {
        choosing::begin(ctx, &mut paired).await?;
        let starts = starts::starts(ctx, &paired).await?;
        (starts.newest, starts::work(paired, starts))
    } else {
        (None, starts::whole(paired))
    };
    ctx.progress.projects(work.len());
    ctx.progress.at(Step::Turns);
    let turns = stream::iter(work)
        .map(|(paired, start)| async move { turn::take(ctx, mode, paired, start, newest).await })
        .buffer_unordered(ctx.settings.workers.max(1))
        .collect::<Vec<ProjectReport>>()
        .await;
    for turn in turns {
        report.exit = report.exit.and(turn.exit);
        if turn.reached == Reached::NotReached {
            report.exit = report.exit.and(Exit::Items);
        }
        report.projects.push(turn);
    }
    report.projects.sort_by(|a, b| a.label.cmp(&b.label));
    if ctx.lease.is_some() {
        let before = Millis(
            ctx.now()
                .0
                .saturating_sub(millis(ctx.settings.history_keep).0),
        );
        ctx.store.prune(before).await?;
    }
    Ok(())
}

/// Closes the run: figures, row, lease.
async fn finish(ctx: Context, report: &mut Report) {
    ctx.progress.at(Step::Close);
    report.traffic = ctx.boards.as_ref().map(|board| board.traffic());
    report.peak_memory = memory::peak();
    let mut errors: BTreeMap<&'static str, u64> = BTreeMap::new();
    let all = report
        .projects
        .iter()
        .flat_map(|project| &project.problems)
        .chain(&report.problems);
    for outcome in all {
        *errors.entry(outcome.kind.as_str()).or_default() += 1;
    }
    report.errors = errors;
    report.ended_at = ctx.now();
    let row = row(&ctx, report, true);
    let Context { store, lease, .. } = ctx;
    let Some(lease) = lease else { return };
    if let Err(error) = store.put_run(&row).await {
        fail(report, &Error::Store(error));
    }
    if let Err(error) = lease.release(&store).await {
        fail(report, &Error::Store(error));
    }
}

fn row(ctx: &Context, report: &Report, ended: bool) -> RunRow {
    let mut summary = report.summary();
    if let Some(figures) = summary.as_object_mut() {
        // such a run says nothing about the other projects
        let limited = !ctx.settings.only.is_empty() || !ctx.targets.is_empty();
        figures.insert("limited".to_owned(), limited.into());
    }
    RunRow {
        id: report.id,
        kind: report.kind.into(),
        started_at: report.started_at,
        ended_at: ended.then_some(report.ended_at),
        exit_code: ended.then(|| i32::from(report.exit.code())),
        summary,
    }
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
            let exit = match error.kind() {
                Kind::Fatal | Kind::Transient | Kind::Unknown => Exit::Service,
                Kind::Conflict | Kind::Rejected => Exit::Items,
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
        ProjectPhase::Asleep | ProjectPhase::Waiting => false,
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
