//! One service is away: what changed in the other one is noted all the same, and done, oldest first, when it is back.
//!
//! Nothing would be lost without it: the watermark stays where it is, and the next run that reaches both services sees
//! everything. But people can see what waits (`hvs status`), and what waited longest goes first when the way is free.

use std::collections::{HashMap, HashSet};

use store::{
    Batch,
    row::{Dirty, ProjectRow},
};
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, Millis, ProjectId},
    item::Item,
};

use super::{Mode, chain, is_active};
use crate::{
    codes,
    context::Context,
    error::Error,
    lease::millis,
    observe::{self, IDS_PER_CALL, MAX_PAGES, Observed},
    port::Cursor,
    report::{Outcome, Report},
};

/// More changes than this are not noted one by one: the run that reaches both services sees them all.
const MAX_NOTED: usize = 20_000;
/// Items of one project that wait for the other service.
const MAX_WAITING: u32 = 20_000;

/// Notes what changed in the other service, where a run cannot begin because one is away for the moment.
pub(super) async fn look(ctx: &Context, mode: &Mode, error: &Error, report: &mut Report) {
    let Error::Service { side: away, .. } = error else {
        return;
    };
    let is_sync = matches!(mode, Mode::Sync { .. }) && ctx.targets.is_empty();
    if !is_sync || !is_passing(error) {
        return;
    }
    match note(ctx, away.opposite()).await {
        Ok(count) => {
            let (service, other) = (away.title(), away.opposite().title());
            tracing::info!(
                service,
                other,
                waiting = count,
                "a service is away; what changed in the other one waits for it"
            );
        }
        Err(error) => report.problem(Outcome {
            kind: error.kind(),
            code: error.code().into(),
            side: Some(away.opposite()),
            item: "".into(),
            field: None,
            message: chain(&error).into(),
        }),
    }
}

/// Whether a service is away for the moment rather than refusing us.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        http_kit::Kind::Transient | http_kit::Kind::Unknown => true,
        http_kit::Kind::Conflict | http_kit::Kind::Rejected | http_kit::Kind::Fatal => false,
    }
}

/// Notes every item of this side that is not as the last agreement left it; answers with how many wait now.
async fn note(ctx: &Context, side: Side) -> Result<usize, Error> {
    let rows = ctx.store.projects().await?;
    let only = &ctx.settings.only;
    let rows: Vec<ProjectRow> = rows
        .into_iter()
        .filter(|row| is_active(row) && row.first_sync_done)
        .filter(|row| only.is_empty() || only.iter().any(|name| **name == *row.label))
        .collect();
    let mut changed = changed(ctx, side, &rows).await?;
    let mut waiting = 0;
    for row in &rows {
        ctx.check_stop()?;
        let Some(project) = row.projects.side(side) else {
            continue;
        };
        let items = changed.remove(project).unwrap_or_default();
        waiting += note_project(ctx, side, row, items).await?;
    }
    Ok(waiting)
}

/// What may have changed, by project: since the watermark where the service tells, else everything.
async fn changed(
    ctx: &Context,
    side: Side,
    rows: &[ProjectRow],
) -> Result<HashMap<ProjectId, Vec<Item>>, Error> {
    let mut changed: HashMap<ProjectId, Vec<Item>> = HashMap::new();
    let board = ctx.board(side);
    if !board.capabilities().changes {
        for project in rows
            .iter()
            .filter_map(|row| row.projects.side(side).clone())
        {
            let items = observe::list(ctx, side, &project).await?;
            changed.insert(project, items);
        }
        return Ok(changed);
    }
    let Some(lowest) = rows.iter().map(|row| row.watermark).min() else {
        return Ok(changed);
    };
    let since = lowest.0.saturating_sub(millis(ctx.settings.overlap).0);
    let mut next = Some(Cursor::since(Millis(since)));
    let mut count = 0;
    for _ in 0..MAX_PAGES {
        let Some(from) = next.take() else { break };
        ctx.check_stop()?;
        let page = board.changes(from).await.map_err(Error::service(side))?;
        count += page.items.len();
        for (project, item) in page.items {
            changed.entry(project).or_default().push(item);
        }
        next = page.next.filter(|_| count < MAX_NOTED);
    }
    Ok(changed)
}

/// Notes the items of one project, each once: one that failed before keeps its own row.
async fn note_project(
    ctx: &Context,
    side: Side,
    row: &ProjectRow,
    mut items: Vec<Item>,
) -> Result<usize, Error> {
    let known = ctx
        .store
        .dirty(row.id, Millis(i64::MAX), MAX_WAITING)
        .await?;
    let known: HashSet<ItemId> = known
        .into_iter()
        .filter(|dirty| dirty.side == side)
        .map(|dirty| dirty.item)
        .collect();
    items.sort_by_key(|item| item.modified);
    let mut batch = Batch::default();
    for chunk in items.chunks(IDS_PER_CALL) {
        let ids: Vec<ItemId> = chunk.iter().map(|item| item.id.clone()).collect();
        let links = ctx.store.links_of_items(side, &ids).await?;
        let links: HashMap<_, _> = links
            .into_iter()
            .filter_map(|(_, link)| link.items.side(side).clone().map(|item| (item, link)))
            .collect();
        let is_news = |item: &&Item| {
            links
                .get(&item.id)
                .is_none_or(|link| *link.base.side(side) != item.values)
        };
        for item in chunk.iter().filter(is_news) {
            if !known.contains(&item.id) {
                batch.dirty.push(waits(ctx, side, row, item));
            }
        }
    }
    let count = known.len() + batch.dirty.len();
    if !batch.dirty.is_empty() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(count)
}

/// It waits since it was changed, where the service's stamps tell (Vibe Kanban's do not move on an edit), else since now. It did not
/// fail, so it never is given up for this.
fn waits(ctx: &Context, side: Side, row: &ProjectRow, item: &Item) -> Dirty {
    let now = ctx.now();
    let stamps_tell = ctx.board(side).capabilities().changes;
    let changed_at = item.modified.filter(|_| stamps_tell);
    Dirty {
        project: row.id,
        side,
        item: item.id.clone(),
        since: changed_at.map_or(now, |modified| modified.min(now)),
        next_try: now,
        tries: 0,
        code: codes::SERVICE_AWAY.into(),
    }
}

/// Since when a link waits for a service that was away; the end of time where it does not.
pub(crate) fn since(observed: &Observed, link: &LinkId) -> Millis {
    let items = observed.links.get(link).map(|link| &link.items);
    let times = items
        .into_iter()
        .flat_map(Pair::iter)
        .filter_map(|(side, item)| observed.waits.get(&(side, item.clone()?)).copied());
    times.min().unwrap_or(Millis(i64::MAX))
}

/// The service is back and a turn went well: what waited for it, and did not fail meanwhile, waits no more.
pub(crate) async fn over(ctx: &Context, row: &ProjectRow) -> Result<(), Error> {
    let waiting = ctx
        .store
        .dirty(row.id, Millis(i64::MAX), MAX_WAITING)
        .await?;
    let clean: Vec<_> = waiting
        .into_iter()
        .filter(|dirty| &*dirty.code == codes::SERVICE_AWAY)
        .map(|dirty| (row.id, dirty.side, dirty.item))
        .collect();
    if clean.is_empty() {
        return Ok(());
    }
    let batch = Batch {
        clean,
        ..Batch::default()
    };
    Ok(ctx.store.write(ctx.fence()?, &batch).await?)
}
