//! What a watch keeps from one run to the next: its lease, the lists of projects, and when each project was last worth asking.
//!
//! Everything here can be lost at any time: a run without it asks for everything, as `hvs sync once` does. Nothing here grows with
//! the number of runs: there is one entry a pair of projects, and of items only those that the last query of changes showed.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use store::Fence;
use sync_core::{
    Pair, Side,
    ids::{ItemId, Millis, ProjectLinkId, RunId},
    item::Item,
};

use crate::{
    inform::Informer,
    lease::{Lease, millis},
    port::{BoardProject, Traffic},
    report::{Exit, ProjectReport, Reached},
};

/// How seldom a watch may ask for what is unlikely to have changed (design 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The lists of projects are read again after this: how long a new or archived project may stay unseen.
    pub refresh_every: Duration,
    /// A project in which nothing changed for this long is quiet: its Vibe list is read less often.
    pub quiet_after: Duration,
    /// The shortest time between two lists of a quiet project.
    pub quiet_poll: Duration,
    /// The longest; in between it is a tenth of the time since the last change.
    pub quiet_poll_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            refresh_every: Duration::from_mins(1),
            quiet_after: Duration::from_mins(10),
            quiet_poll: Duration::from_mins(1),
            quiet_poll_max: Duration::from_mins(5),
        }
    }
}

impl Pace {
    /// How long after its last list a quiet project is listed again.
    fn gap(&self, idle: Millis, project: ProjectLinkId) -> Millis {
        let shortest = millis(self.quiet_poll).0;
        let longest = millis(self.quiet_poll_max).0.max(shortest);
        let gap = (idle.0 / 10).clamp(shortest, longest);
        // Up to a quarter sooner, each project by its own share, so that they do not all fall on one run.
        let mut hasher = DefaultHasher::new();
        project.hash(&mut hasher);
        let share = i64::from(hasher.finish().to_le_bytes().first().copied().unwrap_or(0));
        Millis(gap - gap / 4 * share / 256)
    }
}

/// What runs of one process keep between them; [`Memory::default`] keeps nothing.
#[derive(Debug, Default)]
pub struct Memory {
    /// `None`: each run stands alone.
    pub(crate) pace: Option<Pace>,
    /// Held between runs.
    pub(super) lease: Option<Lease>,
    /// The lease's fence while a run has it: what is left to release when a run is cut off.
    pub(super) fence: Option<Fence>,
    /// Who asks for the lease: the same name in every run, so that a lease that ran out unnoticed is still ours.
    pub(super) holder: Option<Arc<str>>,
    /// Lists of projects with the time they were read.
    lists: Option<(Millis, Pair<Vec<BoardProject>>)>,
    turns: HashMap<ProjectLinkId, Turn>,
    /// Hints at removals that were followed already.
    removed: HashSet<ItemId>,
    /// Traffic at the end of the last run.
    pub(super) traffic: Pair<Traffic>,
    /// Whether the store was held against the services' history since the lease was taken: it cannot become an old copy under a
    /// running process.
    pub(super) is_current: bool,
    /// Who tells agents, between runs too.
    pub(super) informer: Option<Informer>,
    /// The row that tells of runs without news.
    pub(super) quiet_row: Option<QuietRow>,
}

/// The row that stands for a series of runs in which nothing happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuietRow {
    pub(super) id: RunId,
    pub(super) exit: Exit,
    pub(super) written_at: Millis,
}

/// What is known of one pair of projects since its last turn, which ended well.
#[derive(Debug)]
struct Turn {
    changed_at: Millis,
    listed_at: Millis,
    /// What the query of changes showed then: shown again, it is no news.
    seen: HashMap<ItemId, Option<Millis>>,
}

impl Memory {
    /// For runs that follow each other at this pace, under one lease.
    pub fn at(pace: Pace) -> Memory {
        Memory {
            pace: Some(pace),
            ..Memory::default()
        }
    }

    /// How many entries of any kind are kept: bounded by projects and by what the last query of changes showed.
    pub fn size(&self) -> usize {
        let lists = self
            .lists
            .as_ref()
            .map_or(0, |(_, lists)| lists.huly.len() + lists.vibe.len());
        let items: usize = self.turns.values().map(|turn| turn.seen.len()).sum();
        lists + self.turns.len() + items + self.removed.len()
    }

    /// Whether the last run was dropped before its end.
    pub fn is_cut_off(&self) -> bool {
        self.fence.is_some() && self.lease.is_none()
    }

    /// For another connection to the same services: only the lease still stands.
    pub fn reconnected(&mut self) {
        self.forget();
        self.traffic = Pair::default();
        self.informer = None;
    }

    /// Asks for everything again in the next run.
    pub(super) fn forget(&mut self) {
        self.lists = None;
        self.turns.clear();
        self.removed.clear();
        self.is_current = false;
    }

    /// The lists of projects, where they are fresh enough.
    pub(super) fn lists(&self, now: Millis) -> Option<Pair<Vec<BoardProject>>> {
        let pace = self.pace?;
        let (read_at, lists) = self.lists.as_ref()?;
        is_within(*read_at, now, millis(pace.refresh_every)).then(|| lists.clone())
    }

    /// Keeps lists of projects that were just read.
    pub(super) fn keep_lists(&mut self, now: Millis, lists: &Pair<Vec<BoardProject>>) {
        if self.pace.is_some() {
            self.lists = Some((now, lists.clone()));
        }
    }

    /// Has the lists of projects read again in the next run: one was made or linked.
    pub(super) fn drop_lists(&mut self) {
        self.lists = None;
    }

    /// Hints at removals that no run has followed yet.
    pub(super) fn new_removals(&self, removed: &[ItemId]) -> Vec<ItemId> {
        let is_new = |item: &&ItemId| !self.removed.contains(*item);
        removed.iter().filter(is_new).cloned().collect()
    }

    /// Keeps the hints that this run followed, and only these.
    pub(super) fn keep_removals(&mut self, removed: &[ItemId]) {
        if self.pace.is_some() {
            self.removed = removed.iter().cloned().collect();
        }
    }

    /// Whether a project's Vibe list may stay unread in this run, as far as memory tells: its last turn ended well, nothing
    /// changed for a while, Huly shows nothing new, and the list is not due.
    pub(super) fn may_rest(&self, id: ProjectLinkId, changed: &[Item], now: Millis) -> bool {
        let (Some(pace), Some(turn)) = (self.pace, self.turns.get(&id)) else {
            return false;
        };
        let idle = Millis(now.0.saturating_sub(turn.changed_at.0));
        let is_quiet = idle >= millis(pace.quiet_after);
        let is_fresh = is_within(turn.listed_at, now, pace.gap(idle, id));
        is_quiet && is_fresh && turn.has_seen(changed)
    }

    /// Keeps what a turn showed. One that did not end well is gone through again in the next run.
    pub(super) fn keep_turn(&mut self, report: &ProjectReport, changed: Seen, now: Millis) {
        let (Some(_), Some(id)) = (self.pace, report.id) else {
            return;
        };
        if !ended_well(report) {
            self.turns.remove(&id);
            return;
        }
        let is_news = match self.turns.get(&id) {
            Some(turn) => did_something(report) || !turn.knows(&changed),
            None => true,
        };
        let changed_at = match self.turns.get(&id) {
            Some(turn) if !is_news => turn.changed_at,
            Some(_) | None => now,
        };
        let turn = Turn {
            changed_at,
            listed_at: now,
            seen: changed,
        };
        self.turns.insert(id, turn);
    }

    /// Forgets pairs that are not gone through any more.
    pub(super) fn keep_only(&mut self, pairs: &HashSet<ProjectLinkId>) {
        self.turns.retain(|id, _| pairs.contains(id));
    }
}

/// Items that a query of changes showed, with their stamps.
pub(super) type Seen = HashMap<ItemId, Option<Millis>>;

/// What of a query of changes is kept.
pub(super) fn seen(changed: &[Item]) -> Seen {
    changed
        .iter()
        .map(|item| (item.id.clone(), item.modified))
        .collect()
}

impl Turn {
    fn has_seen(&self, changed: &[Item]) -> bool {
        changed
            .iter()
            .all(|item| self.seen.get(&item.id) == Some(&item.modified))
    }

    fn knows(&self, changed: &Seen) -> bool {
        changed
            .iter()
            .all(|(id, modified)| self.seen.get(id) == Some(modified))
    }
}

/// Whether less than `limit` has passed. A clock that was set back counts as if it had.
fn is_within(since: Millis, now: Millis, limit: Millis) -> bool {
    (0..limit.0).contains(&now.0.saturating_sub(since.0))
}

/// Whether nothing of a turn is left to do.
fn ended_well(report: &ProjectReport) -> bool {
    let is_processed = match report.reached {
        Reached::Processed => true,
        Reached::Resting | Reached::Failed | Reached::Skipped | Reached::NotReached => false,
    };
    is_processed && report.exit == Exit::Done && report.held.is_empty() && report.problem_count == 0
}

/// Whether a turn found any difference between the sides.
pub(super) fn did_something(report: &ProjectReport) -> bool {
    let wrote = Side::ALL
        .iter()
        .any(|side| report.tally.side(*side).writes() > 0);
    wrote || report.adopted > 0 || report.conflicts > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        refresh_every: Duration::from_mins(1),
        quiet_after: Duration::from_mins(10),
        quiet_poll: Duration::from_mins(1),
        quiet_poll_max: Duration::from_mins(5),
    };
    const MINUTE: i64 = 60_000;

    fn pair() -> ProjectLinkId {
        ProjectLinkId(uuid::Uuid::nil())
    }

    fn well() -> ProjectReport {
        ProjectReport {
            id: Some(pair()),
            reached: Reached::Processed,
            ..ProjectReport::default()
        }
    }

    fn listed(at: i64, memory: &mut Memory) {
        memory.keep_turn(&well(), Seen::new(), Millis(at));
    }

    #[test]
    fn a_project_rests_only_after_a_quiet_while_and_only_for_a_bounded_time() {
        let mut memory = Memory::at(PACE);
        let rests = |memory: &Memory, at: i64| memory.may_rest(pair(), &[], Millis(at));
        assert!(!rests(&memory, 0), "nothing is known of it");
        listed(0, &mut memory);
        assert!(!rests(&memory, MINUTE), "it may be active");
        listed(10 * MINUTE, &mut memory);
        assert!(rests(&memory, 10 * MINUTE + 30_000));
        assert!(!rests(&memory, 11 * MINUTE + 1), "its list is due");
        listed(500 * MINUTE, &mut memory);
        assert!(rests(&memory, 503 * MINUTE));
        assert!(!rests(&memory, 505 * MINUTE), "never longer than the bound");
        assert!(!rests(&memory, 499 * MINUTE), "the clock was set back");
    }

    #[test]
    fn a_change_or_an_end_that_is_not_well_wakes_it() {
        let mut memory = Memory::at(PACE);
        listed(0, &mut memory);
        listed(20 * MINUTE, &mut memory);
        assert!(memory.may_rest(pair(), &[], Millis(20 * MINUTE + 1)));
        let mut wrote = well();
        wrote.tally.huly.updated = 1;
        memory.keep_turn(&wrote, Seen::new(), Millis(20 * MINUTE));
        assert!(!memory.may_rest(pair(), &[], Millis(20 * MINUTE + 1)));
        listed(40 * MINUTE, &mut memory);
        assert!(memory.may_rest(pair(), &[], Millis(40 * MINUTE + 1)));
        for reached in [Reached::Failed, Reached::NotReached, Reached::Skipped] {
            let bad = ProjectReport { reached, ..well() };
            memory.keep_turn(&bad, Seen::new(), Millis(40 * MINUTE));
            assert_eq!(memory.size(), 0, "{reached:?}");
            listed(0, &mut memory);
        }
    }

    #[test]
    fn without_a_pace_nothing_is_kept() {
        let mut memory = Memory::default();
        listed(0, &mut memory);
        memory.keep_lists(Millis(0), &Pair::default());
        memory.keep_removals(&[ItemId::from("a")]);
        assert_eq!(memory.size(), 0);
        assert!(memory.lists(Millis(0)).is_none());
    }
}
