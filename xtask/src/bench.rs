//! `cargo xtask bench`: the figures of design section 7, each against a floor or target of the same run. A figure that is
//! not reached fails nothing: only a benchmark that breaks does.

use std::{fmt::Write as _, fs, process::Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{Workspace, cargo};

/// Where results are kept.
const PAGE: &str = "docs/benchmarks.md";

/// Flags of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one: plan, store, first, quiet
    name: Option<String>,
    /// Write the results with date and machine to docs/benchmarks.md
    #[arg(long)]
    record: bool,
}

/// A benchmark: its name, its crate, its program, and the word that program is told.
struct Bench {
    name: &'static str,
    package: &'static str,
    program: &'static str,
    word: Option<&'static str>,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "plan",
        package: "sync-core",
        program: "plan",
        word: None,
    },
    Bench {
        name: "store",
        package: "store",
        program: "upserts",
        word: None,
    },
    Bench {
        name: "first",
        package: "engine",
        program: "sync",
        word: Some("first"),
    },
    Bench {
        name: "quiet",
        package: "engine",
        program: "sync",
        word: Some("quiet"),
    },
];

/// One figure, as a benchmark tells it in a line of JSON.
#[derive(Debug, PartialEq)]
struct Figure {
    measure: String,
    value: String,
    goal: String,
    ratio: Option<f64>,
    reached: Option<bool>,
}

/// Runs the benchmarks and prints their figures.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = Workspace::load()?.root;
    std::env::set_current_dir(&root).context("cannot enter the workspace")?;
    let chosen: Vec<&Bench> = BENCHES
        .iter()
        .filter(|bench| args.name.as_deref().is_none_or(|name| name == bench.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!("no such benchmark; there are {}", names.join(", "));
    }
    let mut figures = Vec::new();
    for bench in chosen {
        println!("==> {}", bench.shown());
        let new = bench.run()?;
        for figure in &new {
            println!(
                "    {}: {} ({})",
                figure.measure,
                figure.value,
                figure.outcome()
            );
        }
        figures.extend(new);
    }
    let table = table(&figures);
    println!("\n{table}");
    if args.record {
        fs::write(root.join(PAGE), page(&table, args.name.as_deref())?)
            .with_context(|| format!("cannot write {PAGE}"))?;
        println!("written to {PAGE}");
    }
    Ok(())
}

impl Bench {
    fn words(&self) -> Vec<&'static str> {
        let mut words = vec![
            "bench",
            "-p",
            self.package,
            "--bench",
            self.program,
            "--locked",
        ];
        if let Some(word) = self.word {
            words.extend(["--", word]);
        }
        words
    }

    /// The command as a person would type it.
    fn shown(&self) -> String {
        format!("cargo {}", self.words().join(" "))
    }

    fn run(&self) -> Result<Vec<Figure>> {
        let output = cargo()
            .args(self.words())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start {}", self.shown()))?;
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            bail!("{}: {}\n{text}", self.shown(), output.status);
        }
        let figures: Vec<Figure> = text.lines().filter_map(Figure::read).collect();
        if figures.is_empty() {
            bail!("{} told no figure", self.shown());
        }
        Ok(figures)
    }
}

impl Figure {
    /// One line of a benchmark's output; other lines are none.
    fn read(line: &str) -> Option<Self> {
        let told: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| told.get(key)?.as_str().map(str::to_owned);
        Some(Self {
            measure: text("measure")?,
            value: text("value")?,
            goal: text("goal")?,
            ratio: told.get("ratio").and_then(Value::as_f64),
            reached: told.get("reached").and_then(Value::as_bool),
        })
    }

    fn outcome(&self) -> &'static str {
        match self.reached {
            Some(true) => "reached",
            Some(false) => "NOT reached",
            None => "no target",
        }
    }
}

/// The figures as a table of markdown.
fn table(figures: &[Figure]) -> String {
    let mut table = String::from(
        "| measure | value | target, and floor of the same run | value over it | |\n| --- | --- | --- | --- | --- |\n",
    );
    for figure in figures {
        let ratio = figure
            .ratio
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let Figure {
            measure,
            value,
            goal,
            ..
        } = figure;
        let outcome = figure.outcome();
        // Writing to a text cannot fail.
        if writeln!(
            table,
            "| {measure} | {value} | {goal} | {ratio} | {outcome} |"
        )
        .is_err()
        {
            break;
        }
    }
    table
}

/// The page of results.
fn page(table: &str, name: Option<&str>) -> Result<String> {
    let command = ["cargo xtask bench --record", name.unwrap_or_default()];
    Ok(format!(
        "# Benchmarks\n\nOne run of `{}` on {}, on {}. Figures move with the machine; each stands beside a target, and \
        where there is one beside a floor that was measured or computed in the same run. What is measured, and how, \
        stands in the programs: `crates/sync-core/benches/plan.rs`, `crates/store/benches/upserts.rs`, \
        `crates/engine/benches/sync.rs`.\n\n{table}",
        command.join(" ").trim_end(),
        today()?,
        machine()
    ))
}

fn today() -> Result<String> {
    let output = std::process::Command::new("date")
        .args(["-u", "+%Y-%m-%d"])
        .output()
        .context("cannot run date")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Cores, processor and memory; no names of hosts.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let of = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let kib = of("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or_default();
    format!(
        "{cores} cores ({model}), {} GiB of memory",
        kib.div_ceil(1024 * 1024)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_is_a_figure_and_others_are_none() {
        let line = r#"{"measure":"m","value":"1 s","goal":"<= 2 s","ratio":0.5,"reached":true}"#;
        let figure = Figure::read(line).unwrap();
        assert_eq!((figure.ratio, figure.outcome()), (Some(0.5), "reached"));
        let open = r#"{"measure":"m","value":"1 s","goal":"-","ratio":null,"reached":null}"#;
        assert_eq!(Figure::read(open).unwrap().outcome(), "no target");
        assert_eq!(Figure::read("running 0 tests"), None);
        assert!(table(&[figure]).contains("| m | 1 s | <= 2 s | 0.50 | reached |"));
    }

    #[test]
    fn each_benchmark_is_a_program_of_its_crate() {
        let root = Workspace::load().unwrap().root;
        for bench in BENCHES {
            let file = format!("crates/{}/benches/{}.rs", bench.package, bench.program);
            assert!(root.join(&file).is_file(), "{file}");
        }
    }
}
