//! Somebody who looks on at the calls of a simulated server: counts steps, acts between two of them, sees what is overwritten.

use std::fmt::Debug;

use sync_core::Side;

use crate::calls::Kind;
use crate::faults::Decision;

/// A write of a caller that replaces what stands at a server, at the moment of its effect.
#[derive(Clone, Copy, Debug)]
pub struct Overwrite<'a> {
    /// Where.
    pub side: Side,
    /// Which item.
    pub item: &'a str,
    /// The moment at which the caller last saw the item before it sent the write.
    pub looked: u64,
    /// The item's texts just before.
    pub before: &'a [&'a str],
    /// And just after.
    pub after: &'a [&'a str],
}

/// Looks on. Nothing here may wait; the models are free while [`Onlooker::begins`] and [`Onlooker::strikes`] are called, and
/// held while [`Onlooker::overwrites`] is.
pub trait Onlooker: Debug + Send + Sync {
    /// The number of what happened last: it grows with each call and each deed.
    fn moment(&self) -> u64;
    /// A call is sent; what is done now comes before its effect.
    fn begins(&self, kind: Kind, label: &str);
    /// Something goes wrong with the call that was just sent.
    fn strikes(&self, kind: Kind, label: &str, decision: &Decision);
    /// A write takes effect; only [`crate::ports`] tell of it.
    fn overwrites(&self, write: &Overwrite<'_>);
}
