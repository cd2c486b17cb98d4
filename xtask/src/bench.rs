//! `cargo xtask bench`: the figures of design section 7, each against a floor or target of the same run. A figure that is
//! not reached fails nothing: only a benchmark that breaks does.

mod machine;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, process::Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{Workspace, cargo};

/// Where results are kept.
const PAGE: &str = "docs/performance.md";
/// Where those of a disaster are kept.
const RECOVERY: &str = "docs/recovery.md";
/// The figures stand between these; what is around them is written by people.
const MARKERS: (&str, &str) = ("<!-- figures: begin -->", "<!-- figures: end -->");

/// Flags of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one: plan, digest, store, first, backfill, quiet, letta, rebuild, status, table
    name: Option<String>,
    /// Of the table only the size with so many projects: 10, 50, 100, 200
    size: Option<String>,
    /// Write the results with date, commit, machine and command into docs/performance.md, those of `rebuild` into docs/recovery.md
    #[arg(long)]
    write_docs: bool,
}

/// A benchmark: its name, its crate, its program, and the word that program is told.
struct Bench {
    name: &'static str,
    package: &'static str,
    program: &'static str,
    word: Option<&'static str>,
}

/// It runs the released program, which is built first.
const STATUS: &str = "status";
/// Its figures stand beside the commands that they are of.
const REBUILD: &str = "rebuild";
/// It may be told one of its sizes.
const TABLE: &str = "table";

const BENCHES: &[Bench] = &[
    Bench {
        name: "plan",
        package: "sync-core",
        program: "plan",
        word: None,
    },
    Bench {
        name: "digest",
        package: "sync-core",
        program: "digest",
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
        name: "backfill",
        package: "engine",
        program: "sync",
        word: Some("backfill"),
    },
    Bench {
        name: "quiet",
        package: "engine",
        program: "sync",
        word: Some("quiet"),
    },
    Bench {
        name: "letta",
        package: "engine",
        program: "sync",
        word: Some("letta"),
    },
    Bench {
        name: REBUILD,
        package: "engine",
        program: "sync",
        word: Some(REBUILD),
    },
    Bench {
        name: STATUS,
        package: "engine",
        program: "sync",
        word: Some(STATUS),
    },
    Bench {
        name: TABLE,
        package: "engine",
        program: "sync",
        word: Some(TABLE),
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
    let mut pages: BTreeMap<&str, Vec<Figure>> = BTreeMap::new();
    for bench in chosen {
        let more = bench.more(args.size.as_deref())?;
        println!("==> {}", bench.shown(&more));
        let new = bench.run(&more)?;
        for figure in &new {
            println!(
                "    {}: {} ({})",
                figure.measure,
                figure.value,
                figure.outcome()
            );
        }
        pages.entry(bench.page()).or_default().extend(new);
    }
    for (page, figures) in pages {
        let table = table(&figures);
        println!("\n{table}");
        if args.write_docs {
            write(&root, page, &told(&table, args)?)?;
        }
    }
    Ok(())
}

fn write(root: &Path, page: &str, told: &str) -> Result<()> {
    let path = root.join(page);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {page}"))?;
    let text = between_markers(&text, told).with_context(|| page.to_owned())?;
    fs::write(&path, text).with_context(|| format!("cannot write {page}"))?;
    println!("written to {page}");
    Ok(())
}

/// The page with other figures between its markers.
fn between_markers(page: &str, figures: &str) -> Result<String> {
    let (begin, end) = MARKERS;
    let parts = page
        .split_once(begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else {
        bail!("the page has not both of {begin} and {end}");
    };
    Ok(format!("{before}{begin}\n{figures}{end}{after}"))
}

impl Bench {
    /// Where its figures are kept.
    fn page(&self) -> &'static str {
        match self.name {
            REBUILD => RECOVERY,
            _ => PAGE,
        }
    }

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

    /// What the program is told besides: a size, or the program that it measures.
    fn more(&self, size: Option<&str>) -> Result<Vec<String>> {
        match (self.name, size) {
            (STATUS, _) => Ok(vec![released()?]),
            (TABLE, Some(size)) => Ok(vec![size.to_owned()]),
            (_, _) => Ok(Vec::new()),
        }
    }

    /// The command as a person would type it.
    fn shown(&self, more: &[String]) -> String {
        let words = self.words();
        let more = more.iter().map(String::as_str);
        let all: Vec<&str> = words.into_iter().chain(more).collect();
        format!("cargo {}", all.join(" "))
    }

    fn run(&self, more: &[String]) -> Result<Vec<Figure>> {
        let output = cargo()
            .args(self.words())
            .args(more)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start {}", self.shown(more)))?;
        let text = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            bail!("{}: {}\n{text}", self.shown(more), output.status);
        }
        let figures: Vec<Figure> = text.lines().filter_map(Figure::read).collect();
        if figures.is_empty() {
            bail!("{} told no figure", self.shown(more));
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
        let (measure, value, goal) = (&figure.measure, &figure.value, &figure.goal);
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

/// The figures with when, of what, where and how they were measured.
fn told(table: &str, args: &Args) -> Result<String> {
    let name = args.name.as_deref().unwrap_or_default();
    let size = args.size.as_deref().unwrap_or_default();
    let command = format!("cargo xtask bench {name} {size} --write-docs");
    let command: Vec<&str> = command.split_whitespace().collect();
    Ok(format!(
        "\nOne run of `{}` on {}, of commit {}, on {}.\n\n{table}\n",
        command.join(" "),
        today()?,
        commit()?,
        machine::told()
    ))
}

/// The released program, built.
fn released() -> Result<String> {
    let words = [
        "build",
        "--release",
        "--locked",
        "-p",
        "cli",
        "--message-format=json",
    ];
    let output = cargo()
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot build hvs")?;
    if !output.status.success() {
        bail!("cargo {}: {}", words.join(" "), output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    let program = text.lines().find_map(|line| {
        let told: Value = serde_json::from_str(line).ok()?;
        told.get("executable")?.as_str().map(str::to_owned)
    });
    program.context("cargo told of no program")
}

fn commit() -> Result<String> {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output()
        .context("cannot run git")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn today() -> Result<String> {
    let output = std::process::Command::new("date")
        .args(["-u", "+%Y-%m-%d"])
        .output()
        .context("cannot run date")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
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
    fn figures_replace_only_what_stands_between_the_markers() {
        let (begin, end) = MARKERS;
        let page = format!("# Top\n{begin}\nold\n{end}\nbelow\n");
        let new = between_markers(&page, "new\n").unwrap();
        assert_eq!(new, format!("# Top\n{begin}\nnew\n{end}\nbelow\n"));
        assert!(between_markers("# Top\n", "new\n").is_err());
    }

    #[test]
    fn each_page_has_a_place_for_its_figures() {
        let root = Workspace::load().unwrap().root;
        for page in BENCHES.iter().map(Bench::page) {
            let text = fs::read_to_string(root.join(page)).unwrap();
            between_markers(&text, "").unwrap();
        }
    }

    #[test]
    fn each_benchmark_is_a_program_of_its_crate() {
        let root = Workspace::load().unwrap().root;
        for bench in BENCHES {
            let program = format!("crates/{}/benches/{}", bench.package, bench.program);
            let files = [format!("{program}.rs"), format!("{program}/main.rs")];
            let is_there = files.iter().any(|file| root.join(file).is_file());
            assert!(is_there, "{program}");
        }
    }
}
