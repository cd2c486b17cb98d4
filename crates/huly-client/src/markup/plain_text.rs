//! The plain form of marks, attributes and comments.

use serde_json::Value;

use super::node::{Attrs, Mark, MarkKind, Node, NodeKind};
use super::tidy::Lines;

/// The plain form of a run's marks: attributes that Markdown can say, one mark of a kind, the first one.
pub(super) fn marks(marks: &[Mark]) -> Vec<Mark> {
    let mut out: Vec<Mark> = Vec::with_capacity(marks.len());
    for mark in marks {
        let plain = Mark {
            kind: mark.kind.clone(),
            attrs: mark_attrs(mark),
            rest: Attrs::new(),
        };
        let has_target = mark.kind != MarkKind::Link || plain.attr("href").is_some();
        if has_target && !out.iter().any(|other| other.kind == plain.kind) {
            out.push(plain);
        }
    }
    out
}

fn mark_attrs(mark: &Mark) -> Attrs {
    use MarkKind as K;
    let marker = |usual: &str, other: &str| {
        let marker = if mark.attr("marker") == Some(other) {
            other
        } else {
            usual
        };
        Attrs::from_iter([("marker".to_owned(), Value::from(marker))])
    };
    match &mark.kind {
        K::Bold => marker("**", "__"),
        K::Italic => marker("*", "_"),
        K::Strike | K::Code | K::Underline | K::Subscript => Attrs::new(),
        K::Link => {
            let title = one_line(mark.attr("title").unwrap_or_default());
            super::link::mark(
                &super::link::encode_blanks(mark.attr("href").unwrap_or_default()),
                &title,
            )
            .attrs
        }
        K::TextColor | K::TextStyle | K::Highlight | K::Other(_) => filled(&mark.attrs),
    }
}

/// Attributes without those that say nothing.
pub(super) fn filled(attrs: &Attrs) -> Attrs {
    attrs
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A text as attributes of Markdown can hold it: one line, no NUL.
pub(super) fn one_line(text: &str) -> String {
    lines(text)
        .split('\n')
        .map(str::trim_ascii)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Line ends as Markdown has them, and no NUL, which Markdown replaces.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "\u{fffd}")
}

/// The plain form of a comment: its text must not end it.
pub(super) fn comment(node: &Node, how: Lines) -> Node {
    let mut text = lines(&node.text_content()).replace("-->", "-- >");
    if how == Lines::One {
        text = text.replace('\n', " ");
    }
    if text.starts_with('>') || text.starts_with("->") {
        text.insert(0, ' ');
    }
    let content = if text.is_empty() {
        Vec::new()
    } else {
        vec![Node::of_text(text)]
    };
    Node::new(NodeKind::Comment, content)
}
