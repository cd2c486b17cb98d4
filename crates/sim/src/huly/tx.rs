//! Transactions: what is accepted, what is refused, and conditional ones.

use serde_json::{Value, json};

use super::classes::Domain;
use super::{Doc, Error, Huly, Role, Session, rank, text};

/// So many creates of one call are one statement of the database.
const BATCH: usize = 200;

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TxKind {
    Create,
    Update,
    Remove,
    Mixin,
}

/// A transaction on one document, checked and without unknown keys.
#[derive(Clone, Debug)]
pub(crate) struct Tx {
    pub kind: TxKind,
    pub domain: Domain,
    pub body: Doc,
}

impl Tx {
    pub(crate) fn id(&self) -> &str {
        text(&self.body, "_id")
    }

    pub(crate) fn object(&self) -> &str {
        text(&self.body, "objectId")
    }

    pub(crate) fn class(&self) -> &str {
        text(&self.body, "objectClass")
    }

    pub(crate) fn space(&self) -> &str {
        text(&self.body, "objectSpace")
    }

    pub(crate) fn author(&self) -> &str {
        text(&self.body, "modifiedBy")
    }

    pub(crate) fn retrieves(&self) -> bool {
        self.body.get("retrieve") == Some(&Value::Bool(true))
    }

    pub(crate) fn part(&self, field: &str) -> Doc {
        self.body
            .get(field)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    }

    fn parse(body: &Doc) -> Result<Self, Error> {
        let kind = match text(body, "_class") {
            "core:class:TxCreateDoc" => TxKind::Create,
            "core:class:TxUpdateDoc" => TxKind::Update,
            "core:class:TxRemoveDoc" => TxKind::Remove,
            "core:class:TxMixin" => TxKind::Mixin,
            _ => return Err(Error::BadRequest),
        };
        let body = normal(body, &["objectId", "objectClass"])?;
        match kind {
            TxKind::Create if !body.contains_key("attributes") => return Err(Error::BadRequest),
            TxKind::Update if !body.contains_key("operations") => return Err(Error::BadRequest),
            TxKind::Mixin if !body.contains_key("mixin") => return Err(Error::BadRequest),
            TxKind::Create | TxKind::Update | TxKind::Remove | TxKind::Mixin => {}
        }
        let class = text(&body, "objectClass").to_owned();
        let domain = Domain::of(&class).ok_or(Error::DomainNotFound(class))?;
        Ok(Self { kind, domain, body })
    }
}

const STRINGS: [&str; 9] = [
    "attachedTo",
    "attachedToClass",
    "collection",
    "createdBy",
    "mixin",
    "scope",
    "objectId",
    "objectClass",
    "measureName",
];

/// Fields of one type, and what tells that a value is of it.
type Typed = (&'static [&'static str], fn(&Value) -> bool);

/// Keeps the known keys; required ones must be there, all must have their type (`null` is none).
fn normal(body: &Doc, required: &[&str]) -> Result<Doc, Error> {
    let mut kept = Doc::new();
    for field in ["_id", "_class", "space", "objectSpace", "modifiedBy"]
        .iter()
        .chain(required)
    {
        let value = body
            .get(*field)
            .filter(|value| value.is_string())
            .ok_or(Error::BadRequest)?;
        kept.insert((*field).into(), value.clone());
    }
    let number = body
        .get("modifiedOn")
        .filter(|value| value.is_number())
        .ok_or(Error::BadRequest)?;
    kept.insert("modifiedOn".into(), number.clone());
    let typed: [Typed; 4] = [
        (&STRINGS, Value::is_string),
        (&["retrieve", "extraNotify"], |value| {
            value.is_boolean() || value.is_object()
        }),
        (&["attributes", "operations"], Value::is_object),
        (&["match", "notMatch", "txes"], Value::is_array),
    ];
    for (fields, is_good) in typed {
        for field in fields {
            if let Some(value) = body.get(*field) {
                if !is_good(value) {
                    return Err(Error::BadRequest);
                }
                kept.insert((*field).into(), value.clone());
            }
        }
    }
    Ok(kept)
}

impl Huly {
    /// Carries out a transaction; answers the body of a success. `modifiedOn` is the server's clock at the entry.
    pub fn tx(&mut self, session: &Session, body: &Value) -> Result<Value, Error> {
        self.settle();
        let now = self.clock.now();
        let body = body.as_object().ok_or(Error::BadRequest)?;
        if text(body, "_class") == "core:class:TxApplyIf" {
            return self.apply_if(session, body, now);
        }
        let mut tx = Tx::parse(body)?;
        own(session, &tx.body)?;
        self.give_rank(&mut tx);
        self.record(&tx, now);
        let found = self.apply(&tx, now)?;
        Ok(if tx.retrieves() {
            json!({ "object": found })
        } else {
            json!([])
        })
    }

    fn apply_if(&mut self, session: &Session, body: &Doc, now: i64) -> Result<Value, Error> {
        let body = normal(body, &[])?;
        own(session, &body)?;
        let mut txes = Vec::new();
        for tx in body
            .get("txes")
            .and_then(Value::as_array)
            .ok_or(Error::BadRequest)?
        {
            let tx = Tx::parse(tx.as_object().ok_or(Error::BadRequest)?)?;
            own(session, &tx.body)?;
            txes.push(tx);
        }
        // Without a scope the conditions are not looked at.
        if body.contains_key("scope") && !self.conditions_hold(&body)? {
            return Ok(json!({ "success": false }));
        }
        // Ranks first, for all of them at once: creates of one call share a rank.
        for tx in &mut txes {
            self.give_rank(tx);
        }
        for tx in &txes {
            self.record(tx, now);
        }
        let (creates, others): (Vec<Tx>, Vec<Tx>) =
            txes.into_iter().partition(|tx| tx.kind == TxKind::Create);
        for batch in creates.chunks(BATCH) {
            self.create_batch(batch, now)?;
        }
        let mut objects = Vec::new();
        for tx in &others {
            let found = self.apply(tx, now)?;
            if tx.retrieves() {
                objects.push(json!({ "object": found }));
            }
        }
        let head = json!({ "success": true, "serverTime": 1 });
        Ok(match objects.len() {
            0 => head,
            1 => json!([head, objects.pop()]),
            _ => json!([head, objects]),
        })
    }

    /// One statement: none is made if one of the keys is taken.
    fn create_batch(&mut self, batch: &[Tx], now: i64) -> Result<(), Error> {
        let mut keys = std::collections::BTreeSet::new();
        for tx in batch {
            let taken = self.get(tx.domain, tx.object()).is_some();
            if taken || !keys.insert((tx.domain, tx.object())) {
                return Err(Error::Duplicate(tx.domain.table()));
            }
        }
        for tx in batch {
            self.apply(tx, now)?;
        }
        Ok(())
    }

    fn conditions_hold(&self, body: &Doc) -> Result<bool, Error> {
        for (field, wanted) in [("match", true), ("notMatch", false)] {
            for condition in body
                .get(field)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let class = condition
                    .get("_class")
                    .and_then(Value::as_str)
                    .unwrap_or("");
                let query = condition
                    .get("query")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                if self.any_matches(class, &query)? != wanted {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// An issue without a rank goes to the end of its project.
    fn give_rank(&self, tx: &mut Tx) {
        if tx.kind != TxKind::Create || tx.domain != Domain::Task {
            return;
        }
        let next = rank::after(self.ranks.get(tx.space()).map(String::as_str));
        if let Some(attributes) = tx.body.get_mut("attributes").and_then(Value::as_object_mut)
            && text(attributes, "rank").is_empty()
        {
            attributes.insert("rank".into(), json!(next));
        }
    }
}

fn own(session: &Session, body: &Doc) -> Result<(), Error> {
    if session.role == Role::ReadOnlyGuest {
        return Err(Error::Forbidden);
    }
    let author = text(body, "modifiedBy");
    if session.social_ids.iter().any(|id| id == author) {
        Ok(())
    } else {
        Err(Error::AccountMismatch(session.account.clone()))
    }
}
