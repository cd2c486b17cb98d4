//! The line to one service: it can be cut, and it remembers what went over it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use http_kit::{Call, Effect, Transport, TransportError};
use tokio::time::Instant;
use tower::{ServiceExt, util::BoxCloneSyncService};

/// One request that somebody tried to send.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) is_write: bool,
    pub(crate) body: String,
}

/// See the module. Clones are the same line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    cut: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Line {
    /// From now on nobody answers at the other end: no connection can be made. Or again.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.cut.store(is_cut, Ordering::Relaxed);
    }

    /// What was tried since the last time this was asked.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The transport over this line.
    pub(crate) fn over(&self, transport: Transport) -> Transport {
        let line = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |call: Call| {
            let (line, transport) = (line.clone(), transport.clone());
            async move {
                line.sent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Sent {
                        at: Instant::now(),
                        is_write: call.effect == Effect::Write,
                        body: String::from_utf8_lossy(&call.body).into_owned(),
                    });
                if line.cut.load(Ordering::Relaxed) {
                    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                    return Err(TransportError::Connect(refused.into()));
                }
                transport.oneshot(call).await
            }
        }))
    }
}
