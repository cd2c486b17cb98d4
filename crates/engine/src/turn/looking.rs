//! What making links looks at besides the items themselves: derived ids, identifiers, and the titles of the whole project.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use sync_core::{
    Pair, Side,
    ids::ItemId,
    item::{Item, Observation},
    link::{Titles, Wants},
};

use crate::{
    context::Context,
    error::Error,
    observe::{self, IDS_PER_CALL, Observed},
    port::BoardProject,
};

/// What the decisions look at besides the items themselves.
pub(super) struct LookedUp {
    pub(super) derived: HashMap<ItemId, Item>,
    pub(super) labelled: HashMap<Arc<str>, Item>,
    pub(super) titles: Pair<Titles>,
    /// Items that were read only to decide, by side and id.
    pub(super) extra: Pair<HashMap<ItemId, Item>>,
}

/// Asks for what design 3.5 looks at.
pub(super) async fn look_up(
    ctx: &Context,
    boards: &Pair<BoardProject>,
    observed: &Observed,
    wants: &Wants,
) -> Result<LookedUp, Error> {
    // Before a counterpart is made the whole other project is asked, not the last delta (design 3.5).
    let whole_huly = !observed.full && (wants.titles.huly || !wants.labels.is_empty());
    let huly = if whole_huly {
        observe::list(ctx, Side::Huly, &boards.huly.id).await?
    } else {
        Vec::new()
    };
    // Where the service chooses the ids, none is derived from a task.
    let chosen = ctx.board(Side::Huly).capabilities().client_ids;
    let ids: Vec<ItemId> = wants
        .derived
        .iter()
        .filter(|_| chosen)
        .map(|(_, issue)| issue.clone())
        .collect();
    let mut found = HashMap::new();
    for chunk in ids.chunks(IDS_PER_CALL) {
        found.extend(
            ctx.board(Side::Huly)
                .get(chunk)
                .await
                .map_err(Error::service(Side::Huly))?,
        );
    }
    let derived: HashMap<ItemId, Item> = wants
        .derived
        .iter()
        .filter_map(|(task, issue)| Some((task.clone(), found.get(issue)?.1.clone())))
        .collect();
    let linked: Pair<BTreeSet<ItemId>> = Pair::by(|side| linked_items(observed, side));
    let all = |side: Side, extra: &[Item]| {
        let known = present(observed, side);
        let pairs: Vec<(Item, bool)> = known
            .chain(extra.iter())
            .map(|item| (item.clone(), linked.side(side).contains(&item.id)))
            .collect();
        pairs
    };
    let huly_items = if whole_huly {
        huly.iter()
            .map(|item| (item.clone(), linked.huly.contains(&item.id)))
            .collect()
    } else {
        all(Side::Huly, &[])
    };
    let vibe_items = all(Side::Vibe, &[]);
    let labelled = huly_items
        .iter()
        .filter_map(|(item, _)| Some((item.label.clone()?, item.clone())))
        .filter(|(label, _)| wants.labels.contains(label))
        .collect();
    let titles = Pair {
        huly: Titles::of(huly_items.iter().map(|(item, linked)| (item, *linked))),
        vibe: Titles::of(vibe_items.iter().map(|(item, linked)| (item, *linked))),
    };
    let extra = Pair {
        huly: huly
            .into_iter()
            .chain(derived.values().cloned())
            .map(|item| (item.id.clone(), item))
            .collect(),
        vibe: HashMap::new(),
    };
    Ok(LookedUp {
        derived,
        labelled,
        titles,
        extra,
    })
}

/// Every item of a side that was read in this turn.
fn present(observed: &Observed, side: Side) -> impl Iterator<Item = &Item> {
    let linked = observed
        .now
        .values()
        .filter_map(move |now| match now.side(side) {
            Observation::Present(item) => Some(&**item),
            Observation::Gone | Observation::Unseen => None,
        });
    linked.chain(observed.unlinked.side(side))
}

pub(super) fn linked_items(observed: &Observed, side: Side) -> BTreeSet<ItemId> {
    observed
        .links
        .values()
        .filter_map(|link| link.items.side(side).clone())
        .collect()
}
