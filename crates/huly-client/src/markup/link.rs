//! Links that stand for nodes: mentions (`ref://`), images of Huly (`image://`) and files (`huly-file:`). The first two forms are the official
//! client's defaults (api-client `markup/client.ts`); files have no official form.

use serde_json::Value;

use super::node::{Attrs, Mark, MarkKind, Node, NodeKind};

const REF: &str = "ref://?";
const IMAGE: &str = "image://";
const FILE: &str = "huly-file:?";
/// Ends the name of an attribute whose value is JSON and no string.
const JSON_SUFFIX: &str = ".json";

/// The link target of a mention.
pub(super) fn of_reference(node: &Node) -> String {
    let part = |name| encode(node.attr(name).unwrap_or_default());
    format!(
        "{REF}_class={}&_id={}&label={}",
        part("objectclass"),
        part("id"),
        part("label")
    )
}

/// The target of an image: its file in Huly, or its address.
pub(super) fn of_image(node: &Node) -> String {
    let Some(file) = node.attr("file-id") else {
        return node.attr("src").unwrap_or_default().to_owned();
    };
    let mut target = format!("{IMAGE}{}", encode(file));
    for name in ["width", "height"] {
        if let Some(size) = node.attrs.get(name) {
            let piece = format!("&{name}={}", encode(&plain_text(size)));
            target.push_str(&piece);
        }
    }
    target
}

/// The link target of a file: all its attributes.
pub(super) fn of_file(node: &Node) -> String {
    let parts: Vec<String> = node
        .attrs
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{}={}", encode(name), encode(text)),
            other => format!(
                "{}{JSON_SUFFIX}={}",
                encode(name),
                encode(&other.to_string())
            ),
        })
        .collect();
    format!("{FILE}{}", parts.join("&"))
}

/// The words a file is shown with.
pub(super) fn file_name(node: &Node) -> &str {
    ["data-file-name", "file-name", "name", "title"]
        .iter()
        .find_map(|name| node.attr(name))
        .unwrap_or("file")
}

/// The node that a link stands for, given its target and its visible words; `None` if it is an ordinary link.
/// Words that a person changed win over the words in the target.
pub(super) fn node_of(target: &str, words: &str) -> Option<Node> {
    if let Some(query) = target.strip_prefix(REF) {
        let parts = pairs(query);
        let get = |name: &str| {
            parts
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let id = get("_id").filter(|id| !id.is_empty())?;
        let label = get("label").unwrap_or_default();
        let label = if same_words(&label, words) {
            label
        } else {
            words.to_owned()
        };
        let class = get("_class").unwrap_or_default();
        let node = Node::new(NodeKind::Reference, Vec::new());
        return Some(
            node.with("id", id)
                .with("label", label)
                .with("objectclass", class),
        );
    }
    let mut node = Node::new(NodeKind::File, Vec::new());
    for (name, value) in pairs(target.strip_prefix(FILE)?) {
        match name
            .strip_suffix(JSON_SUFFIX)
            .zip(serde_json::from_str::<Value>(&value).ok())
        {
            Some((name, value)) => node.attrs.insert(name.to_owned(), value),
            None => node.attrs.insert(name, value.into()),
        };
    }
    if !same_words(file_name(&node), words) {
        node.attrs.insert("data-file-name".to_owned(), words.into());
    }
    Some(node)
}

/// The image with this target.
pub(super) fn image_of(target: &str) -> Node {
    let node = Node::new(NodeKind::Image, Vec::new());
    let Some(file) = target.strip_prefix(IMAGE) else {
        return node.with("src", target);
    };
    let (id, query) = file.split_once(['&', '?']).unwrap_or((file, ""));
    let mut node = node.with("file-id", decode(id));
    for (name, value) in pairs(query) {
        if name == "width" || name == "height" {
            node.attrs.insert(name, size(&value));
        }
    }
    node
}

/// A link mark.
pub(super) fn mark(href: &str, title: &str) -> Mark {
    let mark = Mark::new(MarkKind::Link).with("href", href);
    if title.is_empty() {
        mark
    } else {
        mark.with("title", title)
    }
}

/// A width or height: a number where it is one.
pub(super) fn size(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| text.into(), Value::from)
}

/// The attributes of a node in an `data-attrs` attribute.
pub(super) fn attrs_text(attrs: &Attrs) -> String {
    Value::Object(attrs.clone()).to_string()
}

/// A value as a person would write it.
pub(super) fn plain_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Blanks and control characters cannot stand in a link target; the official reader encodes them too.
pub(super) fn encode_blanks(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for c in target.trim().chars() {
        if c.is_ascii_whitespace() || c.is_ascii_control() {
            let piece = format!("%{:02X}", u32::from(c));
            out.push_str(&piece);
        } else {
            out.push(c);
        }
    }
    out
}

fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// As `encodeURIComponent` does, but with the brackets and marks that Markdown reads encoded as well.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let piece = format!("%{byte:02X}");
            out.push_str(&piece);
        }
    }
    out
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let rest = bytes.as_slice_text(text);
        let code = (byte == b'%')
            .then(|| rest.get(..2))
            .flatten()
            .filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        if let Some(code) = code {
            out.push(code);
            bytes.nth(1);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The part of a text that an iterator over its bytes has not reached yet.
trait Rest {
    fn as_slice_text<'a>(&self, text: &'a str) -> &'a str;
}

impl Rest for std::str::Bytes<'_> {
    fn as_slice_text<'a>(&self, text: &'a str) -> &'a str {
        text.get(text.len() - self.len()..).unwrap_or_default()
    }
}
