//! A process that is stopped (SIGSTOP, a suspended laptop): nothing of it goes on, though time does.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether a simulated process may go on. Clones share it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Gate {
    /// Stops the process.
    pub fn close(&self) {
        self.0.send_replace(true);
    }

    /// Lets it go on.
    pub fn open(&self) {
        self.0.send_replace(false);
    }

    /// Whether it is stopped.
    pub fn is_closed(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits while the process is stopped.
    pub async fn pass(&self) {
        if !self.is_closed() {
            return;
        }
        // The sender lives as long as this handle: the wait cannot end by an error.
        if let Err(closed) = self.0.subscribe().wait_for(|is_closed| !is_closed).await {
            tracing::debug!(%closed, "a gate without a handle");
        }
    }
}
