//! What is kept of transactions, and the bookkeeping that comes after them.

use serde_json::json;

use super::classes::Domain;
use super::model::{Bookkeeping, Due};
use super::tx::Tx;
use super::{Doc, Huly, text};

impl Huly {
    /// Keeps the row of a transaction that is about to be tried; of a repeated id the first row stays.
    /// What the server derives from it (counters, cascades) has no rows of its own.
    pub(crate) fn record(&mut self, tx: &Tx, now: i64) {
        self.last_tx = Some(tx.id().to_owned());
        if self.table_mut(Domain::Tx).contains(tx.id()) {
            return;
        }
        let mut row = tx.body.clone();
        row.insert("modifiedOn".into(), json!(now));
        row.insert("createdOn".into(), json!(now));
        row.insert("createdBy".into(), json!(tx.author()));
        row.remove("retrieve");
        self.table_mut(Domain::Tx).put(row);
    }

    /// Counts an activity entry of a document, now or later.
    pub(crate) fn count_activity(
        &mut self,
        domain: Domain,
        id: &str,
        modified_on: i64,
        modified_by: &str,
    ) {
        let due = Due {
            at: modified_on,
            domain,
            id: id.into(),
            modified_on,
            modified_by: modified_by.into(),
        };
        match self.bookkeeping {
            Bookkeeping::AtOnce => self.carry_out(&due),
            Bookkeeping::Late { after_ms } => self.due.push(Due {
                at: modified_on.saturating_add(after_ms),
                ..due
            }),
        }
    }

    /// Carries out what the server does by itself: bookkeeping that is due, typing that is to be saved.
    pub(crate) fn settle(&mut self) {
        if self.due.is_empty() && self.live.is_empty() {
            return;
        }
        let now = self.clock.now();
        let (due, later) = std::mem::take(&mut self.due)
            .into_iter()
            .partition(|due: &Due| due.at <= now);
        self.due = later;
        let due: Vec<Due> = due;
        for entry in &due {
            self.carry_out(entry);
        }
        self.save_due_typing(now);
    }

    fn carry_out(&mut self, due: &Due) {
        if let Some(doc) = self.table_mut(due.domain).get_mut(&due.id) {
            let count = doc
                .get("docUpdateMessages")
                .and_then(serde_json::Value::as_i64)
                .unwrap_or(0);
            doc.insert("docUpdateMessages".into(), json!(count + 1));
            touch(doc, due.modified_on, &due.modified_by);
        }
    }

    /// The rows of the history about one document, in order.
    pub fn history_of(&self, object: &str) -> Vec<&Doc> {
        self.table(Domain::Tx)
            .filter(|row| text(row, "objectId") == object)
            .collect()
    }
}

/// Stamps a document as changed.
pub(crate) fn touch(doc: &mut Doc, modified_on: i64, modified_by: &str) {
    doc.insert("modifiedOn".into(), json!(modified_on));
    doc.insert("modifiedBy".into(), json!(modified_by));
    doc.insert("%hash%".into(), json!(format!("{modified_on:x}")));
}
