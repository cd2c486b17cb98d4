//! One HTTP stack for every client: deadlines, retries of reads, limits, caps and the five kinds of error.
//!
//! A client builds a [`Call`], gives it to its [`Http`] and gets a [`Reply`] that its own [`Classify`] function
//! called a success, or an [`Error`] with one of five [`Kind`]s and a stable code. The layers, outside in:
//!
//! 1. span and overall deadline ([`Settings::deadline`]);
//! 2. retry, **of reads only**, with full jitter; a write without an answer is [`Kind::Unknown`] and goes back to
//!    the caller, who looks before any repeat;
//! 3. silence: after timeouts in a row nothing is sent for a while (a stuck server stays stuck while it is asked);
//! 4. concurrency, with a smaller limit for writes;
//! 5. rate limit, cut off by the deadline;
//! 6. timeout of one try;
//! 7. the [`Transport`]: `reqwest` in production, an in-process server in tests.
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

mod call;
pub mod codes;
mod dial;
mod error;
mod kind;
mod leaf;
mod limits;
mod retry;
mod settings;
mod silence;
mod stack;
mod stats;
mod transport;
mod window;

pub use crate::call::{Call, Reply};
pub use crate::error::{BoxError, Error, server_words};
pub use crate::kind::{Classify, Effect, Kind, Verdict};
pub use crate::settings::{Rate, Settings, SilenceSettings};
pub use crate::stack::Http;
pub use crate::stats::{RouteStats, Stats};
pub use crate::transport::{Transport, TransportError};
