//! Notices a service that was restored from a backup (design 3.7): what it shows is older than what it showed before.

use sync_core::{
    Side,
    ids::Millis,
    item::{FieldSet, Observation},
    link::{Link, Phase},
};

use crate::observe::Observed;

/// Fewer than this are people's doing.
const SEVERAL: usize = 3;
/// A server's stamps step back by some milliseconds, its clock may be set back by an hour; a backup is older.
const STEP_BACK_MS: i64 = 2 * 60 * 60 * 1_000;

/// What shows that a service was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    /// Which one.
    pub(crate) side: Side,
    /// Items that went back to an earlier state.
    pub(crate) older: usize,
    /// The newest linked items that are missing together.
    pub(crate) missing: usize,
}

impl Restored {
    /// In words.
    pub(crate) fn words(&self) -> String {
        let Restored {
            side,
            older,
            missing,
        } = self;
        let side = side.title();
        if *older > 0 {
            format!(
                "{older} items in {side} went back to an older state at once: {side} was restored from a backup"
            )
        } else {
            format!(
                "the {missing} newest linked items are missing in {side} together: {side} was restored from a backup"
            )
        }
    }
}

/// Whether what was seen shows that a service was restored.
pub(crate) fn of(observed: &Observed) -> Option<Restored> {
    let older = observed
        .links
        .values()
        .filter(|link| is_older(observed, link))
        .count();
    if older >= SEVERAL && is_all_older(observed) {
        return Some(Restored {
            side: Side::Huly,
            older,
            missing: 0,
        });
    }
    Side::ALL.into_iter().find_map(|side| {
        let missing = newest_missing(observed, side);
        (missing >= SEVERAL).then_some(Restored {
            side,
            older: 0,
            missing,
        })
    })
}

/// Whether nothing that Huly shows is as new as what it showed before: a clock that was set back leaves the newest where they are.
fn is_all_older(observed: &Observed) -> bool {
    let known = observed.links.values().filter_map(|link| link.stamp).max();
    let is_older = |known: Millis| {
        let limit = known.0.saturating_sub(STEP_BACK_MS);
        observed.newest.is_none_or(|newest| newest.0 < limit)
    };
    observed.full && known.is_some_and(is_older)
}

/// Whether Huly shows an issue with other content and an older stamp than its base had.
fn is_older(observed: &Observed, link: &Link) -> bool {
    let (Some(known), Observation::Present(issue)) = (link.stamp, observed.of(&link.id).huly)
    else {
        return false;
    };
    let differs = !link
        .base
        .huly
        .differing(&issue.values, FieldSet::COMMON)
        .is_empty();
    differs
        && link.phase == Phase::Active
        && issue
            .modified
            .is_some_and(|at| at.0 < known.0.saturating_sub(STEP_BACK_MS))
}

/// How many linked items of a side are gone, where all of them were linked later than every one that stands.
fn newest_missing(observed: &Observed, side: Side) -> usize {
    let mut stands: Option<Millis> = None;
    let mut gone: Vec<Millis> = Vec::new();
    for link in observed.links.values() {
        if link.phase != Phase::Active || link.items.side(side).is_none() || link.made.0 == 0 {
            continue;
        }
        match observed.of(&link.id).side(side) {
            Observation::Gone => gone.push(link.made),
            Observation::Present(_) | Observation::Unseen => {
                stands = stands.max(Some(link.made));
            }
        }
    }
    let oldest = gone.iter().min().copied();
    if stands.is_some() && oldest > stands {
        gone.len()
    } else {
        0
    }
}
