//! The story: another process, `tests/letta/`, that asks for a restart of the server by a line on its stdout.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    process::{kill, wait},
    server::Letta,
};
use crate::test::now;

/// For all of it.
const WITHIN: Duration = Duration::from_mins(15);
/// For its end after its last line.
const END: Duration = Duration::from_secs(30);
/// What it prints to have the server restarted, and what it then reads.
const ASK: &str = "ask: restart Letta";
const DONE: &str = "done\n";
/// How its last line begins.
const TOLD: &str = "story: ";

/// Tells the story, and answers its last line, which counts its chapters.
pub(super) fn tell(story: &Path, hvs: &Path, letta: &mut Letta<'_>) -> Result<String> {
    let mut child = Command::new(story)
        .env("HVS_BIN", hvs)
        .env("STORY_LETTA_URL", letta.url())
        .env("STORY_LETTA_PASSWORD", letta.password())
        .env("INSTA_UPDATE", "no")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the story")?;
    let told = listen(&mut child, letta);
    if told.is_err() {
        // it may have ended by itself
        drop(kill(&mut child));
    }
    told.with_context(|| letta.tail())
}

fn listen(child: &mut Child, letta: &mut Letta<'_>) -> Result<String> {
    let mut answers = child.stdin.take().context("no input")?;
    let lines = lines(child.stdout.take().context("no output")?);
    let deadline = now() + WITHIN;
    let mut restarts = 0;
    let mut told = None;
    loop {
        let left = deadline.saturating_duration_since(now());
        match lines.recv_timeout(left) {
            Ok(line) if line == ASK => {
                letta.restart()?;
                restarts += 1;
                answers.write_all(DONE.as_bytes())?;
            }
            Ok(line) => {
                println!("    {line}");
                told = line.strip_prefix(TOLD).map(str::to_owned);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => bail!("the story took longer than {WITHIN:?}"),
        }
    }
    match wait(child, END)? {
        Some(status) if status.success() => {}
        Some(status) => bail!("the story ended with {status}"),
        None => bail!("the story does not end"),
    }
    // a story that ended early and well would have tested nothing
    match told {
        Some(told) if restarts > 0 => Ok(told),
        Some(_) | None => bail!("the story was not told to its end"),
    }
}

/// Its lines as they come; the channel closes with its output.
fn lines(out: impl Read + Send + 'static) -> Receiver<String> {
    let (to, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
