//! `cargo xtask coverage`: how much of each crate its own tests reach, and whether that is enough (docs/reliability.md).
//!
//! Regions stand for branches: the compiler counts branches on its nightly channel only, and a region ends at each of them.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    tool::{Tool, component},
    workspace::Workspace,
};

const LLVM_COV: Tool = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
};
/// Generated cases of each law: more of them reach nothing new.
const CASES: &str = "2000";

/// Flags of `cargo xtask coverage`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these crates [default: all that are held to something]
    crates: Vec<String>,
}

/// What of a crate is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Regions,
    Lines,
}

/// A crate, what of it is counted, and the least share in percent.
const HELD: &[(&str, What, f64)] = &[
    ("sync-core", What::Regions, 98.0),
    ("engine", What::Lines, 92.0),
    ("http-kit", What::Lines, 80.0),
    ("huly-client", What::Lines, 80.0),
    ("vibe-client", What::Lines, 80.0),
    ("letta-client", What::Lines, 80.0),
    ("store", What::Lines, 80.0),
    ("sim", What::Lines, 80.0),
    ("cli", What::Lines, 80.0),
];

impl What {
    const fn word(self) -> &'static str {
        match self {
            What::Regions => "regions",
            What::Lines => "lines",
        }
    }
}

/// How many there are, and how many of them a test reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    all: u64,
    reached: u64,
}

impl Reached {
    fn percent(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let percent = self.reached as f64 * 100.0 / self.all.max(1) as f64;
        percent
    }
}

/// Measures, prints, and fails where a crate is below what it is held to.
pub(crate) fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    let root = &workspace.root;
    std::env::set_current_dir(root).context("cannot enter the workspace")?;
    let is_known = |name: &String| HELD.iter().any(|(held, ..)| held == name);
    if let Some(unknown) = args.crates.iter().find(|name| !is_known(name)) {
        bail!("no crate `{unknown}` is held to anything");
    }
    component("llvm-tools")?;
    let program = LLVM_COV.program(root)?;
    let is_asked =
        |name: &str| args.crates.is_empty() || args.crates.iter().any(|asked| asked == name);
    let mut table = String::from(
        "| crate | counted | reached | held to | |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut below = Vec::new();
    for (name, what, least) in HELD.iter().filter(|(name, ..)| is_asked(name)) {
        let reached = measure(&program, root, name, *what)?;
        let outcome = if reached.percent() >= *least {
            "reached"
        } else {
            below.push(*name);
            "NOT reached"
        };
        writeln!(
            table,
            "| {name} | {} | {:.1} % ({} of {}) | {least} % | {outcome} |",
            what.word(),
            reached.percent(),
            reached.reached,
            reached.all
        )?;
    }
    println!("\n{table}");
    if !below.is_empty() {
        bail!("too little is reached of {}", below.join(", "));
    }
    Ok(())
}

fn measure(program: &Path, root: &Path, name: &str, what: What) -> Result<Reached> {
    let report = root.join("target").join(format!("coverage-{name}.json"));
    println!("==> cargo llvm-cov --package {name}");
    let status = Command::new(program)
        .args(["llvm-cov", "--locked", "--package", name])
        .args(["--json", "--output-path"])
        .arg(&report)
        .env("HVS_CASES", CASES)
        .env("INSTA_UPDATE", "no")
        .status()
        .context("cannot run cargo llvm-cov")?;
    if !status.success() {
        bail!("cargo llvm-cov --package {name}: {status}");
    }
    let text = fs::read_to_string(&report).context("cannot read what was counted")?;
    reached(
        &serde_json::from_str(&text)?,
        &format!("/crates/{name}/src/"),
        what,
    )
}

/// What of the files of one crate was reached: crates below it are built in the same way, and are not its matter.
fn reached(report: &Value, dir: &str, what: What) -> Result<Reached> {
    let files = report
        .pointer("/data/0/files")
        .and_then(Value::as_array)
        .context("the report names no files")?;
    let mut all = Reached::default();
    for file in files {
        let name = file.get("filename").and_then(Value::as_str);
        if !name.is_some_and(|name| name.contains(dir)) {
            continue;
        }
        let number = |of: &str| {
            let counted = file.pointer(&format!("/summary/{}/{of}", what.word()));
            counted.and_then(Value::as_u64)
        };
        let (Some(count), Some(covered)) = (number("count"), number("covered")) else {
            bail!("the report tells no {} of a file", what.word());
        };
        all.all += count;
        all.reached += covered;
    }
    if all.all == 0 {
        bail!("the report has nothing of {dir}");
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_of_the_crate_are_counted() {
        let file = |name: &str, count: u64, covered: u64| {
            serde_json::json!({
                "filename": name,
                "summary": { "regions": { "count": count, "covered": covered }, "lines": { "count": 1, "covered": 1 } },
            })
        };
        let report = serde_json::json!({ "data": [{ "files": [
            file("/w/crates/engine/src/a.rs", 10, 9),
            file("/w/crates/engine/src/b/c.rs", 30, 30),
            file("/w/crates/store/src/a.rs", 100, 0),
        ] }] });
        let found = reached(&report, "/crates/engine/src/", What::Regions).unwrap();
        assert_eq!((found.all, found.reached), (40, 39));
        assert!((found.percent() - 97.5).abs() < 1e-9);
        assert!(reached(&report, "/crates/cli/src/", What::Lines).is_err());
        assert!(reached(&serde_json::json!({}), "/crates/cli/src/", What::Lines).is_err());
    }

    #[test]
    fn every_crate_but_tools_is_held_to_something() {
        let workspace = Workspace::load().unwrap();
        for package in workspace
            .packages
            .iter()
            .filter(|package| package.dir.starts_with("crates/"))
        {
            let is_held = HELD.iter().any(|(name, ..)| *name == package.name);
            assert!(is_held, "{}", package.name);
        }
    }
}
