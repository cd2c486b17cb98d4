//! A service that keeps items: what `sync-core` needs of one, over a map.

use std::{collections::BTreeMap, sync::Arc};

use sync_core::{
    ids::ItemId,
    item::{Field, FieldSet, Item, Observation, TextVersion, Value, Values},
    plan::{Action, Cancel, Create, Update},
    rules::{Capabilities, Limits},
};

/// What the board can do: a create with an id of ours is safe to repeat, a write can be made conditional.
pub const CAPABILITIES: Capabilities = Capabilities {
    fields: FieldSet::COMMON,
    conditional_write: true,
    client_ids: true,
    changes: false,
    status_at_create: true,
    footer: false,
    limits: Limits {
        title_chars: Some(200),
        description_bytes: Some(10_000),
        blank_title: false,
        nul: true,
    },
};

/// The items of one side.
#[derive(Debug, Default)]
pub struct Board {
    items: BTreeMap<ItemId, Item>,
}

/// What people do.
impl Board {
    pub fn add(&mut self, id: &str, title: &str, text: &str, status: &str) {
        let values = Values {
            title: title.into(),
            description: TextVersion::of_text(text),
            status: Some(status.into()),
            ..Values::default()
        };
        let mut item = Item::new(id.into(), values);
        item.text = Some(text.into());
        self.items.insert(item.id.clone(), item);
    }

    pub fn set_status(&mut self, id: &ItemId, status: &str) {
        self.put(id, Field::Status, &Value::Status(status.into()));
    }

    pub fn set_text(&mut self, id: &ItemId, text: &str) {
        self.put(id, Field::Description, &Value::Text(text.into()));
    }

    pub fn delete(&mut self, id: &ItemId) {
        self.items.remove(id);
    }
}

/// What is read.
impl Board {
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    pub fn get(&self, id: &ItemId) -> Option<&Item> {
        self.items.get(id)
    }

    pub fn text(&self, id: &ItemId) -> Option<&Arc<str>> {
        self.get(id)?.text.as_ref()
    }

    pub fn id_of(&self, title: &str) -> ItemId {
        let mut found = self.items().filter(|item| &*item.values.title == title);
        found.next().expect("an item of this title").id.clone()
    }

    /// A map knows what it does not have. A list that came over a network does not: there, absence is [`Observation::Unseen`]
    /// until a read of this one item proved it.
    pub fn observe(&self, id: Option<&ItemId>) -> Observation {
        let Some(id) = id else {
            return Observation::Unseen;
        };
        match self.get(id) {
            Some(item) => Observation::Present(Box::new(item.clone())),
            None => Observation::Gone,
        }
    }
}

/// What a plan asks for. The answer is the item as it stands afterwards; `None` where the board refused, since somebody
/// changed it after the plan was made. The next run sees what there is then.
impl Board {
    pub fn apply(&mut self, action: &Action) -> Option<Item> {
        match action {
            Action::Create(create) => Some(self.create(create)),
            Action::Update(update) => self.update(update),
            Action::Cancel(cancel) => self.cancel(cancel),
            Action::Remove(remove) => self.items.remove(&remove.item),
            Action::Agree(_)
            | Action::Conflict(_)
            | Action::Problem(_)
            | Action::Notice(_)
            | Action::Phase(_)
            | Action::Relink(_)
            | Action::Forget(_) => unreachable!("nothing of a board's business"),
        }
    }

    fn create(&mut self, create: &Create) -> Item {
        let draft = &create.draft;
        let values = Values {
            title: Arc::clone(&draft.title),
            description: TextVersion::of_text(&draft.text),
            status: draft.status.clone(),
            extra: draft.extra.clone(),
        };
        // the id says what it was made for, so making it twice is making it once
        let mut item = Item::new(create.key.document_id(), values);
        item.text = Some(Arc::clone(&draft.text));
        self.items.entry(item.id.clone()).or_insert(item).clone()
    }

    fn update(&mut self, update: &Update) -> Option<Item> {
        let now = &self.get(&update.item)?.values;
        let mut set = update.set.iter();
        if !set.all(|change| now.same(&update.expected, change.field)) {
            return None;
        }
        for change in &update.set {
            self.put(&update.item, change.field, &change.to);
        }
        self.get(&update.item).cloned()
    }

    fn cancel(&mut self, cancel: &Cancel) -> Option<Item> {
        let now = &self.get(&cancel.item)?.values;
        if !now.same(&cancel.expected, Field::Status) {
            return None;
        }
        if let Some(status) = &cancel.status {
            self.put(&cancel.item, Field::Status, &Value::Status(status.clone()));
        }
        self.get(&cancel.item).cloned()
    }

    fn put(&mut self, id: &ItemId, field: Field, value: &Value) {
        let item = self.items.get_mut(id).expect("an item of this id");
        item.values.put(field, value);
        if let (Field::Description, Value::Text(text)) = (field, value) {
            item.text = Some(Arc::clone(text));
        }
    }
}
