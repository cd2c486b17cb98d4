//! A person's decision about one field of one link: what is left to be written until both sides hold it.

use super::{Change, LinkInput, Problem, Why, view::View};
use crate::{
    ids::Millis,
    item::{Field, Value, Values},
    link::Link,
    rules::Rules,
    side::{Pair, Side},
    validate,
};

/// What a person decided, and what that person was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which field.
    pub field: Field,
    /// The side in whose terms the value is.
    pub side: Side,
    /// The value that shall stand on both sides.
    pub value: Value,
    /// The values that were shown; `None`: as the side was when the two were last in agreement.
    pub shown: Pair<Option<Value>>,
    /// When it was decided, by the clock that stamps our writes.
    pub at: Millis,
}

/// What is left to be done about a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// An item, or a text of it, was not read.
    Unread,
    /// An item holds neither what was shown nor what was decided: these values stand there.
    Changed(Pair<Value>),
    /// The value cannot be sent to a side.
    Refused(Problem),
    /// These changes are to be written; a side without one holds the value already.
    Write(Box<Pair<Option<Change>>>),
    /// Both sides hold it.
    Done,
}

/// Holds a decision against what both sides say now. The field may be frozen.
pub fn resolve(rules: &Rules<'_>, input: &LinkInput<'_>, decided: &Decided) -> Resolution {
    let mut view = View::of(rules, input.link, input.now);
    view.base_texts = input.base_texts.as_ref().map(Option::as_ref);
    let now = Pair::by(|side| view.value(side, decided.field));
    let unread = |side: Side| view.item(side).is_none() || *now.side(side) == Value::Unset;
    if Side::ALL.into_iter().any(unread) {
        return Resolution::Unread;
    }
    let mut set = Pair::<Option<Change>>::default();
    for side in Side::ALL {
        let wanted = match wanted(&view, decided, side, &now) {
            Ok(Some(wanted)) => wanted,
            Ok(None) => return Resolution::Unread,
            Err(problem) => return Resolution::Refused(problem),
        };
        let held = now.side(side);
        if means(rules, held, &wanted) || is_written(&view, decided, side) {
            continue;
        }
        let is_known = match decided.shown.side(side) {
            Some(shown) => means(rules, held, shown),
            None => view.base(side).same(view.values(side), decided.field),
        };
        if !is_known {
            return Resolution::Changed(now);
        }
        let change = Change {
            field: decided.field,
            from: held.clone(),
            to: wanted,
            why: Why::Merged,
        };
        match validate::change(&change, side, rules.capabilities.side(side), view.name()) {
            Ok((change, _)) => *set.side_mut(side) = Some(change),
            Err(problem) => return Resolution::Refused(problem),
        }
    }
    if set.huly.is_none() && set.vibe.is_none() {
        Resolution::Done
    } else {
        Resolution::Write(Box::new(set))
    }
}

/// The link's row once both sides hold what was decided: they are in agreement there, and the field waits no more.
#[must_use]
pub fn thaw(link: &Link, field: Field, now: Pair<&Values>) -> Link {
    let mut next = link.clone();
    for (side, values) in now.into_sides() {
        next.base.side_mut(side).take(field, values);
    }
    next.frozen.remove(field);
    if next != *link {
        next.version = link.version.saturating_add(1);
    }
    next
}

/// The value in the terms of one side; `None` where the statuses of the item are not known.
fn wanted(
    view: &View<'_>,
    decided: &Decided,
    side: Side,
    now: &Pair<Value>,
) -> Result<Option<Value>, Problem> {
    let Value::Status(status) = &decided.value else {
        return Ok(Some(decided.value.clone()));
    };
    if side == decided.side {
        return Ok(Some(decided.value.clone()));
    }
    let Some(lens) = view.lens() else {
        return Ok(None);
    };
    let translated = match (side, &now.huly) {
        (Side::Vibe, _) => lens.to_vibe(status),
        (Side::Huly, Value::Status(current)) => lens.to_huly(status, Some(current)),
        (
            Side::Huly,
            Value::Text(_)
            | Value::Priority(_)
            | Value::Parent(_)
            | Value::Labels(_)
            | Value::Assignee(_)
            | Value::DueDate(_)
            | Value::Unset,
        ) => lens.to_huly(status, None),
    };
    match translated {
        Some(status) => Ok(Some(Value::Status(status.clone()))),
        None => Err(validate::unknown_status(status, side, lens, view.name())),
    }
}

/// Whether two values of one side mean the same: what a service does to white space and markup is no difference.
fn means(rules: &Rules<'_>, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => {
            one.trim() == other.trim() || (rules.normal_form)(one) == (rules.normal_form)(other)
        }
        (one, other) => one == other,
    }
}

/// Whether our write of it was confirmed since: what stands there is then what the service made of it.
fn is_written(view: &View<'_>, decided: &Decided, side: Side) -> bool {
    let write = view.link.last_write.side(side).as_ref();
    write.is_some_and(|write| write.at >= decided.at && write.fields.contains(decided.field))
        && view.base(side).same(view.values(side), decided.field)
}
