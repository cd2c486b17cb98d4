//! The rules of the stack, over an in-process server with a paused clock and over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure in a helper of a test is a failed test"
)]

mod away;
mod connections;
mod kinds;
mod limits;
mod permit;
mod retry;
mod server;
mod silence;
mod storm;
mod wire;
