//! Reading HTML tables: ours, the official writer's, and people's own where they are well formed.

use super::html::{Role, Tag, Token, decode, tokens};
use super::inline::{Piece, resolve};
use super::node::{Node, NodeKind};

/// Nesting of HTML elements that is read. Deeper ones are text.
const MAX_OPEN: usize = 24;

/// Reads an HTML table; `None` if it is anything but elements that a table of ours can have, properly nested: then it is text.
pub(super) fn read_html(text: &str) -> Option<Vec<Node>> {
    let mut reader = Html {
        frames: vec![Frame::new("", Some(Node::default()))],
    };
    for token in tokens(text) {
        match token {
            Token::Comment(comment) => reader.inline(Piece::Node(Node::new(
                NodeKind::Comment,
                vec![Node::of_text(comment)],
            ))),
            Token::Text(text) => reader.text(text)?,
            Token::Tag(tag) => reader.tag(&tag)?,
        }
    }
    let mut root = reader.frames.pop().filter(|_| reader.frames.is_empty())?;
    root.flush();
    root.node.map(|node| node.content)
}

/// An open element; `tbody` and the like have no node, their content is their parent's.
struct Frame {
    name: String,
    node: Option<Node>,
    inline: Vec<Piece>,
}

impl Frame {
    fn new(name: &str, node: Option<Node>) -> Self {
        Self {
            name: name.to_owned(),
            node,
            inline: Vec::new(),
        }
    }

    /// Ends the text of the element.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.inline);
        let is_blank = |piece: &Piece| matches!(piece, Piece::Node(node) if node.text.as_deref().is_some_and(|t| t.trim_ascii().is_empty()));
        if let Some(node) = self
            .node
            .as_mut()
            .filter(|node| node.kind == NodeKind::CodeBlock || !pieces.iter().all(is_blank))
        {
            let inline = resolve(pieces);
            match node.kind {
                NodeKind::Paragraph | NodeKind::Heading | NodeKind::CodeBlock => {
                    node.content.extend(inline);
                }
                _ => node.content.push(Node::new(NodeKind::Paragraph, inline)),
            }
        }
    }
}

struct Html {
    frames: Vec<Frame>,
}

impl Html {
    fn inline(&mut self, piece: Piece) {
        if let Some(frame) = self.frames.last_mut() {
            frame.inline.push(piece);
        }
    }

    /// Text may stand where a paragraph may; between cells and items it would have no place.
    fn text(&mut self, text: &str) -> Option<()> {
        let frame = self.frames.last()?;
        let holds_text = frame.node.as_ref().is_some_and(|node| {
            use NodeKind as K;
            !matches!(
                node.kind,
                K::Doc | K::Table | K::TableRow | K::BulletList | K::OrderedList | K::TodoList
            )
        });
        if !text.trim_ascii().is_empty() && !holds_text {
            return None;
        }
        self.inline(Piece::Node(Node::of_text(decode(text))));
        Some(())
    }

    fn tag(&mut self, tag: &Tag) -> Option<()> {
        if tag.closing {
            let frame = self
                .frames
                .last()
                .filter(|frame| !frame.name.is_empty() && frame.name == tag.name);
            if frame.is_some() {
                return self.close();
            }
            self.inline(raw(tag));
            return (!is_element(&tag.name)).then_some(());
        }
        if tag.name == "hr" {
            let frame = self.frames.last_mut()?;
            frame.flush();
            frame
                .node
                .as_mut()?
                .content
                .push(Node::new(NodeKind::HorizontalRule, Vec::new()));
            return Some(());
        }
        if !is_element(&tag.name) {
            if tag.role() == Role::Unknown {
                self.text("x")?;
                self.frames.last_mut()?.inline.pop();
            }
            self.inline(raw(tag));
            return Some(());
        }
        if self.frames.len() > MAX_OPEN {
            return None;
        }
        let node = match element(tag)? {
            Element::Node(node) => Some(node),
            Element::Group => None,
        };
        self.frames.last_mut()?.flush();
        self.frames.push(Frame::new(&tag.name, node));
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let mut frame = self.frames.pop()?;
        frame.flush();
        // An element without a node has its parent's place: its content was never its own.
        if let Some(node) = frame.node {
            let parent = self
                .frames
                .iter_mut()
                .rev()
                .find_map(|frame| frame.node.as_mut())?;
            parent.content.push(node);
        }
        Some(())
    }
}

/// A tag with its text rebuilt: an unknown one is shown like this.
fn raw(tag: &Tag) -> Piece {
    let mut attrs = String::new();
    for (name, value) in &tag.attrs {
        attrs.extend([" ", name, "=\"", value, "\""]);
    }
    let slash = if tag.closing { "/" } else { "" };
    Piece::Tag {
        raw: format!("<{slash}{}{attrs}>", tag.name),
        tag: tag.clone(),
        marks: Vec::new(),
    }
}

fn is_element(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "p",
        "ul",
        "ol",
        "li",
        "pre",
        "blockquote",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ];
    NAMES.contains(&name)
}

/// What an element is.
enum Element {
    Node(Node),
    /// It only groups what it holds.
    Group,
}

/// The meaning of an element; `None` if it has an attribute that has no meaning here.
fn element(tag: &Tag) -> Option<Element> {
    use NodeKind as K;
    let new = |kind| Node::new(kind, Vec::new());
    let (node, known): (Node, &[&str]) = match tag.name.as_str() {
        "thead" | "tbody" | "tfoot" => return tag.attrs.is_empty().then_some(Element::Group),
        "div" => return tag.unknown_node().map(Element::Node),
        "table" => (new(K::Table), &[]),
        "tr" => (new(K::TableRow), &[]),
        "th" => (cell(tag, K::TableHeader), &["colspan", "rowspan"]),
        "td" => (cell(tag, K::TableCell), &["colspan", "rowspan"]),
        "p" => (new(K::Paragraph), &[]),
        "blockquote" => (new(K::Blockquote), &[]),
        "pre" => (
            new(K::CodeBlock).with("language", tag.get("data-language").unwrap_or_default()),
            &["data-language"],
        ),
        "ul" => {
            let kind = if tag.get("data-type") == Some("todo") {
                K::TodoList
            } else {
                K::BulletList
            };
            (
                new(kind).with("bullet", tag.get("data-bullet").unwrap_or("*")),
                &["data-type", "data-bullet"],
            )
        }
        "ol" => (
            new(K::OrderedList).with("order", tag.get("start").unwrap_or("1")),
            &["start"],
        ),
        "li" => (item(tag), &["data-checked", "data-todoid", "data-userid"]),
        heading => {
            let level = heading.trim_start_matches('h').parse::<u64>().ok()?;
            (new(K::Heading).with("level", level), &[])
        }
    };
    tag.attrs
        .iter()
        .all(|(name, _)| known.contains(&name.as_str()))
        .then_some(Element::Node(node))
}

fn cell(tag: &Tag, kind: NodeKind) -> Node {
    let span = |name| {
        tag.get(name)
            .and_then(|span| span.trim().parse::<u64>().ok())
            .unwrap_or(1)
    };
    Node::new(kind, Vec::new())
        .with("colspan", span("colspan"))
        .with("rowspan", span("rowspan"))
}

fn item(tag: &Tag) -> Node {
    let Some(checked) = tag.get("data-checked") else {
        return Node::new(NodeKind::ListItem, Vec::new());
    };
    let mut node = Node::new(NodeKind::TodoItem, Vec::new()).with("checked", checked == "true");
    for name in ["todoid", "userid"] {
        if let Some(id) = tag.get(&format!("data-{name}")) {
            node.attrs.insert(name.to_owned(), id.into());
        }
    }
    node
}
