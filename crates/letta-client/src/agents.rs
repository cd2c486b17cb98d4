//! Agents: found, made, changed, deleted.

use std::collections::BTreeSet;

use http_kit::{Call, Effect, Error};
use url::Url;

use crate::blocks::block_gaps;
use crate::client::{found, incomplete, patch_json, refusal};
use crate::{
    Agent, AgentId, AgentSummary, AgentUpdate, Deletion, Letta, NewAgent, NewBlock, codes,
    is_agent_name, route,
};

/// What is named with every call that answers an agent.
const WHOLE: [&str; 3] = ["agent.tags", "agent.blocks", "agent.tools"];

/// How a create of an agent ended. Both times there is an agent now.
#[derive(Debug, Clone, PartialEq)]
pub enum Creation {
    /// The agent has all that was sent.
    Whole(Agent),
    /// Something vanished on the way: tags, tools, blocks, or fields of them, by name.
    Incomplete {
        /// The agent as it is; its id is what completing or deleting it takes.
        agent: Agent,
        /// As in `block hotspots`, `tag hvs`, `limit of block persona`.
        missing: Vec<String>,
    },
}

impl Creation {
    /// The agent, where it is whole; else the error [`codes::LETTA_INCOMPLETE`] (unknown), which names agent and gaps.
    pub fn whole(self) -> Result<Agent, Error> {
        match self {
            Creation::Whole(agent) => Ok(agent),
            Creation::Incomplete { agent, missing } => {
                Err(incomplete(route::AGENTS, &agent.id.to_string(), &missing))
            }
        }
    }
}

impl Letta {
    /// All agents that carry all these tags, oldest first, each tag checked here again; never a background twin. Fails
    /// (rejected, nothing is sent) without a tag or with an empty one: that would be every agent there is.
    pub async fn agents_with_tags(&self, tags: &[&str]) -> Result<Vec<AgentSummary>, Error> {
        if tags.is_empty() || tags.contains(&"") {
            let why = "agents are looked for by at least one tag, none of them empty";
            return Err(refusal(codes::LETTA_BAD_VALUE, route::AGENTS, why));
        }
        let mut query = vec![("match_all_tags", "true")];
        query.extend(tags.iter().map(|tag| ("tags", *tag)));
        self.agents(query, |agent| {
            tags.iter()
                .all(|tag| agent.tags.iter().any(|own| own == tag))
        })
        .await
    }

    /// All agents of exactly this name, oldest first, checked here again; never a background twin. Names are not unique.
    pub async fn agents_named(&self, name: &str) -> Result<Vec<AgentSummary>, Error> {
        if name.is_empty() {
            return Ok(Vec::new());
        }
        self.agents(vec![("name", name)], |agent| agent.name == name)
            .await
    }

    async fn agents(
        &self,
        mut query: Vec<(&str, &str)>,
        fits: impl Fn(&AgentSummary) -> bool,
    ) -> Result<Vec<AgentSummary>, Error> {
        query.push(("include", "agent.tags"));
        let url = self.url(route::AGENTS);
        let mut agents: Vec<AgentSummary> = self.walk(route::AGENTS, url, &query).await?;
        agents.retain(|agent| fits(agent) && !agent.is_twin());
        // The server was asked for this order; a proxy that drops queries gives another.
        agents.sort_by(|a, b| age(a).cmp(&age(b)));
        Ok(agents)
    }

    /// One agent with tags, blocks and tools; none only where the server itself says that it is not there.
    pub async fn agent(&self, id: AgentId) -> Result<Option<Agent>, Error> {
        found(
            self.fetch(Call::get(route::AGENT, self.whole_url(id)))
                .await,
        )
    }

    /// Creates an agent with all its blocks in one body, and compares the answer. Never repeated: where the outcome is
    /// unknown, look for the tags first. Rejected, and not sent, where the name, a label or a size is one that the server
    /// would refuse or drop.
    pub async fn create_agent(&self, new: &NewAgent) -> Result<Creation, Error> {
        checked_name(&new.name, route::AGENTS)?;
        let mut labels = BTreeSet::new();
        for block in &new.memory_blocks {
            block.checked(route::AGENTS)?;
            if !labels.insert(block.label.as_str()) {
                let why = format!("two blocks are called {}", block.label);
                return Err(refusal(codes::LETTA_BAD_VALUE, route::AGENTS, why));
            }
        }
        let mut url = self.url(route::AGENTS);
        include_whole(&mut url);
        let sent = NewAgent {
            memory_blocks: self.with_known_fields(&new.memory_blocks),
            ..new.clone()
        };
        let call = Call::post_json(route::AGENTS, url, &sent, Effect::Write)?;
        let agent: Agent = self.fetch(call).await?;
        let missing = agent_gaps(new, &agent);
        Ok(if missing.is_empty() {
            Creation::Whole(agent)
        } else {
            Creation::Incomplete { agent, missing }
        })
    }

    /// Changes an agent with one PATCH and compares the answer. Tags, tools and metadata replace what was there whole. There is
    /// no guard against another writer; sending it twice does no harm.
    pub async fn update_agent(&self, id: AgentId, update: &AgentUpdate) -> Result<Agent, Error> {
        if let Some(name) = &update.name {
            checked_name(name, route::AGENT)?;
        }
        let call = patch_json(route::AGENT, self.whole_url(id), update)?;
        let agent: Agent = self.fetch(call).await?;
        let missing = update_gaps(update, &agent);
        if missing.is_empty() {
            Ok(agent)
        } else {
            Err(incomplete(route::AGENT, &id.to_string(), &missing))
        }
    }

    /// Deletes an agent. Its blocks stay behind as orphans: delete them by their ids where they are ours.
    pub async fn delete_agent(&self, id: AgentId) -> Result<Deletion, Error> {
        let url = self.url(&format!("{}{id}", route::AGENTS));
        self.remove(Call::delete(route::AGENT, url)).await
    }

    /// The blocks as this server knows them: an old one drops tags silently, so they are not sent.
    fn with_known_fields(&self, blocks: &[NewBlock]) -> Vec<NewBlock> {
        let mut blocks = blocks.to_vec();
        if !self.capabilities().block_tags {
            for block in &mut blocks {
                block.tags.clear();
            }
        }
        blocks
    }

    fn whole_url(&self, id: AgentId) -> Url {
        let mut url = self.url(&format!("{}{id}", route::AGENTS));
        include_whole(&mut url);
        url
    }
}

/// Names the relations that are wanted; the others come empty.
fn include_whole(url: &mut Url) {
    let pairs = WHOLE.map(|relation| ("include", relation));
    url.query_pairs_mut().extend_pairs(pairs);
}

/// Oldest first; those of unknown age last; ties by id. Times are all in UTC and of one form, but for a fraction of zero,
/// which is left out, and which way UTC is written.
fn age(agent: &AgentSummary) -> (bool, &str, AgentId) {
    let time = agent.created_at.as_deref().unwrap_or_default();
    let time = time.trim_end_matches("+00:00").trim_end_matches('Z');
    (time.is_empty(), time, agent.id)
}

fn checked_name(name: &str, route: &'static str) -> Result<(), Error> {
    if is_agent_name(name) {
        return Ok(());
    }
    let short: String = name.chars().take(80).collect();
    let why = format!("letta takes no agent of the name \"{short}\"");
    Err(refusal(codes::LETTA_NAME, route, why))
}

/// What of a create the answer does not show. The tags of blocks are never shown with an agent.
fn agent_gaps(new: &NewAgent, agent: &Agent) -> Vec<String> {
    let mut gaps = Vec::new();
    if agent.name != new.name {
        gaps.push("name".to_owned());
    }
    let lost = new.tags.iter().filter(|tag| !agent.tags.contains(tag));
    gaps.extend(lost.map(|tag| format!("tag {tag}")));
    if !new.metadata.is_empty() && agent.metadata != new.metadata {
        gaps.push("metadata".to_owned());
    }
    let has_tool = |name: &String| agent.tools.iter().any(|tool| tool.name == *name);
    let lost = new.tools.iter().filter(|name| !has_tool(name));
    gaps.extend(lost.map(|name| format!("tool {name}")));
    for block in &new.memory_blocks {
        let label = &block.label;
        match agent.block(label) {
            None => gaps.push(format!("block {label}")),
            Some(stored) => gaps.extend(
                block_gaps(&block.as_update(), stored)
                    .into_iter()
                    .map(|field| format!("{field} of block {label}")),
            ),
        }
    }
    gaps
}

/// What of an update the answer does not show.
fn update_gaps(update: &AgentUpdate, agent: &Agent) -> Vec<String> {
    let description = agent.description.as_deref().unwrap_or_default();
    let tags = |tags: &[String]| tags.iter().cloned().collect::<BTreeSet<_>>();
    let tools: BTreeSet<_> = agent.tools.iter().map(|tool| tool.id).collect();
    let asked_tools = update.tool_ids.as_deref();
    let fields = [
        ("name", kept(update.name.as_ref(), &agent.name)),
        (
            "tags",
            kept(
                update.tags.as_deref().map(tags).as_ref(),
                &tags(&agent.tags),
            ),
        ),
        ("metadata", kept(update.metadata.as_ref(), &agent.metadata)),
        (
            "description",
            kept(update.description.as_deref(), description),
        ),
        (
            "model",
            update.model.is_none() || update.model == agent.model,
        ),
        (
            "embedding",
            update.embedding.is_none() || update.embedding == agent.embedding,
        ),
        (
            "system prompt",
            update.system.is_none() || update.system == agent.system,
        ),
        (
            "tools",
            asked_tools.is_none_or(|ids| tools == ids.iter().copied().collect()),
        ),
    ];
    let lost = fields.iter().filter(|(_, kept)| !kept);
    lost.map(|(field, _)| (*field).to_owned()).collect()
}

/// Whether a field is stored as it was asked for; it is where nothing was asked.
fn kept<T: PartialEq + ?Sized>(asked: Option<&T>, stored: &T) -> bool {
    asked.is_none_or(|asked| asked == stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_comes_first_whatever_form_its_time_has() {
        let row = |time: Option<&str>| AgentSummary {
            id: AgentId::new(uuid::Uuid::from_u128(7)),
            name: String::new(),
            tags: Vec::new(),
            metadata: serde_json::Map::new(),
            description: None,
            agent_type: None,
            created_at: time.map(str::to_owned),
        };
        let times = [
            Some("2026-11-21T07:24:13.9Z"),
            Some("2026-11-21T07:24:14Z"),
            Some("2026-11-21T07:24:14.000001+00:00"),
            Some("2026-11-21T07:24:15.350474Z"),
            None,
        ];
        let rows: Vec<_> = times.into_iter().map(row).collect();
        assert!(rows.is_sorted_by(|a, b| age(a) < age(b)));
    }
}
