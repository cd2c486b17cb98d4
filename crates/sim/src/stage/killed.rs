//! A process that is killed: its future is dropped between two polls, which is at one of its awaits.

use std::future::poll_fn;
use std::task::Poll;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Killed<T> {
    /// By itself, after so many polls.
    Ended {
        /// What it answered.
        value: T,
        /// How often it was polled.
        polls: usize,
    },
    /// It was dropped.
    Dropped,
}

impl<T> Killed<T> {
    /// The answer of a process that ended by itself.
    pub fn ended(self) -> Option<T> {
        match self {
            Killed::Ended { value, .. } => Some(value),
            Killed::Dropped => None,
        }
    }
}

/// Polls a future so many times and then drops it.
pub async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Killed<T> {
    let mut future = Some(Box::pin(future));
    let mut done = 0;
    poll_fn(move |context| {
        if done == polls {
            future = None;
        }
        done += 1;
        match future.as_mut() {
            Some(running) => running
                .as_mut()
                .poll(context)
                .map(|value| Killed::Ended { value, polls: done }),
            None => Poll::Ready(Killed::Dropped),
        }
    })
    .await
}
