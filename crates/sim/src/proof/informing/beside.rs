//! The boards' sync takes the same calls at the same times whether or not agents are told, whatever befalls Letta.

use crate::proof::judge::{Breach, Law};
use crate::proof::perform::{Verdict, play};
use crate::proof::schedule::{Event, Run, Schedule};
use crate::proof::world::Error;

/// Pauses end at multiples of this: longer than any run takes, whatever it waits for.
const BEAT_S: u32 = 6 * 60 * 60;

/// Plays a schedule with agents and without, and compares what happened on the boards, call by call with its time, and deed by deed.
///
/// Processes live to their end here, one at a time: where one dies or waits for another is a matter of polls, and with agents to tell
/// a run has more of them after its last call to a board.
pub(in crate::proof) fn beside(schedule: &Schedule) -> Result<Option<Breach>, Error> {
    let with = in_step(&super::with_agents(schedule));
    let mut without = with.clone();
    without.setting.letta = None;
    let (with, without) = (play(&with, true)?, play(&without, true)?);
    Ok((with.boards != without.boards).then(|| told(&with, &without)))
}

fn told(with: &Verdict, without: &Verdict) -> Breach {
    let none = "nothing".to_owned();
    let most = with.board_lines.len().max(without.board_lines.len());
    let at = |lines: &[String], at: usize| lines.get(at).unwrap_or(&none).clone();
    let first = (0..most)
        .find(|line| with.board_lines.get(*line) != without.board_lines.get(*line))
        .unwrap_or_default();
    let words = format!(
        "step {first} on the boards is `{}` with agents and `{}` without",
        at(&with.board_lines, first),
        at(&without.board_lines, first)
    );
    Breach::new(Law::Beside, words)
}

fn in_step(schedule: &Schedule) -> Schedule {
    let mut schedule = schedule.clone();
    schedule.setting.beat_s = Some(BEAT_S);
    for event in &mut schedule.events {
        if let Event::Run(run) = event {
            *run = Run::default();
        }
    }
    schedule
}
