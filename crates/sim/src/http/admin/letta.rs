//! What people, and agents with their own tools, do on a Letta server.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::letta::{AgentUpdate, BlockUpdate, LettaModel, NewAgent, NewBlock, Refusal};

/// What a person does on a Letta server, and how it behaves from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum LettaDeed {
    /// Makes an agent.
    CreateAgent {
        /// The agent; its fields stand beside `do`.
        #[serde(flatten)]
        new: Box<NewAgent>,
    },
    /// Changes an agent.
    EditAgent {
        /// The agent's id.
        agent: String,
        /// What is changed; its fields stand beside `do` and `agent`.
        #[serde(flatten)]
        update: Box<AgentUpdate>,
    },
    /// Removes an agent; its blocks stay.
    DeleteAgent {
        /// The agent's id.
        agent: String,
    },
    /// Makes a block.
    CreateBlock {
        /// The block; its fields stand beside `do`.
        #[serde(flatten)]
        new: Box<NewBlock>,
    },
    /// Changes a block.
    EditBlock {
        /// The block's id.
        block: String,
        /// What is changed; its fields stand beside `do` and `block`.
        #[serde(flatten)]
        update: Box<BlockUpdate>,
    },
    /// Removes a block from all agents.
    DeleteBlock {
        /// The block's id.
        block: String,
    },
    /// Attaches a block.
    AttachBlock {
        /// The agent's id.
        agent: String,
        /// The block's id.
        block: String,
    },
    /// Detaches a block.
    DetachBlock {
        /// The agent's id.
        agent: String,
        /// The block's id.
        block: String,
    },
    /// Others write at the same time: so many of the next changes answer 409.
    BusyBlock {
        /// The block's id; none: any block.
        block: Option<String>,
        /// So many.
        writes: u32,
    },
    /// So many of the next creates of agents fail with a 500 and leave their blocks behind.
    LateCreateFailures {
        /// So many.
        creates: u32,
    },
    /// The provider of a model can no longer be reached, or again.
    Provider {
        /// The model's handle.
        model: String,
        /// Whether it can be reached.
        reachable: bool,
    },
}

pub(super) fn do_in_letta(model: &mut LettaModel, deed: LettaDeed) -> Result<Value, Refusal> {
    let nothing = || json!({});
    match deed {
        LettaDeed::CreateAgent { new } => model
            .create_agent(*new)
            .map(|made| json!({ "id": made.agent.id })),
        LettaDeed::EditAgent { agent, update } => {
            model.update_agent(&agent, *update).map(|_| nothing())
        }
        LettaDeed::DeleteAgent { agent } => model.delete_agent(&agent).map(|()| nothing()),
        LettaDeed::CreateBlock { new } => model
            .create_block(*new)
            .map(|made| json!({ "id": made.id })),
        LettaDeed::EditBlock { block, update } => {
            model.update_block(&block, *update).map(|_| nothing())
        }
        LettaDeed::DeleteBlock { block } => model.delete_block(&block).map(|()| nothing()),
        LettaDeed::AttachBlock { agent, block } => {
            model.attach_block(&agent, &block).map(|_| nothing())
        }
        LettaDeed::DetachBlock { agent, block } => {
            model.detach_block(&agent, &block).map(|_| nothing())
        }
        LettaDeed::BusyBlock { block, writes } => {
            match block {
                Some(block) => model.busy_block(&block, writes),
                None => model.busy_blocks = writes,
            }
            Ok(nothing())
        }
        LettaDeed::LateCreateFailures { creates } => {
            model.late_create_failures = creates;
            Ok(nothing())
        }
        LettaDeed::Provider {
            model: handle,
            reachable,
        } => {
            if reachable {
                model.unreachable.remove(&handle);
            } else {
                model.unreachable.insert(handle);
            }
            Ok(nothing())
        }
    }
}
