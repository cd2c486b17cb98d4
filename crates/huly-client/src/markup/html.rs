//! HTML tags: taken apart, and what the few known ones mean. Everything else stays text.

use serde_json::Value;

use super::link;
use super::node::{Attrs, Mark, MarkKind, Node, NodeKind};

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Its name in lower case.
    pub(super) name: String,
    /// Attributes, names in lower case, values decoded.
    pub(super) attrs: Vec<(String, String)>,
    /// Whether it is `</..>`.
    pub(super) closing: bool,
}

/// A part of an HTML text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Tag(Tag),
    Comment(&'a str),
    /// Text with its character references still in it.
    Text(&'a str),
}

/// What a tag means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    /// Puts a mark on what it holds.
    Mark(Mark),
    /// Holds the content of a node.
    Group(Node),
    /// Is a node.
    Void(Node),
    /// Is text.
    Unknown,
}

impl Tag {
    /// The first tag of a text and the text after it; `None` if the text does not start with a complete tag.
    pub(super) fn split(text: &str) -> Option<(Self, &str)> {
        let rest = text.strip_prefix('<')?;
        let (closing, rest) = rest
            .strip_prefix('/')
            .map_or((false, rest), |rest| (true, rest));
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .unwrap_or(rest.len());
        let (name, mut rest) = rest.split_at_checked(end)?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let mut attrs = Vec::new();
        loop {
            rest = rest.trim_ascii_start();
            if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
                return Some((
                    Self {
                        name: name.to_ascii_lowercase(),
                        attrs,
                        closing,
                    },
                    after,
                ));
            }
            let (attr, after) = split_attr(rest)?;
            attrs.push(attr);
            rest = after;
        }
    }

    /// The tag that a text is, and nothing else.
    pub(super) fn whole(text: &str) -> Option<Self> {
        Self::split(text)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(tag, _)| tag)
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attrs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn has_only(&self, names: &[&str]) -> bool {
        self.attrs
            .iter()
            .all(|(name, _)| names.contains(&name.as_str()))
    }

    /// What an opening tag means. A known tag with an attribute that has no meaning here is unknown: it stays text.
    pub(super) fn role(&self) -> Role {
        let bare = |kind, attrs: &[&str]| {
            if self.has_only(attrs) {
                Role::Mark(Mark::new(kind))
            } else {
                Role::Unknown
            }
        };
        let marker = |kind, marker: &str| {
            if self.attrs.is_empty() {
                Role::Mark(Mark::new(kind).with("marker", marker))
            } else {
                Role::Unknown
            }
        };
        match self.name.as_str() {
            "strong" | "b" => marker(MarkKind::Bold, "**"),
            "em" | "i" => marker(MarkKind::Italic, "*"),
            "s" | "del" | "strike" => bare(MarkKind::Strike, &[]),
            "ins" | "u" => bare(MarkKind::Underline, &[]),
            "code" => bare(MarkKind::Code, &[]),
            "sub" if self.get("data-mark") == Some("subscript") => {
                bare(MarkKind::Subscript, &["data-mark"])
            }
            "sub" if self.attrs.is_empty() => Role::Group(Node::new(NodeKind::SubLink, Vec::new())),
            "mark" => self.highlight(),
            "span" => self.span(),
            "a" => self.anchor(),
            "br" if self.attrs.is_empty() => Role::Void(Node::new(NodeKind::HardBreak, Vec::new())),
            "img" => self.image(),
            _ => Role::Unknown,
        }
    }

    fn highlight(&self) -> Role {
        let mark = Mark::new(MarkKind::Highlight);
        match self.get("data-color") {
            Some(color) if self.has_only(&["data-color", "style"]) => {
                Role::Mark(mark.with("color", color))
            }
            None if self.attrs.is_empty() => Role::Mark(mark),
            _ => Role::Unknown,
        }
    }

    fn span(&self) -> Role {
        let color = self
            .get("data-color")
            .filter(|_| self.has_only(&["data-color", "style"]));
        if let Some(color) = color {
            return Role::Mark(Mark::new(MarkKind::TextColor).with("color", color));
        }
        if let Some(size) = self
            .get("style")
            .and_then(|style| style.strip_prefix("font-size: "))
            && self.has_only(&["style"])
        {
            return Role::Mark(Mark::new(MarkKind::TextStyle).with("fontSize", size));
        }
        if let Some(name) = self
            .get("data-mark")
            .filter(|_| self.has_only(&["data-mark", "data-attrs"]))
        {
            return self.data_attrs().map_or(Role::Unknown, |attrs| {
                Role::Mark(Mark {
                    kind: MarkKind::from(name),
                    attrs,
                    rest: Attrs::new(),
                })
            });
        }
        self.unknown_node().map_or(Role::Unknown, Role::Group)
    }

    fn anchor(&self) -> Role {
        match (self.get("href"), self.get("data-type")) {
            (Some(src), Some("embed")) if self.has_only(&["href", "data-type"]) => {
                Role::Group(Node::new(NodeKind::Embed, Vec::new()).with("src", src))
            }
            // A mention or a file; what it is and says is known when its words are.
            (Some(href), None) if link::node_of(href, "").is_some() && self.has_only(&["href"]) => {
                Role::Group(Node::new(NodeKind::Reference, Vec::new()).with("href", href))
            }
            (Some(href), None) if self.has_only(&["href", "title", "target", "rel", "class"]) => {
                Role::Mark(link::mark(href, self.get("title").unwrap_or_default()))
            }
            _ => Role::Unknown,
        }
    }

    fn image(&self) -> Role {
        let Some(src) = self
            .get("src")
            .filter(|_| self.has_only(&["src", "alt", "title", "width", "height"]))
        else {
            return Role::Unknown;
        };
        let mut node = link::image_of(src);
        for name in ["alt", "title"] {
            if let Some(text) = self.get(name) {
                node.attrs.insert(name.to_owned(), text.into());
            }
        }
        for name in ["width", "height"] {
            if let Some(text) = self.get(name) {
                node.attrs.insert(name.to_owned(), link::size(text));
            }
        }
        Role::Void(node)
    }

    /// The node that `<span data-node=..>` and `<div data-node=..>` stand for.
    pub(super) fn unknown_node(&self) -> Option<Node> {
        let name = self
            .get("data-node")
            .filter(|_| self.has_only(&["data-node", "data-attrs"]))?;
        let kind = NodeKind::from(name);
        if !matches!(kind, NodeKind::Other(_) | NodeKind::Emoji) {
            return None;
        }
        Some(Node {
            kind,
            attrs: self.data_attrs()?,
            ..Node::default()
        })
    }

    fn data_attrs(&self) -> Option<Attrs> {
        match self.get("data-attrs") {
            None => Some(Attrs::new()),
            Some(json) => serde_json::from_str::<Value>(json)
                .ok()
                .and_then(|value| match value {
                    Value::Object(attrs) => Some(attrs),
                    _ => None,
                }),
        }
    }
}

fn split_attr(text: &str) -> Option<((String, String), &str)> {
    let end =
        text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | ':' | '.'))?;
    let (name, rest) = text
        .split_at_checked(end)
        .filter(|(name, _)| !name.is_empty())?;
    let name = name.to_ascii_lowercase();
    let Some(value) = rest
        .trim_ascii_start()
        .strip_prefix('=')
        .map(str::trim_ascii_start)
    else {
        return Some(((name, String::new()), rest));
    };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (value, rest) = match quote {
        Some(quote) => value.get(1..)?.split_once(quote)?,
        None => value.split_at_checked(value.find(|c: char| {
            c.is_ascii_whitespace() || matches!(c, '>' | '"' | '\'' | '<' | '=' | '`')
        })?)?,
    };
    Some(((name, decode(value)), rest))
}

/// Takes an HTML text apart. What looks like a tag and is none is text.
pub(super) fn tokens(mut text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    while !text.is_empty() {
        let next = text
            .char_indices()
            .find(|(at, c)| *c == '<' && *at > 0)
            .map_or(text.len(), |(at, _)| at);
        if let Some((comment, rest)) = split_comment(text) {
            out.push(Token::Comment(comment));
            text = rest;
        } else if let Some((tag, rest)) = Tag::split(text) {
            out.push(Token::Tag(tag));
            text = rest;
        } else {
            let (part, rest) = text.split_at_checked(next).unwrap_or((text, ""));
            out.push(Token::Text(part));
            text = rest;
        }
    }
    out
}

/// The comment that a text starts with and the text after it.
pub(super) fn split_comment(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix("<!--")?;
    if let Some(rest) = body.strip_prefix('>').or_else(|| body.strip_prefix("->")) {
        return Some(("", rest));
    }
    body.split_once("-->")
}

/// Replaces character references.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(32).position(|byte| byte == b';');
        let name = end.and_then(|end| after.get(..end));
        if let Some((name, c)) = name.and_then(|name| character(name).map(|c| (name, c))) {
            out.push_str(&c);
            rest = after.get(name.len() + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<String> {
    let known = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "#10" => "\n",
        _ => {
            // Markdown knows the same names.
            let reference = format!("&{name};");
            let mut events = pulldown_cmark::Parser::new(&reference).skip(1);
            let text = match events.next() {
                Some(pulldown_cmark::Event::Text(text)) => text.into_string(),
                _ => return None,
            };
            let whole = matches!(events.next(), Some(pulldown_cmark::Event::End(_)));
            return (whole && text != reference).then_some(text);
        }
    };
    Some(known.to_owned())
}

/// A text as HTML holds it, in an attribute or outside.
pub(super) fn encode(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\n', "&#10;")
}
