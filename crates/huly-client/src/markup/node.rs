//! The tree: Huly's ProseMirror JSON as plain values, with everything that is not known kept.

use serde_json::{Map, Value};

/// Attributes of a node or mark, as they came.
pub type Attrs = Map<String, Value>;

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
    #[derive(Default)]
    NodeKind {
        /// The root.
        #[default]
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
