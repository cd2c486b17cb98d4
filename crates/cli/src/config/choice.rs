//! Values that are one word of a few.

/// A value that is written as one of a few words.
pub trait Choice: Copy + 'static {
    /// Every value, in the order in which they are listed to people.
    const ALL: &'static [Self];

    /// The word for it in `hvs.toml`.
    fn word(self) -> &'static str;
}

/// In which directions counterparts are made: `sync.create` (design 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Both.
    Both,
    /// Only tasks for issues.
    ToVibe,
    /// Only issues for tasks.
    ToHuly,
    /// Only items that exist on both sides are linked.
    None,
}

impl Choice for Create {
    const ALL: &'static [Self] = &[Self::Both, Self::ToVibe, Self::ToHuly, Self::None];

    fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::ToVibe => "to-vibe",
            Self::ToHuly => "to-huly",
            Self::None => "none",
        }
    }
}

/// By which way Huly is reached: `huly.api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HulyApi {
    /// Huly's own services.
    Platform,
    /// The predecessor's HTTP bridge, which can do less.
    Bridge,
}

impl Choice for HulyApi {
    const ALL: &'static [Self] = &[Self::Platform, Self::Bridge];

    fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Bridge => "bridge",
        }
    }
}

/// Who wins where both sides changed a field: `[fields]` (design 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldPolicy {
    /// Huly's value.
    Huly,
    /// Vibe's value.
    Vibe,
    /// Three-way line merge; for texts only.
    Merge,
    /// Neither, until a person resolves it.
    Manual,
}

impl Choice for FieldPolicy {
    const ALL: &'static [Self] = &[Self::Huly, Self::Vibe, Self::Merge, Self::Manual];

    fn word(self) -> &'static str {
        match self {
            Self::Huly => "huly",
            Self::Vibe => "vibe",
            Self::Merge => "merge",
            Self::Manual => "manual",
        }
    }
}

/// What becomes of the counterpart of a deleted item: `delete.policy` (design 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletePolicy {
    /// It is set to cancelled, with a line that says why.
    Cancel,
    /// It is deleted too, stored whole first.
    Mirror,
    /// It is left alone.
    Ignore,
}

impl Choice for DeletePolicy {
    const ALL: &'static [Self] = &[Self::Cancel, Self::Mirror, Self::Ignore];

    fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Mirror => "mirror",
            Self::Ignore => "ignore",
        }
    }
}

/// The statuses of a Vibe Kanban task, by their words on its wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VibeStatus {
    /// Not begun.
    Todo,
    /// Being worked on.
    InProgress,
    /// Waiting for a review.
    InReview,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
}

impl Choice for VibeStatus {
    const ALL: &'static [Self] = &[
        Self::Todo,
        Self::InProgress,
        Self::InReview,
        Self::Done,
        Self::Cancelled,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "inprogress",
            Self::InReview => "inreview",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The form of log lines: `log.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Choice for LogFormat {
    const ALL: &'static [Self] = &[Self::Text, Self::Json];

    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// The least level of log lines: `log.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// And what may need a person.
    Warn,
    /// And one line per outcome.
    Info,
    /// And each decision.
    Debug,
    /// And each call.
    Trace,
}

impl Choice for LogLevel {
    const ALL: &'static [Self] = &[
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Debug,
        Self::Trace,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Which way a field goes: `[fields.direction]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldDirection {
    /// Both ways.
    Both,
    /// From Huly to Vibe.
    ToVibe,
    /// From Vibe to Huly.
    ToHuly,
    /// Not at all.
    Off,
}

impl Choice for FieldDirection {
    const ALL: &'static [Self] = &[Self::Both, Self::ToVibe, Self::ToHuly, Self::Off];

    fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::ToVibe => "to-vibe",
            Self::ToHuly => "to-huly",
            Self::Off => "off",
        }
    }
}

/// What a status means: `filter.category`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Not planned yet.
    Backlog,
    /// Planned.
    Todo,
    /// Worked on.
    Active,
    /// Done.
    Won,
    /// Given up.
    Lost,
}

impl Choice for Category {
    const ALL: &'static [Self] = &[
        Self::Backlog,
        Self::Todo,
        Self::Active,
        Self::Won,
        Self::Lost,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Todo => "todo",
            Self::Active => "active",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Urgency: `filter.priority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Nobody said.
    None,
    /// Some day.
    Low,
    /// In its turn.
    Medium,
    /// Soon.
    High,
    /// Now.
    Urgent,
}

impl Choice for Priority {
    const ALL: &'static [Self] = &[
        Self::None,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Urgent,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}
