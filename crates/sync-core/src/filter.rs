//! Which items are synced (design 3.9): a filter is a value, judged on the Huly item; what is outside sleeps and is kept.
//!
//! [`Filter::judge`] is total: every subject is inside or outside, and the first condition that it fails is named. Each list that is
//! not empty is a condition; an item passes when it meets all of them, and it meets one when any entry of the list fits. `status` and
//! `category` together are one condition: either may name the item's status. What is not known of an item meets no condition on it.
//!
//! [`turn`] says what becomes of a link: the change by which its item leaves the filter is still carried, then it sleeps
//! ([`plan::sleep`](crate::plan::sleep)); when the item comes back it wakes and is compared with its base
//! ([`plan::wake`](crate::plan::wake)). Nothing is ever deleted or cancelled by a filter.
//!
//! ```
//! use sync_core::{filter::{Filter, Judged, Subject}, ids::Millis, lens::Category};
//! let filter = Filter { categories: vec![Category::Active], ..Filter::default() };
//! let issue = Subject { status: Some("Building"), category: Some(Category::Active), ..Subject::default() };
//! assert_eq!(filter.judge(&issue, Millis(0)), Judged::Inside);
//! let idea = Subject { status: Some("Ideas"), category: Some(Category::Backlog), ..Subject::default() };
//! assert!(matches!(filter.judge(&idea, Millis(0)), Judged::Outside(_)));
//! ```

mod names;

use std::{collections::BTreeSet, fmt, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    ids::Millis,
    item::{Item, Priority},
    lens::Category,
    link::{Phase, fold},
};

pub use names::{Known, UnknownName, nearest, unknown_names};

/// What is synced. Empty lists and `None` let everything pass; [`Filter::default`] is the filter without conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Projects by identifier, name or id; trimmed and without regard to case.
    pub projects: Vec<Arc<str>>,
    /// Statuses by Huly's name; trimmed and without regard to case.
    pub statuses: Vec<Arc<str>>,
    /// Statuses by their category.
    pub categories: Vec<Category>,
    /// Labels, exactly as Huly shows them: an item needs one of them.
    pub labels: Vec<Arc<str>>,
    /// People by any name the service knows them by (name, e-mail address); without regard to case.
    pub assignees: Vec<Arc<str>>,
    /// Urgencies.
    pub priorities: Vec<Priority>,
    /// The longest time since the item's own stamp of modification, in milliseconds. An item that is exactly this old passes; so does
    /// one whose stamp lies in the future.
    pub max_age: Option<Millis>,
    /// Items by identifier (`HARB-12`); without regard to case.
    pub identifiers: Vec<Arc<str>>,
}

/// What the filter looks at of one item. `None` where it is not known, or where the item has no such field: then it meets no
/// condition on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// Everything its project is called.
    pub project: &'a [&'a str],
    /// The name of its Huly status.
    pub status: Option<&'a str>,
    /// The category of that status.
    pub category: Option<Category>,
    /// Its labels.
    pub labels: Option<&'a BTreeSet<Arc<str>>>,
    /// Everything its assignee is called; empty where it has none.
    pub assignee: Option<&'a [&'a str]>,
    /// Its urgency.
    pub priority: Option<Priority>,
    /// The side's own stamp of its last modification.
    pub modified: Option<Millis>,
    /// As people say it.
    pub identifier: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// What every Huly item tells by itself: urgency, stamp and identifier. Status, labels, people and project have names of their
    /// own, which the caller knows.
    pub fn of_issue(item: &'a Item) -> Subject<'a> {
        Subject {
            priority: Some(item.values.extra.priority),
            modified: item.modified,
            identifier: item.label.as_deref(),
            ..Subject::default()
        }
    }

    /// What a task without an issue tells: its own stamp. Its status is that of the issue that would be made of it, which the caller
    /// knows; labels, assignee, urgency and identifier it has none, so it passes no condition on them.
    pub fn of_task(item: &'a Item) -> Subject<'a> {
        Subject {
            modified: item.modified,
            ..Subject::default()
        }
    }
}

/// A condition of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// `filter.project`.
    Project,
    /// `filter.status` and `filter.category`.
    Status,
    /// `filter.label`.
    Label,
    /// `filter.assignee`.
    Assignee,
    /// `filter.priority`.
    Priority,
    /// `filter.max_age`.
    Age,
    /// `filter.identifier`.
    Identifier,
}

impl Condition {
    /// Every condition, in the order in which they are looked at.
    pub const ALL: [Condition; 7] = [
        Condition::Project,
        Condition::Status,
        Condition::Label,
        Condition::Assignee,
        Condition::Priority,
        Condition::Age,
        Condition::Identifier,
    ];

    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Condition::Project => "project",
            Condition::Status => "status",
            Condition::Label => "label",
            Condition::Assignee => "assignee",
            Condition::Priority => "priority",
            Condition::Age => "age",
            Condition::Identifier => "identifier",
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a filter says of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is synced.
    Inside,
    /// It fails this condition (the first of those that it fails).
    Outside(Condition),
    /// The item was not read: what is known of it stands.
    Unknown,
}

impl Filter {
    /// Judges one item. `now` is by the clock that stamped [`Subject::modified`].
    pub fn judge(&self, subject: &Subject<'_>, now: Millis) -> Judged {
        let failed = Condition::ALL
            .into_iter()
            .find(|condition| !self.meets(*condition, subject, now));
        failed.map_or(Judged::Inside, Judged::Outside)
    }

    fn meets(&self, condition: Condition, subject: &Subject<'_>, now: Millis) -> bool {
        match condition {
            Condition::Project => {
                self.projects.is_empty() || names_any(&self.projects, subject.project)
            }
            Condition::Status => self.status(subject),
            Condition::Label => {
                self.labels.is_empty()
                    || subject.labels.is_some_and(|labels| {
                        self.labels.iter().any(|label| labels.contains(label))
                    })
            }
            Condition::Assignee => {
                self.assignees.is_empty()
                    || subject
                        .assignee
                        .is_some_and(|names| names_any(&self.assignees, names))
            }
            Condition::Priority => {
                self.priorities.is_empty()
                    || subject
                        .priority
                        .is_some_and(|priority| self.priorities.contains(&priority))
            }
            Condition::Age => match (self.max_age, subject.modified) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(most), Some(at)) => now.0.saturating_sub(at.0) <= most.0,
            },
            Condition::Identifier => {
                self.identifiers.is_empty()
                    || subject
                        .identifier
                        .is_some_and(|label| names_any(&self.identifiers, &[label]))
            }
        }
    }

    fn status(&self, subject: &Subject<'_>) -> bool {
        let by_name = || {
            subject
                .status
                .is_some_and(|name| names_any(&self.statuses, &[name]))
        };
        let by_category = || {
            subject
                .category
                .is_some_and(|category| self.categories.contains(&category))
        };
        (self.statuses.is_empty() && self.categories.is_empty()) || by_name() || by_category()
    }

    /// Whether it has conditions on items; the one on projects is not among them.
    pub fn is_on_items(&self) -> bool {
        let Filter {
            projects: _,
            statuses,
            categories,
            labels,
            assignees,
            priorities,
            max_age,
            identifiers,
        } = self;
        let texts = [statuses, labels, assignees, identifiers];
        texts.into_iter().any(|list| !list.is_empty())
            || !categories.is_empty()
            || !priorities.is_empty()
            || max_age.is_some()
    }

    /// Names the conditions on items, the order of entries and letters' case apart: where it differs from the last run's, every item is
    /// judged anew. The projects are not in it: a project that is left out keeps its watermark.
    ///
    /// ```
    /// use sync_core::filter::Filter;
    /// let one = Filter { statuses: vec!["Todo".into(), "Done".into()], ..Filter::default() };
    /// let same = Filter { statuses: vec!["done".into(), "Todo ".into()], ..Filter::default() };
    /// assert_eq!(one.fingerprint(), same.fingerprint());
    /// assert_ne!(one.fingerprint(), Filter::default().fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |name: &str, entries: BTreeSet<String>| {
            for entry in entries {
                hash.update(format!("{name}:{}:{entry};", entry.len()));
            }
        };
        let folded = |list: &[Arc<str>]| list.iter().map(|name| fold(name)).collect();
        part("status", folded(&self.statuses));
        part("category", debugged(&self.categories));
        // labels are told apart by case
        part(
            "label",
            self.labels.iter().map(ToString::to_string).collect(),
        );
        part("assignee", folded(&self.assignees));
        part("priority", debugged(&self.priorities));
        part(
            "age",
            self.max_age.iter().map(|age| age.0.to_string()).collect(),
        );
        part("identifier", folded(&self.identifiers));
        hex::encode(hash.finalize())
    }
}

fn debugged<T: fmt::Debug>(list: &[T]) -> BTreeSet<String> {
    list.iter().map(|entry| format!("{entry:?}")).collect()
}

/// Whether a list holds any of the names that a thing goes by.
fn names_any(list: &[Arc<str>], names: &[&str]) -> bool {
    list.iter()
        .any(|entry| names.iter().any(|name| fold(entry) == fold(name)))
}

/// What becomes of links whose item is outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    /// They fall asleep once nothing is left to carry.
    #[default]
    Sleeps,
    /// They are left as they are: the filter is for this one run only.
    Stays,
}

/// What is done with a link in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is planned.
    Work,
    /// What is left is carried, then it falls asleep.
    Sleep,
    /// It wakes and is compared with its base.
    Wake,
    /// Nothing.
    Leave,
}

/// What is done with a link, by what it does now and what the filter says of its Huly item. `whole` says whether both items of the link
/// stand: for a link whose counterpart is still to be made, being outside means that it is not made yet.
///
/// ```
/// use sync_core::{filter::{Condition, Judged, Leaving, Turn, turn}, link::Phase};
/// let outside = Judged::Outside(Condition::Status);
/// assert_eq!(turn(Phase::Active, outside, Leaving::Sleeps, true), Turn::Sleep);
/// assert_eq!(turn(Phase::Asleep, Judged::Inside, Leaving::Sleeps, true), Turn::Wake);
/// ```
pub const fn turn(phase: Phase, judged: Judged, leaving: Leaving, whole: bool) -> Turn {
    match (phase, judged) {
        // A tombstone stands until both of its items are gone, whatever is synced.
        (Phase::Tombstone, Judged::Inside | Judged::Outside(_) | Judged::Unknown)
        | (Phase::Active, Judged::Inside | Judged::Unknown) => Turn::Work,
        (Phase::Active, Judged::Outside(_)) => match (leaving, whole) {
            (Leaving::Sleeps, true) => Turn::Sleep,
            (Leaving::Sleeps | Leaving::Stays, false) | (Leaving::Stays, true) => Turn::Leave,
        },
        (Phase::Asleep, Judged::Inside) => Turn::Wake,
        (Phase::Asleep, Judged::Outside(_) | Judged::Unknown) => Turn::Leave,
    }
}
