//! Queries: what is asked, and what the server cut out of its answer put back.

use std::num::NonZeroU32;

use http_kit::Error;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::Origin;

/// The route of queries. A POST: long lists of ids do not fit into an address.
pub(crate) const FIND_ROUTE: &str = "/api/v1/find-all/{workspace}";
pub(crate) const FIND: Origin = Origin {
    service: "huly",
    route: FIND_ROUTE,
};

/// A query for the documents of a class and its descendants.
///
/// ```
/// use huly_client::find::Find;
/// use serde_json::json;
///
/// let find = Find::of("tracker:class:Issue")
///     .with("space", json!("6b0144aca1b2c3d4e5000001"))
///     .sorted("modifiedOn")
///     .sorted("_id");
/// assert!(serde_json::to_string(&find)?.contains(r#""sort":{"modifiedOn":1,"_id":1}"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Find {
    #[serde(rename = "_class")]
    class: String,
    query: Map<String, Value>,
    options: Options,
}

/// The options that the server knows; it drops all others, `skip` too.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    sort: Vec<(String, i8)>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    projection: Vec<(String, i8)>,
    #[serde(skip_serializing_if = "is_false")]
    show_archived: bool,
    #[serde(skip_serializing_if = "is_false")]
    total: bool,
}

impl Find {
    /// All documents of a class that the account may see.
    pub fn of(class: &str) -> Self {
        Self {
            class: class.to_owned(),
            query: Map::new(),
            options: Options::default(),
        }
    }

    /// Only documents whose field is this value, or fits this condition (`{"$in": [..]}`, `{"$gte": ..}`). Only
    /// `modifiedOn` and `createdOn` compare as numbers; numbers of other fields compare as text.
    #[must_use]
    pub fn with(mut self, field: &str, condition: Value) -> Self {
        self.query.insert(field.to_owned(), condition);
        self
    }

    /// Sorted by this field, upwards, after those named before.
    #[must_use]
    pub fn sorted(mut self, field: &str) -> Self {
        self.options.sort.push((field.to_owned(), 1));
        self
    }

    /// Sorted by this field, downwards, after those named before.
    #[must_use]
    pub fn sorted_down(mut self, field: &str) -> Self {
        self.options.sort.push((field.to_owned(), -1));
        self
    }

    /// At most so many documents. Without a limit everything comes at once.
    #[must_use]
    pub fn limited(mut self, limit: NonZeroU32) -> Self {
        self.options.limit = Some(limit);
        self
    }

    /// Only these fields (`_id` and `_class` always come).
    #[must_use]
    pub fn only(mut self, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|field| ((*field).to_owned(), 1));
        self.options.projection.extend(fields);
        self
    }

    /// Those in archived projects too, which are left out else (unless one `_id` or one `space` is asked for).
    #[must_use]
    pub fn archived_too(mut self) -> Self {
        self.options.show_archived = true;
        self
    }

    /// With the number of documents that fit, beside those of the page: whether there are more must not be guessed from the
    /// page's length, since a server may cap it lower than asked.
    #[must_use]
    pub fn counted(mut self) -> Self {
        self.options.total = true;
        self
    }

    /// Reads the number of documents that fit; `None` where the answer does not tell.
    pub(crate) fn read_total(body: &[u8]) -> Result<Option<u64>, Error> {
        let total: Total = FIND.decode(body)?;
        Ok(total.total.and_then(|total| u64::try_from(total).ok()))
    }

    /// Reads an answer to this query: puts back the fields that the server cut out because they equal the query's
    /// plain values, then reads each document.
    pub fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<Vec<T>, Error> {
        let found: Found = FIND.decode(body)?;
        let documents = found.value.into_iter().enumerate();
        documents
            .map(|(at, document)| {
                let whole = Value::Object(self.restore(document));
                FIND.part(&format!("value[{at}]"), whole)
            })
            .collect()
    }

    /// The document with the fields of this query that the answer leaves out. Only plain values are cut, so only
    /// they are put back; `_class` is the one asked for where a document names none.
    fn restore(&self, mut document: Map<String, Value>) -> Map<String, Value> {
        for (field, value) in &self.query {
            let plain = value.is_string() || value.is_number() || value.is_boolean();
            if plain && !field.contains('.') && !document.contains_key(field) {
                document.insert(field.clone(), value.clone());
            }
        }
        if !document.contains_key("_class") {
            document.insert("_class".to_owned(), Value::String(self.class.clone()));
        }
        document
    }
}

/// The frame of an answer. `total` is -1 unless asked for, and `lookupMap` is for queries with a lookup.
#[derive(Debug, Deserialize)]
struct Found {
    value: Vec<Map<String, Value>>,
}

/// How many documents fit: -1 where it was not asked for.
#[derive(Debug, Deserialize)]
struct Total {
    #[serde(default)]
    total: Option<i64>,
}

/// An object whose keys stand in the order of the list: the order of a sort counts.
fn in_order<S: Serializer>(fields: &[(String, i8)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for (field, value) in fields {
        map.serialize_entry(field, value)?;
    }
    map.end()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::class;

    #[test]
    fn plain_values_of_the_query_are_put_back_and_nothing_else() {
        let find = Find::of(class::ISSUE)
            .with("space", json!("P"))
            .with("modifiedOn", json!(7))
            .with("_id", json!({"$in": ["a"]}))
            .with("parents.parentId", json!("x"))
            .with("assignee", json!(null))
            .with("title", json!("asked"));
        let body = br#"{"value":[{"_id":"a","title":"kept"}],"total":-1,"lookupMap":null}"#;
        let found: Vec<Value> = find.read(body).expect("readable");
        let whole = json!({"_id": "a", "_class": class::ISSUE, "title": "kept", "space": "P", "modifiedOn": 7});
        assert_eq!(found, vec![whole]);
    }

    #[test]
    fn a_document_of_another_shape_is_a_fatal_error_that_names_its_place() {
        let body = br#"{"value":[{"_id":"a","space":"s","modifiedOn":1},{"_id":"b","space":"s","modifiedOn":"soon"}]}"#;
        let error = Find::of(class::ISSUE)
            .read::<crate::types::Issue>(body)
            .expect_err("a stamp is a number");
        assert_eq!(error.kind(), http_kit::Kind::Fatal);
        assert_eq!(error.route(), FIND_ROUTE);
        assert!(error.detail().contains("value[1].modifiedOn"), "{error}");
    }

    #[test]
    fn an_answer_without_a_list_is_no_empty_list() {
        for body in [&b"{}"[..], b"[]", b"<html>", b"{\"value\":null}", b""] {
            let read = Find::of(class::ISSUE).read::<Value>(body);
            assert_eq!(read.expect_err("no list").code(), crate::codes::HULY_SHAPE);
        }
    }
}
