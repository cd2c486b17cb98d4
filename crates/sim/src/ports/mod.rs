//! The models as the engine's ports: [`HulyPort`] and [`VibePort`] are [`engine::port::Board`]s without HTTP, JSON or
//! sockets, so that very many runs can be simulated.
//!
//! They work on the same [`Server`](crate::http::Server)s that [`crate::http`] serves: the same model under the same rules,
//! faults that strike by the same routes, counters under the same labels. What the engine's own adapters do in several
//! calls (a look before a write) is several calls here. `tests/ports.rs` holds both faces to the same outcome.
//!
//! A port stands for a client and its server: reads that failed for the moment are sent again as `http_kit` does it, a write is
//! sent once, and one whose answer is lost is unknown. A write that was sent belongs to the server: it takes effect though its
//! caller is gone. What protects a real server (limits of calls in flight, rate, silence) is the client's and not here.

mod call;
mod failure;
mod huly;
mod huly_create;
mod huly_find;
mod huly_tx;
mod huly_write;
mod issue;
mod task;
mod vibe;
mod vibe_call;
mod workflow;

pub use huly::HulyPort;
pub use vibe::VibePort;
