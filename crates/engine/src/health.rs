//! Whether all is well, by written rules (`docs/status.md`): a pure function of what the store knows. `hvs status` shows it, and
//! a service answers with the same.

use std::{fmt, time::Duration};

use serde::Serialize;
use store::{port::Work, row::ProjectPhase};
use sync_core::{Pair, Side, ids::Millis};

/// A run, project or service that failed so often in a row is failing.
const FAILING_AFTER: usize = 3;
/// From this share of failed calls on, in percent, a service is degraded.
const DEGRADED_PERCENT: u64 = 5;
/// From this share on it is failing.
const FAILING_PERCENT: u64 = 50;
/// From this difference of clocks on, in milliseconds, a person should look.
const CLOCK_MS: i64 = 60_000;
/// Fewer calls than this say nothing about a share.
const FEW_CALLS: u64 = 20;

/// How things stand, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All is well.
    #[default]
    Ok,
    /// Most goes on, and a person should look.
    Degraded,
    /// Nothing, or nearly nothing, gets through.
    Failing,
    /// Nobody synchronises any more.
    Stopped,
}

impl Verdict {
    /// As shown.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Degraded => "degraded",
            Verdict::Failing => "failing",
            Verdict::Stopped => "stopped",
        }
    }
}

/// A run that ended, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunFact {
    /// When it began.
    pub started_at: Millis,
    /// What it ended with; `None` where it was interrupted or goes on.
    pub exit_code: Option<i32>,
    /// Whether it goes on right now.
    pub alive: bool,
}

/// A pair of projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFact {
    /// For people.
    pub label: String,
    /// Whether it takes part.
    pub phase: ProjectPhase,
    /// By the side that is written to.
    pub work: Pair<Work>,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
    /// In how many of the newest runs in a row it did not come to its end.
    pub failed_in_a_row: usize,
}

/// A service over the newest runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceFact {
    /// Calls made.
    pub calls: u64,
    /// Of these, ended in an error after all repeats.
    pub failed: u64,
    /// Whether the newest run ended with one of its hosts left alone, because it failed too often or stopped answering.
    pub left_alone: bool,
    /// How many of the newest runs, one after the other, could not use it at all.
    pub unreached_in_a_row: usize,
    /// How far its clock was ahead of ours then, in milliseconds; `None` where it does not tell.
    pub clock_ahead_ms: Option<i64>,
}

impl ServiceFact {
    /// The share of failed calls in percent, 0 where nothing was called.
    pub const fn percent(self) -> u64 {
        match self.calls {
            0 => 0,
            calls => self.failed.saturating_mul(100) / calls,
        }
    }
}

/// The agents that are told how projects stand. Whatever becomes of them, the boards are synced all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentsFact {
    /// Given up, or with blocks that are, and not said to be known.
    pub dead: u64,
    /// Not told everything for longer than a person should leave it.
    pub stuck: u64,
}

/// Everything the verdict depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Our clock.
    pub now: Millis,
    /// Without a run for longer than this, nobody synchronises any more.
    pub stale_after: Duration,
    /// Newest first.
    pub runs: Vec<RunFact>,
    /// All pairs.
    pub projects: Vec<ProjectFact>,
    /// Both services.
    pub services: Pair<ServiceFact>,
    /// Agents; nothing where nobody is told.
    pub agents: AgentsFact,
}

/// Why a verdict is not `ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There never was a run.
    NeverRun,
    /// The last run began too long ago.
    Stale,
    /// The newest runs ended with this code, one after the other.
    RunsFailed(usize, i32),
    /// The last run ended with this code.
    LastRun(i32),
    /// The last run has no end and does not go on.
    Interrupted,
    /// Of so many calls, so many failed.
    Calls(Side, ServiceFact),
    /// A service is left alone for a while.
    LeftAlone(Side),
    /// The newest runs, so many of them, could not use a service at all.
    Unreached(Side, usize),
    /// A service's clock is so many milliseconds ahead of ours.
    Clock(Side, i64),
    /// A project did not come to its end in so many runs in a row.
    ProjectFailed(String, usize),
    /// A project waits for a person as a whole.
    ProjectWaits(String),
    /// So many items or fields wait for a person.
    Dead(String, u64),
    /// So many items or writes are stuck.
    Stuck(String, u64),
    /// So many conflicts wait for a person.
    Conflicts(String, u64),
    /// So many agents are given up, or blocks of them.
    AgentsDead(u64),
    /// So many agents wait for too long.
    AgentsStuck(u64),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |number: u64, one: &str| match number {
            1 => format!("1 {one}"),
            _ => format!("{number} {one}s"),
        };
        match self {
            Reason::NeverRun => write!(f, "nothing was ever synchronised"),
            Reason::Stale => write!(f, "the last run is too long ago"),
            Reason::RunsFailed(count, code) => {
                write!(
                    f,
                    "the last {count} runs failed, the newest with exit code {code}"
                )
            }
            Reason::LastRun(code) => write!(f, "the last run ended with exit code {code}"),
            Reason::Interrupted => write!(f, "the last run was interrupted"),
            Reason::Calls(side, fact) => {
                let (failed, calls) = (fact.failed, several(fact.calls, "call"));
                write!(f, "{}: {failed} of {calls} failed", side.title())
            }
            Reason::LeftAlone(side) => write!(
                f,
                "{}: left alone for a while, it failed too often or stopped answering",
                side.title()
            ),
            Reason::Unreached(side, 1) => {
                write!(f, "{}: the last run could not use it", side.title())
            }
            Reason::Unreached(side, runs) => {
                write!(f, "{}: the last {runs} runs could not use it", side.title())
            }
            Reason::Clock(side, ahead) => {
                let (seconds, way) = match *ahead {
                    0.. => (ahead / 1_000, "ahead"),
                    _ => (-(ahead / 1_000), "behind"),
                };
                write!(f, "{}: its clock is {seconds} s {way}", side.title())
            }
            Reason::ProjectFailed(label, count) => {
                let runs = match count {
                    1 => "run".to_owned(),
                    _ => format!("{count} runs"),
                };
                write!(f, "{label}: not gone through to its end in the last {runs}")
            }
            Reason::ProjectWaits(label) => write!(f, "{label}: waits for you"),
            Reason::Dead(label, count) => write!(f, "{label}: {}", several(*count, "dead letter")),
            Reason::Stuck(label, count) => write!(f, "{label}: {count} stuck"),
            Reason::Conflicts(label, count) => {
                write!(f, "{label}: {}", several(*count, "open conflict"))
            }
            Reason::AgentsDead(count) => {
                write!(f, "Letta: {} given up", several(*count, "agent"))
            }
            Reason::AgentsStuck(count) => {
                write!(
                    f,
                    "Letta: {} not told for too long",
                    several(*count, "agent")
                )
            }
        }
    }
}

/// A verdict with its reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The verdict: the worst of the reasons.
    pub verdict: Verdict,
    /// Why; empty where all is well.
    pub reasons: Vec<Reason>,
}

impl Finding {
    fn because(&mut self, verdict: Verdict, reason: Reason) {
        self.verdict = self.verdict.max(verdict);
        self.reasons.push(reason);
    }
}

/// One pair of projects. A sleeping one is as it should be.
pub fn project(fact: &ProjectFact) -> Finding {
    let ProjectFact {
        label,
        phase,
        work,
        conflicts,
        failed_in_a_row,
    } = fact;
    let mut finding = Finding::default();
    let is_active = match phase {
        ProjectPhase::Active => true,
        ProjectPhase::Waiting => {
            finding.because(Verdict::Degraded, Reason::ProjectWaits(label.clone()));
            false
        }
        ProjectPhase::Asleep | ProjectPhase::Left => return finding,
    };
    if is_active && *failed_in_a_row > 0 {
        let verdict = if *failed_in_a_row >= FAILING_AFTER {
            Verdict::Failing
        } else {
            Verdict::Degraded
        };
        let reason = Reason::ProjectFailed(label.clone(), *failed_in_a_row);
        finding.because(verdict, reason);
    }
    let sum = work.huly.and(work.vibe);
    if sum.dead > 0 {
        finding.because(Verdict::Degraded, Reason::Dead(label.clone(), sum.dead));
    }
    if sum.stuck > 0 {
        finding.because(Verdict::Degraded, Reason::Stuck(label.clone(), sum.stuck));
    }
    if *conflicts > 0 {
        finding.because(
            Verdict::Degraded,
            Reason::Conflicts(label.clone(), *conflicts),
        );
    }
    finding
}

/// One service.
pub fn service(side: Side, fact: ServiceFact) -> Finding {
    let mut finding = Finding::default();
    let verdict = match fact.percent() {
        _ if fact.calls < FEW_CALLS => Verdict::Ok,
        percent if percent >= FAILING_PERCENT => Verdict::Failing,
        percent if percent >= DEGRADED_PERCENT => Verdict::Degraded,
        _ => Verdict::Ok,
    };
    if verdict != Verdict::Ok {
        finding.because(verdict, Reason::Calls(side, fact));
    }
    if fact.left_alone {
        finding.because(Verdict::Degraded, Reason::LeftAlone(side));
    }
    match fact.unreached_in_a_row {
        0 => {}
        runs @ FAILING_AFTER.. => {
            finding.because(Verdict::Failing, Reason::Unreached(side, runs));
        }
        runs => finding.because(Verdict::Degraded, Reason::Unreached(side, runs)),
    }
    if let Some(ahead) = fact.clock_ahead_ms.filter(|ahead| ahead.abs() > CLOCK_MS) {
        finding.because(Verdict::Degraded, Reason::Clock(side, ahead));
    }
    finding
}

/// Everything together: the worst of the runs, the services, and the projects, where a failing project degrades the whole and
/// only all of them together make it failing.
pub fn whole(facts: &Facts) -> Finding {
    let mut finding = runs(facts);
    for side in Side::ALL {
        let found = service(side, *facts.services.side(side));
        finding.verdict = finding.verdict.max(found.verdict);
        finding.reasons.extend(found.reasons);
    }
    let found: Vec<Finding> = facts.projects.iter().map(project).collect();
    let active = facts
        .projects
        .iter()
        .filter(|project| project.phase == ProjectPhase::Active)
        .count();
    let failing = found
        .iter()
        .filter(|found| found.verdict == Verdict::Failing)
        .count();
    for one in found {
        let verdict = match one.verdict {
            Verdict::Failing if failing < active => Verdict::Degraded,
            other => other,
        };
        finding.verdict = finding.verdict.max(verdict);
        finding.reasons.extend(one.reasons);
    }
    let found = agents(facts.agents);
    finding.verdict = finding.verdict.max(found.verdict);
    finding.reasons.extend(found.reasons);
    finding
}

/// Agents: at worst a person should look, since no board waits for them.
pub fn agents(fact: AgentsFact) -> Finding {
    let AgentsFact { dead, stuck } = fact;
    let mut finding = Finding::default();
    if dead > 0 {
        finding.because(Verdict::Degraded, Reason::AgentsDead(dead));
    }
    if stuck > 0 {
        finding.because(Verdict::Degraded, Reason::AgentsStuck(stuck));
    }
    finding
}

/// What the runs say.
fn runs(facts: &Facts) -> Finding {
    let mut finding = Finding::default();
    let Some(last) = facts.runs.first() else {
        finding.because(Verdict::Stopped, Reason::NeverRun);
        return finding;
    };
    let age = facts.now.0.saturating_sub(last.started_at.0);
    let limit = i64::try_from(facts.stale_after.as_millis()).unwrap_or(i64::MAX);
    if !last.alive && age > limit {
        finding.because(Verdict::Stopped, Reason::Stale);
    }
    if !last.alive && last.exit_code.is_none() {
        finding.because(Verdict::Degraded, Reason::Interrupted);
    }
    let mut ended = facts.runs.iter().filter_map(|run| run.exit_code);
    let Some(newest) = ended.next().filter(|code| *code != 0) else {
        return finding;
    };
    let failed = |code: i32| matches!(code, 1 | 2 | 4);
    let in_a_row = 1 + ended.take_while(|code| failed(*code)).count();
    if failed(newest) && in_a_row >= FAILING_AFTER {
        finding.because(Verdict::Failing, Reason::RunsFailed(in_a_row, newest));
    } else {
        finding.because(Verdict::Degraded, Reason::LastRun(newest));
    }
    finding
}

#[cfg(test)]
mod tests;
