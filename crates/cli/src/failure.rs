//! How a command ends badly: what happened, its stable code, what to do, and the exit code.

use engine::report::Exit;
use sync_core::Side;

use crate::{codes, config::ConfigError, words};

/// Why a command could not do its work. Its `Display` is ready for a terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the process exits with.
    pub exit: Exit,
    /// What happened, in one line; several for a configuration, whose own form is kept.
    pub what: String,
    /// Stable code.
    pub code: Option<String>,
    /// The service that refused or could not be reached, where it is one.
    pub side: Option<Side>,
    /// What to do.
    pub hints: Vec<String>,
    /// The same for programs, where there is more than one line to tell.
    pub details: Option<serde_json::Value>,
}

impl Failure {
    /// A failure with an exit code.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            code: None,
            side: None,
            hints: Vec::new(),
            details: None,
        }
    }

    /// The command line asks for something that cannot be.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// With what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With a stable code, and the remedy that is known for it.
    #[must_use]
    pub(crate) fn code(mut self, code: &str) -> Self {
        self.what = codes::told_once(&self.what, code);
        self.hints.extend(codes::remedy(code));
        self.code = Some(code.to_owned());
        self
    }

    /// A service refused or could not be reached.
    pub(crate) fn service(side: Side, address: &url::Url, error: &engine::connect::Error) -> Self {
        let what = format!(
            "{} at {address} cannot be used: {}",
            side.title(),
            chain(error)
        );
        Self {
            side: Some(side),
            ..Self::new(Exit::Service, what).code(error.code())
        }
    }

    /// The place where agents live cannot be used as it is configured; nothing was asked of it.
    pub(crate) fn letta(error: &engine::connect::Error) -> Self {
        let what = format!("`letta.url` cannot be used: {}", chain(error));
        Self::usage(what).code(error.code())
    }

    /// The store refused or could not be read.
    pub(crate) fn store(error: &store::Error) -> Self {
        let what = match error {
            // it says so itself, and names the file
            store::Error::Open { .. } => chain(error),
            _ => format!("the store cannot be used: {}", chain(error)),
        };
        let exit = match error.code() {
            store::codes::STORE_AT_WORK => Exit::Lease,
            store::codes::STORE_ITSELF => Exit::Usage,
            _ => Exit::Service,
        };
        Self::new(exit, what).code(error.code())
    }

    /// One JSON document of the same.
    pub(crate) fn json(&self) -> serde_json::Value {
        let Self {
            exit,
            what,
            code,
            side: _,
            hints,
            details,
        } = self;
        let message = what.strip_prefix("error: ").unwrap_or(what);
        serde_json::json!({
            "error": { "message": message, "code": code, "hints": hints, "details": details },
            "exit_code": exit.code(),
        })
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        // problems are plain data: where they could not be written, the message has them all
        Self {
            details: serde_json::to_value(&error).ok(),
            ..Self::usage(error.to_string())
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::store(&error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = words::styled(words::BAD.bold(), "error:");
        match self.what.strip_prefix("error: ") {
            // a configuration's problems come ready, each with its place and hints
            Some(ready) => write!(f, "{error} {}", words::clean_lines(ready))?,
            None => write!(f, "{error} {}", words::clean(&self.what))?,
        }
        if let Some(code) = &self.code {
            write!(f, " [{}]", words::clean(code))?;
        }
        for (index, hint) in self.hints.iter().enumerate() {
            let gap = if index == 0 { "\n\n" } else { "\n" };
            write!(
                f,
                "{gap}{} {}",
                words::styled(words::HINT.bold(), "hint:"),
                words::clean(hint)
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// An error with its causes in one line, none told twice.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(failure: &Failure) -> String {
        anstream::adapter::strip_str(&failure.to_string()).to_string()
    }

    #[test]
    fn a_failure_tells_what_happened_its_code_and_what_to_do() {
        let failure = Failure::new(Exit::Service, "Huly cannot be used:\u{1b}[2J gone")
            .code(engine::codes::RUN_DEADLINE)
            .hint("b");
        assert_eq!(
            plain(&failure),
            "error: Huly cannot be used:\u{FFFD}[2J gone [RUN_DEADLINE]\n\n\
             hint: nothing: the next run starts with the projects that were not reached\nhint: b"
        );
        assert_eq!(failure.json()["exit_code"], 4);
    }

    #[test]
    fn the_ready_text_of_a_configuration_keeps_its_lines() {
        let failure =
            Failure::usage("error: unknown key `a`\n --> hvs.toml:1:1\nhint: leave it out");
        assert_eq!(
            plain(&failure),
            "error: unknown key `a`\n --> hvs.toml:1:1\nhint: leave it out"
        );
    }
}
