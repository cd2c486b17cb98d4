//! What is known of one project, as plain values: what the blocks are made of.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    guard::Class,
    ids::{LinkId, Millis, StatusId},
    item::{Field, FieldSet, Priority},
    lens::Category,
    rules::{Creation, Deletion, Policies},
    side::Side,
};

/// Everything that the blocks of one project are made of. The order of items, changes, conflicts, letters and held classes means
/// nothing; that of the board's columns does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Which project it is.
    pub project: ProjectFacts,
    /// How the two boards are tied to each other.
    pub board: Board,
    /// Every item of the project, each once: pairs, and items that are on one side only.
    pub items: Vec<DigestItem>,
    /// What was carried out lately. Counts of the change log are counts of these.
    pub changes: Vec<Change>,
    /// Values that lost, and fields that wait for a person.
    pub conflicts: Vec<Clash>,
    /// Values that a side does not take; without those that a person has dropped.
    pub letters: Vec<Letter>,
    /// What the guards hold back.
    pub held: Vec<HeldClass>,
    /// What is not done yet.
    pub waiting: Waiting,
}

/// Which project it is. Addresses are shown without user names, passwords and queries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFacts {
    /// As Huly has it.
    pub name: Arc<str>,
    /// Huly's short name (`HARB`).
    pub identifier: Arc<str>,
    /// Huly's text about the project. It enters a block only where descriptions may.
    pub description: Option<Arc<str>>,
    /// Huly's id of it.
    pub huly_id: Arc<str>,
    /// Where people open it.
    pub huly_url: Option<Arc<str>>,
    /// Vibe's id of it; `None` while it has no Vibe project.
    pub vibe_id: Option<Arc<str>>,
    /// Vibe's API.
    pub vibe_api_url: Option<Arc<str>>,
    /// Where the repository lies on the machine of hvs or of Vibe.
    pub repository_path: Option<Arc<str>>,
    /// Where the repository comes from.
    pub git_url: Option<Arc<str>>,
}

/// How the two boards are tied to each other: what is so, not what is wished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// Huly's statuses in the order of the board; one name may stand here for several kinds of item.
    pub huly: Vec<HulyColumn>,
    /// Vibe's statuses in Vibe's order.
    pub vibe: Vec<VibeColumn>,
    /// Who wins, and which way each field goes.
    pub policies: Policies,
    /// Which fields both sides have.
    pub fields: FieldSet,
    /// What a deletion does.
    pub deletion: Deletion,
    /// Which counterparts are made.
    pub creation: Creation,
    /// How the team works, in words of the configuration.
    pub workflow: Option<Arc<str>>,
    /// What the configuration says about single statuses.
    pub agreements: Vec<Agreement>,
}

/// A Huly status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HulyColumn {
    /// What people call it.
    pub name: Arc<str>,
    /// `None` where Huly names none of the five.
    pub category: Option<Category>,
    /// The Vibe status that it is written as; `None`: it is not synced.
    pub means: Option<StatusId>,
}

/// A Vibe status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VibeColumn {
    /// Vibe's word.
    pub status: StatusId,
    /// The name of the Huly status that is written for it, unless the issue's own means it already.
    pub written: Option<Arc<str>>,
}

/// What a team agreed on for one status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agreement {
    /// The status by its name.
    pub status: Arc<str>,
    /// How many items may be in it at once.
    pub wip_limit: Option<u32>,
    /// When an item may leave it.
    pub done_when: Option<Arc<str>>,
}

/// One item: an issue with its task, or one of them alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestItem {
    /// Its link, or the one that it would have: unique among the items.
    pub link: LinkId,
    /// As people say it (`HARB-12`); `None` for a task without an issue.
    pub identifier: Option<Arc<str>>,
    /// Huly's, or the task's where there is no issue.
    pub title: Arc<str>,
    /// What Huly shows; `None`: there is no issue.
    pub huly: Option<HulyState>,
    /// What Vibe shows; `None`: there is no task.
    pub vibe: Option<VibeState>,
    /// Huly's.
    pub priority: Priority,
    /// Huly's, by name.
    pub labels: BTreeSet<Arc<str>>,
    /// As people call them.
    pub assignee: Option<Arc<str>>,
    /// UTC.
    pub due_date: Option<Millis>,
    /// The identifier of the item that it is part of.
    pub parent: Option<Arc<str>>,
    /// As markdown, without our footer. It enters a block only where descriptions may.
    pub description: Option<Arc<str>>,
    /// Since when it is in its present status, as far as the history tells.
    pub in_status_since: Option<Millis>,
    /// When somebody changed it last, on either side.
    pub last_change: Option<Millis>,
    /// When it was made.
    pub created: Option<Millis>,
    /// Whether its link sleeps (outside the filter, archived): it is only counted.
    pub asleep: bool,
}

impl DigestItem {
    /// An item with these names and nothing else: on no side yet.
    pub fn new(link: LinkId, identifier: Option<&str>, title: &str) -> DigestItem {
        DigestItem {
            link,
            identifier: identifier.map(Arc::from),
            title: title.into(),
            huly: None,
            vibe: None,
            priority: Priority::None,
            labels: BTreeSet::new(),
            assignee: None,
            due_date: None,
            parent: None,
            description: None,
            in_status_since: None,
            last_change: None,
            created: None,
            asleep: false,
        }
    }
}

/// What Huly shows of an item's status.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HulyState {
    /// By name; `None` where it is not known.
    pub status: Option<Arc<str>>,
    /// Its category.
    pub category: Option<Category>,
    /// What Vibe should show, by the lens of the item's kind.
    pub means: Option<StatusId>,
}

/// What Vibe shows of an item's status.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VibeState {
    /// Vibe's word; `None` where it is not known.
    pub status: Option<StatusId>,
}

/// One confirmed change, from the history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// When it was confirmed.
    pub at: Millis,
    /// Of which item.
    pub link: LinkId,
    /// What was done.
    pub kind: ChangeKind,
    /// Which field; `None` for the whole item.
    pub field: Option<Field>,
    /// The side on which somebody did it first; `None` where it came from neither (a decision about a conflict).
    pub came_from: Option<Side>,
    /// The side that hvs wrote.
    pub written: Side,
    /// Before, in words for people: a status by its name, not by its id.
    pub from: Option<Arc<str>>,
    /// After, likewise.
    pub to: Option<Arc<str>>,
    /// Identifier and title as they were then, for an item that is no longer among [`Digest::items`].
    pub label: Option<Arc<str>>,
}

/// What was done, as the history calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A counterpart was made.
    Create,
    /// A field was written.
    Update,
    /// An item was set to cancelled, because its counterpart was deleted.
    Cancel,
    /// An item was deleted.
    Remove,
    /// Two items were found to be a pair.
    Adopt,
    /// A pair was given up.
    Forget,
    /// A pair points to another item.
    Relink,
    /// A person decided a conflict.
    Resolve,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 8] = [
        ChangeKind::Create,
        ChangeKind::Update,
        ChangeKind::Cancel,
        ChangeKind::Remove,
        ChangeKind::Adopt,
        ChangeKind::Forget,
        ChangeKind::Relink,
        ChangeKind::Resolve,
    ];

    /// The history's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Create => "create",
            ChangeKind::Update => "update",
            ChangeKind::Cancel => "cancel",
            ChangeKind::Remove => "remove",
            ChangeKind::Adopt => "adopt",
            ChangeKind::Forget => "forget",
            ChangeKind::Relink => "relink",
            ChangeKind::Resolve => "resolve",
        }
    }

    /// The kind of a history row; `None` for rows that are not about an item (`choose`, `create_project`).
    ///
    /// ```
    /// use sync_core::digest::ChangeKind;
    /// assert_eq!(ChangeKind::of("adopt"), Some(ChangeKind::Adopt));
    /// assert_eq!(ChangeKind::of("create_project"), None);
    /// ```
    pub fn of(word: &str) -> Option<ChangeKind> {
        ChangeKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Both sides said different things about a field. The values themselves enter no block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// When.
    pub at: Millis,
    /// Of which item.
    pub link: LinkId,
    /// Which field.
    pub field: Field,
    /// How it came about: the stable word of [`ConflictCause`](crate::plan::ConflictCause) in snake case, or another.
    pub cause: Arc<str>,
    /// Whose value stands; `None`: neither, or merged.
    pub winner: Option<Side>,
    /// Whether the field waits for a person.
    pub open: bool,
    /// As in [`Change::label`].
    pub label: Option<Arc<str>>,
}

/// A value that a side does not take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Letter {
    /// When first.
    pub since: Millis,
    /// Of which item.
    pub link: LinkId,
    /// Which side would not take it.
    pub side: Side,
    /// Which field; `None` for the whole item.
    pub field: Option<Field>,
    /// Stable code of why.
    pub code: Arc<str>,
    /// Whether it is tried again by itself, or waits for a person.
    pub retried: bool,
    /// What happened, with the server's words. They may repeat any field, so they enter a block only where every field may.
    pub message: Arc<str>,
    /// As in [`Change::label`].
    pub label: Option<Arc<str>>,
}

/// A class of actions that a guard holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldClass {
    /// Which.
    pub class: Class,
    /// How many actions.
    pub count: usize,
    /// Since when.
    pub since: Option<Millis>,
}

/// What is not done yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Items that are looked at again in the next run.
    pub dirty: usize,
    /// Writes that are planned or sent and not confirmed.
    pub writes: usize,
}
