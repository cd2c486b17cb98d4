//! The built `hvs` as a process, against simulated servers that this process serves on loopback.
//!
//! Each test makes a [`world::World`], lets people act on the boards, runs commands and looks at the servers: what they
//! hold, and which calls they counted. The program is the one that `HVS_BIN` names, else `hvs` beside the tests'
//! directory; `cargo xtask test` builds it first.

#![cfg(test)]

mod away;
mod bridge;
mod canary;
mod choosing;
mod commands;
mod config_commands;
mod db;
mod dead;
mod deletions;
mod edits;
mod embedding;
mod exit_codes;
mod fail_points;
mod failing_lists;
mod first_sync;
#[path = "../letta/following.rs"]
mod following;
mod freezes;
mod importing;
mod kill;
mod letta;
mod letta_failing;
mod letta_page;
mod letta_story;
#[path = "../letta/meddling.rs"]
mod meddling;
mod odd;
mod pages;
mod pages_run;
mod people;
mod process;
#[path = "../letta/real.rs"]
mod real;
mod reconcile;
mod recovery;
mod refusals;
mod rows;
mod starting;
#[path = "../letta/story.rs"]
mod story;
mod throttled;
mod transcript;
mod unlink_kills;
mod unlinking;
mod watch;
mod watch_ends;
#[path = "../letta/wire.rs"]
mod wire;
mod words;
mod words_commands;
mod words_failures;
mod words_letta;
mod words_reconcile;
mod world;
