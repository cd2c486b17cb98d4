//! The client against recorded answers and a mock board.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure in a helper of a test is a failed test"
)]

mod board;
mod connect;
mod fixtures;
mod projects;
mod race;
mod tasks;
