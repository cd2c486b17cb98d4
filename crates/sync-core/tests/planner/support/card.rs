//! One item of the model, as a person sees it.

use std::sync::Arc;

use sync_core::{
    Side,
    ids::{ItemId, StatusId},
    item::{Field, Item, Value, Values},
};

use super::{id_of, version};

/// An item as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) id: ItemId,
    pub(crate) title: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) status: StatusId,
}

impl Card {
    pub(crate) fn new(side: Side, title: &str, text: &str, status: &str) -> Card {
        Card {
            id: id_of(side).into(),
            title: title.into(),
            text: text.into(),
            status: status.into(),
        }
    }

    pub(crate) fn item(&self, side: Side) -> Item {
        let values = Values {
            title: Arc::clone(&self.title),
            description: version(side, &self.text),
            status: Some(self.status.clone()),
            ..Values::default()
        };
        Item {
            text: Some(Arc::clone(&self.text)),
            ..Item::new(self.id.clone(), values)
        }
    }

    /// One field as conflicts carry it.
    pub(crate) fn value(&self, field: Field) -> Value {
        match field {
            Field::Title => Value::Text(Arc::clone(&self.title)),
            Field::Description => Value::Text(Arc::clone(&self.text)),
            Field::Status => Value::Status(self.status.clone()),
            Field::Priority | Field::Parent | Field::Labels | Field::Assignee | Field::DueDate => {
                Value::Unset
            }
        }
    }

    pub(crate) fn put(&mut self, field: Field, value: &Value) {
        match (field, value) {
            (Field::Title, Value::Text(title)) => self.title = Arc::clone(title),
            (Field::Description, Value::Text(text)) => self.text = Arc::clone(text),
            (Field::Status, Value::Status(status)) => self.status = status.clone(),
            (field, value) => panic!("{field} cannot be {value:?}"),
        }
    }
}
