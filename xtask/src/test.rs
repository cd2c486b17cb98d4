//! `cargo xtask test`: everything the README promises, one step after the other; the first failure ends it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::{
    counts::Counts,
    letta, simulate, tidy,
    workspace::{Workspace, cargo},
};

/// Triples of base, Huly and Vibe that the laws are checked over in the full run. Tests read `HVS_CASES`.
const CASES_FULL: &str = "2000000";
/// The same for the inner loop.
const CASES_FAST: &str = "2000";

/// What is simulated (docs/reliability.md): steps and flags of `cargo xtask simulate`. The nightly run does more of each.
const SIMULATIONS: [(&str, &[&str]); 3] = [
    ("schedules", &["--seeds", "2000", "--twice", "200"]),
    ("every poll", &["--polls"]),
    ("sabotage", &["--sabotage", "4", "--seeds", "20000"]),
];

/// The one feature of ours: what it adds is linted, too.
const FAIL_POINTS_CLIPPY: [&str; 9] = [
    "clippy",
    "-p",
    "cli",
    "--features",
    "fail-points",
    "--locked",
    "--",
    "-D",
    "warnings",
];

/// Flags of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The inner loop: fmt, clippy, tidy and tests with few generated cases
    #[arg(long)]
    fast: bool,
    /// Only this: hvs against a real Letta server, which is installed from pypi.org, started on loopback, stopped and removed
    #[arg(long, conflicts_with = "fast")]
    letta: bool,
    /// Where that server is installed, and left for the next run; as root, a directory that everybody may read
    #[arg(long, requires = "letta", value_name = "DIRECTORY")]
    cache: Option<PathBuf>,
}

/// One thing to do, with the name it is reported under.
struct Step {
    name: &'static str,
    action: Action,
}

enum Action {
    /// `cargo` with these words and this environment.
    Cargo(Vec<&'static str>, Vec<(&'static str, &'static str)>),
    /// [`tidy::run`], in this process.
    Tidy,
    /// The tests, with the built `hvs` for those that run it as a process.
    Tests { cases: &'static str },
}

/// Runs the steps; the last line of its output counts the tests.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = Workspace::load()?.root;
    std::env::set_current_dir(&root).context("cannot enter the workspace")?;
    if args.letta {
        return letta::run(args.cache.as_deref());
    }
    let mut all = Counts::default();
    let mut took = Vec::new();
    let begin = now();
    for step in steps(args.fast) {
        println!("==> {}: {}", step.name, step.action.shown());
        let started = now();
        let outcome = step.action.run();
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(counts) => all = all.and(counts),
            Err(error) => {
                return Err(error.context(format!(
                    "step {} failed after {seconds:.1} s; alone: {}",
                    step.name,
                    step.action.shown()
                )));
            }
        }
        println!("    {} ok in {seconds:.1} s\n", step.name);
        took.push(format!("{} {seconds:.0} s", step.name));
    }
    println!("steps: {}", took.join(", "));
    println!(
        "ok: {all}, {} steps in {}",
        took.len(),
        minutes(begin.elapsed())
    );
    Ok(())
}

/// The steps in order: cheap ones first, so that a slip is told at once.
fn steps(fast: bool) -> Vec<Step> {
    let step = |name, action| Step { name, action };
    let words = |words: &[&'static str]| Action::Cargo(words.to_vec(), Vec::new());
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    let cases = if fast { CASES_FAST } else { CASES_FULL };
    let mut steps = vec![
        step("fmt", words(&["fmt", "--all", "--check"])),
        step("clippy", words(&clippy)),
        step("clippy of fail points", words(&FAIL_POINTS_CLIPPY)),
        step("tidy", Action::Tidy),
        step("tests", Action::Tests { cases }),
    ];
    if !fast {
        steps.push(step(
            "doctests",
            words(&["test", "--workspace", "--doc", "--locked"]),
        ));
        for (name, flags) in SIMULATIONS {
            steps.push(step(name, words(&[&simulate::COMMAND, flags].concat())));
        }
        steps.push(step(
            "docs",
            Action::Cargo(
                vec!["doc", "--workspace", "--no-deps", "--locked"],
                vec![("RUSTDOCFLAGS", "-D warnings")],
            ),
        ));
    }
    steps
}

impl Action {
    /// The command as a person would type it.
    fn shown(&self) -> String {
        match self {
            Self::Cargo(words, env) => {
                let mut shown: Vec<_> = env
                    .iter()
                    .map(|(name, value)| format!("{name}=\"{value}\""))
                    .collect();
                shown.push(format!("cargo {}", words.join(" ")));
                shown.join(" ")
            }
            Self::Tidy => "cargo xtask tidy".to_owned(),
            Self::Tests { cases } => format!("HVS_CASES={cases} cargo {}", runner().join(" ")),
        }
    }

    fn run(&self) -> Result<Counts> {
        match self {
            Self::Cargo(words, env) => watch(cargo().args(words).envs(env.iter().copied())),
            Self::Tidy => tidy::run(&tidy::Args {}).map(|()| Counts::default()),
            Self::Tests { cases } => {
                let hvs = build_hvs()?;
                let hvs_fail_points = build_hvs_fail_points()?;
                let mut tests = cargo();
                tests
                    .args(runner())
                    .env("HVS_CASES", cases)
                    // a snapshot that differs is a failure, never a new file
                    .env("INSTA_UPDATE", "no")
                    .env("HVS_BIN", hvs)
                    .env("HVS_FAIL_POINTS_BIN", hvs_fail_points);
                watch(&mut tests)
            }
        }
    }
}

/// nextest where it is installed, else what every cargo has.
fn runner() -> Vec<&'static str> {
    let nextest = cargo()
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if nextest {
        vec!["nextest", "run", "--workspace", "--locked"]
    } else {
        vec![
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--locked",
        ]
    }
}

/// Builds `hvs` and says where it is.
pub(crate) fn build_hvs() -> Result<PathBuf> {
    build(&["-p", "cli"], "hvs")
}

/// Builds `hvs` with points at which it ends, and says where it is. Only the crate `cli` is built once more for it.
pub(crate) fn build_hvs_fail_points() -> Result<PathBuf> {
    let name = "hvs-fail-points";
    build(
        &["-p", "cli", "--features", "fail-points", "--bin", name],
        name,
    )
}

/// Builds what `--letta` tells, and says where it is.
pub(crate) fn build_story() -> Result<PathBuf> {
    build(&["-p", "hvs-tests", "--example", "letta"], "letta")
}

fn build(what: &[&str], name: &str) -> Result<PathBuf> {
    let shown = what.join(" ");
    let output = cargo()
        .arg("build")
        .args(what)
        .args(["--locked", "--message-format=json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run cargo build {shown}"))?;
    if !output.status.success() {
        bail!("cargo build {shown}: {}", output.status);
    }
    String::from_utf8(output.stdout)?
        .lines()
        .find_map(|line| executable(line, name))
        .with_context(|| format!("cargo build {shown} made no {name}"))
}

/// The path of a program in one line of cargo's messages.
fn executable(line: &str, wanted: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    let path = message.get("executable")?.as_str()?;
    (name == wanted).then(|| PathBuf::from(path))
}

/// Runs a command, passing its output on line by line and reading the runner's summaries from it.
pub(crate) fn watch(command: &mut Command) -> Result<Counts> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start it")?;
    let out = child.stdout.take().context("no output")?;
    let err = child.stderr.take().context("no output")?;
    let other = thread::spawn(move || pass_on(err, io::stderr()));
    let mut counts = pass_on(out, io::stdout())?;
    let other = other
        .join()
        .map_err(|_| anyhow!("the reader of its output ended early"))??;
    counts = counts.and(other);
    let status = child.wait()?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(counts)
}

fn pass_on(from: impl Read, mut to: impl Write) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        counts.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    to.flush()?;
    Ok(counts)
}

pub(crate) fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "steps are timed for people; no run of hvs depends on it"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fast: bool) -> Vec<&'static str> {
        steps(fast).iter().map(|step| step.name).collect()
    }

    #[test]
    fn the_full_run_has_all_steps_and_the_fast_one_those_of_the_inner_loop() {
        assert_eq!(
            names(false),
            [
                "fmt",
                "clippy",
                "clippy of fail points",
                "tidy",
                "tests",
                "doctests",
                "schedules",
                "every poll",
                "sabotage",
                "docs"
            ]
        );
        assert_eq!(
            names(true),
            ["fmt", "clippy", "clippy of fail points", "tidy", "tests"]
        );
    }

    #[test]
    fn a_step_is_shown_as_it_would_be_typed() {
        let shown: Vec<_> = steps(false)
            .iter()
            .map(|step| step.action.shown())
            .collect();
        assert_eq!(shown[0], "cargo fmt --all --check");
        assert_eq!(
            shown[6],
            "cargo run --quiet --locked --profile simulation --package sim --example simulate -- --seeds 2000 --twice 200"
        );
        assert_eq!(
            shown[9],
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --locked"
        );
    }

    #[test]
    fn the_built_program_is_found_in_the_messages_of_cargo() {
        let hvs =
            r#"{"reason":"compiler-artifact","target":{"name":"hvs"},"executable":"/t/debug/hvs"}"#;
        let library = r#"{"reason":"compiler-artifact","target":{"name":"hvs"},"executable":null}"#;
        assert_eq!(executable(hvs, "hvs"), Some(PathBuf::from("/t/debug/hvs")));
        assert_eq!(executable(library, "hvs"), None);
        assert_eq!(executable("warning: words", "hvs"), None);
    }

    #[test]
    fn output_is_passed_on_whole_and_a_failing_command_fails_the_step() {
        let mut passed = Vec::new();
        let counts = pass_on(
            &b"a\xff\ntest result: ok. 2 passed; 0 failed\nend"[..],
            &mut passed,
        )
        .unwrap();
        assert_eq!(passed, b"a\xff\ntest result: ok. 2 passed; 0 failed\nend");
        assert_eq!(counts.passed, 2);
        let error = watch(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("exit status"), "{error}");
    }
}
