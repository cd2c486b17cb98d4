//! The leaf of the stack: what sends one request once.

use std::io;

use tower::util::BoxCloneSyncService;

use crate::{BoxError, Call, Effect, Error, Kind, Reply, codes};

/// Sends one request once and buffers its answer. `reqwest` in production; an in-process server in tests:
/// `BoxCloneSyncService::new(tower::service_fn(|call: Call| async move { .. }))`.
pub type Transport = BoxCloneSyncService<Call, Reply, TransportError>;

/// Why no whole answer came.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Sent, no answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The host's name has no address: nothing was sent.
    #[error("the host's name was not found")]
    Name(#[source] BoxError),
    /// No connection: nothing was sent.
    #[error("no connection")]
    Connect(#[source] BoxError),
    /// Plain http to a host that is not this machine, which was not allowed: nothing was sent.
    #[error("plain http to a host that is not this machine")]
    Insecure,
    /// The connection broke after (a part of) the request was sent.
    #[error("connection broken")]
    Reset(#[source] BoxError),
    /// The answer's head came, its body broke off or could not be decompressed.
    #[error("broken answer")]
    Body(#[source] BoxError),
    /// The answer is larger than the cap.
    #[error("answer larger than {cap} bytes")]
    TooLarge {
        /// The cap, in bytes after decompression.
        cap: usize,
    },
    /// A redirect that is not followed.
    #[error("redirect to {host}")]
    Redirect {
        /// The status of the answer.
        status: u16,
        /// Where to, host only (a full address may hold secrets).
        host: String,
    },
    /// The server's certificate was refused: nothing was sent.
    #[error("certificate refused")]
    Tls(#[source] BoxError),
    /// This machine has no root certificates: nothing was sent.
    #[error("no root certificates on this machine")]
    NoRoots,
    /// The request cannot be sent in this form: nothing was sent.
    #[error("request cannot be sent")]
    Setup(#[source] BoxError),
}

impl TransportError {
    /// The error for the caller: a write that may have arrived is unknown, a read may be tried again.
    pub(crate) fn into_error(self, service: &'static str, call: &Call) -> Error {
        let unanswered = match call.effect {
            Effect::Read => Kind::Transient,
            Effect::Write => Kind::Unknown,
        };
        let unreadable = match call.effect {
            Effect::Read => Kind::Rejected,
            Effect::Write => Kind::Unknown,
        };
        let (kind, code) = match &self {
            TransportError::Timeout => (unanswered, codes::NET_TIMEOUT),
            TransportError::Name(_) => (Kind::Transient, codes::NET_DNS),
            TransportError::Connect(cause) => (Kind::Transient, unconnected(cause.as_ref())),
            TransportError::Insecure => (Kind::Fatal, codes::NET_INSECURE),
            TransportError::Reset(_) => (unanswered, codes::NET_RESET),
            TransportError::Body(_) => (unanswered, codes::NET_BODY),
            TransportError::TooLarge { .. } => (unreadable, codes::NET_BODY_TOO_LARGE),
            // "Found" and "see other" after a write may mean that it was done.
            TransportError::Redirect {
                status: 302 | 303, ..
            } if call.effect == Effect::Write => (Kind::Unknown, codes::NET_REDIRECT),
            TransportError::Redirect { .. } => (Kind::Fatal, codes::NET_REDIRECT),
            TransportError::Tls(_) => (Kind::Fatal, codes::NET_TLS),
            TransportError::NoRoots => (Kind::Fatal, codes::NET_TLS_ROOTS),
            TransportError::Setup(_) => (Kind::Fatal, codes::NET_SETUP),
        };
        let mut error = Error::new(kind, code, service, call.route).with_detail(self.to_string());
        if let TransportError::Redirect { status, .. } = &self {
            error = error.with_status(*status);
        }
        match self {
            TransportError::Name(source)
            | TransportError::Connect(source)
            | TransportError::Reset(source)
            | TransportError::Body(source)
            | TransportError::Tls(source)
            | TransportError::Setup(source) => error.with_source(source),
            TransportError::Timeout
            | TransportError::TooLarge { .. }
            | TransportError::Redirect { .. }
            | TransportError::Insecure
            | TransportError::NoRoots => error,
        }
    }
}

/// Why there is no connection, as far as the system says: somewhere down the chain of causes.
fn unconnected(cause: &(dyn std::error::Error + 'static)) -> &'static str {
    let own = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    match own {
        Some(io::ErrorKind::ConnectionRefused) => codes::NET_REFUSED,
        Some(
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable,
        ) => codes::NET_UNREACHABLE,
        Some(_) | None => cause.source().map_or(codes::NET_CONNECT, unconnected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_not_made_says_why() {
        use io::ErrorKind as Io;
        let rows = [
            (Io::ConnectionRefused, codes::NET_REFUSED),
            (Io::HostUnreachable, codes::NET_UNREACHABLE),
            (Io::NetworkUnreachable, codes::NET_UNREACHABLE),
            (Io::NetworkDown, codes::NET_UNREACHABLE),
            (Io::AddrNotAvailable, codes::NET_UNREACHABLE),
            (Io::TimedOut, codes::NET_CONNECT),
        ];
        for (kind, code) in rows {
            let error = TransportError::Connect(io::Error::from(kind).into());
            let url = url::Url::parse("http://h").expect("a url");
            let error = error.into_error("test", &Call::get("/", url));
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::Transient, code),
                "{kind}"
            );
        }
    }
}
