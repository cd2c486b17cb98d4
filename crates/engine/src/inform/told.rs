//! What informing did, for the run's report.

use std::{collections::BTreeMap, sync::Arc};

use http_kit::Kind;
use serde::Serialize;

use crate::port::Traffic;

/// What informing did in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Informed {
    /// Agents that were made.
    pub made: u64,
    /// Agents that were there already and are told from now on.
    pub adopted: u64,
    /// Our own twins of an agent that were removed.
    pub twins_removed: u64,
    /// Agents that were changed since the template or the configuration was.
    pub followed: u64,
    /// Blocks that were written.
    pub blocks: u64,
    /// Projects whose agent was not told everything, by identifier.
    pub waits: BTreeMap<Arc<str>, Waits>,
    /// What people should know of agents though nothing waits: [`MAX_NOTICES`] at most.
    pub notices: Vec<Notice>,
    /// Calls and bytes.
    pub traffic: Traffic,
}

/// Why an agent was not told everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// How it is dealt with.
    pub kind: Kind,
    /// Stable code.
    pub code: Arc<str>,
    /// What happened.
    pub message: Arc<str>,
    /// Whether it will not get better by itself, or failed for too long: counts for the exit code.
    pub dead: bool,
}

/// Something that was found out about a project's agent and dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The project's identifier.
    pub project: Arc<str>,
    /// Stable code.
    pub code: Arc<str>,
    /// What was found, and what became of it.
    pub message: Arc<str>,
}

/// More notices than these are in the log alone.
pub const MAX_NOTICES: usize = 100;

impl Informed {
    /// Takes up a notice, while there is room for one.
    pub(super) fn notice(&mut self, project: &Arc<str>, code: &str, message: String) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice {
                project: Arc::clone(project),
                code: code.into(),
                message: message.into(),
            });
        }
    }

    /// Whether nothing was done and nothing waits.
    pub fn is_quiet(&self) -> bool {
        *self == Informed::default()
    }

    /// Takes up what happened later. What waited and was told since does not wait any more.
    pub(super) fn told(&mut self, label: &str) {
        self.waits.remove(label);
    }
}
