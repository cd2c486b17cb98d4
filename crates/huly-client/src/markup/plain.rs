//! The plain tree: what Markdown can say of a tree. Total over every tree, idempotent, and what the reader makes of any Markdown.
//! Presentation goes (unknown attributes, blank paragraphs, empty lists), text stays.

use serde_json::Value;

use super::node::{Node, NodeKind};
use super::plain_text::{comment, lines};
use super::tidy::{Lines, tidy};

/// Levels of nesting a plain tree may have. Markup JSON nests two brackets a level and must stay readable ([`super::parse`]).
pub(super) const MAX_LEVELS: usize = 48;
/// The bullets of lists, the writer's default first.
const BULLETS: [&str; 3] = ["*", "-", "+"];
/// The largest number an ordered list may start with: nine digits are read, and the list counts on from there.
const MAX_ORDER: u64 = 900_000_000;

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    level: usize,
    /// A cell with blocks is written as HTML, which has fewer forms than Markdown.
    in_cell: bool,
}

impl Place {
    /// A child of the document.
    pub(super) const TOP: Self = Self {
        level: 1,
        in_cell: false,
    };

    const fn deeper(self, by: usize) -> Self {
        Self {
            level: self.level + by,
            ..self
        }
    }

    pub(super) const fn in_cell(self, by: usize) -> Self {
        Self {
            level: self.level + by,
            in_cell: true,
        }
    }

    const fn lines(self) -> Lines {
        if self.in_cell {
            Lines::One
        } else {
            Lines::Many
        }
    }
}

/// The plain tree of a document (or of any other node, which then becomes the document's content).
pub(super) fn plain(root: &Node) -> Node {
    let content = if root.kind == NodeKind::Doc {
        root.content.as_slice()
    } else {
        std::slice::from_ref(root)
    };
    Node::new(NodeKind::Doc, blocks(content, Place::TOP))
}

/// The plain blocks of some children.
pub(super) fn blocks(children: &[Node], place: Place) -> Vec<Node> {
    let mut blocks: Vec<Node> = grouped(children, place).into_iter().flatten().collect();
    separate(blocks.iter_mut());
    blocks
}

/// The plain blocks of each child on its own: none for a blank paragraph, several for a list of mixed items.
/// Lists that touch get different bullets, as they would read as one list.
pub(super) fn units(children: &[Node], place: Place) -> Vec<Vec<Node>> {
    let mut units = grouped(children, place);
    separate(units.iter_mut().flatten());
    units
}

fn separate<'a>(blocks: impl Iterator<Item = &'a mut Node>) {
    let mut before: Option<&Node> = None;
    for block in blocks {
        if let Some(before) = before
            && before.kind == block.kind
            && matches!(block.kind, NodeKind::BulletList | NodeKind::TodoList)
            && before.attrs.get("bullet") == block.attrs.get("bullet")
        {
            let next = if before.attr("bullet") == Some("-") {
                "*"
            } else {
                "-"
            };
            block.attrs.insert("bullet".to_owned(), next.into());
        }
        before = Some(block);
    }
}

/// Inline nodes that stand between blocks make a paragraph together; it counts for the first of them.
fn grouped(children: &[Node], place: Place) -> Vec<Vec<Node>> {
    let mut units = Vec::with_capacity(children.len());
    let mut at = 0;
    while let Some(child) = children.get(at) {
        let rest = children.get(at..).unwrap_or_default();
        let loose = rest
            .iter()
            .take_while(|child| is_inline(&child.kind))
            .count();
        if loose == 0 {
            units.push(block(child, place));
            at += 1;
        } else {
            units.push(paragraphs(rest.get(..loose).unwrap_or_default(), place));
            units.extend((1..loose).map(|_| Vec::new()));
            at += loose;
        }
    }
    units
}

/// Nodes that can only stand inside a paragraph. Comments, embeds and unknown nodes stand anywhere.
fn is_inline(kind: &NodeKind) -> bool {
    use NodeKind as K;
    matches!(
        kind,
        K::Text | K::HardBreak | K::Image | K::File | K::Emoji | K::SubLink | K::Reference
    )
}

/// Nodes that cannot stand inside a paragraph.
fn is_block(kind: &NodeKind) -> bool {
    !is_inline(kind)
        && !matches!(
            kind,
            NodeKind::Comment | NodeKind::Embed | NodeKind::Other(_)
        )
}

fn block(node: &Node, place: Place) -> Vec<Node> {
    use NodeKind as K;
    if place.level >= MAX_LEVELS
        && !matches!(
            node.kind,
            K::Paragraph | K::Heading | K::CodeBlock | K::Mermaid | K::HorizontalRule
        )
    {
        return flattened(node, place);
    }
    match &node.kind {
        K::Paragraph => paragraphs(&node.content, place),
        K::Heading => vec![heading(node, place)],
        K::BulletList | K::OrderedList | K::TodoList | K::TaskList => lists(node, place),
        K::CodeBlock | K::Mermaid => vec![code(node)],
        K::Blockquote => {
            let content = blocks(&node.content, place.deeper(1));
            if content.is_empty() {
                Vec::new()
            } else {
                vec![Node::new(K::Blockquote, content)]
            }
        }
        K::HorizontalRule => vec![Node::new(K::HorizontalRule, Vec::new())],
        K::Table => super::plain_table::table(node, place),
        K::Comment => vec![comment(node, place.lines())],
        K::Embed => match node.attr("src") {
            Some(src) => {
                vec![Node::new(K::Embed, Vec::new()).with("src", super::link::encode_blanks(src))]
            }
            None => flattened(node, place),
        },
        K::Other(_) => vec![unknown(node, place)],
        // What lost its parent counts as its content.
        K::Doc
        | K::ListItem
        | K::TodoItem
        | K::TaskItem
        | K::TableRow
        | K::TableHeader
        | K::TableCell => blocks(&node.content, place),
        K::Text | K::HardBreak | K::Image | K::File | K::Emoji | K::SubLink | K::Reference => {
            paragraphs(std::slice::from_ref(node), place)
        }
    }
}

/// A tree that is too deep, as one paragraph of its text.
fn flattened(node: &Node, place: Place) -> Vec<Node> {
    let mut words = Vec::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        words.extend(node.text.as_deref());
        words.extend(
            node.attr("label")
                .or(node.attr("alt"))
                .or(node.attr("emoji")),
        );
        todo.extend(node.content.iter().rev());
    }
    paragraphs(&[Node::of_text(words.join(" "))], place)
}

/// The paragraphs of inline content. Comments at the start stand before the paragraph, as Markdown reads a line that starts with one as a comment;
/// blocks that have no place inside stand on their own; an embed alone is a block.
fn paragraphs(children: &[Node], place: Place) -> Vec<Node> {
    let mut out = Vec::new();
    for part in children.chunk_by(|left, right| is_block(&left.kind) == is_block(&right.kind)) {
        if part.first().is_some_and(|node| is_block(&node.kind)) {
            out.extend(part.iter().flat_map(|node| block(node, place)));
            continue;
        }
        let mut inline = tidy(part, Lines::Many);
        while inline
            .first()
            .is_some_and(|node| node.kind == NodeKind::Comment)
        {
            out.push(inline.remove(0));
            inline = tidy(&inline, Lines::Many);
        }
        match inline.as_slice() {
            [] => {}
            [only] if only.kind == NodeKind::Embed && only.marks.is_empty() => {
                out.append(&mut inline);
            }
            _ => out.push(Node::new(NodeKind::Paragraph, inline)),
        }
    }
    out
}

fn heading(node: &Node, place: Place) -> Node {
    let level = node
        .attrs
        .get("level")
        .and_then(number)
        .unwrap_or(1)
        .clamp(1, 6);
    let content = tidy(&node.content, Lines::One);
    let underlined = !place.in_cell
        && !content.is_empty()
        && !content.iter().any(|node| node.kind == NodeKind::HardBreak);
    let marker = match (node.attr("marker"), level) {
        (Some("="), 1) if underlined => "=",
        (Some("-"), 2) if underlined => "-",
        _ => "######"
            .get(..usize::try_from(level).unwrap_or(1))
            .unwrap_or("#"),
    };
    Node::new(NodeKind::Heading, content)
        .with("level", level)
        .with("marker", marker)
}

/// A list of todos and a list of bullets are different lists, though Markdown mixes them.
fn lists(node: &Node, place: Place) -> Vec<Node> {
    use NodeKind as K;
    let ordered = node.kind == K::OrderedList;
    let boxes = matches!(node.kind, K::TodoList | K::TaskList);
    let is_todo = |item: &Node| {
        !ordered
            && (item.kind == K::TodoItem
                || item.kind == K::TaskItem
                || (boxes && item.kind != K::ListItem))
    };
    let mut out = Vec::new();
    for part in node
        .content
        .chunk_by(|left, right| is_todo(left) == is_todo(right))
    {
        let todo = part.first().is_some_and(is_todo);
        let items = part
            .iter()
            .map(|child| item(child, todo, place.deeper(1)))
            .collect();
        out.push(if ordered {
            let order = node
                .attrs
                .get("order")
                .and_then(number)
                .unwrap_or(1)
                .min(MAX_ORDER);
            // The official reader writes 1 as text and every other start as a number.
            let order = if order == 1 {
                Value::from("1")
            } else {
                Value::from(order)
            };
            Node::new(K::OrderedList, items).with("order", order)
        } else {
            let bullet = node
                .attr("bullet")
                .filter(|bullet| BULLETS.contains(bullet))
                .unwrap_or("*");
            Node::new(if todo { K::TodoList } else { K::BulletList }, items).with("bullet", bullet)
        });
    }
    out
}

fn item(node: &Node, todo: bool, place: Place) -> Node {
    use NodeKind as K;
    let is_item = matches!(node.kind, K::ListItem | K::TodoItem | K::TaskItem);
    let children = if is_item {
        node.content.as_slice()
    } else {
        std::slice::from_ref(node)
    };
    let mut content = blocks(children, place.deeper(1));
    // The writer puts an empty comment into an item that must not look empty.
    let is_filler =
        |node: &Node| node.kind == K::Comment && node.text_content().trim_ascii().is_empty();
    if content.is_empty() || matches!(content.as_slice(), [only] if is_filler(only)) {
        content = vec![Node::new(K::Paragraph, Vec::new())];
    }
    if !todo {
        return Node::new(K::ListItem, content);
    }
    let mut item = Node::new(K::TodoItem, content).with(
        "checked",
        node.attrs.get("checked") == Some(&Value::Bool(true)),
    );
    for name in ["todoid", "userid"] {
        if let Some(id) = node.attr(name).filter(|id| is_todo_id(id)) {
            item.attrs.insert(name.to_owned(), id.into());
        }
    }
    item
}

/// Whether an id can stand in the comment of a todo.
pub(super) fn is_todo_id(id: &str) -> bool {
    !id.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '<' | '>' | '='))
        && !id.ends_with('-')
}

fn code(node: &Node) -> Node {
    let text = lines(&node.text_content());
    let info = node
        .attrs
        .get("language")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let info = info
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\0', "\u{fffd}");
    let diagram = node.kind == NodeKind::Mermaid || info == "mermaid";
    let (kind, info) = if diagram {
        (NodeKind::Mermaid, "mermaid".to_owned())
    } else {
        (NodeKind::CodeBlock, info)
    };
    let content = if text.is_empty() {
        Vec::new()
    } else {
        vec![Node::of_text(text)]
    };
    Node::new(kind, content).with("language", info)
}

/// An unknown block keeps its name, attributes and content.
fn unknown(node: &Node, place: Place) -> Node {
    let mut children = node.content.clone();
    if let Some(text) = &node.text {
        children.insert(0, Node::of_text(text.as_str()));
    }
    Node {
        kind: node.kind.clone(),
        attrs: node.attrs.clone(),
        content: blocks(&children, place.deeper(1)),
        ..Node::default()
    }
}

pub(super) fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}
