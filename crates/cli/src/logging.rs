//! Log lines on stderr. What is meant for people at the end of a command is no log line.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

use crate::{args::Global, failure::Failure};

/// The variable with a whole filter (`info,engine=debug`), for those who look for something. Wins over level and flags.
pub(crate) const VARIABLE: &str = "HVS_LOG";

/// The levels, quietest first.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Which of [`LEVELS`], after `-v` and `-q`.
fn level(configured: &str, global: &Global) -> &'static str {
    let start = LEVELS
        .iter()
        .position(|level| *level == configured)
        .unwrap_or(2);
    let raised = start
        .saturating_add(usize::from(global.verbose))
        .saturating_sub(usize::from(global.quiet));
    LEVELS
        .get(raised.min(LEVELS.len() - 1))
        .copied()
        .unwrap_or("warn")
}

/// The filter: ours at the level, the libraries below us one step quieter and never louder than `info`.
fn filter(level: &str, variable: Option<&str>) -> Result<EnvFilter, Failure> {
    if let Some(words) = variable.filter(|words| !words.trim().is_empty()) {
        return EnvFilter::try_new(words).map_err(|error| {
            Failure::usage(format!("{VARIABLE} is no log filter: {error}")).hint(format!(
                "write a level, or a list such as {VARIABLE}=info,engine=debug"
            ))
        });
    }
    let below = match level {
        "off" => "off",
        "debug" | "trace" => "info",
        _ => "warn",
    };
    let ours = [
        "hvs",
        "cli",
        "engine",
        "store",
        "sync_core",
        "huly_client",
        "vibe_client",
        "http_kit",
        "sim",
    ];
    let words = ours.iter().fold(below.to_owned(), |words, name| {
        format!("{words},{name}={level}")
    });
    EnvFilter::try_new(words).map_err(|error| Failure::usage(error.to_string()))
}

/// Begins to write log lines. `json` where the configuration asks for JSON.
pub(crate) fn start(configured: &str, json: bool, global: &Global) -> Result<(), Failure> {
    let filter = filter(
        level(configured, global),
        std::env::var(VARIABLE).ok().as_deref(),
    )?;
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colour)
        // a reader of stderr that went away is no reason to end: the library would tell it on stderr, and panic
        .log_internal_errors(false);
    let started = if json {
        builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    } else {
        builder.try_init()
    };
    started.map_err(|error| Failure::usage(format!("cannot begin to log: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(verbose: u8, quiet: u8) -> Global {
        Global {
            verbose,
            quiet,
            ..Global::default()
        }
    }

    #[test]
    fn flags_move_the_configured_level() {
        assert_eq!(level("warn", &global(0, 0)), "warn");
        assert_eq!(level("warn", &global(2, 0)), "debug");
        assert_eq!(level("warn", &global(9, 0)), "trace");
        assert_eq!(level("info", &global(0, 1)), "warn");
        assert_eq!(level("warn", &global(0, 9)), "off");
    }

    #[test]
    fn the_variable_wins_and_is_checked() {
        let shown = |level, variable| filter(level, variable).map(|filter| filter.to_string());
        assert_eq!(shown("warn", Some("info")).unwrap(), "info");
        assert!(shown("warn", Some("")).unwrap().contains("engine=warn"));
        assert!(
            shown("warn", Some("engine=loud"))
                .unwrap_err()
                .to_string()
                .contains("HVS_LOG")
        );
    }
}
