//! A text in pieces: its lines, and what was cut out between them.

use super::{Footer, Marker};

/// A line, a part of a line beside a comment of ours, or a cut.
#[derive(Clone, Debug)]
pub(super) enum Piece<'a> {
    /// The author's, without its line end.
    Line(&'a str),
    /// Taken out.
    Cut(Cut),
}

/// What was taken out.
#[derive(Clone, Debug)]
pub(super) enum Cut {
    /// Our begin comment.
    Begin(Option<Marker>),
    /// Our line for people: what it says of identifier, link or note.
    Says(Footer),
    /// Our end comment.
    End,
    /// A line of the predecessor's.
    Predecessor,
}

impl<'a> Piece<'a> {
    /// The author's line, if it is one.
    pub(super) fn line(&self) -> Option<&'a str> {
        match self {
            Piece::Line(line) => Some(line),
            Piece::Cut(_) => None,
        }
    }

    /// Whether a paragraph can begin or end here: a blank line or a cut.
    pub(super) fn is_border(&self) -> bool {
        self.line().is_none_or(is_blank)
    }
}

/// Whether nothing can be seen of it.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The author's text without what was cut. A text without cuts comes back as it is. Else the stretches between the
/// cuts are parted by one blank line and blank ones are dropped. The line end and the blank line that part a stretch
/// from a footer below it go with the footer, and nothing else does: text and footer can be put together again.
pub(super) fn join(raw: &str, pieces: &[Piece<'_>]) -> String {
    let mut stretches = Vec::new();
    let mut rest = pieces.split(|piece| piece.line().is_none()).peekable();
    while let Some(stretch) = rest.next() {
        let lines: Vec<&str> = stretch.iter().filter_map(Piece::line).collect();
        let text = lines.join("\n");
        stretches.push(if rest.peek().is_some() {
            without_gap(&text).to_owned()
        } else {
            text
        });
    }
    match stretches.as_slice() {
        [_] => raw.to_owned(),
        [first, others @ ..] if others.iter().all(|text| is_blank(text)) => first.clone(),
        [first, others @ ..] => parted(first, others),
        [] => String::new(),
    }
}

/// A stretch above a cut without the blank line between them.
fn without_gap(text: &str) -> &str {
    let unix = text.strip_suffix('\n');
    unix.or_else(|| text.strip_suffix("\r\n\r"))
        .or_else(|| text.strip_suffix('\r'))
        .unwrap_or(text)
}

fn parted(first: &str, others: &[String]) -> String {
    let ends = ['\n', '\r'];
    let mut out = if is_blank(first) {
        String::new()
    } else {
        first.to_owned()
    };
    for stretch in others.iter().filter(|text| !is_blank(text)) {
        if !out.is_empty() {
            out.truncate(out.trim_end_matches(ends).len());
            out.push_str("\n\n");
        }
        out.push_str(stretch.trim_start_matches(ends));
    }
    out
}
