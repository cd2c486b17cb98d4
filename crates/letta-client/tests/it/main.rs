//! The client against recorded answers and a mock server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure in a helper of a test is a failed test"
)]

mod agents;
mod blocks;
mod connect;
mod fixtures;
mod folders;
mod server;
mod tools;
mod walk;
