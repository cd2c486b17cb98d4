//! The rules of agents.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{Defaults, Order, Page, paged};
use super::shown::AFTER_WRITE;
use super::{Agent, AgentView, LettaModel, NewBlock, Refusal, Relation, tools};

/// An agent to make. What is none is the server's own default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewAgent {
    /// Letters and digits of any script, space, `_`, `-`, `'`; another character is a 500. None: the server invents one.
    pub name: Option<String>,
    /// `letta_v1_agent` where none.
    pub agent_type: Option<String>,
    /// Handle; needed.
    pub model: Option<String>,
    /// Handle.
    pub embedding: Option<String>,
    /// Words for people.
    pub description: Option<String>,
    /// System prompt.
    pub system: Option<String>,
    /// Name of a time zone.
    pub timezone: Option<String>,
    /// Tags; twins among them vanish.
    pub tags: Option<Vec<String>>,
    /// Any JSON object.
    pub metadata: Option<Value>,
    /// Blocks to make and attach. Of two with one label the second is made but not attached.
    pub memory_blocks: Option<Vec<NewBlock>>,
    /// Blocks to attach; unknown ids vanish, and so do those whose label a new block has.
    pub block_ids: Option<Vec<String>>,
    /// Names of tools to attach.
    pub tools: Option<Vec<String>>,
    /// Ids of tools to attach.
    pub tool_ids: Option<Vec<String>>,
    /// Whether it gets the server's three base tools; true where none.
    pub include_base_tools: Option<bool>,
    /// Makes a twin that works on the memory in the background.
    pub enable_sleeptime: Option<bool>,
    /// Keeps it out of lists.
    pub hidden: Option<bool>,
}

/// A change of an agent; what is none stays. Lists and metadata replace what was there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentUpdate {
    /// Any name, unlike on create.
    pub name: Option<String>,
    /// `""` clears it.
    pub description: Option<String>,
    /// Handle.
    pub model: Option<String>,
    /// Handle.
    pub embedding: Option<String>,
    /// System prompt.
    pub system: Option<String>,
    /// Name of a time zone.
    pub timezone: Option<String>,
    /// The whole list.
    pub tags: Option<Vec<String>>,
    /// The whole object.
    pub metadata: Option<Value>,
    /// The whole list.
    pub block_ids: Option<Vec<String>>,
    /// The whole list.
    pub tool_ids: Option<Vec<String>>,
    /// Keeps it out of lists.
    pub hidden: Option<bool>,
}

/// Which agents a list is to hold; conditions join with "and".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentFilter {
    /// Exactly this name; an empty one filters nothing.
    pub name: Option<String>,
    /// Part of the name, any case.
    pub query_text: Option<String>,
    /// Carries any of them; none filters nothing.
    pub tags: Vec<String>,
    /// Carries all of them instead.
    pub match_all_tags: bool,
}

/// Agents' lists: the newest 50.
const LIST: Defaults = Defaults {
    limit: 50,
    order: Order::Desc,
};
/// Parts of the names that the server invents.
const FIRST: [&str; 8] = [
    "Bright", "Calm", "Eager", "Gentle", "Lively", "Patient", "Quiet", "Swift",
];
const SECOND: [&str; 8] = [
    "Beacon", "Comet", "Harbor", "Icicle", "Meadow", "Otter", "Pebble", "Willow",
];

impl AgentFilter {
    fn takes(&self, agent: &Agent) -> bool {
        let lower = |text: &str| text.to_lowercase();
        let named = |name: &String| name.is_empty() || agent.name == *name;
        let reads = |part: &String| lower(&agent.name).contains(&lower(part));
        agent.hidden != Some(true)
            && self.name.as_ref().is_none_or(named)
            && self.query_text.as_ref().is_none_or(reads)
            && carries(&agent.tags, &self.tags, self.match_all_tags)
    }
}

/// Whether `tags` has all or any of the wanted ones; none wanted is no condition.
pub(super) fn carries(tags: &[String], wanted: &[String], all: bool) -> bool {
    let has = |tag| tags.contains(tag);
    wanted.is_empty()
        || if all {
            wanted.iter().all(has)
        } else {
            wanted.iter().any(has)
        }
}

/// Each tag once.
pub(super) fn distinct(tags: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    kept
}

fn place(agent: &Agent) -> (i64, String) {
    (agent.created_at, agent.id.clone())
}

impl LettaModel {
    /// Agents, newest first where the page does not say otherwise; hidden ones are left out.
    pub fn list_agents(
        &self,
        filter: &AgentFilter,
        page: &Page,
        include: &[Relation],
    ) -> Result<Vec<AgentView>, Refusal> {
        let wanted = self.agents.iter().filter(|agent| filter.takes(agent));
        self.agents_page(wanted.collect(), page, include)
    }

    /// The agents that a block is attached to.
    pub fn agents_of_block(
        &self,
        block: &str,
        page: &Page,
        include: &[Relation],
    ) -> Result<Vec<AgentView>, Refusal> {
        self.block(block)?;
        let has = |agent: &&Agent| agent.blocks.iter().any(|known| known == block);
        self.agents_page(self.agents.iter().filter(has).collect(), page, include)
    }

    fn agents_page(
        &self,
        wanted: Vec<&Agent>,
        page: &Page,
        include: &[Relation],
    ) -> Result<Vec<AgentView>, Refusal> {
        let cursor = |id: &str| self.agents.iter().find(|agent| agent.id == id).map(place);
        let rows = paged(wanted, |agent| place(agent), cursor, page, LIST)?;
        Ok(rows
            .into_iter()
            .map(|agent| self.shown(agent, include))
            .collect())
    }

    /// How many agents there are, hidden ones too.
    pub fn count_agents(&self) -> usize {
        self.agents.len()
    }

    /// An agent by id, with what `include` names.
    pub fn agent(&self, id: &str, include: &[Relation]) -> Result<AgentView, Refusal> {
        let known = self.agents.iter().find(|agent| agent.id == id);
        known
            .map(|agent| self.shown(agent, include))
            .ok_or_else(|| Refusal::NotFound(format!("Agent with ID {id} not found")))
    }

    pub(super) fn agent_at(&self, id: &str) -> Result<&Agent, Refusal> {
        let known = self.agents.iter().find(|agent| agent.id == id);
        known.ok_or_else(|| Refusal::no_row("Agent", id))
    }

    pub(super) fn agent_at_mut(&mut self, id: &str) -> Result<&mut Agent, Refusal> {
        let known = self.agents.iter_mut().find(|agent| agent.id == id);
        known.ok_or_else(|| Refusal::no_row("Agent", id))
    }

    /// The agent after a write: blocks, tools and tags are there for everybody.
    pub(super) fn written(&self, id: &str) -> Result<AgentView, Refusal> {
        Ok(self.shown(self.agent_at(id)?, &AFTER_WRITE))
    }

    /// Makes an agent with its blocks. It never finds an existing one: the same name and tags twice make two.
    pub fn create_agent(&mut self, new: NewAgent) -> Result<AgentView, Refusal> {
        let model = new.model.clone().ok_or_else(|| {
            Refusal::Invalid(
                "INVALID_ARGUMENT: Must specify either model or llm_config in request".into(),
            )
        })?;
        self.check_model(&model)?;
        if let Some(embedding) = &new.embedding {
            self.check_embedding(embedding)?;
        }
        if let Some(name) = &new.name {
            check_name(name)?;
        }
        let made = self.make_blocks(new.memory_blocks.as_deref().unwrap_or_default())?;
        if self.late_create_failures > 0 {
            self.late_create_failures -= 1;
            return Err(Refusal::Broken("A database error occurred.".into()));
        }
        let wanted = made
            .into_iter()
            .chain(new.block_ids.clone().unwrap_or_default());
        let blocks = self.first_of_each_label(wanted);
        let id = self.add_agent(new, model, blocks);
        self.written(&id)
    }

    fn add_agent(&mut self, new: NewAgent, model: String, blocks: Vec<String>) -> String {
        let with_twin = new.enable_sleeptime == Some(true);
        let base: &[&str] = match new.include_base_tools {
            Some(false) => &[],
            _ if with_twin => &tools::WITH_TWIN,
            _ => &tools::BASE,
        };
        let names = base
            .iter()
            .copied()
            .chain(new.tools.iter().flatten().map(String::as_str));
        let mut attached = self.tool_ids(names);
        attached.extend(new.tool_ids.into_iter().flatten());
        let created_at = self.stamp();
        let mut agent = Agent {
            id: self.new_id("agent"),
            name: new.name.unwrap_or_else(|| self.invented_name()),
            agent_type: new.agent_type.unwrap_or_else(|| "letta_v1_agent".into()),
            description: new.description,
            tags: distinct(new.tags.unwrap_or_default()),
            metadata: new.metadata,
            model,
            embedding: new.embedding,
            system: new.system,
            timezone: new.timezone.unwrap_or_else(|| "UTC".into()),
            blocks,
            tools: distinct(attached),
            folders: Vec::new(),
            enable_sleeptime: new.enable_sleeptime,
            twin: None,
            hidden: new.hidden,
            message_id: self.new_id("message"),
            created_at,
            updated_at: created_at,
        };
        let id = agent.id.clone();
        let twin = with_twin.then(|| self.twin_of(&agent));
        if let Some(twin) = &twin {
            agent.twin = Some((self.new_id("group"), twin.id.clone()));
        }
        self.agents.push(agent);
        self.agents.extend(twin);
        id
    }

    /// The agent in the background that shares the blocks and has none of the tags.
    fn twin_of(&mut self, agent: &Agent) -> Agent {
        let created_at = self.stamp();
        Agent {
            id: self.new_id("agent"),
            name: format!("{}-sleeptime", agent.name),
            agent_type: "sleeptime_agent".into(),
            description: None,
            tags: Vec::new(),
            metadata: None,
            tools: self.tool_ids(tools::OF_TWIN),
            folders: Vec::new(),
            enable_sleeptime: None,
            twin: None,
            hidden: None,
            message_id: self.new_id("message"),
            created_at,
            updated_at: created_at,
            ..agent.clone()
        }
    }

    fn invented_name(&mut self) -> String {
        let mut part = |parts: &[&str]| {
            let at = self.chosen(parts.len());
            parts.get(at).copied().unwrap_or("Quiet").to_owned()
        };
        part(&FIRST) + &part(&SECOND)
    }

    /// Changes an agent. There is no guard against another write: the last one wins.
    pub fn update_agent(&mut self, id: &str, update: AgentUpdate) -> Result<AgentView, Refusal> {
        self.agent_at(id)?;
        if let Some(model) = &update.model {
            self.check_model(model)?;
        }
        if let Some(embedding) = &update.embedding {
            self.check_embedding(embedding)?;
        }
        let blocks = update.block_ids.map(|ids| self.first_of_each_label(ids));
        let known = |tool: &String| self.tools.iter().any(|known| known.id == *tool);
        let tools = update
            .tool_ids
            .map(|ids| distinct(ids.into_iter().filter(known).collect()));
        let now = self.stamp();
        let agent = self.agent_at_mut(id)?;
        agent.updated_at = now;
        put(&mut agent.name, update.name);
        put(&mut agent.model, update.model);
        put(&mut agent.timezone, update.timezone);
        put(&mut agent.tags, update.tags.map(distinct));
        put(&mut agent.blocks, blocks);
        put(&mut agent.tools, tools);
        agent.description = update.description.or(agent.description.take());
        agent.embedding = update.embedding.or(agent.embedding.take());
        agent.system = update.system.or(agent.system.take());
        agent.metadata = update.metadata.or(agent.metadata.take());
        agent.hidden = update.hidden.or(agent.hidden);
        self.written(id)
    }

    /// Removes an agent, and its twin with it. Its blocks stay, attached to nobody.
    pub fn delete_agent(&mut self, id: &str) -> Result<(), Refusal> {
        let twin = self.agent_at(id)?.twin.clone().map(|(_, twin)| twin);
        self.agents
            .retain(|agent| agent.id != id && Some(&agent.id) != twin.as_ref());
        for agent in &mut self.agents {
            agent.twin.take_if(|(_, twin)| twin == id);
        }
        self.messages.retain(|message| message.agent != id);
        Ok(())
    }
}

/// Replaces where there is something to replace with.
pub(super) fn put<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// The rule of the server is `^[\w '\-]+$`.
fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '_' | ' ' | '-' | '\'');
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(());
    }
    Err(Refusal::Broken(format!(
        "Export failed: Agent name '{name}' contains invalid characters. Only letters (any language), digits, spaces, \
         hyphens, underscores, and apostrophes are allowed. Please avoid filesystem-unsafe characters like: / \\ : * ? \" \
         < > |"
    )))
}
