//! The configuration of hvs: `hvs.toml`, the environment and flags become one typed, checked [`Config`].
//!
//! - The file is named by `--config` or `HVS_CONFIG`, or is `hvs.toml` in the working directory, or
//!   `$XDG_CONFIG_HOME/hvs/hvs.toml` (`~/.config/hvs/hvs.toml`). None at all is fine.
//! - Later layers win, key by key: default, file, environment (`huly.http.rate` is `HVS_HULY_HTTP_RATE`; an empty
//!   variable counts as not set), flags. `status.to_vibe` and `project` are one key each: a variable holds them as TOML
//!   and replaces them as a whole.
//! - A secret comes from exactly one source: its key, `<key>_file`, the program `<key>_command`, a variable of these, or the credential `huly_token` or
//!   `huly_password` of the service manager (`$CREDENTIALS_DIRECTORY`).
//! - A relative path in the file starts at the file's directory, one in a variable at the working directory; `~/` is the home
//!   directory.
//! - Durations and sizes are texts with a unit: `"30 s"`, `"15m"`, `"16 MiB"`.
//!
//! [`load`] reports everything that is wrong at once, with file, line, column and the nearest name; only what is not TOML
//! stops it before. No secret is in any message, `Debug` or output of this module.
//!
//! ```
//! use cli::config::{Inputs, load};
//!
//! let directory = std::env::temp_dir();
//! let environment = [("HVS_STORE_PATH", "hvs.db"), ("HVS_SYNC_WORKERS", "3")].into_iter().collect();
//! let config = load(&Inputs { environment, directory, ..Inputs::default() })?;
//! assert_eq!(config.sync.workers, 3);
//! assert_eq!(config.origins.of("sync.workers").map(ToString::to_string).as_deref(), Some("HVS_SYNC_WORKERS"));
//! # Ok::<(), cli::config::ConfigError>(())
//! ```

mod bridge;
mod check;
mod choice;
mod describe;
#[cfg(test)]
mod docs;
mod document;
mod error;
mod filter;
mod inputs;
mod letta;
mod lists;
mod maps;
mod meanings;
mod model;
mod nearest;
mod origin;
mod program;
mod ranges;
mod reader;
mod schema;
mod secret;
mod sections;
mod show;
#[cfg(test)]
mod tests;
mod units;
mod unknown;
mod values;

use toml::de::DeTable;

pub use bridge::{BridgeServices, Way};
pub use check::Services;
pub(crate) use check::is_open;
pub use choice::{
    Category, Choice, Create, DeletePolicy, FieldDirection, FieldPolicy, HulyApi, LogFormat,
    LogLevel, Priority, VibeStatus,
};
pub use error::{ConfigError, Place, Problem};
pub use inputs::{Environment, Flag, Inputs};
pub use letta::{Deleted, Excluded, Form, Letta, Sink};
pub use model::{
    Breaker, Config, Credentials, FieldDirections, Fields, Filter, Guard, Http, Huly, Lease, Log,
    Project, RepoTemplate, Retention, Retry, Status, Store, SyncRun, Vibe,
};
pub(crate) use nearest::nearest;
pub use origin::{Entry, Origin, Origins};
pub use schema::{CONFIG_SCHEMA, SCHEMA_URL, schema};
pub use secret::Secret;

use document::Document;
use reader::Reader;

/// Finds, reads and checks the configuration. Reads files; writes nothing.
///
/// # Errors
///
/// Everything that is wrong with it (exit code 2, design section 8).
pub fn load(inputs: &Inputs) -> Result<Config, ConfigError> {
    let Some(document) = Document::find(inputs)? else {
        return read(Reader::new(inputs, None, None));
    };
    let (table, errors) = DeTable::parse_recoverable(&document.text);
    if !errors.is_empty() {
        return Err(not_toml(inputs, &document, &errors));
    }
    read(Reader::new(inputs, Some(&document), Some(table.get_ref())))
}

fn read(mut reader: Reader<'_>) -> Result<Config, ConfigError> {
    let config = reader.config();
    reader.refuse_unknown();
    // rules about several keys are told only when each of them could be read
    if reader.problems.is_empty() {
        reader.check(&config);
    }
    let mut problems = reader.problems;
    if problems.is_empty() {
        return Ok(config);
    }
    problems.sort_by_key(|problem| problem.place.order());
    problems.dedup();
    Err(ConfigError::of(problems))
}

/// What the parser could not read.
fn not_toml(inputs: &Inputs, document: &Document, errors: &[toml::de::Error]) -> ConfigError {
    // what the names are is known to whoever reads them; without a file there is nothing to be wrong
    let mut names = Reader::new(inputs, None, None);
    names.config();
    let is_name = |name: &str| {
        names
            .known
            .iter()
            .any(|key| key.rsplit('.').next() == Some(name))
    };
    let problems = errors
        .iter()
        .take(error::MOST_PROBLEMS)
        .map(|error| {
            let at = error.span().map_or(document.text.len(), |span| span.start);
            let what = format!("not TOML: {}", error.message());
            Problem::new(what, document.unread_place(at, is_name))
        })
        .collect();
    ConfigError::of(problems)
}
