//! Duplicates: found by what they claim, shown, and removed one after the other under the guard for removals.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use store::row::ProjectRow;
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, StatusId},
    item::{Item, Observation},
    link::{self, Duplicate, Linked},
    plan::{Action, LinkPlan, RemoveReason},
};

use super::finding::{self, Class, Fate, Finding};
use crate::{
    context::Context, error::Error, observe::Observed, planning, port::BoardProject,
    report::ProjectReport,
};

/// Links whose base texts are read in one query.
const TEXTS_PER_QUERY: usize = 500;

/// The duplicates of one pair of projects, as findings and as plans that remove those that nobody touched.
pub(crate) async fn find(
    ctx: &Context,
    row: &ProjectRow,
    vibe: &BoardProject,
    observed: &mut Observed,
    report: &mut ProjectReport,
) -> Result<Vec<LinkPlan>, Error> {
    let taken: HashSet<ItemId> = observed
        .links
        .values()
        .filter_map(|link| link.items.vibe.clone())
        .collect();
    let unlinked: Vec<Item> = observed
        .unlinked
        .vibe
        .iter()
        .filter(|task| task.footer.is_some() && !taken.contains(&task.id))
        .cloned()
        .collect();
    if unlinked.is_empty() {
        return Ok(Vec::new());
    }
    let new_status = new_status(ctx, vibe).await?;
    let known = known(ctx, observed, &unlinked).await?;
    let duplicates = {
        let now = |id: &LinkId| match known.get(id) {
            Some(now) => now.as_ref(),
            None => observed.of(id),
        };
        let linked = Linked {
            links: &observed.links,
            now: &now,
            normal_form: huly_client::markup::normal_form,
            new_status: new_status.as_ref(),
        };
        link::duplicates(&linked, &unlinked)
    };
    let mut wanted = Vec::new();
    for duplicate in &duplicates {
        let Some(task) = unlinked.iter().find(|task| task.id == duplicate.item) else {
            continue;
        };
        finding::push(report, told(row, observed, duplicate, task));
        if duplicate.touched.is_none() {
            wanted.push((duplicate.link, task.clone()));
        }
    }
    let tasks = wanted.iter().map(|(_, task)| task.clone()).collect();
    let read = planning::fetch_unlinked(ctx, Side::Vibe, tasks).await;
    let read = planning::with_texts(ctx, Side::Vibe, observed, read, report).await?;
    let texts: HashMap<&ItemId, &Item> = read.iter().map(|task| (&task.id, task)).collect();
    Ok(wanted
        .iter()
        .filter_map(|(link, task)| Some(link::remove_twin(*link, texts.get(&task.id)?)))
        .filter(|plan| !plan.actions.is_empty())
        .collect())
}

/// The service's own choice for a new task.
async fn new_status(ctx: &Context, vibe: &BoardProject) -> Result<Option<StatusId>, Error> {
    let board = ctx.board(Side::Vibe);
    let kinds = board
        .statuses(vibe)
        .await
        .map_err(Error::service(Side::Vibe))?;
    Ok(kinds
        .first()
        .and_then(|kind| Some(kind.statuses.first()?.id.clone())))
}

/// What links that may be claimed hold, with the texts that were let go because the store has them.
async fn known(
    ctx: &Context,
    observed: &Observed,
    unlinked: &[Item],
) -> Result<HashMap<LinkId, Pair<Observation>>, Error> {
    let labels: HashSet<&str> = unlinked
        .iter()
        .filter_map(|task| task.footer.as_ref()?.label.as_deref())
        .collect();
    let claimed: Vec<LinkId> = observed
        .links
        .values()
        .filter(|link| {
            link.label
                .as_deref()
                .is_some_and(|label| labels.contains(label))
        })
        .map(|link| link.id)
        .collect();
    let mut known = HashMap::new();
    for ids in claimed.chunks(TEXTS_PER_QUERY) {
        let texts = ctx.store.texts(ids).await?;
        for id in ids {
            let now = observed.of(id);
            let stored = texts.get(id).cloned().unwrap_or_default();
            let base = observed.links.get(id).map(|link| &link.base);
            let filled = Pair::by(|side| {
                let is_base = |item: &Item| {
                    base.is_some_and(|base| base.side(side).description == item.values.description)
                };
                filled(now.side(side), stored.side(side).as_ref(), is_base)
            });
            known.insert(*id, filled);
        }
    }
    Ok(known)
}

fn filled(
    now: &Observation,
    stored: Option<&Arc<str>>,
    is_base: impl Fn(&Item) -> bool,
) -> Observation {
    match now {
        Observation::Present(item) if item.text.is_none() && is_base(item) => {
            let mut item = item.clone();
            item.text = stored.cloned();
            Observation::Present(item)
        }
        Observation::Present(_) | Observation::Gone | Observation::Unseen => now.clone(),
    }
}

fn told(row: &ProjectRow, observed: &Observed, duplicate: &Duplicate, task: &Item) -> Finding {
    let link = observed.links.get(&duplicate.link);
    let of = link.and_then(|link| link.label.clone());
    let of = of.unwrap_or_else(|| Arc::clone(&task.values.title));
    Finding {
        class: Class::Duplicate,
        project: Arc::clone(&row.label),
        side: Some(Side::Vibe),
        item: finding::name(task),
        id: task.id.as_str().into(),
        found: format!("{of} has another task, {}, which is linked", duplicate.keep).into(),
        fate: match &duplicate.touched {
            None => Fate::Mendable,
            Some(why) => Fate::Left(format!("{why}: remove one of the two by hand").into()),
        },
    }
}

/// Plans that remove a second task of a link, and the others.
pub(crate) fn part(plans: Vec<LinkPlan>) -> (Vec<LinkPlan>, Vec<LinkPlan>) {
    plans.into_iter().partition(|plan| {
        plan.actions.iter().any(|action| {
            matches!(action, Action::Remove(remove) if remove.reason == RemoveReason::Twin)
        })
    })
}

/// Our own twins, as findings.
pub(crate) fn twins(row: &ProjectRow, plans: &[LinkPlan], report: &mut ProjectReport) {
    for plan in plans {
        for action in &plan.actions {
            let Action::Remove(remove) = action else {
                continue;
            };
            finding::push(
                report,
                Finding {
                    class: Class::Duplicate,
                    project: Arc::clone(&row.label),
                    side: Some(remove.side),
                    item: Arc::clone(&plan.label),
                    id: remove.item.as_str().into(),
                    found: "a create of this store landed late: the link has its task".into(),
                    fate: Fate::Mendable,
                },
            );
        }
    }
}

/// The next wave: at most one removal a link, since a link has one write under way on a side.
pub(crate) fn wave(plans: &mut Vec<LinkPlan>) -> Vec<LinkPlan> {
    let mut seen = HashSet::new();
    let (now, later) = std::mem::take(plans)
        .into_iter()
        .partition(|plan: &LinkPlan| seen.insert(plan.link));
    *plans = later;
    now
}
