//! What befalls agents, added to a schedule from a chance of its own: the schedule of the boards stays what its seed makes of it.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::{Death, Letta, Meddling};
use crate::faults::{Effect, Failure, Rule, When};
use crate::proof::schedule::{Event, Schedule};

/// So many of all schedules have agents.
const SHARE: f64 = 0.35;

/// Adds agents to some schedules.
pub(in crate::proof) fn add(schedule: &mut Schedule) {
    let mut maker = Maker::of(schedule.seed);
    if maker.rng.random_bool(SHARE) {
        maker.add(schedule);
    }
}

/// The same schedule with agents, whether or not its seed has some.
pub(in crate::proof) fn with_agents(schedule: &Schedule) -> Schedule {
    let mut schedule = schedule.clone();
    if schedule.setting.letta.is_none() {
        Maker::of(schedule.seed).add(&mut schedule);
    }
    schedule
}

struct Maker {
    rng: StdRng,
}

impl Maker {
    fn of(seed: u64) -> Maker {
        let rng = StdRng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1e77_aa6e);
        Maker { rng }
    }

    fn one<T: Copy>(&mut self, all: &[T], none: T) -> T {
        all.choose(&mut self.rng).copied().unwrap_or(none)
    }

    fn add(&mut self, schedule: &mut Schedule) {
        schedule.setting.letta = Some(Letta {
            again: self.rng.random_bool(0.8),
            concurrency: self.rng.random_range(1..4),
            crowd: self.one(&[0, 0, 0, 3, 60], 0),
        });
        let mut events = Vec::with_capacity(schedule.events.len() * 2);
        for event in std::mem::take(&mut schedule.events) {
            match event {
                Event::Run(mut run) => {
                    self.befall(&mut events);
                    let is_whole = run.killed_after.is_none() && run.frozen_after.is_none();
                    if is_whole && self.rng.random_bool(0.25) {
                        run.letta_death = Some(Death {
                            call: self.call(),
                            after: self.rng.random(),
                        });
                    }
                    events.push(Event::Run(run));
                }
                event => events.push(event),
            }
        }
        schedule.events = events;
    }

    /// What happens before and in one run.
    fn befall(&mut self, events: &mut Vec<Event>) {
        for _ in 0..self.rng.random_range(0..3) {
            let deed = self.deed();
            events.push(Event::Meddling { call: None, deed });
        }
        for _ in 0..self.rng.random_range(0..3) {
            let (call, deed) = (self.call(), self.deed());
            events.push(Event::Meddling {
                call: Some(call),
                deed,
            });
        }
        match self.rng.random_range(0..10) {
            0 => events.push(Event::LettaFault {
                rule: self.whole_run(),
            }),
            1..8 => {
                for _ in 0..self.rng.random_range(1..6) {
                    let rule = self.fault();
                    events.push(Event::LettaFault { rule });
                }
            }
            _ => {}
        }
    }

    /// The number of a call to Letta in a run.
    fn call(&mut self) -> u16 {
        let most = self.one(&[3, 8, 20], 3);
        self.rng.random_range(1..=most)
    }

    fn deed(&mut self) -> Meddling {
        let (agent, block) = (self.rng.random(), self.rng.random());
        match self.rng.random_range(0..12) {
            0..2 => Meddling::Delete { agent },
            2 => Meddling::Copy {
                agent,
                whole: self.rng.random(),
            },
            3..5 => Meddling::Edit { agent, block },
            5 => Meddling::Open { agent, block },
            6 => Meddling::Remove { agent, block },
            7 => Meddling::Detach { agent, block },
            8..10 => Meddling::Busy {
                writes: self.rng.random_range(1..10),
            },
            _ => Meddling::Note { agent },
        }
    }

    /// Letta is away, or very slow, for all of a run.
    fn whole_run(&mut self) -> Rule {
        let effect = if self.rng.random() {
            Effect::FailBefore {
                failure: self.failure(),
            }
        } else {
            Effect::Latency {
                ms: self.rng.random_range(10_000..600_000),
                jitter_ms: 0,
            }
        };
        Rule::on("*", "*", effect)
    }

    fn failure(&mut self) -> Failure {
        let status = |status, body: &str| Failure::Status {
            status,
            body: body.to_owned(),
        };
        let all = [
            status(401, r#"{"detail":"Unauthorized"}"#),
            status(
                409,
                r#"{"detail":"CONFLICT: Block with id 'block-1' was updated by another transaction. Please retry your request."}"#,
            ),
            status(422, r#"{"detail":"[{'type': 'value_error'}]"}"#),
            status(500, r#"{"detail":"A database error occurred."}"#),
            status(502, ""),
            status(503, ""),
            status(404, "<html>not found</html>"),
            Failure::Reset,
            Failure::Truncated,
            Failure::Html,
            Failure::Hang,
        ];
        all.choose(&mut self.rng).cloned().unwrap_or(Failure::Reset)
    }

    fn fault(&mut self) -> Rule {
        let effect = match self.rng.random_range(0..16) {
            0..4 => Effect::FailBefore {
                failure: self.failure(),
            },
            4..9 => Effect::FailAfter {
                failure: self.lost(),
            },
            9..12 => Effect::Late {
                after_ms: self.rng.random_range(100..25_000),
                failure: self.lost(),
            },
            12 => Effect::Limit {
                retry_after_ms: self.rng.random_range(100..5_000),
            },
            13 => Effect::Latency {
                ms: self.rng.random_range(1_000..14_000),
                jitter_ms: 0,
            },
            _ => Effect::DropQuery,
        };
        let (method, route) = self.one(
            &[
                ("GET", "/v1/health/"),
                ("GET", "/v1/agents/"),
                ("POST", "/v1/agents/"),
                ("POST", "/v1/agents/"),
                ("POST", "/v1/agents/"),
                ("GET", "/v1/agents/{agent_id}"),
                ("DELETE", "/v1/agents/{agent_id}"),
                ("PATCH", "/v1/blocks/{block_id}"),
                ("PATCH", "/v1/blocks/{block_id}"),
                ("POST", "/v1/blocks/"),
                (
                    "PATCH",
                    "/v1/agents/{agent_id}/core-memory/blocks/attach/{block_id}",
                ),
                ("*", "*"),
            ],
            ("*", "*"),
        );
        let when = if self.rng.random_bool(0.2) {
            When::Chance(0.4)
        } else {
            When::Nth(self.rng.random_range(1..4))
        };
        Rule::on(method, route, effect).when(when)
    }

    /// How an answer is lost on its way back.
    fn lost(&mut self) -> Failure {
        let status = |status| Failure::Status {
            status,
            body: String::new(),
        };
        let all = [
            Failure::Reset,
            Failure::Truncated,
            Failure::Html,
            Failure::Hang,
            status(502),
            status(504),
        ];
        all.choose(&mut self.rng).cloned().unwrap_or(Failure::Reset)
    }
}
