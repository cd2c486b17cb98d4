//! Our own footer: how it is written, and how it is found again after people have edited around and inside it.

use std::fmt::Write as _;

use uuid::Uuid;

use super::{
    Footer, Marker, Writer,
    piece::{Cut, Piece, is_blank},
};
use crate::ids::{Attempt, Generation, LinkId, StoreId};

const OPEN: &str = "<!-- hvs:";
const BEGIN: &str = "<!-- hvs:begin ";
const END: &str = "<!-- hvs:end -->";
const CLOSE: &str = "-->";
const SAME: &str = "Kept the same as Huly ";
const BY: &str = " by hvs.";
const NOTE: &str = "Note by hvs: ";
/// A begin comment is shorter than this; bounds the search for its end.
const MAX_BEGIN_BYTES: usize = 400;

/// The block, of a footer that is settled.
pub(super) fn render(footer: &Footer) -> String {
    let mut out = String::from(BEGIN);
    out.push_str("v1 ");
    if let Some(Marker {
        store,
        link,
        generation,
        attempt,
    }) = footer.marker
    {
        // writing to a String cannot fail
        write!(
            out,
            "store={store} link={link} generation={} attempt={} ",
            generation.0, attempt.0
        )
        .unwrap_or_default();
    }
    out.push_str(CLOSE);
    for line in [render_same(footer), render_note(footer)]
        .into_iter()
        .flatten()
    {
        out.push('\n');
        out.push_str(&line);
    }
    out.push('\n');
    out.push_str(END);
    out
}

fn render_same(footer: &Footer) -> Option<String> {
    match (footer.label.as_deref().map(escape), footer.url.as_deref()) {
        (Some(label), Some(url)) => Some(format!("{SAME}[{label}]({url}){BY}")),
        (Some(label), None) => Some(format!("{SAME}{label}{BY}")),
        (None, Some(url)) => Some(format!("{SAME}<{url}>{BY}")),
        (None, None) => None,
    }
}

fn render_note(footer: &Footer) -> Option<String> {
    footer
        .note
        .as_deref()
        .map(|note| format!("{NOTE}{}", escape(note)))
}

/// The text as one line without control characters, at most so many characters long; `None` if nothing is left.
pub(super) fn clean_text(text: &str, max_chars: usize) -> Option<String> {
    let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let line: String = text.chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    let cut: String = line.trim().chars().take(max_chars).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// The link with every character percent-encoded that could end it; `None` if blank or longer than so many bytes.
pub(super) fn clean_url(url: &str, max_bytes: usize) -> Option<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[]{}|\\^`\"'".contains(c);
    let mut out = String::with_capacity(url.len());
    for c in url.trim().chars() {
        if odd(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(out, "%{byte:02X}").unwrap_or_default();
            }
        } else {
            out.push(c);
        }
    }
    (!out.is_empty() && out.len() <= max_bytes).then_some(out)
}

fn is_special(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '~')
}

/// Markdown's special characters get a backslash: a text can then neither end a comment nor a link.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Undoes [`escape`]; for any other text it gives something that escapes to another text.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek().copied() {
            Some(next) if c == '\\' && is_special(next) => {
                out.push(next);
                chars.next();
            }
            Some(_) | None => out.push(c),
        }
    }
    out
}

/// The text in pieces, with everything taken out that is still as we wrote it.
pub(super) fn cut(raw: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for line in raw.split('\n') {
        if !cut_comments(line, &mut pieces) {
            pieces.push(
                read_says(line.trim_end())
                    .map_or(Piece::Line(line), |says| Piece::Cut(Cut::Says(says))),
            );
        }
    }
    pieces
}

/// Takes a line apart that holds comments of ours, perhaps with text beside them. `false` if it holds none.
fn cut_comments<'a>(line: &'a str, pieces: &mut Vec<Piece<'a>>) -> bool {
    let mut text_from = 0;
    let mut search_from = 0;
    let mut found = false;
    while let Some(at) = line
        .get(search_from..)
        .and_then(|rest| rest.find(OPEN))
        .map(|at| search_from + at)
    {
        let rest = line.get(at..).unwrap_or_default();
        if let Some((cut, length)) = read_comment(rest) {
            beside(line.get(text_from..at).unwrap_or_default(), pieces);
            pieces.push(Piece::Cut(cut));
            text_from = at + length;
            search_from = text_from;
            found = true;
        } else {
            search_from = at + OPEN.len();
        }
    }
    if found {
        beside(line.get(text_from..).unwrap_or_default(), pieces);
    }
    found
}

/// Text on the same line as a comment of ours.
fn beside<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    if let Some(says) = read_says(text.trim()) {
        pieces.push(Piece::Cut(Cut::Says(says)));
    } else if !is_blank(text) {
        pieces.push(Piece::Line(text));
    }
}

/// The comment of ours that the text begins with, and its length in bytes.
fn read_comment(text: &str) -> Option<(Cut, usize)> {
    if text.starts_with(END) {
        return Some((Cut::End, END.len()));
    }
    let inside = text.strip_prefix(BEGIN)?;
    let near = inside.as_bytes().windows(CLOSE.len()).take(MAX_BEGIN_BYTES);
    let length = near
        .into_iter()
        .position(|window| window == CLOSE.as_bytes())?;
    Some((
        read_begin(inside.get(..length)?)?,
        BEGIN.len() + length + CLOSE.len(),
    ))
}

/// What stands inside a begin comment: a version, then names with values, of which later versions may have more.
/// `None` if it is something else.
fn read_begin(inside: &str) -> Option<Cut> {
    let mut words = inside.split_whitespace();
    words.next()?.strip_prefix('v')?.parse::<u32>().ok()?;
    let pairs: Vec<(&str, &str)> = words
        .map(|word| word.split_once('='))
        .collect::<Option<_>>()?;
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    };
    let id = |name: &str| value(name).and_then(|text| Uuid::try_parse(text).ok());
    let count = |name: &str| value(name).and_then(|text| text.parse::<u32>().ok());
    let marker = || {
        Some(Marker {
            store: StoreId(id("store")?),
            link: LinkId(id("link")?),
            generation: Generation(count("generation")?),
            attempt: Attempt(count("attempt")?),
        })
    };
    Some(Cut::Begin(marker()))
}

/// What a line for people says, if it is one to the letter.
fn read_says(line: &str) -> Option<Footer> {
    let mut says = Footer {
        writer: Writer::Ours,
        label: None,
        url: None,
        marker: None,
        note: None,
    };
    if let Some(note) = line.strip_prefix(NOTE) {
        says.note = Some(unescape(note).into());
        says = says.settled();
        return (render_note(&says)? == line).then_some(says);
    }
    let middle = line.strip_prefix(SAME)?.strip_suffix(BY)?;
    let linked = middle
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(')'))
        .and_then(|text| text.rsplit_once("]("));
    let bare = middle
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    (says.label, says.url) = match (linked, bare) {
        (Some((label, url)), _) => (Some(unescape(label).into()), Some(url.into())),
        (None, Some(url)) => (None, Some(url.into())),
        (None, None) => (Some(unescape(middle).into()), None),
    };
    says = says.settled();
    (render_same(&says)? == line).then_some(says)
}

/// How much a block is to be trusted; the last one of the best kind counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    /// A line for people at the end of the text, where an editor dropped the comments around it.
    Loose,
    /// Both comments, without a marker.
    Unmarked,
    /// A marker, but the end comment is gone.
    Open,
    /// Whole.
    Whole,
}

/// What our footer in the text says.
pub(super) fn footer(pieces: &[Piece<'_>]) -> Option<Footer> {
    let mut best: Option<(Trust, Footer)> = None;
    let mut offer = |trust: Trust, footer: Footer| {
        if best.as_ref().is_none_or(|(other, _)| *other <= trust) {
            best = Some((trust, footer));
        }
    };
    let mut open: Option<Footer> = None;
    for piece in pieces {
        let Piece::Cut(cut) = piece else { continue };
        match cut {
            Cut::Begin(marker) => {
                if let Some(earlier) = open.take().filter(|earlier| earlier.marker.is_some()) {
                    offer(Trust::Open, earlier);
                }
                open = Some(Footer {
                    writer: Writer::Ours,
                    label: None,
                    url: None,
                    marker: *marker,
                    note: None,
                });
            }
            Cut::Says(says) => {
                if let Some(open) = &mut open {
                    add(open, says);
                }
            }
            Cut::End => {
                if let Some(done) = open.take() {
                    offer(
                        if done.marker.is_some() {
                            Trust::Whole
                        } else {
                            Trust::Unmarked
                        },
                        done,
                    );
                }
            }
            Cut::Predecessor => {}
        }
    }
    if let Some(last) = open.filter(|last| last.marker.is_some()) {
        offer(Trust::Open, last);
    }
    if let Some(loose) = loose(pieces) {
        offer(Trust::Loose, loose);
    }
    best.map(|(_, footer)| footer)
}

/// The lines for people at the very end of the text.
fn loose(pieces: &[Piece<'_>]) -> Option<Footer> {
    let mut found = Footer {
        writer: Writer::Ours,
        label: None,
        url: None,
        marker: None,
        note: None,
    };
    let tail = pieces.iter().rev().take_while(|piece| piece.is_border());
    for piece in tail {
        if let Piece::Cut(Cut::Says(says)) = piece {
            let mut sum = says.clone();
            add(&mut sum, &found);
            found = sum;
        }
    }
    found.label.is_some().then_some(found)
}

/// Adds what a line says; a later line counts.
fn add(footer: &mut Footer, says: &Footer) {
    if says.label.is_some() || says.url.is_some() {
        footer.label.clone_from(&says.label);
        footer.url.clone_from(&says.url);
    }
    if says.note.is_some() {
        footer.note.clone_from(&says.note);
    }
}
