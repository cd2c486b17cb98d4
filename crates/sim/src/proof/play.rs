//! The boards and everybody who acts on them, with what was written down of it for the judges.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Shared;
use crate::calls::Kind;
use crate::faults::{Decision, Failure};
use crate::http::Server;
use crate::huly::{Huly, Session};
use crate::letta::LettaModel;
use crate::onlooker::{Onlooker, Overwrite};
use crate::stage::SimEnv;
use crate::vibe::Vibe;

use super::deed::Deed;
use super::informing;
use super::words::Book;

/// What is written down while a schedule is played.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// What people wrote.
    pub(super) book: Book,
    /// Number of what happened last.
    pub(super) moment: u64,
    /// Calls and deeds.
    pub(super) steps: u64,
    /// Faults that struck, crashes, freezes, jumps of clocks.
    pub(super) faults: u64,
    /// How often each thing was reached.
    pub(super) marks: BTreeMap<String, u64>,
    /// Calls of the run under way, of all its processes.
    pub(super) calls: u32,
    /// Deeds that wait for a call of the run under way, in order.
    pub(super) waiting: VecDeque<(u32, Deed)>,
    /// Deeds so far.
    pub(super) deeds: u64,
    /// Whether a fault struck that no client can see, since the run under way began.
    pub(super) deceived: bool,
    /// Whether people did what a run cannot see at once: typed without saving, or set Huly's clock back, so that what is changed
    /// until it has caught up lies below the watermark and waits for the daily comparison (design 4.4).
    pub(super) hidden: bool,
    /// Whether a run ended early or badly: a create may wait for being looked for.
    pub(super) unanswered: bool,
    /// Processes in the order of their first write.
    pub(super) writers: Vec<u32>,
    /// A process that began a write after another one had taken over, in words.
    pub(super) two_writers: Option<String>,
    /// What is known of agents.
    pub(super) letta: informing::Notes,
    trace: Trace,
}

#[derive(Debug, Default)]
struct Trace {
    hasher: DefaultHasher,
    lines: Option<Vec<String>>,
    /// Of calls to the boards and deeds on them alone.
    of_boards: Option<Vec<String>>,
}

impl Notes {
    /// Counts something that was reached.
    pub(super) fn mark(&mut self, what: impl Into<String>) {
        *self.marks.entry(what.into()).or_default() += 1;
    }

    /// A line of the trace.
    pub(super) fn trace(&mut self, line: String) {
        line.hash(&mut self.trace.hasher);
        if let Some(lines) = &mut self.trace.lines {
            lines.push(line);
        }
    }

    /// A line of the trace, of a call to the boards or a deed on them.
    pub(super) fn trace_boards(&mut self, line: String) {
        if let Some(lines) = &mut self.trace.of_boards {
            lines.push(line.clone());
        }
        self.trace(line);
    }

    /// Keeps the lines of the trace, too.
    pub(super) fn keep_trace(&mut self) {
        self.trace.lines = Some(Vec::new());
        self.trace.of_boards = Some(Vec::new());
    }

    /// The lines of calls to the boards and deeds on them, where they were kept; nothing more is kept of them.
    pub(super) fn boards_so_far(&mut self) -> Vec<String> {
        self.trace.of_boards.take().unwrap_or_default()
    }

    /// The hash of the trace, and its lines where they were kept.
    pub(super) fn traced(&mut self) -> (u64, Vec<String>) {
        let lines = self.trace.lines.take().unwrap_or_default();
        (self.trace.hasher.finish(), lines)
    }
}

/// Both services, those who act on them, and the notes.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) huly: Server<Huly>,
    pub(super) vibe: Server<Vibe>,
    /// Where agents live, if anywhere.
    pub(super) letta: Option<Server<LettaModel>>,
    /// People act in this account's name.
    pub(super) who: Session,
    pub(super) env: SimEnv,
    /// Whether people pick items by their titles and not by their ids, which tell of the order in which they were made.
    pub(super) by_title: bool,
    notes: Mutex<Notes>,
}

impl Play {
    pub(super) fn new(
        huly: Server<Huly>,
        vibe: Server<Vibe>,
        letta: Option<Server<LettaModel>>,
        who: Session,
        env: SimEnv,
    ) -> Play {
        Play {
            huly,
            vibe,
            letta,
            who,
            env,
            by_title: false,
            notes: Mutex::default(),
        }
    }

    /// What was written down. Never lock a model while holding this.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model of Huly.
    pub(super) fn issues(&self) -> &Shared<Huly> {
        &self.huly.model
    }

    /// The model of Vibe Kanban.
    pub(super) fn tasks(&self) -> &Shared<Vibe> {
        &self.vibe.model
    }
}

/// A process's calls, as the play sees them.
#[derive(Debug)]
pub(super) struct Watcher {
    play: Arc<Play>,
    process: u32,
}

impl Watcher {
    pub(super) fn of(play: &Arc<Play>, process: u32) -> Arc<dyn Onlooker> {
        Arc::new(Watcher {
            play: Arc::clone(play),
            process,
        })
    }

    /// Deeds whose moment has come.
    fn due(&self) -> Vec<Deed> {
        let mut notes = self.play.notes();
        notes.calls += 1;
        let calls = notes.calls;
        let mut due = Vec::new();
        while let Some((at, _)) = notes.waiting.front() {
            if *at > calls {
                break;
            }
            due.extend(notes.waiting.pop_front().map(|(_, deed)| deed));
        }
        due
    }
}

impl Onlooker for Watcher {
    fn moment(&self) -> u64 {
        self.play.notes().moment
    }

    fn begins(&self, kind: Kind, label: &str) {
        for deed in self.due() {
            self.play.notes().mark("deed between two calls");
            self.play.act(&deed);
        }
        let at = engine::env::Env::now(&self.play.env).0;
        let mut notes = self.play.notes();
        notes.moment += 1;
        notes.steps += 1;
        notes.trace_boards(format!("{at} p{} {label}", self.process));
        if kind == Kind::Write {
            writes(&mut notes, self.process, label);
        }
    }

    fn strikes(&self, kind: Kind, label: &str, decision: &Decision) {
        let mut notes = self.play.notes();
        for what in named(decision) {
            notes.trace(format!("  {what}"));
            notes.mark(format!("fault: {what} ({})", word(kind)));
            if what != LATENCY {
                notes.faults += 1;
            }
        }
        notes.deceived |= decision.cap.is_some() || decision.stale;
        tracing::trace!(label, ?decision, "strikes");
    }

    fn overwrites(&self, write: &Overwrite<'_>) {
        let mut notes = self.play.notes();
        let before = notes.book.unseen();
        notes
            .book
            .overwrite(write.before, write.after, write.looked);
        let unseen = notes.book.unseen() - before;
        if unseen > 0 {
            notes.mark("edit between look and write");
        }
        let mut line = format!("  {} {} is written", write.side, write.item);
        if let Err(error) = write!(line, ", {unseen} words unseen") {
            tracing::debug!(%error, "a line of the trace");
        }
        notes.trace(line);
    }
}

/// At most one process writes at a time: none goes on once another one has begun (I12).
fn writes(notes: &mut Notes, process: u32, label: &str) {
    match notes.writers.iter().position(|known| *known == process) {
        None => notes.writers.push(process),
        Some(at) if at + 1 == notes.writers.len() => {}
        Some(_) => {
            let newest = notes.writers.last().copied().unwrap_or_default();
            notes.two_writers.get_or_insert_with(|| {
                format!("process {process} sent {label} after process {newest} had written")
            });
        }
    }
}

pub(super) const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "read",
        Kind::Write => "write",
        Kind::Session => "session",
    }
}

pub(super) const LATENCY: &str = "latency";

/// What was decided, in words.
pub(super) fn named(decision: &Decision) -> Vec<String> {
    let mut all = Vec::new();
    let how = |failure: &Failure| match failure {
        Failure::Status { status, .. } => format!("status {status}"),
        Failure::Hang => "hang".to_owned(),
        Failure::Reset => "reset".to_owned(),
        Failure::Truncated => "truncated".to_owned(),
        Failure::Html => "html".to_owned(),
    };
    if !decision.latency.is_zero() {
        all.push(LATENCY.to_owned());
    }
    if decision.limit_ms.is_some() {
        all.push("rate limit".to_owned());
    } else if let Some(failure) = &decision.before {
        all.push(format!("{} before", how(failure)));
    } else if let Some((_, failure)) = &decision.late {
        all.push(format!("{} and late effect", how(failure)));
    } else if let Some(failure) = &decision.after {
        all.push(format!("{} after", how(failure)));
    }
    if decision.drop_query {
        all.push("query dropped".to_owned());
    }
    if let Some(rows) = decision.cap {
        all.push(
            if rows == 0 {
                "empty list"
            } else {
                "short list"
            }
            .to_owned(),
        );
    }
    if decision.stale {
        all.push("stale answer".to_owned());
    }
    all
}
