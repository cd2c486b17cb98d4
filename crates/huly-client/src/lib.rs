//! The Huly platform API: typed only for what a sync needs.
//!
//! Wire types and calls, no decisions and no common model. What shapes it:
//!
//! - Only projects whose `members` contain the account can be read; elsewhere a list is empty with status 200. See
//!   [`types::Project::has_member`] before an empty list is believed.
//! - Fields that equal a plain value of the query are cut out of the answer; [`find::Find::read`] puts them back.
//! - A success proves no effect: an update asks for the document afterwards, see [`update::UpdateOutcome`].
//! - Conditions count only under a scope, so [`tx::ApplyIf`] cannot be made without one.
//! - Ids are chosen by the caller ([`DocId`], [`TxId`]), and the clock is never read: the server stamps by its own.
//! - A few writes too many at once hang the server for everybody: see [`limits`].
//!
//! To find your way: [`Huly::connect`] signs in; [`find`] and [`paging`] ask; [`create`], [`update`], [`remove`] and
//! [`description`] write; [`history`] tells what was removed and what we wrote; [`classify`] decides what an answer
//! means; [`codes`] lists what can go wrong; [`markup`] converts descriptions. [`bridge`] is another way in: the HTTP
//! bridge of the predecessor.

pub mod account;
pub mod bridge;
pub mod classify;
mod client;
pub mod codes;
pub mod comments;
pub mod create;
pub mod description;
pub mod discovery;
pub mod find;
pub mod history;
mod ids;
mod issues;
mod json;
pub mod limits;
mod marks;
pub mod markup;
pub mod paging;
mod projects;
pub mod remove;
mod session;
pub mod tx;
pub mod types;
pub mod update;
mod wire;

pub use account::Credentials;
pub use client::{Account, Config, Huly, Version};
pub use ids::{BlobName, DocId, DocRef, Millis, NotAnId, SocialId, TxId};
pub use limits::{Limits, account_settings, collaborator_settings, transactor_settings};

/// Every failure of this client: the stack's error, with codes of [`codes`] or [`http_kit::codes`].
pub type HulyError = http_kit::Error;
