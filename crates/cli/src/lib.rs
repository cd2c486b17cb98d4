//! The command line of hvs: arguments, configuration, output, exit codes. No sync logic is decided here.
//!
//! - [`config`]: `hvs.toml`, environment and flags become one checked value.
//! - `args`: what is typed; `command`: one module per command; `output` and `words`: what is printed.
//! - `settings` maps the configuration onto the engine's settings; `connect` puts an engine together.

pub mod config;

mod args;
mod codes;
mod command;
mod connect;
#[cfg(feature = "fail-points")]
mod fail_points;
mod failure;
mod logging;
mod output;
mod settings;
mod signals;
mod version;
mod words;

use std::{io::Write, panic::PanicHookInfo, process::ExitCode, time::Duration};

use clap::Parser;
use engine::report::Exit;

/// How long work that nobody waits for may take to end.
const SHUTDOWN: Duration = Duration::from_millis(200);

/// The declaration of the command line: what man pages and completions are made of.
pub fn command_line() -> clap::Command {
    <args::Args as clap::CommandFactory>::command()
}

/// The whole program: reads the command line, does what it says, answers with an exit code of design section 8.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(told_as_a_bug));
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let usage = error.use_stderr();
            // help that nobody reads to its end is no error
            drop(error.print());
            return ExitCode::from(if usage {
                Exit::Usage.code()
            } else {
                Exit::Done.code()
            });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure =
                failure::Failure::new(Exit::Bug, format!("the program cannot start: {error}"));
            drop(output::tell(&failure.to_string()));
            return ExitCode::from(failure.exit.code());
        }
    };
    let exit = runtime.block_on(command::run(args));
    runtime.shutdown_timeout(SHUTDOWN);
    ExitCode::from(exit.code())
}

/// A panic is a bug, whichever thread it happens on: told as one, and the end. What was journaled is settled by the next run.
fn told_as_a_bug(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    let text = bug(what, &place);
    // nothing is left to be told where stderr is gone
    drop(writeln!(std::io::stderr().lock(), "{text}"));
    std::process::exit(i32::from(Exit::Bug.code()));
}

/// What is told of a bug.
fn bug(what: Option<&str>, place: &str) -> String {
    format!(
        "error: this is a bug of hvs {}: {}{place}\n\n\
         hint: please report it with these lines; no harm is done: `hvs reconcile` settles what was under way",
        env!("CARGO_PKG_VERSION"),
        words::short(what.unwrap_or("a panic without words"), 500),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_as_a_bug_with_its_place_and_ends_with_1() {
        let text = bug(Some("index out of\nbounds \u{1b}[2J"), " at src/a.rs:3:4");
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(
            "error: this is a bug of hvs {version}: index out of bounds \u{FFFD}[2J at src/a.rs:3:4\n\nhint: please report"
        );
        assert!(text.starts_with(&head), "{text}");
        assert!(bug(None, "").contains("a panic without words"));
        assert_eq!(Exit::Bug.code(), 1);
    }
}
