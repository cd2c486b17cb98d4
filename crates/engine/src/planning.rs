//! Plan: reads what the planner needs and asks it, link by link. No decision is made here.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures::{StreamExt, stream};
use http_kit::Kind;
use store::{Batch, port::BaseTexts};
use sync_core::{
    Pair, Side,
    filter::Turn,
    ids::{ItemId, LinkId},
    item::{Field, Item, Observation, TextVersion},
    plan::{self, LinkInput, LinkPlan, Needs},
    rules::Rules,
};

use crate::{
    choosing::{self, Chooser},
    context::Context,
    error::Error,
    observe::Observed,
    port::Answer,
    report::{Outcome, ProjectReport},
    settle,
};

/// Descriptions read at once.
const READS_IN_FLIGHT: usize = 8;
/// Items asked for by id in one call.
const IDS_PER_CALL: usize = 200;
/// Links whose base texts are read in one query.
const TEXTS_PER_QUERY: usize = 500;

/// Plans some links (or all), after reading what that needs. Only links with something to do are in the answer, by id.
pub(crate) async fn links(
    ctx: &Context,
    rules: &Rules<'_>,
    chooser: &Chooser<'_>,
    observed: &mut Observed,
    only: Option<&HashSet<LinkId>>,
    report: &mut ProjectReport,
) -> Result<Vec<LinkPlan>, Error> {
    let mut ids: Vec<LinkId> = match only {
        Some(only) => only
            .iter()
            .copied()
            .filter(|id| observed.links.contains_key(id))
            .collect(),
        None => observed.links.keys().copied().collect(),
    };
    ids.retain(|id| !observed.busy.contains(id));
    ids.sort();
    let choice = Choice { rules, chooser };
    read_items(ctx, choice, observed, &ids).await?;
    let (base_texts, unread) = read_texts(ctx, choice, observed, &ids, report).await?;
    let mut plans = Vec::new();
    let (mut outside, mut left) = (0, Vec::new());
    for id in ids.into_iter().filter(|id| !unread.contains(id)) {
        let Some(link) = observed.links.get(&id) else {
            continue;
        };
        let input = LinkInput {
            link,
            now: observed.of(&id),
            base_texts: base_texts.get(&id).cloned().unwrap_or_default(),
        };
        let turn = chooser.turn(rules.lenses, link, input.now);
        let plan = match turn {
            Turn::Work => plan::link(rules, &input),
            Turn::Sleep => plan::sleep(rules, &input, choosing::OUTSIDE),
            Turn::Wake => plan::wake(rules, &input, choosing::INSIDE),
            Turn::Leave => {
                outside += u64::from(is_seen(&input));
                left.push(id);
                continue;
            }
        };
        outside += u64::from(turn == Turn::Sleep);
        if !plan.actions.is_empty() {
            plans.push(plan);
        }
    }
    observed.left.extend(left);
    // later rounds look at some of the same links again
    if only.is_none() {
        report.outside += outside;
    }
    Ok(plans)
}

/// How a link is planned.
#[derive(Clone, Copy)]
struct Choice<'a> {
    rules: &'a Rules<'a>,
    chooser: &'a Chooser<'a>,
}

/// Whether the link's issue was looked at in this run.
fn is_seen(input: &LinkInput<'_>) -> bool {
    match input.now.huly {
        Observation::Present(_) => true,
        Observation::Gone | Observation::Unseen => false,
    }
}

fn needs(choice: Choice<'_>, observed: &Observed, id: &LinkId) -> Option<Needs> {
    let link = observed.links.get(id)?;
    let now = observed.of(id);
    let needs = match choice.chooser.turn(choice.rules.lenses, link, now) {
        Turn::Work | Turn::Sleep => plan::needs(choice.rules, link, now),
        Turn::Wake => plan::needs(choice.rules, &plan::awake(link), now),
        Turn::Leave => return None,
    };
    (needs != Needs::default()).then_some(needs)
}

/// Items that were not listed this time but must be looked at.
async fn read_items(
    ctx: &Context,
    choice: Choice<'_>,
    observed: &mut Observed,
    ids: &[LinkId],
) -> Result<(), Error> {
    for side in Side::ALL {
        let mut wanted: HashMap<ItemId, LinkId> = HashMap::new();
        for id in ids {
            let unseen = **observed.of(id).side(side) == Observation::Unseen;
            if let (true, Some(needs)) = (unseen, needs(choice, observed, id))
                && *needs.item.side(side)
                && let Some(item) = observed
                    .links
                    .get(id)
                    .and_then(|link| link.items.side(side).clone())
            {
                wanted.insert(item, *id);
            }
        }
        let mut asked: Vec<ItemId> = wanted.keys().cloned().collect();
        asked.sort();
        for chunk in asked.chunks(IDS_PER_CALL) {
            let there = ctx
                .board(side)
                .get(chunk)
                .await
                .map_err(Error::service(side))?;
            for (item, (_, read)) in there {
                if let Some(link) = wanted.get(&item) {
                    observed.see(*link, side, Observation::Present(Box::new(read)));
                }
            }
        }
    }
    Ok(())
}

/// Texts of descriptions that changed, and of their base. Links with a text that could not be read come back: they wait for the
/// next run, and hold up no other.
async fn read_texts(
    ctx: &Context,
    choice: Choice<'_>,
    observed: &mut Observed,
    ids: &[LinkId],
    report: &mut ProjectReport,
) -> Result<(HashMap<LinkId, BaseTexts>, HashSet<LinkId>), Error> {
    let mut wanted: Vec<(LinkId, Side, Item)> = Vec::new();
    let mut bases = Vec::new();
    for id in ids {
        let Some(needs) = needs(choice, observed, id) else {
            continue;
        };
        if needs.base_texts {
            bases.push(*id);
        }
        for side in Side::ALL {
            if let (true, Observation::Present(item)) =
                (*needs.text.side(side), *observed.of(id).side(side))
                && item.text.is_none()
            {
                wanted.push((*id, side, Item::clone(item)));
            }
        }
    }
    let wanted = from_the_store(ctx, observed, wanted).await?;
    let read: Vec<(LinkId, Side, Item, Answer<Arc<str>>)> = stream::iter(wanted)
        .map(|(id, side, item)| async move {
            let text = ctx.board(side).text(&item).await;
            (id, side, item, text)
        })
        .buffer_unordered(READS_IN_FLIGHT)
        .collect()
        .await;
    let mut unread = HashSet::new();
    let mut batch = Batch::default();
    for (id, side, mut item, text) in read {
        match text {
            Ok(text) => {
                item.text = Some(text);
                observed.see(id, side, Observation::Present(Box::new(item)));
            }
            Err(source) if source.kind() == Kind::Fatal => {
                return Err(Error::Service { side, source });
            }
            Err(error) => {
                unread.insert(id);
                unreadable(ctx, observed, side, &item, &error, report, &mut batch);
            }
        }
    }
    if !batch.is_empty() && ctx.lease.is_some() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    let mut texts = HashMap::new();
    for chunk in bases.chunks(TEXTS_PER_QUERY) {
        texts.extend(ctx.store.texts(chunk).await?);
    }
    Ok((texts, unread))
}

/// Texts that a list showed and that were let go because they are those of the base come from the store. What is not there, or
/// not under its fingerprint, is still to be read.
async fn from_the_store(
    ctx: &Context,
    observed: &mut Observed,
    wanted: Vec<(LinkId, Side, Item)>,
) -> Result<Vec<(LinkId, Side, Item)>, Error> {
    let (let_go, mut rest): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(id, side, item)| {
        let base = observed.links.get(id).map(|link| link.base.side(*side));
        base.is_some_and(|base| base.description == item.values.description)
    });
    for chunk in let_go.chunks(TEXTS_PER_QUERY) {
        let ids: Vec<LinkId> = chunk.iter().map(|(id, _, _)| *id).collect();
        let stored = ctx.store.texts(&ids).await?;
        for (id, side, item) in chunk {
            let text = stored.get(id).and_then(|texts| texts.side(*side).clone());
            match text.filter(|text| TextVersion::of_text(text) == item.values.description) {
                Some(text) => {
                    let item = Item {
                        text: Some(text),
                        ..item.clone()
                    };
                    observed.see(*id, *side, Observation::Present(Box::new(item)));
                }
                None => rest.push((*id, *side, item.clone())),
            }
        }
    }
    Ok(rest)
}

/// A description that could not be read: told, and the item stays dirty.
fn unreadable(
    ctx: &Context,
    observed: &Observed,
    side: Side,
    item: &Item,
    error: &http_kit::Error,
    report: &mut ProjectReport,
    batch: &mut Batch,
) {
    let label = item.label.as_deref().unwrap_or_default();
    report.problem(Outcome {
        kind: error.kind(),
        code: error.code().into(),
        side: Some(side),
        item: format!("{label} {}", item.values.title).trim().into(),
        field: Some(Field::Description),
        message: crate::run::chain(error).into(),
    });
    if let Some(project) = observed.project {
        batch
            .dirty
            .push(settle::dirty(ctx, project, side, &item.id, error.code()));
    }
}

/// Items with what reading their descriptions answered.
pub(crate) type Fetched = Vec<(Item, Answer<Arc<str>>)>;

/// Reads the descriptions of items that are about to get a counterpart or a link. One project at a time: it fills the allowed
/// concurrency by itself, and what it read can be written while the next one reads.
pub(crate) async fn fetch_unlinked(ctx: &Context, side: Side, items: Vec<Item>) -> Fetched {
    // Never closed, so a permit always comes.
    let _alone = ctx.reading.acquire().await.ok();
    stream::iter(items)
        .map(|item| async move {
            let text = match &item.text {
                Some(text) => Ok(Arc::clone(text)),
                None => ctx.board(side).text(&item).await,
            };
            (item, text)
        })
        .buffered(READS_IN_FLIGHT)
        .collect()
        .await
}

/// Items with their descriptions; those that could not be read are told and left for the next run.
pub(crate) async fn with_texts(
    ctx: &Context,
    side: Side,
    observed: &Observed,
    read: Fetched,
    report: &mut ProjectReport,
) -> Result<Vec<Item>, Error> {
    let mut batch = Batch::default();
    let mut known = Vec::with_capacity(read.len());
    for (mut item, text) in read {
        match text {
            Ok(text) => {
                item.text = Some(text);
                known.push(item);
            }
            Err(source) if source.kind() == Kind::Fatal => {
                return Err(Error::Service { side, source });
            }
            Err(error) => unreadable(ctx, observed, side, &item, &error, report, &mut batch),
        }
    }
    if !batch.is_empty() && ctx.lease.is_some() {
        ctx.store.write(ctx.fence()?, &batch).await?;
    }
    Ok(known)
}

/// The text of one side's description as it was observed.
pub(crate) fn observed_text(observation: &Observation) -> Option<Arc<str>> {
    match observation {
        Observation::Present(item) => item.text.clone(),
        Observation::Gone | Observation::Unseen => None,
    }
}

/// Both observed texts.
pub(crate) fn observed_texts(now: Pair<&Observation>) -> BaseTexts {
    now.map(observed_text)
}
