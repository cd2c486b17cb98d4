//! Text as Markdown, so that it reads back as text.

use std::collections::BTreeSet;

use super::html;

/// How much a writer does to be read as meant. Each step is surer and harder to read than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Care {
    /// Text as it is, marks as their author wrote them.
    Bare,
    /// A backslash where a character could be syntax at its place.
    Careful,
    /// A backslash before each character that can be syntax anywhere.
    Full,
    /// The same, and marks as HTML tags, which need no space around them.
    Tags,
    /// Everything as HTML.
    Html,
}

impl Care {
    /// The steps of Markdown, in the order to try them.
    pub(super) const MARKDOWN: [Self; 4] = [Self::Bare, Self::Careful, Self::Full, Self::Tags];
}

/// Appends a text to what was written of its paragraph so far.
pub(super) fn push_text(out: &mut String, text: &str, care: Care) {
    match care {
        Care::Bare => out.push_str(text),
        Care::Html => out.push_str(&html::encode(text)),
        Care::Careful | Care::Full | Care::Tags => {
            for line in text.split_inclusive('\n') {
                if out.is_empty() || out.ends_with('\n') {
                    push_line(out, line, care);
                } else {
                    push_inner(out, line, care);
                }
            }
        }
    }
}

/// The start of a line can open a block.
fn push_line(out: &mut String, line: &str, care: Care) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    let mark = rest.chars().next().unwrap_or(' ');
    let after = rest.chars().nth(1).unwrap_or('\n');
    let opens = if digits > 0 {
        matches!(mark, '.' | ')') && (after.is_ascii_whitespace() || care > Care::Careful)
    } else {
        match mark {
            '>' | '=' | '|' | '_' => true,
            '#' => {
                rest.trim_start_matches('#').starts_with([' ', '\t', '\n'])
                    || rest.trim_matches('#').is_empty()
            }
            '-' | '+' | '*' => after.is_ascii_whitespace() || after == mark,
            ':' => care > Care::Careful,
            _ => false,
        }
    };
    let opens = opens || (care > Care::Careful && matches!(mark, '-' | '+'));
    if !opens {
        return push_inner(out, line, care);
    }
    out.push_str(number);
    out.push('\\');
    out.push(mark);
    push_inner(out, rest.get(1..).unwrap_or_default(), care);
}

fn push_inner(out: &mut String, text: &str, care: Care) {
    let mut before = out.chars().last().unwrap_or(' ');
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        if is_syntax(before, c, rest, care) {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
}

fn is_syntax(before: char, c: char, rest: &str, care: Care) -> bool {
    let next = rest.chars().next().unwrap_or('\n');
    if care > Care::Careful {
        return matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '!' | '#'
        );
    }
    match c {
        '`' | '[' | ']' => true,
        '\\' => next.is_ascii_punctuation() || next == '\n',
        '*' => !(before.is_whitespace() && next.is_whitespace()),
        '_' => {
            !(before.is_whitespace() && next.is_whitespace()
                || before.is_alphanumeric() && next.is_alphanumeric())
        }
        '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
        '&' => {
            (next.is_ascii_alphabetic() || next == '#')
                && rest.bytes().take(34).any(|byte| byte == b';')
        }
        '~' => before == '~' || next == '~',
        _ => false,
    }
}

/// A code span, with the shortest fence that does not occur in the text.
pub(super) fn code_span(text: &str) -> String {
    let runs: BTreeSet<usize> = text.split(|c| c != '`').map(str::len).collect();
    let mut fence = "`".to_owned();
    while runs.contains(&fence.len()) {
        fence.push('`');
    }
    let blank = text.trim_matches(' ').is_empty();
    let padded = text.starts_with('`')
        || text.ends_with('`')
        || (!blank && text.starts_with(' ') && text.ends_with(' '));
    let pad = if padded { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The fence of a code block.
pub(super) fn fence(text: &str, info: &str) -> String {
    let fence = if info.contains('`') { '~' } else { '`' };
    let longest = text.split(|c| c != fence).map(str::len).max().unwrap_or(0);
    fence.to_string().repeat(longest.max(2) + 1)
}

/// The info string of a code block.
pub(super) fn info(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A link's target and title, as they stand between round brackets.
pub(super) fn target(href: &str, title: &str) -> String {
    let mut out = String::with_capacity(href.len());
    let balanced = brackets_match(href);
    let angles = href.is_empty()
        || href.starts_with('<')
        || !href.is_ascii() && href.chars().any(char::is_whitespace);
    if angles {
        out.push('<');
    }
    for (at, c) in href.char_indices() {
        match c {
            '\\' | '<' | '>' => out.push('\\'),
            '&' if href
                .get(at..)
                .is_some_and(|rest| rest.bytes().take(34).any(|byte| byte == b';')) =>
            {
                out.push('\\');
            }
            '(' | ')' if !balanced => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    if angles {
        out.push('>');
    }
    if !title.is_empty() {
        out.push_str(" \"");
        for c in title.chars() {
            if matches!(c, '\\' | '"' | '&') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    }
    out
}

/// Whether round brackets pair up, and not too deep for a reader.
fn brackets_match(text: &str) -> bool {
    let mut open = 0_usize;
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return false,
            ')' => open -= 1,
            _ => {}
        }
        if open > 16 {
            return false;
        }
    }
    open == 0
}
