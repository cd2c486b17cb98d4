//! One link with both of its items standing (as far as is known): what each field is, compared with its own past.

use std::sync::Arc;

use super::verdict::{Verdict, directed, verdict};
use crate::{
    item::{Field, FieldSet, Item, Observation, Value, Values},
    lens::Lens,
    link::{LastWrite, Link},
    rules::Rules,
    side::{Pair, Side},
};

/// What became of one field on one side since the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// As at the base, or not read this time.
    Same,
    /// Changed by somebody else than us.
    Edited,
    /// What stood there before our last write is back inside the window: the write was lost, or the read is stale (design 3.1 a).
    Lost,
    /// Lost more often than it is sent again.
    Undone,
    /// The base is not ours yet (design 3.1 b): never compared.
    Unset,
}

/// One link to be planned field by field.
///
/// Invariants: neither side is known to be gone; a side that was not read holds its base.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) rules: &'a Rules<'a>,
    pub(super) link: &'a Link,
    /// `None` where the side was not read.
    pub(super) now: Pair<Option<&'a Item>>,
    pub(super) base_texts: Pair<Option<&'a Arc<str>>>,
}

/// The item of an observation, where there is one.
pub(super) fn present(observation: &Observation) -> Option<&Item> {
    match observation {
        Observation::Present(item) => Some(item),
        Observation::Gone | Observation::Unseen => None,
    }
}

/// The fields that are planned: those both sides have, that are not off and do not wait for a person. A parent is an item of its own
/// side, and only the caller knows which item stands for it on the other: it is not carried.
pub(super) const fn planned(rules: &Rules<'_>, link: &Link) -> FieldSet {
    let mut fields = rules
        .shared()
        .without(link.frozen)
        .without(rules.policies.direction.off());
    fields.remove(Field::Parent);
    fields
}

impl<'a> View<'a> {
    pub(super) fn of(rules: &'a Rules<'a>, link: &'a Link, now: Pair<&'a Observation>) -> View<'a> {
        View {
            rules,
            link,
            now: now.map(present),
            base_texts: Pair {
                huly: None,
                vibe: None,
            },
        }
    }

    pub(super) const fn item(&self, side: Side) -> Option<&'a Item> {
        *self.now.side(side)
    }

    pub(super) const fn base(&self, side: Side) -> &'a Values {
        self.link.base.side(side)
    }

    /// What the side is taken to hold now.
    pub(super) fn values(&self, side: Side) -> &'a Values {
        self.item(side).map_or(self.base(side), |item| &item.values)
    }

    /// Whether changes of a field are written to a side.
    pub(super) const fn flows(&self, to: Side, field: Field) -> bool {
        self.rules.policies.direction.of(field).flows_to(to)
    }

    /// What is to be done with a field, with what its direction leaves alone left out.
    pub(super) fn verdict(&self, field: Field, same: bool) -> Verdict {
        directed(
            verdict(self.states(field), same),
            self.rules.policies.direction.of(field),
        )
    }

    pub(super) fn states(&self, field: Field) -> Pair<State> {
        Pair::by(|side| self.state(side, field))
    }

    pub(super) fn state(&self, side: Side, field: Field) -> State {
        let base = self.base(side);
        let Some(item) = self.item(side) else {
            return if is_unset(base, field) {
                State::Unset
            } else {
                State::Same
            };
        };
        if is_unset(base, field) {
            return if self.moved_before_ours(side, field, &item.values) {
                State::Edited
            } else {
                State::Unset
            };
        }
        if base.same(&item.values, field) {
            return State::Same;
        }
        match self.write_in_window(side, field) {
            Some(write) if write.before.same(&item.values, field) => {
                if write.resent < self.rules.confirm_tries {
                    State::Lost
                } else {
                    State::Undone
                }
            }
            Some(_) | None => State::Edited,
        }
    }

    /// A status that is not ours yet is compared with what the service itself gave at the create: anything else is an edit.
    fn moved_before_ours(&self, side: Side, field: Field, now: &Values) -> bool {
        let write = self.link.last_write.side(side).as_ref();
        field == Field::Status
            && write.is_some_and(|write| {
                write.fields.contains(field)
                    && write.before.status.is_some()
                    && !write.before.same(now, field)
            })
    }

    fn write_in_window(&self, side: Side, field: Field) -> Option<&'a LastWrite> {
        let write = self.link.last_write.side(side).as_ref()?;
        // a clock that was set back must not keep the window open for ever
        let age = self.rules.now.0.saturating_sub(write.at.0).saturating_abs();
        (write.fields.contains(field) && age <= self.rules.confirm_window.0).then_some(write)
    }

    /// The map of the item's statuses; `None` where the kind of item is not known because it was not read.
    pub(super) fn lens(&self) -> Option<&'a Lens> {
        let lenses = self.rules.lenses;
        match self.item(Side::Huly) {
            Some(item) => Some(lenses.of(item.kind.as_ref())),
            None if lenses.by_kind.is_empty() => Some(&lenses.default),
            None => None,
        }
    }

    /// Whether the field's value on one side cannot be judged before the item is read.
    pub(super) fn is_blind(&self, side: Side, field: Field) -> bool {
        self.item(side).is_none() && (self.link.rebuilt || is_unset(self.base(side), field))
    }

    /// The description's text at the base, as far as is known.
    pub(super) fn base_text(&self, side: Side) -> Option<Arc<str>> {
        let stored = self.base_texts.side(side).map(Arc::clone);
        let base = &self.base(side).description;
        stored.or_else(|| {
            let item = self
                .item(side)
                .filter(|item| item.values.description == *base);
            item.and_then(Item::known_text)
                .or_else(|| base.is_none().then(|| "".into()))
        })
    }

    /// The description's text now, where a lost write of ours counts as if it stood.
    pub(super) fn text(&self, side: Side) -> Option<Arc<str>> {
        match self.state(side, Field::Description) {
            State::Same | State::Lost | State::Undone => self.base_text(side),
            State::Edited | State::Unset => self.item(side).and_then(Item::known_text),
        }
    }

    /// One field as the side shows it, for plans and conflicts.
    pub(super) fn value(&self, side: Side, field: Field) -> Value {
        let text = match (field, self.item(side)) {
            (Field::Description, Some(item)) => item.known_text().or_else(|| self.text(side)),
            (Field::Description, None) => self.base_text(side),
            (
                Field::Title
                | Field::Status
                | Field::Priority
                | Field::Parent
                | Field::Labels
                | Field::Assignee
                | Field::DueDate,
                _,
            ) => None,
        };
        self.values(side).value(field, text.as_ref())
    }

    /// What stood at the base, by Huly's side of it.
    pub(super) fn base_value(&self, field: Field) -> Option<Value> {
        let text = if field == Field::Description {
            self.base_text(Side::Huly)
        } else {
            None
        };
        match self.base(Side::Huly).value(field, text.as_ref()) {
            Value::Unset => None,
            known => Some(known),
        }
    }

    /// How the item is called in messages: identifier, else title.
    pub(super) fn name(&self) -> &'a str {
        let observed = self.item(Side::Huly).and_then(|item| item.label.as_deref());
        let label = observed.or(self.link.label.as_deref());
        label.unwrap_or_else(|| &self.values(self.link.origin).title)
    }
}

/// Whether a base is not ours yet.
pub(super) fn is_unset(base: &Values, field: Field) -> bool {
    match field {
        Field::Status => base.status.is_none(),
        Field::Description => base.description.is_owed(),
        Field::Title
        | Field::Priority
        | Field::Parent
        | Field::Labels
        | Field::Assignee
        | Field::DueDate => false,
    }
}
