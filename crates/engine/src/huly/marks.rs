//! What a filter needs to know beyond the issues themselves: who bears a label, and what people are called.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use huly_client::{find::Find, types};
use serde_json::json;
use sync_core::{
    ids::{ItemId, ProjectId},
    item::Item,
    link::fold,
};

use super::{HulyBoard, located};
use crate::port::{Answer, Marks, Names};

/// Issues that bear one identifier: more than this is no identifier any more.
const SAME_IDENTIFIER: usize = 50;

impl HulyBoard {
    /// Issues of one identifier. Identifiers are upper case; an issue that was moved keeps its own.
    pub(super) async fn called_so(&self, identifier: &str) -> Answer<Vec<(ProjectId, Item)>> {
        let find = Find::of(types::class::ISSUE)
            .with("identifier", json!(identifier.trim().to_uppercase()))
            .archived_too();
        let issues: Vec<types::Issue> = self.client.find(&find).await?;
        Ok(issues.iter().take(SAME_IDENTIFIER).map(located).collect())
    }

    /// One call for labels; one for people, and one more where an address is among their names.
    pub(super) async fn marks_of(&self, labels: &[Arc<str>], people: &[Arc<str>]) -> Answer<Marks> {
        let mut marks = Marks::default();
        if !labels.is_empty() {
            let titles: Vec<&str> = labels.iter().map(|label| &**label).collect();
            marks.labels = borne(self.client.labelled(&titles).await?);
        }
        if !people.is_empty() {
            let with_addresses = people.iter().any(|name| name.contains('@'));
            let everybody = self.people(with_addresses).await?;
            let asked = |names: &Vec<Arc<str>>| {
                names
                    .iter()
                    .any(|name| people.iter().any(|asked| fold(asked) == fold(name)))
            };
            marks.people = everybody
                .into_iter()
                .filter(|(_, names)| asked(names))
                .collect();
        }
        Ok(marks)
    }

    pub(super) async fn all_names(&self) -> Answer<Names> {
        let labels: BTreeSet<Arc<str>> = self
            .client
            .labels()
            .await?
            .into_iter()
            .map(|label| label.title.into())
            .collect();
        let people = self.people(true).await?;
        Ok(Names {
            labels: Some(labels.into_iter().collect()),
            people: Some(people.into_values().flatten().collect()),
        })
    }

    /// Everything that each person is called, by the id that issues name them with.
    async fn people(&self, with_addresses: bool) -> Answer<BTreeMap<Arc<str>, Vec<Arc<str>>>> {
        let mut people: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
        for person in self.client.persons().await? {
            let names = people.entry(person.id.as_str().into()).or_default();
            // as it is stored and as it is shown
            if let Some((last, first)) = person.name.split_once(',') {
                names.push(format!("{} {}", first.trim(), last.trim()).trim().into());
            }
            names.push(person.name.into());
        }
        if with_addresses {
            for address in self.client.addresses().await? {
                if let Some(person) = address.attached_to {
                    let names = people.entry(person.as_str().into()).or_default();
                    names.push(address.value.into());
                }
            }
        }
        Ok(people)
    }
}

fn borne(labels: Vec<types::Label>) -> HashMap<ItemId, BTreeSet<Arc<str>>> {
    let mut borne: HashMap<ItemId, BTreeSet<Arc<str>>> = HashMap::new();
    for label in labels {
        if let Some(issue) = label.attached_to {
            let of_issue = borne.entry(ItemId::from(issue.as_str())).or_default();
            of_issue.insert(label.title.into());
        }
    }
    borne
}
