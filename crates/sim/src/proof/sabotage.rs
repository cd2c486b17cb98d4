//! Engines that are broken on purpose, each by one defect that the predecessor had or that could be made: do the judges bite?
//!
//! A defect is a wrapper of a port, or a call of the store that does the wrong thing; the engine itself stays as it is, and none
//! of this is reachable from a configuration.

mod agents;
mod board;

pub(super) use agents::BrokenSink;
pub(super) use board::Broken;

use crate::stage::Spoilt;

/// A defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is told in words in the table")]
pub enum Defect {
    CreateRepeatedBlindly,
    CreateSentTwice,
    FindsNothing,
    MarkerLeftOut,
    KeyOfValues,
    FailedListIsEmpty,
    ShortListIsProof,
    FailedReadIsGone,
    FailedProjectsAreNone,
    ProjectMadeBlindly,
    FirstPageOnly,
    UnconditionalWrite,
    FailureIsSuccess,
    BaseIsAsked,
    BaseFromLaterRead,
    StaleText,
    FirstLineOnly,
    StatusNotWritten,
    TitleNotWritten,
    DescriptionNotWritten,
    TwinKept,
    ChangesSkipped,
    SentNotJournaled,
    JournalForgotten,
    LeaseForEverybody,
    ConflictsDropped,
    DirtyForgotten,
    TextsForgotten,
    LinksForgotten,
    NothingSettled,
    AgentMadeBlindly,
    FailedAgentsAreNone,
    FailedAgentIsGone,
    AgentTwinKept,
}

/// All defects, each with what it does.
pub const DEFECTS: &[(Defect, &str)] = &[
    (
        Defect::CreateRepeatedBlindly,
        "a create without an answer is sent again at once, without looking",
    ),
    (
        Defect::CreateSentTwice,
        "every task is made by two requests, as by two hints for one change",
    ),
    (
        Defect::FindsNothing,
        "a lost create is never looked for: it is taken for not done",
    ),
    (
        Defect::MarkerLeftOut,
        "tasks are made without the marker in the footer",
    ),
    (
        Defect::KeyOfValues,
        "the key of a create is made of its title",
    ),
    (
        Defect::FailedListIsEmpty,
        "a list that fails is taken for an empty one, and what it does not show for gone",
    ),
    (
        Defect::ShortListIsProof,
        "what a list does not show is gone, whatever its own read says",
    ),
    (
        Defect::FailedReadIsGone,
        "an item whose own read fails is gone",
    ),
    (
        Defect::FailedProjectsAreNone,
        "a failing list of projects is taken for no projects",
    ),
    (
        Defect::ProjectMadeBlindly,
        "a project without an answer is made again at once",
    ),
    (
        Defect::FirstPageOnly,
        "only the first page of a list is read",
    ),
    (
        Defect::UnconditionalWrite,
        "a write is sent on whatever stands there, not on what it was planned on",
    ),
    (
        Defect::FailureIsSuccess,
        "a failed update is recorded as done",
    ),
    (
        Defect::BaseIsAsked,
        "what was asked for at creation is taken for what is there",
    ),
    (
        Defect::BaseFromLaterRead,
        "the base after an update is what a later read shows",
    ),
    (
        Defect::StaleText,
        "a description is read once and remembered, whatever is written later",
    ),
    (
        Defect::FirstLineOnly,
        "only the first line of a description is read",
    ),
    (
        Defect::StatusNotWritten,
        "a status is not written, and the answer says that it was",
    ),
    (
        Defect::TitleNotWritten,
        "a title is not written, and the answer says that it was",
    ),
    (
        Defect::DescriptionNotWritten,
        "a description is not written, and the answer says that it was",
    ),
    (
        Defect::TwinKept,
        "an item that is to be removed stays, and the answer says that it is gone",
    ),
    (
        Defect::ChangesSkipped,
        "a failing list of changes is taken for no changes, and the watermark moves on",
    ),
    (
        Defect::SentNotJournaled,
        "nothing is journaled before it is sent",
    ),
    (
        Defect::JournalForgotten,
        "what an earlier run left in the journal is not looked at",
    ),
    (
        Defect::LeaseForEverybody,
        "the lease is given to whoever asks",
    ),
    (Defect::ConflictsDropped, "a value that loses is not kept"),
    (
        Defect::DirtyForgotten,
        "an item that failed is not looked at again",
    ),
    (Defect::TextsForgotten, "the texts of the base are not kept"),
    (Defect::LinksForgotten, "links are not written"),
    (Defect::NothingSettled, "outcomes are not written"),
    (
        Defect::AgentMadeBlindly,
        "a request for an agent without an answer is sent again at once",
    ),
    (
        Defect::FailedAgentsAreNone,
        "a failing list of agents is taken for no agents",
    ),
    (
        Defect::FailedAgentIsGone,
        "an agent whose own read fails is gone",
    ),
    (
        Defect::AgentTwinKept,
        "a twin of an agent that is to be removed stays, and the answer says that it is gone",
    ),
];

impl Defect {
    /// The defect of the store, where it is one.
    pub(super) const fn of_store(self) -> Option<Spoilt> {
        match self {
            Defect::SentNotJournaled => Some(Spoilt::SentNotJournaled),
            Defect::JournalForgotten => Some(Spoilt::JournalForgotten),
            Defect::LeaseForEverybody => Some(Spoilt::LeaseForEverybody),
            Defect::ConflictsDropped => Some(Spoilt::ConflictsDropped),
            Defect::DirtyForgotten => Some(Spoilt::DirtyForgotten),
            Defect::TextsForgotten => Some(Spoilt::TextsForgotten),
            Defect::LinksForgotten => Some(Spoilt::LinksForgotten),
            Defect::NothingSettled => Some(Spoilt::NothingSettled),
            _ => None,
        }
    }
}
