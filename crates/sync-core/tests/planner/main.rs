//! The planner's tests: a decision table, every case of a small domain, and laws over generated cases.

mod decisions;
mod exhaustive;
mod guards;
mod laws;
mod linking;
mod projects;
mod settling;
mod showing;
mod support;
