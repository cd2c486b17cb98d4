//! Issues that creates of waiting links made and that no run has settled: they belong to those links and get no counterpart.

use std::{collections::HashMap, sync::Arc};

use sync_core::{
    Side,
    ids::{IntentKey, ItemId, LinkId},
    item::{Item, Observation},
    link::Phase,
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
