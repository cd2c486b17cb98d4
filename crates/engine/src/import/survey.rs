//! One pair of projects: both lists, the verdicts on its claims, and what becomes of them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use store::{Batch, row::HistoryRow};
use sync_core::{
    Pair, Side,
    digest::ChangeKind,
    ids::{ItemId, LinkId},
    item::{Item, Observation},
    link::{
        self, How, Link,
        claims::{By, Claimed, Verdict, judge},
    },
    plan::LinkPlan,
    rules::Rules,
};

use super::{Claims, ImportedProject, LeftItem, NewLink, pairs::Found};
use crate::{
    context::Context,
    error::Error,
    observe::{self, IDS_PER_CALL, Observed},
    planning,
    report::Reached,
    run::named,
    turn, workflow,
};

/// Rows of one transaction.
const ROWS_PER_BATCH: usize = 500;

/// Surveys one pair, shows it, and then stores what it came to.
pub(super) async fn project(
    ctx: &Context,
    found: &Found,
    claims: &Claims,
    show: &mut impl FnMut(&ImportedProject),
) -> Result<ImportedProject, Error> {
    let Found {
        row,
        boards,
        is_new,
    } = found;
    let mut imported = ImportedProject {
        label: Arc::clone(&row.label),
        name: Arc::clone(&boards.huly.name),
        vibe: Arc::clone(&boards.vibe.name),
        is_new: *is_new,
        report: named(row, Some(boards)),
        ..ImportedProject::default()
    };
    if *is_new && ctx.lease.is_some() {
        // Before its items are read: one that cannot be read is remembered with its project.
        let batch = Batch {
            projects: vec![row.clone()],
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    let mut observed = Observed {
        project: Some(row.id),
        full: true,
        unlinked: Pair {
            huly: observe::list(ctx, Side::Huly, &boards.huly.id).await?,
            vibe: observe::list(ctx, Side::Vibe, &boards.vibe.id).await?,
        },
        ..Observed::default()
    };
    let links = links(ctx, &observed.unlinked).await?;
    let issues = observed.unlinked.huly.iter().map(|issue| &issue.id);
    let verdicts = judge(&Claimed {
        claims: &claims.on(&row.label, issues),
        items: observed.unlinked.as_ref().map(Vec::as_slice),
        links: &links,
    });
    let workflow = workflow::of(ctx, &boards.huly, &observed).await?;
    imported.report.items = (observed.unlinked.huly.len() + observed.unlinked.vibe.len()) as u64;
    imported.report.status_names.clone_from(&workflow.names);
    let rules = turn::rules(ctx, row, &workflow);
    let judged = judged(&verdicts, &observed, &mut imported);
    let items = read(ctx, &observed, &judged, &mut imported).await?;
    let mut plans = Vec::new();
    for (huly, vibe, by) in judged.pairs {
        if let (Some(huly), Some(vibe)) = (items.huly.get(&huly), items.vibe.get(&vibe)) {
            plans.push(adopt(&rules, &mut observed, huly, vibe, by, &mut imported));
        }
    }
    let tombstones = tombstones(&rules, &items, &judged.deleted, &mut imported);
    imported.report.reached = Reached::Processed;
    show(&imported);
    if ctx.lease.is_some() {
        keep(ctx, found, &mut observed, plans, tombstones, &mut imported).await?;
    }
    Ok(imported)
}

/// The store's links of any of these items, wherever they are.
async fn links(ctx: &Context, items: &Pair<Vec<Item>>) -> Result<Vec<Link>, Error> {
    let mut links: HashMap<LinkId, Link> = HashMap::new();
    for side in Side::ALL {
        let ids: Vec<ItemId> = items
            .side(side)
            .iter()
            .map(|item| item.id.clone())
            .collect();
        for chunk in ids.chunks(IDS_PER_CALL) {
            let found = ctx.store.links_of_items(side, chunk).await?;
            links.extend(found.into_iter().map(|(_, link)| (link.id, link)));
        }
    }
    let mut links: Vec<Link> = links.into_values().collect();
    links.sort_by_key(|link| link.id);
    Ok(links)
}

/// Verdicts that make links.
struct Judged {
    pairs: Vec<(ItemId, ItemId, By)>,
    deleted: Vec<ItemId>,
}

/// Takes the verdicts apart; what links nothing is noted.
fn judged(verdicts: &[Verdict], observed: &Observed, imported: &mut ImportedProject) -> Judged {
    let titles: Pair<HashMap<&ItemId, &Arc<str>>> = observed.unlinked.as_ref().map(|items| {
        items
            .iter()
            .map(|item| (&item.id, &item.values.title))
            .collect()
    });
    let mut judged = Judged {
        pairs: Vec::new(),
        deleted: Vec::new(),
    };
    for verdict in verdicts {
        match verdict {
            Verdict::Pair { huly, vibe, by } => {
                judged.pairs.push((huly.clone(), vibe.clone(), *by));
            }
            Verdict::Known { .. } => imported.known += 1,
            Verdict::Deleted { huly } => judged.deleted.push(huly.clone()),
            Verdict::Gone { .. } => imported.gone += 1,
            Verdict::Left {
                side,
                item,
                label,
                why,
            } => imported.left.push(LeftItem {
                side: *side,
                title: titles
                    .side(*side)
                    .get(item)
                    .map_or_else(|| "".into(), |title| Arc::clone(title)),
                item: item.clone(),
                label: Arc::clone(label),
                why: why.clone(),
            }),
        }
    }
    judged
}

/// The items that get a link, with their texts; one that cannot be read waits for the next run.
async fn read(
    ctx: &Context,
    observed: &Observed,
    judged: &Judged,
    imported: &mut ImportedProject,
) -> Result<Pair<HashMap<ItemId, Item>>, Error> {
    let mut wanted: Pair<BTreeSet<&ItemId>> = Pair::default();
    for (huly, vibe, _) in &judged.pairs {
        wanted.huly.insert(huly);
        wanted.vibe.insert(vibe);
    }
    wanted.huly.extend(&judged.deleted);
    let mut read: Pair<HashMap<ItemId, Item>> = Pair::default();
    for side in Side::ALL {
        let items: Vec<Item> = observed
            .unlinked
            .side(side)
            .iter()
            .filter(|item| wanted.side(side).contains(&item.id))
            .cloned()
            .collect();
        let fetched = planning::fetch_unlinked(ctx, side, items).await;
        let items =
            planning::with_texts(ctx, side, observed, fetched, &mut imported.report).await?;
        *read.side_mut(side) = items
            .into_iter()
            .map(|item| (item.id.clone(), item))
            .collect();
    }
    Ok(read)
}

/// Makes one link: its row goes into `observed`, and what people should see into `imported`.
fn adopt(
    rules: &Rules<'_>,
    observed: &mut Observed,
    huly: &Item,
    vibe: &Item,
    by: By,
    imported: &mut ImportedProject,
) -> LinkPlan {
    let (link, mut plan) = link::adopt(rules, huly, vibe, How::Predecessor);
    for (side, item) in [(Side::Huly, huly), (Side::Vibe, vibe)] {
        observed.see(link.id, side, Observation::Present(Box::new(item.clone())));
    }
    observed.made.insert(link.id);
    observed.links.insert(link.id, link);
    let writes: Vec<_> = plan
        .actions
        .iter()
        .filter(|action| action.target().is_some())
        .cloned()
        .collect();
    imported.links.push(NewLink {
        label: Arc::clone(&plan.label),
        by: Some(by),
        differs: !writes.is_empty(),
    });
    imported.report.adopted += 1;
    if !writes.is_empty() {
        imported.report.plans.push(LinkPlan {
            actions: writes,
            ..plan.clone()
        });
    }
    // What the two differ in is written by the next run: the stored row says what is owed.
    plan.actions.retain(|action| action.target().is_none());
    plan
}

/// Issues whose task was deleted by a person: deleted stays deleted.
fn tombstones(
    rules: &Rules<'_>,
    items: &Pair<HashMap<ItemId, Item>>,
    deleted: &[ItemId],
    imported: &mut ImportedProject,
) -> Vec<Link> {
    let mut links = Vec::new();
    for issue in deleted.iter().filter_map(|id| items.huly.get(id)) {
        let label = issue.label.as_deref().unwrap_or_default();
        imported.links.push(NewLink {
            label: format!("{label} {}", issue.values.title).trim().into(),
            by: None,
            differs: false,
        });
        links.push(link::tombstone(rules, issue));
    }
    links
}

/// Stores the links with their bases, texts, kept values and history.
async fn keep(
    ctx: &Context,
    found: &Found,
    observed: &mut Observed,
    plans: Vec<LinkPlan>,
    tombstones: Vec<Link>,
    imported: &mut ImportedProject,
) -> Result<(), Error> {
    let row = &found.row;
    turn::journal::write(ctx, row, observed, &plans, &mut imported.report).await?;
    let history = plans
        .iter()
        .map(|plan| (plan.link, Arc::clone(&plan.label)))
        .chain(tombstones.iter().map(|link| {
            let label = link.label.as_ref().unwrap_or(&link.base.huly.title);
            (link.id, Arc::clone(label))
        }))
        .map(|(link, label)| HistoryRow {
            at: ctx.now(),
            run: ctx.run,
            project: row.id,
            link,
            side: Side::Vibe,
            kind: ChangeKind::Adopt.as_str().into(),
            field: None,
            old: None,
            new: Some(label),
        });
    let history: Vec<HistoryRow> = history.collect();
    let links: Vec<_> = tombstones.into_iter().map(|link| (row.id, link)).collect();
    for links in links.chunks(ROWS_PER_BATCH) {
        let batch = Batch {
            links: links.to_vec(),
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    for history in history.chunks(ROWS_PER_BATCH) {
        let batch = Batch {
            history: history.to_vec(),
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    // A pair that was known is listed in full again: its new links are to be compared.
    if !found.is_new && !imported.links.is_empty() {
        let again = store::row::ProjectRow {
            watermark: sync_core::ids::Millis(0),
            ..row.clone()
        };
        let batch = Batch {
            projects: vec![again],
            ..Batch::default()
        };
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(())
}
