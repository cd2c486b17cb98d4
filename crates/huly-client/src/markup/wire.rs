//! The tree as JSON text: reading what Huly stores, writing what it gets.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::MarkupError;
use super::node::{Attrs, Mark, MarkKind, Node, NodeKind};

/// Brackets that may be open at once in markup JSON; deeper text is refused, so that no tree can exhaust the stack.
const MAX_JSON_DEPTH: usize = 120;

/// What a description's text was.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Markup JSON.
    Markup(Node),
    /// Text that is no JSON: Huly shows it as one paragraph, and so does this tree.
    PlainText(Node),
}

impl Source {
    /// Reads a description; see [`parse`].
    pub fn read(text: &str) -> Result<Self, MarkupError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(Self::Markup(Node::default()));
        }
        if !trimmed.starts_with('{') {
            return Ok(Self::plain(text));
        }
        if json_depth(trimmed) > MAX_JSON_DEPTH {
            return Err(MarkupError::TooDeep {
                limit: MAX_JSON_DEPTH,
            });
        }
        match serde_json::from_str::<Value>(trimmed) {
            Ok(value) => node_of(value, "$").map(Self::Markup),
            Err(_no_json) => Ok(Self::plain(text)),
        }
    }

    fn plain(text: &str) -> Self {
        let paragraph = Node::new(NodeKind::Paragraph, vec![Node::of_text(text)]);
        Self::PlainText(Node::new(NodeKind::Doc, vec![paragraph]))
    }

    /// The tree, whatever it came from.
    pub fn into_node(self) -> Node {
        match self {
            Self::Markup(node) | Self::PlainText(node) => node,
        }
    }
}

/// Reads markup JSON as Huly stores it. Text that is no JSON object becomes one paragraph, as the server makes of it
/// (use [`Source::read`] to know which it was); blank text is an empty document.
/// Fails on JSON that is no node, and on nesting beyond 120 brackets.
///
/// ```
/// use huly_client::markup;
/// let node = markup::parse(r#"{"type":"doc","content":[{"type":"nosuch","attrs":{"a":1}}]}"#)?;
/// assert_eq!(node.content[0].kind.as_str(), "nosuch");
/// assert_eq!(markup::to_markdown(&markup::parse("just text")?), "just text");
/// # Ok::<(), markup::MarkupError>(())
/// ```
pub fn parse(json: &str) -> Result<Node, MarkupError> {
    Source::read(json).map(Source::into_node)
}

/// The compact JSON text to send.
///
/// ```
/// use huly_client::markup;
/// let tree = markup::from_markdown("a *b*");
/// assert_eq!(markup::parse(&markup::wire(&tree))?, tree);
/// # Ok::<(), markup::MarkupError>(())
/// ```
pub fn wire(node: &Node) -> String {
    value_of(node).to_string()
}

/// The largest number of brackets open at once, outside strings.
fn json_depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn wrong(path: &str, expected: &'static str) -> MarkupError {
    MarkupError::Shape {
        path: path.to_owned(),
        expected,
    }
}

fn object(value: Value, path: &str) -> Result<Attrs, MarkupError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Attrs::new()),
        _ => Err(wrong(path, "an object")),
    }
}

fn list<T>(
    value: Option<Value>,
    path: &str,
    each: impl Fn(Value, &str) -> Result<T, MarkupError>,
) -> Result<Vec<T>, MarkupError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => values
            .into_iter()
            .enumerate()
            .map(|(at, value)| each(value, &format!("{path}[{at}]")))
            .collect(),
        Some(_) => Err(wrong(path, "an array")),
    }
}

fn type_of(map: &mut Attrs, path: &str) -> Result<String, MarkupError> {
    match map.remove("type") {
        Some(Value::String(name)) => Ok(name),
        _ => Err(wrong(&format!("{path}.type"), "a string")),
    }
}

/// Recurses once per level; the depth of the JSON was checked before, or serde's own limit held.
fn node_of(value: Value, path: &str) -> Result<Node, MarkupError> {
    let mut map = object(value, path)?;
    let kind = NodeKind::from(type_of(&mut map, path)?.as_str());
    let text = match map.remove("text") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(wrong(&format!("{path}.text"), "a string")),
    };
    Ok(Node {
        kind,
        attrs: object(
            map.remove("attrs").unwrap_or_default(),
            &format!("{path}.attrs"),
        )?,
        content: list(map.remove("content"), &format!("{path}.content"), node_of)?,
        marks: list(map.remove("marks"), &format!("{path}.marks"), mark_of)?,
        text,
        rest: map,
    })
}

fn mark_of(value: Value, path: &str) -> Result<Mark, MarkupError> {
    let mut map = object(value, path)?;
    let kind = MarkKind::from(type_of(&mut map, path)?.as_str());
    let attrs = object(
        map.remove("attrs").unwrap_or_default(),
        &format!("{path}.attrs"),
    )?;
    Ok(Mark {
        kind,
        attrs,
        rest: map,
    })
}

fn value_of(node: &Node) -> Value {
    let mut map = node.rest.clone();
    map.insert("type".to_owned(), node.kind.as_str().into());
    if let Some(text) = &node.text {
        map.insert("text".to_owned(), text.as_str().into());
    }
    if !node.attrs.is_empty() {
        map.insert("attrs".to_owned(), node.attrs.clone().into());
    }
    if !node.content.is_empty() || node.kind == NodeKind::Doc {
        map.insert(
            "content".to_owned(),
            node.content.iter().map(value_of).collect(),
        );
    }
    if !node.marks.is_empty() {
        map.insert(
            "marks".to_owned(),
            node.marks.iter().map(mark_value).collect(),
        );
    }
    Value::Object(map)
}

fn mark_value(mark: &Mark) -> Value {
    let mut map = mark.rest.clone();
    map.insert("type".to_owned(), mark.kind.as_str().into());
    if !mark.attrs.is_empty() {
        map.insert("attrs".to_owned(), mark.attrs.clone().into());
    }
    Value::Object(map)
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        value_of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        node_of(Value::deserialize(deserializer)?, "$").map_err(D::Error::custom)
    }
}
