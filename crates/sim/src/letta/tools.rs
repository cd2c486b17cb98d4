//! Tools, as far as a client that copies an agent's tools sees them. They are never run.

use super::page::{Defaults, Order, Page, paged};
use super::{LettaModel, Refusal};

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// `tool-<uuid v4>`.
    pub id: String,
    /// Unique.
    pub name: String,
    /// `custom`, or one of the server's own kinds.
    pub kind: String,
    /// What the agent is told that it does.
    pub description: String,
    /// Whether it may run beside others.
    pub parallel: bool,
    /// Unix microseconds; never shown.
    pub created_at: i64,
}

/// What an agent gets where it is not told otherwise.
pub(super) const BASE: [&str; 3] = ["conversation_search", "memory_insert", "memory_replace"];
/// What is left to an agent whose memory a twin works on.
pub(super) const WITH_TWIN: [&str; 3] = [
    "archival_memory_search",
    "conversation_search",
    "send_message",
];
/// What the twin has.
pub(super) const OF_TWIN: [&str; 4] = [
    "memory_finish_edits",
    "memory_insert",
    "memory_replace",
    "memory_rethink",
];

/// The server's own tools.
pub(super) fn base(mut uuid: impl FnMut() -> uuid::Uuid) -> Vec<Tool> {
    const CORE: &str = "letta_core";
    const MEMORY: &str = "letta_sleeptime_core";
    [
        ("archival_memory_search", CORE, true),
        ("conversation_search", CORE, true),
        ("memory_finish_edits", MEMORY, false),
        ("memory_insert", MEMORY, false),
        ("memory_replace", MEMORY, false),
        ("memory_rethink", MEMORY, false),
        ("send_message", CORE, false),
    ]
    .into_iter()
    .zip((0..).map(|at: i64| -at))
    .map(|((name, kind, parallel), created_at)| Tool {
        id: format!("tool-{}", uuid()),
        name: name.into(),
        kind: kind.into(),
        description: format!("One of the server's own tools: {name}."),
        parallel,
        created_at,
    })
    .collect()
}

impl LettaModel {
    /// Tools, newest first; `names` filters exactly, none at all filters nothing.
    pub fn list_tools(&self, names: &[String], page: &Page) -> Result<Vec<Tool>, Refusal> {
        let wanted = self
            .tools
            .iter()
            .filter(|tool| names.is_empty() || names.contains(&tool.name))
            .cloned()
            .collect();
        let place = |tool: &Tool| (tool.created_at, tool.id.clone());
        let cursor = |id: &str| self.tools.iter().find(|tool| tool.id == id).map(place);
        let defaults = Defaults {
            limit: 50,
            order: Order::Desc,
        };
        paged(wanted, place, cursor, page, defaults)
    }

    /// Attaches a tool; again changes nothing.
    pub fn attach_tool(&mut self, agent: &str, tool: &str) -> Result<(), Refusal> {
        self.agent_at(agent)?;
        if !self.tools.iter().any(|known| known.id == tool) {
            return Err(Refusal::NotFound(format!(
                "Tool with id={tool} not found in organization={}",
                super::ORGANIZATION
            )));
        }
        let agent = self.agent_at_mut(agent)?;
        if !agent.tools.iter().any(|known| known == tool) {
            agent.tools.push(tool.into());
        }
        Ok(())
    }

    /// Detaches a tool; again changes nothing.
    pub fn detach_tool(&mut self, agent: &str, tool: &str) -> Result<(), Refusal> {
        self.agent_at_mut(agent)?
            .tools
            .retain(|known| known != tool);
        Ok(())
    }

    /// Ids of the tools of these names; unknown names vanish.
    pub(super) fn tool_ids<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        names
            .into_iter()
            .filter_map(|name| self.tools.iter().find(|tool| tool.name == name))
            .map(|tool| tool.id.clone())
            .collect()
    }
}
