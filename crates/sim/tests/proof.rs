//! The proof as tests: schedules of trouble, the same seed twice, a run dropped at each poll, schedules that once broke a law,
//! and engines that are broken on purpose.
//!
//! `HVS_SCHEDULES` says how many schedules are played.

#![cfg(test)]

use std::collections::BTreeSet;

use sim::proof::{Asked, DEFECTS, EXPECTED, Failed, Reference, Schedule, campaign, play};

/// How many schedules are played where `HVS_SCHEDULES` says nothing: more are played by `cargo xtask simulate`.
const SCHEDULES: u64 = 60;
/// Between two polls at which a run is dropped here: `cargo xtask simulate --polls` drops it at each.
const STRIDE: usize = 7;

fn asked(seeds: u64) -> Asked {
    Asked {
        from: 0,
        seeds,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        limit: None,
        twice: 0,
        failures: 3,
        defect: None,
    }
}

fn told(failed: &[Failed]) -> Vec<String> {
    failed
        .iter()
        .flat_map(|failed| {
            let line = |breach| format!("seed {}: {breach}", failed.seed);
            failed.breaches.iter().map(line)
        })
        .collect()
}

#[test]
fn schedules_of_trouble_break_no_law_and_repeat_from_their_seed() {
    let number = std::env::var("HVS_SCHEDULES").ok();
    let seeds = number.map_or(SCHEDULES, |text| text.parse().unwrap());
    let summary = campaign(&Asked {
        twice: 200,
        ..asked(seeds)
    })
    .unwrap();
    assert_eq!(told(&summary.failed), Vec::<String>::new());
    assert_eq!(summary.same_trace, seeds.min(200));
    assert!(summary.median_steps >= 60, "{}", summary.median_steps);
    assert!(summary.median_faults >= 8, "{}", summary.median_faults);
}

#[test]
fn a_run_dropped_at_any_poll_is_made_good_by_the_next_ones() {
    let marks: BTreeSet<String> = Reference::ALL
        .iter()
        .flat_map(|reference| play(&reference.schedule(None), false).unwrap().marks)
        .map(|(mark, _)| mark)
        .collect();
    let actions = EXPECTED.iter().filter(|mark| mark.starts_with("action: "));
    for kind in actions.copied().chain(["conflict", "held: Removals"]) {
        assert!(marks.contains(kind), "no reference has {kind}: {marks:?}");
    }
    // One of them here; `cargo xtask simulate --polls` tries them all.
    let reference = Reference::ALL[2];
    let polls = play(&reference.schedule(None), false).unwrap().polls;
    let polls = polls.unwrap();
    assert!(polls >= 200, "{polls}");
    for at in (1..=polls).step_by(STRIDE) {
        let verdict = play(&reference.schedule(Some(at)), false).unwrap();
        assert!(verdict.breaches.is_empty(), "{at}: {:?}", verdict.breaches);
    }
}

#[test]
fn schedules_that_once_broke_a_law_break_none() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schedules");
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            // those that still break a law: docs/reliability.md
            continue;
        }
        let schedule: Schedule =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let verdict = play(&schedule, false).unwrap();
        assert!(
            verdict.breaches.is_empty(),
            "{}: {:?}",
            path.display(),
            verdict.breaches
        );
        names.insert(path);
    }
    assert!(!names.is_empty());
}

#[test]
fn an_engine_that_is_broken_on_purpose_is_caught() {
    for (defect, words) in DEFECTS.iter().take(2) {
        let summary = campaign(&Asked {
            failures: 1,
            defect: Some(*defect),
            ..asked(20_000)
        })
        .unwrap();
        assert!(
            !summary.failed.is_empty(),
            "{defect:?} ({words}) was not seen"
        );
    }
}
