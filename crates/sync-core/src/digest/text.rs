//! Texts of the boards on their way into a block: one line, no hidden characters, no longer than their place.

use crate::signs::is_unseen;

/// Marks a text that was shortened.
const CUT: char = '…';
/// What of a line is shown before the word it is shown for, in characters.
const BEFORE_WORD: usize = 40;

/// Words that say that something does not go on. They count where a word begins: `unblocked` is none of them.
const BLOCKED: [&str; 5] = ["blocked", "blocker", "waiting on", "waiting for", "stuck"];

/// The text on one line of at most `most` characters: white space and line ends become single spaces; control characters and
/// characters that nobody sees (marks of direction, tags, joints of no width) are cut, as they could carry words past the reader's
/// eyes.
pub(super) fn clean(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 4));
    let mut count = 0;
    let mut gap = false;
    for char in text.chars() {
        if char.is_whitespace() {
            gap = count > 0;
            continue;
        }
        if is_unseen(char) {
            continue;
        }
        let needed = 1 + usize::from(gap);
        if count + needed > most {
            shorten(&mut out, count, most);
            return out;
        }
        if gap {
            out.push(' ');
        }
        out.push(char);
        count += needed;
        gap = false;
    }
    out
}

/// Puts the mark at the end of a text of `count` characters, in place of the last ones where there is no room.
fn shorten(out: &mut String, count: usize, most: usize) {
    if count >= most {
        out.pop();
    }
    out.truncate(out.trim_end().len());
    if most > 0 {
        out.push(CUT);
    }
}

/// A cleaned text in quotes that it cannot close, and in which no code, link, picture or HTML can begin.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let is_active = match char {
            '"' | '\\' | '`' | '<' => true,
            ']' => chars.peek().is_some_and(|next| matches!(next, '(' | '[')),
            _ => false,
        };
        if is_active {
            out.push('\\');
        }
        out.push(char);
    }
    out.push('"');
}

/// Whether a cleaned text reads as one word that needs no quotes: an identifier, one of Vibe's statuses.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
}

/// An address without what may be secret in it: user, password, query, fragment. `git@host:path` keeps its user, which is nobody's.
pub(super) fn address(text: &str) -> String {
    let bare =
        |rest: &str| -> String { rest.split(['?', '#']).next().unwrap_or_default().to_owned() };
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{}", bare(&format!("{host}{path}")))
        }
        None => match text.split_once('@') {
            Some((user, rest)) if user.contains(':') => bare(rest),
            Some(_) | None => bare(text),
        },
    }
}

/// The first word that says that something does not go on, and where it begins (a byte).
pub(super) fn blocked(text: &str) -> Option<(&'static str, usize)> {
    let bytes = text.as_bytes();
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        // letters outside of ASCII count as letters
        let is_begin = !(before.is_ascii_alphanumeric() || before >= 0x80);
        before = byte;
        if is_begin && matches!(byte, b'b' | b'B' | b'w' | b'W' | b's' | b'S') {
            let is_here = |word: &&str| {
                bytes
                    .get(at..at + word.len())
                    .is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
            };
            if let Some(word) = BLOCKED.into_iter().find(is_here) {
                return Some((word, at));
            }
        }
    }
    None
}

/// The line in which a word begins, from a little before the word on.
pub(super) fn line_around(text: &str, at: usize) -> String {
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    let head = head.rsplit('\n').next().unwrap_or_default();
    let tail = tail.split('\n').next().unwrap_or_default();
    match head.char_indices().rev().nth(BEFORE_WORD) {
        None => format!("{head}{tail}"),
        Some((begin, _)) => format!("{CUT}{}{tail}", head.get(begin..).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_without_hidden_characters() {
        let rows = [
            ("Dock", "Dock"),
            ("  two\n\nlines\t", "two lines"),
            ("bell\u{7}\u{1b}[31m", "bell[31m"),
            ("a\u{202e}b\u{200b}c\u{feff}", "abc"),
            ("x\u{e0041}\u{e0042}y", "xy"),
            ("line\u{2028}end\u{85}here", "line end here"),
            ("👩\u{200d}🚀", "👩\u{200d}🚀"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(clean(text, 80), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis_and_is_never_too_long() {
        let rows = [
            ("abcdef", 6, "abcdef"),
            ("abcdef", 5, "abcd…"),
            ("abcdef", 1, "…"),
            ("abcdef", 0, ""),
            ("ab cdef", 4, "ab…"),
            ("ab cdef", 3, "ab…"),
            ("ab  \n ", 2, "ab"),
            ("ééééé", 3, "éé…"),
        ];
        for (text, most, expected) in rows {
            assert_eq!(clean(text, most), expected, "{text:?} in {most}");
        }
    }

    #[test]
    fn a_quoted_text_cannot_leave_its_quotes() {
        let rows = [
            ("Dock", r#""Dock""#),
            (r#"a", done"#, r#""a\", done""#),
            (r"C:\dir\", r#""C:\\dir\\""#),
            ("`code`", r#""\`code\`""#),
            ("![x](http://e/?q)", r#""![x\](http://e/?q)""#),
            ("[P0] fix", r#""[P0] fix""#),
            ("<!-- x", r#""\<!-- x""#),
        ];
        for (text, expected) in rows {
            let mut out = String::new();
            quote(&mut out, text);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn an_address_loses_what_may_be_secret() {
        let rows = [
            ("https://git.test/a/b.git", "https://git.test/a/b.git"),
            ("https://u:p@git.test/a", "https://git.test/a"),
            ("https://u:p?q@git.test/a?token=x#y", "https://git.test/a"),
            ("https://git.test?token=x", "https://git.test"),
            ("https://git.test/@scope/a", "https://git.test/@scope/a"),
            ("git@git.test:a/b.git", "git@git.test:a/b.git"),
            ("u:p@git.test/a", "git.test/a"),
            ("/srv/git/a", "/srv/git/a"),
        ];
        for (text, expected) in rows {
            assert_eq!(address(text), expected, "{text}");
        }
    }

    #[test]
    fn words_of_standing_still_count_where_a_word_begins() {
        let rows = [
            ("Blocked by the tide", Some(("blocked", 0))),
            ("is a BLOCKER", Some(("blocker", 5))),
            ("state:stuck", Some(("stuck", 6))),
            ("é waiting For paint", Some(("waiting for", 3))),
            ("Waiting on Bob", Some(("waiting on", 0))),
            ("unblocked since May", None),
            ("waiting room", None),
            ("block", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(blocked(text), expected, "{text}");
        }
    }

    #[test]
    fn the_line_around_a_word_is_that_line_only() {
        assert_eq!(line_around("one\ntwo stuck x\nthree", 8), "two stuck x");
        let long = format!("{}stuck", "é".repeat(60));
        let shown = line_around(&long, 120);
        assert_eq!(shown, format!("…{}stuck", "é".repeat(41)));
    }
}
