//! What people, agents and the weather do to the boards, as values: a schedule is made of them.

use serde::{Deserialize, Serialize};
use sync_core::Side;

use crate::vibe::Status;

/// Which line of a description is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first.
    First,
    /// The last.
    Last,
    /// A new one at the end.
    New,
    /// All of it is replaced.
    All,
}

/// What an agent of Vibe Kanban does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// `inprogress`.
    Starts,
    /// `inreview`.
    Ends,
    /// `done`.
    Merges,
}

/// Whose clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Huly's.
    Huly,
    /// Vibe Kanban's.
    Vibe,
    /// The machine's that hvs runs on.
    Ours,
}

/// One deed. Items and projects are named by a number that is taken modulo how many there are then, so that a schedule
/// from which deeds were removed still means something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Deed {
    /// A new item.
    Make {
        /// Where.
        side: Side,
        /// In which project.
        project: u16,
        /// In which status.
        status: u8,
        /// With a description.
        text: bool,
        /// Huly only: below another issue.
        below: Option<u16>,
    },
    /// A new title.
    Retitle {
        /// Where.
        side: Side,
        /// Which item.
        item: u16,
    },
    /// Another description.
    Describe {
        /// Where.
        side: Side,
        /// Which item.
        item: u16,
        /// How.
        line: Line,
    },
    /// A description that is being typed in Huly: live at once, saved later.
    Type {
        /// Which issue.
        item: u16,
    },
    /// Another status.
    Move {
        /// Where.
        side: Side,
        /// Which item.
        item: u16,
        /// To which status.
        status: u8,
    },
    /// An item is deleted.
    Delete {
        /// Where.
        side: Side,
        /// Which item.
        item: u16,
    },
    /// An agent works on a task.
    Agent {
        /// Which task.
        item: u16,
        /// What it does.
        does: Agent,
    },
    /// An issue is moved to another project.
    Relocate {
        /// Which issue.
        item: u16,
        /// To which project.
        project: u16,
    },
    /// A Huly project is archived, or brought back.
    Archive {
        /// Which project.
        project: u16,
        /// Archived.
        on: bool,
    },
    /// A person makes a copy of a task, footer and all, under a title of its own.
    Copy {
        /// Which task.
        item: u16,
    },
    /// A person deletes the footer of a task.
    StripFooter {
        /// Which task.
        item: u16,
    },
    /// Somebody sets a clock.
    Clock {
        /// Whose.
        whose: Whose,
        /// By how much, in milliseconds.
        by_ms: i64,
    },
    /// A copy of a board is kept for stale reads.
    Snapshot {
        /// Which board.
        side: Side,
    },
}

impl Deed {
    /// Its name, for the counts of what was reached.
    pub const fn name(&self) -> &'static str {
        match self {
            Deed::Make { .. } => "make",
            Deed::Retitle { .. } => "retitle",
            Deed::Describe { .. } => "describe",
            Deed::Type { .. } => "type",
            Deed::Move { .. } => "move",
            Deed::Delete { .. } => "delete",
            Deed::Agent { .. } => "agent",
            Deed::Relocate { .. } => "relocate",
            Deed::Archive { .. } => "archive",
            Deed::Copy { .. } => "copy",
            Deed::StripFooter { .. } => "strip footer",
            Deed::Clock { .. } => "clock",
            Deed::Snapshot { .. } => "snapshot",
        }
    }
}

/// A status of Huly's classic workflow by a number.
pub(super) fn issue_status(number: u8) -> &'static str {
    match number % 5 {
        0 => "tracker:status:Backlog",
        1 => "tracker:status:Todo",
        2 => "tracker:status:InProgress",
        3 => "tracker:status:Done",
        _ => "tracker:status:Canceled",
    }
}

/// A status of a task by a number.
pub(super) const fn task_status(number: u8) -> Status {
    match number % 5 {
        0 => Status::Todo,
        1 => Status::InProgress,
        2 => Status::InReview,
        3 => Status::Done,
        _ => Status::Cancelled,
    }
}
