//! The boards' sync takes the same calls at the same times whether or not agents are told, whatever befalls Letta.

use crate::proof::deed::Deed;
use crate::proof::judge::{Breach, Law};
use crate::proof::perform::play;
use crate::proof::schedule::{Event, Run, Schedule};
use crate::proof::world::Error;

/// Pauses end at multiples of this: longer than any run takes, whatever it waits for.
const BEAT_S: u32 = 6 * 60 * 60;
/// Each call takes this long at least, so that when it was sent tells what it waited for.
const LATENCY_MS: u16 = 20;

/// Plays a schedule with agents and without, and compares when each call to the boards was sent. Trouble befalls only Letta here, and
/// processes live to their end: what strikes the n-th call of a run, or its n-th poll, strikes another one where two calls of the
/// same moment change places.
pub(in crate::proof) fn beside(schedule: &Schedule) -> Result<Option<Breach>, Error> {
    let with = in_step(&super::with_agents(schedule));
    let mut without = with.clone();
    without.setting.letta = None;
    let (mut with, mut without) = (play(&with, true)?.boards, play(&without, true)?.boards);
    // which of two calls of one moment comes first is a matter of polls
    with.sort();
    without.sort();
    Ok((with != without).then(|| told(&with, &without)))
}

fn told(with: &[String], without: &[String]) -> Breach {
    let left = |all: &[String], other: &[String]| {
        let lone = all.iter().find(|line| !other.contains(line));
        lone.map_or_else(|| "nothing else".to_owned(), |line| format!("`{line}`"))
    };
    let words = format!(
        "{} calls and deeds with agents, {} without; with them alone {}, without them alone {}",
        with.len(),
        without.len(),
        left(with, without),
        left(without, with),
    );
    Breach::new(Law::Beside, words)
}

fn in_step(schedule: &Schedule) -> Schedule {
    let mut schedule = schedule.clone();
    let setting = &mut schedule.setting;
    setting.beat_s = Some(BEAT_S);
    setting.latency_ms = setting.latency_ms.max(LATENCY_MS);
    setting.put_race_ms = None;
    setting.workers = 1;
    let events = std::mem::take(&mut schedule.events);
    schedule.events = events
        .into_iter()
        .filter_map(|event| match event {
            // a footer is left alone after a run that told of trouble, which Letta's is
            Event::Fault { .. }
            | Event::Deed {
                deed: Deed::StripFooter { .. },
            }
            | Event::During {
                deed: Deed::StripFooter { .. },
                ..
            } => None,
            Event::During { deed, .. } => Some(Event::Deed { deed }),
            Event::Run(_) => Some(Event::Run(Run::default())),
            event => Some(event),
        })
        .collect();
    schedule
}
