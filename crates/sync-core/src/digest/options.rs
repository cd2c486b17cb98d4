//! How blocks are made: form, sizes, and what may not enter them.

use std::{collections::BTreeSet, fmt, sync::Arc};

use super::Label;
use crate::item::{Field, FieldSet};

/// The smallest limit of a block, in characters: every heading and every count fits into it.
pub const MIN_LIMIT: usize = 1_500;
/// The largest limit of a block, in characters: what servers from 0.16.6 on take without being asked.
pub const MAX_LIMIT: usize = 100_000;

/// How blocks are made. The default: Markdown, without descriptions, about 26,000 characters in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestOptions {
    /// Markdown or JSON.
    pub form: Form,
    /// The largest size of each block.
    pub limits: Limits,
    /// How many entries a list has at most, however much room there is (15). The change log has three times as many.
    pub entries: usize,
    /// What may not enter.
    pub exclude: Exclude,
}

impl Default for DigestOptions {
    fn default() -> Self {
        DigestOptions {
            form: Form::default(),
            limits: Limits::default(),
            entries: 15,
            exclude: Exclude::default(),
        }
    }
}

impl DigestOptions {
    /// What is wrong with them. None of it stops [`blocks`](super::blocks()): a limit holds whatever it is, but below [`MIN_LIMIT`] a block
    /// may say nothing.
    ///
    /// ```
    /// use sync_core::digest::{DigestOptions, Label};
    /// let mut options = DigestOptions::default();
    /// assert!(options.problems().is_empty());
    /// options.limits.set(Label::Hotspots, 10);
    /// assert_eq!(options.problems()[0].to_string(), "the limit of hotspots is 10 characters; it must be 1500 to 100000");
    /// ```
    pub fn problems(&self) -> Vec<OptionProblem> {
        let sizes = Label::ALL
            .into_iter()
            .map(|label| (label, self.limits.of(label)))
            .filter(|(_, limit)| !(MIN_LIMIT..=MAX_LIMIT).contains(limit))
            .map(|(label, limit)| OptionProblem::Limit { label, limit });
        let status = self
            .exclude
            .fields
            .contains(Field::Status)
            .then_some(OptionProblem::StatusExcluded);
        sizes.chain(status).collect()
    }
}

/// What is wrong with [`DigestOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionProblem {
    /// A limit outside [`MIN_LIMIT`] to [`MAX_LIMIT`].
    Limit {
        /// Of which block.
        label: Label,
        /// As it was given.
        limit: usize,
    },
    /// Blocks say how a board stands, and that is its statuses: leave out the items or the project instead.
    StatusExcluded,
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionProblem::Limit { label, limit } => write!(
                f,
                "the limit of {} is {limit} characters; it must be {MIN_LIMIT} to {MAX_LIMIT}",
                label.as_str()
            ),
            OptionProblem::StatusExcluded => {
                f.write_str("statuses cannot be excluded: exclude labels, or the project")
            }
        }
    }
}

/// How a block is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Headings and lists; texts from the boards in quotes, each on one line.
    #[default]
    Markdown,
    /// An object, indented by two spaces, its keys always in the same order.
    Json,
}

/// The largest size of each block, in characters (Unicode scalar values, as the server counts them). All of them are in every prompt
/// of the agent, so their sum matters: the smallest model that servers offer has room for 30,000 tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits([usize; 6]);

impl Limits {
    /// Of one block.
    pub const fn of(&self, label: Label) -> usize {
        let Limits([project, config, metrics, hotspots, backlog, changes]) = self;
        match label {
            Label::Project => *project,
            Label::BoardConfig => *config,
            Label::BoardMetrics => *metrics,
            Label::Hotspots => *hotspots,
            Label::BacklogSummary => *backlog,
            Label::ChangeLog => *changes,
        }
    }

    /// Sets that of one block.
    pub const fn set(&mut self, label: Label, limit: usize) {
        let Limits([project, config, metrics, hotspots, backlog, changes]) = self;
        match label {
            Label::Project => *project = limit,
            Label::BoardConfig => *config = limit,
            Label::BoardMetrics => *metrics = limit,
            Label::Hotspots => *hotspots = limit,
            Label::BacklogSummary => *backlog = limit,
            Label::ChangeLog => *changes = limit,
        }
    }

    /// The same limit for every block.
    ///
    /// ```
    /// use sync_core::digest::{Label, Limits};
    /// assert_eq!(Limits::all(8_000).of(Label::Hotspots), 8_000);
    /// ```
    pub const fn all(limit: usize) -> Limits {
        Limits([limit; 6])
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits([2_000, 4_000, 4_000, 6_000, 4_000, 6_000])
    }
}

/// What may not enter a block. What is excluded is not looked at either: blocks are the same whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    /// Fields of items; with [`Field::Description`] also the project's description. That a field changed, or waits, is told; what it
    /// says is not. [`Field::Status`] counts for nothing here.
    pub fields: FieldSet,
    /// Items with one of these labels are left out whole, but for the counts of the metrics. Compared trimmed and without regard to
    /// case. Where this is not empty, history about items that are not known any more is left out too: nobody knows their labels.
    pub labels: BTreeSet<Arc<str>>,
}

impl Default for Exclude {
    fn default() -> Self {
        Exclude {
            fields: FieldSet::of(&[Field::Description]),
            labels: BTreeSet::new(),
        }
    }
}

impl Exclude {
    /// Excludes nothing.
    pub const fn nothing() -> Exclude {
        Exclude {
            fields: FieldSet::EMPTY,
            labels: BTreeSet::new(),
        }
    }
}
