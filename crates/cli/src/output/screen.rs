//! stderr, shared by what is told, log lines and the line of progress: that one is taken away before anything else is written.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether a line of progress stands on the terminal.
static DRAWN: AtomicBool = AtomicBool::new(false);
/// One writer at a time.
static TURN: Mutex<()> = Mutex::new(());

/// To the line's beginning, and nothing to the right of it.
const WIPE: &str = "\r\u{1b}[2K";
/// Columns of a terminal that does not tell how many it has.
const USUAL: usize = 80;

/// Writes lines to stderr, colours taken out where nobody sees them.
pub(crate) fn above(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stderr = anstream::stderr().lock();
    if DRAWN.swap(false, Ordering::Relaxed) {
        io::stderr().lock().write_all(WIPE.as_bytes())?;
    }
    write(&mut stderr)
}

/// Puts the line of progress on the terminal, in place of the one before; an empty one takes it away.
pub(crate) fn progress(line: &str) -> io::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stderr = io::stderr().lock();
    if DRAWN.swap(!line.is_empty(), Ordering::Relaxed) || !line.is_empty() {
        write!(stderr, "{WIPE}{line}")?;
        stderr.flush()?;
    }
    Ok(())
}

/// Whether somebody may watch stderr.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// How many columns data may take: the terminal's, or as many as it likes where stdout is a file or a pipe.
pub(crate) fn columns() -> Option<usize> {
    io::stdout()
        .is_terminal()
        .then(|| measured(terminal_size::terminal_size_of(io::stdout())))
}

/// How many columns the line of progress may take.
pub(crate) fn progress_columns() -> usize {
    measured(terminal_size::terminal_size_of(io::stderr()))
}

fn measured(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    size.map_or(USUAL, |(terminal_size::Width(columns), _)| {
        usize::from(columns)
    })
    .max(20)
}
