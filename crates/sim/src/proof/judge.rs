//! The judges: they look at the model servers and at what people wrote, never at what hvs says of itself.

use std::collections::BTreeMap;
use std::fmt;

use engine::markup;
use engine::report::Report;
use serde::{Deserialize, Serialize};
use sync_core::rules::Deletion;

use crate::huly::IssueView;
use crate::vibe::{Status, TaskView};

use super::seen::{Seen, seen_issue, seen_task};
use super::words::{Origin, words};
use super::world::World;

/// A law of the design, with its number where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// I1: both sides come to agree.
    Agreement,
    /// I2: a run after a quiet run writes nothing.
    Quiet,
    /// I3: what people wrote stands, was replaced by people, or is kept whole.
    NoLostUpdate,
    /// I4: one counterpart each.
    NoDuplicate,
    /// I5: nothing goes or is cancelled that nobody deleted or cancelled.
    NoSpuriousDelete,
    /// I10: with finitely many faults all is in sync within a fixed number of runs.
    Converges,
    /// I11: calls are bounded by what there is to do.
    Calls,
    /// I12: at most one process writes.
    OneWriter,
    /// I15: exit code 0 means done.
    Told,
    /// One agent a project (predecessor's rows 29 and 30), and none of people's is touched.
    OneAgent,
    /// Blocks say what the boards say (row 32), and stay as hvs keeps them.
    BlocksRight,
    /// What belongs to an agent is never written.
    OwnBlocks,
    /// What has nothing to say calls nobody (row 31).
    QuietAgents,
    /// The boards' sync is the same with agents and without (row 33).
    Beside,
    /// Nothing panics.
    NoPanic,
    /// I17: one seed, one trace.
    OneTrace,
}

impl Law {
    /// All of them, in the order of their numbers.
    pub const ALL: [Law; 16] = [
        Law::Agreement,
        Law::Quiet,
        Law::NoLostUpdate,
        Law::NoDuplicate,
        Law::NoSpuriousDelete,
        Law::Converges,
        Law::Calls,
        Law::OneWriter,
        Law::Told,
        Law::OneAgent,
        Law::BlocksRight,
        Law::OwnBlocks,
        Law::QuietAgents,
        Law::Beside,
        Law::NoPanic,
        Law::OneTrace,
    ];

    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Law::Agreement => "I1 both sides agree in the end",
            Law::Quiet => "I2 a run after a quiet run writes nothing",
            Law::NoLostUpdate => "I3 no edit is lost",
            Law::NoDuplicate => "I4 one counterpart each",
            Law::NoSpuriousDelete => "I5 nothing is deleted that nobody deleted",
            Law::Converges => "I10 all is in sync a few runs after the last fault",
            Law::Calls => "I11 calls are bounded",
            Law::OneWriter => "I12 one process writes at a time",
            Law::Told => "I15 exit code 0 means done",
            Law::OneAgent => "agents: one a project, for ever",
            Law::BlocksRight => "agents: blocks say what the boards say",
            Law::OwnBlocks => "agents: what is their own is left alone",
            Law::QuietAgents => "agents: only what changed is told",
            Law::Beside => "agents: the boards are synced as without them",
            Law::NoPanic => "nothing panics",
            Law::OneTrace => "I17 one seed, one trace",
        }
    }
}

/// A law that was broken, with how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which.
    pub law: Law,
    /// How.
    pub words: String,
}

impl Breach {
    pub(super) fn new(law: Law, words: impl Into<String>) -> Breach {
        Breach {
            law,
            words: words.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law.name(), self.words)
    }
}

/// Calls of one run are at most this many ...
const CALLS_FREE: u64 = 60;
/// ... and so many more for each item on either side: reads that fail are sent four times.
const CALLS_PER_ITEM: u64 = 60;

/// Calls are bounded by what there is (I11).
pub(super) fn calls(found: &mut Vec<Breach>, world: &World, report: &Report) {
    let items =
        world.play.issues().lock().snapshot().len() + world.play.tasks().lock().snapshot().len();
    let limit = CALLS_FREE + CALLS_PER_ITEM * items as u64;
    let calls = report.traffic.huly.requests + report.traffic.vibe.requests;
    if calls > limit {
        let words = format!("{calls} calls for {items} items");
        found.push(Breach::new(Law::Calls, words));
    }
}

/// The items of one origin.
#[derive(Default)]
struct Both {
    issues: Vec<(IssueView, Seen)>,
    tasks: Vec<(TaskView, Seen)>,
}

fn by_origin(world: &World) -> (BTreeMap<Origin, Both>, Vec<String>) {
    let mut all: BTreeMap<Origin, Both> = BTreeMap::new();
    let mut nobodys = Vec::new();
    for issue in world.play.issues().lock().snapshot() {
        let seen = seen_issue(&issue);
        match seen.origin() {
            Some(origin) => all.entry(origin).or_default().issues.push((issue, seen)),
            None => nobodys.push(format!("an issue `{}`", seen.title)),
        }
    }
    for task in world.play.tasks().lock().snapshot() {
        let seen = seen_task(&task);
        match seen.origin() {
            Some(origin) => all.entry(origin).or_default().tasks.push((task, seen)),
            None => nobodys.push(format!("a task `{}`", seen.title)),
        }
    }
    (all, nobodys)
}

/// Both sides of each item mean the same (I1). `whole` asks for a counterpart of each.
pub(super) fn agreement(found: &mut Vec<Breach>, world: &World, whole: bool) {
    let (all, _) = by_origin(world);
    for (origin, both) in &all {
        match (both.issues.as_slice(), both.tasks.as_slice()) {
            ([issue], [task]) => {
                if let Some(words) = differ(issue, task) {
                    found.push(Breach::new(Law::Agreement, words));
                }
            }
            ([], [(_, task)])
                if !world.play.notes().book.is_deleted(*origin)
                    && (whole || !task.stored.is_empty()) =>
            {
                let words = format!("task `{}` has no issue", task.title);
                found.push(Breach::new(Law::Agreement, words));
            }
            ([(_, issue)], []) if !world.play.notes().book.is_deleted(*origin) => {
                let words = format!("issue `{}` has no task", issue.title);
                found.push(Breach::new(Law::Agreement, words));
            }
            _ => {}
        }
    }
}

fn differ((issue, huly): &(IssueView, Seen), (task, vibe): &(TaskView, Seen)) -> Option<String> {
    let name = format!("{} `{}`", issue.identifier, huly.title);
    if huly.title != vibe.title {
        return Some(format!("the task of {name} is called `{}`", vibe.title));
    }
    if !same_status(&issue.status_name, task.status) {
        return Some(format!(
            "{name} is {} and its task {:?}",
            issue.status_name, task.status
        ));
    }
    let normal = |text: &str| markup::normal_form(text).trim().to_owned();
    let (left, right) = (normal(&huly.text), normal(&vibe.text));
    (left != right).then(|| format!("{name}: descriptions differ: {left:?} and {right:?}"))
}

/// Whether both mean the same, in the classic workflow: `inreview` is at home in `In Progress` there.
fn same_status(huly: &str, vibe: Status) -> bool {
    match vibe {
        Status::Todo => matches!(huly, "Backlog" | "Todo"),
        Status::InProgress | Status::InReview => huly == "In Progress",
        Status::Done => huly == "Done",
        Status::Cancelled => huly == "Canceled",
    }
}

/// Each item has one counterpart (I4), and nothing went or was cancelled that nobody deleted or cancelled (I5).
pub(super) fn counterparts(found: &mut Vec<Breach>, world: &World) {
    let (all, nobodys) = by_origin(world);
    for words in nobodys {
        let words = format!("{words} that nobody made");
        found.push(Breach::new(Law::NoDuplicate, words));
    }
    let none = Both::default();
    let notes = world.play.notes();
    for origin in notes.book.all() {
        let both = all.get(&origin).unwrap_or(&none);
        let counts = (both.issues.len(), both.tasks.len());
        if counts.0 > 1 || counts.1 > 1 {
            let words = format!(
                "item {origin} has {} issues and {} tasks",
                counts.0, counts.1
            );
            found.push(Breach::new(Law::NoDuplicate, words));
        }
        let is_deleted = notes.book.is_deleted(origin);
        if !is_deleted && (counts.0 == 0 || counts.1 == 0) {
            let words = format!(
                "item {origin} has {} issues and {} tasks",
                counts.0, counts.1
            );
            found.push(Breach::new(Law::NoSpuriousDelete, words));
        }
        let may_be_cancelled = notes.book.is_cancelled(origin)
            || is_deleted && world.settings.deletion != Deletion::Ignore;
        let is_cancelled = both
            .issues
            .iter()
            .any(|(issue, _)| issue.status_name == "Canceled")
            || both
                .tasks
                .iter()
                .any(|(task, _)| task.status == Status::Cancelled);
        if is_cancelled && !may_be_cancelled {
            let words = format!("item {origin} was cancelled by nobody");
            found.push(Breach::new(Law::NoSpuriousDelete, words));
        }
    }
}

/// Every word that nobody took away stands where its item stands, or is kept whole (I3).
pub(super) fn updates(found: &mut Vec<Breach>, world: &World, kept: &str) {
    let (all, _) = by_origin(world);
    let kept = words(kept);
    let notes = world.play.notes();
    for origin in notes.book.all() {
        let Some(both) = all.get(&origin) else {
            continue;
        };
        let texts = |seen: &Seen| words(&format!("{} {}", seen.title, seen.text));
        let issues = both.issues.iter().map(|(_, seen)| texts(seen));
        let tasks = both.tasks.iter().map(|(_, seen)| texts(seen));
        let standing: Vec<_> = issues.chain(tasks).flatten().collect();
        for word in notes.book.standing(origin) {
            if !standing.contains(&word) && !kept.contains(&word) {
                let words = format!("the word {word} is lost");
                found.push(Breach::new(Law::NoLostUpdate, words));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Law::ALL.iter().map(|law| law.name()).collect();
        assert_eq!(names.len(), Law::ALL.len());
    }
}
