//! What a run did, in one value: printed by the command line, stored with the run, turned into the exit code.

mod judged;
mod told;

use std::{collections::BTreeMap, sync::Arc};

use http_kit::Kind;
use serde::Serialize;
use store::row::LeaseRow;
use sync_core::{
    Pair, Side,
    guard::Held,
    ids::{Millis, ProjectLinkId, RunId, StatusId},
    item::Field,
    plan::LinkPlan,
    project::ProjectAction,
};

use crate::{inform::Informed, port::Traffic, reconcile::finding::Finding};

/// How many problems of one project are kept in the report; the store has them all.
pub const MAX_PROBLEMS: usize = 200;

/// The exit code of a run (design section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// All done.
    #[default]
    Done,
    /// A bug.
    Bug,
    /// Usage or configuration.
    Usage,
    /// Some items failed or were not reached.
    Items,
    /// A service refused or could not be reached.
    Service,
    /// Nothing done: another run holds the lease.
    Lease,
    /// A guard held something back.
    Guard,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Bug => 1,
            Exit::Usage => 2,
            Exit::Items => 3,
            Exit::Service => 4,
            Exit::Lease => 5,
            Exit::Guard => 6,
        }
    }

    /// The same as a word, for log lines: stable.
    pub const fn word(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Bug => "bug",
            Exit::Usage => "usage",
            Exit::Items => "incomplete",
            Exit::Service => "failed",
            Exit::Lease => "not_run",
            Exit::Guard => "held_back",
        }
    }

    /// Of several, the one that is told: 1, 2, 4, 6, 3, 5, then 0.
    ///
    /// ```
    /// use engine::report::Exit;
    /// assert_eq!(Exit::Items.and(Exit::Service), Exit::Service);
    /// assert_eq!(Exit::Done.and(Exit::Lease), Exit::Lease);
    /// ```
    #[must_use]
    pub const fn and(self, other: Exit) -> Exit {
        if self.rank() <= other.rank() {
            self
        } else {
            other
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Exit::Bug => 0,
            Exit::Usage => 1,
            Exit::Service => 2,
            Exit::Guard => 3,
            Exit::Items => 4,
            Exit::Lease => 5,
            Exit::Done => 6,
        }
    }
}

/// Actions that were carried out, by the side they wrote to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Counterparts made.
    pub created: u64,
    /// Items with fields written.
    pub updated: u64,
    /// Items set to cancelled.
    pub cancelled: u64,
    /// Items deleted.
    pub removed: u64,
    /// Writes that failed.
    pub failed: u64,
}

impl Tally {
    /// Adds another count to this one.
    pub const fn add(&mut self, other: &Tally) {
        self.created += other.created;
        self.updated += other.updated;
        self.cancelled += other.cancelled;
        self.removed += other.removed;
        self.failed += other.failed;
    }

    /// Writes that took effect.
    pub const fn writes(&self) -> u64 {
        self.created + self.updated + self.cancelled + self.removed
    }
}

/// Something that went wrong or that people should know, with all that is needed to act on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// How it is dealt with.
    pub kind: Kind,
    /// Stable code.
    pub code: Arc<str>,
    /// Where.
    pub side: Option<Side>,
    /// The item, for people; empty for the project or service as a whole.
    pub item: Arc<str>,
    /// Which field.
    pub field: Option<Field>,
    /// What happened.
    pub message: Arc<str>,
}

/// How far a project came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// Gone through to the end.
    Processed,
    /// Ended early by an error.
    Failed,
    /// Quiet in a watch: Huly showed nothing new, Vibe was not asked this time.
    Resting,
    /// Asleep, filtered out or left to other rules.
    Skipped,
    /// The run ended before it was this project's turn.
    #[default]
    NotReached,
}

impl Reached {
    /// The same as a word, for log lines: stable.
    pub const fn word(self) -> &'static str {
        match self {
            Reached::Processed => "done",
            Reached::Failed => "failed",
            Reached::Resting => "resting",
            Reached::Skipped => "skipped",
            Reached::NotReached => "not_reached",
        }
    }
}

/// What was done for one pair of projects.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProjectReport {
    /// The pair.
    pub id: Option<ProjectLinkId>,
    /// Huly's identifier.
    pub label: Arc<str>,
    /// Huly's name.
    pub name: Arc<str>,
    /// How far it came.
    pub reached: Reached,
    /// Why it was skipped, for people.
    pub reason: Arc<str>,
    /// What was planned; kept for dry runs only.
    pub plans: Vec<LinkPlan>,
    /// What people call the statuses that stand in the plans by their ids; for dry runs only.
    pub status_names: BTreeMap<StatusId, Arc<str>>,
    /// Writes by side.
    pub tally: Pair<Tally>,
    /// Links made from items that stood on both sides.
    pub adopted: u64,
    /// Conflicts that were recorded.
    pub conflicts: u64,
    /// What is not as it should be; only looked for where everything is looked through.
    #[serde(skip)]
    pub found: Vec<Finding>,
    /// Tasks with the marker of another store.
    #[serde(skip)]
    pub foreign: u64,
    /// Classes of actions that a guard held back.
    pub held: Vec<Held>,
    /// Problems and notices, at most [`MAX_PROBLEMS`].
    pub problems: Vec<Outcome>,
    /// All of them, counted.
    pub problem_count: u64,
    /// Things people should know.
    pub notices: Vec<Arc<str>>,
    /// Issues and tasks that were read, of both sides together.
    pub items: u64,
    /// Those among them that the filter left alone: links, and items without one.
    pub outside: u64,
    /// How the project counts for the exit code.
    pub exit: Exit,
}

impl Outcome {
    /// Its one line in the log (target `engine::outcome`).
    pub(crate) fn log(&self) {
        let (item, code, outcome) = (&*self.item, &*self.code, self.kind.as_str());
        let side = self.side.map(Side::title);
        let field = self.field.map(tracing::field::display);
        let message = &*self.message;
        match self.kind {
            Kind::Rejected | Kind::Fatal => {
                tracing::error!(target: "engine::outcome", item, code, outcome, side, field, "{message}");
            }
            Kind::Transient | Kind::Unknown | Kind::Conflict => {
                tracing::warn!(target: "engine::outcome", item, code, outcome, side, field, "{message}");
            }
        }
    }
}

impl ProjectReport {
    /// Notes a problem and what it means for the exit code.
    pub fn problem(&mut self, outcome: Outcome) {
        self.exit = self.exit.and(match outcome.kind {
            Kind::Fatal => Exit::Service,
            Kind::Transient | Kind::Unknown | Kind::Conflict | Kind::Rejected => Exit::Items,
        });
        outcome.log();
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(outcome);
        }
    }
}

/// What one run did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Time-ordered.
    pub id: RunId,
    /// `sync`, `plan`, `reconcile`.
    pub kind: &'static str,
    /// By our clock.
    pub started_at: Millis,
    /// By our clock.
    pub ended_at: Millis,
    /// What the process shall exit with.
    pub exit: Exit,
    /// Projects linked, made, put to sleep.
    pub project_actions: Vec<ProjectAction>,
    /// One entry a pair of projects.
    pub projects: Vec<ProjectReport>,
    /// What went wrong outside of projects.
    pub problems: Vec<Outcome>,
    /// Unfinished writes of earlier runs that were settled at the start.
    pub recovered: Recovered,
    /// Whether the store was found to be an old copy of itself (design 4.3): every link is compared afresh.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rolled_back: bool,
    /// Calls and bytes.
    pub traffic: Pair<Traffic>,
    /// Errors by kind.
    pub errors: BTreeMap<&'static str, u64>,
    /// What agents were told.
    #[serde(skip_serializing_if = "Informed::is_quiet")]
    pub informed: Informed,
    /// The largest resident size of the process so far, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
    /// Who holds the lease, where that is why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_held_by: Option<LeaseRow>,
}

/// What became of unfinished writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Never sent: dropped and planned afresh.
    pub dropped: u64,
    /// Had been carried out: settled.
    pub settled: u64,
    /// Had not been carried out: sent again.
    pub sent_again: u64,
    /// Something else stands there now: planned afresh.
    pub replanned: u64,
    /// Could not be looked at: left for the next run.
    pub left: u64,
}

impl Report {
    /// Notes a problem outside of projects.
    pub(crate) fn problem(&mut self, outcome: Outcome) {
        outcome.log();
        self.problems.push(outcome);
    }

    /// All writes, by side.
    pub fn tally(&self) -> Pair<Tally> {
        let mut sum = Pair::<Tally>::default();
        for project in &self.projects {
            for side in Side::ALL {
                sum.side_mut(side).add(project.tally.side(side));
            }
        }
        sum
    }

    /// Counts of projects by how far they came.
    pub fn reached(&self, reached: Reached) -> usize {
        self.projects
            .iter()
            .filter(|project| project.reached == reached)
            .count()
    }

    /// The figures of a run as its row keeps them (issue 6a).
    pub fn summary(&self) -> serde_json::Value {
        let tally = self.tally();
        let stands = |reached: Reached| -> Vec<&str> {
            self.projects
                .iter()
                .filter(|project| project.reached == reached)
                .map(|project| &*project.label)
                .collect()
        };
        let mut figures = serde_json::json!({
            "projects": {
                "processed": self.reached(Reached::Processed),
                "resting": self.reached(Reached::Resting),
                "failed": stands(Reached::Failed),
                "skipped": self.reached(Reached::Skipped),
                "not_reached": stands(Reached::NotReached),
            },
            "items": self.projects.iter().map(|project| project.items).sum::<u64>(),
            "outside": self.projects.iter().map(|project| project.outside).sum::<u64>(),
            "to_huly": tally.huly,
            "to_vibe": tally.vibe,
            "adopted": self.projects.iter().map(|project| project.adopted).sum::<u64>(),
            "conflicts": self.projects.iter().map(|project| project.conflicts).sum::<u64>(),
            "held": self.projects.iter().map(|project| project.held.len()).sum::<usize>(),
            "recovered": self.recovered,
            "traffic": self.traffic,
            "errors": self.errors,
            "peak_memory": self.peak_memory,
            "problems": self.all_problems(),
        });
        if let (Some(figures), false) = (figures.as_object_mut(), self.informed.is_quiet()) {
            figures.insert("informed".to_owned(), serde_json::json!(self.informed));
        }
        figures
    }

    /// Whether nothing was written to a service.
    pub fn wrote_nothing(&self) -> bool {
        let tally = self.tally();
        tally.huly.writes() + tally.vibe.writes() == 0
    }
}
