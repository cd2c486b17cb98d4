//! `hvs config`.

use engine::report::Exit;

use crate::{
    args::Json,
    config::{self, Config},
    failure::Failure,
    output, words,
};

/// `hvs config show`.
pub(crate) fn show(config: &Config, Json { json }: Json) -> Result<Exit, Failure> {
    if json {
        output::json(&config.show_json())?;
    } else {
        let text = config.show_text();
        output::data(&words::clean_lines(&text))?;
    }
    Ok(Exit::Done)
}

/// `hvs config schema`: needs no configuration.
pub(crate) fn schema() -> Result<Exit, Failure> {
    output::json(&config::schema())?;
    Ok(Exit::Done)
}
