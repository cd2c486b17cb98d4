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
const ITEMS: u16 = 36;
/// Items that people made between the two runs.
const MORE: u16 = 12;
/// Tasks that are deleted: more of some project than its guard lets through.
const DELETED: usize = 15;

/// One of the syncs whose polls are the points of death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Which of Vibe's servers.
    pub generation: Shape,
    /// What a deletion does.
    pub deletion: Deletion,
    /// Which of the two runs is dropped.
    pub dropped: Dropped,
}

/// A run of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The first sync: links by title, creates in both directions.
    First,
    /// The one that finds creations, edits of every field on both sides, edits that contradict each other, single deletions, and
    /// more deletions in one project than its guard lets through.
    Second,
}

impl Reference {
    /// Every one that is tried.
    pub const ALL: [Reference; 8] = [
        Reference::of(Shape::L1, Deletion::Cancel, Dropped::First),
        Reference::of(Shape::L2, Deletion::Cancel, Dropped::First),
        Reference::of(Shape::L1, Deletion::Cancel, Dropped::Second),
        Reference::of(Shape::L2, Deletion::Cancel, Dropped::Second),
        Reference::of(Shape::L1, Deletion::Mirror, Dropped::Second),
        Reference::of(Shape::L2, Deletion::Mirror, Dropped::Second),
        Reference::of(Shape::L1, Deletion::Ignore, Dropped::Second),
        Reference::of(Shape::L2, Deletion::Ignore, Dropped::Second),
    ];

    const fn of(generation: Shape, deletion: Deletion, dropped: Dropped) -> Reference {
        Reference {
            generation,
            deletion,
            dropped,
        }
    }

    /// Its schedule: a run is dropped after so many polls of its future, or never.
    pub fn schedule(self, dropped_at: Option<u32>) -> Schedule {
        let run = |which: Dropped| {
            Event::Run(Run {
                killed_after: dropped_at.filter(|_| self.dropped == which),
                ..Run::default()
            })
        };
        let mut events: Vec<Event> = (0..ITEMS).map(make).map(now).collect();
        events.push(run(Dropped::First));
        events.push(Event::Wait { ms: 90_000 });
        if self.dropped == Dropped::Second {
            events.extend(life().into_iter().map(now));
            events.push(run(Dropped::Second));
            events.push(Event::Wait { ms: 61_000 });
        }
        Schedule {
            seed: 20,
            setting: Setting {
                generation: self.generation,
                projects: PROJECTS,
                paired: 2,
                deletion: self.deletion,
                guards: true,
                page_size: 3,
                workers: 1,
                latency_ms: 3,
                put_race_ms: None,
                late_bookkeeping_ms: None,
                letta: None,
                beat_s: None,
            },
            events,
        }
    }
}

const fn now(deed: Deed) -> Event {
    Event::Deed { deed }
}

/// What people do between the two runs.
fn life() -> Vec<Deed> {
    let mut deeds: Vec<Deed> = (ITEMS..ITEMS + MORE).map(make).collect();
    for (at, side) in (0..).zip(Side::ALL.into_iter().cycle().take(24)) {
        let item = at * 2;
        deeds.push(match at / 2 % 3 {
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
    // Both titles of many items, so that some pairs are hit on both sides.
    for item in 0..12 {
        for side in Side::ALL {
            deeds.push(Deed::Retitle { side, item });
        }
    }
    let side = Side::Huly;
    deeds.extend((0..3).map(|item| Deed::Delete { side, item }));
    let side = Side::Vibe;
    deeds.extend(std::iter::repeat_n(Deed::Delete { side, item: 3 }, DELETED));
    deeds
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

/// Drops the run of a reference at each of its polls, on so many threads, and lets the boards calm down each time.
pub fn every_poll(reference: Reference, jobs: usize) -> Result<EveryPoll, Error> {
    let whole = play(&reference.schedule(None), false)?;
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
            let verdict = play(&reference.schedule(Some(at)), false)?;
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
