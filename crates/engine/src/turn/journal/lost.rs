//! Rows of values that do not stand any more, or that a person is asked about.

use std::sync::Arc;

use store::row::ConflictRow;
use sync_core::{
    Pair,
    item::{Field, Value},
    plan::{Conflict, Remove, RemoveReason},
};

use super::Entry;

impl Entry<'_> {
    pub(super) fn conflict(&mut self, conflict: &Conflict) {
        self.report.conflicts += 1;
        if conflict.frozen {
            let (label, field) = (&self.plan.label, conflict.field);
            let notice =
                format!("{label}: the {field} waits for your decision: `hvs conflicts list`");
            self.report.notices.push(notice.into());
        }
        self.batch.conflicts.push(ConflictRow {
            winner: conflict.winner,
            base: conflict.base.clone(),
            open: conflict.frozen,
            ..self.lost(
                conflict.field,
                conflict.values.clone(),
                word(&conflict.cause),
            )
        });
    }

    /// What is deleted is kept whole first (design 3.6).
    pub(super) fn keep_whole(&mut self, remove: &Remove) {
        let side = remove.side;
        let cause = match remove.reason {
            RemoveReason::Mirrored => "mirrored",
            RemoveReason::Twin => "twin",
        };
        let status = remove.kept.status.clone();
        let kept = [
            (Field::Title, Value::Text(Arc::clone(&remove.kept.title))),
            (
                Field::Description,
                Value::Text(Arc::clone(&remove.kept.text)),
            ),
            (Field::Status, status.map_or(Value::Unset, Value::Status)),
        ];
        for (field, value) in kept {
            let mut values = Pair {
                huly: Value::Unset,
                vibe: Value::Unset,
            };
            *values.side_mut(side) = value;
            self.batch.conflicts.push(ConflictRow {
                winner: Some(side.opposite()),
                item: Some(remove.item.clone()),
                ..self.lost(field, values, cause.into())
            });
        }
    }

    /// A row for values of which one does not stand any more, and nobody is asked about it.
    fn lost(&self, field: Field, values: Pair<Value>, cause: Arc<str>) -> ConflictRow {
        ConflictRow {
            id: 0,
            project: self.row.id,
            link: self.link.id,
            run: self.ctx.run,
            at: self.ctx.now(),
            field,
            winner: None,
            values,
            base: None,
            cause,
            open: false,
            label: Arc::clone(&self.plan.label),
            item: None,
            version: 1,
            decision: None,
            pending: false,
        }
    }
}

/// An enum's word in snake case, as its serialised form has it.
fn word(cause: &impl serde::Serialize) -> Arc<str> {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(word)) => word.into(),
        Ok(_) | Err(_) => "unknown".into(),
    }
}
