//! What of a tree Markdown cannot say.

use serde_json::Value;

use super::node::{Attrs, Mark, MarkKind, Node, NodeKind};
use super::plain::is_todo_id;
use super::tidy::is_unicode_emoji;

/// Something that Markdown cannot say, or that an edit cost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// The node or mark, by its name on the wire.
    pub name: String,
    /// What of it, and where: short text for a person.
    pub text: String,
}

/// Characters of a text that a [`Lost`] quotes.
const QUOTED: usize = 40;
/// Attributes that only say how a link is opened; every editor sets its own.
const LINK_MANNERS: [&str; 3] = ["target", "rel", "class"];

/// Lists what of a tree Markdown cannot say: it survives only where the text around it is not edited ([`super::patch`]).
///
/// ```
/// use huly_client::markup;
/// let tree = markup::parse(r#"{"type":"doc","content":[{"type":"paragraph","attrs":{"textAlign":"right"}}]}"#)?;
/// let lost = markup::inexpressible(&tree);
/// assert_eq!(lost[0].name, "paragraph");
/// assert_eq!(lost[0].text, "textAlign=right");
/// # Ok::<(), markup::MarkupError>(())
/// ```
pub fn inexpressible(node: &Node) -> Vec<Lost> {
    let mut out = Vec::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        own(node, &mut out);
        todo.extend(node.content.iter().rev());
    }
    out
}

/// Whether Markdown can say all of a tree.
///
/// ```
/// use huly_client::markup;
/// assert!(markup::is_expressible(&markup::from_markdown("a <ins>b</ins>")));
/// ```
pub fn is_expressible(node: &Node) -> bool {
    inexpressible(node).is_empty()
}

/// What of the node itself and its marks Markdown cannot say.
fn own(node: &Node, out: &mut Vec<Lost>) {
    let quote = quote(node);
    let mut add = |name: &str, what: String| {
        out.push(Lost {
            name: name.to_owned(),
            text: if quote.is_empty() {
                what
            } else {
                format!("{what} on \"{quote}\"")
            },
        });
    };
    let name = node.kind.as_str();
    for (attr, value) in node.attrs.iter().chain(&node.rest) {
        if !value.is_null() && (node.rest.contains_key(attr) || !says_attr(node, attr, value)) {
            add(name, shown(attr, value));
        }
    }
    if matches!(node.kind, NodeKind::TaskList | NodeKind::TaskItem) {
        add(name, "read back as todos".to_owned());
    }
    if node.kind == NodeKind::Reference && node.attr("id").is_none() {
        add(name, "a mention of nobody is only its words".to_owned());
    }
    for (at, mark) in node.marks.iter().enumerate() {
        for (attr, value) in lost_attrs(mark) {
            add(mark.kind.as_str(), shown(attr, value));
        }
        if node
            .marks
            .iter()
            .take(at)
            .any(|other| other.kind == mark.kind)
        {
            add(mark.kind.as_str(), "a second mark of its kind".to_owned());
        }
    }
}

/// Whether Markdown can say an attribute of a node.
fn says_attr(node: &Node, attr: &str, value: &Value) -> bool {
    use NodeKind as K;
    match &node.kind {
        K::Heading => matches!(attr, "level" | "marker"),
        K::BulletList | K::TodoList | K::TaskList => attr == "bullet",
        K::OrderedList => attr == "order",
        K::TodoItem | K::TaskItem => match attr {
            "checked" => true,
            "todoid" | "userid" => value.as_str().is_some_and(is_todo_id),
            _ => false,
        },
        K::CodeBlock => attr == "language",
        K::Mermaid => attr == "language" && value == "mermaid",
        K::HorizontalRule => attr == "markup",
        // The source of an image that is a file of Huly is of no use to anybody.
        K::Image => matches!(
            attr,
            "src" | "alt" | "title" | "width" | "height" | "file-id"
        ),
        K::Embed => attr == "src",
        K::Emoji => !is_unicode_emoji(node) || matches!(attr, "emoji" | "kind"),
        K::Reference => matches!(attr, "id" | "label" | "objectclass"),
        K::TableHeader | K::TableCell => matches!(attr, "colspan" | "rowspan"),
        K::File | K::Other(_) => true,
        K::Doc
        | K::Paragraph
        | K::ListItem
        | K::Blockquote
        | K::HardBreak
        | K::SubLink
        | K::Table
        | K::TableRow
        | K::Comment
        | K::Text => false,
    }
}

fn lost_attrs(mark: &Mark) -> impl Iterator<Item = (&String, &Value)> {
    let known = |attr: &str| match &mark.kind {
        MarkKind::Bold | MarkKind::Italic => attr == "marker",
        MarkKind::Link => matches!(attr, "href" | "title") || LINK_MANNERS.contains(&attr),
        MarkKind::TextColor | MarkKind::TextStyle | MarkKind::Highlight | MarkKind::Other(_) => {
            true
        }
        MarkKind::Strike | MarkKind::Code | MarkKind::Underline | MarkKind::Subscript => false,
    };
    let attrs = mark
        .attrs
        .iter()
        .filter(move |(attr, value)| !value.is_null() && !known(attr));
    attrs.chain(&mark.rest)
}

fn shown(attr: &str, value: &Value) -> String {
    format!("{attr}={}", shortened(&super::link::plain_text(value)))
}

fn quote(node: &Node) -> String {
    shortened(
        &node
            .text_content()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    )
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The attributes of a node that Markdown cannot say.
pub(super) fn unsaid_attrs(node: &Node) -> Attrs {
    node.attrs
        .iter()
        .filter(|(attr, value)| !value.is_null() && !says_attr(node, attr, value))
        .map(|(attr, value)| (attr.clone(), value.clone()))
        .collect()
}
