//! One table: documents by id, in the order in which they came.

use std::collections::{BTreeMap, HashMap};

use super::{Doc, text};

/// Documents in order of insertion, found by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<u64, Doc>,
    by_id: HashMap<String, u64>,
    next: u64,
}

impl Table {
    pub(crate) fn get(&self, id: &str) -> Option<&Doc> {
        self.by_id.get(id).and_then(|at| self.rows.get(at))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Doc> {
        self.by_id.get(id).and_then(|at| self.rows.get_mut(at))
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Stores a document under its `_id`, in place of one that is there.
    pub(crate) fn put(&mut self, doc: Doc) {
        let id = text(&doc, "_id").to_owned();
        let at = self.by_id.get(&id).copied().unwrap_or(self.next);
        self.next = self.next.max(at + 1);
        self.by_id.insert(id, at);
        self.rows.insert(at, doc);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Doc> {
        let at = self.by_id.remove(id)?;
        self.rows.remove(&at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Doc> {
        self.rows.values()
    }

    /// Ids of the documents for which `test` holds.
    pub(crate) fn ids_where(&self, test: impl Fn(&Doc) -> bool) -> Vec<String> {
        self.iter()
            .filter(|doc| test(doc))
            .map(|doc| text(doc, "_id").to_owned())
            .collect()
    }
}
