//! The plan of one link.

use std::sync::Arc;

use super::{
    Action, Forget, LinkInput, LinkPlan, PhaseChange,
    create::create,
    fields, gone,
    view::{View, is_unset, planned},
};
use crate::{
    item::{Field, Observation},
    link::{Link, Phase},
    rules::Rules,
    side::{Pair, Side},
};

/// Plans one link: compares each side with its own past and says what brings the two together (design section 3).
///
/// What [`needs`](super::needs) asked for and was not given leaves that part of the link as it is. Entries stand in this
/// order: what only the store sees (agreements, conflicts, problems, notices), updates of Huly, of Vibe, then what is
/// made or taken away.
///
/// ```
/// # use sync_core::{Pair, ids::*, item::*, lens::{Category, HulyStatus, Lens, Lenses, StatusNames}, link::Link, plan::{self, LinkInput}, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits { nul: true, ..Limits::default() } };
/// # let huly = [HulyStatus { id: "h".into(), name: "Todo".into(), category: Some(Category::Todo) }];
/// # let lenses = Lenses { default: Lens::build(&huly, &["todo".into()], &StatusNames::default()).0, ..Lenses::default() };
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// let mut link = Link::between(&rules, "h1".into(), "t1".into());
/// link.base.huly = Values { title: "Dock".into(), status: Some("h".into()), ..Values::default() };
/// link.base.vibe = Values { title: "Dock".into(), status: Some("todo".into()), ..Values::default() };
/// let mut issue = Item::new("h1".into(), link.base.huly.clone());
/// issue.values.title = "Harbour dock".into();
/// let now = Pair { huly: &Observation::Present(Box::new(issue)), vibe: &Observation::Unseen };
/// let plan = plan::link(&rules, &LinkInput { link: &link, now, base_texts: Pair::default() });
/// assert_eq!(plan::text(&[plan]), "Harbour dock\n  ~ update Vibe title: Dock -> Harbour dock\n1 to update\n");
/// ```
pub fn link(rules: &Rules<'_>, input: &LinkInput<'_>) -> LinkPlan {
    let link = input.link;
    if is_quiet(rules, link, input.now) {
        return nothing(link);
    }
    let mut view = View::of(rules, link, input.now);
    view.base_texts = input.base_texts.as_ref().map(Option::as_ref);
    let actions = match link.phase {
        // Whatever happens meanwhile is seen when it wakes.
        Phase::Asleep => Vec::new(),
        Phase::Tombstone => tombstone(link, input.now),
        Phase::Active => active(&view, input.now),
    };
    if actions.is_empty() {
        nothing(link)
    } else {
        LinkPlan {
            link: link.id,
            label: label(&view),
            actions,
        }
    }
}

fn nothing(link: &Link) -> LinkPlan {
    LinkPlan {
        link: link.id,
        label: link.label.clone().unwrap_or_default(),
        actions: Vec::new(),
    }
}

/// Plans a link that is to fall asleep, because its item left the filter (design 3.9): what is left to carry is carried
/// first; a link with nothing left to send falls asleep. It keeps its link, and nothing is deleted.
pub fn sleep(rules: &Rules<'_>, input: &LinkInput<'_>, reason: &str) -> LinkPlan {
    let mut plan = link(rules, input);
    let sends = plan.actions.iter().any(|action| action.target().is_some());
    let ends = plan
        .actions
        .iter()
        .any(|action| matches!(action, Action::Phase(_) | Action::Forget(_)));
    if input.link.phase == Phase::Active && !sends && !ends {
        plan.actions.push(Action::Phase(PhaseChange {
            to: Phase::Asleep,
            reason: reason.into(),
            gone: None,
        }));
    }
    plan
}

/// Plans a link that wakes: it is active again, and compared in full.
pub fn wake(rules: &Rules<'_>, input: &LinkInput<'_>, reason: &str) -> LinkPlan {
    if input.link.phase != Phase::Asleep {
        return link(rules, input);
    }
    let awake = awake(input.link);
    let mut plan = link(
        rules,
        &LinkInput {
            link: &awake,
            now: input.now,
            base_texts: input.base_texts.clone(),
        },
    );
    plan.actions.insert(
        0,
        Action::Phase(PhaseChange {
            to: Phase::Active,
            reason: reason.into(),
            gone: None,
        }),
    );
    plan
}

/// A sleeping link as it is planned when it wakes: what [`needs`](super::needs) is asked with.
pub fn awake(link: &Link) -> Link {
    Link {
        phase: Phase::Active,
        ..link.clone()
    }
}

/// Whether there is nothing to do, told without allocating: two million of these fit into a second.
pub(super) fn is_quiet(rules: &Rules<'_>, link: &Link, now: Pair<&Observation>) -> bool {
    let as_known = |side: Side| {
        let base = link.base.side(side);
        match now.side(side) {
            Observation::Gone => false,
            Observation::Unseen => true,
            Observation::Present(item) => {
                item.values == *base
                    || !planned(rules, link)
                        .iter()
                        .any(|field| !base.same(&item.values, field))
            }
        }
    };
    let is_set = |side: Side| {
        let base = link.base.side(side);
        let off = rules.policies.direction.off();
        let is_set = |field| off.contains(field) || !is_unset(base, field);
        link.items.side(side).is_some() && is_set(Field::Status) && is_set(Field::Description)
    };
    link.phase == Phase::Active
        && link.rules == rules.version
        && !link.rebuilt
        && Side::ALL
            .into_iter()
            .all(|side| is_set(side) && as_known(side))
}

fn active(view: &View<'_>, now: Pair<&Observation>) -> Vec<Action> {
    match (&view.link.items.huly, &view.link.items.vibe) {
        (None, None) => vec![forget("neither item is there any more")],
        (Some(_), None) => lone(view, now.huly, Side::Huly),
        (None, Some(_)) => lone(view, now.vibe, Side::Vibe),
        (Some(huly), Some(vibe)) => match (now.huly, now.vibe) {
            (Observation::Gone, Observation::Gone) => vec![forget("both items were deleted")],
            (Observation::Gone, Observation::Present(item)) => gone::plan(view, Side::Huly, item),
            (Observation::Present(item), Observation::Gone) => gone::plan(view, Side::Vibe, item),
            // Whether the other item was edited is not known: nothing is decided.
            (Observation::Gone, Observation::Unseen) | (Observation::Unseen, Observation::Gone) => {
                Vec::new()
            }
            (
                Observation::Present(_) | Observation::Unseen,
                Observation::Present(_) | Observation::Unseen,
            ) => fields::plan(view, Pair { huly, vibe }),
        },
    }
}

/// A link whose counterpart is still to be made.
fn lone(view: &View<'_>, now: &Observation, side: Side) -> Vec<Action> {
    let target = side.opposite();
    match now {
        Observation::Gone => vec![forget(
            "the item was deleted before its counterpart was made",
        )],
        Observation::Unseen => Vec::new(),
        Observation::Present(_) if !view.rules.create.allows(target) => Vec::new(),
        Observation::Present(item) => create(
            view.rules,
            view.link,
            target,
            item,
            *view.link.generation.side(target),
        ),
    }
}

/// One item was deleted; the other is left as it is while it stands.
fn tombstone(link: &Link, now: Pair<&Observation>) -> Vec<Action> {
    let stands = |side: Side| match (link.items.side(side), now.side(side)) {
        (None, _) | (Some(_), Observation::Gone) => false,
        (Some(_), Observation::Present(_) | Observation::Unseen) => true,
    };
    if Side::ALL.into_iter().any(stands) {
        Vec::new()
    } else {
        vec![forget("both items were deleted")]
    }
}

fn forget(reason: &str) -> Action {
    Action::Forget(Forget {
        reason: reason.into(),
    })
}

/// Identifier and title, for people.
fn label(view: &View<'_>) -> Arc<str> {
    let observed = view.item(Side::Huly).and_then(|item| item.label.as_deref());
    let title = |side: Side| Some(&*view.values(side).title).filter(|title| !title.is_empty());
    let title = title(Side::Huly)
        .or_else(|| title(Side::Vibe))
        .unwrap_or_default();
    match observed.or(view.link.label.as_deref()) {
        Some(label) if title.is_empty() => label.into(),
        Some(label) => format!("{label} {title}").into(),
        None => title.into(),
    }
}

impl Action {
    /// The side that is written, where the action is sent at all.
    pub const fn target(&self) -> Option<Side> {
        match self {
            Action::Create(create) => Some(create.side),
            Action::Update(update) => Some(update.side),
            Action::Cancel(cancel) => Some(cancel.side),
            Action::Remove(remove) => Some(remove.side),
            Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => None,
        }
    }
}
