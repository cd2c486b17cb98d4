//! Every target over its seeds and changed copies of them. `HVS_FUZZ_RUNS` says how many a target, `HVS_FUZZ_SEED` from where:
//! a failure names both and shows the input.

#![cfg(test)]

use std::panic::catch_unwind;

use fuzz_targets::{TARGETS, Target, run};
use rand::{Rng, SeedableRng, rngs::StdRng};

const RUNS: u64 = 2_000;
/// Each of these sets up a simulated server.
const SLOW_RUNS: u64 = 300;
/// What inputs are often made of, and seldom by chance.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"  ",
    b"---",
    b"<!-- hvs:begin v1 ",
    b"<!-- hvs:end -->",
    b"Huly Issue: A-1",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"```",
    b"<",
    b">",
    b"|",
    b"= ",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x9a\xa2",
    b"\x1b[2J",
];

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

fn changed(rng: &mut StdRng, target: &Target) -> Vec<u8> {
    let seed = |rng: &mut StdRng| target.seeds[rng.random_range(0..target.seeds.len())].to_vec();
    let mut data = seed(rng);
    for _ in 0..rng.random_range(0..6_u8) {
        let at = rng.random_range(0..=data.len());
        let end = rng.random_range(at..=data.len().min(at + 16));
        match rng.random_range(0..5_u8) {
            0 => drop(data.splice(
                at..end,
                WORDS[rng.random_range(0..WORDS.len())].iter().copied(),
            )),
            1 => data.truncate(at),
            2 => {
                let copy = data[at..end].to_vec();
                let to = rng.random_range(0..=data.len());
                drop(data.splice(to..to, copy));
            }
            3 => {
                let other = seed(rng);
                data.extend(&other[rng.random_range(0..=other.len())..]);
            }
            _ => {
                if let Some(byte) = data.get_mut(at) {
                    *byte = rng.random();
                }
            }
        }
    }
    data
}

fn smoke(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let begin = number("HVS_FUZZ_SEED", 1);
    let runs = number(
        "HVS_FUZZ_RUNS",
        if target.is_slow { SLOW_RUNS } else { RUNS },
    );
    for seed in target.seeds {
        run(name, seed);
    }
    for seed in begin..begin + runs {
        let data = changed(&mut StdRng::seed_from_u64(seed), target);
        let ended = catch_unwind(|| run(name, &data));
        assert!(
            ended.is_ok(),
            "HVS_FUZZ_SEED={seed} HVS_FUZZ_RUNS=1 breaks {name}: {:?}",
            String::from_utf8_lossy(&data)
        );
    }
}

macro_rules! smokes {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            smoke(stringify!($name));
        })+

        #[test]
        fn every_target_has_a_smoke_run_and_a_fuzzer() {
            let shells = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/fuzz_targets");
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
            for name in names {
                let shell = std::fs::read_to_string(format!("{shells}/{name}.rs")).unwrap();
                assert!(shell.contains(&format!("run(\"{name}\", data)")), "{name}: {shell}");
            }
        }
    };
}

smokes!(footer, markup, tree, merge, config, huly, vibe);
