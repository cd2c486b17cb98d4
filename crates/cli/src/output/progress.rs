//! How far a run is, while it goes on: one line on a terminal, and elsewhere a line now and then for a step that takes long.

use std::{pin::pin, sync::Arc, time::Duration};

use engine::{
    Engine, Mode, Stop,
    progress::{Progress, Snapshot, Step},
    report::Report,
};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{args::Global, logging, output, words};

use super::screen;

/// Between two lines of progress on a terminal.
const DRAW: Duration = Duration::from_millis(200);
/// A step that takes longer is told where there is no terminal, and again after as long.
const LONG: Duration = Duration::from_secs(30);
/// Between two looks at whether a step takes long.
const LOOK: Duration = Duration::from_secs(1);

/// Runs once, and shows meanwhile how far it is. Nothing of it goes to stdout; with `-q` there is nothing at all.
pub(crate) async fn run(engine: &Engine, mode: Mode, stop: &Stop, global: &Global) -> Report {
    let progress = Arc::new(Progress::default());
    let work = engine.run_watched(mode, stop, Arc::clone(&progress));
    let look = || {
        let traffic = engine.boards.as_ref().map(|board| board.traffic().requests);
        (progress.snapshot(), traffic.huly + traffic.vibe)
    };
    if global.quiet > 0 {
        return work.await;
    }
    if screen::is_watched() && !logging::is_json() {
        let draw = |line: &str| drop(screen::progress(line));
        let report = drawn(work, look, draw).await;
        // a terminal that went away is no reason to end
        drop(screen::progress(""));
        return report;
    }
    told(work, look, |line| drop(output::tell(line))).await
}

/// Draws a line again and again until the work is done.
async fn drawn<T>(
    work: impl Future<Output = T>,
    look: impl Fn() -> (Snapshot, u64),
    mut draw: impl FnMut(&str),
) -> T {
    let mut work = pin!(work);
    let begin = Instant::now();
    let mut ticks = interval(DRAW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            at = ticks.tick() => {
                let (seen, calls) = look();
                draw(&drawing(&seen, calls, at.saturating_duration_since(begin)));
            }
        }
    }
}

/// Tells of each step that takes longer than [`LONG`], and again after as long.
async fn told<T>(
    work: impl Future<Output = T>,
    look: impl Fn() -> (Snapshot, u64),
    mut tell: impl FnMut(&str),
) -> T {
    let mut work = pin!(work);
    let begin = Instant::now();
    let mut heartbeat = Heartbeat::default();
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            at = ticks.tick() => {
                let (seen, calls) = look();
                let took = at.saturating_duration_since(begin);
                if let Some(line) = heartbeat.look(&seen, calls, took) {
                    tell(&line);
                }
            }
        }
    }
}

/// Notices steps of one run that take long.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heartbeat {
    step: Step,
    /// When the step began or was told of last, from the run's begin.
    since: Duration,
}

impl Heartbeat {
    /// A line where the run's step has taken [`LONG`], and again after as long.
    pub(crate) fn look(&mut self, seen: &Snapshot, calls: u64, took: Duration) -> Option<String> {
        if seen.step != self.step {
            (self.step, self.since) = (seen.step, took);
        }
        if took.saturating_sub(self.since) < LONG {
            return None;
        }
        self.since = took;
        let after = words::duration(took);
        Some(format!(
            "still at work after {after}: {}",
            line(seen, calls, took)
        ))
    }
}

/// The line of progress, as wide as the terminal lets it be.
pub(crate) fn drawing(seen: &Snapshot, calls: u64, took: Duration) -> String {
    let line = line(seen, calls, took);
    words::cut(&line, screen::progress_columns() - 1)
}

/// What a run is busy with, in words.
const fn busy(step: Step) -> &'static str {
    match step {
        Step::Lease => "asking for the lease",
        Step::Projects => "listing projects",
        Step::Recovery => "settling what an earlier run left",
        Step::Changes => "asking what changed",
        Step::Turns => "going through projects",
        Step::Close => "closing the run",
    }
}

/// `going through projects: 3 of 12 projects, 1,240 items, 210 of 800 writes, 340 calls, 21 writes/s, about 28 s left`.
fn line(seen: &Snapshot, calls: u64, took: Duration) -> String {
    let mut parts = Vec::new();
    if seen.projects > 0 {
        let all = words::count(seen.projects, "project", "projects");
        parts.push(format!("{} of {all}", words::grouped(seen.done)));
        parts.push(words::count(seen.items, "item", "items"));
    }
    if seen.planned > 0 {
        let all = words::count(seen.planned, "write", "writes");
        parts.push(format!("{} of {all}", words::grouped(seen.written)));
    }
    parts.push(words::count(calls, "call", "calls"));
    parts.extend(rate(seen, took));
    parts.extend(left(seen, took).map(|left| format!("about {} left", words::duration(left))));
    format!("{}: {}", busy(seen.step), parts.join(", "))
}

/// Writes a second, or items where nothing is written; nothing before there is enough to divide.
fn rate(seen: &Snapshot, took: Duration) -> Option<String> {
    let (number, what) = if seen.written > 0 {
        (seen.written, "writes/s")
    } else {
        (seen.items, "items/s")
    };
    let each = u128::from(number) * 1_000 / took.as_millis().max(1);
    (took >= LOOK && each > 0).then(|| {
        let each = u64::try_from(each).unwrap_or(u64::MAX);
        format!("{} {what}", words::grouped(each))
    })
}

/// How long the rest takes if it goes on like this: by writes where there are any, taking the projects not begun to need as
/// many as those begun; by projects otherwise. An estimate, and only after a while.
fn left(seen: &Snapshot, took: Duration) -> Option<Duration> {
    let (done, all) = if seen.planned > 0 {
        let all = seen.planned * seen.projects.max(1) / seen.begun.clamp(1, seen.projects.max(1));
        (seen.written, all)
    } else {
        (seen.done, seen.projects)
    };
    if took < LOOK * 2 || done == 0 || done >= all {
        return None;
    }
    let rest = took.as_millis() * u128::from(all - done) / u128::from(done);
    Some(Duration::from_millis(u64::try_from(rest).ok()?))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn seen(step: Step) -> Snapshot {
        Snapshot {
            step,
            projects: 12,
            begun: 4,
            done: 3,
            items: 1_240,
            planned: 800,
            written: 200,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_step_is_told_every_30_s_with_counts_and_a_short_one_never() {
        let lines = RefCell::new(Vec::new());
        let begin = Instant::now();
        let look = || {
            let late = begin.elapsed() >= Duration::from_secs(25);
            let step = if late { Step::Turns } else { Step::Projects };
            (seen(step), 340)
        };
        let work = tokio::time::sleep(Duration::from_secs(90));
        told(work, look, |line| lines.borrow_mut().push(line.to_owned())).await;
        let lines = lines.into_inner();
        // 25 s of the first step are not worth a line; the second one is told after 30 s and after 60 s
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[0].starts_with("still at work after 55 s: going through projects: 3 of 12"));
        assert!(lines[1].starts_with("still at work after 1 min 25 s: "));
        assert!(lines[1].contains("1,240 items, 200 of 800 writes, 340 calls"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_terminal_sees_a_line_at_once_and_again_and_again() {
        let lines = RefCell::new(0);
        let work = tokio::time::sleep(Duration::from_millis(1_900));
        let look = || (seen(Step::Turns), 340);
        drawn(work, look, |_| *lines.borrow_mut() += 1).await;
        assert_eq!(lines.into_inner(), 10);
    }

    #[test]
    fn rate_and_time_left_come_after_a_while_and_count_what_is_not_begun() {
        let shown = |seen: &Snapshot, seconds| line(seen, 340, Duration::from_secs(seconds));
        assert_eq!(
            shown(&seen(Step::Turns), 10),
            "going through projects: 3 of 12 projects, 1,240 items, 200 of 800 writes, 340 calls, 20 writes/s, \
             about 1 min 50 s left"
        );
        let quiet = Snapshot {
            planned: 0,
            written: 0,
            ..seen(Step::Turns)
        };
        assert_eq!(
            shown(&quiet, 10),
            "going through projects: 3 of 12 projects, 1,240 items, 340 calls, 124 items/s, about 30 s left"
        );
        assert_eq!(
            shown(&Snapshot::default(), 0),
            "asking for the lease: 340 calls"
        );
    }
}
