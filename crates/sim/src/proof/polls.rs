//! A run dropped at each of its polls, one after the other: every await of a run is a point at which its process may die.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use sync_core::{Side, rules::Deletion};

use super::campaign::Failed;
use super::deed::{Deed, Line};
use super::perform::play;
use super::schedule::{Event, Run, Schedule, Setting, Shape};
use super::world::Error;

/// What was found by dropping a run at every poll.
#[derive(Clone, Debug, Default)]
pub struct EveryPoll {
    /// How many polls the run has, and so how often it was dropped.
    pub polls: u32,
    /// What the run does where it is left alone.
    pub marks: BTreeMap<String, u64>,
    /// The drops after which a law was broken, by the poll's number.
    pub failed: Vec<Failed>,
}

/// Projects of the reference sync.
const PROJECTS: u8 = 3;
/// Items that people made before the first run.
const ITEMS: u16 = 30;

/// The reference: items of every kind on both sides and a first sync; then creations, edits of every field on both sides, edits
/// that contradict each other, single deletions, and more deletions in one project than its guard lets through. The last run is
/// the one that is dropped.
pub fn reference(deletion: Deletion, dropped_at: Option<u32>) -> Schedule {
    let mut events: Vec<Event> = Vec::new();
    let mut now = |deed: Deed| events.push(Event::Deed { deed });
    for item in 0..ITEMS {
        now(make(item));
    }
    events.push(Event::Run(Run::default()));
    events.push(Event::Wait { ms: 90_000 });
    let mut now = |deed: Deed| events.push(Event::Deed { deed });
    for item in 30..36 {
        now(make(item));
    }
    for (at, side) in (0..).zip([Side::Huly, Side::Vibe].into_iter().cycle().take(12)) {
        let item = at * 2;
        now(match at / 2 % 3 {
            0 => Deed::Retitle { side, item },
            1 => Deed::Describe {
                side,
                item,
                line: if at % 2 == 0 { Line::First } else { Line::Last },
            },
            _ => Deed::Move {
                side,
                item,
                status: 2,
            },
        });
    }
    // Contradictions: both titles of many items, so that some pairs are hit on both sides.
    for item in 0..12 {
        for side in Side::ALL {
            now(Deed::Retitle { side, item });
        }
    }
    now(Deed::Delete {
        side: Side::Huly,
        item: 1,
    });
    for _ in 0..6 {
        now(Deed::Delete {
            side: Side::Vibe,
            item: 3,
        });
    }
    events.push(Event::Run(Run {
        killed_after: dropped_at,
        ..Run::default()
    }));
    events.push(Event::Wait { ms: 61_000 });
    Schedule {
        seed: 20,
        setting: Setting {
            generation: Shape::L1,
            projects: PROJECTS,
            paired: 2,
            deletion,
            guards: true,
            page_size: 500,
            workers: 1,
            latency_ms: 3,
            put_race_ms: None,
            late_bookkeeping_ms: None,
        },
        events,
    }
}

fn make(item: u16) -> Deed {
    Deed::Make {
        side: if item.is_multiple_of(3) {
            Side::Vibe
        } else {
            Side::Huly
        },
        project: item,
        status: u8::try_from(item % 4).unwrap_or_default(),
        text: !item.is_multiple_of(5),
        below: (item == 17).then_some(0),
    }
}

/// Drops the last run of the reference at each of its polls, on so many threads, and lets the boards calm down each time.
pub fn every_poll(deletion: Deletion, jobs: usize) -> Result<EveryPoll, Error> {
    let whole = play(&reference(deletion, None), false)?;
    let polls = whole.polls.unwrap_or_default();
    let mut failed = Vec::new();
    if !whole.breaches.is_empty() {
        failed.push(Failed {
            seed: 0,
            breaches: whole.breaches,
        });
    }
    let failed = Mutex::new(failed);
    let next = AtomicU32::new(1);
    let work = || -> Result<(), Error> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= polls {
                return Ok(());
            }
            let verdict = play(&reference(deletion, Some(at)), false)?;
            if !verdict.breaches.is_empty() {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.push(Failed {
                    seed: u64::from(at),
                    breaches: verdict.breaches,
                });
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|failed| failed.seed);
    Ok(EveryPoll {
        polls,
        marks: whole.marks,
        failed,
    })
}
