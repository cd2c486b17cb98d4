//! Facts: what a turn sees of issues beside what their links keep, so that a digest can be built from the store alone.

use std::collections::HashMap;

use store::agents::Facts;
use sync_core::{
    Pair, Side,
    ids::ItemId,
    item::{Item, Observation},
};

use super::digest::About;
use crate::{context::Context, error::Error, observe::Observed, port::BoardProject, run::Mode};

/// Notes what changed of what issues say beside their links. Nothing is written where nothing changed.
pub(crate) async fn note(
    ctx: &Context,
    mode: &Mode,
    boards: &Pair<BoardProject>,
    observed: &Observed,
) -> Result<(), Error> {
    let (Some(_), Mode::Sync { .. }, Some(id), Some(lease)) =
        (&ctx.informing, mode, observed.project, &ctx.lease)
    else {
        return Ok(());
    };
    let fence = lease.fence();
    let key = About::key(&boards.huly.id);
    let about = serde_json::to_string(&About::of(boards)).ok();
    let is_news = ctx.store.meta(&key).await? != about;
    if let Some(about) = about.filter(|_| is_news) {
        ctx.begun().await?;
        ctx.store.set_meta(&key, &about).await?;
        ctx.store.put_facts(fence, id, &[], &[]).await?;
    }
    let seen: HashMap<&ItemId, &Item> = issues(observed).map(|item| (&item.id, item)).collect();
    let is_whole = observed.full && boards.huly.member;
    if seen.is_empty() && !is_whole {
        return Ok(());
    }
    let known = if is_whole {
        ctx.store.facts(id).await?
    } else {
        let ids: Vec<ItemId> = seen.keys().map(|id| (*id).clone()).collect();
        ctx.store.facts_of(&ids).await?
    };
    let mut changed: Vec<(ItemId, Facts)> = seen
        .iter()
        .filter_map(|(id, item)| {
            let next = facts(known.get(*id), item);
            (known.get(*id) != Some(&next)).then(|| ((*id).clone(), next))
        })
        .collect();
    changed.sort_by(|a, b| a.0.cmp(&b.0));
    let linked = |id: &ItemId| {
        let mut links = observed.links.values();
        links.any(|link| link.items.side(Side::Huly).as_ref() == Some(id))
    };
    let mut gone: Vec<ItemId> = known
        .keys()
        .filter(|id| is_whole && !seen.contains_key(id) && !linked(id))
        .cloned()
        .collect();
    gone.sort();
    if changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    ctx.begun().await?;
    ctx.store.put_facts(fence, id, &changed, &gone).await?;
    Ok(())
}

fn issues(observed: &Observed) -> impl Iterator<Item = &Item> {
    let linked = observed.now.values().filter_map(|now| match &now.huly {
        Observation::Present(item) => Some(&**item),
        Observation::Gone | Observation::Unseen => None,
    });
    linked.chain(&observed.unlinked.huly)
}

fn facts(known: Option<&Facts>, item: &Item) -> Facts {
    let status = item.values.status.clone();
    let since = match known {
        Some(known) if known.status == status => known.since,
        Some(_) | None => item.modified,
    };
    Facts {
        extra: item.values.extra.clone(),
        status,
        since,
    }
}
