//! Inform: the agent of each project is told how its board stands (design 6).
//!
//! It works beside the sync of the boards and never before it: what is to be told is read from the store, a project at a time, after
//! that project's turn; where agents live cannot delay a turn or make it fail. A block is sent only where its hash differs from the
//! one that was last confirmed, so a quiet run sends nothing, after a restart neither.

mod agents;
mod blocks;
pub mod codes;
mod digest;
mod dir;
mod facts;
mod failing;
mod held;
mod letta;
mod likeness;
mod operate;
mod orphans;
mod pass;
mod sink;
mod task;
mod template;
mod told;
mod twins;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use sync_core::digest::{DigestOptions, OwnTexts};

pub use dir::DirSink;
pub(crate) use facts::note;
pub(crate) use held::note_held;
pub use letta::{LettaSink, Profile};
pub use likeness::{Pattern, Reshape, Traits};
pub use operate::{Kept, OperateError, Operator, kept};
pub use orphans::{Cleared, LeftBehind};
pub use sink::{AgentDraft, BlockDraft, Found, Shown, ShownBlock, Sink, hash};
pub(crate) use task::Informer;
pub(crate) use template::find as find_template;
pub use told::{Informed, MAX_NOTICES, Notice, Waits};

/// Everything that informing needs besides what a run has.
#[derive(Clone)]
pub struct Informing {
    /// Where agents live.
    pub sink: Arc<dyn Sink>,
    /// What it is told.
    pub settings: InformSettings,
}

/// How agents are made and told.
#[derive(Clone, Debug)]
pub struct InformSettings {
    /// Agents in work at once; each has one writer.
    pub concurrency: usize,
    /// How long the end of a run waits for what is still to be told; the rest waits for the next run.
    pub deadline: Duration,
    /// A write has its answer within this time or its outcome is unknown.
    pub write_deadline: Duration,
    /// How long after it a request to make an agent may still take effect.
    pub late_create: Duration,
    /// How often an agent and its blocks are compared with what hvs wrote.
    pub check_every: Duration,
    /// How long telling may fail before it counts as failed and not as late.
    pub give_up_after: Duration,
    /// Whether an agent that a person deleted is made again.
    pub again: bool,
    /// Huly identifiers or names (case-folded) of projects whose agents are told nothing and made none.
    pub exclude: BTreeSet<Arc<str>>,
    /// What may be said, in which form, and how much of it.
    pub digest: DigestOptions,
    /// Texts of the blocks that an agent is made with and that belong to it from then on.
    pub own: OwnTexts,
    /// What else an agent is told of its project.
    pub places: Places,
}

/// Where people find what an agent speaks about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Address of Huly's pages with the workspace.
    pub huly: Option<Arc<str>>,
    /// Address of Vibe Kanban.
    pub vibe: Option<Arc<str>>,
}

impl InformSettings {
    fn excludes(&self, label: &str, name: &str) -> bool {
        let is = |word: &str| self.exclude.contains(word.trim().to_lowercase().as_str());
        is(label) || is(name)
    }
}
