//! The models over HTTP, in the wire formats of the recorded servers, with faults and counting in front of them.
//!
//! [`huly_router`] serves discovery, account service, transactor and collaborator under one host: `/config.json`,
//! `/account`, `/transactor/api/v1/...`, `/collaborator/rpc/...`; the addresses in its answers are made from the
//! request's `Host`. [`bridge_router`] serves the same model as the predecessor's bridge does. [`vibe_router`] serves
//! one Vibe Kanban server, [`letta_router`] one Letta server. Each has an admin side under `/_sim` (see [`admin`]) that
//! is neither counted nor subject to faults.

pub mod admin;
mod bridge;
mod date;
mod gate;
mod huly;
mod letta;
mod rate;
mod serve;
mod transactor;
mod vibe;
mod vibe_tasks;

pub use bridge::{BridgeState, Form, Unreadable, bridge_router};
pub use date::dated;
pub use gate::Cut;
pub use huly::huly_router;
pub use letta::letta_router;
pub use rate::RateLimit;
pub use serve::{Running, serve};
pub use vibe::vibe_router;

use std::sync::Arc;

/// What a face is served from.
pub use axum::Router;
use axum::response::{IntoResponse, Response};

use crate::Shared;
use crate::calls::Calls;
use crate::faults::Faults;
use crate::onlooker::Onlooker;

/// An answer that ends a request early. Boxed: it travels as an error.
pub(crate) struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A model with its faults and counters. Clones share all of them.
#[derive(Debug)]
pub struct Server<M> {
    /// The model.
    pub model: Shared<M>,
    /// What goes wrong.
    pub faults: Faults,
    /// What was asked.
    pub calls: Calls,
    /// The model as it was once, with when that was: what [`crate::faults::Effect::Stale`] answers from.
    pub earlier: Shared<Option<(tokio::time::Instant, M)>>,
    /// Who looks on at the calls.
    pub onlooker: Option<Arc<dyn Onlooker>>,
}

impl<M> Clone for Server<M> {
    fn clone(&self) -> Self {
        Self {
            model: self.model.clone(),
            faults: self.faults.clone(),
            calls: self.calls.clone(),
            earlier: self.earlier.clone(),
            onlooker: self.onlooker.clone(),
        }
    }
}

impl<M: Clone> Server<M> {
    /// Keeps a copy of the model for stale reads.
    pub fn keep_copy(&self) {
        let copy = self.model.lock().clone();
        *self.earlier.lock() = Some((tokio::time::Instant::now(), copy));
    }
}

impl<M> Server<M> {
    /// A server without faults; their chances follow from the seed.
    pub fn new(model: M, seed: u64) -> Self {
        Self {
            model: Shared::new(model),
            faults: Faults::seeded(seed),
            calls: Calls::default(),
            earlier: Shared::new(None),
            onlooker: None,
        }
    }
}
