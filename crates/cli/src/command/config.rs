//! `hvs config`.

use engine::report::Exit;

use crate::{
    args::{self, Json},
    config::Config,
    failure::Failure,
    output, words,
};

/// `hvs config show`.
pub(crate) fn run(config: &Config, command: &args::Config) -> Result<Exit, Failure> {
    let args::Config::Show(Json { json }) = command;
    if *json {
        output::json(&config.show_json())?;
    } else {
        let text = config.show_text();
        output::data(&words::clean_lines(&text))?;
    }
    Ok(Exit::Done)
}
