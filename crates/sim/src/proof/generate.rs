//! A schedule from a seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sync_core::{Side, rules::Deletion};

use crate::faults::{Effect, Failure, Rule, When};

use super::deed::{Agent, Deed, Line, Whose};
use super::informing;
use super::schedule::{Event, Run, Schedule, Setting, Shape};

/// What is left out of the schedules: each with the reason, so that nothing is left out silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Without {
    /// Why.
    pub reason: &'static str,
    /// What.
    pub what: Left,
}

/// What can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Reads that are answered from an earlier copy.
    StaleReads,
    /// Lists that are cut short or empty.
    ShortLists,
    /// The server clocks' jumps.
    ServerJumps,
    /// Issues moved to other projects.
    Relocation,
    /// Copies of tasks, footer and all.
    Copies,
    /// Descriptions that are being typed.
    Typing,
    /// Footers that are removed while a create may wait for being looked for.
    LoneFooters,
    /// Lists of agents that are cut short.
    ShortAgentLists,
}

/// What the generator leaves out today.
pub const LEFT_OUT: &[Without] = &[
    Without {
        reason: "a footer that is removed before the create that wrote it was found: nothing else tells that task from a \
                 person's, so it gets an issue of its own",
        what: Left::LoneFooters,
    },
    Without {
        reason: "a list of agents from which a server leaves out some without a word: nothing is unique on a Letta server, and \
                 nothing else tells that an agent is there",
        what: Left::ShortAgentLists,
    },
    Without {
        reason: "a copy of a task whose issue was moved to another project gets no issue",
        what: Left::Copies,
    },
];

pub(super) fn is_left_out(what: Left) -> bool {
    LEFT_OUT.iter().any(|left| left.what == what)
}

/// Longer than any lease.
const LEASE_MS: u32 = 61_000;

impl Schedule {
    /// The schedule of a seed.
    pub fn of(seed: u64) -> Schedule {
        let rng = StdRng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5c4e_d01e);
        let mut maker = Maker {
            rng,
            events: Vec::new(),
            is_cut: false,
        };
        let setting = maker.setting();
        maker.life(&setting);
        let mut schedule = Schedule {
            seed,
            setting,
            events: maker.events,
        };
        informing::add(&mut schedule);
        schedule
    }
}

struct Maker {
    rng: StdRng,
    events: Vec<Event>,
    /// Whether a list of this round is cut short: a server that says the same falsehood twice in a row cannot be seen through.
    is_cut: bool,
}

impl Maker {
    fn setting(&mut self) -> Setting {
        let projects = *[1, 1, 1, 2, 3].choose(&mut self.rng).unwrap_or(&1);
        Setting {
            generation: if self.rng.random() {
                Shape::L1
            } else {
                Shape::L2
            },
            projects,
            paired: self.rng.random_range(0..=projects),
            deletion: *[
                Deletion::Cancel,
                Deletion::Cancel,
                Deletion::Mirror,
                Deletion::Ignore,
            ]
            .choose(&mut self.rng)
            .unwrap_or(&Deletion::Cancel),
            guards: self.rng.random_bool(0.15),
            page_size: *[500, 500, 7, 3].choose(&mut self.rng).unwrap_or(&500),
            workers: self.rng.random_range(1..4),
            latency_ms: *[0, 0, 5, 200].choose(&mut self.rng).unwrap_or(&0),
            put_race_ms: self
                .rng
                .random_bool(0.3)
                .then(|| self.rng.random_range(1..400)),
            late_bookkeeping_ms: self
                .rng
                .random_bool(0.3)
                .then(|| self.rng.random_range(10..3_000)),
            letta: None,
            beat_s: None,
        }
    }

    fn life(&mut self, setting: &Setting) {
        for whose in [Whose::Huly, Whose::Vibe, Whose::Ours] {
            if self.rng.random_bool(0.3) {
                let by_ms = self.rng.random_range(-120_000..120_000);
                self.now(Deed::Clock { whose, by_ms });
            }
        }
        for _ in 0..self.rng.random_range(2..=12) {
            let deed = self.make();
            self.now(deed);
        }
        for round in 0..self.rng.random_range(3..=6) {
            self.round(setting, round);
        }
    }

    fn now(&mut self, deed: Deed) {
        self.events.push(Event::Deed { deed });
    }

    /// Deeds, trouble, a run, and a pause.
    fn round(&mut self, setting: &Setting, round: usize) {
        if round > 0 {
            for _ in 0..self.rng.random_range(0..5) {
                let deed = self.deed();
                self.now(deed);
            }
        }
        for _ in 0..self.rng.random_range(0..4) {
            let (call, deed) = (self.call(), self.deed());
            self.events.push(Event::During { call, deed });
        }
        self.is_cut = false;
        if self.rng.random_bool(0.9) {
            for _ in 0..self.rng.random_range(2..11) {
                self.fault();
            }
        }
        let run = self.run(setting);
        let interrupted = run.killed_after.is_some();
        self.events.push(Event::Run(run));
        let ms = if interrupted && self.rng.random_bool(0.6) {
            LEASE_MS
        } else {
            self.rng.random_range(0..90_000)
        };
        self.events.push(Event::Wait { ms });
    }

    /// The number of a call in a run: mostly early.
    fn call(&mut self) -> u16 {
        let most = *[8, 20, 40, 80].choose(&mut self.rng).unwrap_or(&20);
        self.rng.random_range(1..=most)
    }

    fn run(&mut self, setting: &Setting) -> Run {
        let polls = |rng: &mut StdRng| {
            let most = *[30, 100, 300, 1_000].choose(rng).unwrap_or(&100);
            rng.random_range(1..most)
        };
        match self.rng.random_range(0..10) {
            0..3 => Run {
                killed_after: Some(polls(&mut self.rng)),
                ..Run::default()
            },
            3 => Run {
                frozen_after: Some(polls(&mut self.rng)),
                frozen_ms: self.rng.random_range(1_000..200_000),
                second_after_ms: self
                    .rng
                    .random_bool(0.7)
                    .then(|| self.rng.random_range(0..150_000)),
                ..Run::default()
            },
            4 => Run {
                second_after_ms: Some(if setting.latency_ms == 0 {
                    0
                } else {
                    self.rng.random_range(0..3_000)
                }),
                ..Run::default()
            },
            _ => Run::default(),
        }
    }

    fn side(&mut self) -> Side {
        if self.rng.random() {
            Side::Huly
        } else {
            Side::Vibe
        }
    }

    fn item(&mut self) -> u16 {
        self.rng.random()
    }

    /// Mostly any status but cancelled.
    fn status(&mut self) -> u8 {
        if self.rng.random_bool(0.05) {
            4
        } else {
            self.rng.random_range(0..4)
        }
    }

    fn make(&mut self) -> Deed {
        Deed::Make {
            side: self.side(),
            project: self.item(),
            status: self.status(),
            text: self.rng.random_bool(0.8),
            below: self.rng.random_bool(0.1).then(|| self.item()),
        }
    }

    fn deed(&mut self) -> Deed {
        let (side, item) = (self.side(), self.item());
        let line = *[Line::First, Line::Last, Line::New, Line::All]
            .choose(&mut self.rng)
            .unwrap_or(&Line::First);
        match self.rng.random_range(0..40) {
            0..4 => self.make(),
            4..12 => Deed::Describe { side, item, line },
            12 if !is_left_out(Left::Typing) => Deed::Type { item },
            12..20 => Deed::Move {
                side,
                item,
                status: self.status(),
            },
            20..24 => Deed::Delete { side, item },
            24..27 => Deed::Agent {
                item,
                does: *[Agent::Starts, Agent::Ends, Agent::Merges]
                    .choose(&mut self.rng)
                    .unwrap_or(&Agent::Starts),
            },
            27 if !is_left_out(Left::Relocation) => Deed::Relocate {
                item,
                project: self.item(),
            },
            28 => Deed::Archive {
                project: self.item(),
                on: self.rng.random(),
            },
            29 if !is_left_out(Left::Copies) => Deed::Copy { item },
            30 => Deed::StripFooter { item },
            31 => self.jump(),
            32 => Deed::Snapshot { side },
            _ => Deed::Retitle { side, item },
        }
    }

    fn jump(&mut self) -> Deed {
        let whose = match self.rng.random_range(0..3) {
            0 if !is_left_out(Left::ServerJumps) => Whose::Huly,
            1 if !is_left_out(Left::ServerJumps) => Whose::Vibe,
            _ => Whose::Ours,
        };
        let most = *[2_000, 60_000, 3_600_000]
            .choose(&mut self.rng)
            .unwrap_or(&2_000);
        Deed::Clock {
            whose,
            by_ms: self.rng.random_range(-most..=most),
        }
    }

    fn failure(&mut self) -> Failure {
        let status = |status| Failure::Status {
            status,
            body: String::new(),
        };
        [
            status(500),
            status(502),
            status(503),
            Failure::Reset,
            Failure::Truncated,
            Failure::Html,
            Failure::Hang,
        ]
        .choose(&mut self.rng)
        .cloned()
        .unwrap_or(Failure::Reset)
    }

    fn fault(&mut self) {
        let side = self.side();
        let (method, route) = self.route(side);
        let effect = match self.rng.random_range(0..20) {
            0..5 => Effect::FailBefore {
                failure: self.failure(),
            },
            5..11 => Effect::FailAfter {
                failure: self.failure(),
            },
            11..15 => Effect::Late {
                after_ms: self.rng.random_range(100..25_000),
                failure: self.failure(),
            },
            15 => Effect::Limit {
                retry_after_ms: self.rng.random_range(100..5_000),
            },
            16 => Effect::Latency {
                ms: self.rng.random_range(1_000..14_000),
                jitter_ms: 0,
            },
            17 if !is_left_out(Left::ShortLists) && !self.is_cut => {
                self.is_cut = true;
                Effect::CapPage {
                    rows: self.rng.random_range(0..4),
                }
            }
            18 if !is_left_out(Left::StaleReads) => {
                let call = self.call();
                let deed = Deed::Snapshot { side };
                self.events.push(Event::During { call, deed });
                Effect::Stale
            }
            _ => Effect::FailAfter {
                failure: Failure::Reset,
            },
        };
        let is_cap = matches!(effect, Effect::CapPage { .. });
        let when = if route == "*" {
            When::Nth(u64::from(self.call()))
        } else if self.rng.random_bool(0.2) && !is_cap {
            When::Chance(0.3)
        } else {
            When::Nth(self.rng.random_range(1..5))
        };
        let rule = Rule::on(method, route, effect).when(when);
        self.events.push(Event::Fault { side, rule });
    }

    fn route(&mut self, side: Side) -> (&'static str, &'static str) {
        if self.rng.random_bool(0.3) {
            return ("*", "*");
        }
        let routes: &[(&str, &str)] = match side {
            Side::Huly => &[
                ("POST", "/transactor/api/v1/find-all/{ws}"),
                ("POST", "/transactor/api/v1/tx/{ws}"),
                ("POST", "/transactor/api/v1/tx/{ws}"),
                ("POST", "/collaborator/rpc/{doc}"),
                ("GET", "/transactor/api/v1/blob"),
            ],
            Side::Vibe => &[
                ("GET", "/api/projects"),
                ("POST", "/api/projects"),
                ("GET", "/api/tasks"),
                ("POST", "/api/tasks"),
                ("POST", "/api/tasks"),
                ("GET", "/api/tasks/{task_id}"),
                ("PUT", "/api/tasks/{task_id}"),
                ("PUT", "/api/tasks/{task_id}"),
                ("DELETE", "/api/tasks/{task_id}"),
            ],
        };
        routes.choose(&mut self.rng).copied().unwrap_or(("*", "*"))
    }
}
