//! Issues that creates of waiting links made and that no run has settled: they belong to those links and get no counterpart.

use std::{collections::HashMap, sync::Arc};

use sync_core::{
    Side,
    ids::{Generation, IntentKey, ItemId, LinkId},
    item::{Item, Observation},
    link::Phase,
    plan::{Action, LinkPlan, Relink},
};

use crate::observe::Observed;

/// An issue under the very id that the create of a waiting link gives is that create, landed late: it belongs to that link
/// and is nobody's new issue.
pub(crate) fn by_id(observed: &mut Observed) {
    let mut made_by: HashMap<ItemId, LinkId> = HashMap::new();
    for link in observed
        .links
        .values()
        .filter(|link| link.items.huly.is_none())
    {
        for generation in [link.generation.huly, link.generation.huly.next()] {
            let key = IntentKey::create(link.id, Side::Huly, generation);
            made_by.insert(key.document_id(), link.id);
        }
    }
    let (landed, others): (Vec<Item>, Vec<Item>) = std::mem::take(&mut observed.unlinked.huly)
        .into_iter()
        .partition(|item| made_by.contains_key(&item.id));
    observed.unlinked.huly = others;
    for item in landed {
        if let Some(link) = made_by.get(&item.id) {
            observed.landed.insert(*link, item);
        }
    }
}

/// Generations of an issue that are looked for: a store that was rolled back has seen fewer of them than there were.
const GENERATIONS: u32 = 3;

/// Links whose issue is proven gone, and for which a newer copy of this store made another one since: it stands under the id of a
/// later generation. They point to it from now on, before any deletion policy looks at them.
pub(crate) fn remade(observed: &mut Observed) -> Vec<LinkPlan> {
    let mut made_for: HashMap<ItemId, (LinkId, Generation)> = HashMap::new();
    for link in observed.links.values() {
        if *observed.of(&link.id).huly != Observation::Gone {
            continue;
        }
        let mut generation = link.generation.huly;
        for _ in 0..GENERATIONS {
            generation = generation.next();
            let id = IntentKey::create(link.id, Side::Huly, generation).document_id();
            made_for.insert(id, (link.id, generation));
        }
    }
    if made_for.is_empty() {
        return Vec::new();
    }
    let (remade, others): (Vec<Item>, Vec<Item>) = std::mem::take(&mut observed.unlinked.huly)
        .into_iter()
        .partition(|item| made_for.contains_key(&item.id));
    observed.unlinked.huly = others;
    let mut plans = Vec::new();
    for item in remade {
        let Some((link, generation)) = made_for.get(&item.id).copied() else {
            continue;
        };
        plans.push(LinkPlan {
            link,
            label: item
                .label
                .clone()
                .unwrap_or_else(|| Arc::clone(&item.values.title)),
            actions: vec![Action::Relink(Relink {
                side: Side::Huly,
                to: item.id.clone(),
                generation: Some(generation),
            })],
        });
        observed.see(link, Side::Huly, Observation::Present(Box::new(item)));
    }
    plans
}

/// Where ids are not ours to choose, an issue of a waiting link's title is that link's create, landed late, or made by a
/// person for the same purpose: it gets no counterpart of its own. The text tells several of one title apart.
pub(crate) fn by_content(observed: &mut Observed) {
    let mut waiting: Vec<(LinkId, Arc<str>, Option<Arc<str>>)> = Vec::new();
    for link in observed.links.values() {
        if link.items.huly.is_none() && link.items.vibe.is_some() && link.phase == Phase::Active {
            let (title, text) = match observed.of(&link.id).vibe {
                Observation::Present(task) => (&task.values.title, task.known_text()),
                Observation::Gone | Observation::Unseen => (&link.base.vibe.title, None),
            };
            waiting.push((link.id, Arc::clone(title), text));
        }
    }
    waiting.sort();
    for (link, title, text) in waiting {
        let issues = &mut observed.unlinked.huly;
        let of_title = |issue: &Item| issue.values.title.trim() == title.trim();
        let of_text = |issue: &Item| of_title(issue) && issue.known_text() == text;
        let at = issues.iter().position(of_text);
        if let Some(at) = at.or_else(|| issues.iter().position(of_title)) {
            let issue = issues.remove(at);
            observed.landed.insert(link, issue);
        }
    }
}
