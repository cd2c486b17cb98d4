//! Connections are used again. A connection is free a moment *after* its answer is whole; whoever asks in that moment finds none
//! free, dials, and leaves one connection too many behind. So a dial waits that moment out first, and gives up where its call
//! has meanwhile got the free one. Row 26 of the predecessor's failures: connections grew with the calls.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

/// How long after an answer its connection may still be on its way back to the pool. It takes microseconds; the rest is for
/// a machine that has no processor to spare. Only a dial that closely follows an answer waits, and only for what is left of it.
const RETURNS_WITHIN: Duration = Duration::from_millis(50);

tokio::task_local! {
    /// Set while a call waits for its answer. The pool finishes a dial whose call was served otherwise in a task of its own,
    /// where this is not set.
    static CALLING: ();
}

/// When an answer last became whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Returns(Arc<Mutex<Option<Instant>>>);

impl Returns {
    /// An answer is whole: its connection is about to be free.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Runs a call so that its dial knows whether it is still wanted.
    pub(crate) async fn calling<T>(&self, call: impl Future<Output = T>) -> T {
        CALLING.scope((), call).await
    }

    fn due(&self) -> Option<Instant> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|last| last + RETURNS_WITHIN)
            .filter(|due| *due > Instant::now())
    }
}

impl<S> Layer<S> for Returns {
    type Service = Dial<S>;

    fn layer(&self, connector: S) -> Dial<S> {
        Dial {
            connector,
            returns: self.clone(),
        }
    }
}

/// A connector that dials only where no connection comes free in time.
#[derive(Debug, Clone)]
pub(crate) struct Dial<S> {
    connector: S,
    returns: Returns,
}

impl<S, R> Service<R> for Dial<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let ready = self.connector.clone();
        let mut connector = std::mem::replace(&mut self.connector, ready);
        let due = self.returns.due();
        Box::pin(async move {
            if let Some(due) = due {
                tokio::time::sleep_until(due).await;
                if CALLING.try_with(|()| ()).is_err() {
                    return Err("the call was served by a connection that came free".into());
                }
            }
            connector.call(target).await
        })
    }
}
