//! What the pages show of a terminal is what the program prints.
//!
//! A fenced block of the language `console` is a transcript: a line that begins with `$ ` is typed, what stands below it is what
//! stdout and stderr show. Ids, times, durations, counts of calls and the width of columns may differ; a line `…` stands for any
//! lines. With `HVS_UPDATE_DOCS=1` the tests write what they saw into the page.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

use regex::Regex;
use tempfile::TempDir;

use crate::process::{PATIENCE, Process, hvs, until};

/// Stands for any lines.
const ANY: &str = "…";
/// Where pages say that their commands are typed.
const SHOWN_HOME: &str = "~/boards";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_path_buf()
}

/// A page and what was found of its transcripts.
#[derive(Debug)]
pub(crate) struct Page {
    path: PathBuf,
    name: String,
    lines: Vec<String>,
    seen: Vec<(Step, Vec<String>)>,
}

/// One command of a transcript.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// As it is typed.
    pub(crate) command: String,
    /// The lines below it.
    output: Range<usize>,
    /// What stands before each line of the block.
    indent: String,
}

impl Page {
    /// Reads a page by its path from the root.
    pub(crate) fn read(name: &str) -> Page {
        let path = root().join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page {
            path,
            name: name.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            seen: Vec::new(),
        }
    }

    /// The commands in their order. A page that is tested has some.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let steps = steps(&self.lines);
        assert!(!steps.is_empty(), "{}: no transcript", self.name);
        steps
    }

    /// Notes what a command printed.
    pub(crate) fn saw(&mut self, step: &Step, output: &str) {
        let lines = output.lines().map(str::trim_end).map(str::to_owned);
        self.seen.push((step.clone(), lines.collect()));
    }

    /// Holds one command of the page to what a test made it print, in a world of its own.
    #[track_caller]
    pub(crate) fn shows(mut self, command: &str, output: &str) {
        let steps = self.steps().into_iter();
        let own: Vec<Step> = steps.filter(|step| step.command == command).collect();
        let [step] = &own[..] else {
            panic!("{}: `{command}` is expected once", self.name);
        };
        self.saw(step, output);
        self.holds();
    }

    /// Fails where the page shows something else, or writes it into the page if that is asked for.
    #[track_caller]
    pub(crate) fn holds(mut self) {
        let mut differences = String::new();
        // from the end, so that the places of the others stay
        for (step, seen) in std::mem::take(&mut self.seen).into_iter().rev() {
            let shown = self.shown(&step);
            if fits(&shown, &seen) {
                continue;
            }
            let Step {
                command,
                output,
                indent,
            } = &step;
            differences = format!(
                "{}:{}: `{command}` prints\n{}\n{differences}",
                self.name,
                output.start,
                seen.join("\n")
            );
            let fresh = shortened(&shown, seen).into_iter();
            let fresh = fresh.map(|line| format!("{indent}{line}").trim_end().to_owned());
            self.lines.splice(output.clone(), fresh);
        }
        if differences.is_empty() {
            return;
        }
        assert!(
            std::env::var_os("HVS_UPDATE_DOCS").is_some(),
            "{differences}\nHVS_UPDATE_DOCS=1 writes it into the page"
        );
        fs::write(&self.path, format!("{}\n", self.lines.join("\n"))).unwrap();
    }

    fn shown(&self, step: &Step) -> Vec<String> {
        let lines = self.lines[step.output.clone()].iter();
        let without = |line: &String| {
            let inner = line.strip_prefix(&step.indent).unwrap_or(line);
            inner.trim_end().to_owned()
        };
        lines.map(without).collect()
    }
}

fn steps(lines: &[String]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside: Option<String> = None;
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        match &inside {
            None if text == "```console" => inside = Some(indent.to_owned()),
            None => {}
            Some(_) if text == "```" => inside = None,
            Some(indent) => {
                let inner = line.strip_prefix(indent.as_str()).unwrap_or(line);
                if let Some(command) = inner.strip_prefix("$ ") {
                    steps.push(Step {
                        command: command.to_owned(),
                        output: at + 1..at + 1,
                        indent: indent.clone(),
                    });
                } else if let Some(step) = steps.last_mut() {
                    step.output.end = at + 1;
                }
            }
        }
    }
    steps
}

/// Whether the lines of a page stand for the lines that were seen.
fn fits(shown: &[String], seen: &[String]) -> bool {
    let [shown, seen] = [shown, seen].map(|lines| lines.iter().map(|line| plain(line)).collect());
    let (shown, seen): (Vec<String>, Vec<String>) = (shown, seen);
    match shown.iter().position(|line| line == ANY) {
        None => shown == seen,
        Some(at) => {
            let (head, tail) = (&shown[..at], &shown[at + 1..]);
            head.len() + tail.len() <= seen.len() && seen.starts_with(head) && seen.ends_with(tail)
        }
    }
}

/// What was seen, with as many lines left out as the page leaves out.
fn shortened(shown: &[String], seen: Vec<String>) -> Vec<String> {
    let Some(at) = shown.iter().position(|line| line == ANY) else {
        return seen;
    };
    let tail = shown.len() - at - 1;
    if at + tail >= seen.len() {
        return seen;
    }
    let mut lines = seen[..at].to_vec();
    lines.push(ANY.to_owned());
    lines.extend_from_slice(&seen[seen.len() - tail..]);
    lines
}

/// What may differ from run to run, with what stands for it.
static UNSTEADY: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
        // a page may shorten one
        (r"\b[0-9a-f]{4}…", "<id>"),
        (r"\b[0-9a-f]{12,64}\b", "<hash>"),
        (r"\b[0-9a-f]{8}\b", "<row>"),
        (r"\buid-\d+@\S+", "<who>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"\b\d+(\.\d+)? (ms|s|min)\b( ago)?", "<while>"),
        (r"\b\d+ calls\b", "<n> calls"),
        (r"^(Huly|Vibe)( +ok +)\d+", "$1$2<n>"),
        // columns are as wide as what stands in them
        (r"  +", "  "),
    ]
    .map(|(pattern, stands)| (Regex::new(pattern).unwrap(), stands))
    .into()
});

fn plain(line: &str) -> String {
    let mut line = line.trim_end().to_owned();
    for (pattern, stands) in UNSTEADY.iter() {
        line = pattern.replace_all(&line, *stands).into_owned();
    }
    line
}

/// A directory and servers in which the commands of one page run, one after the other.
#[derive(Debug)]
struct Terminal {
    home: TempDir,
    servers: Vec<Server>,
    /// What the page shows in place of what is there.
    shown: Vec<(String, String)>,
}

/// Simulated servers, ended when they are dropped.
#[derive(Debug)]
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Runs every transcript of a page in one terminal and holds the page to it.
pub(crate) async fn follow(name: &str) {
    let mut page = Page::read(name);
    let mut terminal = Terminal::new();
    for step in page.steps() {
        let output = if step.command.starts_with("hvs sim serve") {
            terminal.serve(&step.command).await
        } else {
            terminal.run(&step.command, name).await
        };
        page.saw(&step, &terminal.as_shown(&output));
    }
    page.holds();
}

impl Terminal {
    fn new() -> Terminal {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(hvs(), home.path().join("bin/hvs")).unwrap();
        fs::create_dir(home.path().join("work")).unwrap();
        // as the program sees it, symbolic links resolved
        let work = home.path().join("work").canonicalize().unwrap();
        let shown = vec![(work.display().to_string(), SHOWN_HOME.to_owned())];
        Terminal {
            home,
            servers: Vec::new(),
            shown,
        }
    }

    fn command(&self, program: &str) -> Command {
        let bin = self.home.path().join("bin").display().to_string();
        let work = self.home.path().join("work");
        let mut command = Command::new(program);
        command
            .current_dir(&work)
            .env_clear()
            .env("HOME", &work)
            .env("TMPDIR", &work)
            .env("PATH", format!("{bin}:/usr/local/bin:/usr/bin:/bin"));
        command
    }

    /// Runs a command of the page to its good end; answers with all it printed.
    async fn run(&self, command: &str, page: &str) -> String {
        let mut typed = command.to_owned();
        for (there, shown) in self.shown.iter().skip(1) {
            typed = typed.replace(shown, there);
        }
        let script = format!("exec 2>&1\n{typed}");
        let ran = Process::start(self.command("/bin/sh").args(["-c", &script]));
        let ran = ran.wait().await;
        assert_eq!(ran.code, Some(0), "{page}: `{command}`: {ran}");
        ran.out
    }

    /// Starts the servers of `hvs sim serve` on free ports; answers with what they printed.
    async fn serve(&mut self, command: &str) -> String {
        let output = self
            .home
            .path()
            .join(format!("serve-{}", self.servers.len()));
        let file = fs::File::create(&output).unwrap();
        let mut ports = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for word in command.trim_end_matches('&').split_whitespace().skip(1) {
            let is_port = words.last().is_some_and(|last| last.ends_with("-port"));
            if is_port {
                ports.push(word.to_owned());
            }
            words.push(if is_port { "0" } else { word }.to_owned());
        }
        let server = self
            .command("hvs")
            .args(&words)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        self.servers.push(Server(server));
        let printed = || fs::read_to_string(&output).unwrap();
        let what = format!("`{command}` serves ({PATIENCE:?})");
        until(&what, || printed().contains("ends the servers\n")).await;
        let address = Regex::new(r"127\.0\.0\.1:\d+").unwrap();
        let printed = printed();
        let mut there: Vec<&str> = address
            .find_iter(&printed)
            .map(|found| found.as_str())
            .collect();
        there.dedup();
        for (there, shown) in there.into_iter().zip(ports) {
            let pair = (there.to_owned(), format!("127.0.0.1:{shown}"));
            self.shown.push(pair);
        }
        printed
    }

    /// Output with the page's ports and directory.
    fn as_shown(&self, output: &str) -> String {
        let mut output = output.to_owned();
        for (there, shown) in &self.shown {
            output = output.replace(there, shown);
        }
        output
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn commands_and_their_output_are_told_apart() {
    let page = lines(
        "a\n1. b\n   ```console\n   $ one\n   x\n     y\n   $ two\n   ```\n```sh\n$ no\n```\n",
    );
    let steps = steps(&page);
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.command.as_str(), step.output.clone()))
        .collect();
    assert_eq!(told, [("one", 4..6), ("two", 7..7)]);
}

#[test]
fn what_differs_from_run_to_run_is_no_difference_and_all_else_is() {
    let page = lines(
        "run 30f7dec6-d061-4d2f-9906-469d8d2d8d8f\nat 2026-11-21T14:37:10Z\na  b\n19 ms ago, 102 calls",
    );
    let run = lines(
        "run 11111111-d061-4d2f-9906-469d8d2d8d8f\nat 2027-01-01T00:00:00.5Z\na      b\n2 s ago, 7 calls",
    );
    assert!(fits(&page, &run));
    assert!(!fits(&lines("3 created"), &lines("4 created")));
    assert!(!fits(&lines("one"), &lines("one\ntwo")));
}

#[test]
fn a_page_may_leave_lines_out_in_one_place() {
    let page = lines("one\n…\nlast");
    let run = lines("one\ntwo\nthree\nlast");
    assert!(fits(&page, &run));
    assert!(!fits(&page, &lines("one\ntwo\nother")));
    assert!(!fits(&lines("one\n…\none"), &lines("one")));
    let other = lines("uno\ndos\ntres\nquatro");
    assert_eq!(shortened(&page, other), lines("uno\n…\nquatro"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transcript_of_getting_started_is_what_a_new_user_sees() {
    follow("docs/getting-started.md").await;
}
