//! Ids that cannot be mixed up: `<kind>-<uuid>`, chosen by the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text is no id of the kind that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId(&'static str);

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}<uuid>", self.0)
    }
}

impl std::error::Error for NotAnId {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this value.
            pub fn new(value: Uuid) -> Self {
                Self(value)
            }

            /// The plain value, without the kind.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        /// As the server prints it: kind, hyphen, lower case with hyphens. Safe in a path.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let uuid = text.strip_prefix($prefix).and_then(|rest| rest.parse().ok());
                uuid.map(Self).ok_or(NotAnId($prefix))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

id! {
    /// The id of an agent.
    AgentId "agent-"
}
id! {
    /// The id of a memory block.
    BlockId "block-"
}
id! {
    /// The id of a folder; its older name, source, stays in the id.
    FolderId "source-"
}
id! {
    /// The id of a file in a folder.
    FileId "file-"
}
id! {
    /// The id of a tool.
    ToolId "tool-"
}
id! {
    /// The id of a run: an agent's work on a message.
    RunId "run-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_kind_and_a_uuid_and_nothing_else() {
        let text = "agent-1814be40-8f88-4113-9e5c-4f4056e1065f";
        let id: AgentId = text.parse().expect("an id");
        assert_eq!(id.to_string(), text);
        assert_eq!(AgentId::new(id.uuid()), id);
        assert_eq!(
            serde_json::from_value::<AgentId>(text.into()).ok(),
            Some(id)
        );
        assert_eq!(serde_json::to_value(id).ok(), Some(text.into()));
        assert!(text.parse::<BlockId>().is_err());
        for bad in [
            "",
            "agent-",
            "agent-local-1814be40-8f88-4113-9e5c-4f4056e1065f",
            "agent-../../blocks",
            "1814be40-8f88-4113-9e5c-4f4056e1065f",
        ] {
            let error = bad.parse::<AgentId>().expect_err(bad);
            assert_eq!(error.to_string(), "not an id of the form agent-<uuid>");
        }
    }
}
