//! Which way a field goes (issue 3, `[fields]`).

use serde::{Deserialize, Serialize};

use crate::{
    item::{Field, FieldSet, Values},
    side::Side,
};

/// Which way changes of one field go.
///
/// A new counterpart starts as a copy, whatever the direction (but for what is off). From then on a change on the side that the field
/// does not come from is left alone: it is neither written nor counted, until the other side changes the field, too: then that side
/// stands, and what gives way is kept as a conflict.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From Huly to Vibe only.
    ToVibe,
    /// From Vibe to Huly only.
    ToHuly,
    /// Not at all: the field is neither compared nor carried nor remembered. A new counterpart gets a title all the same, since no item
    /// is without one.
    Off,
}

impl Direction {
    /// Whether changes are written to `side`.
    ///
    /// ```
    /// use sync_core::{Side, rules::Direction};
    /// assert!(Direction::ToVibe.flows_to(Side::Vibe) && !Direction::ToVibe.flows_to(Side::Huly));
    /// ```
    pub const fn flows_to(self, side: Side) -> bool {
        match (self, side) {
            (Direction::Both, _)
            | (Direction::ToVibe, Side::Vibe)
            | (Direction::ToHuly, Side::Huly) => true,
            (Direction::Off, _)
            | (Direction::ToVibe, Side::Huly)
            | (Direction::ToHuly, Side::Vibe) => false,
        }
    }
}

/// The direction of each field. The fields that only some services have go both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Directions {
    /// Of the title.
    pub title: Direction,
    /// Of the description.
    pub description: Direction,
    /// Of the status.
    pub status: Direction,
}

impl Directions {
    /// The direction of one field.
    pub const fn of(&self, field: Field) -> Direction {
        match field {
            Field::Title => self.title,
            Field::Description => self.description,
            Field::Status => self.status,
            Field::Priority | Field::Parent | Field::Labels | Field::Assignee | Field::DueDate => {
                Direction::Both
            }
        }
    }

    /// The fields that are not synced at all.
    pub const fn off(&self) -> FieldSet {
        let mut off = FieldSet::EMPTY;
        if matches!(self.title, Direction::Off) {
            off.insert(Field::Title);
        }
        if matches!(self.description, Direction::Off) {
            off.insert(Field::Description);
        }
        if matches!(self.status, Direction::Off) {
            off.insert(Field::Status);
        }
        off
    }

    /// The values without those of fields that are off: what may be remembered.
    #[must_use]
    pub fn kept(&self, values: &Values) -> Values {
        let mut kept = values.clone();
        for field in self.off().iter() {
            kept.take(field, &Values::default());
        }
        kept
    }
}
