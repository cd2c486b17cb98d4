//! The pure heart of a two-way sync: three trees in, a plan out. No I/O, no clock, no async.
//!
//! A *link* is a pair of items (one on each [`Side`]) that are kept the same. For each link the
//! caller knows the *base*, that is, what each side held when the two were last in agreement, and
//! an [`Observation`](item::Observation) of each side now. [`plan::link`](plan) compares each side
//! with its own past, merges field by field, and answers with [`Action`](plan::Action)s: values that
//! can be printed, hashed, stored and tested.

pub mod filter;
pub mod footer;
pub mod guard;
pub mod ids;
pub mod item;
pub mod lens;
pub mod link;
pub mod merge;
pub mod plan;
pub mod project;
pub mod rules;
pub mod side;
pub mod validate;

pub use side::{Pair, Side};

/// The page on embedding, whose code is tested with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
