//! What an interrupted run left: settled by looking, at the start of every run (design 4.3).

use std::collections::{BTreeMap, HashMap};

use store::{
    Batch,
    row::{Intent, IntentState},
};
use sync_core::{
    Side,
    ids::{LinkId, ProjectLinkId},
};

use super::drive::{self, Driven};
use crate::{
    context::Context,
    error::Error,
    journal::Step,
    letters::MAX_LETTERS,
    observe::Observed,
    projects::Paired,
    report::{Exit, ProjectReport, Reached, Report},
    run::{failed, named},
    settle, unlink,
};

/// Unfinished intents taken up at once.
const INTENTS_PER_PAGE: u32 = 1_000;

/// Settles what earlier runs left in flight: `planned` intents are dropped, `sent` ones are looked for.
pub(crate) async fn recover(
    ctx: &Context,
    paired: &[Paired],
    report: &mut Report,
) -> Result<(), Error> {
    loop {
        let live = ctx.store.live_intents(None, INTENTS_PER_PAGE).await?;
        if !live.is_empty() {
            ctx.begun().await?;
        }
        let full_page = live.len() >= INTENTS_PER_PAGE as usize;
        let before = done(report);
        let live = unlink::drop_left(ctx, live, report).await?;
        let mut by_project: BTreeMap<ProjectLinkId, Vec<Intent>> = BTreeMap::new();
        for intent in live.into_iter().filter(|intent| intent.link.is_some()) {
            by_project.entry(intent.project).or_default().push(intent);
        }
        for (project, intents) in by_project {
            let Some(paired) = paired.iter().find(|paired| paired.row.id == project) else {
                report.recovered.left += intents.len() as u64;
                continue;
            };
            let mut turn = named(&paired.row, Some(&paired.boards));
            if let Err(error) = one(ctx, paired, intents, &mut turn, report).await {
                failed(&mut turn, &error);
                turn.reached = match error {
                    // What a stop leaves is no failure of a service.
                    Error::Stopped | Error::Deadline => Reached::NotReached,
                    Error::Service { .. }
                    | Error::Store(_)
                    | Error::Filter(_)
                    | Error::Item(_)
                    | Error::LeaseLost => Reached::Failed,
                };
            }
            keep(report, turn);
        }
        // Only full pages that moved on are followed by another: what cannot be settled must not be asked for for ever.
        if !full_page || done(report) == before {
            return Ok(());
        }
    }
}

fn done(report: &Report) -> u64 {
    let recovered = &report.recovered;
    recovered.dropped + recovered.settled + recovered.replanned + recovered.sent_again
}

/// A recovery's outcomes belong to the run; only trouble is worth an entry.
fn keep(report: &mut Report, turn: ProjectReport) {
    report.exit = report.exit.and(if turn.reached == Reached::Failed {
        Exit::Service
    } else {
        turn.exit
    });
    let named = turn.problems.into_iter().map(|mut outcome| {
        if outcome.item.is_empty() {
            // one project's trouble is not the whole service's
            outcome.item = format!("project {}", turn.label).into();
        }
        outcome
    });
    report.problems.extend(named);
}

async fn one(
    ctx: &Context,
    paired: &Paired,
    intents: Vec<Intent>,
    turn: &mut ProjectReport,
    report: &mut Report,
) -> Result<(), Error> {
    let letters = ctx.store.letters(Some(paired.row.id), MAX_LETTERS).await?;
    ctx.letters.load(letters);
    let mut observed = Observed::default();
    let ids: Vec<LinkId> = intents.iter().filter_map(|intent| intent.link).collect();
    observed.links = ctx
        .store
        .links_by_id(&ids)
        .await?
        .into_iter()
        .map(|(_, link)| (link.id, link))
        .collect();
    let (sent, planned): (Vec<Step>, Vec<Step>) = steps(intents, &observed.links)
        .into_iter()
        .partition(drive::was_sent);
    drop_planned(ctx, &observed, planned, report).await?;
    let mut by_side: HashMap<Side, Vec<Step>> = HashMap::new();
    for step in sent {
        by_side.entry(step.intent.side).or_default().push(step);
    }
    for side in Side::ALL {
        let Some(steps) = by_side.remove(&side) else {
            continue;
        };
        let count = steps.len() as u64;
        let mut driven = Driven::default();
        let writes = turn.tally.side(side).writes();
        let again = drive::look_for(
            ctx,
            paired.boards.side(side),
            &mut observed,
            steps,
            turn,
            &mut driven,
        )
        .await?;
        let settled = turn.tally.side(side).writes().saturating_sub(writes);
        report.recovered.settled += settled;
        report.recovered.replanned += driven.again.len() as u64;
        report.recovered.sent_again += again.len() as u64;
        report.recovered.left += count
            .saturating_sub(settled)
            .saturating_sub(driven.again.len() as u64)
            .saturating_sub(again.len() as u64);
        drive::steps(
            ctx,
            side,
            paired.boards.side(side),
            &mut observed,
            again,
            turn,
        )
        .await?;
    }
    Ok(())
}

/// The steps of some intents. One whose payload cannot be read any more (another version wrote it) is left to a plan made afresh.
fn steps(intents: Vec<Intent>, links: &HashMap<LinkId, sync_core::link::Link>) -> Vec<Step> {
    intents
        .into_iter()
        .filter_map(|intent| {
            let link = intent.link.filter(|link| links.contains_key(link))?;
            Step::of_intent(intent, link).ok()
        })
        .collect()
}

/// What was never sent is planned afresh from a new look.
async fn drop_planned(
    ctx: &Context,
    observed: &Observed,
    planned: Vec<Step>,
    report: &mut Report,
) -> Result<(), Error> {
    let mut batch = Batch::default();
    for mut step in planned {
        settle::not_tried(
            ctx,
            &step,
            &observed.links,
            crate::codes::INTERRUPTED,
            &mut batch,
        );
        step.intent.state = IntentState::Dropped;
        batch.intents.push(step.intent);
        report.recovered.dropped += 1;
    }
    if !batch.is_empty() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}
