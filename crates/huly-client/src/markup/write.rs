//! Tree to Markdown. Each paragraph is written as bare as it can be, and read back: if it would not be read as meant, with more care.

use serde_json::Value;

use super::escape::{self, Care};
use super::node::{MarkKind, Node, NodeKind};
use super::plain;
use super::read::from_markdown;
use super::span::{self, Style};
use super::table;

/// Writes a tree. Total: every node and mark has a form, and text that would read back as syntax is escaped.
///
/// ```
/// use huly_client::markup;
/// let tree = markup::parse(r#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"- no list"}]}]}"#)?;
/// assert_eq!(markup::to_markdown(&tree), "\\- no list");
/// # Ok::<(), markup::MarkupError>(())
/// ```
pub fn to_markdown(node: &Node) -> String {
    blocks(&plain::plain(node).content)
}

/// The normal form of a Markdown text: what becomes of it on its way through Huly. Idempotent.
///
/// ```
/// use huly_client::markup;
/// assert_eq!(markup::normal_form("a  \nb\n\n* * *\n"), "a\\\nb\n\n---");
/// ```
pub fn normal_form(md: &str) -> String {
    to_markdown(&from_markdown(md))
}

fn blocks(nodes: &[Node]) -> String {
    let mut out: Vec<String> = Vec::with_capacity(nodes.len());
    let mut bracket = false;
    for (at, node) in nodes.iter().enumerate() {
        // Two numbered lists in a row would be one.
        let again = at > 0
            && nodes
                .get(at - 1)
                .is_some_and(|before| before.kind == NodeKind::OrderedList);
        bracket = again && !bracket;
        out.push(block(node, if bracket { ')' } else { '.' }));
    }
    out.join("\n\n")
}

fn block(node: &Node, delimiter: char) -> String {
    match &node.kind {
        NodeKind::Paragraph => checked(node, least_care(node), |node, care| {
            inline(node, care, false)
        }),
        NodeKind::Heading => heading(node, Care::Bare),
        NodeKind::BulletList | NodeKind::TodoList | NodeKind::OrderedList => list(node, delimiter),
        NodeKind::CodeBlock | NodeKind::Mermaid => code(node),
        NodeKind::Blockquote => indented(&blocks(&node.content), "> ", "> ", ">"),
        NodeKind::HorizontalRule => "---".to_owned(),
        NodeKind::Table => table::write(node),
        NodeKind::Comment => span::comment(node),
        NodeKind::Embed => checked(node, Care::Bare, span::embed),
        NodeKind::Other(_) => {
            let inner = blocks(&node.content);
            let inner = if inner.is_empty() {
                inner
            } else {
                format!("{inner}\n\n")
            };
            format!("{}\n\n{inner}</div>", span::unknown_tag(node, "div"))
        }
        // No other node is a block in a plain tree.
        _ => blocks(&node.content),
    }
}

fn inline(node: &Node, care: Care, one_line: bool) -> String {
    span::inline(&node.content, Style { care, one_line })
}

/// A paragraph that looks like the tag of an unknown node would pair up with another one elsewhere.
fn least_care(paragraph: &Node) -> Care {
    let text = paragraph
        .content
        .first()
        .and_then(|first| first.text.as_deref())
        .unwrap_or_default();
    let is_tag = ["</div", "<div data-node"].iter().any(|tag| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    });
    if is_tag { Care::Careful } else { Care::Bare }
}

/// The barest form, from a given care on, that reads back as the node; the surest one if none does.
fn checked(node: &Node, from: Care, write: impl Fn(&Node, Care) -> String) -> String {
    barest(node, from, &write).unwrap_or_else(|| write(node, Care::Tags))
}

/// The barest form that reads back as the node. Where the author's own characters for bold and italic do not do with few escapes, the usual ones may.
pub(super) fn barest(
    node: &Node,
    from: Care,
    write: impl Fn(&Node, Care) -> String,
) -> Option<String> {
    let try_with = |node: &Node, cares: &[Care]| {
        cares
            .iter()
            .filter(|care| **care >= from)
            .map(|care| write(node, *care))
            .find(|text| reads_back(text, node))
    };
    let usual = with_usual_markers(node);
    if usual == *node {
        return try_with(node, &Care::MARKDOWN);
    }
    try_with(node, &[Care::Bare, Care::Careful]).or_else(|| try_with(&usual, &Care::MARKDOWN))
}

fn with_usual_markers(node: &Node) -> Node {
    let mut node = node.clone();
    for mark in &mut node.marks {
        let usual = match mark.kind {
            MarkKind::Bold => "**",
            MarkKind::Italic => "*",
            _ => continue,
        };
        mark.attrs.insert("marker".to_owned(), usual.into());
    }
    node.content = node.content.iter().map(with_usual_markers).collect();
    node
}

/// Whether a text reads as this block, and as nothing else even if more follows it (an unclosed `<pre>` would swallow that).
pub(super) fn reads_back(text: &str, node: &Node) -> bool {
    let back = from_markdown(&format!("{text}\n\n*x*"));
    match back.content.as_slice() {
        [block, after] => after.text_content() == "x" && same(block, node),
        _ => false,
    }
}

/// Whether two plain blocks mean the same: marks are a set, and the characters that made them do not count.
fn same(left: &Node, right: &Node) -> bool {
    meaning(left) == meaning(right)
}

/// A plain tree without what two forms of the same text may differ in. Recurses once per level of a plain tree.
pub(super) fn meaning(node: &Node) -> Node {
    let mut node = node.clone();
    for mark in &mut node.marks {
        mark.attrs.remove("marker");
    }
    node.marks.sort_by(|left, right| left.kind.cmp(&right.kind));
    node.content = node.content.iter().map(meaning).collect();
    node
}

fn heading(node: &Node, from: Care) -> String {
    let marker = node.attr("marker").unwrap_or("#");
    if node.content.is_empty() {
        return marker.to_owned();
    }
    let underlined =
        |node: &Node, care| format!("{}\n{}", inline(node, care, true), marker.repeat(3));
    if !marker.starts_with('#')
        && let Some(text) = barest(node, from, underlined)
    {
        return text;
    }
    let level = node.attrs.get("level").and_then(Value::as_u64).unwrap_or(1);
    let marker = "#".repeat(usize::try_from(level).unwrap_or(1));
    let node = node.clone().with("marker", marker.as_str());
    checked(&node, from, |node, care| {
        format!("{marker} {}", inline(node, care, true))
    })
}

fn code(node: &Node) -> String {
    let text = node.text_content();
    let info = node.attr("language").unwrap_or_default();
    let fence = escape::fence(&text, info);
    let end = if text.is_empty() { "" } else { "\n" };
    let gap = if fence.starts_with('~') && info.starts_with('~') {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{}\n{text}{end}{fence}", escape::info(info))
}

fn list(node: &Node, delimiter: char) -> String {
    let start = node
        .attrs
        .get("order")
        .map_or(1, |order| order.as_u64().unwrap_or(1));
    let owner = match node.kind {
        NodeKind::OrderedList => Owner::Numbers,
        _ => Owner::Bullets,
    };
    let mut out = Vec::with_capacity(node.content.len());
    for (number, entry) in (start..).zip(&node.content) {
        let marker = match node.kind {
            NodeKind::OrderedList => format!("{number}{delimiter}"),
            _ => node.attr("bullet").unwrap_or("*").to_owned(),
        };
        out.push(item(entry, &marker, owner));
    }
    // Of a loose list that ends in an empty item, what follows it may be read as outside of the block that the list is in.
    let is_empty = |item: &Node| {
        item.content
            .iter()
            .all(|node| node.kind == NodeKind::Paragraph && node.content.is_empty())
    };
    if node.content.last().is_some_and(is_empty)
        && out.iter().any(|item| item.contains("\n\n"))
        && let Some(last) = out.last_mut().filter(|last| !last.contains("<!--"))
    {
        last.push_str(" <!-- -->");
    }
    out.join("\n")
}

fn item(node: &Node, marker: &str, owner: Owner) -> String {
    let indent = " ".repeat(marker.len() + 1);
    let text = if node.kind == NodeKind::TodoItem {
        todo(node)
    } else {
        children(&node.content, owner)
    };
    if text.is_empty() {
        return marker.to_owned();
    }
    let text = indented(&text, "", &indent, "");
    let first = text.lines().next().unwrap_or_default();
    // `- - -` and `- ---` are rules.
    if is_rule(&format!("{marker} {first}")) || first.is_empty() {
        return format!("{marker}\n{indent}{text}");
    }
    format!("{marker} {text}")
}

fn todo(node: &Node) -> String {
    let mark = if node.attrs.get("checked") == Some(&true.into()) {
        "[x]"
    } else {
        "[ ]"
    };
    let ids: Vec<String> = ["todoid", "userid"]
        .iter()
        .filter_map(|name| node.attr(name).map(|id| format!("{name}={id}")))
        .collect();
    let ids = if ids.is_empty() {
        String::new()
    } else {
        format!("<!-- {} -->", ids.join(","))
    };
    let starts_with_text = node
        .content
        .first()
        .is_some_and(|first| first.kind == NodeKind::Paragraph);
    let text = children(&node.content, Owner::Todo);
    match (text.is_empty(), starts_with_text, ids.is_empty()) {
        (true, _, _) => format!("{mark} {ids}").trim_ascii_end().to_owned(),
        (false, true, _) => format!("{mark} {ids}{text}"),
        (false, false, true) => format!("{mark}\n{text}"),
        (false, false, false) => format!("{mark} {ids}\n\n{text}"),
    }
}

/// Whose text an item's first paragraph is.
#[derive(Clone, Copy)]
enum Owner {
    Bullets,
    Numbers,
    Todo,
}

/// Whether a paragraph that reads back on its own would be read differently right after an item's marker.
fn looks_otherwise(text: &str, owner: Owner) -> bool {
    let after_box = ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|mark| text.strip_prefix(mark));
    match owner {
        Owner::Bullets => after_box.is_some(),
        // A box is text here, but the space after it must be one, and a box that stands alone would not hold what follows it.
        Owner::Numbers => after_box.is_some_and(|rest| {
            !rest.starts_with(' ') || rest.starts_with("  ") || rest.starts_with(" \t")
        }),
        // What is a block of HTML at the start of a line is tags in text after a box.
        Owner::Todo => text.starts_with('<'),
    }
}

/// The blocks of an item: a list right under its text, anything else after an empty line.
fn children(nodes: &[Node], owner: Owner) -> String {
    let mut out = String::new();
    let mut bracket = false;
    for (at, node) in nodes.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| nodes.get(before));
        let again = before.is_some_and(|before| before.kind == NodeKind::OrderedList);
        bracket = again && node.kind == NodeKind::OrderedList && !bracket;
        let delimiter = if bracket { ')' } else { '.' };
        let mut text = block(node, delimiter);
        if at == 0 && looks_otherwise(&text, owner) {
            text = match node.kind {
                NodeKind::Paragraph => {
                    checked(node, Care::Careful, |node, care| inline(node, care, false))
                }
                NodeKind::Heading => heading(node, Care::Careful),
                _ => text,
            };
        }
        if let Some(before) = before {
            out.push_str(if is_tight(before, &out, node) {
                "\n"
            } else {
                "\n\n"
            });
        }
        out.push_str(&text);
    }
    out
}

/// Whether a list may follow text without an empty line and still be a list.
fn is_tight(before: &Node, written: &str, node: &Node) -> bool {
    let interrupts = match node.kind {
        NodeKind::BulletList | NodeKind::TodoList => true,
        NodeKind::OrderedList => node.attr("order") == Some("1"),
        _ => false,
    };
    let first_has_text = node
        .content
        .first()
        .and_then(|item| item.content.first())
        .is_some_and(|first| {
            first.kind == NodeKind::Paragraph && !first.content.is_empty()
                || node.kind == NodeKind::TodoList
        });
    // A line that starts with `<` may open HTML that only an empty line ends.
    let html = written.lines().any(|line| line.starts_with('<'));
    before.kind == NodeKind::Paragraph
        && !before.content.is_empty()
        && interrupts
        && first_has_text
        && !html
}

fn is_rule(line: &str) -> bool {
    ['-', '*', '_'].iter().any(|mark| {
        line.chars().all(|c| c == *mark || matches!(c, ' ' | '\t'))
            && line.matches(*mark).count() >= 3
    })
}

fn indented(text: &str, first: &str, other: &str, empty: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(if line.is_empty() {
            empty
        } else if at == 0 {
            first
        } else {
            other
        });
        out.push_str(line);
    }
    out
}
