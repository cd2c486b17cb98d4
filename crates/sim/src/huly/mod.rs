//! A Huly workspace in memory: accounts, documents, transactions, history, blobs, live descriptions.
//!
//! The model answers as the recorded server (0.7.422, PostgreSQL) answered; where that is surprising the item says so.
//! It knows no HTTP: [`Session`]s come in, JSON documents and [`Error`]s go out.

mod account;
mod apply;
mod bridge;
mod classes;
mod collab;
mod contacts;
mod find;
mod history;
mod lookup;
mod model;
mod person;
mod query;
mod rank;
mod table;
mod token;
mod tx;

pub use account::{Account, AccountError, Mode, Role, SocialId, WORKSPACE_VERSION};
pub use bridge::{Asked, BridgeIssue, BridgeProject, Create, Fields, Missing, priority_number};
pub use collab::{CollabError, DocName};
pub use find::{Find, FindOptions, Ordered};
pub use model::{Blob, Bookkeeping, Huly, Workspace};
pub use person::{IssueView, NewIssue, NewStatus, ProjectView};
pub use token::TokenError;

use serde_json::{Map, Value};

/// A document, a transaction or a part of one.
pub type Doc = Map<String, Value>;

/// Who is asking: an account with a token for this workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account's uuid.
    pub account: String,
    /// Its social ids; the first is the primary one (the `huly` one, not the e-mail one that `login` names).
    pub social_ids: Vec<String>,
    /// Its role in the workspace.
    pub role: Role,
}

impl Session {
    /// The social id that `modifiedBy` carries.
    pub fn primary(&self) -> &str {
        self.social_ids.first().map_or("", String::as_str)
    }
}

/// Why the transactor refused a request. The text is the wire's `error`; every one of them comes with status 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The class has no table.
    #[error("domain not found: {0} ")]
    DomainNotFound(String),
    /// A transaction lacks a field or has one of a wrong type.
    #[error("ERROR: platform:status:BadRequest {{}}")]
    BadRequest,
    /// `modifiedBy` is not one of the session's own social ids.
    #[error("ERROR: platform:status:AccountMismatch {{\"account\":\"{0}\"}}")]
    AccountMismatch(String),
    /// A document with this id is there already.
    #[error("duplicate key value violates unique constraint \"{0}_pkey\"")]
    Duplicate(&'static str),
    /// The account's role may not do it.
    #[error("ERROR: platform:status:Forbidden {{}}")]
    Forbidden,
    /// A query that the database cannot carry out, in its words.
    #[error("{0}")]
    Sql(String),
}

/// Text of a field, `""` where it is missing or no text.
pub(crate) fn text<'a>(doc: &'a Doc, field: &str) -> &'a str {
    doc.get(field).and_then(Value::as_str).unwrap_or("")
}
