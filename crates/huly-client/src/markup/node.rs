//! The tree: Huly's ProseMirror JSON as plain values, with everything that is not known kept.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::MarkupError;

/// Attributes of a node or mark, as they came.
pub type Attrs = Map<String, Value>;

/// Brackets that may be open at once in markup JSON; deeper text is refused, so that no tree can exhaust the stack.
const MAX_JSON_DEPTH: usize = 120;

/// One node of a document: a block, an inline node or a run of text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// What the node is.
    pub kind: NodeKind,
    /// Its attributes; empty and absent are the same.
    pub attrs: Attrs,
    /// Its children, in order; empty and absent are the same.
    pub content: Vec<Node>,
    /// Its marks, in the order of the source; empty and absent are the same.
    pub marks: Vec<Mark>,
    /// The text of a text node.
    pub text: Option<String>,
    /// Members this crate has no name for, kept as they came.
    pub rest: Attrs,
}

/// A mark on a text run or an inline node.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What the mark is.
    pub kind: MarkKind,
    /// Its attributes; empty and absent are the same.
    pub attrs: Attrs,
    /// Members this crate has no name for, kept as they came.
    pub rest: Attrs,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A name this crate does not know, kept as it is.
            Other(String),
        }

        impl $name {
            /// The name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

// A macro, because both directions must name the same pairs: a variant added to one alone would not survive a round trip.
names! {
    /// The node types of Huly's text editor (text-core `markup/model.ts`).
    NodeKind {
        /// The root.
        Doc = "doc",
        /// A paragraph.
        Paragraph = "paragraph",
        /// A heading; `level`, `marker` (`#`.., `=`, `-`).
        Heading = "heading",
        /// A bullet list; `bullet`.
        BulletList = "bulletList",
        /// A numbered list; `order`, string or number.
        OrderedList = "orderedList",
        /// An item of a bullet or numbered list.
        ListItem = "listItem",
        /// A list of todos; `bullet`.
        TodoList = "todoList",
        /// A todo; `checked`, `todoid`, `userid`.
        TodoItem = "todoItem",
        /// A list of checkboxes, the older form of a list of todos.
        TaskList = "taskList",
        /// An item of such a list; `checked`.
        TaskItem = "taskItem",
        /// Code; `language`.
        CodeBlock = "codeBlock",
        /// A mermaid diagram, code with a meaning of its own.
        Mermaid = "mermaid",
        /// A quotation.
        Blockquote = "blockquote",
        /// A rule.
        HorizontalRule = "horizontalRule",
        /// A line break inside a paragraph.
        HardBreak = "hardBreak",
        /// An image; `src` or `file-id`, `alt`, `title`, `width`, `height`.
        Image = "image",
        /// An attached file; `file-id`, `data-file-name` and the like.
        File = "file",
        /// An embedded page; `src`.
        Embed = "embed",
        /// An emoji; `emoji`.
        Emoji = "emoji",
        /// Lowered text, with inline content.
        SubLink = "subLink",
        /// A mention; `id`, `label`, `objectclass`.
        Reference = "reference",
        /// A table.
        Table = "table",
        /// A row of a table.
        TableRow = "tableRow",
        /// A heading cell; `colspan`, `rowspan`.
        TableHeader = "tableHeader",
        /// A cell; `colspan`, `rowspan`.
        TableCell = "tableCell",
        /// A comment, invisible in Huly and in rendered Markdown.
        Comment = "comment",
        /// A run of text.
        Text = "text",
    }
}

names! {
    /// The marks of Huly's text editor.
    MarkKind {
        /// Bold; `marker`.
        Bold = "bold",
        /// Italic; `marker`.
        Italic = "italic",
        /// Struck through.
        Strike = "strike",
        /// Code inside text.
        Code = "code",
        /// Underlined.
        Underline = "underline",
        /// A link; `href`, `title`.
        Link = "link",
        /// Coloured text; `color`.
        TextColor = "textColor",
        /// Styled text; `fontSize`.
        TextStyle = "textStyle",
        /// Highlighted text; `color`.
        Highlight = "highlight",
        /// Lowered text.
        Subscript = "subscript",
    }
}

impl Default for NodeKind {
    fn default() -> Self {
        Self::Doc
    }
}

impl Node {
    /// A node without attributes.
    pub fn new(kind: NodeKind, content: Vec<Node>) -> Self {
        Self {
            kind,
            content,
            ..Self::default()
        }
    }

    /// A run of text without marks.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            kind: NodeKind::Text,
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// The same node with one more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attrs.insert(name.to_owned(), value.into());
        self
    }

    /// The attribute as text, if it is a string that is not empty.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Every text in the tree, in order and without separators: what a person sees as words, comments too.
    /// Does not recurse, so that any tree can be asked.
    pub fn text_content(&self) -> String {
        let mut out = String::new();
        let mut todo = vec![self];
        while let Some(node) = todo.pop() {
            out.push_str(node.text.as_deref().unwrap_or_default());
            todo.extend(node.content.iter().rev());
        }
        out
    }
}

impl Mark {
    /// A mark without attributes.
    pub fn new(kind: MarkKind) -> Self {
        Self {
            kind,
            attrs: Attrs::new(),
            rest: Attrs::new(),
        }
    }

    /// The same mark with one more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attrs.insert(name.to_owned(), value.into());
        self
    }

    /// The attribute as text, if it is a string that is not empty.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }
}

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
/// assert_eq!(markup::wire(&node), r#"{"type":"doc","content":[{"type":"nosuch","attrs":{"a":1}}]}"#);
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
/// assert_eq!(
///     markup::wire(&markup::from_markdown("a")),
///     r#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}"#,
/// );
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
