//! Why a run, or a project in it, ended early.

use http_kit::Kind;
use sync_core::{Side, filter::UnknownName};

use crate::codes;

/// An error that ends a run or a project's turn. Errors of single items are never this: they are outcomes in the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A service could not be used.
    #[error("{} could not be used: {source}", .side.title())]
    Service {
        /// Which one.
        side: Side,
        /// What it said.
        source: http_kit::Error,
    },
    /// The store could not be used.
    #[error("the store could not be used: {0}")]
    Store(#[source] store::Error),
    /// The lease ran out or was taken over in the middle of the run: nothing more is written.
    #[error("the lease on this workspace was lost in the middle of the run")]
    LeaseLost,
    /// The run reached its deadline.
    #[error("the run reached its deadline")]
    Deadline,
    /// The filter names what no server knows: nothing was read further, and nothing is written.
    #[error("{}", crate::choosing::told(.0))]
    Filter(Vec<UnknownName>),
    /// An item was asked for by name that is not there, or cannot be synced.
    #[error("{0}")]
    Item(String),
    /// Somebody asked the run to end.
    #[error("the run was asked to stop")]
    Stopped,
}

impl From<store::Error> for Error {
    /// A write that the store refused because another instance has the lease is no fault of the store.
    fn from(source: store::Error) -> Error {
        match source {
            store::Error::Fenced { .. } => Error::LeaseLost,
            source => Error::Store(source),
        }
    }
}

impl Error {
    /// Names the service an error of a port came from.
    pub fn service(side: Side) -> impl FnOnce(http_kit::Error) -> Error {
        move |source| Error::Service { side, source }
    }

    /// How it is dealt with.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Service { source, .. } => source.kind(),
            Error::Store(_) => Kind::Fatal,
            Error::Filter(_) | Error::Item(_) => Kind::Rejected,
            Error::LeaseLost | Error::Deadline | Error::Stopped => Kind::Transient,
        }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Service { source, .. } => source.code(),
            Error::Store(source) => source.code(),
            Error::Filter(_) => codes::FILTER_NAME,
            Error::Item(_) => codes::ITEM_UNKNOWN,
            Error::LeaseLost => codes::RUN_LEASE_LOST,
            Error::Deadline => codes::RUN_DEADLINE,
            Error::Stopped => codes::RUN_STOPPED,
        }
    }
}
