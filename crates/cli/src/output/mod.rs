//! What is printed: data on stdout, everything else on stderr.

pub(crate) mod check;
pub(crate) mod conflicts;
pub(crate) mod db;
pub(crate) mod dlq;
#[cfg(test)]
mod fixtures;
pub(crate) mod given_up;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod letta;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod project;
pub(crate) mod queue;
pub(crate) mod reconcile;
pub(crate) mod report;
pub(crate) mod screen;
pub(crate) mod status;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod trouble;
pub(crate) mod unlink;
pub(crate) mod watch;

use std::io::{self, Write};

use engine::report::Exit;
use serde::Serialize;

use crate::{failure::Failure, logging, words};

/// Prints a line (or several) of data on stdout. Colours are taken out where nobody sees them (`NO_COLOR`, a file, a pipe).
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    finish(writeln!(anstream::stdout().lock(), "{text}"), "stdout")
}

/// Prints a document as JSON on stdout.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    print_json(words::json(document))
}

/// Prints a document as one line of JSON on stdout, for a command that prints many.
pub(crate) fn json_line(document: &impl Serialize) -> Result<(), Failure> {
    print_json(words::json_line(document))
}

fn print_json(text: Result<String, serde_json::Error>) -> Result<(), Failure> {
    let text = text.map_err(|error| {
        Failure::new(
            Exit::Bug,
            format!("the answer cannot be written as JSON: {error}"),
        )
    })?;
    finish(writeln!(io::stdout().lock(), "{text}"), "stdout")
}

/// Tells people something on stderr; as lines of the log where that is JSON.
pub(crate) fn tell(text: &str) -> Result<(), Failure> {
    let written = if logging::is_json() {
        logging::told(text)
    } else {
        screen::above(|stderr| writeln!(stderr, "{text}"))
    };
    finish(written, "stderr")
}

/// A reader that went away (`| head`) has what it wanted; anything else is told.
fn finish(written: io::Result<()>, where_to: &str) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::usage(format!(
            "cannot write to {where_to}: {error}"
        ))),
        Ok(()) | Err(_) => Ok(()),
    }
}
