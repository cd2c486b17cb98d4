//! Observe: what both sides say now about the items of one pair of projects.
//!
//! An absent item is never proof of anything: it becomes `Gone` only after its own read was empty, its project was read after
//! that and is there and ours, and the history shows no move (design 3.6). Anything else is `Unseen`.

mod list;

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

use store::row::{Dirty, ProjectRow};
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId, Millis, ProjectLinkId},
    item::{Item, Observation},
    link::Link,
};

use crate::{
    codes, context::Context, error::Error, landed, port::BoardProject, projects::Paired, settle,
};

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
    /// Links that were let go of ([`Observed::keep_only`]).
    pub(crate) let_go: usize,
    /// The items of each side that were let go of.
    pub(crate) let_go_items: Pair<usize>,
    /// Items that are missing from a complete list without proof that they were deleted.
    pub(crate) vanished: Vec<(Side, ItemId)>,
    /// Items that kept failing for too long.
    pub(crate) gave_up: Vec<Dirty>,
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
    moved_here(ctx, row, &mut observed).await?;
    Ok(observed)
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
        if &*dirty.code == crate::codes::SERVICE_AWAY {
            let key = (dirty.side, dirty.item.clone());
            observed.waits.insert(key, dirty.since);
        }
        if settle::gave_up(ctx, &dirty) {
            observed.gave_up.push(dirty);
            continue;
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

/// Linked items that a complete list did not show.
fn missing(observed: &Observed, side: Side) -> Vec<ItemId> {
    let mut missing: Vec<ItemId> = observed
        .links
        .values()
        .filter(|link| **observed.of(&link.id).side(side) == Observation::Unseen)
        .filter_map(|link| link.items.side(side).clone())
        .collect();
    missing.sort();
    missing
}

/// Reads doubtful items by themselves, and proves absence where it can be proven.
async fn prove(
    ctx: &Context,
    observed: &mut Observed,
    by_item: &Pair<HashMap<ItemId, LinkId>>,
    side: Side,
    project: &BoardProject,
    doubtful: Vec<ItemId>,
) -> Result<(), Error> {
    if doubtful.is_empty() {
        return Ok(());
    }
    let board = ctx.board(side);
    let mut there = HashMap::new();
    for ids in doubtful.chunks(IDS_PER_CALL) {
        there.extend(board.get(ids).await.map_err(Error::service(side))?);
    }
    let absent: Vec<ItemId> = doubtful
        .iter()
        .filter(|id| !there.contains_key(*id))
        .cloned()
        .collect();
    for (id, (_, item)) in there {
        match by_item.side(side).get(&id) {
            Some(link) => observed.see(*link, side, Observation::Present(Box::new(item))),
            None => observed.unlinked.side_mut(side).push(item),
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    // Read after the items: only then does an empty answer mean that they are gone (design 3.6 b).
    let ours = match board
        .project(&project.id)
        .await
        .map_err(Error::service(side))?
    {
        None => {
            observed.project_gone = Some(side);
            return Ok(());
        }
        Some(project) => project.member,
    };
    for id in absent {
        let Some(link) = by_item.side(side).get(&id) else {
            continue;
        };
        let gone = ours && !board.was_moved(&id).await.map_err(Error::service(side))?;
        if gone {
            observed.see(*link, side, Observation::Gone);
        } else {
            observed.vanished.push((side, id));
        }
    }
    Ok(())
}

/// An issue that was moved here from another project keeps its link and its task (design 3.9).
async fn moved_here(ctx: &Context, row: &ProjectRow, observed: &mut Observed) -> Result<(), Error> {
    for side in Side::ALL {
        let ids: Vec<ItemId> = observed
            .unlinked
            .side(side)
            .iter()
            .map(|item| item.id.clone())
            .collect();
        let mut elsewhere: HashMap<ItemId, Link> = HashMap::new();
        for chunk in ids.chunks(IDS_PER_CALL) {
            for (project, link) in ctx.store.links_of_items(side, chunk).await? {
                if let (true, Some(item)) = (project != row.id, link.items.side(side).clone()) {
                    elsewhere.insert(item, link);
                }
            }
        }
        if elsewhere.is_empty() {
            continue;
        }
        let (moved, stay): (Vec<Item>, Vec<Item>) =
            std::mem::take(observed.unlinked.side_mut(side))
                .into_iter()
                .partition(|item| elsewhere.contains_key(&item.id));
        *observed.unlinked.side_mut(side) = stay;
        if side == Side::Vibe {
            // The link went with its issue: that project's turn looks at the task by its own read.
            continue;
        }
        for item in moved {
            let Some(link) = elsewhere.remove(&item.id) else {
                continue;
            };
            let id = link.id;
            if let Some(other) = link.items.side(side.opposite()) {
                let board = ctx.board(side.opposite());
                let mut there = board
                    .get(std::slice::from_ref(other))
                    .await
                    .map_err(Error::service(side.opposite()))?;
                if let Some((_, other)) = there.remove(other) {
                    observed.see(id, side.opposite(), Observation::Present(Box::new(other)));
                }
            }
            observed.see(id, side, Observation::Present(Box::new(item)));
            observed.links.insert(id, link);
        }
    }
    Ok(())
}
