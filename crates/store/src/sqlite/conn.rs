//! Connections: one that writes, a few that read, each used by one step at a time.

use std::{
    convert::Infallible,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use sqlx::{Connection, SqliteConnection};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{Mutex, MutexGuard},
};

use crate::error::{Error, at};

type Slot = Mutex<Option<SqliteConnection>>;

/// All connections of one store.
#[derive(Debug)]
pub(super) struct Connections {
    writer: Slot,
    /// Empty where the writer reads as well (in memory, where a database is seen by one connection only).
    readers: Vec<Slot>,
    turn: AtomicUsize,
}

impl Connections {
    pub(super) fn new(writer: SqliteConnection, readers: Vec<SqliteConnection>) -> Connections {
        let readers = readers
            .into_iter()
            .map(|reader| Mutex::new(Some(reader)))
            .collect();
        Connections {
            writer: Mutex::new(Some(writer)),
            readers,
            turn: AtomicUsize::new(0),
        }
    }

    /// The connection that writes.
    pub(super) async fn writer(&self) -> Conn<'_> {
        Conn::new(self.writer.lock().await)
    }

    /// A connection that reads: an idle one if there is one.
    pub(super) async fn reader(&self) -> Conn<'_> {
        if let Some(idle) = self
            .readers
            .iter()
            .find_map(|reader| reader.try_lock().ok())
        {
            return Conn::new(idle);
        }
        let turn = self
            .turn
            .fetch_add(1, Ordering::Relaxed)
            .checked_rem(self.readers.len());
        let slot = turn
            .and_then(|turn| self.readers.get(turn))
            .unwrap_or(&self.writer);
        Conn::new(slot.lock().await)
    }

    pub(super) async fn close(&self) -> Result<(), Error> {
        for slot in self.readers.iter().chain([&self.writer]) {
            let mut conn = Conn::new(slot.lock().await);
            if let Some(conn) = conn.slot.take() {
                conn.close().await.map_err(at("close"))?;
            }
        }
        Ok(())
    }
}

/// A connection that is ours until it is dropped. A transaction that is dropped unfinished is rolled back before the
/// connection's next use.
pub(super) struct Conn<'a> {
    slot: MutexGuard<'a, Option<SqliteConnection>>,
    _clock: ClockHold,
}

impl<'a> Conn<'a> {
    fn new(slot: MutexGuard<'a, Option<SqliteConnection>>) -> Self {
        Conn {
            slot,
            _clock: ClockHold::new(),
        }
    }

    pub(super) fn get(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.slot.as_mut().ok_or(Error::Closed)
    }
}

/// Stops tokio's paused clock while SQLite works on its own thread. Without it a test on paused time sees an idle
/// runtime, moves the clock to the next timer, and every deadline runs out although no time has passed. Tokio stops the
/// paused clock while a blocking task runs, so one waits here until this is dropped. Time can only be paused on a
/// current-thread runtime; on others this does nothing.
struct ClockHold {
    _end: Option<mpsc::Sender<Infallible>>,
}

impl ClockHold {
    fn new() -> Self {
        let runtime = Handle::try_current().ok();
        let end = runtime
            .filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread)
            .map(|runtime| {
                let (end, ended) = mpsc::channel::<Infallible>();
                drop(runtime.spawn_blocking(move || ended.recv().is_ok()));
                end
            });
        ClockHold { _end: end }
    }
}
