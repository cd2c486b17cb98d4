//! One project's turn: observe, plan, journal, apply, settle; a few rounds, until nothing is left that this run can do.

mod applied;
mod confirm;
mod decisions;
mod drive;
mod gone;
mod holding;
pub(crate) mod journal;
mod looking;
mod making;
mod mirroring;
mod recover;
mod removing;
mod taking;
mod tidy;

use std::collections::HashSet;

use futures::future;
use store::row::ProjectRow;
use sync_core::{
    Pair, Side,
    ids::{LinkId, Millis, RulesVersion},
    plan::{Action, LinkPlan},
    rules::{Policies, Rules},
};
use tracing::Instrument as _;

use crate::{
    choosing::{self, Chooser},
    context::Context,
    error::Error,
    inform,
    letters::MAX_LETTERS,
    observe::{self, Observed, Start},
    planning,
    port::BoardProject,
    projects::Paired,
    report::{ProjectReport, Reached},
    run::{Mode, away, failed, is_active, named},
    workflow::{self, Workflow},
};

use decisions::Decisions;
use gone::is_over;
pub(crate) use mirroring::mirror;
pub(crate) use recover::recover;

/// Rounds of one turn: the first one, and up to three more for what was changed under our hands (design 4.5, "conflict").
const ROUNDS: usize = 4;

/// Goes through one pair of projects and reports. An error ends this turn, never the run.
pub(crate) async fn take(
    ctx: &Context,
    mode: &Mode,
    paired: Paired,
    start: Start,
    newest: Option<Millis>,
) -> ProjectReport {
    let span = tracing::info_span!("project", project = %paired.row.label);
    let started = ctx.now();
    ctx.progress.begun();
    let report = turn(ctx, mode, paired, start, newest)
        .instrument(span.clone())
        .await;
    ctx.progress.done();
    let took = ctx.now().0.saturating_sub(started.0);
    let duration_ms = u64::try_from(took).unwrap_or(0);
    let (outcome, items) = (report.reached.word(), report.items);
    let writes = report.tally.huly.writes() + report.tally.vibe.writes();
    span.in_scope(|| tracing::info!(outcome, duration_ms, items, writes, "project done"));
    report
}

async fn turn(
    ctx: &Context,
    mode: &Mode,
    paired: Paired,
    start: Start,
    newest: Option<Millis>,
) -> ProjectReport {
    let mut report = named(&paired.row, Some(&paired.boards));
    if !is_active(&paired.row) {
        report.reached = Reached::Skipped;
        report.reason = paired.row.reason.clone();
        return report;
    }
    if let Err(error) = ctx.check_stop() {
        failed(&mut report, &error);
        return report;
    }
    match run(ctx, mode, &paired, start, newest, &mut report).await {
        Ok(()) => report.reached = Reached::Processed,
        Err(error) => failed(&mut report, &error),
    }
    report
}

async fn run(
    ctx: &Context,
    mode: &Mode,
    paired: &Paired,
    start: Start,
    newest: Option<Millis>,
    report: &mut ProjectReport,
) -> Result<(), Error> {
    let Paired { row, boards, .. } = paired;
    let full = matches!(start, Start::Full);
    let (mut observed, only) = look(ctx, mode, paired, start, report).await?;
    if is_over(ctx, row, boards, &observed, report).await? {
        return Ok(());
    }
    remembered(ctx, row).await?;
    let workflow = workflow::of(ctx, &boards.huly, &observed).await?;
    tell_lenses(row, &workflow, report);
    let chooser = Chooser::of(ctx, &boards.huly, &workflow).await?;
    // A guard looks at all plans of a project at once; only a first sync's creates are beyond it (design 3.7).
    let in_parts = !row.first_sync_done && matches!(mode, Mode::Sync { .. });
    let mut turn = Turn {
        ctx,
        mode,
        row,
        boards,
        workflow: &workflow,
        chooser: &chooser,
        in_parts,
        kept: HashSet::new(),
    };
    let rules = rules(ctx, row, &workflow);
    let way = making::Way {
        rules: &rules,
        chooser: &chooser,
        in_parts,
    };
    let links = making::links(ctx, row, boards, way, &mut observed, report).await?;
    let mut decisions = Decisions::of(ctx, row).await?;
    let (removals, plans) =
        removing::part(ctx, row, boards, &mut observed, links.plans, report).await?;
    turn.kept = removals.iter().map(|plan| plan.link).collect();
    let mut undone = HashSet::new();
    let (mut plans, mut later, mut only) = (plans, links.later, only);
    let mut unconfirmed = Vec::new();
    loop {
        let next = later.pop_front();
        let read = async { Ok(future::OptionFuture::from(next.map(|next| next.read(ctx))).await) };
        let done = turn.rounds(
            &mut observed,
            &mut decisions,
            plans,
            only,
            &mut unconfirmed,
            report,
        );
        let (failed, read) = future::try_join(done, read).await?;
        undone.extend(failed);
        let Some(read) = read else { break };
        ctx.check_stop()?;
        plans = making::part(ctx, &rules, &mut observed, read, report).await?;
        only = Some(HashSet::new());
    }
    if *mode == Mode::Plan {
        return removing::remove(&turn, &mut observed, removals, report).await;
    }
    if !unconfirmed.is_empty() {
        turn.in_parts = false;
        let written = unconfirmed.iter().map(|(link, _)| *link).collect();
        let wrote = std::mem::take(&mut unconfirmed);
        turn.kept.extend(undone.iter().copied());
        confirm::writes(ctx, boards, &mut observed, wrote, turn.kept.clone()).await?;
        undone.extend(
            turn.rounds(
                &mut observed,
                &mut decisions,
                Vec::new(),
                Some(written),
                &mut unconfirmed,
                report,
            )
            .await?,
        );
    }
    removing::remove(&turn, &mut observed, removals, report).await?;
    confirm::still_undone(&observed, &undone, report);
    if !observed.waits.is_empty() {
        away::over(ctx, row).await?;
    }
    inform::note_held(ctx, mode, row.id, &report.held).await?;
    tidy::tidy(ctx, row, &observed, report).await?;
    tidy::close(ctx, row, full, newest, report).await
}

/// What both sides say now; of only some links where the run is about some items only.
async fn look(
    ctx: &Context,
    mode: &Mode,
    paired: &Paired,
    start: Start,
    report: &mut ProjectReport,
) -> Result<(Observed, Option<HashSet<LinkId>>), Error> {
    let (mut observed, only) = if ctx.targets.is_empty() {
        (observe::project(ctx, paired, start).await?, None)
    } else {
        let (observed, only) = choosing::observe_one(ctx, paired, &ctx.targets).await?;
        (observed, Some(only))
    };
    report.items = observed.items;
    ctx.progress.items(observed.items);
    inform::note(ctx, mode, &paired.boards, &observed).await?;
    observed.busy.extend(unsettled(ctx).await?);
    if matches!(mode, Mode::Sync { .. }) {
        observe::moved::follow(ctx, &paired.row, &mut observed).await?;
    }
    Ok((observed, only))
}

/// What earlier runs left of values that were not taken.
async fn remembered(ctx: &Context, row: &ProjectRow) -> Result<(), Error> {
    let letters = ctx.store.letters(Some(row.id), MAX_LETTERS).await?;
    ctx.letters.load(letters);
    Ok(())
}

/// Statuses that the configuration names wrongly, or that have no counterpart.
fn tell_lenses(row: &ProjectRow, workflow: &Workflow, report: &mut ProjectReport) {
    for problem in &workflow.problems {
        let notice = sync_core::validate::lens_notice(problem);
        report
            .notices
            .push(format!("{} {}: {}", notice.code, row.label, notice.message).into());
    }
}

/// What the rounds of one turn share.
struct Turn<'a> {
    ctx: &'a Context,
    mode: &'a Mode,
    row: &'a ProjectRow,
    boards: &'a Pair<BoardProject>,
    workflow: &'a Workflow,
    chooser: &'a Chooser<'a>,
    /// One list at the end confirms the writes of all parts, and not one list each.
    in_parts: bool,
    /// Links that the turn comes back to: of parts before that are still to be told of, and of items that are removed at its end.
    kept: HashSet<LinkId>,
}

impl Turn<'_> {
    /// Plans `only` these links (or all) beside the new ones and carries the plans out, until nothing is left that this run can
    /// do. Links that were changed by others each time come back. A run that only reads stops at the plans.
    async fn rounds(
        &self,
        observed: &mut Observed,
        decisions: &mut Decisions,
        mut new: Vec<LinkPlan>,
        mut only: Option<HashSet<LinkId>>,
        unconfirmed: &mut Vec<(LinkId, Side)>,
        report: &mut ProjectReport,
    ) -> Result<HashSet<LinkId>, Error> {
        let Turn {
            ctx,
            mode,
            row,
            boards,
            workflow,
            chooser,
            in_parts,
            kept: later,
        } = self;
        let (mut undone, mut given_up) = (HashSet::new(), HashSet::new());
        for round in 0..ROUNDS {
            let rules = rules(ctx, row, workflow);
            let mut plans =
                planning::links(ctx, &rules, chooser, observed, only.as_ref(), report).await?;
            new.retain(|plan| !observed.busy.contains(&plan.link));
            merge_new(&mut plans, std::mem::take(&mut new));
            if !observed.waits.is_empty() {
                // what waited longest for a service that was away goes first
                plans.sort_by_key(|plan| (away::since(observed, &plan.link), plan.link));
            }
            if **mode == Mode::Plan {
                holding::hold(ctx, mode, row, observed, &mut plans, report).await?;
                decisions
                    .carry(ctx, &rules, observed, &mut plans, report)
                    .await?;
                report.plans = plans;
                report.status_names.clone_from(&workflow.names);
                return Ok(undone);
            }
            holding::hold(ctx, mode, row, observed, &mut plans, report).await?;
            // What a person decided is held back by no guard.
            decisions
                .carry(ctx, &rules, observed, &mut plans, report)
                .await?;
            if plans.is_empty() {
                undone.clear();
                break;
            }
            let steps = journal::write(ctx, row, observed, &plans, report).await?;
            choosing::again(ctx, &plans).await?;
            let applied = applied::apply(ctx, boards, observed, steps, report).await?;
            let mut again = applied.again;
            again.extend(relinked(&plans));
            if *in_parts {
                unconfirmed.extend(applied.confirm);
            } else {
                let kept = again.union(later).copied().collect();
                confirm::writes(ctx, boards, observed, applied.confirm, kept).await?;
            }
            undone = applied.changed;
            let (changed, late): (HashSet<LinkId>, HashSet<LinkId>) =
                undone.iter().partition(|link| ctx.letters.replan(**link));
            again.retain(|link| !late.contains(link));
            given_up.extend(late);
            confirm::after_a_while(ctx, observed, &changed, round).await?;
            if again.is_empty() {
                break;
            }
            only = Some(again);
        }
        // What is planned no more in this run stays undone, whatever became of the others in later rounds.
        undone.extend(given_up);
        Ok(undone)
    }
}

/// Links with a write that an earlier run sent and that could not be looked for: planning over it could carry it out twice.
async fn unsettled(ctx: &Context) -> Result<HashSet<LinkId>, Error> {
    // Of every project: an issue that was moved here brings its link along, and not its open writes.
    let open = ctx.store.unsettled().await?;
    Ok(open.into_iter().map(|(link, _)| link).collect())
}

/// Plans for links that were just made come first: they were planned when they were made.
fn merge_new(plans: &mut Vec<LinkPlan>, new: Vec<LinkPlan>) {
    let made: HashSet<LinkId> = new.iter().map(|plan| plan.link).collect();
    plans.retain(|plan| !made.contains(&plan.link));
    plans.extend(new.into_iter().filter(|plan| !plan.actions.is_empty()));
    plans.sort_by_key(|plan| plan.link);
}

/// Links that point to another item from now on: what it holds is compared with the base at once.
fn relinked(plans: &[LinkPlan]) -> impl Iterator<Item = LinkId> {
    plans
        .iter()
        .filter(|plan| {
            plan.actions
                .iter()
                .any(|action| matches!(action, Action::Relink(_)))
        })
        .map(|plan| plan.link)
}

/// What a plan depends on in this turn.
pub(crate) fn rules<'a>(ctx: &Context, row: &ProjectRow, workflow: &'a Workflow) -> Rules<'a> {
    let settings = &ctx.settings;
    Rules {
        workspace: ctx.workspace,
        store: ctx.store.id(),
        policies: Policies {
            direction: ctx.directions(row.id),
            ..settings.policies
        },
        lenses: &workflow.lenses,
        deletion: settings.deletion,
        create: settings.create,
        capabilities: ctx.boards.as_ref().map(|board| board.capabilities()),
        normal_form: huly_client::markup::normal_form,
        confirm_window: crate::lease::millis(settings.confirm_window),
        confirm_tries: crate::CONFIRM_TRIES,
        now: ctx.now(),
        version: RulesVersion(workflow.lenses.version()),
    }
}
