//! The stages of a run between its lease and its end.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, stream};
use sync_core::{Pair, Side, ids::ProjectLinkId};

use super::{
    Mode, away, clock,
    memory::{Memory, Seen, did_something, seen},
    rest, starts,
};
use crate::{
    choosing,
    context::Context,
    error::Error,
    late,
    observe::Start,
    port::BoardProject,
    progress::Step,
    projects::{self, Paired},
    reconcile::rollback::{self, Checked},
    report::{Exit, ProjectReport, Reached, Report},
    slots::WAITING,
    turn,
};

/// What a run consists of, in this order: lists of projects, pairs, what an earlier run left, turns.
pub(super) async fn all(
    ctx: &Context,
    mode: &Mode,
    memory: &mut Memory,
    report: &mut Report,
) -> Result<(), Error> {
    let is_watching = memory.pace.is_some();
    if !is_watching {
        ctx.begun().await?;
    }
    ctx.progress.at(Step::Projects);
    let known = memory.lists(ctx.now());
    let is_asked = known.is_none();
    let seen = match known {
        Some(lists) => lists,
        None => match lists(ctx, memory).await {
            Ok(lists) => lists,
            Err(error) => {
                away::look(ctx, mode, &error, report).await;
                return Err(error);
            }
        },
    };
    choosing::names(ctx, &seen.huly).await?;
    let paired = projects::pair(ctx, mode, seen, report).await?;
    let skipped = report.projects.iter().map(|project| project.exit);
    report.exit = skipped.fold(report.exit, Exit::and);
    choosing::directions(ctx, &paired);
    if report.changed_projects() {
        memory.drop_lists();
    }
    late::load(ctx).await?;
    ctx.progress.at(Step::Recovery);
    if *mode != Mode::Plan {
        turn::recover(ctx, &paired, report).await?;
    }
    if *mode == Mode::Reconcile {
        return Ok(());
    }
    turns(ctx, mode, paired, memory, report).await?;
    if ctx.lease.is_some() && is_asked {
        let done = ctx.store.upkeep(&ctx.settings.upkeep, ctx.now()).await?;
        if let Some(backup) = &done.backup {
            tracing::info!(path = %backup.display(), "the store was backed up");
        }
    }
    Ok(())
}

/// All projects of both services.
async fn lists(ctx: &Context, memory: &mut Memory) -> Result<Pair<Vec<BoardProject>>, Error> {
    let read_at = ctx.now();
    let lists = Pair {
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
    memory.keep_lists(read_at, &lists);
    Ok(lists)
}

/// Goes through the projects, some at once.
async fn turns(
    ctx: &Context,
    mode: &Mode,
    mut paired: Vec<Paired>,
    memory: &mut Memory,
    report: &mut Report,
) -> Result<(), Error> {
    ctx.progress.at(Step::Changes);
    let asked_at = ctx.now();
    let pairs: HashSet<ProjectLinkId> = paired.iter().map(|paired| paired.row.id).collect();
    let (newest, removed, work) = if ctx.targets.is_empty() {
        choosing::begin(ctx, &mut paired).await?;
        let latest = clock::look(ctx, &mut paired).await?;
        let starts = starts::starts(ctx, &paired).await?;
        let (newest, removed) = (latest.cap(starts.newest), starts.removed.clone());
        (newest, removed, starts::work(paired, starts))
    } else {
        (None, Vec::new(), starts::whole(paired))
    };
    let work = if ctx.settings.scope.is_full() {
        starts::whole(work.into_iter().map(|(paired, _)| paired).collect())
    } else {
        work
    };
    let checked = if memory.is_current {
        Checked::Current
    } else {
        rollback::check(ctx, &work, &removed, report).await?
    };
    memory.is_current = ctx.lease.is_some() && checked != Checked::NotAsked;
    let work = match checked {
        Checked::OldCopy => starts::whole(work.into_iter().map(|(paired, _)| paired).collect()),
        Checked::NotAsked | Checked::Current => work,
    };
    let (work, resting) = rest::part(ctx, memory, work, &removed, newest).await?;
    report.projects.extend(resting);
    ctx.progress.projects(work.len());
    ctx.progress.at(Step::Turns);
    let mut shown: HashMap<ProjectLinkId, Seen> = work
        .iter()
        .map(|(paired, start)| (paired.row.id, changes(start)))
        .collect();
    let turns = stream::iter(work)
        .map(|(paired, start)| async move {
            let take = async { Box::pin(turn::take(ctx, mode, paired, start, newest)).await };
            let report = ctx.slots.within(take).await;
            if let (Some(informer), true) = (&ctx.informer, did_something(&report)) {
                informer.look_at(report.id);
            }
            report
        })
        .buffer_unordered(ctx.settings.workers.max(1) + WAITING)
        .collect::<Vec<ProjectReport>>()
        .await;
    memory.keep_only(&pairs);
    memory.keep_removals(&removed);
    for turn in turns {
        report.exit = report.exit.and(turn.exit);
        if turn.reached == Reached::NotReached {
            report.exit = report.exit.and(Exit::Items);
        }
        let shown = turn.id.and_then(|id| shown.remove(&id));
        memory.keep_turn(&turn, shown.unwrap_or_default(), asked_at);
        report.projects.push(turn);
    }
    if let Some(informer) = &ctx.informer {
        // what an earlier run left untold, too: no turn changes a project any more
        informer.look_at(pairs);
    }
    report.projects.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(())
}

/// What a turn begins with, as far as memory keeps it.
fn changes(start: &Start) -> Seen {
    match start {
        Start::Delta { items, .. } => seen(items),
        Start::Full => Seen::new(),
    }
}
