//! Replays the request of every recorded fixture against the simulated servers and compares status, kind of content
//! and body, equal after replacing what a server makes up: ids, times, hashes, addresses, tokens.
//!
//! Each fixture meets a server of its own, in the state that the recordings show for its moment.

#![cfg(test)]

mod fixture;
mod huly;
mod huly_seed;
mod huly_world;
mod letta;
mod letta_rows;
mod letta_seed;
mod vibe;
