//! The real server as a person sees it who asks it directly.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::wire::ask;

/// Includes what hvs cares about in an agent.
const WHOLE: &str = "include=agent.blocks&include=agent.tags";

/// The server.
#[derive(Debug)]
pub(crate) struct Real {
    url: String,
    password: String,
}

/// An agent with its blocks by label.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Value,
    pub(crate) blocks: BTreeMap<String, Value>,
}

impl Agent {
    fn of(value: &Value) -> Agent {
        let blocks: Vec<&Value> = list(&value["blocks"]).iter().collect();
        let by_label: BTreeMap<String, Value> = blocks
            .iter()
            .map(|block| (text(&block["label"]), (*block).clone()))
            .collect();
        assert_eq!(by_label.len(), blocks.len(), "a label twice: {value:#}");
        let mut tags: Vec<String> = list(&value["tags"]).iter().map(text).collect();
        tags.sort();
        Agent {
            id: text(&value["id"]),
            name: text(&value["name"]),
            tags,
            metadata: value["metadata"].clone(),
            blocks: by_label,
        }
    }

    /// The text of a block.
    pub(crate) fn says(&self, label: &str) -> &str {
        let block = self.blocks.get(label);
        let block = block.unwrap_or_else(|| panic!("no block {label}: {self:#?}"));
        block["value"].as_str().unwrap()
    }

    /// The id of a block.
    pub(crate) fn block(&self, label: &str) -> String {
        text(&self.blocks[label]["id"])
    }

    /// All texts by label.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        let labels = self.blocks.keys();
        labels
            .map(|label| (label.clone(), self.says(label).to_owned()))
            .collect()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Real {
    pub(crate) fn new(url: &str, password: &str) -> Real {
        Real {
            url: url.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Asks for something that the server grants.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = ask(&self.url, &self.password, method, path, body).await;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer:#}"
        );
        answer
    }

    /// Asks for something that the server may refuse; the status.
    pub(crate) async fn tries(&self, method: &str, path: &str, body: &Value) -> u16 {
        ask(&self.url, &self.password, method, path, Some(body))
            .await
            .0
    }

    /// All agents, oldest first.
    pub(crate) async fn agents(&self) -> Vec<Agent> {
        let path = format!("/v1/agents/?order=asc&limit=1000&{WHOLE}");
        let all = self.ask("GET", &path, None).await;
        list(&all).iter().map(Agent::of).collect()
    }

    /// The agents of a Huly project.
    pub(crate) async fn agents_of(&self, project: &str) -> Vec<Agent> {
        let tag = format!("hvs-project:{project}");
        let mut all = self.agents().await;
        all.retain(|agent| agent.tags.contains(&tag));
        all
    }

    /// The one agent of a Huly project.
    pub(crate) async fn agent_of(&self, project: &str) -> Agent {
        let mut all = self.agents_of(project).await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Makes an agent by hand.
    pub(crate) async fn make(&self, name: &str, tags: &[String]) -> Agent {
        let body = json!({ "name": name, "model": "letta/letta-free", "tags": tags });
        Agent::of(&self.ask("POST", "/v1/agents/", Some(&body)).await)
    }

    pub(crate) async fn delete_agent(&self, id: &str) {
        self.ask("DELETE", &format!("/v1/agents/{id}"), None).await;
    }

    /// Changes a block as its agent or a person does.
    pub(crate) async fn edit(&self, block: &str, change: &Value) {
        self.ask("PATCH", &format!("/v1/blocks/{block}"), Some(change))
            .await;
    }

    /// Blocks that no agent has.
    pub(crate) async fn orphans(&self) -> Vec<Value> {
        let path = "/v1/blocks/?limit=1000&connected_to_agents_count_eq=0";
        list(&self.ask("GET", path, None).await).to_vec()
    }
}
