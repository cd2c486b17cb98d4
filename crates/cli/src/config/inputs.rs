//! What the configuration is made from, besides the file: environment, flags, the working directory.

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf};

/// Everything that [`load`](super::load) looks at.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The file named by `--config`.
    pub file: Option<PathBuf>,
    /// Values given by flags; they win over everything.
    pub flags: Vec<Flag>,
    /// The environment.
    pub environment: Environment,
    /// The working directory, absolute.
    pub directory: PathBuf,
}

impl Inputs {
    /// The environment and working directory of this process.
    ///
    /// Fails where the working directory is gone.
    pub fn from_process(file: Option<PathBuf>, flags: Vec<Flag>) -> std::io::Result<Self> {
        Ok(Self {
            file,
            flags,
            environment: Environment::from_process(),
            directory: std::env::current_dir()?,
        })
    }
}

/// A value given by a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The flag as it is typed: `--workers`.
    pub name: String,
    /// The key that it sets: `sync.workers`. Secrets have no flags: a command line can be read by everyone.
    pub key: String,
    /// The value, as in an environment variable.
    pub value: String,
}

/// The variables that matter, by name. Its `Debug` shows names only: values may be secrets.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

/// Variables that are no keys but say where things are.
const PLACES: &[&str] = &[
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "HOME",
    "CREDENTIALS_DIRECTORY",
];

impl Environment {
    /// The variables of this process.
    pub fn from_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    /// The value of a variable; one that is empty counts as not set. `Some(Err(()))` where it is not Unicode.
    pub(super) fn get(&self, name: &str) -> Option<Result<&str, NotUnicode>> {
        let value = self.variables.get(name).filter(|value| !value.is_empty())?;
        Some(value.to_str().ok_or(NotUnicode))
    }

    /// A directory named by a variable, where it is absolute (the XDG rules ignore others).
    pub(super) fn directory(&self, name: &str) -> Option<PathBuf> {
        self.variables
            .get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    /// The names of all variables that could be keys.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with("HVS_"))
    }
}

/// A variable's value is not Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotUnicode;

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(name, _): &(String, OsString)| {
                name.starts_with("HVS_") || PLACES.contains(&name.as_str())
            })
            .collect();
        Self { variables }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_kept_and_values_are_not_printed() {
        let environment: Environment = [
            ("HVS_HULY_TOKEN", "canary"),
            ("PATH", "/bin"),
            ("HOME", "/h"),
            ("HVS_EMPTY", ""),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            format!("{environment:?}"),
            r#"{"HOME", "HVS_EMPTY", "HVS_HULY_TOKEN"}"#
        );
        assert_eq!(environment.get("HVS_EMPTY"), None);
        assert_eq!(environment.get("HVS_HULY_TOKEN"), Some(Ok("canary")));
        assert_eq!(environment.directory("HOME"), Some(PathBuf::from("/h")));
    }
}
