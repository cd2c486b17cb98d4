//! Transactions as the server takes them, and the shapes of its answers.

use http_kit::Error;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::ids::{DocRef, Millis, SocialId, TxId};
use crate::json::Origin;
use crate::types::class;

/// The route of transactions.
pub(crate) const TX_ROUTE: &str = "/api/v1/tx/{workspace}";
pub(crate) const TX: Origin = Origin {
    service: "huly",
    route: TX_ROUTE,
};

const TX_SPACE: &str = "core:space:Tx";

/// One transaction. Optional keys are absent rather than null: the server takes a null for a wrong type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tx {
    #[serde(rename = "_id")]
    id: TxId,
    #[serde(rename = "_class")]
    class: &'static str,
    space: &'static str,
    object_id: DocRef,
    object_class: &'static str,
    object_space: DocRef,
    modified_on: Millis,
    modified_by: SocialId,
    created_by: SocialId,
    #[serde(flatten)]
    attached: Option<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieve: Option<bool>,
}

/// What an attached document hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The parent.
    pub attached_to: DocRef,
    /// Its class.
    pub attached_to_class: DocRef,
    /// The parent's collection.
    pub collection: String,
}

/// Which document a transaction is about, in which space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The document.
    pub id: DocRef,
    /// Its class; a wrong one changes nothing, silently.
    pub class: &'static str,
    /// Its space. Not compared with the real one, but it decides who sees the row in the history.
    pub space: DocRef,
}

/// Who writes, and the stamp that goes along (which the server replaces by its own clock; 0 will do).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The account's primary social id: any other is refused.
    pub social_id: SocialId,
    /// The stamp.
    pub modified_on: Millis,
}

impl Tx {
    /// Makes a document with these attributes.
    pub fn create(
        id: TxId,
        author: &Author,
        target: Target,
        attached: Option<Attachment>,
        attributes: Value,
    ) -> Self {
        Self {
            attached,
            attributes: Some(attributes),
            ..Self::bare(id, class::TX_CREATE, author, target)
        }
    }

    /// Changes fields of a document; the answer holds the document afterwards.
    pub fn update(id: TxId, author: &Author, target: Target, operations: Value) -> Self {
        Self {
            operations: Some(operations),
            retrieve: Some(true),
            ..Self::bare(id, class::TX_UPDATE, author, target)
        }
    }

    /// Removes a document, and all that hangs on it.
    pub fn remove(id: TxId, author: &Author, target: Target, attached: Option<Attachment>) -> Self {
        Self {
            attached,
            ..Self::bare(id, class::TX_REMOVE, author, target)
        }
    }

    fn bare(id: TxId, class: &'static str, author: &Author, target: Target) -> Self {
        Self {
            id,
            class,
            space: TX_SPACE,
            object_id: target.id,
            object_class: target.class,
            object_space: target.space,
            modified_on: author.modified_on,
            modified_by: author.social_id.clone(),
            created_by: author.social_id.clone(),
            attached: None,
            attributes: None,
            operations: None,
            retrieve: None,
        }
    }
}

/// The name under which conditional transactions wait for each other. Without one the server checks no condition at
/// all, so a conditional transaction cannot be made without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// All creates in a project.
    pub fn project(project: &DocRef) -> Self {
        Self(format!("hvs:{project}"))
    }

    /// All changes of an issue.
    pub fn issue(issue: &DocRef) -> Self {
        Self(format!("hvs:{issue}"))
    }
}

/// A query that must find something (`matching`) or nothing (`not_matching`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    #[serde(rename = "_class")]
    class: &'static str,
    query: Value,
}

impl Condition {
    /// Documents of a class with these values; text, numbers and nulls compare exactly, null also fits what is absent.
    pub fn of(class: &'static str, query: Value) -> Self {
        Self { class, query }
    }
}

/// Transactions that are carried out only where every condition holds. They are not atomic among themselves, and a
/// writer outside the scope may come between test and write.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyIf {
    #[serde(rename = "_id")]
    id: TxId,
    #[serde(rename = "_class")]
    class: &'static str,
    space: &'static str,
    object_space: &'static str,
    modified_on: Millis,
    modified_by: SocialId,
    created_by: SocialId,
    scope: Scope,
    #[serde(rename = "match")]
    matching: Vec<Condition>,
    #[serde(rename = "notMatch")]
    not_matching: Vec<Condition>,
    txes: Vec<Tx>,
}

impl ApplyIf {
    /// Conditional transactions under a scope. The id is never stored: only those of `txes` are.
    pub fn new(id: TxId, author: &Author, scope: Scope, txes: Vec<Tx>) -> Self {
        Self {
            id,
            class: "core:class:TxApplyIf",
            space: TX_SPACE,
            object_space: TX_SPACE,
            modified_on: author.modified_on,
            modified_by: author.social_id.clone(),
            created_by: author.social_id.clone(),
            scope,
            matching: Vec::new(),
            not_matching: Vec::new(),
            txes,
        }
    }

    /// Only where this finds something.
    #[must_use]
    pub fn only_if(mut self, condition: Condition) -> Self {
        self.matching.push(condition);
        self
    }

    /// Only where this finds nothing.
    #[must_use]
    pub fn unless(mut self, condition: Condition) -> Self {
        self.not_matching.push(condition);
        self
    }
}

/// What a plain transaction was answered with. A success proves no effect: only a retrieved object does.
#[derive(Debug, Clone, PartialEq)]
pub enum TxAnswer {
    /// Taken; whether it changed anything is not said.
    Taken,
    /// Taken, and this is the document afterwards (`None`: there is no such document).
    Retrieved(Option<Value>),
}

impl TxAnswer {
    /// Reads an answer: `[]`, `{}`, or `{"object": ..}`.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        match TX.decode(body)? {
            Value::Array(list) if list.is_empty() => Ok(TxAnswer::Taken),
            Value::Object(map) if map.is_empty() => Ok(TxAnswer::Taken),
            Value::Object(map) if map.contains_key("object") => {
                Ok(TxAnswer::Retrieved(object_of(map)))
            }
            _ => Err(TX.shape(".", "not the answer of a transaction")),
        }
    }
}

/// What a conditional transaction was answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplyAnswer {
    /// A condition did not hold: nothing was done.
    Refused,
    /// Carried out; the documents afterwards, one per transaction that asked for it.
    Applied(Vec<Option<Value>>),
}

impl ApplyAnswer {
    /// Reads an answer in its three shapes: `{"success": ..}`, `[{"success": ..}, {"object": ..}]`, and
    /// `[{"success": ..}, [{"object": ..}, ..]]`.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let (head, objects) = match TX.decode(body)? {
            Value::Array(list) => {
                let mut list = list.into_iter();
                let head = list.next().unwrap_or_default();
                (head, list.collect())
            }
            head => (head, Vec::new()),
        };
        match head.get("success").and_then(Value::as_bool) {
            Some(true) => objects_of(objects).map(ApplyAnswer::Applied),
            Some(false) => Ok(ApplyAnswer::Refused),
            None => Err(TX.shape(
                "success",
                "missing in the answer of a conditional transaction",
            )),
        }
    }
}

/// The objects in the rest of an answer, whether they stand in a list of their own or not.
fn objects_of(rest: Vec<Value>) -> Result<Vec<Option<Value>>, Error> {
    let mut objects = Vec::new();
    for part in rest {
        match part {
            Value::Object(map) if map.contains_key("object") => objects.push(object_of(map)),
            Value::Object(map) if map.is_empty() => {}
            Value::Array(list) => objects.extend(objects_of(list)?),
            _ => return Err(TX.shape("object", "missing in the answer")),
        }
    }
    Ok(objects)
}

fn object_of(mut map: Map<String, Value>) -> Option<Value> {
    map.remove("object").filter(|object| !object.is_null())
}

/// A condition on the id of a document.
pub(crate) fn by_id(class: &'static str, id: &DocRef) -> Condition {
    Condition::of(class, json!({"_id": id}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author() -> Author {
        Author {
            social_id: SocialId::new("s"),
            modified_on: Millis(0),
        }
    }

    fn target() -> Target {
        Target {
            id: "i".into(),
            class: class::ISSUE,
            space: "p".into(),
        }
    }

    #[test]
    fn optional_keys_are_absent_rather_than_null() {
        let id = TxId::tagged(1, [0; 8]);
        let text = |tx: &Tx| serde_json::to_string(tx).expect("json");
        let remove = text(&Tx::remove(id, &author(), target(), None));
        assert!(!remove.contains("null"), "{remove}");
        assert!(
            !remove.contains("retrieve") && !remove.contains("attachedTo"),
            "{remove}"
        );
        let update = text(&Tx::update(id, &author(), target(), json!({"title": "t"})));
        assert!(update.contains(r#""retrieve":true"#), "{update}");
        assert!(!update.contains("attributes"), "{update}");
    }

    #[test]
    fn a_conditional_transaction_always_has_a_scope_and_its_conditions() {
        let tx = ApplyIf::new(
            TxId::tagged(1, [0; 8]),
            &author(),
            Scope::issue(&"i".into()),
            vec![],
        )
        .only_if(by_id(class::ISSUE, &"i".into()));
        let value = serde_json::to_value(&tx).expect("json");
        assert_eq!(value.get("scope"), Some(&json!("hvs:i")));
        assert_eq!(
            value.get("match"),
            Some(&json!([{"_class": class::ISSUE, "query": {"_id": "i"}}]))
        );
        assert_eq!(value.get("notMatch"), Some(&json!([])));
    }

    #[test]
    fn the_answer_of_a_conditional_transaction_is_read_in_its_three_shapes() {
        let one = json!({"_id": "a"});
        let cases = [
            (r#"{"success":false}"#, Some(ApplyAnswer::Refused)),
            (r#"[{"success":false}]"#, Some(ApplyAnswer::Refused)),
            (
                r#"{"success":true,"serverTime":3}"#,
                Some(ApplyAnswer::Applied(vec![])),
            ),
            (
                r#"[{"success":true},{"object":{"_id":"a"}}]"#,
                Some(ApplyAnswer::Applied(vec![Some(one.clone())])),
            ),
            (
                r#"[{"success":true},[{"object":{"_id":"a"}},{"object":null}]]"#,
                Some(ApplyAnswer::Applied(vec![Some(one), None])),
            ),
            ("[]", None),
            ("{}", None),
            (r#"[{"success":true},7]"#, None),
        ];
        for (body, expected) in cases {
            assert_eq!(ApplyAnswer::read(body.as_bytes()).ok(), expected, "{body}");
        }
    }

    #[test]
    fn the_answer_of_a_plain_transaction_is_taken_or_an_object() {
        let cases = [
            ("[]", Some(TxAnswer::Taken)),
            ("{}", Some(TxAnswer::Taken)),
            (r#"{"object":null}"#, Some(TxAnswer::Retrieved(None))),
            (
                r#"{"object":{"a":1}}"#,
                Some(TxAnswer::Retrieved(Some(json!({"a": 1})))),
            ),
            (r#"{"success":true}"#, None),
            ("\"ok\"", None),
        ];
        for (body, expected) in cases {
            assert_eq!(TxAnswer::read(body.as_bytes()).ok(), expected, "{body}");
        }
    }
}
