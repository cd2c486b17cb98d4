//! Lines of JSON for `cargo xtask bench`.

use std::time::Duration;

use serde_json::json;
use sim::calls::Counts;
use sync_core::Pair;

/// One figure: what was measured, its value, what it should be, how it stands to that, and whether it is reached.
pub(crate) fn tell(
    measure: &str,
    value: &str,
    goal: &str,
    ratio: Option<f64>,
    reached: Option<bool>,
) {
    println!(
        "{}",
        json!({ "measure": measure, "value": value, "goal": goal, "ratio": ratio, "reached": reached })
    );
}

pub(crate) fn ratio(took: Duration, floor: Duration) -> f64 {
    took.as_secs_f64() / floor.as_secs_f64()
}

/// How many times `goal` a count is.
pub(crate) fn per(value: u64, goal: u64) -> f64 {
    let small = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    small(value) / small(goal)
}

pub(crate) fn told(counts: &Pair<Counts>) -> String {
    let one = |counts: &Counts| {
        format!(
            "{} reads, {} writes, {} sessions",
            counts.reads, counts.writes, counts.sessions
        )
    };
    format!("Huly {}; Vibe {}", one(&counts.huly), one(&counts.vibe))
}
