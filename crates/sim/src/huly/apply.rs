//! What a transaction on one document does, and what follows from it without a row in the history.

use serde_json::{Value, json};

use super::classes::Domain;
use super::history::touch;
use super::model::stamp;
use super::tx::{Tx, TxKind};
use super::{Doc, Error, Huly, text};

const NO_PARENT: &str = "tracker:ids:NoParent";

impl Huly {
    /// Answers the document as it is right after the write, before anything follows from it.
    pub(crate) fn apply(&mut self, tx: &Tx, now: i64) -> Result<Option<Doc>, Error> {
        match tx.kind {
            TxKind::Create => self.create(tx, now).map(Some),
            TxKind::Update => Ok(self.update(tx, now)),
            TxKind::Remove => {
                self.remove(tx.domain, tx.object(), now, tx.author());
                Ok(None)
            }
            TxKind::Mixin => {
                let mixin = text(&tx.body, "mixin").to_owned();
                let attributes = tx.part("attributes");
                let doc = self.table_mut(tx.domain).get_mut(tx.object());
                Ok(doc.map(|doc| {
                    let values = doc.entry(mixin).or_insert_with(|| json!({}));
                    if let Some(values) = values.as_object_mut() {
                        values.extend(attributes);
                    }
                    touch(doc, now, tx.author());
                    doc.clone()
                }))
            }
        }
    }

    fn create(&mut self, tx: &Tx, now: i64) -> Result<Doc, Error> {
        if self.get(tx.domain, tx.object()).is_some() {
            return Err(Error::Duplicate(tx.domain.table()));
        }
        let mut doc = tx.part("attributes");
        stamp(
            &mut doc,
            tx.object(),
            tx.class(),
            tx.space(),
            now,
            tx.author(),
        );
        for field in ["attachedTo", "attachedToClass", "collection"] {
            if let Some(value) = tx.body.get(field) {
                doc.insert(field.into(), value.clone());
            }
        }
        self.load(doc.clone());
        self.count_in_owner(&doc, 1, now, tx.author());
        if matches!(tx.domain, Domain::Space | Domain::Tracker) {
            self.count_activity(tx.domain, tx.object(), now, tx.author());
        }
        if text(&doc, "_class") == "tags:class:TagReference" {
            bump(
                self.table_mut(Domain::Tags).get_mut(text(&doc, "tag")),
                "refCount",
                1,
            );
        }
        Ok(doc)
    }

    /// A missing document is no error, and neither is a class of another table: nothing happens.
    fn update(&mut self, tx: &Tx, now: i64) -> Option<Doc> {
        let before = self.get(tx.domain, tx.object())?.clone();
        let operations = tx.part("operations");
        let doc = self.table_mut(tx.domain).get_mut(tx.object())?;
        for (field, value) in &operations {
            operate(doc, field, value);
        }
        touch(doc, now, tx.author());
        let after = doc.clone();
        if tx.domain == Domain::Task {
            self.follow_issue(&before, &after, now, tx.author());
        }
        if matches!(tx.domain, Domain::Task | Domain::Tracker) {
            self.count_activity(tx.domain, tx.object(), now, tx.author());
        }
        Some(after)
    }

    /// What the server derives from a changed issue.
    fn follow_issue(&mut self, before: &Doc, after: &Doc, now: i64, author: &str) {
        let id = text(after, "_id").to_owned();
        let changed = |field: &str| before.get(field) != after.get(field);
        if changed("status") {
            let done = self.is_done(text(after, "status"));
            self.set(&id, "isDone", json!(done));
        }
        if changed("estimation") || changed("reportedTime") {
            let hours = |field: &str| after.get(field).and_then(Value::as_f64).unwrap_or(0.0);
            let left = (hours("estimation") - hours("reportedTime")).max(0.0);
            self.set(&id, "remainingTime", whole(left));
            self.update_child_info(after, now, author);
        }
        if changed("attachedTo") {
            self.count_in_owner(before, -1, now, author);
            self.count_in_owner(after, 1, now, author);
            self.rewrite_parents(&id);
        }
        // Looking for children costs a walk over all issues.
        if changed("title") && after.get("subIssues") != Some(&json!(0)) {
            self.retitle(&id, text(after, "title"));
        }
        if changed("space") {
            for child in self.children(&id) {
                self.move_along(&child, text(after, "space"));
            }
        }
    }

    /// Sub-issues go along with their parent; what they say about it stays as it was.
    fn move_along(&mut self, id: &str, space: &str) {
        self.set(id, "space", json!(space));
        for child in self.children(id) {
            self.move_along(&child, space);
        }
    }

    fn rewrite_parents(&mut self, id: &str) {
        let Some(doc) = self.get(Domain::Task, id) else {
            return;
        };
        let parents = self.get(Domain::Task, text(doc, "attachedTo")).map_or_else(Vec::new, |parent| {
            let nearest = json!({ "parentId": text(parent, "_id"), "identifier": text(parent, "identifier"),
                "parentTitle": text(parent, "title"), "space": text(parent, "space") });
            let above = parent.get("parents").and_then(Value::as_array).cloned().unwrap_or_default();
            std::iter::once(nearest).chain(above).collect()
        });
        self.set(id, "parents", Value::Array(parents));
        for child in self.children(id) {
            self.rewrite_parents(&child);
        }
    }

    fn retitle(&mut self, id: &str, title: &str) {
        for child in self.children(id) {
            let Some(parents) = self
                .table_mut(Domain::Task)
                .get_mut(&child)
                .and_then(|doc| doc.get_mut("parents")?.as_array_mut())
            else {
                continue;
            };
            for parent in parents
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .filter(|parent| text(parent, "parentId") == id)
            {
                parent.insert("parentTitle".into(), json!(title));
            }
        }
    }

    pub(crate) fn children(&self, id: &str) -> Vec<String> {
        self.tables
            .get(&Domain::Task)
            .map_or_else(Vec::new, |table| {
                table.ids_where(|doc| text(doc, "attachedTo") == id)
            })
    }

    fn set(&mut self, id: &str, field: &str, value: Value) {
        if let Some(doc) = self.table_mut(Domain::Task).get_mut(id) {
            doc.insert(field.into(), value);
        }
    }

    pub(crate) fn is_done(&self, status: &str) -> bool {
        let category = self
            .get(Domain::Model, status)
            .map_or("", |status| text(status, "category"));
        matches!(
            category,
            "task:statusCategory:Won" | "task:statusCategory:Lost"
        )
    }

    /// Counters of what a document is attached to; they bump its stamp.
    fn count_in_owner(&mut self, doc: &Doc, by: i64, now: i64, author: &str) {
        let owner = text(doc, "attachedTo").to_owned();
        let Some(domain) = Domain::of(text(doc, "attachedToClass")) else {
            return;
        };
        if owner.is_empty() || owner == NO_PARENT {
            return;
        }
        let collection = text(doc, "collection").to_owned();
        let child = text(doc, "_id").to_owned();
        let entry = json!({ "childId": child, "estimation": doc.get("estimation"), "reportedTime": doc.get("reportedTime") });
        let Some(owner) = self.table_mut(domain).get_mut(&owner) else {
            return;
        };
        bump(Some(owner), &collection, by);
        if collection == "subIssues" {
            let infos = owner.entry("childInfo").or_insert_with(|| json!([]));
            if let Some(infos) = infos.as_array_mut() {
                infos.retain(|info| info.get("childId") != Some(&json!(child)));
                if by > 0 {
                    infos.push(entry);
                }
            }
        }
        touch(owner, now, author);
    }

    fn update_child_info(&mut self, child: &Doc, now: i64, author: &str) {
        let id = child.get("_id");
        let Some(parent) = self
            .table_mut(Domain::Task)
            .get_mut(text(child, "attachedTo"))
        else {
            return;
        };
        for info in parent
            .get_mut("childInfo")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if info.get("childId") == id
                && let Some(info) = info.as_object_mut()
            {
                for field in ["estimation", "reportedTime"] {
                    info.insert(
                        field.into(),
                        child.get(field).cloned().unwrap_or(Value::Null),
                    );
                }
            }
        }
        touch(parent, now, author);
    }

    /// Removes a document and, without rows in the history, all that hangs on it.
    pub(crate) fn remove(&mut self, domain: Domain, id: &str, now: i64, author: &str) {
        let Some(doc) = self.table_mut(domain).remove(id) else {
            return;
        };
        self.count_in_owner(&doc, -1, now, author);
        let hangs = |doc: &Doc| match domain {
            Domain::Space => text(doc, "space") == id,
            _ => text(doc, "attachedTo") == id,
        };
        for domain in [
            Domain::Task,
            Domain::Tracker,
            Domain::Tags,
            Domain::Activity,
        ] {
            for child in self.table_mut(domain).ids_where(hangs) {
                self.remove(domain, &child, now, author);
            }
        }
        if domain == Domain::Task {
            self.forget_live(id);
        }
    }
}

fn bump(doc: Option<&mut Doc>, field: &str, by: i64) {
    if let Some(doc) = doc {
        let count = doc.get(field).and_then(Value::as_i64).unwrap_or(0);
        doc.insert(field.into(), json!(count.saturating_add(by).max(0)));
    }
}

/// A whole number is stored as one.
fn whole(hours: f64) -> Value {
    let text = hours.to_string();
    text.parse::<i64>()
        .map_or_else(|_| json!(hours), |whole| json!(whole))
}

/// One entry of `operations`: a plain field replaces, `null` clears.
fn operate(doc: &mut Doc, field: &str, value: &Value) {
    if !field.starts_with('$') {
        doc.insert(field.into(), value.clone());
        return;
    }
    for (target, operand) in value.as_object().into_iter().flatten() {
        match field {
            "$inc" => {
                let sum = doc.get(target).and_then(Value::as_f64).unwrap_or(0.0)
                    + operand.as_f64().unwrap_or(0.0);
                doc.insert(target.clone(), whole(sum));
            }
            "$unset" => {
                doc.remove(target);
            }
            "$push" => push(doc, target, operand),
            "$pull" => {
                if let Some(list) = doc.get_mut(target).and_then(Value::as_array_mut) {
                    let out = |item: &Value| {
                        operand
                            .get("$in")
                            .and_then(Value::as_array)
                            .map_or(item == operand, |all| all.contains(item))
                    };
                    list.retain(|item| !out(item));
                }
            }
            "$update" => {
                if let Some(fields) = operand.as_object() {
                    let values = doc.entry(target.clone()).or_insert_with(|| json!({}));
                    if let Some(values) = values.as_object_mut() {
                        values.extend(fields.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Twice makes two entries.
fn push(doc: &mut Doc, target: &str, operand: &Value) {
    let list = doc.entry(target).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else {
        return;
    };
    let each = operand.get("$each").and_then(Value::as_array);
    let items = each.cloned().unwrap_or_else(|| vec![operand.clone()]);
    let position = operand
        .get("$position")
        .and_then(Value::as_u64)
        .and_then(|at| usize::try_from(at).ok());
    let at = if each.is_some() {
        position.unwrap_or(list.len()).min(list.len())
    } else {
        list.len()
    };
    list.splice(at..at, items);
}
