//! Letters: which values a side did not take, and when they are sent again (design 4.5).
//!
//! A letter stands for one value of one field on one side of one link. It waits for its next try, with a growing pause over the
//! runs, or it is dead: then the value is sent no more until it changes or a person says so. In one run a failing value is tried
//! once, apart from what was changed under our hands, which is planned again.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use store::row::{DeadLetter, LetterState};
use sync_core::{
    Side,
    ids::{ItemId, LinkId, Millis, ProjectLinkId},
    item::Field,
};

use crate::{codes, context::Context, lease::millis};

/// The pause after the second failure, doubled with every further one up to [`LONGEST`]. The run right after the first failure
/// tries again.
const BASE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(1);
/// How often an item that was changed under our hands is planned again in one run (design 4.5, "conflict").
const REPLANS: u32 = 3;
/// Letters of one project that a turn knows of.
pub(crate) const MAX_LETTERS: u32 = 100_000;

/// What makes two letters the same one.
pub(crate) type Key = (LinkId, Side, Option<Field>);

/// How a value failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// The service said that it will never take it.
    Refused,
    /// The service answered well and kept the old value.
    Untaken,
    /// Something was changed under our hands: it may be planned again in this run.
    Changed,
    /// Without effect, for now.
    Later,
}

/// Whether a value may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Yes.
    Free,
    /// It failed before, and its next try is not due.
    Waits(DeadLetter),
    /// It failed in this run.
    Tried,
    /// Not until it changes or a person says so.
    Dead(DeadLetter),
    /// The same, and a person knows.
    Dropped,
}

/// A value that failed, for its letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed<'a> {
    pub(crate) project: ProjectLinkId,
    pub(crate) key: Key,
    pub(crate) hash: &'a Arc<str>,
    pub(crate) label: &'a Arc<str>,
    pub(crate) code: &'a str,
    pub(crate) words: &'a str,
    pub(crate) how: Failing,
}

/// What is known of failing values in one run. Bounded by what fails.
#[derive(Debug, Default)]
pub(crate) struct Letters(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    known: HashMap<Key, DeadLetter>,
    /// Failed in this run, other than by a change under our hands.
    tried: HashSet<Key>,
    /// Looked at in this run: their value is still to be written.
    met: HashSet<Key>,
    /// Items that this run left for another look.
    dirtied: HashSet<ItemId>,
    /// Sides of links that refused several fields together.
    apart: HashSet<(LinkId, Side)>,
    /// How often a link was planned again.
    replans: HashMap<LinkId, u32>,
    /// Until when a write without an answer may still change an item.
    late: HashMap<(Side, ItemId), Millis>,
}

impl Letters {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the letters that the store has of one project.
    pub(crate) fn load(&self, letters: Vec<DeadLetter>) {
        let mut inner = self.lock();
        for letter in letters {
            let key = (letter.link, letter.side, letter.field);
            // what this run knows is newer
            inner.known.entry(key).or_insert(letter);
        }
    }

    /// Whether a value may be sent now. Asked for every value that is to be written.
    pub(crate) fn standing(&self, ctx: &Context, key: Key, hash: &str) -> Standing {
        let mut inner = self.lock();
        let Some(letter) = inner
            .known
            .get(&key)
            .filter(|letter| &*letter.value_hash == hash)
        else {
            return Standing::Free;
        };
        let standing = match letter.state {
            LetterState::Dead => Standing::Dead(letter.clone()),
            LetterState::Dropped => Standing::Dropped,
            LetterState::Waiting if inner.tried.contains(&key) => Standing::Tried,
            LetterState::Waiting if letter.run == ctx.run || letter.next_try <= ctx.now() => {
                Standing::Free
            }
            LetterState::Waiting => Standing::Waits(letter.clone()),
        };
        inner.met.insert(key);
        standing
    }

    /// Whether a letter stands for this very value.
    pub(crate) fn stands_for(&self, key: Key, hash: &str) -> bool {
        let inner = self.lock();
        let known = inner.known.get(&key);
        known.is_some_and(|letter| &*letter.value_hash == hash)
    }

    /// The letter of a value that has just failed.
    pub(crate) fn failed(&self, ctx: &Context, failed: Failed<'_>) -> DeadLetter {
        let mut inner = self.lock();
        let now = ctx.now();
        let before = inner
            .known
            .get(&failed.key)
            .filter(|letter| letter.value_hash == *failed.hash);
        let since = before.map_or(now, |letter| letter.since);
        let tries = match before {
            Some(letter) if letter.run == ctx.run => letter.tries,
            Some(letter) => letter.tries.saturating_add(1),
            None => 1,
        };
        let gives_up = tries >= ctx.settings.max_attempts
            && now.0.saturating_sub(since.0) >= millis(ctx.settings.give_up_after).0;
        let dead = match failed.how {
            Failing::Refused => true,
            Failing::Untaken => tries >= crate::CONFIRM_TRIES,
            Failing::Changed | Failing::Later => gives_up,
        };
        let (link, side, field) = failed.key;
        let (code, words) = match failed.how {
            Failing::Changed | Failing::Later if dead => (
                codes::GAVE_UP,
                format!(
                    "it failed {tries} times, the last time with {}: {}",
                    failed.code, failed.words
                ),
            ),
            Failing::Refused | Failing::Untaken | Failing::Changed | Failing::Later => {
                (failed.code, failed.words.to_owned())
            }
        };
        let letter = DeadLetter {
            project: failed.project,
            link,
            side,
            field,
            code: code.into(),
            message: format!("{}: {words}", failed.label).into(),
            since,
            run: ctx.run,
            value_hash: Arc::clone(failed.hash),
            label: Arc::clone(failed.label),
            state: if dead {
                LetterState::Dead
            } else {
                LetterState::Waiting
            },
            tries,
            next_try: next_try(now, tries),
            version: 1,
        };
        if failed.how != Failing::Changed {
            inner.tried.insert(failed.key);
        }
        inner.met.insert(failed.key);
        inner.known.insert(failed.key, letter.clone());
        letter
    }

    /// Takes a letter that the planner gave.
    pub(crate) fn put(&self, letter: DeadLetter) {
        let key = (letter.link, letter.side, letter.field);
        let mut inner = self.lock();
        inner.met.insert(key);
        inner.known.insert(key, letter);
    }

    /// A value was written: whatever stood against it is over. Says whether anything did.
    pub(crate) fn written(&self, key: Key) -> bool {
        let mut inner = self.lock();
        inner.tried.remove(&key);
        inner.known.remove(&key).is_some()
    }

    /// When the next try of a link's values is due, where one waits.
    pub(crate) fn waits(&self, link: LinkId) -> Option<Millis> {
        let inner = self.lock();
        let of_link = inner
            .known
            .values()
            .filter(|letter| letter.link == link && letter.state == LetterState::Waiting);
        of_link.map(|letter| letter.next_try).min()
    }

    /// Letters of one project whose values nothing in this run wanted to write.
    pub(crate) fn unmet(&self, project: ProjectLinkId) -> Vec<(Key, LetterState)> {
        let inner = self.lock();
        let unmet = inner
            .known
            .iter()
            .filter(|(key, letter)| letter.project == project && !inner.met.contains(*key));
        unmet.map(|(key, letter)| (*key, letter.state)).collect()
    }

    /// An item is left for another look.
    pub(crate) fn dirtied(&self, item: &ItemId) {
        self.lock().dirtied.insert(item.clone());
    }

    /// Whether this run left the item for another look.
    pub(crate) fn is_dirtied(&self, item: &ItemId) -> bool {
        self.lock().dirtied.contains(item)
    }

    /// A write without an answer may still change the item until then.
    pub(crate) fn set_late(&self, side: Side, item: ItemId, until: Millis) {
        let mut inner = self.lock();
        let known = inner.late.entry((side, item)).or_insert(until);
        *known = until.max(*known);
    }

    /// Until when such a write may come, if there is one.
    pub(crate) fn late(&self, side: Side, item: &ItemId) -> Option<Millis> {
        self.lock().late.get(&(side, item.clone())).copied()
    }

    /// A side refused several fields together: from now on it gets one at a time.
    pub(crate) fn set_apart(&self, link: LinkId, side: Side) {
        self.lock().apart.insert((link, side));
    }

    /// Whether a side of a link gets one field at a time.
    pub(crate) fn is_apart(&self, link: LinkId, side: Side) -> bool {
        self.lock().apart.contains(&(link, side))
    }

    /// Whether a link may be planned once more in this run, which is then counted.
    pub(crate) fn replan(&self, link: LinkId) -> bool {
        let mut inner = self.lock();
        let count = inner.replans.entry(link).or_default();
        *count = count.saturating_add(1);
        *count <= REPLANS
    }
}

/// What a letter says, without the item's name before it.
pub(crate) fn words(letter: &DeadLetter) -> &str {
    let message = &*letter.message;
    let rest = message.strip_prefix(&*letter.label);
    rest.and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(message)
}

/// When an item that failed so often is tried again: by the very next run, then after 2 s, 4 s, ... up to an hour.
pub(crate) fn next_try(now: Millis, tries: u32) -> Millis {
    let Some(doubled) = tries.checked_sub(2) else {
        return now;
    };
    let wait = millis(BASE)
        .0
        .saturating_mul(1_i64.checked_shl(doubled).unwrap_or(i64::MAX).max(1));
    Millis(now.0.saturating_add(wait.min(millis(LONGEST).0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_two_seconds_up_to_an_hour() {
        let waits: Vec<i64> = (0..=16)
            .map(|tries| next_try(Millis(0), tries).0 / 1_000)
            .collect();
        assert_eq!(
            waits,
            [
                0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600, 3_600, 3_600
            ]
        );
        assert_eq!(next_try(Millis(0), u32::MAX).0, 3_600_000);
    }
}
