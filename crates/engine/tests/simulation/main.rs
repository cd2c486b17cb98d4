//! The whole engine over the real clients, adapters and store, with simulated servers and no sockets.
//!
//! Each test makes a [`world::World`], lets people act, and runs the program. Time is tokio's paused clock and chance
//! comes from a seed.

#![cfg(test)]

mod adoption;
mod away;
mod choices;
mod choosing;
mod clocks;
mod confirming;
mod crashes;
mod decisions;
mod deletions;
mod disk;
mod edits;
mod faults;
mod first_sync;
mod guards;
mod informing;
mod late;
mod letters;
mod lost_writes;
mod permits;
mod projects;
mod reconcile;
mod rollback;
mod rows;
mod statuses;
mod storm;
mod watch;
mod weather;
mod world;
