//! The port's promises, held by the SQLite store.

#![cfg(test)]

mod batch;
mod journal;
mod lease;
mod links;
mod opening;
mod reports;
mod sample;
mod waiting;
