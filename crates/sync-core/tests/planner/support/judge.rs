//! What is asked of the model after a run.

use sync_core::{
    Side,
    item::{Field, Value, Values},
    rules::Rules,
};

use super::world::World;

impl World {
    /// Whether both sides mean the same in one field.
    pub(crate) fn same(&self, rules: &Rules<'_>, field: Field) -> bool {
        let (huly, vibe) = (self.card(Side::Huly), self.card(Side::Vibe));
        match field {
            Field::Title => huly.title == vibe.title,
            Field::Description => {
                (rules.normal_form)(&huly.text) == (rules.normal_form)(&vibe.text)
            }
            Field::Status => rules.lenses.default.same(&huly.status, &vibe.status),
            Field::Priority | Field::Parent | Field::Labels | Field::Assignee | Field::DueDate => {
                true
            }
        }
    }

    /// All that matters, in a few lines.
    pub(crate) fn short(&self) -> String {
        let card = |side: Side| {
            self.cards
                .side(side)
                .as_ref()
                .map(|card| (&card.title, &card.text, card.status.as_str()))
        };
        let base = |values: &Values| {
            (
                values.title.to_string(),
                values.description.as_str().to_owned(),
                values.status.as_ref().map(ToString::to_string),
            )
        };
        let link = self.link.as_ref().map(|link| {
            let write = link.last_write.as_ref().map(|write| {
                write.as_ref().map(|write| {
                    (
                        write.at.0,
                        write.fields.iter().collect::<Vec<_>>(),
                        base(&write.before),
                        write.resent,
                    )
                })
            });
            (
                link.base.as_ref().map(base),
                write,
                link.frozen,
                link.phase,
                link.rebuilt,
            )
        });
        format!(
            "now {} huly {:?} vibe {:?}\nlink {link:?}\ntexts {:?}\nconflicts {:?}\n",
            self.now.0,
            card(Side::Huly),
            card(Side::Vibe),
            self.texts,
            self.conflicts
                .iter()
                .map(|conflict| (conflict.field, &conflict.values, conflict.winner))
                .collect::<Vec<_>>(),
        )
    }

    /// Whether a value is kept for people.
    pub(crate) fn keeps(&self, side: Side, field: Field, value: &Value) -> bool {
        self.conflicts
            .iter()
            .any(|conflict| conflict.field == field && conflict.values.side(side) == value)
    }
}
