//! The port's promises, held by the SQLite store.

#![cfg(test)]

mod batch;
mod copies;
mod journal;
mod lease;
mod links;
mod look;
mod opening;
mod predecessor;
mod reports;
mod sample;
mod standings;
mod torn;
mod waiting;
