//! `hvs selftest`: the proof of docs/reliability.md, on the machine of whoever wants to know.

use std::time::Duration;

use engine::report::Exit;
use sim::proof::{Asked, Law, Summary, campaign};

use crate::{args::Selftest, failure::Failure, output, output::table};

/// Failures that are told; one is enough to fail.
const TOLD: usize = 5;
/// Of so many seeds the schedule is played twice, and the traces compared.
const TWICE: u64 = 20;

/// Plays the schedules on every core, and says what was found.
pub(crate) async fn run(asked: Selftest) -> Result<Exit, Failure> {
    let asked = Asked {
        from: asked.from,
        seeds: asked.seeds,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        limit: asked
            .minutes
            .map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
        twice: TWICE,
        failures: TOLD,
        defect: None,
    };
    let bug = |words: String| Failure::new(Exit::Bug, words);
    let summary = tokio::task::spawn_blocking(move || campaign(&asked))
        .await
        .map_err(|error| bug(format!("the simulation broke off: {error}")))?
        .map_err(|error| bug(error.to_string()))?;
    output::data(&told(&summary))?;
    if summary.failed.is_empty() {
        return Ok(Exit::Done);
    }
    let lines = summary.failed.iter().flat_map(|failed| {
        let all = failed.breaches.iter();
        all.map(move |breach| format!("seed {}: {breach}", failed.seed))
    });
    let seeds: Vec<String> = lines.collect();
    Err(bug(format!(
        "laws were broken in {} of {} schedules:\n{}",
        summary.failed.len(),
        summary.schedules,
        seeds.join("\n")
    ))
    .hint("this is a bug of hvs: please report it with these lines and `hvs --version`"))
}

/// Figures, laws, and the result.
fn told(summary: &Summary) -> String {
    let broken = |law: Law| {
        let breaks =
            |failed: &&sim::proof::Failed| failed.breaches.iter().any(|breach| breach.law == law);
        summary.failed.iter().filter(breaks).count()
    };
    let figures = table::facts(&[
        ("schedules", summary.schedules.to_string()),
        ("runs of hvs", summary.runs.to_string()),
        (
            "steps",
            format!(
                "{}, median {} a schedule",
                summary.steps, summary.median_steps
            ),
        ),
        (
            "faults",
            format!(
                "{}, median {} a schedule",
                summary.faults, summary.median_faults
            ),
        ),
        ("time", format!("{:.1} s", summary.took.as_secs_f64())),
    ]);
    let rows: Vec<Vec<String>> = Law::ALL
        .iter()
        .map(|law| {
            let result = match broken(*law) {
                0 => "held".to_owned(),
                count => format!("broken in {count} schedules"),
            };
            vec![law.name().to_owned(), result]
        })
        .collect();
    format!("{figures}\n\n{}", table::columns(&["LAW", "RESULT"], &rows))
}
