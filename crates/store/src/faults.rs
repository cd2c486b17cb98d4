//! A store whose disk fails: an ordinary wrapper of the port, for tests and simulations.
//!
//! Calls are counted from 0 on. The call at which the fault stands fails, and all after it where the fault lasts.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    around::{Access, Around, Call, Hook},
    error::Error,
    port::Store,
};

/// `ENOSPC`.
const NO_ROOM: i32 = 28;
/// `EIO`.
const BROKEN_DISK: i32 = 5;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The disk is full: what writes fails and has written nothing, what reads goes on. Only writes are counted.
    Full,
    /// The disk fails: reads and writes fail, and nothing was written. All calls are counted.
    Broken,
    /// The disk fails after it has written: the step is done, and its answer is an error. Only writes are counted.
    Unanswered,
}

impl Trouble {
    /// Every one.
    pub const ALL: [Trouble; 3] = [Trouble::Full, Trouble::Broken, Trouble::Unanswered];

    fn error(self) -> Error {
        let raw = |code| sqlx::Error::Io(io::Error::from_raw_os_error(code));
        match self {
            Trouble::Full => Error::Full {
                op: "injected",
                source: raw(NO_ROOM),
            },
            Trouble::Broken => Error::Io {
                op: "injected",
                source: raw(BROKEN_DISK),
            },
            Trouble::Unanswered => Error::Broken {
                op: "injected",
                source: raw(BROKEN_DISK),
            },
        }
    }
}

/// A fault, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub trouble: Trouble,
    /// At which of the calls that it counts.
    pub at: u64,
    /// Whether it goes wrong at every later one, too.
    pub lasts: bool,
}

/// A store with a fault.
pub type Faulty<S> = Around<S, Disk>;

/// The disk that a [`Faulty`] store lies on. Clones share their counters.
#[derive(Clone, Debug)]
pub struct Disk {
    fault: Option<Fault>,
    calls: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

impl<S: Store> Around<S, Disk> {
    /// `store`, with a fault or only counted.
    pub fn new(store: S, fault: Option<Fault>) -> Faulty<S> {
        let disk = Disk {
            fault,
            calls: Arc::default(),
            writes: Arc::default(),
        };
        Around::of(store, disk)
    }

    /// How many calls of those that a trouble counts there were.
    pub fn counted(&self, trouble: Trouble) -> u64 {
        match trouble {
            Trouble::Broken => self.hook.calls.load(Ordering::Relaxed),
            Trouble::Full | Trouble::Unanswered => self.hook.writes.load(Ordering::Relaxed),
        }
    }
}

impl Disk {
    /// What goes wrong with this call.
    fn hit(&self, access: Access) -> Option<Trouble> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let write = match access {
            Access::Read => None,
            Access::Write => Some(self.writes.fetch_add(1, Ordering::Relaxed)),
        };
        let fault = self.fault?;
        let number = match fault.trouble {
            Trouble::Broken => call,
            Trouble::Full | Trouble::Unanswered => write?,
        };
        let is_hit = number == fault.at || (fault.lasts && number > fault.at);
        is_hit.then_some(fault.trouble)
    }
}

impl Hook for Disk {
    async fn around<'h, T: Send + 'h>(
        &'h self,
        call: Call<'h>,
        made: impl Future<Output = Result<T, Error>> + Send + 'h,
    ) -> Result<T, Error> {
        match self.hit(call.access) {
            None => made.await,
            Some(trouble @ Trouble::Unanswered) => {
                made.await?;
                Err(trouble.error())
            }
            Some(trouble @ (Trouble::Full | Trouble::Broken)) => Err(trouble.error()),
        }
    }
}
