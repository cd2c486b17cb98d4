//! A row for each written rule.

use super::*;

const NOW: Millis = Millis(10_000_000);

fn run(age_s: i64, exit_code: Option<i32>) -> RunFact {
    RunFact {
        started_at: Millis(NOW.0 - age_s * 1_000),
        exit_code,
        alive: false,
    }
}

fn healthy(label: &str) -> ProjectFact {
    ProjectFact {
        label: label.into(),
        phase: ProjectPhase::Active,
        work: Pair::default(),
        conflicts: 0,
        failed_in_a_row: 0,
    }
}

fn facts(runs: Vec<RunFact>) -> Facts {
    Facts {
        now: NOW,
        stale_after: Duration::from_hours(1),
        runs,
        projects: vec![healthy("HARB"), healthy("ISLE")],
        services: Pair::default(),
        agents: AgentsFact::default(),
    }
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = facts(vec![run(60, Some(0)), run(120, Some(0))]);
    change(&mut facts);
    facts
}

fn runs_of(codes: &[i32]) -> Facts {
    let runs = codes.iter().zip(1..);
    facts(runs.map(|(code, at)| run(at * 60, Some(*code))).collect())
}

/// Holds the verdict and its reasons to what is written.
#[track_caller]
fn check(facts: &Facts, verdict: Verdict, reason: &str) {
    let found = whole(facts);
    assert_eq!(found.verdict, verdict, "{found:?}");
    let reasons: Vec<String> = found.reasons.iter().map(Reason::to_string).collect();
    assert_eq!(reasons.join("; "), reason);
    assert_eq!(
        verdict == Verdict::Ok,
        found.reasons.is_empty(),
        "{found:?}"
    );
}

#[test]
fn runs_make_the_verdict_by_the_written_rules() {
    use Verdict::{Degraded, Failing, Ok, Stopped};
    check(&with(|_| ()), Ok, "");
    check(&facts(vec![]), Stopped, "nothing was ever synchronised");
    let old = facts(vec![run(3_601, Some(0))]);
    check(&old, Stopped, "the last run is too long ago");
    let goes_on = RunFact {
        alive: true,
        ..run(7_200, None)
    };
    check(&facts(vec![goes_on]), Ok, "");
    let interrupted = with(|facts| facts.runs.insert(0, run(30, None)));
    check(&interrupted, Degraded, "the last run was interrupted");
    let ended_with = |code| format!("the last run ended with exit code {code}");
    check(&runs_of(&[4, 0, 0]), Degraded, &ended_with(4));
    check(&runs_of(&[4, 4, 0]), Degraded, &ended_with(4));
    let three = "the last 3 runs failed, the newest with exit code 4";
    check(&runs_of(&[4, 2, 4]), Failing, three);
    check(&runs_of(&[3, 3, 3, 3]), Degraded, &ended_with(3));
    check(&runs_of(&[6, 6, 6]), Degraded, &ended_with(6));
    check(&runs_of(&[0, 4, 4, 4]), Ok, "");
}

#[test]
fn failed_calls_make_the_verdict_from_a_share_on() {
    use Verdict::{Degraded, Failing, Ok};
    let of = |calls, failed| {
        with(|facts| {
            facts.services.huly = ServiceFact {
                calls,
                failed,
                ..ServiceFact::default()
            }
        })
    };
    check(&of(100, 4), Ok, "");
    check(&of(100, 5), Degraded, "Huly: 5 of 100 calls failed");
    check(&of(100, 50), Failing, "Huly: 50 of 100 calls failed");
    check(&of(19, 19), Ok, "");
}

#[test]
fn a_service_that_is_left_alone_unreached_or_has_another_time_degrades() {
    use Verdict::{Degraded, Failing, Ok};
    let left = with(|facts| facts.services.vibe.left_alone = true);
    let words = "Vibe: left alone for a while, it failed too often or stopped answering";
    check(&left, Degraded, words);
    let unreached = |runs| with(|facts| facts.services.vibe.unreached_in_a_row = runs);
    check(
        &unreached(1),
        Degraded,
        "Vibe: the last run could not use it",
    );
    let words = "Vibe: the last 3 runs could not use it";
    check(&unreached(3), Failing, words);
    let ahead = |ms| with(|facts| facts.services.huly.clock_ahead_ms = Some(ms));
    check(&ahead(60_000), Ok, "");
    check(
        &ahead(3_600_000),
        Degraded,
        "Huly: its clock is 3600 s ahead",
    );
    check(&ahead(-61_000), Degraded, "Huly: its clock is 61 s behind");
}

#[test]
fn projects_make_the_verdict_by_what_waits_for_a_person() {
    use Verdict::{Degraded, Failing, Ok};
    let of = |change: fn(&mut ProjectFact)| with(|facts| change(&mut facts.projects[0]));
    let dead = of(|one| one.work.vibe.dead = 1);
    check(&dead, Degraded, "HARB: 1 dead letter");
    check(
        &of(|one| one.work.huly.stuck = 2),
        Degraded,
        "HARB: 2 stuck",
    );
    let conflicts = of(|one| one.conflicts = 2);
    check(&conflicts, Degraded, "HARB: 2 open conflicts");
    check(&of(|one| one.work.vibe.dirty = 9), Ok, "");
    let waits = of(|one| one.phase = ProjectPhase::Waiting);
    check(&waits, Degraded, "HARB: waits for you");
    let sleeps = of(|one| (one.phase, one.failed_in_a_row) = (ProjectPhase::Asleep, 9));
    check(&sleeps, Ok, "");
    let late = "HARB: not gone through to its end in the last";
    let once = of(|one| one.failed_in_a_row = 1);
    check(&once, Degraded, &format!("{late} run"));
    let one_of_two = of(|one| one.failed_in_a_row = 3);
    check(&one_of_two, Degraded, &format!("{late} 3 runs"));
    let all = with(|facts| {
        for one in &mut facts.projects {
            one.failed_in_a_row = 3;
        }
    });
    assert_eq!(whole(&all).verdict, Failing);
}

#[test]
fn agents_degrade_at_worst_however_many_of_them_fail() {
    check(
        &with(|facts| facts.agents.dead = 1),
        Verdict::Degraded,
        "Letta: 1 agent given up",
    );
    check(
        &with(|facts| {
            facts.agents = AgentsFact {
                dead: 200,
                stuck: 7,
            };
        }),
        Verdict::Degraded,
        "Letta: 200 agents given up; Letta: 7 agents not told for too long",
    );
}
