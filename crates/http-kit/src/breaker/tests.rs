//! Every transition of the breaker, by table and by property.

use proptest::prelude::*;

use super::*;

const RULES: BreakerSettings = BreakerSettings {
    percent: 50,
    calls: 10,
    window: Duration::from_secs(30),
    open_for: Duration::from_secs(30),
};

/// One step of a story.
#[derive(Debug, Clone, Copy)]
enum Do {
    /// Time passes, in milliseconds.
    Wait(u64),
    /// So many tries end like this, one after the other.
    Tries(u32, Ending),
    /// A try begins and is remembered under this number.
    Begin(usize),
    /// A try is refused.
    Refused,
    /// A remembered try may be sent, or not.
    MaySend(usize, bool),
    /// A remembered try ends.
    End(usize, Ending),
}

const OK: Ending = Ending::Answered;
const BAD: Ending = Ending::Failed(None);

/// Plays a story and answers with the state at its end.
fn play(name: &str, story: &[Do]) -> (BreakerState, u64) {
    let mut now = Instant::now();
    let mut breaker = Breaker::new();
    let mut begun = std::collections::BTreeMap::new();
    for step in story {
        match *step {
            Do::Wait(ms) => now += Duration::from_millis(ms),
            Do::Tries(count, ending) => {
                for _ in 0..count {
                    let ticket = breaker.admit(now).expect(name);
                    breaker.may_send(ticket, now).expect(name);
                    breaker.settle(ticket, ending, &RULES, now);
                }
            }
            Do::Begin(number) => {
                begun.insert(number, breaker.admit(now).expect(name));
            }
            Do::Refused => {
                breaker.admit(now).expect_err(name);
            }
            Do::MaySend(number, may) => {
                assert_eq!(breaker.may_send(begun[&number], now).is_ok(), may, "{name}");
            }
            Do::End(number, ending) => {
                breaker.settle(begun[&number], ending, &RULES, now);
            }
        }
    }
    (breaker.state(now), breaker.counts().0)
}

use BreakerState::{Closed, HalfOpen, Open};
use Do::{Begin, End, MaySend, Refused, Tries, Wait};

/// It opens.
const OPENED: Do = Tries(10, BAD);
/// A failure whose answer asks for a long wait.
const LONG: Ending = Ending::Failed(Some(Duration::from_secs(100)));

/// One whose answer asks for a short one.
const SHORT: Ending = Ending::Failed(Some(Duration::from_secs(1)));

/// What happens, by name, and how it ends: the state, and how often it opened.
type Row = (&'static str, &'static [Do], (BreakerState, u64));

fn hold(rows: &[Row]) {
    for (name, story, expected) in rows {
        assert_eq!(play(name, story), *expected, "{name}");
    }
}

#[test]
fn it_opens_where_enough_of_enough_calls_failed_lately() {
    hold(&[
        ("a new one is closed", &[], (Closed, 0)),
        ("9 failures are too few", &[Tries(9, BAD)], (Closed, 0)),
        ("10 of 10 open it", &[OPENED, Refused], (Open, 1)),
        (
            "half of 10 opens it",
            &[Tries(5, OK), Tries(5, BAD)],
            (Open, 1),
        ),
        (
            "less than half does not",
            &[Tries(6, OK), Tries(5, BAD)],
            (Closed, 0),
        ),
        ("one more does", &[Tries(6, OK), Tries(6, BAD)], (Open, 1)),
        (
            "only a failure opens it",
            &[Tries(9, BAD), Tries(1, OK)],
            (Closed, 0),
        ),
        (
            "what is older than the window is forgotten",
            &[Tries(9, BAD), Wait(30_000), Tries(9, BAD)],
            (Closed, 0),
        ),
        (
            "what is younger is not",
            &[Tries(9, BAD), Wait(28_000), Tries(1, BAD)],
            (Open, 1),
        ),
        (
            "what taught nothing does not count",
            &[Tries(50, Ending::Nothing)],
            (Closed, 0),
        ),
    ]);
}

#[test]
fn open_it_refuses_and_half_open_it_sends_one_probe_that_decides() {
    hold(&[
        (
            "open until the time is over",
            &[OPENED, Wait(29_999), Refused],
            (Open, 1),
        ),
        ("then half-open", &[OPENED, Wait(30_000)], (HalfOpen, 1)),
        (
            "one probe, and nothing beside it",
            &[
                OPENED,
                Wait(30_000),
                Begin(1),
                MaySend(1, true),
                Refused,
                Wait(100_000),
                Refused,
            ],
            (HalfOpen, 1),
        ),
        (
            "its success closes",
            &[OPENED, Wait(30_000), Begin(1), End(1, OK)],
            (Closed, 1),
        ),
        (
            "closed, it counts afresh",
            &[OPENED, Wait(30_000), Begin(1), End(1, OK), Tries(9, BAD)],
            (Closed, 1),
        ),
        (
            "and opens again",
            &[OPENED, Wait(30_000), Begin(1), End(1, OK), Tries(10, BAD)],
            (Open, 2),
        ),
        (
            "its failure opens for as long again",
            &[
                OPENED,
                Wait(30_000),
                Begin(1),
                End(1, BAD),
                Wait(29_999),
                Refused,
                Wait(1),
            ],
            (HalfOpen, 2),
        ),
    ]);
}

#[test]
fn waits_that_a_server_asks_for_and_tries_from_before_keep_their_place() {
    hold(&[
        (
            "a longer wait that the server asks for is kept",
            &[
                OPENED,
                Wait(30_000),
                Begin(1),
                End(1, LONG),
                Wait(99_999),
                Refused,
            ],
            (Open, 2),
        ),
        (
            "a shorter one does not shorten it",
            &[Tries(10, SHORT), Wait(29_999), Refused],
            (Open, 1),
        ),
        (
            "a probe that was given up makes room for the next",
            &[
                OPENED,
                Wait(30_000),
                Begin(1),
                End(1, Ending::Nothing),
                Begin(2),
                MaySend(1, false),
                MaySend(2, true),
                End(2, OK),
            ],
            (Closed, 1),
        ),
        (
            "a try from before it opened changes nothing",
            &[Begin(1), OPENED, End(1, OK), Refused],
            (Open, 1),
        ),
        (
            "nor does it count for the probe",
            &[
                Begin(1),
                OPENED,
                Wait(30_000),
                Begin(2),
                MaySend(1, false),
                End(1, OK),
                Refused,
            ],
            (HalfOpen, 1),
        ),
        (
            "a try that waited is not sent into an open one",
            &[Begin(1), MaySend(1, true), OPENED, MaySend(1, false)],
            (Open, 1),
        ),
        (
            "and is sent once it is closed again",
            &[
                Begin(1),
                OPENED,
                Wait(30_000),
                Begin(2),
                End(2, OK),
                MaySend(1, true),
                End(1, BAD),
            ],
            (Closed, 1),
        ),
    ]);
}

/// A step of a random life: so much time passes, then a call is tried or one that is under way ends.
#[derive(Debug, Clone)]
enum Random {
    Try,
    End(prop::sample::Index, Ending),
}

fn random() -> impl Strategy<Value = (u64, Random)> {
    let ending = prop_oneof![4 => Just(BAD), 2 => Just(OK), 1 => Just(Ending::Nothing)];
    let step = prop_oneof![
        1 => Just(Random::Try),
        1 => (any::<prop::sample::Index>(), ending).prop_map(|(at, ending)| Random::End(at, ending)),
    ];
    (prop_oneof![8 => 0_u64..300, 1 => 0_u64..40_000], step)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever happens: it opens only on enough failures, keeps closed to everything for its time, lets one probe through at a
    /// time, and what it keeps is bounded.
    #[test]
    fn it_opens_only_for_a_reason_waits_its_time_and_probes_alone(steps in prop::collection::vec(random(), 1..400)) {
        let mut now = Instant::now();
        let mut breaker = Breaker::new();
        let mut under_way: Vec<Ticket> = Vec::new();
        let mut ends: Vec<(Instant, bool)> = Vec::new();
        let mut opened_at = None;
        let mut probes = 0_u32;
        for (wait, step) in steps {
            now += Duration::from_millis(wait);
            match step {
                Random::Try => {
                    if let Ok(ticket) = breaker.admit(now) {
                        if ticket.probe {
                            prop_assert_eq!(probes, 0, "two probes at once");
                            probes += 1;
                            if let Some(at) = opened_at {
                                prop_assert!(now - at >= RULES.open_for, "a probe too soon");
                            }
                        } else {
                            prop_assert_eq!(breaker.state(now), BreakerState::Closed);
                        }
                        under_way.push(ticket);
                    } else {
                        prop_assert_ne!(breaker.state(now), BreakerState::Closed);
                    }
                }
                Random::End(at, ending) => {
                    if under_way.is_empty() {
                        continue;
                    }
                    let ticket = under_way.remove(at.index(under_way.len()));
                    let before = breaker.state(now);
                    let changed = breaker.settle(ticket, ending, &RULES, now);
                    if ticket.probe {
                        probes -= 1;
                    }
                    if before == BreakerState::Closed && ending != Ending::Nothing {
                        ends.push((now, ending == BAD));
                    }
                    match changed {
                        Some(BreakerState::Open) => {
                            if before == BreakerState::Closed {
                                // At most one part of the window less than a window old.
                                let young = |(end, _): &&(Instant, bool)| now - *end < RULES.window;
                                let all = ends.iter().filter(young).count();
                                prop_assert!(all >= RULES.calls as usize, "opened after {all} calls");
                                prop_assert!(ends.iter().filter(young).any(|(_, bad)| *bad));
                            }
                            opened_at = Some(now);
                            ends.clear();
                        }
                        Some(BreakerState::Closed) => {
                            prop_assert_eq!(ending, OK);
                            ends.clear();
                        }
                        Some(BreakerState::HalfOpen) => opened_at = None,
                        None => {}
                    }
                }
            }
            if let State::Closed(tally) = &breaker.state {
                prop_assert!(tally.0.len() <= PARTS as usize + 1);
            }
        }
    }
}
