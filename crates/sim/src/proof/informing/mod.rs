//! Agents in the schedules: a simulated Letta server with faults of its own, people and agents who meddle with what hvs keeps
//! there, and judges who look at that server and at the boards, never at what hvs says.
//!
//! What is played is the real client and the real sink, over the simulated server's routes and without sockets, so that everything
//! that a server or a proxy can do to a client is met here, too.

mod beside;
mod door;
mod generate;
mod judge;
mod meddle;
mod watch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

pub(super) use beside::beside;
pub(super) use door::{Door, sink};
pub(super) use generate::{add, with_agents};
pub(super) use judge::{agents, cheap, quiet, same, texts};
pub(super) use watch::Watcher;

/// That agents are told, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letta {
    /// Whether an agent that a person deleted is made again.
    pub again: bool,
    /// Agents in work at once.
    pub concurrency: u8,
    /// Agents on the server that are nobody's of ours.
    pub crowd: u8,
}

/// What people, and agents themselves, do to what hvs keeps on a Letta server. Agents and blocks are named by numbers that are
/// taken modulo how many there are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "does")]
pub enum Meddling {
    /// A person deletes an agent; its blocks stay, as they do on a real server.
    Delete {
        /// Which agent of ours.
        agent: u16,
    },
    /// A person makes a copy of an agent: tags, blocks, and with `whole` all that hvs wrote into its metadata, too.
    Copy {
        /// Which agent of ours.
        agent: u16,
        /// With its metadata.
        whole: bool,
    },
    /// Somebody writes into a block that hvs keeps.
    Edit {
        /// Which agent of ours.
        agent: u16,
        /// Which of its blocks.
        block: u16,
    },
    /// Somebody lets the agent write a block that hvs keeps.
    Open {
        /// Which agent of ours.
        agent: u16,
        /// Which of its blocks.
        block: u16,
    },
    /// Somebody deletes a block that hvs keeps.
    Remove {
        /// Which agent of ours.
        agent: u16,
        /// Which of its blocks.
        block: u16,
    },
    /// Somebody takes a block that hvs keeps off its agent.
    Detach {
        /// Which agent of ours.
        agent: u16,
        /// Which of its blocks.
        block: u16,
    },
    /// The agent writes into its own scratchpad.
    Note {
        /// Which agent of ours.
        agent: u16,
    },
    /// So many of the next writes of blocks meet another writer, and are answered with 409.
    Busy {
        /// How many.
        writes: u8,
    },
}

impl Meddling {
    /// Its name, for the counts of what was reached.
    pub const fn name(&self) -> &'static str {
        match self {
            Meddling::Delete { .. } => "delete an agent",
            Meddling::Copy { .. } => "copy an agent",
            Meddling::Edit { .. } => "edit a block",
            Meddling::Open { .. } => "open a block",
            Meddling::Remove { .. } => "delete a block",
            Meddling::Detach { .. } => "detach a block",
            Meddling::Note { .. } => "write a note",
            Meddling::Busy { .. } => "busy blocks",
        }
    }
}

/// A process dies in the middle of what it says to Letta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// At which call to Letta, from 1.
    pub call: u16,
    /// After the call took effect and before its answer is read; else before it is sent.
    pub after: bool,
}

/// What is written down of agents while a schedule is played.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Calls to Letta of the run under way, of all its processes.
    pub(super) calls: u32,
    /// Meddling that waits for a call to Letta of the run under way, in order.
    pub(super) waiting: VecDeque<(u32, Meddling)>,
    /// Agents that people made, and that nobody deleted since.
    pub(super) copies: BTreeSet<String>,
    /// Whether a person deleted an agent.
    pub(super) deleted: bool,
    /// What each agent wrote last into its scratchpad, by the agent's id.
    pub(super) scratchpads: BTreeMap<String, String>,
    /// Texts so far.
    texts: u32,
}
