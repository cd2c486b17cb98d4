//! A Letta server in memory: agents, their memory blocks, folders, and the rules of the self-hosted API.
//!
//! The model answers as the recorded server 0.16.8 answered, and where it is told to be an older one, as that did. It
//! knows no HTTP: typed rows go out ([`AgentView`], [`Block`], [`Folder`]), refusals are [`Refusal`]s that carry the
//! server's own words. Nothing in it is unique but what is said to be: a label within one agent, a folder's name.

mod agents;
mod attach;
mod blocks;
mod files;
mod folders;
mod messages;
mod model;
mod models;
mod page;
mod rows;
mod shown;
mod tools;

pub use agents::{AgentFilter, AgentUpdate, NewAgent};
pub use blocks::{BlockFilter, BlockUpdate, NewBlock};
pub use files::{Duplicate, NewFile, SourceFile};
pub use folders::{Folder, FolderUpdate, NewFolder};
pub use messages::{Message, Turn};
pub use model::{Agent, Block, LettaModel};
pub use models::{EmbeddingModel, LanguageModel};
pub use page::{Order, Page};
pub use rows::{
    agent_row, block_row, embedding_row, file_row, folder_row, memory_row, message_row, model_row,
    run_row, tool_row, turn_row,
};
pub use shown::{AgentView, Group, Relation};
pub use tools::Tool;

use serde::{Deserialize, Serialize};

/// Which release of the server this is; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// The last release of the V1 server; what was recorded.
    pub const V0_16_8: Self = Self(0, 16, 8);
    /// The last one that refuses values over a block's limit; recorded for that.
    pub const V0_16_6: Self = Self(0, 16, 6);
    /// Without tags on blocks.
    pub const V0_16_1: Self = Self(0, 16, 1);

    /// Whether blocks have tags; an older server drops them without a word.
    pub fn has_block_tags(self) -> bool {
        self >= Self(0, 16, 4)
    }

    /// Whether a value over its block's limit is refused; since 0.16.7 the limit is advice.
    pub fn refuses_over_limit(self) -> bool {
        self <= Self::V0_16_6
    }

    /// Characters of a block that is made without a limit.
    pub fn default_limit(self) -> u64 {
        if self >= Self::V0_16_6 {
            100_000
        } else {
            20_000
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Why the server refused something, with its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 400: the request cannot be carried out as it is.
    #[error("{0}")]
    Invalid(String),
    /// 422: a field has no fitting value. The words are a Python value, not JSON.
    #[error("{0}")]
    Unprocessable(String),
    /// 409: another write of the same block came between. To be tried again.
    #[error("{0}")]
    LostRace(String),
    /// 409: the label or name is taken. It will be so for ever.
    #[error("{0}")]
    Taken(String),
    /// 415: a file of a kind that is not taken.
    #[error("{0}")]
    Unsupported(String),
    /// 500, though the fault may be the caller's: a bad name, a negative limit.
    #[error("{0}")]
    Broken(String),
    /// 500 with an `error` object: the provider of the model could not be reached.
    #[error("{0}")]
    Provider(String),
}

impl Refusal {
    /// The HTTP status that goes with it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 400,
            Self::NotFound(_) => 404,
            Self::LostRace(_) | Self::Taken(_) => 409,
            Self::Unsupported(_) => 415,
            Self::Unprocessable(_) => 422,
            Self::Broken(_) | Self::Provider(_) => 500,
        }
    }

    /// What the database layer says of a row that is not there.
    pub(crate) fn no_row(table: &str, id: &str) -> Self {
        Self::NotFound(format!(
            "{table} not found with id='['{id}']', access level in ['read'] for actor='id='{USER}' \
             organization_id='{ORGANIZATION}' name='default_user' created_at=None updated_at=datetime.datetime(2026, \
             11, 21, 7, 21, 22, 238168, tzinfo=datetime.timezone.utc) is_deleted=False'"
        ))
    }

    /// What the database layer says of a broken constraint.
    pub(crate) fn duplicate(table: &str, constraint: &str, key: &str) -> Self {
        Self::Taken(format!(
            "A unique constraint was violated for {table}. Check your input for duplicates: \
             (sqlalchemy.dialects.postgresql.asyncpg.IntegrityError) <class \
             'asyncpg.exceptions.UniqueViolationError'>: duplicate key value violates unique constraint \
             \"{constraint}\"\nDETAIL:  Key {key} already exists."
        ))
    }
}

/// The one user of a self-hosted server.
pub(crate) const USER: &str = "user-00000000-0000-4000-8000-000000000000";
/// The one organisation of a self-hosted server.
pub(crate) const ORGANIZATION: &str = "org-00000000-0000-4000-8000-000000000000";
