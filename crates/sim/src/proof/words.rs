//! Words that only people write: each one says of which item it is, and what became of it is remembered.
//!
//! A word is `o3w17`: the 17th that was written, about the item that people made third (its origin). hvs copies words and
//! never makes one, so a word that stands nowhere was lost, and two items of one origin are one too many.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::Side;

/// The item that people made first, second, third ...
pub(super) type Origin = u32;

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    /// Of which item it tells.
    pub(super) origin: Origin,
    /// Its number among all words.
    pub(super) number: u32,
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "o{}w{}", self.origin, self.number)
    }
}

/// The words in a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter_map(word)
        .collect()
}

fn word(text: &str) -> Option<Word> {
    let (origin, number) = text.strip_prefix('o')?.split_once('w')?;
    Some(Word {
        origin: origin.parse().ok()?,
        number: number.parse().ok()?,
    })
}

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody took it away: it must stand, or be kept whole.
    Stands,
    /// A person who had it in front of them wrote something else.
    Replaced,
    /// It was overwritten between a caller's look and its write, which nobody can see (design 4.2, the promise).
    Unseen,
    /// A person deleted the item in which it stood.
    Deleted,
}

#[derive(Clone, Copy, Debug)]
struct Written {
    side: Side,
    at: u64,
    fate: Fate,
}

/// All that people wrote and deleted.
#[derive(Debug, Default)]
pub(super) struct Book {
    words: BTreeMap<Word, Written>,
    origins: Origin,
    deleted: BTreeSet<Origin>,
    cancelled: BTreeSet<Origin>,
}

impl Book {
    /// A new item's name.
    pub(super) fn origin(&mut self) -> Origin {
        self.origins += 1;
        self.origins
    }

    /// A word that was never written before, written now on a side.
    pub(super) fn write(&mut self, origin: Origin, side: Side, at: u64) -> Word {
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let word = Word { origin, number };
        let written = Written {
            side,
            at,
            fate: Fate::Stands,
        };
        self.words.insert(word, written);
        word
    }

    /// How far it is written.
    pub(super) fn page(&self) -> (usize, Origin) {
        (self.words.len(), self.origins)
    }

    /// Takes out what was written since, where the deed came to nothing.
    pub(super) fn tear_out(&mut self, (words, origins): (usize, Origin)) {
        let is_new = |word: &Word| usize::try_from(word.number).is_ok_and(|number| number >= words);
        self.words.retain(|word, _| !is_new(word));
        self.origins = origins;
    }

    /// A person replaced a text by another one, on a side: what stood there and does not any more was theirs to take away.
    pub(super) fn replace(&mut self, before: &str, after: &str) {
        for word in missing(&[before], &[after]) {
            self.set(word, Fate::Replaced);
        }
    }

    /// A write of hvs replaced texts; `looked` is when its sender last saw them.
    pub(super) fn overwrite(&mut self, before: &[&str], after: &[&str], looked: u64) {
        for word in missing(before, after) {
            if self.words.get(&word).is_some_and(|word| word.at > looked) {
                self.set(word, Fate::Unseen);
            }
        }
    }

    /// A person deleted an item.
    pub(super) fn delete(&mut self, origin: Origin, side: Side) {
        self.deleted.insert(origin);
        for (word, written) in &mut self.words {
            let stands = written.fate == Fate::Stands;
            if word.origin == origin && written.side == side && stands {
                written.fate = Fate::Deleted;
            }
        }
    }

    /// A person cancelled an item.
    pub(super) fn cancel(&mut self, origin: Origin) {
        self.cancelled.insert(origin);
    }

    fn set(&mut self, word: Word, fate: Fate) {
        if let Some(written) = self.words.get_mut(&word)
            && written.fate == Fate::Stands
        {
            written.fate = fate;
        }
    }

    /// Every item that people made.
    pub(super) fn all(&self) -> impl Iterator<Item = Origin> + use<> {
        1..=self.origins
    }

    /// Whether a person deleted it on any side.
    pub(super) fn is_deleted(&self, origin: Origin) -> bool {
        self.deleted.contains(&origin)
    }

    /// Whether a person cancelled it.
    pub(super) fn is_cancelled(&self, origin: Origin) -> bool {
        self.cancelled.contains(&origin)
    }

    /// The words of an item that must not be lost.
    pub(super) fn standing(&self, origin: Origin) -> Vec<Word> {
        let stand = |written: &Written| written.fate == Fate::Stands;
        let all = self.words.iter();
        all.filter(|(word, written)| word.origin == origin && stand(written))
            .map(|(word, _)| *word)
            .collect()
    }

    /// How many words nobody could have kept.
    pub(super) fn unseen(&self) -> usize {
        let unseen = |written: &&Written| written.fate == Fate::Unseen;
        self.words.values().filter(unseen).count()
    }
}

fn missing(before: &[&str], after: &[&str]) -> BTreeSet<Word> {
    let all =
        |texts: &[&str]| -> BTreeSet<Word> { texts.iter().flat_map(|text| words(text)).collect() };
    let after = all(after);
    let before = all(before);
    before.difference(&after).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_titles_and_in_markup() {
        let text = r#"Item o3w17: {"text":"First o3w18."} oxw1 o1w"#;
        let numbers: Vec<_> = words(text).iter().map(|word| word.number).collect();
        assert_eq!(numbers, [17, 18]);
    }

    #[test]
    fn only_what_was_written_after_the_look_is_excused() {
        let mut book = Book::default();
        let origin = book.origin();
        let old = book.write(origin, Side::Vibe, 5).to_string();
        let new = book.write(origin, Side::Vibe, 9).to_string();
        book.overwrite(&[&old, &new], &["other"], 7);
        let standing: Vec<_> = book.standing(origin).iter().map(Word::to_string).collect();
        assert_eq!((standing, book.unseen()), (vec![old], 1));
    }
}
