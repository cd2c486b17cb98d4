//! What goes wrong with a call: rules per route, decided in order, repeatable from a seed.
//!
//! A rule names a route (the template, such as `/api/tasks/{task_id}`, or `*`), a method (or `*`), optionally a piece
//! of text that the request's body must contain, when it strikes, and what it does. All rules that strike are
//! combined: latencies add up, of two failures the one that comes first in the life of a call wins.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::Shared;

/// How a call fails as its caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Failure {
    /// An answer with this status and body.
    Status {
        /// HTTP status.
        status: u16,
        /// The body, as it is.
        #[serde(default)]
        body: String,
    },
    /// No answer until the caller gives up (at most an hour).
    Hang,
    /// The connection ends without an answer.
    Reset,
    /// Status 200 and the first half of a body, then the connection ends.
    Truncated,
    /// Status 200 and an HTML page, as proxies and single-page front ends send it.
    Html,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Effect {
    /// The call waits `ms` (plus up to `jitter_ms`, by the seed) before anything happens.
    Latency {
        /// Milliseconds, always.
        ms: u64,
        /// Milliseconds, at most, on top.
        #[serde(default)]
        jitter_ms: u64,
    },
    /// Nothing takes effect.
    FailBefore {
        /// What the caller sees.
        failure: Failure,
    },
    /// The call takes effect, its answer is lost.
    FailAfter {
        /// What the caller sees.
        failure: Failure,
    },
    /// The caller sees the failure at once; the call takes effect `after_ms` later, whether or not anybody waits.
    Late {
        /// Milliseconds until the effect.
        after_ms: u64,
        /// What the caller sees.
        failure: Failure,
    },
    /// 429 with `Retry-After` and `Retry-After-ms`; nothing takes effect.
    Limit {
        /// Milliseconds that the caller is told to wait.
        retry_after_ms: u64,
    },
    /// Lists in the answer are cut after so many rows, without a word.
    CapPage {
        /// Rows, at most.
        rows: usize,
    },
    /// The query of the address is lost on the way, as some proxies lose it: lists come without filters, from the
    /// start. Only [`crate::http`] knows this one.
    DropQuery,
    /// A read is answered from the copy of the model that was kept last, where it is not older than [`STALE_MS`]. Only
    /// [`crate::ports`] knows this one.
    Stale,
}

/// How old the answer of a stale read is at most, in milliseconds: within it the engine takes old values for a stale read.
pub const STALE_MS: u64 = 30_000;

/// When a rule strikes, counted in calls that match it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Every time.
    #[default]
    Always,
    /// The nth matching call only (from 1).
    Nth(u64),
    /// The first n matching calls.
    First(u64),
    /// From the nth matching call on.
    From(u64),
    /// Each nth matching call.
    Every(u64),
    /// With this probability, by the seed.
    Chance(f64),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Route template, or `*`.
    #[serde(default = "any")]
    pub route: String,
    /// HTTP method, or `*`.
    #[serde(default = "any")]
    pub method: String,
    /// Strikes only where the request's body contains this text (`TxCreateDoc`).
    #[serde(default)]
    pub body_contains: Option<String>,
    /// When it strikes.
    #[serde(default)]
    pub when: When,
    /// What it does.
    pub effect: Effect,
}

fn any() -> String {
    String::from("*")
}

impl Rule {
    /// A rule for one method and route template that always strikes.
    pub fn on(method: &str, route: &str, effect: Effect) -> Self {
        Self {
            route: route.into(),
            method: method.into(),
            body_contains: None,
            when: When::Always,
            effect,
        }
    }

    /// The same rule with another time to strike.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// The same rule, only for requests whose body contains `text`.
    #[must_use]
    pub fn body_contains(mut self, text: &str) -> Self {
        self.body_contains = Some(text.into());
        self
    }

    fn matches(&self, method: &str, route: &str, body: &str) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && (self.route == "*" || self.route == route)
            && self
                .body_contains
                .as_deref()
                .is_none_or(|part| body.contains(part))
    }
}

/// What is decided about one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Wait this long first.
    pub latency: Duration,
    /// Refuse with 429 and this advice.
    pub limit_ms: Option<u64>,
    /// Fail without effect.
    pub before: Option<Failure>,
    /// Fail now, take effect after that time.
    pub late: Option<(Duration, Failure)>,
    /// Take effect, then fail.
    pub after: Option<Failure>,
    /// Cut lists in the answer to so many rows.
    pub cap: Option<usize>,
    /// Lose the query of the address.
    pub drop_query: bool,
    /// Answer a read from an earlier copy.
    pub stale: bool,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u64,
}

#[derive(Debug)]
struct Inner {
    armed: Vec<Armed>,
    rng: StdRng,
}

/// The rules of one simulated server. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults(Shared<Inner>);

impl Default for Faults {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl Faults {
    /// No rules; chances and jitter follow from the seed and the order of calls alone.
    pub fn seeded(seed: u64) -> Self {
        Self(Shared::new(Inner {
            armed: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
        }))
    }

    /// Adds a rule behind the others.
    pub fn add(&self, rule: Rule) {
        self.0.lock().armed.push(Armed { rule, seen: 0 });
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.0.lock().armed.clear();
    }

    /// Starts the chances again at a seed.
    pub fn reseed(&self, seed: u64) {
        self.0.lock().rng = StdRng::seed_from_u64(seed);
    }

    /// The rules, in order.
    pub fn rules(&self) -> Vec<Rule> {
        self.0
            .lock()
            .armed
            .iter()
            .map(|armed| armed.rule.clone())
            .collect()
    }

    /// Whether there is no rule: then nothing is decided, and nobody needs to look.
    pub fn is_idle(&self) -> bool {
        self.0.lock().armed.is_empty()
    }

    /// Decides about one call and counts it for the rules that match it.
    pub fn decide(&self, method: &str, route: &str, body: &[u8]) -> Decision {
        let mut inner = self.0.lock();
        let mut decision = Decision::default();
        if inner.armed.is_empty() {
            return decision;
        }
        let body = String::from_utf8_lossy(body);
        let Inner { armed, rng } = &mut *inner;
        for armed in armed
            .iter_mut()
            .filter(|armed| armed.rule.matches(method, route, &body))
        {
            armed.seen += 1;
            if strikes(&armed.rule.when, armed.seen, rng) {
                decision.add(&armed.rule.effect, rng);
            }
        }
        decision
    }
}

fn strikes(when: &When, seen: u64, rng: &mut StdRng) -> bool {
    match *when {
        When::Always => true,
        When::Nth(n) => seen == n,
        When::First(n) => seen <= n,
        When::From(n) => seen >= n,
        When::Every(n) => n > 0 && seen.is_multiple_of(n),
        When::Chance(p) => rng.random_bool(p.clamp(0.0, 1.0)),
    }
}

impl Decision {
    fn add(&mut self, effect: &Effect, rng: &mut StdRng) {
        match effect {
            Effect::Latency { ms, jitter_ms } => {
                self.latency +=
                    Duration::from_millis(ms.saturating_add(rng.random_range(0..=*jitter_ms)));
            }
            Effect::FailBefore { failure } => {
                self.before.get_or_insert_with(|| failure.clone());
            }
            Effect::FailAfter { failure } => {
                self.after.get_or_insert_with(|| failure.clone());
            }
            Effect::Late { after_ms, failure } => {
                self.late
                    .get_or_insert_with(|| (Duration::from_millis(*after_ms), failure.clone()));
            }
            Effect::Limit { retry_after_ms } => {
                self.limit_ms.get_or_insert(*retry_after_ms);
            }
            Effect::CapPage { rows } => {
                self.cap = Some(self.cap.map_or(*rows, |cap| cap.min(*rows)));
            }
            Effect::DropQuery => self.drop_query = true,
            Effect::Stale => self.stale = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset() -> Effect {
        Effect::FailAfter {
            failure: Failure::Reset,
        }
    }

    #[test]
    fn a_rule_strikes_the_nth_call_of_its_own_route_and_body_only() {
        let faults = Faults::default();
        faults.add(
            Rule::on("POST", "/tx", reset())
                .when(When::Nth(2))
                .body_contains("TxCreateDoc"),
        );
        let decide = |method, body: &str| {
            faults
                .decide(method, "/tx", body.as_bytes())
                .after
                .is_some()
        };
        let struck = [
            decide("POST", "TxCreateDoc"),
            decide("POST", "TxUpdateDoc"),
            decide("GET", "TxCreateDoc"),
            decide("POST", "TxCreateDoc"),
            decide("POST", "TxCreateDoc"),
        ];
        assert_eq!(struck, [false, false, false, true, false]);
    }

    #[test]
    fn chances_repeat_from_their_seed() {
        let run = |seed| {
            let faults = Faults::seeded(seed);
            faults.add(Rule::on("*", "*", reset()).when(When::Chance(0.5)));
            (0..64)
                .map(|_| faults.decide("GET", "/", b"").after.is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn rules_read_from_json_with_defaults() {
        let text = r#"{"route":"/api/tasks","effect":{"kind":"late","after_ms":50,"failure":{"how":"hang"}}}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!(
            rule,
            Rule::on(
                "*",
                "/api/tasks",
                Effect::Late {
                    after_ms: 50,
                    failure: Failure::Hang
                }
            )
        );
    }
}
