//! Making links: gives the planner what design 3.5 looks at, and takes its decisions to rows and plans.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use store::row::ProjectRow;
use sync_core::{
    Pair, Side,
    ids::{ItemId, LinkId},
    item::{Item, Observation},
    link::{self, Decision, Known, Link, Unlinked},
    plan::LinkPlan,
    rules::Rules,
};

use crate::{
    choosing::{self, Chooser},
    context::Context,
    error::Error,
    landed,
    observe::{IDS_PER_CALL, Observed},
    planning::{self, Fetched},
    port::BoardProject,
    reconcile::rollback,
    report::ProjectReport,
    settings,
    turn::{
        looking::{LookedUp, linked_items, look_up},
        taking::take,
    },
};

/// Counterparts whose descriptions are read together, while those read before are written.
const PART: usize = 50;
/// What making links begins with.
#[derive(Default)]
pub(super) struct Made {
    /// What the new links need first.
    pub(super) plans: Vec<LinkPlan>,
    /// Items that get their link once the ones before are written, part by part.
    pub(super) later: VecDeque<Part>,
}

/// Items of one side that get a counterpart.
pub(super) struct Part {
    side: Side,
    items: Vec<Item>,
}

impl Part {
    /// Reads the descriptions.
    pub(super) async fn read(self, ctx: &Context) -> (Side, Fetched) {
        let read = planning::fetch_unlinked(ctx, self.side, self.items).await;
        (self.side, read)
    }
}

/// How links are made in one turn.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) rules: &'a Rules<'a>,
    pub(super) chooser: &'a Chooser<'a>,
    /// Whether most of the counterparts are left for [`part`].
    pub(super) in_parts: bool,
}

/// Makes links for items without one, and puts them into `observed`; what they need first comes back as plans. With `in_parts` most
/// counterparts are left for [`part`]: no item's write waits for the texts of the whole project.
pub(super) async fn links(
    ctx: &Context,
    row: &ProjectRow,
    boards: &Pair<BoardProject>,
    way: Way<'_>,
    observed: &mut Observed,
    report: &mut ProjectReport,
) -> Result<Made, Error> {
    let Way {
        rules,
        chooser,
        in_parts,
    } = way;
    let outside: Pair<BTreeSet<ItemId>> = Pair::by(|side| {
        let all = observed.unlinked.side(side).iter();
        all.filter(|item| !chooser.lets(rules.lenses, side, item))
            .map(|item| item.id.clone())
            .collect()
    });
    report.outside += (outside.huly.len() + outside.vibe.len()) as u64;
    let left = |side: Side| observed.unlinked.side(side).len() == outside.side(side).len();
    if Side::ALL.into_iter().all(left) {
        return Ok(Made::default());
    }
    let mut plans = landed::remade(observed);
    let wants = link::wants(rules, observed.unlinked.as_ref().map(Vec::as_slice));
    let looked_up = look_up(ctx, boards, observed, &wants).await?;
    let mut decisions = decide(ctx, row, rules, observed, &looked_up).await?;
    if rollback::shows(ctx, observed, &decisions) {
        rollback::mark(ctx, row, observed, report).await?;
    }
    decisions
        .retain(|decision| is_inside(&outside, decision) && choosing::only_item(ctx, decision));
    let later = if in_parts {
        put_off(observed, &mut decisions)
    } else {
        VecDeque::new()
    };
    observed.to_be_made = later.iter().map(|part| part.items.len()).sum();
    let read = read_texts(ctx, observed, &looked_up, &decisions, report).await?;
    for decision in decisions {
        plans.extend(take(rules, observed, &read, decision, report));
    }
    Ok(Made { plans, later })
}

/// Takes the creates after the first [`PART`] out of the decisions.
fn put_off(observed: &Observed, decisions: &mut Vec<Decision>) -> VecDeque<Part> {
    let mut first = 0;
    let mut items: Pair<HashSet<ItemId>> = Pair::default();
    decisions.retain(|decision| match decision {
        Decision::Create { from, item, .. } => {
            first += 1;
            if first > PART {
                items.side_mut(*from).insert(item.clone());
            }
            first <= PART
        }
        Decision::Adopt { .. }
        | Decision::Twin { .. }
        | Decision::Relink { .. }
        | Decision::Copy { .. }
        | Decision::Foreign { .. }
        | Decision::Hold { .. } => true,
    });
    let mut parts = VecDeque::new();
    for side in Side::ALL {
        let unlinked = observed.unlinked.side(side).iter();
        let wanted: Vec<&Item> = unlinked
            .filter(|item| items.side(side).contains(&item.id))
            .collect();
        parts.extend(wanted.chunks(PART).map(|part| Part {
            side,
            items: part.iter().copied().cloned().collect(),
        }));
    }
    parts
}

/// Makes the links of one part that was put off, from its items with their descriptions.
pub(super) async fn part(
    ctx: &Context,
    rules: &Rules<'_>,
    observed: &mut Observed,
    (side, read): (Side, Fetched),
    report: &mut ProjectReport,
) -> Result<Vec<LinkPlan>, Error> {
    observed.to_be_made = observed.to_be_made.saturating_sub(read.len());
    let items = planning::with_texts(ctx, side, observed, read, report).await?;
    Ok(items
        .iter()
        .map(|item| make(rules, observed, item, side))
        .collect())
}

/// A new link with its plan, for an item that gets a counterpart.
pub(super) fn make(
    rules: &Rules<'_>,
    observed: &mut Observed,
    item: &Item,
    from: Side,
) -> LinkPlan {
    let (link, plan) = link::create(rules, item, from);
    observed.see(link.id, from, Observation::Present(Box::new(item.clone())));
    observed.made.insert(link.id);
    observed.links.insert(link.id, link);
    plan
}

/// Whether a decision is about items that are synced. Decisions are made over all items, so that none outside is taken for missing.
fn is_inside(outside: &Pair<BTreeSet<ItemId>>, decision: &Decision) -> bool {
    match decision {
        // judged on the issue
        Decision::Adopt { huly, .. } => !outside.huly.contains(huly),
        Decision::Create { from, item, .. }
        | Decision::Hold {
            side: from, item, ..
        } => !outside.side(*from).contains(item),
        Decision::Twin { .. }
        | Decision::Copy { .. }
        | Decision::Foreign { .. }
        | Decision::Relink { .. } => true,
    }
}

async fn decide(
    ctx: &Context,
    row: &ProjectRow,
    rules: &Rules<'_>,
    observed: &Observed,
    looked_up: &LookedUp,
) -> Result<Vec<Decision>, Error> {
    let linked: Pair<BTreeSet<ItemId>> = Pair::by(|side| linked_items(observed, side));
    // Links that a marker names may belong to another project: the store knows.
    let named: Vec<LinkId> = observed
        .unlinked
        .vibe
        .iter()
        .filter_map(|item| Some(item.footer.as_ref()?.marker?.link))
        .filter(|id| !observed.links.contains_key(id))
        .collect();
    let mut elsewhere: HashMap<LinkId, Link> = HashMap::new();
    for chunk in named.chunks(IDS_PER_CALL) {
        for (project, link) in ctx.store.links_by_id(chunk).await? {
            if project != row.id {
                elsewhere.insert(link.id, link);
            }
        }
    }
    let known = |id: LinkId| {
        if let Some(link) = observed.links.get(&id) {
            return Some(Known {
                link: link.clone(),
                task: observed.of(&id).vibe.clone(),
            });
        }
        elsewhere.get(&id).map(|link| Known {
            link: link.clone(),
            task: Observation::Unseen,
        })
    };
    let is_linked = |side: Side, item: &ItemId| linked.side(side).contains(item);
    Ok(link::decide(
        rules,
        &Unlinked {
            items: observed.unlinked.as_ref().map(Vec::as_slice),
            link: &known,
            linked: &is_linked,
            derived: &looked_up.derived,
            labelled: &looked_up.labelled,
            titles: looked_up.titles.as_ref(),
            take_over: ctx.settings.scope == settings::Scope::Repair,
        },
    ))
}

/// Items with their texts, by side and id.
pub(super) type Texts = Pair<HashMap<ItemId, Item>>;

/// Reads the descriptions of the items that are about to get a link.
async fn read_texts(
    ctx: &Context,
    observed: &Observed,
    looked_up: &LookedUp,
    decisions: &[Decision],
    report: &mut ProjectReport,
) -> Result<Texts, Error> {
    let mut wanted: Pair<BTreeSet<ItemId>> = Pair::default();
    for decision in decisions {
        match decision {
            Decision::Adopt { huly, vibe, .. } => {
                wanted.huly.insert(huly.clone());
                wanted.vibe.insert(vibe.clone());
            }
            Decision::Create { from, item, .. } => {
                wanted.side_mut(*from).insert(item.clone());
            }
            Decision::Twin { remove, .. } => {
                wanted.vibe.insert(remove.clone());
            }
            Decision::Relink { item, .. } => {
                wanted.vibe.insert(item.clone());
            }
            Decision::Copy { .. } | Decision::Foreign { .. } | Decision::Hold { .. } => {}
        }
    }
    let mut texts = Texts::default();
    for side in Side::ALL {
        let unlinked: HashMap<&ItemId, &Item> = observed
            .unlinked
            .side(side)
            .iter()
            .map(|item| (&item.id, item))
            .collect();
        let items: Vec<Item> = wanted
            .side(side)
            .iter()
            .filter_map(|id| {
                let known = unlinked.get(id).copied();
                known
                    .or_else(|| looked_up.extra.side(side).get(id))
                    .cloned()
            })
            .collect();
        let read = planning::fetch_unlinked(ctx, side, items).await;
        let read = planning::with_texts(ctx, side, observed, read, report).await?;
        *texts.side_mut(side) = read
            .into_iter()
            .map(|item| (item.id.clone(), item))
            .collect();
    }
    Ok(texts)
}
