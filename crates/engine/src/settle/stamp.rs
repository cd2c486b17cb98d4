//! How new Huly's issue was when its base was taken: a service that was restored from a backup shows older ones (design 3.7).

use sync_core::{Side, item::Item, link::Link};

use crate::journal::Step;

/// A row whose base moved remembers how new the issue was that it moved to.
pub(super) fn stamped(before: &Link, next: Link, step: &Step, answer: Option<&Item>) -> Link {
    if next == *before {
        return next;
    }
    let answered = answer.filter(|_| step.intent.side == Side::Huly);
    let seen = [
        next.stamp,
        step.payload.stamp,
        answered.and_then(|item| item.modified),
    ];
    Link {
        stamp: seen.into_iter().flatten().max(),
        ..next
    }
}
