//! The small enums that decisions are made over.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Call, Reply};

/// What an error means for the caller: the five kinds of design 4.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// May pass by itself; nothing was changed. Tried again in this run, then in the next ones.
    Transient,
    /// A write without a usable answer: it may or may not have been carried out. Look before any repeat.
    Unknown,
    /// The world is not as the plan assumed. Observe and plan again.
    Conflict,
    /// The server will never take this value. A dead letter for that field or item.
    Rejected,
    /// This service (or project) cannot be worked with in this run.
    Fatal,
}

impl Kind {
    /// The kind's name in logs, rows and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Transient => "transient",
            Kind::Unknown => "unknown",
            Kind::Conflict => "conflict",
            Kind::Rejected => "rejected",
            Kind::Fatal => "fatal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a call can change something at the server. Only reads are ever repeated; the verb does not matter
/// (a query sent by POST is a read).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Changes nothing: may be repeated.
    Read,
    /// May change something: sent once.
    Write,
}

/// What a client made of an answer of its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The call did what was asked; the reply goes to the caller.
    Success,
    /// The call failed.
    Failed {
        /// What that means for the caller.
        kind: Kind,
        /// The stable code, from the client's table of codes.
        code: &'static str,
        /// The server's words, which the error shortens and cleans.
        detail: String,
    },
}

/// A client's own reading of its server's answers. A transient verdict on a read is tried again.
pub type Classify = fn(&Call, &Reply) -> Verdict;
