//! One HTTP stack for every client: deadlines, retries of reads, limits, caps and the five kinds of error.
//!
//! A client builds a [`Call`], gives it to its [`Http`] and gets a [`Reply`] that its own [`Classify`] function
//! called a success, or an [`Error`] with one of five [`Kind`]s and a stable code. The layers, outside in:
//!
//! 1. span and overall deadline ([`Settings::deadline`]);
//! 2. retry, **of reads only**, with full jitter, inside the host's budget of repeats; a write without an answer is
//!    [`Kind::Unknown`] and goes back to the caller, who looks before any repeat;
//! 3. silence: after timeouts in a row nothing is sent for a while (a stuck server stays stuck while it is asked);
//! 4. concurrency, with a smaller limit for writes and a queue of bounded length;
//! 5. circuit breaker: a host of which half of the calls fail is left alone, then asked once;
//! 6. rate limit, which believes a server that says that there were too many calls, cut off by the deadline;
//! 7. after all waits, the last questions: silence and breaker again, and for a write the [`Permit`];
//! 8. timeout of one try;
//! 9. the [`Transport`]: `reqwest` in production, an in-process server in tests.
//!
//! What is known of a host (3, 5, 6 and its clock) is shared by all stacks of the same [`Hosts`].
//!
//! No header, token, query or body is ever part of a `Debug` form, an error text or a span.
//!
//! ```
//! use http_kit::{Call, Effect};
//!
//! let url = url::Url::parse("http://127.0.0.1:3000/api/tasks/7?secret=1")?;
//! let call = Call::get("/api/tasks/{id}", url);
//! assert_eq!(call.effect, Effect::Read);
//! assert!(!format!("{call:?}").contains("secret"));
//! # Ok::<(), url::ParseError>(())
//! ```

mod breaker;
mod call;
pub mod codes;
mod dial;
mod error;
mod exchange;
mod host;
mod kind;
mod leaf;
mod limits;
mod permit;
mod retry;
mod server_time;
mod settings;
mod silence;
mod stack;
mod stats;
mod transport;
mod version;
mod window;

pub use crate::breaker::BreakerState;
pub use crate::call::{Call, Reply};
pub use crate::error::{BoxError, Error, server_words};
pub use crate::host::{HostStats, Hosts};
pub use crate::kind::{Classify, Effect, Kind, Verdict};
pub use crate::leaf::is_loopback;
pub use crate::permit::{Permit, PermitSlot};
pub use crate::server_time::ServerTime;
pub use crate::settings::{BreakerSettings, Rate, Settings, SilenceSettings};
pub use crate::stack::Http;
pub use crate::stats::{RouteStats, Stats};
pub use crate::transport::{Transport, TransportError};
pub use crate::version::Version;
