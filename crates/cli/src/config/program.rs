//! A program that prints a secret: `<key>_command`. No shell; a deadline; its output is never logged.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use crate::words;

use super::units::{show_duration, show_size};

/// How long it may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// How often it is looked whether it has ended.
const STEP: Duration = Duration::from_millis(10);
/// How much of its stderr is read, in bytes, and how much is shown, in characters.
const MOST_WORDS: u64 = 4 << 10;
const SHOWN_WORDS: usize = 300;

/// A program and its arguments. Its `Debug` shows the program only: an argument may say too much.
#[derive(Clone)]
pub(super) struct Program {
    /// The program, as it was written; without a `/` it is looked for in `PATH`.
    pub(super) name: String,
    /// What it is given.
    pub(super) arguments: Vec<String>,
    /// Where it works, and where a relative path with a `/` starts.
    pub(super) directory: PathBuf,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Runs it, and gives what it printed on stdout. The error follows the name of the key in a message; it holds nothing of
    /// stdout.
    ///
    /// At the deadline the program is killed; a program of its own that it leaves behind is not waited for.
    pub(super) fn output(&self, deadline: Duration, most: u64) -> Result<Vec<u8>, String> {
        let mut child = self.start().map_err(|error| {
            format!(
                "cannot be had: `{}` cannot be started: {error}",
                self.shown()
            )
        })?;
        let stdout = child.stdout.take().map(|pipe| reading(pipe, most + 1));
        let stderr = child.stderr.take().map(|pipe| reading(pipe, MOST_WORDS));
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err("cannot be had: the program has no output".to_owned());
        };
        let ended = wait(&mut child, &stdout, &stderr, deadline);
        // one that has ended cannot be killed again: no matter
        drop(child.kill());
        drop(child.wait());
        let Ended { status, out, words } = ended.map_err(|error| {
            format!(
                "cannot be had: `{}` cannot be waited for: {error}",
                self.shown()
            )
        })?;
        let (Some(status), Some(out)) = (status, out) else {
            return Err(format!(
                "cannot be had: `{}` took longer than {}{}",
                self.shown(),
                show_duration(deadline),
                said(&words)
            ));
        };
        if !status.success() {
            return Err(format!(
                "cannot be had: `{}` ended with {status}{}",
                self.shown(),
                said(&words)
            ));
        }
        if out.len() as u64 > most {
            return Err(format!(
                "has more than {} from `{}`",
                show_size(most),
                self.shown()
            ));
        }
        Ok(out)
    }

    fn shown(&self) -> String {
        words::short(&self.name, 100)
    }

    fn start(&self) -> io::Result<Child> {
        let program = if self.name.contains('/') {
            self.directory.join(&self.name)
        } else {
            Path::new(&self.name).to_owned()
        };
        Command::new(program)
            .args(&self.arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

/// What is known when it is no longer waited for; nothing where it did not come in time.
struct Ended {
    status: Option<ExitStatus>,
    out: Option<Vec<u8>>,
    words: Vec<u8>,
}

/// Reads a pipe to its end on a thread of its own, and keeps the first `most` bytes: a full pipe would hold the program up.
fn reading(mut pipe: impl Read + Send + 'static, most: u64) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let read = (&mut pipe)
            .take(most)
            .read_to_end(&mut kept)
            .and_then(|_| io::copy(&mut pipe, &mut io::sink()))
            .map(|_| kept);
        // nobody listens after the deadline
        drop(sender.send(read));
    });
    receiver
}

/// Waits for the end of the program and of its output, in steps: there is no waiting for both at once.
fn wait(
    child: &mut Child,
    stdout: &Receiver<io::Result<Vec<u8>>>,
    stderr: &Receiver<io::Result<Vec<u8>>>,
    deadline: Duration,
) -> io::Result<Ended> {
    let steps = deadline.as_millis() / STEP.as_millis();
    let mut ended = Ended {
        status: None,
        out: None,
        words: Vec::new(),
    };
    for _ in 0..=steps {
        if ended.out.is_none() {
            match stdout.recv_timeout(STEP) {
                Ok(out) => ended.out = Some(out?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        } else if ended.status.is_none() {
            thread::sleep(STEP);
        }
        ended.status = child.try_wait()?;
        if ended.status.is_some() && ended.out.is_some() {
            break;
        }
    }
    // what it said comes with its end, or not at all
    if let Ok(Ok(words)) = stderr.recv_timeout(STEP) {
        ended.words = words;
    }
    Ok(ended)
}

/// What the program said on stderr, in one line without control characters.
fn said(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        String::new()
    } else {
        format!(": {}", words::short(&line, SHOWN_WORDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, directory: &Path) -> Program {
        Program {
            name: "sh".to_owned(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            directory: directory.to_owned(),
        }
    }

    fn output(script: &str) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        sh(script, directory.path())
            .output(DEADLINE, 1 << 10)
            .map(|out| String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_it_prints_is_what_it_gives() {
        assert_eq!(output("echo a; echo noise >&2"), Ok("a\n".to_owned()));
        assert_eq!(output("cat"), Ok(String::new()), "there is no stdin");
    }

    #[test]
    fn a_program_that_fails_is_told_with_what_it_said_and_without_what_it_printed() {
        assert_eq!(
            output("echo canary; printf 'no\\033[2J such\\n key' >&2; exit 3").unwrap_err(),
            "cannot be had: `sh` ended with exit status: 3: no\u{FFFD}[2J such key"
        );
        let long = output("head -c 9000 /dev/zero | tr '\\0' x >&2; exit 1").unwrap_err();
        assert!(long.len() < 400, "{}", long.len());
    }

    #[test]
    fn a_program_that_does_not_exist_is_told() {
        let program = Program {
            name: "./no-such-program".to_owned(),
            arguments: vec!["canary".to_owned()],
            directory: "/".into(),
        };
        let said = program.output(DEADLINE, 1).unwrap_err();
        assert!(
            said.starts_with("cannot be had: `./no-such-program` cannot be started: "),
            "{said}"
        );
        assert!(!format!("{program:?}{said}").contains("canary"));
    }

    #[test]
    fn a_program_that_prints_without_end_is_cut_off_at_the_deadline_or_the_size() {
        assert_eq!(
            output("head -c 5000 /dev/zero").unwrap_err(),
            "has more than 1 KiB from `sh`"
        );
        let endless = sh("exec cat /dev/zero", Path::new("/"));
        let said = endless.output(Duration::from_millis(200), 1 << 10);
        assert_eq!(
            said.unwrap_err(),
            "cannot be had: `sh` took longer than 200 ms"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn at_the_deadline_the_program_is_killed() {
        let directory = tempfile::tempdir().unwrap();
        let program = sh("echo $$ > pid; exec sleep 600", directory.path());
        // long enough for a busy machine to have written the number
        let said = program.output(Duration::from_secs(2), 10).unwrap_err();
        assert_eq!(said, "cannot be had: `sh` took longer than 2 s");
        let pid = std::fs::read_to_string(directory.path().join("pid")).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }

    #[test]
    fn a_child_that_holds_the_output_open_does_not_outlast_the_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let program = sh("sleep 20 & echo a", directory.path());
        assert!(program.output(Duration::from_millis(300), 10).is_err());
    }
}
