//! What a sync must be able to meet in Huly and what no single recording shows: sequences of requests.

#![cfg(test)]

mod descriptions;
mod documents;

use serde_json::{Value, json};
use sim::clock::Clock;
use sim::huly::{DocName, Error, Find, FindOptions, Huly, NewIssue, Role, Session};

struct World {
    clock: Clock,
    huly: Huly,
    who: Session,
    project: String,
}

fn world() -> World {
    let clock = Clock::ticking(1_795_245_000_000, 1);
    let mut huly = Huly::new(clock.clone(), 1);
    let account = huly.add_account("alice@example.com", "x", "Alice", Some(Role::Owner));
    let who = huly.session(&account).unwrap();
    let project = huly.add_project(&who, "HARB", "Harbor", None).unwrap();
    World {
        clock,
        huly,
        who,
        project,
    }
}

impl World {
    fn issue(&mut self, title: &str, parent: Option<&str>) -> String {
        let new = NewIssue {
            title: title.into(),
            parent: parent.map(str::to_owned),
            ..NewIssue::default()
        };
        self.huly
            .person_create(&self.who, &self.project, &new)
            .unwrap()
    }

    fn tx(&self, id: &str, kind: &str, object: &str, rest: &Value) -> Value {
        let mut tx = json!({ "_id": id, "_class": format!("core:class:{kind}"), "space": "core:space:Tx", "objectId": object,
            "objectClass": "tracker:class:Issue", "objectSpace": self.project, "modifiedOn": 1, "modifiedBy": self.who.primary() });
        tx.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        tx
    }

    fn send(&mut self, tx: &Value) -> Result<Value, Error> {
        self.huly.tx(&self.who, tx)
    }

    fn apply_if(&self, scope: Option<&str>, not_match: &str, txes: &[Value]) -> Value {
        let mut tx = json!({ "_id": "outer", "_class": "core:class:TxApplyIf", "space": "core:space:Tx", "objectSpace": "core:space:Tx",
            "modifiedOn": 1, "modifiedBy": self.who.primary(), "txes": txes,
            "notMatch": [{ "_class": "tracker:class:Issue", "query": { "_id": not_match } }] });
        if let Some(scope) = scope {
            tx["scope"] = json!(scope);
        }
        tx
    }

    fn create(&self, id: &str, object: &str) -> Value {
        self.tx(id, "TxCreateDoc", object, &json!({ "attributes": { "title": object, "rank": "" }, "attachedTo": "tracker:ids:NoParent",
            "attachedToClass": "tracker:class:Issue", "collection": "subIssues" }))
    }

    fn found(&mut self, who: &Session, class: &str, query: &Value) -> Vec<Value> {
        let find = Find {
            class: class.into(),
            query: query.as_object().unwrap().clone(),
            options: FindOptions::default(),
        };
        self.huly.find_all(who, &find).unwrap()["value"]
            .as_array()
            .unwrap()
            .clone()
    }

    fn collaborate(&mut self, issue: &str, method: &str, payload: &Value) -> Result<Value, String> {
        let name = format!(
            "{}|tracker:class:Issue|{issue}|description",
            self.huly.workspace().uuid
        );
        let doc = DocName::parse(&name).unwrap();
        self.huly
            .collaborate(&self.who, &name, &doc, method, payload)
            .map_err(|error| error.to_string())
    }

    fn live(&mut self, issue: &str) -> String {
        let answer = self.collaborate(issue, "getContent", &json!({})).unwrap();
        answer
            .pointer("/content/description")
            .map_or_else(String::new, |text| text.as_str().unwrap().to_owned())
    }

    fn stored(&self, issue: &str, field: &str) -> Value {
        self.huly
            .stored("tracker:class:Issue", issue)
            .unwrap()
            .get(field)
            .cloned()
            .unwrap_or(Value::Null)
    }
}
