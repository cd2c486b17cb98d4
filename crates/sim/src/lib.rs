//! In-memory Huly, Vibe Kanban and Letta servers with faults to inject: one model, served over HTTP and as engine ports.
//!
//! - [`huly`], [`vibe`] and [`letta`] hold the models. They know no HTTP, no sockets and no waiting: a call is a
//!   function of the model, so the same model can be served over HTTP and plugged into the engine's ports.
//! - [`http`] serves a model in the real wire format, [`wire`] hands such a service to a client without sockets.
//! - [`ports`] is the same model as the engine's boards, without HTTP, for very many runs.
//! - [`faults`] decides what goes wrong with a call, [`calls`] counts what was asked; both know no HTTP either.
//! - [`stage`] is what a simulated process stands on: time, chance and the real store.
//! - [`proof`] simulates whole engines, one schedule of trouble a seed, and holds them to the laws.
//! - [`dataset`] fills the boards' models with something to look at.
//!
//! What the models imitate is what recordings of real servers show; `tests/conformance.rs` holds them to that.

pub mod calls;
pub mod clock;
pub mod dataset;
pub mod faults;
pub mod http;
pub mod huly;
pub mod letta;
pub mod onlooker;
pub mod ports;
pub mod proof;
pub mod stage;
pub mod vibe;
pub mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A model that several faces (HTTP, ports, a person's hands in a test) share. Cloning shares, it does not copy.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    /// Puts a model behind a shared handle.
    pub fn new(model: T) -> Self {
        Self(Arc::new(Mutex::new(model)))
    }

    /// The model, for as long as the guard lives. Never hold it across an await.
    /// A panic of an earlier holder (a failed assertion of a test) does not poison the model.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
