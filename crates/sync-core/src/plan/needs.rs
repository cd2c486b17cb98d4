//! What must be read before a link can be planned: mostly nothing.

use super::{
    Needs, gone,
    make::is_quiet,
    verdict::Verdict,
    view::{State, View, planned},
};
use crate::{
    item::{Field, Item, Observation},
    link::{Link, Phase},
    rules::{Deletion, Rules},
    side::{Pair, Side},
};

/// What must be read before [`link()`](super::link()) can plan this one, given what is known `now`. Asked again after the
/// items were read, it names the texts; once it answers with nothing, the plan is as good as it gets. What could not be
/// read in spite of it makes the plan leave that part alone, never guess.
///
/// ```
/// # use sync_core::{Pair, ids::*, item::*, lens::Lenses, link::Link, plan, rules::*};
/// # let caps = Capabilities { fields: FieldSet::COMMON, conditional_write: true, client_ids: true, changes: true, status_at_create: true, footer: false, limits: Limits::default() };
/// # let lenses = Lenses::default();
/// # let rules = Rules { workspace: WorkspaceId(uuid::Uuid::nil()), store: StoreId(uuid::Uuid::nil()), policies: Policies::default(), lenses: &lenses,
/// #   deletion: Deletion::Cancel, create: Creation::Both, capabilities: Pair { huly: caps, vibe: caps }, normal_form: str::to_owned,
/// #   confirm_window: Millis(30_000), confirm_tries: 3, now: Millis(0), version: RulesVersion(0) };
/// # let link = Link::between(&rules, "h1".into(), "t1".into());
/// let unseen = Pair { huly: &Observation::Unseen, vibe: &Observation::Unseen };
/// assert_eq!(plan::needs(&rules, &link, unseen).item, Pair { huly: true, vibe: true }); // its status base is not set yet
/// ```
pub fn needs(rules: &Rules<'_>, link: &Link, now: Pair<&Observation>) -> Needs {
    if is_quiet(rules, link, now) {
        return Needs::default();
    }
    match link.phase {
        Phase::Asleep | Phase::Tombstone => Needs::default(),
        Phase::Active => active(&View::of(rules, link, now), now),
    }
}

fn active(view: &View<'_>, now: Pair<&Observation>) -> Needs {
    let mut needs = Needs::default();
    match (&view.link.items.huly, &view.link.items.vibe) {
        (None, None) => {}
        (Some(_), None) => lone(view, now, Side::Huly, &mut needs),
        (None, Some(_)) => lone(view, now, Side::Vibe, &mut needs),
        (Some(_), Some(_)) => match (now.huly, now.vibe) {
            (Observation::Gone, Observation::Gone) => {}
            (Observation::Gone, other) => survivor(view, other, Side::Vibe, &mut needs),
            (other, Observation::Gone) => survivor(view, other, Side::Huly, &mut needs),
            (
                Observation::Present(_) | Observation::Unseen,
                Observation::Present(_) | Observation::Unseen,
            ) => {
                both(view, &mut needs);
            }
        },
    }
    needs
}

/// A link whose counterpart is still to be made.
fn lone(view: &View<'_>, now: Pair<&Observation>, side: Side, needs: &mut Needs) {
    if !view.rules.create.allows(side.opposite()) {
        return;
    }
    let off = view.rules.policies.direction.off();
    let wanted = !off.contains(Field::Description);
    match now.side(side) {
        Observation::Unseen => *needs.item.side_mut(side) = true,
        Observation::Present(item) => {
            *needs.text.side_mut(side) = wanted && item.known_text().is_none();
        }
        Observation::Gone => {}
    }
}

/// One item is gone: the other must be known whole where it is deleted or made again.
fn survivor(view: &View<'_>, other: &Observation, side: Side, needs: &mut Needs) {
    match other {
        Observation::Unseen => *needs.item.side_mut(side) = true,
        Observation::Present(item) => {
            let whole = view.rules.deletion == Deletion::Mirror
                || !gone::edited(view, side, item).is_empty();
            *needs.text.side_mut(side) = whole && item.known_text().is_none();
        }
        Observation::Gone => {}
    }
}

fn both(view: &View<'_>, needs: &mut Needs) {
    let fields = planned(view.rules, view.link);
    for side in Side::ALL {
        *needs.item.side_mut(side) = fields.iter().any(|field| view.is_blind(side, field));
    }
    if fields.contains(Field::Status) && view.lens().is_none() {
        let moved = view.state(Side::Vibe, Field::Status) != State::Same;
        needs.item.huly |= moved || view.link.rules != view.rules.version;
    }
    let states = view.states(Field::Description);
    if !fields.contains(Field::Description)
        || view.verdict(Field::Description, false) == Verdict::Nothing
    {
        return;
    }
    needs.base_texts = true;
    for side in Side::ALL {
        let read = match states.side(side) {
            State::Edited | State::Unset | State::Undone => view.item(side).is_some_and(unread),
            State::Same | State::Lost => false,
        };
        *needs.text.side_mut(side) = read;
    }
}

fn unread(item: &Item) -> bool {
    item.known_text().is_none()
}
