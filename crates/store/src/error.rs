//! What can go wrong with the store.

use sync_core::ids::LinkId;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lease was lost: nothing was written.
    #[error("the lease of workspace {scope} is no longer held with token {token}")]
    Fenced {
        /// Which lease.
        scope: String,
        /// The token that is old.
        token: i64,
    },
    /// A link was changed meanwhile: nothing was written.
    #[error("link {link} was changed meanwhile")]
    Stale {
        /// Which link.
        link: LinkId,
    },
}
