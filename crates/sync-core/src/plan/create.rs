//! A counterpart is made (design 3.5).

use super::{Action, Create, Draft, view::planned};
use crate::{
    ids::{Generation, IntentKey, StatusId},
    item::{Extra, Field, FieldSet, Item},
    link::Link,
    rules::Rules,
    side::{Pair, Side},
    validate,
};

/// The entries that make the counterpart of `source` on `side`. Nothing while the source's text has not been read: what
/// is made without it would have to be written twice. Where the item as a whole is refused, only the problems.
pub(crate) fn create(
    rules: &Rules<'_>,
    link: &Link,
    side: Side,
    source: &Item,
    generation: Generation,
) -> Vec<Action> {
    let direction = rules.policies.direction;
    let off = direction.off();
    let text = if off.contains(Field::Description) {
        Some("".into())
    } else {
        source.known_text()
    };
    let Some(text) = text else {
        return Vec::new();
    };
    let name = source
        .label
        .as_deref()
        .or(link.label.as_deref())
        .unwrap_or(&source.values.title);
    let mut actions = Vec::new();
    let lens = rules.lenses.of(source.kind.as_ref());
    let carried = source
        .values
        .status
        .as_ref()
        .filter(|_| !off.contains(Field::Status));
    let wanted = carried.and_then(|status| match side {
        Side::Vibe => lens.to_vibe(status).cloned(),
        Side::Huly => lens.to_huly(status, None).cloned(),
    });
    if let (None, Some(unknown)) = (&wanted, carried) {
        actions.push(Action::Problem(validate::unknown_status(
            unknown, side, lens, name,
        )));
    }
    let wish = Draft {
        title: source.values.title.clone(),
        text,
        status: wanted,
        extra: shared(&source.values.extra, planned(rules, link).or(link.frozen)),
    };
    let (draft, problems, notices) =
        validate::draft(&wish, side, rules.capabilities.side(side), name);
    let refused = problems.iter().any(validate::refuses_item);
    actions.extend(problems.into_iter().map(Action::Problem));
    if refused {
        return actions;
    }
    actions.extend(notices.into_iter().map(Action::Notice));
    actions.push(Action::Create(Create {
        side,
        key: IntentKey::create(link.id, side, generation),
        generation,
        source: source.id.clone(),
        source_values: direction.kept(&source.values),
        draft,
    }));
    actions
}

/// The extra values of fields that both sides have.
fn shared(extra: &Extra, fields: FieldSet) -> Extra {
    let mut kept = Extra::default();
    if fields.contains(Field::Priority) {
        kept.priority = extra.priority;
    }
    if fields.contains(Field::Labels) {
        kept.labels.clone_from(&extra.labels);
    }
    if fields.contains(Field::Assignee) {
        kept.assignee.clone_from(&extra.assignee);
    }
    if fields.contains(Field::DueDate) {
        kept.due_date = extra.due_date;
    }
    kept
}

/// An item as a draft: all of it, as it is kept before it is deleted.
pub(crate) fn whole(item: &Item) -> Option<Draft> {
    Some(Draft {
        title: item.values.title.clone(),
        text: item.known_text()?,
        status: item.values.status.clone(),
        extra: item.values.extra.clone(),
    })
}

/// The side's status for cancelled, by the lens of the item's kind, or by any lens of the project that has one.
pub(super) fn cancelled(rules: &Rules<'_>, side: Side, item: &Item) -> Option<StatusId> {
    let lenses = rules.lenses;
    let by_kind = lenses.of(item.kind.as_ref()).cancelled(side);
    match side {
        // another kind's status would not be valid for this issue
        Side::Huly => by_kind,
        Side::Vibe => by_kind.or_else(|| {
            lenses
                .by_kind
                .values()
                .find_map(|lens| lens.cancelled(side))
        }),
    }
}

/// A pair with one value on each side by name of the side that is written.
pub(super) fn sided<T>(to: Side, target: T, source: T) -> Pair<T> {
    match to {
        Side::Huly => Pair {
            huly: target,
            vibe: source,
        },
        Side::Vibe => Pair {
            huly: source,
            vibe: target,
        },
    }
}
