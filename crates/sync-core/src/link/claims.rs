//! Claims: what another program's database and footers say about pairs, judged against what stands on the boards now.
//!
//! A claim never makes anything: it names two items that are there, or it is told why not. In this order, each step over
//! all that is still open, so that weaker evidence takes nothing away from stronger:
//!
//! | step | evidence | rule |
//! | --- | --- | --- |
//! | 0 | a link of the store, or a task with a footer of ours | stands as it is |
//! | 1 | row and footer name the same pair | it is one |
//! | 2 | a task's footer names another issue than its row | the footer's; the row's where the footer's issue has a task of its own in the database, or where only the row's issue has the task's title (somebody quoted a footer) |
//! | 3 | a row alone, of a task without footer | it is one; where several issues claim the task, the one with its title, else none |
//! | 4 | a footer alone | it is one; where several tasks carry it, the oldest: the others are duplicates, left as they are |

mod judging;

use std::sync::Arc;

use super::Link;
use crate::{
    ids::ItemId,
    item::Item,
    side::{Pair, Side},
};

/// What a database says of one issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The issue's identifier then.
    pub label: Arc<str>,
    /// The issue's id, where it was known: finds an issue whose identifier has changed.
    pub issue: Option<ItemId>,
    /// The task, where there was one.
    pub task: Option<ItemId>,
    /// Whether the task was marked as deleted by a person.
    pub task_deleted: bool,
}

/// Claims on one pair of projects, and what stands there.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    /// What the database says.
    pub claims: &'a [Claim],
    /// *All* items of both projects, with their footers read.
    pub items: Pair<&'a [Item]>,
    /// The store's links of these items.
    pub links: &'a [Link],
}

/// What named a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Row and footer.
    Both,
    /// The database alone.
    Row,
    /// The footer alone.
    Footer,
}

/// What becomes of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The two are a pair: [`adopt`](super::adopt).
    Pair {
        /// The issue.
        huly: ItemId,
        /// The task.
        vibe: ItemId,
        /// What named it.
        by: By,
    },
    /// The store has this pair already.
    Known {
        /// The issue.
        huly: ItemId,
        /// The task.
        vibe: ItemId,
    },
    /// A person deleted the issue's task: it gets no other one ([`tombstone`](super::tombstone)).
    Deleted {
        /// The issue.
        huly: ItemId,
    },
    /// Nothing is linked by it.
    Left {
        /// Where the item stands that it is about.
        side: Side,
        /// The item.
        item: ItemId,
        /// The identifier that was named.
        label: Arc<str>,
        /// Why not.
        why: Left,
    },
    /// Neither item of a row is there any more.
    Gone {
        /// The identifier that was named.
        label: Arc<str>,
    },
}

/// Why a claim links nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Left {
    /// No such issue is in this project any more.
    IssueGone,
    /// The task is not on this board any more.
    TaskGone,
    /// Several issues have the identifier, and nothing says which one is meant.
    SeveralIssues,
    /// Several issues claim the task, and nothing says which one is right.
    Contested,
    /// The issue has a task already.
    Duplicate {
        /// Its task.
        of: ItemId,
    },
    /// The task belongs to another issue by stronger evidence.
    Overruled {
        /// That issue's identifier.
        by: Arc<str>,
    },
}

/// Judges the claims on one pair of projects. See the table of this module.
///
/// ```
/// use sync_core::{Pair, ids::ItemId, item::{Item, Values}, link::claims::{By, Claim, Claimed, Verdict, judge}};
/// let mut issue = Item::new("h1".into(), Values { title: "Dock".into(), ..Values::default() });
/// issue.label = Some("HARB-1".into());
/// let task = Item::new("t1".into(), Values { title: "Dock, renamed".into(), ..Values::default() });
/// let claim = Claim { label: "HARB-1".into(), task: Some("t1".into()), ..Claim::default() };
/// let claimed = Claimed { claims: &[claim], items: Pair { huly: &[issue], vibe: &[task] }, links: &[] };
/// assert_eq!(judge(&claimed), [Verdict::Pair { huly: "h1".into(), vibe: "t1".into(), by: By::Row }]);
/// ```
pub fn judge(claimed: &Claimed<'_>) -> Vec<Verdict> {
    judging::Judging::new(claimed).run()
}
