//! What a simulated process stands on besides the services: time and chance from a seed, and the real store at one stroke.

mod agents;
mod env;
mod gate;
mod killed;
mod store;

pub use env::{START_MS, SimEnv};
pub use gate::Gate;
pub use killed::{Killed, killed_after};
pub use store::{SimStore, Spoilt};
