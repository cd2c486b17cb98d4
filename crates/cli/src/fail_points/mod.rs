//! Ends or stops this process at a step of a run, for tests of what a kill leaves behind.
//!
//! Only in a program that is built with the feature `fail-points`: the one that people get has none of this, and refuses the
//! variables as unknown. The engine knows nothing of it either: the steps are the calls of its ports.
//!
//! `HVS_FAIL_POINT` is `POINT:MOMENT:N`, with `:stop` at its end where the process is to be stopped rather than killed. A point is
//! - `journal`: intents are written as planned,
//! - `mark`: they are written as sent,
//! - `send`: a board is asked to change something,
//! - `settle`: outcomes are written,
//! - `keep`: anything else is written to the store,
//!
//! each with what it is about behind a slash (`send/vibe-create`, `settle/huly-title`, `keep/link`) or with nothing, for any of
//! them. The moment is `before` or `after`; N counts from 1. `HVS_FAIL_POINT_LOG` names a file that gets a line for each point that
//! is passed, before the process ends there.

mod board;
mod store;

use std::{
    fmt, fs,
    io::Write as _,
    str::FromStr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use ::store::{around::Around, sqlite::SqliteStore};
use engine::port::Board;
use rustix::process::{Signal, getpid, kill_process};
use sync_core::Pair;

use crate::failure::Failure;
use board::Watched;

/// The variable that names the step at which the process ends.
const POINT: &str = "HVS_FAIL_POINT";
/// The variable that names the file to which the points are written.
const LOG: &str = "HVS_FAIL_POINT_LOG";

/// Whether a step is to come or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

/// Where the process ends, and how.
#[derive(Debug, PartialEq, Eq)]
struct Armed {
    point: String,
    moment: Moment,
    number: u64,
    signal: Signal,
}

/// What happens at the points of this process.
#[derive(Debug, Default)]
struct Inner {
    armed: Option<Armed>,
    passed: AtomicU64,
    log: Option<Mutex<fs::File>>,
}

/// The points of this process: all of its stores and boards share them.
#[derive(Clone, Debug)]
pub(crate) struct Points(Arc<Inner>);

/// The store with a point before and after each of its writes.
pub(crate) fn store(store: SqliteStore) -> Result<Around<SqliteStore, Points>, Failure> {
    Ok(Around::of(store, points()?))
}

/// The boards, likewise.
pub(crate) fn boards(boards: Pair<Arc<dyn Board>>) -> Result<Pair<Arc<dyn Board>>, Failure> {
    let points = points()?;
    let watched = |board| Arc::new(Watched::new(board, points.clone())) as Arc<dyn Board>;
    Ok(Pair {
        huly: watched(boards.huly),
        vibe: watched(boards.vibe),
    })
}

/// Read once: N counts over the whole process.
fn points() -> Result<Points, Failure> {
    static POINTS: OnceLock<Points> = OnceLock::new();
    if let Some(points) = POINTS.get() {
        return Ok(points.clone());
    }
    let points = Points(Arc::new(Inner::from_environment()?));
    Ok(POINTS.get_or_init(|| points).clone())
}

impl Inner {
    fn from_environment() -> Result<Inner, Failure> {
        let armed = match std::env::var(POINT) {
            Ok(text) => Some(text.parse().map_err(|what| wrong(POINT, &what))?),
            Err(_) => None,
        };
        let log = match std::env::var_os(LOG) {
            Some(path) => {
                let file = fs::File::options().append(true).create(true).open(path);
                Some(Mutex::new(file.map_err(|error| wrong(LOG, &error))?))
            }
            None => None,
        };
        Ok(Inner {
            armed,
            passed: AtomicU64::new(0),
            log,
        })
    }
}

fn wrong(variable: &str, what: &dyn fmt::Display) -> Failure {
    Failure::usage(format!("{variable}: {what}"))
}

impl FromStr for Armed {
    type Err = String;

    fn from_str(text: &str) -> Result<Armed, String> {
        let wrong = || format!("`{text}` is not POINT:MOMENT:N or POINT:MOMENT:N:stop");
        let parts: Vec<&str> = text.split(':').collect();
        let (point, moment, number, signal) = match parts.as_slice() {
            [point, moment, number] => (point, moment, number, Signal::KILL),
            [point, moment, number, "stop"] => (point, moment, number, Signal::STOP),
            _ => return Err(wrong()),
        };
        let moment = match *moment {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return Err(wrong()),
        };
        Ok(Armed {
            point: (*point).to_owned(),
            moment,
            number: number.parse().map_err(|_| wrong())?,
            signal,
        })
    }
}

impl Armed {
    fn is_at(&self, moment: Moment, names: &[String]) -> bool {
        let is_it = |name: &String| {
            let rest = name.strip_prefix(self.point.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.moment == moment && names.iter().any(is_it)
    }
}

impl Points {
    /// A step is about to begin, or done. Where the process is to end, this does not return.
    fn pass(&self, moment: Moment, names: &[String]) {
        if names.is_empty() {
            return;
        }
        self.log(moment, names);
        let Some(armed) = &self.0.armed else { return };
        if !armed.is_at(moment, names) {
            return;
        }
        let number = self.0.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if number == armed.number {
            strike(armed.signal);
        }
    }

    /// What is written here outlives the process, since the system has it.
    fn log(&self, moment: Moment, names: &[String]) {
        let Some(log) = &self.0.log else { return };
        let word = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        let lines: Vec<String> = names
            .iter()
            .map(|name| format!("{name}:{word}\n"))
            .collect();
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = log.write_all(lines.concat().as_bytes()) {
            tracing::error!(%error, "{LOG} cannot be written");
        }
    }
}

/// The signal that nobody can do anything about, from this process to itself: no other one could hit the moment.
fn strike(signal: Signal) {
    if let Err(error) = kill_process(getpid(), signal) {
        tracing::error!(%error, "the signal cannot be sent");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_with_its_moment_number_and_signal() {
        let armed: Armed = "send/vibe-create:before:3".parse().unwrap();
        let expected = Armed {
            point: "send/vibe-create".to_owned(),
            moment: Moment::Before,
            number: 3,
            signal: Signal::KILL,
        };
        assert_eq!(armed, expected);
        let armed: Armed = "mark:after:1:stop".parse().unwrap();
        assert_eq!((armed.moment, armed.signal), (Moment::After, Signal::STOP));
        for wrong in [
            "",
            "send",
            "send:between:1",
            "send:after:x",
            "send:after:1:go",
        ] {
            assert!(wrong.parse::<Armed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_step_names_all_that_it_is_about() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let any: Armed = "send:before:1".parse().unwrap();
        assert!(any.is_at(Moment::Before, &names(&["send/huly-title"])));
        assert!(!any.is_at(Moment::After, &names(&["send/huly-title"])));
        assert!(!any.is_at(Moment::Before, &names(&["sends/x", "settle/huly-title"])));
        let one: Armed = "keep/link:after:1".parse().unwrap();
        assert!(one.is_at(Moment::After, &names(&["settle/huly-title", "keep/link"])));
        assert!(!one.is_at(Moment::After, &names(&["keep/links"])));
    }
}
