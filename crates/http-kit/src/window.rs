//! The rate limit: a sliding window, as Huly's server counts.
//!
//! A server counts a try at some moment between its sending and its answer, and that moment is not known here. So a try
//! holds its place from before it is sent until a whole window after it ended. Then no window of the server's own clock
//! ever holds more than [`Rate::count`] tries: at the moment when the last of any of them was given its place, all
//! others that the same window can hold still held theirs. A full burst is allowed; nothing is spread out that the
//! server would have taken at once.
//!
//! A server that says that there were too many calls is believed over the settings, for its host as a whole: nothing is
//! sent before the time that it names, and its rate is halved, to be doubled again with every window in which it said so
//! no more. Huly counts over all of an account's programs and says what is left of its limit: where that falls below a
//! third and our own calls do not explain it, what is left is spread over the window, as Huly's own client does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use crate::Rate;

/// A rate is halved at most so often: a storm ends, and the way back must not take longer than the storm.
const HALVINGS_MAX: u32 = 4;
/// How long a server that names no time is left alone after "too many calls"; twice as long after each further one in a row.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that a server did not ask for: then one call in this time finds out whether it goes on.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The window of a service that has no rate of its own.
const WINDOW: Duration = Duration::from_secs(30);

/// One window for one host. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    rate: Option<Rate>,
    places: Arc<Mutex<Places>>,
}

/// Who holds a place, never more than [`Rate::count`] in all; and what the host said about its limits.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Tries that have not ended.
    open: usize,
    /// When the places of ended tries are free again, earliest first.
    ended: VecDeque<Instant>,
    /// Nothing is sent before.
    paused: Option<Instant>,
    /// When the rate was last halved, how often in all, and how long a window is.
    halved: Option<Halved>,
    /// Complaints about too many calls without any other answer in between.
    complaints: u32,
    /// Tries are spread by so much, until a window after the host said so.
    spread: Option<Spread>,
    /// With tries spread: nothing is sent before.
    next: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Halved {
    at: Instant,
    times: u32,
    window: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Spread {
    by: Duration,
    until: Instant,
}

/// The place of one try; dropping it means that the try ended.
#[derive(Debug)]
pub(crate) struct Place(Window);

/// What an answer says about the calls that a host takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// The status of the answer.
    pub(crate) status: u16,
    /// The wait that it asks for.
    pub(crate) wait: Option<Duration>,
    /// What is left of its limit, and the limit.
    pub(crate) left: Option<(u64, u64)>,
}

impl Told {
    /// Reads an answer's head; `wait` is what it asks for where it may.
    pub(crate) fn of(status: u16, headers: &HeaderMap, wait: Option<Duration>) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let left = number("x-ratelimit-remaining").zip(number("x-ratelimit-limit"));
        Self { status, wait, left }
    }
}

impl Places {
    /// How many times the rate is halved now: once less with every window since.
    pub(crate) fn slowed(&self, now: Instant) -> u32 {
        let Some(Halved { at, times, window }) = self.halved else {
            return 0;
        };
        let passed = now.saturating_duration_since(at).as_nanos() / window.as_nanos().max(1);
        times.saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX))
    }
}

impl Window {
    pub(crate) fn new(rate: Option<Rate>, places: Arc<Mutex<Places>>) -> Self {
        Self { rate, places }
    }

    /// Waits for a place; `None` at once where there will be none before `deadline`.
    pub(crate) async fn place(&self, deadline: Instant) -> Option<Place> {
        loop {
            match self.take() {
                Ok(place) => return Some(place),
                Err(due) if due >= deadline => return None,
                Err(due) => tokio::time::sleep_until(due).await,
            }
        }
    }

    /// Takes in what an answer to a try that began at `began` says.
    pub(crate) fn told(&self, told: Told, began: Instant) {
        let now = Instant::now();
        let mut places = self.places();
        // Several answers to calls that were sent together are one complaint.
        let is_new = places.halved.is_none_or(|halved| began > halved.at);
        match told.status {
            429 if is_new => {
                places.complaints = places.complaints.saturating_add(1);
                let times = places.slowed(now).saturating_add(1).min(HALVINGS_MAX);
                let window = self.window();
                places.halved = Some(Halved {
                    at: now,
                    times,
                    window,
                });
            }
            // What was sent before the last complaint says nothing of now.
            _ if !is_new => {}
            _ => places.complaints = 0,
        }
        if told.status == 429 || (told.status == 503 && told.wait.is_some()) {
            let doublings = places.complaints.saturating_sub(1).min(8);
            let own = (PAUSE * (1 << doublings)).min(PAUSE_MAX);
            let wait = match told.status {
                429 => told.wait.unwrap_or_default().max(own),
                _ => told.wait.unwrap_or_default(),
            };
            let until = now + wait;
            places.paused = Some(places.paused.map_or(until, |paused| paused.max(until)));
        }
        let Some((left, limit)) = told.left else {
            return;
        };
        let ours = (places.open + places.ended.len()) as u64;
        let others = limit.saturating_sub(left).saturating_sub(ours);
        let is_short = left < limit / 3 && (self.rate.is_none() || others > limit / 10);
        places.spread = is_short.then(|| Spread {
            by: self.window() / u32::try_from(left + 1).unwrap_or(u32::MAX),
            until: now + self.window(),
        });
    }

    /// A place, or the earliest moment at which there can be one.
    fn take(&self) -> Result<Place, Instant> {
        let now = Instant::now();
        let mut places = self.places();
        if let Some(paused) = places.paused.filter(|paused| *paused > now) {
            return Err(paused);
        }
        let spread = places.spread.filter(|spread| spread.until > now);
        if let (Some(_), Some(next)) = (spread, places.next.filter(|next| *next > now)) {
            return Err(next);
        }
        while places.ended.front().is_some_and(|free| *free <= now) {
            places.ended.pop_front();
        }
        if places.open + places.ended.len() >= self.most(&places, now) {
            // Where all are open, none is free before a window from now.
            return Err(places.ended.front().copied().unwrap_or(now + self.span()));
        }
        places.open += 1;
        places.next = spread.map(|spread| now + spread.by);
        Ok(Place(self.clone()))
    }

    fn give_back(&self) {
        let mut places = self.places();
        places.open = places.open.saturating_sub(1);
        if self.rate.is_some() {
            // Read under the lock, so that the queue stays sorted.
            let free = Instant::now() + self.span();
            places.ended.push_back(free);
        }
    }

    fn most(&self, places: &Places, now: Instant) -> usize {
        let Some(rate) = self.rate else {
            return usize::MAX;
        };
        let count = (rate.count >> places.slowed(now)).max(1);
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    fn window(&self) -> Duration {
        self.rate.map_or(WINDOW, |rate| rate.window)
    }

    /// A window with one tick of the clock more: what happens exactly a window later is outside for every server.
    fn span(&self) -> Duration {
        self.window() + Duration::from_nanos(1)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
#[path = "window/tests.rs"]
mod tests;
