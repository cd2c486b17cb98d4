//! Values by field: comparing and moving them one at a time.

use std::sync::Arc;

use super::{Field, FieldSet, Item, TextVersion, Value, Values};

impl Values {
    /// Whether both hold the same raw value of one field.
    ///
    /// ```
    /// use sync_core::item::{Field, Values};
    /// let (before, now) = (Values::default(), Values { title: "New".into(), ..Values::default() });
    /// assert!(!before.same(&now, Field::Title));
    /// assert!(before.same(&now, Field::Status));
    /// ```
    pub fn same(&self, other: &Values, field: Field) -> bool {
        match field {
            Field::Title => self.title == other.title,
            Field::Description => self.description == other.description,
            Field::Status => self.status == other.status,
            Field::Priority => self.extra.priority == other.extra.priority,
            Field::Parent => self.extra.parent == other.extra.parent,
            Field::Labels => self.extra.labels == other.extra.labels,
            Field::Assignee => self.extra.assignee == other.extra.assignee,
            Field::DueDate => self.extra.due_date == other.extra.due_date,
        }
    }

    /// Takes over the value of one field.
    pub fn take(&mut self, field: Field, from: &Values) {
        match field {
            Field::Title => self.title = Arc::clone(&from.title),
            Field::Description => self.description = from.description.clone(),
            Field::Status => self.status.clone_from(&from.status),
            Field::Priority => self.extra.priority = from.extra.priority,
            Field::Parent => self.extra.parent.clone_from(&from.extra.parent),
            Field::Labels => self.extra.labels.clone_from(&from.extra.labels),
            Field::Assignee => self.extra.assignee.clone_from(&from.extra.assignee),
            Field::DueDate => self.extra.due_date = from.extra.due_date,
        }
    }

    /// Sets one field to a planned value; a description is named by its text. A value of another kind, and
    /// [`Value::Unset`], change nothing.
    pub fn put(&mut self, field: Field, value: &Value) {
        match (field, value) {
            (Field::Title, Value::Text(title)) => self.title = Arc::clone(title),
            (Field::Description, Value::Text(text)) => {
                self.description = TextVersion::of_text(text);
            }
            (Field::Status, Value::Status(status)) => self.status = Some(status.clone()),
            (Field::Priority, Value::Priority(priority)) => self.extra.priority = *priority,
            (Field::Parent, Value::Parent(parent)) => self.extra.parent.clone_from(parent),
            (Field::Labels, Value::Labels(labels)) => self.extra.labels.clone_from(labels),
            (Field::Assignee, Value::Assignee(person)) => self.extra.assignee.clone_from(person),
            (Field::DueDate, Value::DueDate(date)) => self.extra.due_date = *date,
            (
                Field::Title
                | Field::Description
                | Field::Status
                | Field::Priority
                | Field::Parent
                | Field::Labels
                | Field::Assignee
                | Field::DueDate,
                _,
            ) => {}
        }
    }

    /// The fields among `fields` in which the two differ.
    pub fn differing(&self, other: &Values, fields: FieldSet) -> FieldSet {
        fields
            .iter()
            .filter(|field| !self.same(other, *field))
            .collect()
    }

    /// One field as plans carry it; a description by its `text`, [`Value::Unset`] where that is not known.
    pub fn value(&self, field: Field, text: Option<&Arc<str>>) -> Value {
        match field {
            Field::Title => Value::Text(Arc::clone(&self.title)),
            Field::Description => text.map_or(Value::Unset, |text| Value::Text(Arc::clone(text))),
            Field::Status => self.status.clone().map_or(Value::Unset, Value::Status),
            Field::Priority => Value::Priority(self.extra.priority),
            Field::Parent => Value::Parent(self.extra.parent.clone()),
            Field::Labels => Value::Labels(self.extra.labels.clone()),
            Field::Assignee => Value::Assignee(self.extra.assignee.clone()),
            Field::DueDate => Value::DueDate(self.extra.due_date),
        }
    }
}

impl Item {
    /// Fills the fields of [`Item::unseen`] with what the side is taken to hold, so that what was not read is no change, is
    /// never carried and never expected. A description that the side still owes stays as it was read: there is nothing else to
    /// go by.
    ///
    /// ```
    /// # use sync_core::item::*;
    /// let base = Values { description: TextVersion::named("v1"), title: "Dock".into(), ..Values::default() };
    /// let mut read = Item::new("h1".into(), Values { title: "Harbour".into(), ..Values::default() });
    /// read.unseen = FieldSet::of(&[Field::Description]);
    /// read.fill(&base);
    /// assert_eq!((&*read.values.title, read.values.description.as_str()), ("Harbour", "v1"));
    /// assert_eq!(read.text, None);
    /// ```
    pub fn fill(&mut self, base: &Values) {
        for field in self.unseen.iter() {
            if field == Field::Description && base.description.is_owed() {
                self.values.description = TextVersion::default();
                continue;
            }
            self.values.take(field, base);
            if field == Field::Description {
                self.text = base.description.is_none().then(|| "".into());
            }
        }
    }

    /// The description's text, where it is known: as read, or blank where the item says that it has none.
    pub fn known_text(&self) -> Option<Arc<str>> {
        match &self.text {
            Some(text) => Some(Arc::clone(text)),
            None => self.values.description.is_none().then(|| "".into()),
        }
    }
}
