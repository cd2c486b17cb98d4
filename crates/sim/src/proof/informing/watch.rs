//! The calls of a process to Letta, as the play sees them: counted apart from those to the boards, so that a deed in the middle of a
//! run falls between the same two calls to the boards with Letta and without.

use std::sync::Arc;

use crate::calls::Kind;
use crate::faults::Decision;
use crate::onlooker::{Onlooker, Overwrite};
use crate::proof::play::{LATENCY, Play, named, word};

/// A process's calls to Letta.
#[derive(Debug)]
pub(in crate::proof) struct Watcher {
    play: Arc<Play>,
    process: u32,
}

impl Watcher {
    pub(in crate::proof) fn of(play: &Arc<Play>, process: u32) -> Arc<dyn Onlooker> {
        Arc::new(Watcher {
            play: Arc::clone(play),
            process,
        })
    }
}

impl Onlooker for Watcher {
    fn moment(&self) -> u64 {
        self.play.notes().moment
    }

    fn begins(&self, kind: Kind, label: &str) {
        let due = {
            let mut notes = self.play.notes();
            notes.letta.calls += 1;
            let calls = notes.letta.calls;
            let mut due = Vec::new();
            while let Some((at, _)) = notes.letta.waiting.front() {
                if *at > calls {
                    break;
                }
                due.extend(notes.letta.waiting.pop_front().map(|(_, deed)| deed));
            }
            due
        };
        for deed in due {
            self.play.meddle(deed);
        }
        let at = engine::env::Env::now(&self.play.env).0;
        let mut notes = self.play.notes();
        notes.steps += 1;
        notes.mark(format!("letta: {}", word(kind)));
        notes.trace(format!("{at} p{} letta {label}", self.process));
    }

    fn strikes(&self, kind: Kind, _label: &str, decision: &Decision) {
        let mut notes = self.play.notes();
        for what in named(decision) {
            notes.trace(format!("  letta: {what}"));
            notes.mark(format!("letta fault: {what} ({})", word(kind)));
            if what != LATENCY {
                notes.faults += 1;
            }
        }
    }

    fn overwrites(&self, _write: &Overwrite<'_>) {}
}
