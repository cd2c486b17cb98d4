//! The built program as a process, with a deadline and a clean environment.

use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::time::{Instant, sleep};

/// The longest that anything is waited for. Nothing takes nearly as long unless it hangs, on a slow and busy machine either.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);
/// Between two looks at what is waited for.
const TICK: Duration = Duration::from_millis(3);

/// The program under test.
pub(crate) fn hvs() -> PathBuf {
    built("hvs", "HVS_BIN", "cargo build -p cli")
}

/// The same with points at which it ends (`crates/cli/src/fail_points`).
pub(crate) fn hvs_fail_points() -> PathBuf {
    let command = "cargo build -p cli --features fail-points --bin hvs-fail-points";
    built("hvs-fail-points", "HVS_FAIL_POINTS_BIN", command)
}

/// A program that a variable names, else the one that cargo put where it builds in the tests' profile.
fn built(name: &str, variable: &str, command: &str) -> PathBuf {
    let path = std::env::var_os(variable).map_or_else(|| beside(name), PathBuf::from);
    assert!(
        path.is_file(),
        "there is no program to test at `{}`: `cargo xtask test` builds it, or `{command}`, or set {variable}",
        path.display()
    );
    path
}

fn beside(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Waits until something holds; what it was is told if it never does.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        sleep(TICK).await;
    }
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    words: String,
    out: Pipe,
    err: Pipe,
}

/// What a process printed so far, read as it comes.
#[derive(Debug)]
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// What was run.
    pub(crate) words: String,
    /// Exit code; none for a signal.
    pub(crate) code: Option<i32>,
    /// What it printed on stdout.
    pub(crate) out: String,
    /// What it printed on stderr.
    pub(crate) err: String,
}

impl Process {
    /// Starts a command whose arguments are all set; it inherits no variable.
    pub(crate) fn start(command: &mut Command) -> Process {
        let words = command
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Pipe::of(child.stdout.take().unwrap());
        let err = Pipe::of(child.stderr.take().unwrap());
        Process {
            child,
            words: format!("hvs {words}"),
            out,
            err,
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it as `kill -9` does: it can do nothing about it.
    pub(crate) fn kill(&mut self) {
        // it may have ended by itself a moment ago
        drop(self.child.kill());
    }

    /// Sends a signal, such as `STOP` or `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("/bin/sh")
            .args(["-c", &format!("kill -{name} {}", self.child.id())])
            .status()
            .unwrap();
        assert!(status.success(), "kill -{name}: {status}");
    }

    /// The id by which the system knows it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has told something on stderr so many times: what a test waits for is never guessed by a time.
    pub(crate) async fn tells(&self, times: usize, text: &str) {
        until(&format!("{} tells `{text}`", self.words), || {
            self.err.so_far().matches(text).count() >= times
        })
        .await;
    }

    /// The same for stdout.
    pub(crate) async fn prints(&self, times: usize, text: &str) {
        until(&format!("{} prints `{text}`", self.words), || {
            self.out.so_far().matches(text).count() >= times
        })
        .await;
    }

    /// Waits for its end.
    pub(crate) async fn wait(mut self) -> Ran {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break Some(status);
            }
            if Instant::now() > deadline {
                self.kill();
                break None;
            }
            sleep(TICK).await;
        };
        let ran = Ran {
            words: self.words.clone(),
            code: status.and_then(|status| status.code()),
            out: self.out.whole(),
            err: self.err.whole(),
        };
        assert!(status.is_some(), "no end after {PATIENCE:?}: {ran}");
        ran
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // reaped, so that none is left behind
        drop(self.child.wait());
    }
}

impl Pipe {
    fn of(mut from: impl Read + Send + 'static) -> Pipe {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut part = [0; 4096];
            loop {
                match from.read(&mut part).unwrap() {
                    0 => return,
                    count => into.lock().unwrap().extend_from_slice(&part[..count]),
                }
            }
        });
        Pipe {
            bytes,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All of it, once the process has ended.
    fn whole(&mut self) -> String {
        self.reader.take().unwrap().join().unwrap();
        String::from_utf8(std::mem::take(&mut *self.bytes.lock().unwrap())).unwrap()
    }
}

impl Ran {
    /// Holds it to an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Holds stderr to these texts.
    #[track_caller]
    pub(crate) fn tells(self, parts: &[&str]) -> Ran {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is not told by {self}");
        }
        self
    }

    /// Holds stdout to these texts.
    #[track_caller]
    pub(crate) fn prints(self, parts: &[&str]) -> Ran {
        for part in parts {
            assert!(self.out.contains(part), "`{part}` is not printed by {self}");
        }
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ran {
            words,
            code,
            out,
            err,
        } = self;
        write!(
            f,
            "`{words}`, which ended with {code:?}\n-- stdout\n{out}\n-- stderr\n{err}"
        )
    }
}
