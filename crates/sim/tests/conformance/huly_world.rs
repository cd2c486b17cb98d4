//! The recorded workspace as of a moment, put together from all fixtures of before.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sim::huly::Huly;

use crate::fixture::Fixture;

pub(crate) type Doc = Map<String, Value>;

/// When a fixture was recorded, in Unix milliseconds, as exactly as it tells.
pub(crate) fn moment(fixture: &Fixture) -> i64 {
    // This header is always now plus the window of 30 s.
    let reset = fixture
        .text("/response/headers/x-ratelimit-reset")
        .parse::<i64>()
        .ok();
    let sent = fixture
        .at("/request/body/modifiedOn")
        .as_i64()
        .filter(|sent| *sent > 1_700_000_000_000);
    let date = || {
        let date = fixture.text("/response/headers/date");
        jiff::fmt::rfc2822::parse(date).map_or(0, |date| date.timestamp().as_millisecond() + 999)
    };
    reset
        .map(|reset| reset - 30_000)
        .or(sent)
        .unwrap_or_else(date)
}

/// Documents that an answer shows, with what the query cut out of them.
pub(crate) fn shown(fixture: &Fixture) -> Vec<Doc> {
    let body = fixture.at("/response/body");
    let mut docs = Vec::new();
    let (class, query) = asked(fixture);
    for doc in body
        .get("value")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let mut doc: Doc = doc
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| !key.starts_with("lookup_") && !key.starts_with('$'))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for (field, value) in &query {
            if !value.is_object() && !value.is_array() {
                doc.entry(field.clone()).or_insert_with(|| value.clone());
            }
        }
        doc.entry("_class").or_insert_with(|| json!(class));
        docs.push(doc);
    }
    docs.extend(
        body.get("lookupMap")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
            .filter_map(|doc| doc.as_object().cloned()),
    );
    docs.extend(objects(body));
    docs
}

/// The documents of `retrieve`, in order.
pub(crate) fn objects(body: &Value) -> Vec<Doc> {
    match body {
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        other => other
            .get("object")
            .and_then(Value::as_object)
            .cloned()
            .into_iter()
            .collect(),
    }
}

/// Class and query of a `find-all`, by GET or POST.
pub(crate) fn asked(fixture: &Fixture) -> (String, Doc) {
    if fixture.text("/request/method") == "GET" {
        let url = url::Url::parse(&format!("http://h{}", fixture.text("/request/path"))).unwrap();
        let part = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let query = part("query").and_then(|text| serde_json::from_str(&text).ok());
        return (part("class").unwrap_or_default(), query.unwrap_or_default());
    }
    let query = fixture.at("/request/body/query").as_object().cloned();
    (
        fixture.text("/request/body/_class").to_owned(),
        query.unwrap_or_default(),
    )
}

/// The transactions of a request: itself, or those inside a conditional one.
pub(crate) fn txes(fixture: &Fixture) -> Vec<Doc> {
    let body = fixture.at("/request/body");
    match body.get("txes").and_then(Value::as_array) {
        Some(txes) => txes
            .iter()
            .filter_map(|tx| tx.as_object().cloned())
            .collect(),
        None => body
            .as_object()
            .filter(|body| body.contains_key("objectId"))
            .cloned()
            .into_iter()
            .collect(),
    }
}

/// Whether the request took effect, as far as its answer tells.
pub(crate) fn took_effect(fixture: &Fixture) -> bool {
    fixture.status() == 200 && fixture.at("/response/body/success") != &json!(false)
}

/// What is known of all documents at a moment.
#[derive(Default)]
pub(crate) struct World(pub BTreeMap<String, Doc>);

impl World {
    /// Everything that was seen or done before `fixture`.
    pub(crate) fn before(fixture: &Fixture, all: &[Fixture]) -> Self {
        let mut world = Self::default();
        let now = moment(fixture);
        let mut earlier: Vec<&Fixture> = all
            .iter()
            .filter(|other| moment(other) < now && other.name != fixture.name)
            .collect();
        earlier.sort_by_key(|other| moment(other));
        for other in earlier {
            world.see(other);
        }
        world
    }

    /// Takes over what an answer shows or what a request did.
    pub(crate) fn see(&mut self, fixture: &Fixture) {
        for doc in shown(fixture) {
            self.overlay(doc);
        }
        if fixture.text("/request/path").contains("/tx/") && took_effect(fixture) {
            for tx in txes(fixture) {
                self.done(&tx, moment(fixture));
            }
        }
    }

    pub(crate) fn overlay(&mut self, doc: Doc) {
        let id = doc["_id"].as_str().unwrap().to_owned();
        self.0.entry(id).or_default().extend(doc);
    }

    fn done(&mut self, tx: &Doc, now: i64) {
        let id = tx["objectId"].as_str().unwrap().to_owned();
        match tx["_class"].as_str().unwrap() {
            "core:class:TxCreateDoc" => self.overlay(created(tx, now)),
            "core:class:TxRemoveDoc" => drop(self.0.remove(&id)),
            _ => {
                let Some(doc) = self.0.get_mut(&id) else {
                    return;
                };
                doc.insert("modifiedOn".into(), json!(now));
                let operations = tx["operations"].as_object().unwrap();
                doc.extend(
                    operations
                        .iter()
                        .filter(|(key, _)| !key.starts_with('$'))
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
                for (field, value) in operations
                    .get("$push")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    doc.entry(field.clone())
                        .or_insert_with(|| json!([]))
                        .as_array_mut()
                        .unwrap()
                        .push(value.clone());
                }
            }
        }
    }

    pub(crate) fn pour(self, huly: &mut Huly) {
        for mut doc in self.0.into_values() {
            doc.entry("modifiedOn").or_insert_with(|| json!(1));
            // Projections leave out where a document is; all that are not told otherwise are of one project.
            let place = if doc["_class"].as_str().unwrap().contains(":Tx") {
                "objectSpace"
            } else {
                "space"
            };
            doc.entry(place)
                .or_insert_with(|| json!("6b0144aca1b2c3d4e5000001"));
            huly.load(doc);
        }
    }
}

/// The document that a create makes.
pub(crate) fn created(tx: &Doc, now: i64) -> Doc {
    let mut doc = tx["attributes"].as_object().unwrap().clone();
    doc.insert("_id".into(), tx["objectId"].clone());
    doc.insert("_class".into(), tx["objectClass"].clone());
    doc.insert("space".into(), tx["objectSpace"].clone());
    doc.insert("modifiedOn".into(), json!(now));
    for field in [
        "attachedTo",
        "attachedToClass",
        "collection",
        "modifiedBy",
        "createdBy",
    ] {
        if let Some(value) = tx.get(field) {
            doc.insert(field.into(), value.clone());
        }
    }
    doc
}

/// A retrieved document as it was before the update that it shows.
pub(crate) fn undone(mut doc: Doc, operations: &Doc) -> Doc {
    for (field, value) in operations {
        match field.as_str() {
            "$inc" => {
                for (field, by) in value.as_object().unwrap() {
                    doc.insert(
                        field.clone(),
                        json!(doc[field].as_i64().unwrap() - by.as_i64().unwrap()),
                    );
                }
            }
            "$push" => {
                for (field, item) in value.as_object().unwrap() {
                    doc[field]
                        .as_array_mut()
                        .unwrap()
                        .retain(|known| known != item);
                }
            }
            plain => {
                let before = if value.is_string() {
                    json!("before")
                } else {
                    json!(-1)
                };
                doc.insert(plain.into(), before);
            }
        }
    }
    doc.insert("modifiedOn".into(), json!(1));
    doc.insert("modifiedBy".into(), json!("somebody"));
    doc
}
