//! Observe: what both sides say now about the items of one pair of projects.
//!
//! An absent item is never proof of anything: it becomes `Gone` only after its own read was empty, its project was read after
//! that and is there and ours, and the history shows no move (design 3.6). Anything else is `Unseen`.

mod absent;
mod list;
pub(crate) mod moved;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use store::row::{Dirty, ProjectRow};
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, Millis, ProjectLinkId},
    item::{Item, Observation},
    link::Link,
};

use crate::{codes, context::Context, error::Error, landed, projects::Paired, settle};

use absent::{missing, prove};
pub(crate) use absent::{proof, read};
pub(crate) use list::{MAX_PAGES, list};

/// Due dirty items that one turn looks at again.
const MAX_DIRTY: u32 = 1_000;
/// Items asked for by id in one call.
pub(crate) const IDS_PER_CALL: usize = 200;

/// What Huly's side of a turn begins with.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// Everything is listed.
    Full,
    /// What the workspace's query of changes showed for this project, and items whose removal the history hints at.
    Delta {
        /// Changed items.
        items: Vec<Item>,
        /// Perhaps removed items.
        removed: Vec<ItemId>,
    },
}

/// What both sides say now.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// Which pair of projects.
    pub(crate) project: Option<ProjectLinkId>,
    /// The project's links, by id.
    pub(crate) links: HashMap<LinkId, Link>,
    /// What was seen of each link's items; a side that is missing here is `Unseen`.
    pub(crate) now: HashMap<LinkId, Pair<Observation>>,
    /// Items without a link, with their text where it has been read.
    pub(crate) unlinked: Pair<Vec<Item>>,
    /// Links that were made in this turn and are not stored yet.
    pub(crate) made: HashSet<LinkId>,
    /// Those of them whose items both stood already.
    pub(crate) adopted: HashSet<LinkId>,
    /// Items that get their link later in this turn.
    pub(crate) to_be_made: usize,
    /// Links that the filter leaves alone.
    pub(crate) left: HashSet<LinkId>,
    /// Links that were let go of ([`Observed::keep_only`]).
    pub(crate) let_go: usize,
    /// The items of each side that were let go of.
    pub(crate) let_go_items: Pair<usize>,
    /// Items that are missing from a complete list without proof that they were deleted.
    pub(crate) vanished: Vec<(Side, ItemId)>,
    /// Items that failed before and are looked at again, with their links.
    pub(crate) due: Vec<(Dirty, Option<LinkId>)>,
    /// Issues that creates of waiting links made and that no run has settled: a request that its caller gave up may land
    /// at any time.
    pub(crate) landed: HashMap<LinkId, Item>,
    /// Since when items wait that changed while the other service was away.
    pub(crate) waits: HashMap<(Side, ItemId), Millis>,
    /// Links with a write whose effect is not known yet: nothing is planned for them until it was looked for.
    pub(crate) busy: HashSet<LinkId>,
    /// Sides whose project as a whole was found gone.
    pub(crate) project_gone: Option<Side>,
    /// Whether Huly's items were all listed.
    pub(crate) full: bool,
    /// The newest stamp that was seen.
    pub(crate) newest: Option<Millis>,
    /// Links that came from other projects with their issues, each with the pair that has its row.
    pub(crate) moved: Vec<(LinkId, ProjectLinkId)>,
    /// Items read.
    pub(crate) items: u64,
}

const UNSEEN: Pair<Observation> = Pair {
    huly: Observation::Unseen,
    vibe: Observation::Unseen,
};

impl Observed {
    /// What was seen of one link.
    pub(crate) fn of(&self, link: &LinkId) -> Pair<&Observation> {
        self.now.get(link).unwrap_or(&UNSEEN).as_ref()
    }

    /// Items of each side that are known in this turn: those of links and those without.
    pub(crate) fn known_items(&self) -> Pair<usize> {
        Pair::by(|side| {
            let linked = self
                .links
                .values()
                .filter(|link| link.items.side(side).is_some())
                .count();
            linked + self.unlinked.side(side).len() + self.let_go_items.side(side)
        })
    }

    /// Keeps these links, lets go of everything else and only counts it: a turn that waits holds no more than it looks at again.
    pub(crate) fn keep_only(&mut self, kept: &HashSet<LinkId>) {
        let (links, items) = (self.links.len(), self.known_items());
        self.links.retain(|id, _| kept.contains(id));
        self.now.retain(|id, _| kept.contains(id));
        self.links.shrink_to_fit();
        self.now.shrink_to_fit();
        self.unlinked = Pair::default();
        self.let_go += links - self.links.len();
        // of those that were counted just now, what is not there any more
        self.let_go_items = Pair::default();
        let left = self.known_items();
        self.let_go_items = Pair::by(|side| items.side(side) - left.side(side));
    }

    /// Takes a newer observation of one side of one link.
    /// What it did not show counts as unchanged.
    pub(crate) fn see(&mut self, link: LinkId, side: Side, mut observation: Observation) {
        if let (Observation::Present(item), Some(row)) = (&mut observation, self.links.get(&link)) {
            item.fill(row.base.side(side));
        }
        *self.now.entry(link).or_insert(UNSEEN).side_mut(side) = observation;
    }
}

/// Reads both sides of one pair of projects.
pub(crate) async fn project(
    ctx: &Context,
    paired: &Paired,
    start: Start,
) -> Result<Observed, Error> {
    let Paired {
        row,
        boards,
        imagined,
    } = paired;
    let mut links = ctx.store.links(row.id).await?;
    if ctx.rebuilt.load(Ordering::Acquire) {
        for link in &mut links {
            link.rebuilt = true;
        }
    }
    let mut observed = Observed {
        project: Some(row.id),
        full: matches!(start, Start::Full),
        ..Observed::default()
    };
    let by_item: Pair<HashMap<ItemId, LinkId>> = Pair::by(|side| {
        links
            .iter()
            .filter_map(|link| link.items.side(side).clone().map(|item| (item, link.id)))
            .collect()
    });
    observed.links = links.into_iter().map(|link| (link.id, link)).collect();

    let vibe = if *imagined {
        Vec::new()
    } else {
        list(ctx, Side::Vibe, &boards.vibe.id).await?
    };
    take(&mut observed, &by_item, Side::Vibe, vibe);
    let missing = missing(&observed, Side::Vibe);
    prove(
        ctx,
        &mut observed,
        &by_item,
        Side::Vibe,
        &boards.vibe,
        missing,
    )
    .await?;
    if observed.project_gone.is_some() {
        return Ok(observed);
    }

    let mut doubtful = match start {
        Start::Full => {
            let items = list(ctx, Side::Huly, &boards.huly.id).await?;
            take(&mut observed, &by_item, Side::Huly, items);
            self::missing(&observed, Side::Huly)
        }
        Start::Delta { items, removed } => {
            take(&mut observed, &by_item, Side::Huly, items);
            removed
                .into_iter()
                .filter(|item| by_item.huly.contains_key(item))
                .collect()
        }
    };
    look_again(ctx, row, &mut observed, &by_item, &mut doubtful).await?;
    // A link whose counterpart is still to be made needs its item, whether or not it changed.
    let waiting: Vec<ItemId> = observed
        .links
        .values()
        .filter(|link| {
            link.items.vibe.is_none() && observed.of(&link.id).huly == &Observation::Unseen
        })
        .filter_map(|link| link.items.huly.clone())
        .collect();
    doubtful.extend(waiting);
    prove(
        ctx,
        &mut observed,
        &by_item,
        Side::Huly,
        &boards.huly,
        doubtful,
    )
    .await?;
    if ctx.board(Side::Huly).capabilities().client_ids {
        landed::by_id(&mut observed);
    } else {
        landed::by_content(&mut observed);
    }
    moved::here(ctx, row, &mut observed).await?;
    Ok(observed)
}

/// What is told of an item that is missing without proof.
pub(crate) fn vanished(side: Side, item: &ItemId) -> Arc<str> {
    let (code, side) = (codes::VANISHED, side.title());
    format!("{code}: {side} {item} is missing, but nothing proves that it was deleted").into()
}

/// Adds the items that failed before and are due to those that are read on their own.
async fn look_again(
    ctx: &Context,
    row: &ProjectRow,
    observed: &mut Observed,
    by_item: &Pair<HashMap<ItemId, LinkId>>,
    doubtful: &mut Vec<ItemId>,
) -> Result<(), Error> {
    let soon = Millis(ctx.now().0.saturating_add(settle::TYPING_MS));
    for dirty in ctx.store.dirty(row.id, soon, MAX_DIRTY).await? {
        if dirty.next_try > ctx.now() {
            // Somebody was typing in it a moment ago; everything else that is not due yet is simply not asked for.
            if &*dirty.code == codes::BEING_TYPED {
                let link = by_item.side(dirty.side).get(&dirty.item);
                observed.busy.extend(link.copied());
            }
            continue;
        }
        ctx.failed_before(&dirty.item, dirty.tries);
        let link = by_item.side(dirty.side).get(&dirty.item).copied();
        observed.due.push((dirty.clone(), link));
        if &*dirty.code == codes::SERVICE_AWAY {
            let key = (dirty.side, dirty.item.clone());
            observed.waits.insert(key, dirty.since);
        }
        let unseen = match by_item.side(dirty.side).get(&dirty.item) {
            Some(link) => **observed.of(link).side(dirty.side) == Observation::Unseen,
            None => !observed
                .unlinked
                .side(dirty.side)
                .iter()
                .any(|item| item.id == dirty.item),
        };
        if dirty.side == Side::Huly && unseen && !doubtful.contains(&dirty.item) {
            doubtful.push(dirty.item);
        }
    }
    Ok(())
}

/// Sorts items into observations of links and items without a link.
fn take(
    observed: &mut Observed,
    by_item: &Pair<HashMap<ItemId, LinkId>>,
    side: Side,
    items: Vec<Item>,
) {
    observed.items += items.len() as u64;
    for item in items {
        if side == Side::Huly {
            observed.newest = observed.newest.max(item.modified);
        }
        match by_item.side(side).get(&item.id) {
            Some(link) => {
                let item = reduced(observed.links.get(link), side, item);
                observed.see(*link, side, Observation::Present(Box::new(item)));
            }
            None => observed.unlinked.side_mut(side).push(item),
        }
    }
}

/// Of an item that is as its base says, nothing is held twice: not its values, and not its text, which the store has.
fn reduced(link: Option<&Link>, side: Side, item: Item) -> Item {
    match link.map(|link| link.base.side(side)) {
        Some(base) if *base == item.values => Item {
            values: base.clone(),
            text: None,
            ..item
        },
        Some(_) | None => item,
    }
}
