//! Other people's programs: each with a deadline, its output in a file, and its end by its id.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::test::now;

/// Between two looks at a process.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(20);
/// Lines of a log that are shown after a failure.
const TAIL: usize = 60;
/// `nobody`, and its group: for a program that refuses to be run by root.
const NOBODY: &str = "65534";

/// Who a program runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// Who runs us.
    Same,
    /// `nobody`, where root runs us.
    NotRoot,
}

/// Whether root runs us.
pub(super) fn is_root() -> Result<bool> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot run id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// Has a program as `user`. On Linux it ends with us, however we end.
pub(super) fn program(path: impl AsRef<Path>, user: User) -> Result<Command> {
    let path = path.as_ref();
    let as_nobody = user == User::NotRoot && is_root()?;
    if !cfg!(target_os = "linux") {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("setpriv");
    if as_nobody {
        command.arg(format!("--reuid={NOBODY}"));
        command.arg(format!("--regid={NOBODY}"));
        command.arg("--clear-groups");
    }
    command.arg("--pdeathsig=TERM").arg("--").arg(path);
    Ok(command)
}

/// Gives a directory to the user that [`User::NotRoot`] means.
pub(super) fn give_away(directory: &Path) -> Result<()> {
    if !is_root()? {
        return Ok(());
    }
    let status = Command::new("chown")
        .arg(format!("{NOBODY}:{NOBODY}"))
        .arg(directory)
        .status()?;
    if !status.success() {
        bail!("chown {}: {status}", directory.display());
    }
    Ok(())
}

/// Runs a command to its end; what it printed is shown if it fails or takes too long.
pub(super) fn finish(command: &mut Command, within: Duration, log: &Path) -> Result<()> {
    let words = words(command);
    let mut child = spawn(command, log)?;
    let status = wait(&mut child, within)?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{words}`: {status}\n{}", tail(log)),
        None => {
            kill(&mut child)?;
            bail!("`{words}` took longer than {within:?}\n{}", tail(log))
        }
    }
}

/// A server of others. It ends with this value.
#[derive(Debug)]
pub(super) struct Running {
    name: &'static str,
    /// What asks it to end.
    signal: &'static str,
    child: Child,
    log: PathBuf,
}

impl Running {
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        signal: &'static str,
        log: PathBuf,
    ) -> Result<Self> {
        let child = spawn(command, &log)?;
        Ok(Self {
            name,
            signal,
            child,
            log,
        })
    }

    /// Waits until something holds of it; its log is shown if it ends before, or if it takes too long.
    pub(super) fn until(
        &mut self,
        within: Duration,
        mut holds: impl FnMut() -> bool,
    ) -> Result<()> {
        let name = self.name;
        let deadline = now() + within;
        while !holds() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended: {status}\n{}", tail(&self.log));
            }
            if now() > deadline {
                bail!("{name} is not there after {within:?}\n{}", tail(&self.log));
            }
            thread::sleep(TICK);
        }
        Ok(())
    }

    /// The end of what it printed.
    pub(super) fn tail(&self) -> String {
        tail(&self.log)
    }

    /// Asks it to end, and sees to it that it does.
    pub(super) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let asked = Command::new("kill")
            .args(["-s", self.signal, &self.child.id().to_string()])
            .status()?;
        if asked.success() && wait(&mut self.child, GRACE)?.is_some() {
            return Ok(());
        }
        println!("    {} did not end when asked: it is killed", self.name);
        kill(&mut self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            println!("    {} may still run: {error:#}", self.name);
        }
    }
}

fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    let words = words(command);
    let out = OpenOptions::new().create(true).append(true).open(log);
    let out: File = out.with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stderr(out.try_clone()?)
        .stdout(out)
        .spawn()
        .with_context(|| format!("cannot start `{words}`"))
}

/// Waits for a process; `None` where it takes longer.
pub(super) fn wait(child: &mut Child, within: Duration) -> Result<Option<ExitStatus>> {
    let deadline = now() + within;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if now() > deadline {
            return Ok(None);
        }
        thread::sleep(TICK);
    }
}

/// Ends a process at once, and reaps it.
pub(super) fn kill(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    let shown = lines.get(from..).unwrap_or_default().join("\n");
    format!("-- the end of {}\n{shown}", log.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("hvs-xtask-{name}-{}", std::process::id()))
    }

    fn shell(line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    }

    #[test]
    fn a_command_that_fails_or_hangs_is_told_with_the_end_of_what_it_printed() {
        let log = log("finish");
        let second = Duration::from_secs(1);
        finish(&mut shell("true"), second * 60, &log).unwrap();
        let failed = finish(&mut shell("seq 100; exit 3"), second * 60, &log).unwrap_err();
        let failed = failed.to_string();
        assert!(failed.contains("exit status: 3"), "{failed}");
        assert!(
            failed.contains("\n100") && !failed.contains("\n40\n"),
            "{failed}"
        );
        let hung = finish(&mut shell("exec sleep 60"), second, &log).unwrap_err();
        assert!(hung.to_string().contains("took longer than 1s"), "{hung}");
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_server_is_waited_for_and_ends_when_it_is_asked_or_dropped() {
        let log = log("running");
        let start =
            |line: &str| Running::start("it", &mut shell(line), "TERM", log.clone()).unwrap();
        let mut times = 0;
        let mut ready = start("exec sleep 60");
        ready
            .until(Duration::from_mins(1), || {
                times += 1;
                times > 2
            })
            .unwrap();
        ready.stop().unwrap();
        let mut gone = start("echo why; exit 4");
        let error = gone.until(Duration::from_mins(1), || false).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
        let dropped = start("exec sleep 60");
        let id = dropped.child.id();
        drop(dropped);
        let alive = Command::new("kill")
            .args(["-0", &id.to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!alive.success(), "{id} runs on");
        fs::remove_file(log).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_refuses_root_is_run_by_nobody() {
        let log = log("user");
        let minute = Duration::from_mins(1);
        let mut id = program("id", User::NotRoot).unwrap();
        finish(id.arg("-u"), minute, &log).unwrap();
        let same = fs::read_to_string(&log).unwrap();
        assert_ne!(same.trim(), "0");
        fs::remove_file(log).unwrap();
    }
}
