//! The footers of the JavaScript service before hvs, of every era:
//!
//! ```text
//! <text>                          Synced from Huly: PROJ-12
//!                                 (where there was no text)
//! ---
//! Huly Issue: PROJ-12
//! Huly Parent: PROJ-3             (or none; February 2026)
//!
//! ---
//! Beads Issue: <id>               (left by a third service)
//! ```
//!
//! They are read in any case of the words, since they name the pair of an item that hvs meets for the first time.
//! They are cut only where they stand as they were written, never inside a closed code fence, and a mention inside a
//! sentence is neither read nor cut.

use super::{
    Footer, Writer,
    piece::{Cut, Piece, is_blank},
};

const ISSUE: &str = "Huly Issue: ";
const PARENT: &str = "Huly Parent: ";
const SYNCED: &str = "Synced from Huly: ";
const BEADS: &str = "Beads Issue: ";
const RULE: &str = "---";

/// Cuts every footer of the predecessor's and gives what the last one said.
pub(super) fn cut(pieces: &mut [Piece<'_>]) -> Option<Footer> {
    let fenced = fenced(pieces);
    let mut said = None;
    let mut at = 0;
    let mut blank_so_far = true;
    while at < pieces.len() {
        let lines = Lines {
            pieces,
            fenced: &fenced,
        };
        let found = lines.block(at).or_else(|| lines.synced(at, blank_so_far));
        let Some(block) = found else {
            blank_so_far &= lines.is_border(at);
            at += 1;
            continue;
        };
        said = block.label.or(said);
        blank_so_far &= block.exact;
        for piece in pieces.iter_mut().skip(at).take(block.length) {
            if block.exact {
                *piece = Piece::Cut(Cut::Predecessor);
            }
        }
        at += block.length.max(1);
    }
    let lines = Lines {
        pieces,
        fenced: &fenced,
    };
    let label = said.or_else(|| lines.loose())?;
    Some(Footer {
        writer: Writer::Predecessor,
        label: Some(label.into()),
        url: None,
        marker: None,
        note: None,
    })
}

/// A footer that was found.
struct Block {
    label: Option<String>,
    /// In pieces.
    length: usize,
    /// Whether it stands as it was written.
    exact: bool,
}

/// A value behind its words, and whether the words are as they were written.
struct Said<'a> {
    value: &'a str,
    exact: bool,
}

struct Lines<'p, 'a> {
    pieces: &'p [Piece<'a>],
    fenced: &'p [bool],
}

impl<'a> Lines<'_, 'a> {
    /// The line at a place, without white space at its end; `None` beyond the text, for a cut, inside a code fence.
    fn line(&self, at: usize) -> Option<&'a str> {
        if self.fenced.get(at).copied().unwrap_or_default() {
            return None;
        }
        self.pieces.get(at)?.line().map(str::trim_end)
    }

    /// Whether a paragraph can begin after or end before this place.
    fn is_border(&self, at: usize) -> bool {
        self.pieces.get(at).is_none_or(Piece::is_border)
    }

    fn starts(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_none_or(|before| self.is_border(before))
    }

    fn is_rule(&self, at: usize) -> bool {
        self.line(at) == Some(RULE)
    }

    fn issue(&self, at: usize) -> Option<Said<'a>> {
        said(self.line(at)?, ISSUE).filter(|said| is_identifier(said.value))
    }

    fn is_beads(&self, at: usize) -> bool {
        let Some(said) = self.line(at).and_then(|line| said(line, BEADS)) else {
            return false;
        };
        said.exact && !said.value.contains(char::is_whitespace)
    }

    /// The rule and the lines below it, or the Beads form without a rule above, that begins at this place.
    fn block(&self, at: usize) -> Option<Block> {
        if !self.starts(at) {
            return None;
        }
        if self.is_rule(at) {
            if self.is_beads(at + 1) {
                return Some(Block {
                    label: None,
                    length: 2,
                    exact: true,
                });
            }
            if let Some(issue) = self.issue(at + 1) {
                return Some(self.with_parent(&issue, at, 2));
            }
            // a converter puts a blank line between the two: read, but no longer what was written
            let apart = self.line(at + 1).is_some_and(is_blank);
            let issue = self.issue(at + 2).filter(|_| apart)?;
            let block = self.with_parent(&issue, at, 3);
            return self.is_border(at + block.length).then_some(Block {
                exact: false,
                ..block
            });
        }
        let issue = self.issue(at)?;
        let beads = self.is_rule(at + 1) && self.is_beads(at + 2);
        beads.then(|| Block {
            label: Some(issue.value.to_owned()),
            length: 3,
            exact: issue.exact,
        })
    }

    /// A block of `length` lines, with the parent's line if that follows.
    fn with_parent(&self, issue: &Said<'_>, at: usize, length: usize) -> Block {
        let known = |said: &Said<'_>| is_identifier(said.value) || said.value == "none";
        let parent = self
            .line(at + length)
            .and_then(|line| said(line, PARENT))
            .filter(known);
        Block {
            label: Some(issue.value.to_owned()),
            length: length + usize::from(parent.is_some()),
            exact: issue.exact && parent.is_none_or(|parent| parent.exact),
        }
    }

    /// The single line of a task without text: a paragraph of its own, or the first line of a text that was typed below it.
    fn synced(&self, at: usize, blank_so_far: bool) -> Option<Block> {
        let said = said(self.line(at)?, SYNCED).filter(|said| is_identifier(said.value))?;
        let alone = self.starts(at) && (blank_so_far || self.is_border(at + 1));
        alone.then(|| Block {
            label: Some(said.value.to_owned()),
            length: 1,
            exact: said.exact,
        })
    }

    /// The issue's line at the end of the text, where an editor dropped the rule above it.
    fn loose(&self) -> Option<String> {
        let is_tail = |at: usize| {
            let parent = |line| said(line, PARENT).is_some();
            self.is_border(at)
                || self.is_rule(at)
                || self.is_beads(at)
                || self.line(at).is_some_and(parent)
        };
        let at = (0..self.pieces.len()).rev().find(|at| !is_tail(*at))?;
        let above = at.checked_sub(1).is_some_and(|before| self.is_rule(before));
        let issue = self.issue(at).filter(|_| self.starts(at) || above)?;
        Some(issue.value.to_owned())
    }
}

/// The value behind the words, in any case, with any white space between.
fn said<'a>(line: &'a str, words: &str) -> Option<Said<'a>> {
    let (start, rest) = line.split_at_checked(words.trim_end().len())?;
    let value = rest.trim();
    let fits = start.eq_ignore_ascii_case(words.trim_end()) && !value.is_empty();
    let exact = line.strip_prefix(words) == Some(value);
    fits.then_some(Said { value, exact })
}

/// `[A-Z][A-Z0-9_]*-[0-9]+`: narrower forms left whole projects unmatched (`P2ABC-7`).
fn is_identifier(text: &str) -> bool {
    let Some((project, number)) = text.rsplit_once('-') else {
        return false;
    };
    let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    project.starts_with(|c: char| c.is_ascii_uppercase())
        && project.chars().all(word)
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

/// Which lines stand inside a code fence that is closed again. An open fence hides nothing: else an author who forgot
/// to close one would hide the footer below.
fn fenced(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut inside = vec![false; pieces.len()];
    let mut open: Option<(usize, char, usize)> = None;
    for (at, piece) in pieces.iter().enumerate() {
        let Some((mark, length, rest)) = piece.line().and_then(fence) else {
            continue;
        };
        match open {
            None => open = Some((at, mark, length)),
            Some((from, other, least)) if mark == other && length >= least && is_blank(rest) => {
                inside
                    .iter_mut()
                    .take(at)
                    .skip(from)
                    .for_each(|flag| *flag = true);
                open = None;
            }
            Some(_) => {}
        }
    }
    inside
}

/// The mark of a fence, how often it stands there, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    (length >= 3 && line.len() - text.len() < 4).then_some((mark, length, rest))
}
