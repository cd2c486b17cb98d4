//! The door between a simulated process and Letta: a process that is stopped or dead says and hears nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use engine::inform::{LettaSink, Profile, Sink};
use http_kit::{Call, Http, Reply, Settings, Transport, TransportError};
use letta_client::Access;
use tokio::sync::Notify;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use uuid::Uuid;

use super::Death;
use crate::http::{Server, letta_router};
use crate::letta::LettaModel;
use crate::stage::Gate;
use crate::wire::transport;

/// Where the simulated server is said to be.
const ADDRESS: &str = "http://letta.test";
/// A model that every Letta server has.
const MODEL: &str = "letta/letta-free";

/// One process's way to Letta. Clones are the same way.
#[derive(Clone, Debug)]
pub(in crate::proof) struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gate: Gate,
    death: Option<Death>,
    calls: AtomicU16,
    died: Notify,
}

impl Door {
    pub(in crate::proof) fn new(gate: Gate, death: Option<Death>) -> Door {
        Door(Arc::new(Inner {
            gate,
            death,
            calls: AtomicU16::new(0),
            died: Notify::new(),
        }))
    }

    /// Ends when the process dies at this door.
    pub(in crate::proof) async fn died(&self) {
        self.0.died.notified().await;
    }

    /// Does not come back where the process dies here.
    async fn live_on(&self, call: u16, after: bool) {
        if self.0.death == Some(Death { call, after }) {
            self.0.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    async fn send(&self, server: Transport, call: Call) -> Result<Reply, TransportError> {
        if self.0.gate.is_closed() {
            // what was to be sent when the process was stopped meets a connection that is long gone
            self.0.gate.pass().await;
            return Err(TransportError::Connect("stopped meanwhile".into()));
        }
        let number = self.0.calls.fetch_add(1, Ordering::Relaxed) + 1;
        self.live_on(number, false).await;
        let answer = server.oneshot(call).await;
        self.live_on(number, true).await;
        self.0.gate.pass().await;
        answer
    }
}

/// The real sink over the simulated server's routes. Fails where the address is none, which only a change of this file can do.
pub(in crate::proof) fn sink(
    server: &Server<LettaModel>,
    workspace: Uuid,
    door: &Door,
    seed: u64,
) -> Result<Arc<dyn Sink>, http_kit::Error> {
    let inner = transport(letta_router(server));
    let door = door.clone();
    let through = BoxCloneSyncService::new(tower::service_fn(move |call: Call| {
        let (door, inner) = (door.clone(), inner.clone());
        async move { door.send(inner, call).await }
    }));
    let settings = Settings {
        seed: Some(seed),
        ..letta_client::settings()
    };
    let http = Http::with_transport(settings, letta_client::classify, through);
    let base = ADDRESS.parse().map_err(|_| {
        http_kit::Error::new(
            http_kit::Kind::Fatal,
            http_kit::codes::NET_SETUP,
            letta_client::SERVICE,
            "connect",
        )
    })?;
    let access = Access {
        base,
        token: None,
        project: None,
    };
    let profile = Profile {
        template: None,
        name: "{project}".to_owned(),
        model: Some(MODEL.to_owned()),
        embedding: None,
        tools: Vec::new(),
    };
    Ok(Arc::new(LettaSink::new(http, access, workspace, profile)?))
}
