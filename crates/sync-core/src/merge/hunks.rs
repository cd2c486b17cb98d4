//! Differences of two texts as hunks of lines, in a time that grows about linearly with the texts.

use std::{collections::HashMap, ops::Range};

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Gaps without a line that occurs once on both sides are compared line by line up to this many lines in all; a
/// larger one counts as replaced whole. Bounds the time for texts that share nothing.
const MAX_GAP_LINES: usize = 2_000;
/// How often a gap is searched for unique lines again.
const MAX_DEPTH: usize = 32;

/// Lines `old` of the old text were replaced by lines `new` of the new one. Either may be empty, not both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    /// In the old text.
    pub old: Range<usize>,
    /// In the new text.
    pub new: Range<usize>,
}

/// The hunks between two lists of lines, in order; lines between them are equal one by one.
pub(super) fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let mut numbers = HashMap::new();
    let old = number(old, &mut numbers);
    let new = number(new, &mut numbers);
    let mut found = Found { hunks: Vec::new() };
    found.search(
        Gap {
            old: &old,
            new: &new,
            at: (0, 0),
        },
        MAX_DEPTH,
    );
    found.hunks
}

/// Equal lines get equal numbers: comparing them costs the same for long lines as for short ones.
fn number<'a>(lines: &[&'a str], numbers: &mut HashMap<&'a str, u32>) -> Vec<u32> {
    lines
        .iter()
        .map(|line| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(line).or_insert(next)
        })
        .collect()
}

/// Two stretches that are still to be compared, and where they begin.
#[derive(Clone, Copy)]
struct Gap<'a> {
    old: &'a [u32],
    new: &'a [u32],
    at: (usize, usize),
}

impl<'a> Gap<'a> {
    /// Without the equal lines at both ends.
    fn trimmed(self) -> Gap<'a> {
        let head = self
            .old
            .iter()
            .zip(self.new)
            .take_while(|(old, new)| old == new)
            .count();
        let (old, new) = (
            self.old.get(head..).unwrap_or_default(),
            self.new.get(head..).unwrap_or_default(),
        );
        let tail = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take_while(|(old, new)| old == new)
            .count();
        Gap {
            old: old.get(..old.len() - tail).unwrap_or_default(),
            new: new.get(..new.len() - tail).unwrap_or_default(),
            at: (self.at.0 + head, self.at.1 + head),
        }
    }

    /// The part between two pairs of equal lines.
    fn part(self, old: Range<usize>, new: Range<usize>) -> Gap<'a> {
        let at = (self.at.0 + old.start, self.at.1 + new.start);
        Gap {
            old: self.old.get(old).unwrap_or_default(),
            new: self.new.get(new).unwrap_or_default(),
            at,
        }
    }
}

struct Found {
    hunks: Vec<Hunk>,
}

impl Found {
    fn search(&mut self, gap: Gap<'_>, depth: usize) {
        let gap = gap.trimmed();
        if gap.old.is_empty() || gap.new.is_empty() {
            return self.push(gap);
        }
        let anchors = if depth == 0 {
            Vec::new()
        } else {
            anchors(gap.old, gap.new)
        };
        if anchors.is_empty() {
            return self.compare(gap);
        }
        let (mut old, mut new) = (0, 0);
        for (a, b) in anchors {
            self.search(gap.part(old..a, new..b), depth - 1);
            (old, new) = (a + 1, b + 1);
        }
        self.search(gap.part(old..gap.old.len(), new..gap.new.len()), depth - 1);
    }

    fn compare(&mut self, gap: Gap<'_>) {
        if gap.old.len() + gap.new.len() > MAX_GAP_LINES {
            return self.push(gap);
        }
        for op in capture_diff_slices(Algorithm::Myers, gap.old, gap.new) {
            match op {
                DiffOp::Equal { .. } => {}
                DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                    self.push(gap.part(op.old_range(), op.new_range()));
                }
            }
        }
    }

    /// Takes the whole gap as one hunk; hunks that touch are one.
    fn push(&mut self, gap: Gap<'_>) {
        let old = gap.at.0..gap.at.0 + gap.old.len();
        let new = gap.at.1..gap.at.1 + gap.new.len();
        if old.is_empty() && new.is_empty() {
            return;
        }
        match self.hunks.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            Some(_) | None => self.hunks.push(Hunk { old, new }),
        }
    }
}

/// Lines that occur once in each stretch and in the same order in both, as many as possible (patience diff).
fn anchors(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let once_in_new = once(new);
    let once_in_old = once(old);
    let pairs = old.iter().enumerate().filter_map(|(at, line)| {
        once_in_old.get(line).copied().flatten()?;
        Some((at, once_in_new.get(line).copied().flatten()?))
    });
    longest_rising(&pairs.collect::<Vec<_>>())
}

/// Where each line stands; `None` for one that occurs again.
fn once(lines: &[u32]) -> HashMap<u32, Option<usize>> {
    let mut places = HashMap::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        places
            .entry(*line)
            .and_modify(|place| *place = None)
            .or_insert(Some(at));
    }
    places
}

/// The longest run of pairs whose second parts rise, by patience sorting.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // piles: for each length the pair that ends the run with the smallest second part; each pair remembers the one before it
    let mut piles: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, second)) in pairs.iter().enumerate() {
        let pile = piles.partition_point(|(top, _)| top < second);
        before.push(
            pile.checked_sub(1)
                .and_then(|lower| piles.get(lower))
                .map(|(_, index)| *index),
        );
        match piles.get_mut(pile) {
            Some(top) => *top = (*second, at),
            None => piles.push((*second, at)),
        }
    }
    let mut run = Vec::with_capacity(piles.len());
    let mut next = piles.last().map(|(_, index)| *index);
    while let Some(index) = next {
        run.extend(pairs.get(index).copied());
        next = before.get(index).copied().flatten();
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<&str> {
        text.split("").filter(|letter| !letter.is_empty()).collect()
    }

    /// Hunks as text: `old range -> new lines`.
    fn check(old: &str, new: &str, expected: &[(Range<usize>, &str)]) {
        let (old, new) = (letters(old), letters(new));
        let found: Vec<(Range<usize>, String)> = hunks(&old, &new)
            .into_iter()
            .map(|hunk| (hunk.old, new[hunk.new].concat()))
            .collect();
        let expected: Vec<(Range<usize>, String)> = expected
            .iter()
            .map(|(at, lines)| (at.clone(), (*lines).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn hunks_are_as_small_as_people_see_them() {
        check("", "", &[]);
        check("abc", "abc", &[]);
        check("", "abc", &[(0..0, "abc")]);
        check("abc", "", &[(0..3, "")]);
        check("abc", "axc", &[(1..2, "x")]);
        check("abc", "xabc", &[(0..0, "x")]);
        check("abc", "abcx", &[(3..3, "x")]);
        check("abcdef", "xbcdey", &[(0..1, "x"), (5..6, "y")]);
        check("abcdef", "abxdyf", &[(2..3, "x"), (4..5, "y")]);
        check("abcd", "bcda", &[(0..1, ""), (4..4, "a")]);
    }

    #[test]
    fn a_line_that_occurs_once_holds_the_texts_together() {
        // the braces occur often: only the names say which stretch is which
        check("{a}{b}", "{a}{x}{b}", &[(4..4, "x}{")]);
        check("{}{}a{}{}", "{}a{}{}{}", &[(2..2, "a"), (4..5, "")]);
        check("{}M{}", "{}{}M", &[(2..3, ""), (5..5, "M")]);
    }

    #[test]
    fn a_large_stretch_without_anchors_counts_as_replaced() {
        let old: Vec<&str> = std::iter::repeat_n(["a", "b"], MAX_GAP_LINES)
            .flatten()
            .collect();
        let new: Vec<&str> = std::iter::repeat_n(["c", "c", "b"], MAX_GAP_LINES)
            .flatten()
            .collect();
        assert_eq!(hunks(&old, &new).len(), 1);
    }

    #[test]
    fn the_longest_run_rises() {
        let run = |seconds: &[usize]| {
            let pairs: Vec<(usize, usize)> = seconds.iter().copied().enumerate().collect();
            longest_rising(&pairs)
                .into_iter()
                .map(|(_, second)| second)
                .collect::<Vec<_>>()
        };
        assert_eq!(run(&[]), Vec::<usize>::new());
        assert_eq!(run(&[3, 2, 1]), [1]);
        assert_eq!(run(&[4, 0, 1, 5, 2, 3]), [0, 1, 2, 3]);
        assert_eq!(run(&[1, 9, 2, 8, 3]), [1, 2, 3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hunks_lead_from_the_old_text_to_the_new_one(old in "[a-f]{0,30}", new in "[a-f]{0,30}") {
            let (old, new) = (letters(&old), letters(&new));
            let mut made: Vec<&str> = Vec::new();
            let mut at = 0;
            for hunk in hunks(&old, &new) {
                prop_assert!(hunk.old.start >= at && !(hunk.old.is_empty() && hunk.new.is_empty()));
                prop_assert!(at == 0 || hunk.old.start > at, "hunks that touch are one");
                made.extend(&old[at..hunk.old.start]);
                prop_assert_eq!(made.len(), hunk.new.start);
                made.extend(&new[hunk.new.clone()]);
                at = hunk.old.end;
            }
            made.extend(&old[at..]);
            prop_assert_eq!(made, new);
        }
    }
}
