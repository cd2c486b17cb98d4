//! A schedule: everything that happens in one simulated life of two boards, as a value that can be written to a file,
//! shortened and played again.

use serde::{Deserialize, Serialize};
use sync_core::{Side, rules::Deletion};

use crate::faults::Rule;
use crate::vibe::Generation;

use super::deed::Deed;
use super::informing::{Death, Letta, Meddling};

/// One schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// From which it was made; ids, chances of the engine and of the faults follow from it, too.
    pub seed: u64,
    /// What stands from the beginning.
    pub setting: Setting,
    /// What happens, in order.
    pub events: Vec<Event>,
}

/// What stands from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Which shape Vibe Kanban has.
    pub generation: Shape,
    /// Huly projects.
    pub projects: u8,
    /// How many of them stand in Vibe Kanban, too.
    pub paired: u8,
    /// What a deletion does.
    pub deletion: Deletion,
    /// Whether the guards have their documented thresholds, or hold nothing back.
    pub guards: bool,
    /// Issues in one page.
    pub page_size: u32,
    /// Projects in work at once.
    pub workers: u8,
    /// Each call takes this long and up to as long again, in milliseconds; none: no time at all.
    pub latency_ms: u16,
    /// Milliseconds between a PUT's read and its write of all columns, where Vibe Kanban races.
    pub put_race_ms: Option<u16>,
    /// Huly counts activity so many milliseconds late, and stamps step back.
    pub late_bookkeeping_ms: Option<u16>,
    /// Whether there is a Letta server, and what stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letta: Option<Letta>,
    /// Pauses end when so many seconds since the beginning, or a multiple of them, have passed: two plays of which one takes longer
    /// keep step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beat_s: Option<u32>,
}

/// [`Generation`] as it is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// v0.0.115.
    L1,
    /// v0.1.14.
    L2,
}

impl From<Shape> for Generation {
    fn from(shape: Shape) -> Generation {
        match shape {
            Shape::L1 => Generation::L1,
            Shape::L2 => Generation::L2,
        }
    }
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A deed, now.
    Deed {
        /// Which.
        deed: Deed,
    },
    /// A deed in the middle of the next run, when its calls have come to this number: before that call's effect. Where the
    /// run ends earlier, right after it.
    During {
        /// Which call, from 1.
        call: u16,
        /// What is done.
        deed: Deed,
    },
    /// Something goes wrong in the next run.
    Fault {
        /// At which server.
        side: Side,
        /// How.
        rule: Rule,
    },
    /// Somebody meddles with agents: now, or when the calls of the next run to Letta have come to this number. Where the run ends
    /// earlier, right after it.
    Meddling {
        /// Which call, from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<u16>,
        /// What is done.
        deed: Meddling,
    },
    /// Something goes wrong at Letta in the next run.
    LettaFault {
        /// How.
        rule: Rule,
    },
    /// hvs runs.
    Run(Run),
    /// Time passes.
    Wait {
        /// How long, in milliseconds.
        ms: u32,
    },
}

/// One run of hvs, with what befalls its process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Killed after so many polls of its future.
    pub killed_after: Option<u32>,
    /// Stopped after so many polls.
    pub frozen_after: Option<u32>,
    /// Stopped for so long, in milliseconds.
    pub frozen_ms: u32,
    /// Another process runs at the same time; it starts so many milliseconds later.
    pub second_after_ms: Option<u32>,
    /// Killed in the middle of what it says to Letta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letta_death: Option<Death>,
}
