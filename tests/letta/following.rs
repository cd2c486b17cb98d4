//! The chapter in which agents follow a control agent and the configuration.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::story::Story;

impl Story {
    async fn agent(&self, id: &str) -> Value {
        let include = "include=agent.blocks&include=agent.tags&include=agent.tools";
        let path = format!("/v1/agents/{id}?{include}");
        self.real.ask("GET", &path, None).await
    }

    async fn tool(&self, name: &str) -> String {
        let path = format!("/v1/tools/?name={name}");
        let found = self.real.ask("GET", &path, None).await;
        found[0]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn agents_follow_a_control_agent(&mut self) {
        let body = json!({
            "name": "Control", "model": "letta/letta-free", "tags": ["of the house"],
            "tools": ["archival_memory_search"],
            "memory_blocks": [{ "label": "persona", "value": "I keep {project} on course." }],
        });
        let control = self.real.ask("POST", "/v1/agents/", Some(&body)).await;
        let control = control["id"].as_str().unwrap().to_owned();
        self.world.set("letta.template", "Control");
        let dock = self.world.huly_project("DOCK", "Dock");
        self.world.issue(&dock, "Gate", "Text.", "Todo");
        self.sync().await.exits(0).prints(&["1 agent made"]);
        let made = self.real.agent_of(&dock).await;
        assert_eq!(made.says("persona"), "I keep \"Dock\" on course.");
        let like = self.agent(&control).await;
        assert_eq!(tools(&self.agent(&made.id).await), tools(&like));
        self.is_quiet().await;

        let (more, less) = (
            self.tool("memory_rethink").await,
            self.tool("conversation_search").await,
        );
        for path in [format!("attach/{more}"), format!("detach/{less}")] {
            let path = format!("/v1/agents/{control}/tools/{path}");
            self.real.ask("PATCH", &path, None).await;
        }
        self.world.set("letta.embedding", "letta/letta-free");
        self.world.set("letta.name", "Board of {project}");
        self.is_quiet().await;
        let like = self.agent(&control).await;
        self.a_day_passes().await;
        self.sync().await.exits(0).prints(&["made to follow"]);
        let follows = self.agent(&made.id).await;
        assert_eq!(tools(&follows), tools(&like));
        assert!(tools(&follows).contains("memory_rethink"), "{follows:#}");
        assert_eq!(follows["name"], "Board of Dock");
        assert_eq!(follows["embedding"], "letta/letta-free", "{follows:#}");
        let now = self.real.agent_of(&dock).await;
        assert_eq!((now.texts(), now.tags), (made.texts(), made.tags));
        // those that somebody else made are told, and stay what they are
        let theirs = self.real.agents().await;
        assert!(
            theirs.iter().any(|agent| agent.name == "Oldest"),
            "{theirs:#?}"
        );

        self.a_day_passes().await;
        self.door.requests();
        self.sync().await.exits(0);
        let asked = self.door.requests();
        let writes = asked.iter().filter(|line| !line.starts_with("GET"));
        assert_eq!(writes.count(), 0, "{asked:#?}");
        let after = self.agent(&control).await;
        for field in [
            "name",
            "tags",
            "metadata",
            "description",
            "model",
            "embedding",
        ] {
            assert_eq!(
                after[field], like[field],
                "the control agent is never written"
            );
        }
        assert_eq!(after["blocks"], like["blocks"]);
        self.is_quiet().await;
    }
}

fn tools(agent: &Value) -> BTreeSet<String> {
    let tools = agent["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}
