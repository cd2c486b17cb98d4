//! The last question before a write leaves: may it still?
//!
//! A write may wait long in this stack, for a place among the calls in flight and for the rate limit. Whoever asked for
//! it had the right to write when it began to wait, and may have lost it since. So that right is asked for again after
//! all waits, when nothing but the sending is left to do.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Says whether writes may be sent. The engine's lease is one.
pub trait Permit: Send + Sync {
    /// Whether a write that has its answer within `limit` may be handed to the socket now; else why not, in a few words.
    fn may_write(&self, limit: Duration) -> Result<(), String>;
}

/// Where a stack keeps its permit. Clones share it; without one, writes may be sent.
#[derive(Clone, Default)]
pub struct PermitSlot(Arc<RwLock<Option<Arc<dyn Permit>>>>);

impl PermitSlot {
    /// From now on this one is asked, or nobody.
    pub fn set(&self, permit: Option<Arc<dyn Permit>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = permit;
    }

    /// As [`Permit::may_write`].
    pub fn may_write(&self, limit: Duration) -> Result<(), String> {
        let permit = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        permit.map_or(Ok(()), |permit| permit.may_write(limit))
    }
}

impl fmt::Debug for PermitSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitSlot").finish_non_exhaustive()
    }
}
