//! What hvs remembers: links with both sides' base, the journal, history, leases. One port, SQLite behind it.
//!
//! [`Store`] is the port; [`sqlite`] is its implementation. Everything a step of the pipeline writes goes in as one
//! [`Batch`], which is one transaction, fenced by the lease's token.

pub mod agents;
pub mod around;
pub mod codes;
pub mod error;
pub mod faults;
pub mod port;
pub mod predecessor;
pub mod row;
pub mod sqlite;

pub use agents::AgentStore;
pub use error::{Error, Kind};
pub use port::{Batch, Fence, Store};
