//! Counting calls: per route, per kind, and how many writes were under way at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Shared;

/// What a call is to the budget of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Changes nothing (`find-all` and `getContent` are reads, though they are POSTs).
    Read,
    /// May change something, whether or not it was refused.
    Write,
    /// Signing in, discovery, health.
    Session,
}

/// What was counted since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Calls of [`Kind::Read`].
    pub reads: u64,
    /// Calls of [`Kind::Write`].
    pub writes: u64,
    /// Calls of [`Kind::Session`].
    pub sessions: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of answers' bodies, as far as they were made.
    pub bytes_out: u64,
    /// The highest number of writes that were under way at once.
    pub peak_writes: u64,
    /// Calls per label: `METHOD template`, with the operation behind it where one route has several
    /// (`POST /transactor/api/v1/tx/{ws} TxApplyIf`).
    pub by_route: BTreeMap<String, u64>,
}

impl Counts {
    /// Calls whose label contains `part`.
    pub fn of(&self, part: &str) -> u64 {
        self.by_route
            .iter()
            .filter(|(label, _)| label.contains(part))
            .map(|(_, n)| n)
            .sum()
    }
}

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    writes_now: u64,
}

/// The counter of one simulated server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Calls(Shared<Inner>);

impl Calls {
    /// Counts a call; the returned guard ends it.
    #[must_use]
    pub fn begin(&self, kind: Kind, label: String, bytes_in: usize) -> UnderWay {
        let mut inner = self.0.lock();
        match kind {
            Kind::Read => inner.counts.reads += 1,
            Kind::Write => {
                inner.counts.writes += 1;
                inner.writes_now += 1;
                inner.counts.peak_writes = inner.counts.peak_writes.max(inner.writes_now);
            }
            Kind::Session => inner.counts.sessions += 1,
        }
        inner.counts.bytes_in += bytes_in as u64;
        *inner.counts.by_route.entry(label).or_default() += 1;
        UnderWay {
            calls: self.clone(),
            kind,
        }
    }

    /// Adds the bytes of an answer.
    pub fn answered(&self, bytes_out: usize) {
        self.0.lock().counts.bytes_out += bytes_out as u64;
    }

    /// What was counted so far.
    pub fn snapshot(&self) -> Counts {
        self.0.lock().counts.clone()
    }

    /// Starts again at zero; answers what was counted before.
    pub fn reset(&self) -> Counts {
        std::mem::take(&mut self.0.lock().counts)
    }
}

/// A call that is under way; it ends when this is dropped.
#[derive(Debug)]
pub struct UnderWay {
    calls: Calls,
    kind: Kind,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.kind == Kind::Write {
            let mut inner = self.calls.0.lock();
            inner.writes_now = inner.writes_now.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_at_once_are_remembered_at_their_peak() {
        let calls = Calls::default();
        let first = calls.begin(Kind::Write, "PUT /a".into(), 3);
        let second = calls.begin(Kind::Write, "PUT /a".into(), 3);
        drop(first);
        drop(second);
        drop(calls.begin(Kind::Read, "GET /a".into(), 0));
        let counts = calls.reset();
        assert_eq!(
            (
                counts.reads,
                counts.writes,
                counts.peak_writes,
                counts.bytes_in
            ),
            (1, 2, 2, 6)
        );
        assert_eq!(counts.of("/a"), 3);
        assert_eq!(calls.snapshot(), Counts::default());
    }
}
