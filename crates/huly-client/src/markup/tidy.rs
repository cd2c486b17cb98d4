//! The plain form of inline content: runs of text with marks, and nodes between them.
//!
//! Markdown cannot say blank space at the edge of a mark, a line or a paragraph. Such space moves out of the mark or goes; words stay.

use serde_json::Value;

use super::link::{encode_blanks, size};
use super::node::{Mark, MarkKind, Node, NodeKind};
use super::plain_text::{comment, filled, lines, marks, one_line};

/// Whether inline content may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// A paragraph.
    Many,
    /// A heading or a table cell: an end of line in the text is a blank.
    One,
}

/// Blank space, or something that is not.
enum Piece {
    Blank(String, Vec<Mark>),
    Solid(Node),
}

/// Nesting of inline nodes (lowered text, unknown nodes) that is kept; deeper ones dissolve into their content.
const MAX_INLINE_LEVELS: usize = 4;

/// The plain form of inline content. Blocks that stand in it by mistake dissolve into their text.
pub(super) fn tidy(children: &[Node], how: Lines) -> Vec<Node> {
    level(children, how, &[])
}

/// `around` are the marks of the nodes that the content is in: inside, they say nothing more. One list for each such node.
fn level(children: &[Node], how: Lines, around: &[Vec<Mark>]) -> Vec<Node> {
    let mut pieces = Vec::with_capacity(children.len());
    let mut todo: Vec<&Node> = children.iter().rev().collect();
    while let Some(node) = todo.pop() {
        if let Some(text) = words(node) {
            push_text(&mut pieces, &text, own_marks(node, around), how);
        } else if let Some(node) = atom(node, how, around) {
            pieces.push(Piece::Solid(node));
        } else if !node.content.is_empty() {
            todo.extend(node.content.iter().rev());
        }
    }
    merged(join(pieces, how))
}

fn own_marks(node: &Node, around: &[Vec<Mark>]) -> Vec<Mark> {
    let mut own = marks(&node.marks);
    own.retain(|mark| !around.iter().flatten().any(|outer| outer.kind == mark.kind));
    own
}

/// The text of a node that is text in Markdown.
fn words(node: &Node) -> Option<String> {
    let text = match &node.kind {
        NodeKind::Emoji if is_unicode_emoji(node) => node.attr("emoji").map(str::to_owned),
        NodeKind::Text => Some(node.text.clone().unwrap_or_default()),
        // A mention of nobody, an image without a source.
        NodeKind::Reference if node.attr("id").is_none() => {
            Some(node.attr("label").unwrap_or_default().to_owned())
        }
        NodeKind::Image if node.attr("src").or(node.attr("file-id")).is_none() => {
            Some(node.attr("alt").unwrap_or_default().to_owned())
        }
        _ => None,
    };
    text.map(|text| lines(&text).replace(['\u{b}', '\u{c}'], " "))
}

/// Whether an emoji is a character, which any text can hold, and no picture.
pub(super) fn is_unicode_emoji(node: &Node) -> bool {
    node.attr("emoji").is_some()
        && matches!(node.attr("kind"), None | Some("unicode"))
        && node.attr("image").is_none()
}

/// The plain form of an inline node that is not text; `None` if it dissolves into its content.
fn atom(node: &Node, how: Lines, around: &[Vec<Mark>]) -> Option<Node> {
    use NodeKind as K;
    let mut out = Node {
        kind: node.kind.clone(),
        marks: own_marks(node, around),
        ..Node::default()
    };
    out.marks.retain(|mark| mark.kind != MarkKind::Code);
    match &node.kind {
        K::HardBreak => out.marks.clear(),
        K::Comment => return Some(comment(node, Lines::One)),
        K::Reference => {
            for name in ["id", "label", "objectclass"] {
                out.attrs
                    .insert(name.to_owned(), node.attr(name).unwrap_or_default().into());
            }
            out.marks.retain(|mark| mark.kind != MarkKind::Link);
        }
        K::Image => image(node, &mut out),
        K::File => {
            out.attrs = filled(&node.attrs);
            out.marks.retain(|mark| mark.kind != MarkKind::Link);
        }
        K::Embed => {
            out.attrs
                .insert("src".to_owned(), encode_blanks(node.attr("src")?).into());
            out.marks.retain(|mark| mark.kind != MarkKind::Link);
        }
        K::SubLink | K::Other(_) | K::Emoji if around.len() < MAX_INLINE_LEVELS => {
            let inside: Vec<Vec<Mark>> =
                around.iter().cloned().chain([out.marks.clone()]).collect();
            out.content = level(&with_text(node), how, &inside);
            if node.kind == K::SubLink {
                (!out.content.is_empty()).then_some(())?;
            } else {
                out.attrs = filled(&node.attrs);
            }
        }
        _ => return None,
    }
    Some(out)
}

/// The content of a node whose own `text` has no meaning this crate knows.
fn with_text(node: &Node) -> Vec<Node> {
    node.text
        .iter()
        .map(|text| Node::of_text(text.as_str()))
        .chain(node.content.iter().cloned())
        .collect()
}

fn image(node: &Node, out: &mut Node) {
    match (node.attr("file-id"), node.attr("src")) {
        (Some(file), _) => out.attrs.insert("file-id".to_owned(), file.into()),
        (None, Some(src)) => out
            .attrs
            .insert("src".to_owned(), encode_blanks(src).into()),
        (None, None) => None,
    };
    for name in ["alt", "title"] {
        let text = one_line(node.attr(name).unwrap_or_default());
        if !text.is_empty() {
            out.attrs.insert(name.to_owned(), text.into());
        }
    }
    for name in ["width", "height"] {
        let value = match node.attrs.get(name) {
            Some(Value::Number(number)) => Value::Number(number.clone()),
            Some(Value::String(text)) if !text.trim().is_empty() => size(&one_line(text)),
            _ => continue,
        };
        out.attrs.insert(name.to_owned(), value);
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, mut marks: Vec<Mark>, how: Lines) {
    if marks.iter().any(|mark| mark.kind == MarkKind::Code) {
        let text = text.replace('\n', " ");
        if !text.is_empty() {
            pieces.push(Piece::Solid(Node {
                marks,
                ..Node::of_text(text)
            }));
        }
        return;
    }
    let core = text.trim_matches(is_blank);
    let lead = text.len() - text.trim_start_matches(is_blank).len();
    let (lead, tail) = (
        text.get(..lead).unwrap_or_default(),
        text.get(lead + core.len()..).unwrap_or_default(),
    );
    if !lead.is_empty() {
        pieces.push(Piece::Blank(lead.to_owned(), marks.clone()));
    }
    if !core.is_empty() {
        marks.shrink_to_fit();
        pieces.push(Piece::Solid(Node {
            marks: marks.clone(),
            ..Node::of_text(inner_blanks(core, how))
        }));
    }
    if !tail.is_empty() {
        pieces.push(Piece::Blank(tail.to_owned(), marks));
    }
}

/// Blank space with an end of line in it is an end of line.
fn inner_blanks(core: &str, how: Lines) -> String {
    let mut out = String::with_capacity(core.len());
    for part in core.split_inclusive(|c| !is_blank(c)) {
        let word = part.trim_start_matches(is_blank);
        let blank = part.get(..part.len() - word.len()).unwrap_or_default();
        out.push_str(blank_of(blank, how));
        out.push_str(word);
    }
    out
}

fn blank_of(blank: &str, how: Lines) -> &str {
    match (blank.contains('\n'), how) {
        (false, _) => blank,
        (true, Lines::Many) => "\n",
        (true, Lines::One) => " ",
    }
}

/// Puts blanks where Markdown can say them: inside a mark only between two nodes that have it, never at an edge.
fn join(pieces: Vec<Piece>, how: Lines) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(pieces.len());
    let mut pending: Option<(String, Vec<Mark>)> = None;
    for piece in pieces {
        match piece {
            Piece::Blank(text, marks) => match &mut pending {
                Some((blank, common)) => {
                    blank.push_str(&text);
                    common.retain(|mark| marks.contains(mark));
                }
                None => pending = Some((text, marks)),
            },
            Piece::Solid(node) => {
                if let Some((blank, marks)) = pending.take()
                    && let Some(before) = out
                        .last()
                        .filter(|before| before.kind != NodeKind::HardBreak)
                    && node.kind != NodeKind::HardBreak
                {
                    // A comment at the start of a line would end the paragraph.
                    let how = if node.kind == NodeKind::Comment {
                        Lines::One
                    } else {
                        how
                    };
                    let marks = marks.into_iter().filter(|m| {
                        m.kind != MarkKind::Code
                            && before.marks.contains(m)
                            && node.marks.contains(m)
                    });
                    let marks = marks.collect();
                    out.push(Node {
                        marks,
                        ..Node::of_text(blank_of(&blank, how))
                    });
                }
                if node.kind != NodeKind::HardBreak || !out.is_empty() {
                    out.push(node);
                }
            }
        }
    }
    while out
        .last()
        .is_some_and(|node| node.kind == NodeKind::HardBreak)
    {
        out.pop();
    }
    out
}

fn merged(nodes: Vec<Node>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Some(last) = out.last_mut()
            && last.kind == NodeKind::Text
            && node.kind == NodeKind::Text
            && alike(&last.marks, &node.marks)
            && let (Some(text), Some(more)) = (&mut last.text, &node.text)
        {
            text.push_str(more);
        } else {
            out.push(node);
        }
    }
    out
}

/// Whether two runs look the same: the order of marks and the characters that made them do not show.
fn alike(left: &[Mark], right: &[Mark]) -> bool {
    let same = |left: &Mark, right: &Mark| {
        left.kind == right.kind
            && (matches!(left.kind, MarkKind::Bold | MarkKind::Italic) || left.attrs == right.attrs)
    };
    left.len() == right.len()
        && left
            .iter()
            .all(|left| right.iter().any(|right| same(left, right)))
}
