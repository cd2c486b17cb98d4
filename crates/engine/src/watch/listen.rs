//! What the loop waits for.

use tokio::sync::mpsc;

use super::Event;
use crate::run::Engine;

/// Calls to both services so far.
pub(super) fn calls(engine: &Engine) -> u64 {
    let traffic = engine.boards.as_ref().map(|board| board.traffic().requests);
    traffic.huly.saturating_add(traffic.vibe)
}

/// The next event from outside. Where nobody is left who could send one, there is none.
pub(super) async fn listen(events: &mut mpsc::Receiver<Event>) -> Event {
    match events.recv().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}

/// The end of a time that may not have begun.
pub(super) async fn over<F: Future<Output = ()> + Unpin>(grace: &mut Option<F>) {
    match grace {
        Some(grace) => grace.await,
        None => std::future::pending().await,
    }
}
