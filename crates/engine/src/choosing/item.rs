//! One item, now: `hvs sync once PROJ-12`. The issue and its task are read by themselves; an item without a link is paired by the
//! ordinary rules, which need both lists of its project.

use std::collections::HashSet;

use sync_core::{
    Side,
    ids::{ItemId, LinkId, ProjectId},
    item::Observation,
    link::Decision,
};

use crate::{
    context::Context,
    error::Error,
    observe::{self, Observed, Start},
    port::Board,
    projects::Paired,
    run::Engine,
};

/// An item that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Where it is.
    pub(crate) side: Side,
    /// Which one.
    pub(crate) item: ItemId,
    /// The Huly project of its pair.
    pub(crate) project: ProjectId,
}

/// Finds the items that were asked for by Huly's identifier or by the id of a Vibe task. None for a run about everything.
pub(crate) async fn targets(engine: &Engine) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    for name in &engine.settings.items {
        let name = name.trim();
        // only tasks are named by a uuid
        if uuid::Uuid::try_parse(name).is_ok() {
            targets.push(task(engine, name).await?);
        } else {
            targets.extend(issues(engine.boards.huly.as_ref(), name).await?);
        }
    }
    Ok(targets)
}

async fn issues(huly: &dyn Board, name: &str) -> Result<Vec<Target>, Error> {
    let found = huly
        .called(name)
        .await
        .map_err(Error::service(Side::Huly))?;
    if found.is_empty() {
        return Err(Error::Item(format!(
            "there is no issue `{name}` that the account can see in Huly"
        )));
    }
    Ok(found
        .into_iter()
        .map(|(project, issue)| Target {
            side: Side::Huly,
            item: issue.id,
            project,
        })
        .collect())
}

async fn task(engine: &Engine, name: &str) -> Result<Target, Error> {
    let id = ItemId::from(name.to_lowercase().as_str());
    let mut there = engine
        .boards
        .vibe
        .get(std::slice::from_ref(&id))
        .await
        .map_err(Error::service(Side::Vibe))?;
    let Some((project, task)) = there.remove(&id) else {
        return Err(Error::Item(format!("there is no task {name} in Vibe")));
    };
    let rows = engine.store.projects().await?;
    let pair = rows
        .into_iter()
        .find(|row| row.projects.vibe.as_ref() == Some(&project));
    match pair.and_then(|row| row.projects.huly) {
        Some(huly) => Ok(Target {
            side: Side::Vibe,
            item: task.id,
            project: huly,
        }),
        None => Err(Error::Item(format!(
            "task {name} is in a Vibe project that has no Huly project yet: run `hvs sync once` for all first"
        ))),
    }
}

/// What both sides say about the items that were asked for, and which links they are.
pub(crate) async fn observe_one(
    ctx: &Context,
    paired: &Paired,
    targets: &[Target],
) -> Result<(Observed, HashSet<LinkId>), Error> {
    let mut links = Vec::new();
    let mut all_linked = true;
    for target in targets
        .iter()
        .filter(|target| target.project == paired.boards.huly.id)
    {
        let ids = std::slice::from_ref(&target.item);
        let found = ctx.store.links_of_items(target.side, ids).await?;
        all_linked &= !found.is_empty();
        links.extend(
            found
                .into_iter()
                .filter(|(project, _)| *project == paired.row.id),
        );
    }
    let only: HashSet<LinkId> = links.iter().map(|(_, link)| link.id).collect();
    if !all_linked {
        let observed = observe::project(ctx, paired, Start::Full).await?;
        return Ok((observed, only));
    }
    let mut observed = Observed {
        project: Some(paired.row.id),
        ..Observed::default()
    };
    observed.links = links.into_iter().map(|(_, link)| (link.id, link)).collect();
    let wanted: Vec<(LinkId, Side, ItemId)> = observed
        .links
        .values()
        .flat_map(|link| {
            let items = link.items.clone().into_sides();
            items
                .into_iter()
                .filter_map(|(side, item)| Some((link.id, side, item?)))
        })
        .collect();
    for (link, side, item) in wanted {
        let mut there = ctx
            .board(side)
            .get(std::slice::from_ref(&item))
            .await
            .map_err(Error::service(side))?;
        match there.remove(&item) {
            Some((_, read)) => observed.see(link, side, Observation::Present(Box::new(read))),
            // a deletion is proven and carried by a run about everything
            None => observed.vanished.push((side, item)),
        }
        observed.items += 1;
    }
    Ok((observed, only))
}

/// Whether a decision about items without a link is about one that was asked for; all are, where none was named.
pub(crate) fn only_item(ctx: &Context, decision: &Decision) -> bool {
    let is = |side: Side, item: &ItemId| {
        ctx.targets
            .iter()
            .any(|target| target.side == side && target.item == *item)
    };
    ctx.targets.is_empty()
        || match decision {
            Decision::Adopt { huly, vibe, .. } => is(Side::Huly, huly) || is(Side::Vibe, vibe),
            Decision::Create { from, item, .. } => is(*from, item),
            Decision::Twin { remove: item, .. }
            | Decision::Copy { item }
            | Decision::Foreign { item, .. }
            | Decision::Relink { item, .. } => is(Side::Vibe, item),
            Decision::Hold { side, item, .. } => is(*side, item),
        }
}
