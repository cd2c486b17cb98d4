//! Transactions and calls of the collaborator, as a session sends them.

use engine::port::Answer;
use http_kit::Effect;
use serde_json::{Value, json};
use sync_core::Side;

use super::call::{Ask, Route};
use super::failure;
use super::huly::HulyPort;
use super::huly_find::{ISSUE, conflict};
use crate::huly::{DocName, Huly};
use crate::onlooker::Overwrite;

pub(super) const TX: Route = Route {
    service: "huly",
    method: "POST",
    template: "/transactor/api/v1/tx/{ws}",
    shown: "/api/v1/tx/{workspace}",
    effect: Effect::Write,
};
const RPC: Route = Route {
    service: "huly-collaborator",
    method: "POST",
    template: "/collaborator/rpc/{doc}",
    shown: "/rpc/{document}",
    effect: Effect::Write,
};

/// Which document a transaction is about.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) id: &'a str,
    pub(super) class: &'a str,
    pub(super) space: &'a str,
}

/// A condition on issues.
pub(super) fn condition(query: impl Into<Value>) -> Value {
    let query: Value = query.into();
    json!([{ "_class": ISSUE, "query": query }])
}

/// Puts the author into a transaction and those in it.
fn sign(tx: &mut Value, author: &str) {
    if let Some(tx) = tx.as_object_mut() {
        tx.insert("modifiedBy".into(), json!(author));
        let inner = tx.get_mut("txes").and_then(Value::as_array_mut);
        inner.into_iter().flatten().for_each(|tx| sign(tx, author));
    }
}

/// An issue's description as people see it.
fn described(huly: &mut Huly, issue: &str) -> String {
    let issue = huly.issue(issue);
    issue
        .and_then(|issue| issue.description)
        .unwrap_or_default()
}

impl HulyPort {
    /// A transaction of this port with a fresh id; `rest` says what it does to which document.
    pub(super) fn tx(
        &self,
        id: Option<&str>,
        kind: &str,
        object: Target<'_>,
        rest: Value,
    ) -> Value {
        let mut tx = json!({ "_id": self.tx_id(id), "_class": kind, "space": "core:space:Tx", "objectId": object.id,
            "objectClass": object.class, "objectSpace": object.space, "modifiedOn": 0, "modifiedBy": "" });
        if let (Some(tx), Value::Object(rest)) = (tx.as_object_mut(), rest) {
            tx.extend(rest);
        }
        tx
    }

    /// The journaled id, or a fresh one under the store's tag.
    fn tx_id(&self, journaled: Option<&str>) -> String {
        let is_id = |id: &&str| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        journaled.filter(is_id).map_or_else(
            || {
                let fresh = self.caller.model().lock().new_id();
                // never under the store's own tag, which is its journal's alone
                format!("{:08x}{}", !self.tag, fresh.get(..16).unwrap_or_default())
            },
            str::to_owned,
        )
    }

    /// Sends a transaction; the author is the session's.
    pub(super) async fn send(&self, operation: &'static str, mut tx: Value) -> Answer<Value> {
        let account = self.account.clone();
        // Signing is the client's; it must not cost a call.
        let author = self
            .caller
            .model()
            .lock()
            .session(&account)
            .map_or_else(String::new, |who| who.primary().to_owned());
        sign(&mut tx, &author);
        let told = tx.clone();
        let ask = Ask {
            route: TX,
            operation,
            body: move || told.to_string(),
        };
        self.caller
            .write(ask, move |huly| {
                let who = huly
                    .session(&account)
                    .ok_or_else(|| failure::no_session(TX, false))?;
                huly.tx(&who, &tx)
                    .map_err(|error| failure::of_huly(TX, error))
            })
            .await
    }

    /// Conditional transactions under a scope: none where they were refused, else the retrieved document.
    pub(super) async fn apply_if(
        &self,
        scope: &str,
        conditions: (Value, Value),
        txes: Vec<Value>,
    ) -> Answer<Option<Value>> {
        let (matching, not_matching) = conditions;
        let frame = json!({ "_id": self.tx_id(None), "_class": "core:class:TxApplyIf", "space": "core:space:Tx",
            "objectSpace": "core:space:Tx", "modifiedOn": 0, "modifiedBy": "", "scope": format!("hvs:{scope}"),
            "match": matching, "notMatch": not_matching, "txes": txes });
        let answer = self.send("TxApplyIf", frame).await?;
        Ok(match answer {
            Value::Array(parts) => parts
                .into_iter()
                .nth(1)
                .and_then(|mut part| part.get_mut("object").map(Value::take)),
            head => (head.get("success") == Some(&Value::Bool(true))).then_some(Value::Null),
        })
    }

    /// A call of the collaborator about a description.
    pub(super) async fn rpc(
        &self,
        effect: Effect,
        method: &'static str,
        id: &str,
        payload: Value,
    ) -> Answer<Value> {
        let now = self.caller.moment();
        self.rpc_since(effect, method, id, payload, now).await
    }

    /// The same; `looked` is when the caller saw the description last before.
    pub(super) async fn rpc_since(
        &self,
        effect: Effect,
        method: &'static str,
        id: &str,
        payload: Value,
        looked: u64,
    ) -> Answer<Value> {
        let route = Route { effect, ..RPC };
        let workspace = self.caller.model().lock().workspace().uuid.clone();
        let name = format!("{workspace}|{ISSUE}|{id}|description");
        let account = self.account.clone();
        let body = json!({ "method": method, "payload": payload });
        let told = body.clone();
        let ask = Ask {
            route,
            operation: method,
            body: move || told.to_string(),
        };
        let onlooker = self.caller.onlooker().filter(|_| effect == Effect::Write);
        let issue = id.to_owned();
        let work = move |huly: &mut Huly| {
            let who = huly
                .session(&account)
                .ok_or_else(|| failure::no_session(route, false))?;
            let doc =
                DocName::parse(&name).ok_or_else(|| conflict(format!("{name} is no name")))?;
            let payload = body.get("payload").unwrap_or(&Value::Null);
            let before = onlooker.as_ref().map(|_| described(huly, &issue));
            let answer = huly
                .collaborate(&who, &name, &doc, method, payload)
                .map_err(|error| failure::of_collaborator(route, error))?;
            if let (Some(onlooker), Some(before)) = (&onlooker, before) {
                onlooker.overwrites(&Overwrite {
                    side: Side::Huly,
                    item: &issue,
                    looked,
                    before: &[&before],
                    after: &[&described(huly, &issue)],
                });
            }
            Ok(answer)
        };
        match effect {
            Effect::Read => self.caller.read(ask, |huly, _| work(huly)).await,
            Effect::Write => self.caller.write(ask, work).await,
        }
    }
}
