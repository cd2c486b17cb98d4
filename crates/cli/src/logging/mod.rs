//! Log lines on stderr, as text or JSON (`docs/logging.md`).

mod levels;
mod line;

use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{Layer as _, filter::filter_fn, layer::SubscriberExt as _};

use crate::{args::Global, failure::Failure};

use levels::{Levels, VARIABLE, WORDS};
use line::{Line, Lines};

/// Whether everything on stderr is JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// From now on every line on stderr is JSON, or none is.
pub(crate) fn as_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Whether every line on stderr is JSON.
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// The level after `-v` and `-q`.
fn level(configured: &str, global: &Global) -> LevelFilter {
    let start = WORDS
        .iter()
        .position(|(word, _)| *word == configured)
        .unwrap_or(2);
    let raised = start
        .saturating_add(usize::from(global.verbose))
        .saturating_sub(usize::from(global.quiet));
    WORDS
        .get(raised.min(WORDS.len() - 1))
        .map_or(LevelFilter::WARN, |(_, level)| *level)
}

/// The levels of all components: flags move the configured level, the variable wins.
fn levels(
    configured: &str,
    json: bool,
    global: &Global,
    variable: Option<&str>,
) -> Result<Levels, Failure> {
    let levels = Levels::all_at(level(configured, global), json);
    match variable {
        Some(words) => levels.with(words),
        None => Ok(levels),
    }
}

/// Begins to write log lines. `json` where the configuration or a flag asks for JSON.
pub(crate) fn start(configured: &str, json: bool, global: &Global) -> Result<(), Failure> {
    as_json(json);
    let variable = std::env::var(VARIABLE).ok();
    let levels = levels(configured, json, global, variable.as_deref())?;
    let lines = Lines { json }.with_filter(filter_fn(move |metadata| levels.wants(metadata)));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))
        .map_err(|error| Failure::usage(format!("cannot begin to log: {error}")))
}

/// What a command tells people, as JSON lines: one for each line that is not empty.
pub(crate) fn told(text: &str) -> std::io::Result<()> {
    let plain = anstream::adapter::strip_str(text).to_string();
    for line in plain.lines().map(str::trim).filter(|line| !line.is_empty()) {
        line::write(&Line::told(level_of(line), line.to_owned()), true)?;
    }
    Ok(())
}

/// How bad it is, by its first word.
fn level_of(line: &str) -> Level {
    let first = line.split_whitespace().next().unwrap_or_default();
    match first {
        "error:" => Level::ERROR,
        "warning:" => Level::WARN,
        _ => Level::INFO,
    }
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
        assert_eq!(level("warn", &global(0, 0)), LevelFilter::WARN);
        assert_eq!(level("warn", &global(2, 0)), LevelFilter::DEBUG);
        assert_eq!(level("warn", &global(9, 0)), LevelFilter::TRACE);
        assert_eq!(level("info", &global(0, 1)), LevelFilter::WARN);
        assert_eq!(level("warn", &global(0, 9)), LevelFilter::OFF);
    }

    #[test]
    fn the_variable_wins_and_is_checked() {
        let all = |level| Levels::all_at(level, false);
        let set = |variable| levels("warn", false, &global(0, 0), variable);
        assert_eq!(set(Some("info")).unwrap(), all(LevelFilter::INFO));
        assert_eq!(set(Some("")).unwrap(), all(LevelFilter::WARN));
        assert_eq!(set(None).unwrap(), all(LevelFilter::WARN));
        assert!(
            set(Some("engine=loud"))
                .unwrap_err()
                .what
                .contains(VARIABLE)
        );
    }
}
