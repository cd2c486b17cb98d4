//! The three-way line merge of descriptions (design 3.2).
//!
//! Texts are compared in their normal form, what a side would say after a conversion there and back, so that a
//! formatting that the other side cannot hold is no change. What comes out is written in each author's own
//! formatting: only the lines that changed are replaced.

mod dress;
mod hunks;

use std::ops::Range;

use crate::side::{Pair, Side};
use dress::dress;
use hunks::{Hunk, hunks};

/// Texts with more lines are not merged line by line.
pub const MAX_LINES: usize = 200_000;

/// The texts of one description, as markdown without footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    /// What each side held when the two were last in agreement.
    pub base: Pair<&'a str>,
    /// What each side holds now.
    pub now: Pair<&'a str>,
}

/// What comes out of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Equal meaning, or no change of meaning on either side: nothing to send.
    Same,
    /// One side changed: the other takes it.
    Carried {
        /// The side to write.
        to: Side,
        /// Its new text.
        text: String,
    },
    /// Both changed, in different places.
    Merged {
        /// What each side must be set to; `None` where it holds that already.
        text: Pair<Option<String>>,
    },
    /// Both changed the same lines, or a change cannot be placed in the other text: the policy's fallback decides.
    Overlap,
}

/// Merges the changes of both sides, line by line, on the normal form `normal` of the texts.
///
/// * A change on one side only is taken whole: the other side's new text means the same. (Where the two bases did not
///   mean the same, only the changed lines are carried, and [`Outcome::Overlap`] says that they have no place there.)
/// * Changes of both sides are merged where no line was touched by both and the two did not insert at one place.
///   Equal changes count once. Afterwards both sides mean the same.
/// * Nothing that a person wrote is dropped without [`Outcome::Overlap`].
///
/// ```
/// use sync_core::{Pair, merge::{Outcome, Texts, merge}};
/// let base = Pair { huly: "one\ntwo\nthree", vibe: "one\ntwo\nthree" };
/// let now = Pair { huly: "ONE\ntwo\nthree", vibe: "one\ntwo\nthree\nfour" };
/// let both = Some("ONE\ntwo\nthree\nfour".to_owned());
/// let plain = |text: &str| text.to_owned();
/// assert_eq!(merge(&Texts { base, now }, plain), Outcome::Merged { text: Pair { huly: both.clone(), vibe: both } });
/// ```
pub fn merge(texts: &Texts<'_>, normal: fn(&str) -> String) -> Outcome {
    let now = texts.now.map(normal);
    if now.huly == now.vibe {
        return Outcome::Same;
    }
    let base = Pair::by(|side| {
        // mostly one side is untouched: its normal form is known already
        if texts.base.side(side) == texts.now.side(side) {
            now.side(side).clone()
        } else {
            normal(texts.base.side(side))
        }
    });
    let forms = Forms {
        base: base.as_ref().map(|text| lines(text)),
        now: now.as_ref().map(|text| lines(text)),
    };
    match (base.huly != now.huly, base.vibe != now.vibe) {
        (false, false) => Outcome::Same,
        (true, false) => carry(texts, &forms, &now, Side::Vibe, normal),
        (false, true) => carry(texts, &forms, &now, Side::Huly, normal),
        (true, true) => join(texts, &forms, &now, normal),
    }
}

/// The lines of a text; a line end at the end of the text shows as an empty last line.
fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

/// The normal forms, in lines.
struct Forms<'a> {
    base: Pair<Vec<&'a str>>,
    now: Pair<Vec<&'a str>>,
}

impl<'a> Forms<'a> {
    fn is_too_long(&self) -> bool {
        let long = |pair: &Pair<Vec<&str>>| pair.iter().any(|(_, lines)| lines.len() > MAX_LINES);
        long(&self.base) || long(&self.now)
    }

    /// What `side` changed since the base.
    fn edits(&self, side: Side) -> Vec<Edit<'a>> {
        let now = self.now.side(side);
        hunks(self.base.side(side), now)
            .into_iter()
            .map(|hunk| Edit {
                at: hunk.old,
                lines: now.get(hunk.new).unwrap_or_default().to_vec(),
            })
            .collect()
    }

    /// What the other side changed since its base, placed in the base of `side`.
    fn edits_from(&self, side: Side) -> Option<Vec<Edit<'a>>> {
        let edits = self.edits(side.opposite());
        if self.base.huly == self.base.vibe {
            return Some(edits);
        }
        let gaps = hunks(self.base.side(side.opposite()), self.base.side(side));
        edits
            .into_iter()
            .map(|edit| {
                Some(Edit {
                    at: place(&gaps, &edit.at)?,
                    lines: edit.lines,
                })
            })
            .collect()
    }
}

/// These lines of a base are replaced by those.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit<'a> {
    at: Range<usize>,
    lines: Vec<&'a str>,
}

/// Only the side opposite to `to` changed.
fn carry(
    texts: &Texts<'_>,
    forms: &Forms<'_>,
    now: &Pair<String>,
    to: Side,
    normal: fn(&str) -> String,
) -> Outcome {
    let from = to.opposite();
    let (target, source) = (*texts.now.side(to), *texts.now.side(from));
    let same_base = forms.base.huly == forms.base.vibe;
    let text = if target == *texts.base.side(from) {
        // the target stands where the source stood, to the letter: it goes where the source went
        source.to_owned()
    } else if same_base {
        let wanted = now.side(from);
        let dressed = if forms.is_too_long() {
            None
        } else {
            dress(target, now.side(to), wanted, normal)
        };
        dressed.unwrap_or_else(|| source.to_owned())
    } else {
        let placed = if forms.is_too_long() {
            None
        } else {
            forms.edits_from(to)
        };
        let Some(wanted) = placed.and_then(|edits| apply(forms.base.side(to), edits, Vec::new()))
        else {
            return Outcome::Overlap;
        };
        dress(target, now.side(to), &wanted, normal).unwrap_or(wanted)
    };
    if text == target {
        Outcome::Same
    } else {
        Outcome::Carried { to, text }
    }
}

/// Both sides changed.
fn join(
    texts: &Texts<'_>,
    forms: &Forms<'_>,
    now: &Pair<String>,
    normal: fn(&str) -> String,
) -> Outcome {
    if forms.is_too_long() {
        return Outcome::Overlap;
    }
    let wanted = |side: Side| {
        apply(
            forms.base.side(side),
            forms.edits(side),
            forms.edits_from(side)?,
        )
    };
    let (Some(huly), Some(vibe)) = (wanted(Side::Huly), wanted(Side::Vibe)) else {
        return Outcome::Overlap;
    };
    let wanted = Pair { huly, vibe };
    let text = Pair::by(|side| {
        let (own, wanted) = (*texts.now.side(side), wanted.side(side));
        let text = dress(own, now.side(side), wanted, normal).unwrap_or_else(|| wanted.clone());
        (text != own).then_some(text)
    });
    if text.huly.is_none() && text.vibe.is_none() {
        Outcome::Same
    } else {
        Outcome::Merged { text }
    }
}

/// Where lines `at` of one base stand in the other; `gaps` are the differences between the two. `None` where they do
/// not stand there unchanged: lines by themselves, a place to insert between the same two lines.
fn place(gaps: &[Hunk], at: &Range<usize>) -> Option<Range<usize>> {
    let touches = |gap: &Hunk| {
        if at.is_empty() {
            gap.old.start <= at.start && at.start <= gap.old.end
        } else if gap.old.is_empty() {
            at.start < gap.old.start && gap.old.start < at.end
        } else {
            gap.old.start < at.end && at.start < gap.old.end
        }
    };
    let first = gaps.partition_point(|gap| gap.old.end < at.start);
    if gaps
        .iter()
        .skip(first)
        .take_while(|gap| gap.old.start <= at.end)
        .any(touches)
    {
        return None;
    }
    let before = gaps
        .partition_point(|gap| gap.old.end <= at.start)
        .checked_sub(1)
        .and_then(|last| gaps.get(last));
    let start = before.map_or(at.start, |gap| gap.new.end + (at.start - gap.old.end));
    Some(start..start + at.len())
}

/// The base with both lists of edits; `None` where two of them touch the same lines or insert at the same place.
fn apply<'a>(base: &[&'a str], own: Vec<Edit<'a>>, other: Vec<Edit<'a>>) -> Option<String> {
    let mut edits = own;
    edits.extend(other);
    // an insertion goes before the lines it stands in front of
    edits.sort_by(|a, b| (a.at.start, a.at.end, &a.lines).cmp(&(b.at.start, b.at.end, &b.lines)));
    edits.dedup();
    let mut out: Vec<&str> = Vec::with_capacity(base.len());
    let mut at = 0;
    let mut last_insert = None;
    for edit in edits {
        if edit.at.start < at || (edit.at.is_empty() && last_insert == Some(edit.at.start)) {
            return None;
        }
        last_insert = edit.at.is_empty().then_some(edit.at.start);
        out.extend(base.get(at..edit.at.start)?);
        out.extend(edit.lines);
        at = edit.at.end;
    }
    out.extend(base.get(at..)?);
    Some(out.join("\n"))
}
