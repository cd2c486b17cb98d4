//! `cargo xtask mutants`: small defects are put into a crate, one after the other; do its tests notice (docs/reliability.md)?
//! It takes hours, so no other command runs it.

use std::{ffi::OsString, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{tool::Tool, workspace::Workspace};

const CARGO_MUTANTS: Tool = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
};
/// Generated cases of each law: enough to notice what is wrong everywhere, few enough for thousands of runs.
const CASES: &str = "300";

/// A crate, and the least share of its defects that must be noticed, in percent.
const HELD: &[(&str, u64)] = &[("sync-core", 95), ("engine", 85), ("store", 85)];

/// Flags of `cargo xtask mutants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `sync-core`, `engine` or `store`
    name: String,
    /// More for cargo-mutants: `--file '**/lens.rs'`, `--shard 0/8`, `--jobs 4`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FLAGS"
    )]
    flags: Vec<OsString>,
}

/// What became of the defects that could be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    noticed: u64,
    missed: u64,
}

/// Puts defects in, prints those that nobody noticed, and fails where they are too many.
pub(crate) fn run(args: &Args) -> Result<()> {
    let Some((name, least)) = HELD.iter().find(|(name, _)| *name == args.name) else {
        let names: Vec<_> = HELD.iter().map(|(name, _)| *name).collect();
        bail!(
            "`{}` is held to nothing; {} are",
            args.name,
            names.join(", ")
        );
    };
    let root = Workspace::load()?.root;
    std::env::set_current_dir(&root).context("cannot enter the workspace")?;
    let program = CARGO_MUTANTS.program(&root)?;
    let out = root.join("target/mutants").join(name);
    fs::create_dir_all(&out).context("cannot make a place for the outcome")?;
    // What it ends with says that some were missed; how many may be is decided here.
    Command::new(program)
        .args([
            "mutants",
            "--package",
            name,
            "--no-shuffle",
            "--colors",
            "never",
        ])
        .args(["--cargo-arg", "--locked", "--output"])
        .arg(&out)
        .args(&args.flags)
        .env("HVS_CASES", CASES)
        .env("INSTA_UPDATE", "no")
        .status()
        .context("cannot run cargo mutants")?;
    told(&out.join("mutants.out"), *least)
}

fn told(out: &Path, least: u64) -> Result<()> {
    let text = fs::read_to_string(out.join("outcomes.json"))
        .context("it left no outcome: what stands above says why")?;
    let outcome = Outcome::read(&serde_json::from_str(&text)?)?;
    let missed = fs::read_to_string(out.join("missed.txt")).unwrap_or_default();
    print!("{missed}");
    let Outcome { noticed, missed } = outcome;
    let all = noticed + missed;
    println!("{noticed} of {all} defects were noticed, {missed} were not");
    if all == 0 {
        bail!("there was nothing to notice");
    }
    if noticed * 100 < least * all {
        bail!("fewer than {least} % of the defects were noticed");
    }
    Ok(())
}

impl Outcome {
    /// One that runs for ever was noticed; one that cannot be built is none.
    fn read(told: &Value) -> Result<Outcome> {
        let number = |key: &str| told.get(key).and_then(Value::as_u64);
        let (Some(caught), Some(timeout), Some(missed)) =
            (number("caught"), number("timeout"), number("missed"))
        else {
            bail!("the outcome does not tell how many were caught and missed");
        };
        Ok(Outcome {
            noticed: caught + timeout,
            missed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_for_ever_was_noticed_and_what_cannot_be_built_does_not_count() {
        let told = serde_json::json!({
            "total_mutants": 12, "caught": 7, "timeout": 1, "missed": 2, "unviable": 2, "success": 0,
        });
        let outcome = Outcome::read(&told).unwrap();
        assert_eq!((outcome.noticed, outcome.missed), (8, 2));
        assert!(Outcome::read(&serde_json::json!({})).is_err());
    }
}
