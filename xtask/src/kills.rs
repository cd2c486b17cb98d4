//! `cargo xtask kills`: the built program, killed by SIGKILL at the steps of its runs (docs/reliability.md).

use anyhow::Result;

use crate::{
    test::{build_hvs, build_hvs_fail_points, watch},
    workspace::cargo,
};

/// Flags of `cargo xtask kills`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many syncs of 200 items are killed at random steps, besides the first of each kind of step
    #[arg(default_value_t = 2_000)]
    random: u32,
    /// Repeat the kills of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// By cargo's own runner: it has no limit of time for one test, and this one takes as long as it takes.
const TESTS: [&str; 9] = [
    "test",
    "--locked",
    "-p",
    "hvs-tests",
    "--test",
    "it",
    "fail_points::",
    "--",
    "--show-output",
];

/// Builds both programs and runs the tests that kill one of them.
pub(crate) fn run(args: &Args) -> Result<()> {
    let (hvs, fail_points) = (build_hvs()?, build_hvs_fail_points()?);
    let mut tests = cargo();
    tests
        .args(TESTS)
        .env("HVS_BIN", hvs)
        .env("HVS_FAIL_POINTS_BIN", fail_points)
        .env("HVS_KILLS", args.random.to_string());
    if let Some(seed) = args.seed {
        tests.env("HVS_KILL_SEED", seed.to_string());
    }
    watch(&mut tests).map(drop)
}
