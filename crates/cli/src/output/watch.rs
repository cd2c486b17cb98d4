//! What a watch prints: for each run what `sync once` prints, but nothing where there is no news.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use engine::{
    progress::Snapshot,
    report::{Exit, Report},
    watch::{News, Refused},
};

use crate::{args::Global, failure::Failure, logging, output, words};

use super::{
    progress::{Heartbeat, drawing},
    report::{document, log_end},
    screen,
    summary::{done, summary},
    trouble::{self, Part, Told},
};

/// Prints the news of one watch. What stays as it was is told once.
#[derive(Debug)]
pub(crate) struct Printer {
    json: bool,
    global: Global,
    /// The exit code of the last run.
    exit: Exit,
    /// What was told last of each project, as a fingerprint. One entry a project.
    told: HashMap<Arc<str>, u64>,
    /// Why the services could not be used the last time.
    refused: Option<Refused>,
    /// Of the run that is under way.
    heartbeat: Heartbeat,
}

impl Printer {
    /// A printer that has told nothing yet.
    pub(crate) fn new(json: bool, global: Global) -> Self {
        Self {
            json,
            global,
            exit: Exit::Done,
            told: HashMap::new(),
            refused: None,
            heartbeat: Heartbeat::default(),
        }
    }

    /// Tells it: data on stdout, everything else on stderr.
    pub(crate) fn tell(&mut self, news: &News<'_>) -> Result<(), Failure> {
        if let News::Working { seen, calls, took } = news {
            return self.working(seen, *calls, *took);
        }
        self.heartbeat = Heartbeat::default();
        if screen::is_watched() {
            // a terminal that went away is no reason to end
            drop(screen::progress(""));
        }
        match news {
            News::Working { .. } => Ok(()),
            News::Ran { report, delayed } => self.ran(report, *delayed),
            News::Waiting(lease) => {
                let held = trouble::held_lease(lease).to_string();
                output::tell(&format!("{held}\n{}", note("waiting until it is free")))
            }
            News::Resumed => output::tell(&note("the lease is free again: going on")),
            News::NotConnected { refused, next } => self.not_connected(refused, *next),
            News::Reloaded => output::tell(&note(
                "the configuration was read again; it holds from the next run on",
            )),
            News::NotReloaded(refused) => {
                output::tell(&refused.message)?;
                output::tell(&note("the configuration before stays in force"))
            }
            News::CutOff { released } => output::tell(&cut_off(*released)),
            News::NotReleased(error) => output::tell(&Failure::store(error).to_string()),
        }
    }

    /// How far a run is: one line on a terminal, and elsewhere a line now and then for a step that takes long.
    fn working(&mut self, seen: &Snapshot, calls: u64, took: Duration) -> Result<(), Failure> {
        if self.global.quiet > 0 {
            return Ok(());
        }
        if screen::is_watched() && !logging::is_json() {
            // a terminal that went away is no reason to end
            drop(screen::progress(&drawing(seen, calls, took)));
            return Ok(());
        }
        match self.heartbeat.look(seen, calls, took) {
            Some(line) => output::tell(&line),
            None => Ok(()),
        }
    }

    fn ran(&mut self, report: &Report, delayed: Option<Duration>) -> Result<(), Failure> {
        self.refused = None;
        log_end(report);
        let mut is_news = std::mem::replace(&mut self.exit, report.exit) != report.exit;
        for part in trouble::parts(report, Told::Run, &self.global) {
            if self.is_new(&part) {
                is_news = true;
                for line in &part.lines {
                    output::tell(line)?;
                }
            }
        }
        if self.json {
            output::json_line(&document(report))?;
        } else if self.is_worth_a_line(report, is_news) {
            for line in done(report) {
                output::data(&line)?;
            }
            output::data(&summary(report))?;
        }
        match delayed {
            Some(delay) if is_news => output::tell(&later(delay)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a trouble is another one than was told last.
    fn is_new(&mut self, part: &Part) -> bool {
        if part.lines.is_empty() {
            self.told.remove(&part.of);
            return false;
        }
        let now = fingerprint(&part.lines);
        self.told.insert(Arc::clone(&part.of), now) != Some(now)
    }

    fn is_worth_a_line(&self, report: &Report, is_news: bool) -> bool {
        if self.global.quiet > 0 {
            return is_news && report.exit != Exit::Done;
        }
        self.global.verbose > 0 || is_news || !report.did_nothing()
    }

    fn not_connected(&mut self, refused: &Refused, next: Option<Duration>) -> Result<(), Failure> {
        if self.refused.as_ref() == Some(refused) {
            tracing::warn!(
                exit = refused.exit.code(),
                next_s = next.map(|next| next.as_secs()),
                "still no connection"
            );
            return Ok(());
        }
        self.refused = Some(refused.clone());
        output::tell(&refused.message)?;
        next.map_or(Ok(()), |next| output::tell(&later(next)))
    }
}

/// What makes a trouble the same as the last one.
fn fingerprint(lines: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    lines.hash(&mut hasher);
    hasher.finish()
}

fn note(text: &str) -> String {
    format!("{} {text}", words::styled(words::WARN.bold(), "note:"))
}

fn later(delay: Duration) -> String {
    note(&format!(
        "the next try begins {} after this one; the same trouble is not told again",
        words::duration(delay)
    ))
}

fn cut_off(released: bool) -> String {
    let head = words::styled(words::WARN.bold(), "warning:");
    let rest = if released {
        "nothing was being written"
    } else {
        "a write was under way; the next run waits until the lease has run out and looks what became of it"
    };
    format!(
        "{head} the run did not come to a safe point within `sync.shutdown_grace` and was ended: {rest}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixtures::{project, report};

    fn printer(verbose: u8, quiet: u8) -> Printer {
        Printer::new(
            false,
            Global {
                verbose,
                quiet,
                ..Global::default()
            },
        )
    }

    #[test]
    fn a_quiet_run_is_silent_unless_asked() {
        let quiet = report(vec![project("A")]);
        assert!(!printer(0, 0).is_worth_a_line(&quiet, false));
        assert!(printer(1, 0).is_worth_a_line(&quiet, false));
        let mut busy = project("A");
        busy.tally.huly.updated = 1;
        let busy = report(vec![busy]);
        assert!(printer(0, 0).is_worth_a_line(&busy, false));
        assert!(!printer(0, 1).is_worth_a_line(&busy, false));
    }

    #[test]
    fn a_long_run_is_told_every_30_s_as_that_of_a_single_pass_is() {
        let mut heartbeat = Heartbeat::default();
        let seen = Snapshot {
            step: engine::progress::Step::Turns,
            projects: 3,
            ..Snapshot::default()
        };
        let mut at = |seconds| heartbeat.look(&seen, 7, Duration::from_secs(seconds));
        assert_eq!((at(1), at(29)), (None, None));
        let line = at(31).unwrap_or_default();
        assert!(
            line.starts_with("still at work after 31 s: going through projects: 0 of 3"),
            "{line}"
        );
        assert_eq!(at(32), None);
        assert!(at(61).is_some());
    }

    #[test]
    fn the_same_trouble_is_news_once_and_again_when_it_comes_back() {
        let mut printer = printer(0, 0);
        let part = |lines: &[&str]| Part {
            of: "A".into(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        let news: Vec<bool> = [&["a"][..], &["a"], &["b"], &[], &["b"]]
            .into_iter()
            .map(|lines| printer.is_new(&part(lines)))
            .collect();
        assert_eq!(news, [true, false, true, false, true]);
    }
}
