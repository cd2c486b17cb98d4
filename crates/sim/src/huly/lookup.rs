//! `lookup`: joined documents in a map beside the answer, and the joined columns that the server leaves in it.

use serde_json::{Value, json};

use super::classes::Domain;
use super::{Doc, Huly, text};

impl Huly {
    /// Puts `$lookup` into the shaped documents and answers the map of what they point at, numbered from 1.
    pub(crate) fn look_up(
        &self,
        lookup: &[(String, Value)],
        found: &[&Doc],
        shaped: &mut [Doc],
    ) -> Value {
        let mut map: Vec<Doc> = Vec::new();
        for (doc, out) in found.iter().zip(shaped.iter_mut()) {
            let mut refs = Doc::new();
            let joined: Vec<(&String, Domain)> = lookup
                .iter()
                .filter_map(|(field, class)| {
                    Domain::of(class.as_str()?).map(|domain| (field, domain))
                })
                .collect();
            // Tables are joined in the database, the model is looked up afterwards.
            let (models, tables): (Vec<_>, Vec<_>) = joined
                .into_iter()
                .partition(|(_, domain)| *domain == Domain::Model);
            for (field, domain) in &tables {
                let target = self.get(*domain, text(doc, field));
                joined_columns(*domain, field, target, out);
                if let Some(target) = target {
                    refs.insert(
                        (*field).clone(),
                        json!(number(&mut map, in_map(*domain, target))),
                    );
                }
            }
            for (field, domain) in &models {
                if let Some(target) = self.get(*domain, text(doc, field)) {
                    refs.insert((*field).clone(), json!(number(&mut map, target.clone())));
                }
            }
            if !tables.is_empty() {
                out.insert(
                    "%hash%".into(),
                    doc.get("%hash%").cloned().unwrap_or(Value::Null),
                );
            }
            out.insert("$associations".into(), json!({}));
            out.insert("$lookup".into(), Value::Object(refs));
        }
        map.into_iter()
            .enumerate()
            .map(|(at, doc)| ((at + 1).to_string(), Value::Object(doc)))
            .collect::<Doc>()
            .into()
    }
}

/// The number of a document in the map, which it joins if it is new.
fn number(map: &mut Vec<Doc>, doc: Doc) -> usize {
    if let Some(at) = map
        .iter()
        .position(|known| known.get("_id") == doc.get("_id"))
    {
        return at + 1;
    }
    map.push(doc);
    map.len()
}

fn in_map(domain: Domain, target: &Doc) -> Doc {
    let mut doc = target.clone();
    doc.remove("%hash%");
    if domain.has_attached_to() {
        doc.entry("attachedTo").or_insert(Value::Null);
    }
    doc
}

const BASE: [&str; 8] = [
    "_id",
    "_class",
    "space",
    "modifiedBy",
    "createdBy",
    "modifiedOn",
    "createdOn",
    "%hash%",
];

/// The raw columns of the join, big numbers as text; all null where nothing was joined.
fn joined_columns(domain: Domain, field: &str, target: Option<&Doc>, out: &mut Doc) {
    let own: &[&str] = if domain == Domain::Space {
        &["private", "members", "archived"]
    } else {
        &["attachedTo"]
    };
    let columns: Vec<&str> = BASE.iter().chain(own).copied().collect();
    let name = |column: &str| format!("lookup_{}_{field}_{column}", domain.table());
    for column in &columns {
        let value = target
            .and_then(|doc| doc.get(*column))
            .cloned()
            .unwrap_or(Value::Null);
        let value = if value.is_i64() {
            json!(value.to_string())
        } else {
            value
        };
        out.insert(name(column), value);
    }
    let data = target.map_or(Value::Null, |doc| {
        doc.iter()
            .filter(|(key, _)| !columns.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Doc>()
            .into()
    });
    out.insert(name("data"), data);
}
