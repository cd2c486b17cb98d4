//! The pipeline: observe, plan, journal, apply, settle.
//!
//! [`run::Engine`] is two services, a store and settings; [`run::Engine::run`] goes through everything once and answers with a
//! [`report::Report`]. The services come in through one port ([`port::Board`]), which the adapters [`huly::HulyBoard`] and
//! [`vibe::VibeBoard`] implement over the real clients, and the simulation over its models. No decision about items is made in
//! this crate: it reads, asks [`sync_core`], writes down, and carries out.

mod apply;
pub mod away;
mod batch;
pub mod bridge;
pub mod check;
mod choosing;
pub mod codes;
pub mod connect;
mod context;
pub mod env;
mod error;
pub mod health;
pub mod huly;
pub mod import;
pub mod inform;
mod journal;
mod landed;
mod late;
mod lease;
mod letters;
mod observe;
mod planning;
pub mod port;
pub mod progress;
pub mod projects;
pub mod propose;
pub mod reconcile;
mod recover;
pub mod report;
pub mod run;
pub mod settings;
mod settle;
mod slots;
mod turn;
pub mod unlink;
pub mod vibe;
pub mod watch;
mod workflow;

pub use context::Stop;
pub use error::Error;
/// Markdown to Huly's markup and back: the simulated boards convert as the real adapter does.
pub use huly_client::markup;
pub use lease::hostname;
pub use run::{Engine, Mode};
pub use settings::Settings;

/// How often a write of ours that was undone is sent again before it is a conflict (design 3.1 a).
const CONFIRM_TRIES: u32 = 3;
