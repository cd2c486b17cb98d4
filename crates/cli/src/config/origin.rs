//! Where each value came from.

use std::{fmt, path::PathBuf};

use serde::Serialize;
use serde_json::Value;

/// Where a value came from; the later ones win over the earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "from")]
pub enum Origin {
    /// Nobody said it.
    Default,
    /// A line of the file.
    File {
        /// The file as it was found.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// A credential of the service manager (`$CREDENTIALS_DIRECTORY`).
    Credential {
        /// Its name.
        name: String,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// Its name, with the dashes.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Credential { name } => write!(f, "credential {name}"),
            Self::Environment { name } | Self::Flag { name } => f.write_str(name),
        }
    }
}

/// One effective value as it may be shown: secrets are `[set]` here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The key with its sections: `huly.http.read_timeout`, `status.to_vibe."In Review"`, `project.0.repo`.
    pub key: String,
    /// The value; `null` where none is set.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// Every effective value with its origin, in the order of the documentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Origins {
    pub(super) entries: Vec<Entry>,
}

impl Origins {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Where the value of one key came from; `None` for a key that does not exist.
    pub fn of(&self, key: &str) -> Option<&Origin> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.origin)
    }
}
