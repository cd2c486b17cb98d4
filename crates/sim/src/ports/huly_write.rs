//! Changing and removing issues in the model of Huly, in the steps of the engine's own adapter.

use engine::port::{Answer, Removed, UpdateJob, Written};
use engine::{codes, markup};
use http_kit::{Effect, Error, Kind};
use serde_json::{Value, json};
use sync_core::{
    ids::{ItemId, StatusId},
    item::{Field, Item, TextVersion, Value as FieldValue, Values},
    plan::Change,
};

use super::failure;
use super::huly::HulyPort;
use super::huly_find::{ISSUE, conflict};
use super::huly_tx::{Target, condition};
use super::issue::{self, NO_PARENT};
use crate::huly::{Doc, text};

impl HulyPort {
    /// Plain fields in one conditional transaction, then the description through the collaborator, then the comment.
    pub(super) async fn update_issue(&self, job: &UpdateJob) -> Answer<Written> {
        let (text, plain): (Vec<&Change>, Vec<&Change>) = job
            .set
            .iter()
            .partition(|change| change.field == Field::Description);
        let mut written = Written {
            item: self.write_fields(job, &plain).await?,
            refused: Vec::new(),
            lost: Vec::new(),
        };
        if let Some(change) = text.first() {
            match self.write_description(job, change).await {
                Ok((item, lost)) => {
                    // The other fields stay as their own write answered: this look came later.
                    written.item.values.description = item.values.description;
                    (written.item.text, written.item.modified) = (item.text, item.modified);
                    written.lost = lost;
                }
                Err(error) if !plain.is_empty() => {
                    written.refused.push((Field::Description, error));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(note) = &job.note {
            self.comment(job, note).await?;
        }
        Ok(written)
    }

    async fn write_fields(&self, job: &UpdateJob, plain: &[&Change]) -> Answer<Item> {
        let id = job.item.as_str();
        if plain.is_empty() {
            return self.present(&job.item).await;
        }
        let (mut observed, mut operations) = (Doc::new(), Doc::new());
        observed.insert("_id".into(), json!(id));
        for change in plain {
            let (field, from, to) = parts(job, change)?;
            observed.insert(field.into(), from);
            operations.insert(field.into(), to);
        }
        let target = Target {
            id,
            class: ISSUE,
            space: job.project.as_str(),
        };
        let rest = json!({ "operations": operations, "retrieve": true });
        let tx = self.tx(Some(&job.write_id), "core:class:TxUpdateDoc", target, rest);
        let as_observed = condition(observed);
        let done = self
            .apply_if(id, (as_observed, json!([])), vec![tx])
            .await?;
        match done.as_ref().map(Value::as_object) {
            Some(Some(doc)) => Ok(issue::item(doc)),
            Some(None) => Err(conflict(format!("issue {id} is not there any more"))),
            None => Err(conflict(format!("issue {id} was changed meanwhile"))),
        }
    }

    /// Asks for the live text first, which saves what is being typed; a name that changed thereby means that somebody types.
    async fn write_description(
        &self,
        job: &UpdateJob,
        change: &Change,
    ) -> Answer<(Item, Vec<String>)> {
        let id = &job.item;
        let FieldValue::Text(wanted) = &change.to else {
            return Err(conflict(format!(
                "no text was planned for the description of {id}"
            )));
        };
        let observed = &job.expected.description;
        let payload = if observed.is_none() {
            json!({})
        } else {
            json!({ "source": observed.as_str() })
        };
        let live = self
            .rpc(Effect::Read, "getContent", id.as_str(), payload)
            .await?;
        // What is typed from now on is saved nowhere, so the name does not tell of it.
        let looked = self.caller.moment();
        let issue = self.present(id).await?;
        let name = issue.values.description.clone();
        if name != *observed {
            let typed = Error::new(Kind::Conflict, codes::BEING_TYPED, "huly", "(description)");
            return Err(typed.with_detail(format!(
                "the description of {id} was changed or is being typed"
            )));
        }
        let current = match live.pointer("/content/description").and_then(Value::as_str) {
            Some(text) => parse(text)?,
            None => self.node(&name).await?,
        };
        let patched = markup::patch(&current, wanted);
        self.replace(id, &markup::wire(&patched.node), looked)
            .await?;
        let mut item = self.present(id).await?;
        let (sent, stored) = (
            markup::to_markdown(&patched.node),
            markup::to_markdown(&self.node(&item.values.description).await?),
        );
        // A new name with another text: somebody wrote between our write and this look, so the base is what was sent.
        let overtaken = stored != sent && item.values.description != name;
        if overtaken {
            item.values.description = TextVersion::of_text(&sent);
        }
        item.text = Some(if overtaken { sent } else { stored }.into());
        let lost = patched.lost.iter();
        Ok((
            item,
            lost.map(|lost| format!("{} ({})", lost.name, lost.text))
                .collect(),
        ))
    }

    async fn node(&self, name: &TextVersion) -> Answer<markup::Node> {
        if name.is_none() {
            return Ok(markup::from_markdown(""));
        }
        parse(&self.blob(name.as_str()).await?)
    }

    async fn comment(&self, job: &UpdateJob, note: &str) -> Answer<()> {
        let name = format!("comment:{}:{note}", job.item);
        let key = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
        let id: String = key.simple().to_string().chars().take(24).collect();
        let target = Target {
            id: &id,
            class: "chunter:class:ChatMessage",
            space: job.project.as_str(),
        };
        let message = markup::wire(&markup::from_markdown(note));
        let rest = json!({ "attachedTo": job.item.as_str(), "attachedToClass": ISSUE, "collection": "comments",
            "attributes": { "message": message, "attachments": 0 } });
        let tx = self.tx(None, "core:class:TxCreateDoc", target, rest);
        let there = json!([{ "_class": "chunter:class:ChatMessage", "query": { "_id": id } }]);
        let sent = self.apply_if(job.item.as_str(), (json!([]), there), vec![tx]);
        match sent.await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == failure::HULY_EXISTS => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes an issue as it is expected, where nothing is below it.
    pub(super) async fn remove_issue(
        &self,
        id: &ItemId,
        expected: &Values,
        write_id: &str,
    ) -> Answer<Removed> {
        let read = self
            .by_id(ISSUE, id.as_str(), |doc| {
                let attached = text(doc, "attachedTo").to_owned();
                (issue::located(doc), attached)
            })
            .await?;
        let Some(((project, item), attached)) = read else {
            return Ok(Removed::Gone);
        };
        if item.values != *expected {
            return Err(conflict(format!("issue {id} was changed meanwhile")));
        }
        let target = Target {
            id: id.as_str(),
            class: ISSUE,
            space: project.as_str(),
        };
        let rest =
            json!({ "attachedTo": attached, "attachedToClass": ISSUE, "collection": "subIssues" });
        let tx = self.tx(Some(write_id), "core:class:TxRemoveDoc", target, rest);
        let below = condition(json!({ "attachedTo": id.as_str() }));
        let done = self
            .apply_if(id.as_str(), (json!([]), below), vec![tx])
            .await?;
        Ok(match done {
            Some(_) => Removed::Gone,
            None => Removed::HasChildren,
        })
    }
}

/// The stored form of a description as markup.
pub(super) fn parse(stored: &str) -> Answer<markup::Node> {
    match markup::Source::read(stored) {
        Ok(source) => Ok(source.into_node()),
        Err(error) => {
            let bad = Error::new(Kind::Rejected, codes::MARKUP, "huly", "/api/v1/blob");
            Err(bad
                .with_detail("a description is not in a form that can be read")
                .with_source(error))
        }
    }
}

/// The field's name in the model, its observed and its wanted value.
fn parts(job: &UpdateJob, change: &Change) -> Answer<(&'static str, Value, Value)> {
    let expected = &job.expected;
    let extra = &expected.extra;
    let parent = |id: Option<&ItemId>| json!(id.map_or(NO_PARENT, ItemId::as_str));
    Ok(match (change.field, &change.to) {
        (Field::Title, FieldValue::Text(to)) => ("title", json!(expected.title), json!(to)),
        (Field::Status, FieldValue::Status(to)) => {
            let from = expected.status.as_ref().map(StatusId::as_str);
            ("status", json!(from), json!(to.as_str()))
        }
        (Field::Priority, FieldValue::Priority(to)) => (
            "priority",
            json!(issue::priority_number(extra.priority)),
            json!(issue::priority_number(*to)),
        ),
        (Field::Parent, FieldValue::Parent(to)) => (
            "attachedTo",
            parent(extra.parent.as_ref()),
            parent(to.as_ref()),
        ),
        (Field::DueDate, FieldValue::DueDate(to)) => (
            "dueDate",
            json!(extra.due_date.map(|at| at.0)),
            json!(to.map(|at| at.0)),
        ),
        (
            Field::Title
            | Field::Description
            | Field::Status
            | Field::Priority
            | Field::Parent
            | Field::Labels
            | Field::Assignee
            | Field::DueDate,
            _,
        ) => {
            let never = Error::new(Kind::Fatal, codes::UNSUPPORTED, "huly", "(issue)");
            return Err(never.with_detail(format!("{} cannot be written to huly", change.field)));
        }
    })
}
