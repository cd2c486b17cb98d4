//! Reading the inline part of Markdown: text, marks, links, images, HTML inside text.

use pulldown_cmark::{CowStr, LinkType};

use super::html::{self, Tag};
use super::inline::Piece;
use super::link;
use super::node::{Mark, MarkKind, Node, NodeKind};
use super::read::Reader;

/// An inline element that is being read.
pub(super) enum Span {
    Mark {
        pushed: bool,
    },
    /// A single `~`, which is text.
    Tilde,
    Link {
        href: String,
        start: usize,
        pushed: bool,
    },
}

/// An image that is being read; images inside it are part of its text.
pub(super) struct Image {
    target: String,
    title: String,
    pub(super) alt: String,
    depth: usize,
}

impl Reader<'_> {
    pub(super) fn push(&mut self, mut node: Node) {
        if node.kind != NodeKind::HardBreak && node.kind != NodeKind::Comment {
            node.marks.splice(0..0, self.marks.iter().cloned());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.inline.push(Piece::Node(node));
        }
    }

    pub(super) fn push_raw(&mut self, text: &str) {
        if !text.is_empty() {
            self.push(Node::of_text(text));
        }
    }

    pub(super) fn text(&mut self, text: &str, end: usize) {
        self.reach(end);
        if let Some(raw) = &mut self.raw {
            raw.push_str(text);
        } else if let Some(image) = &mut self.image {
            image.alt.push_str(text);
        } else {
            self.push_raw(text);
        }
    }

    pub(super) fn code(&mut self, text: &str) {
        match &mut self.image {
            Some(image) => image.alt.push_str(text),
            None => self.push(Node {
                marks: vec![Mark::new(MarkKind::Code)],
                ..Node::of_text(text)
            }),
        }
    }

    pub(super) fn html(&mut self, text: &str, end: usize) {
        if self.raw.is_some() || self.image.is_some() {
            return self.text(text, end);
        }
        self.reach(end);
        if let Some((comment, "")) = html::split_comment(text) {
            let content = if comment.is_empty() {
                Vec::new()
            } else {
                vec![Node::of_text(comment)]
            };
            return self.push(Node::new(NodeKind::Comment, content));
        }
        match (Tag::whole(text), self.frames.last_mut()) {
            (Some(tag), Some(frame)) => {
                frame.inline.push(Piece::Tag {
                    raw: text.to_owned(),
                    tag,
                    marks: self.marks.clone(),
                });
            }
            _ => self.push_raw(text),
        }
    }

    /// Opens a mark; one of a kind inside another says nothing.
    pub(super) fn mark(&mut self, mark: Mark) {
        let pushed = self.push_mark(mark);
        self.spans.push(Span::Mark { pushed });
    }

    pub(super) fn push_mark(&mut self, mark: Mark) -> bool {
        let pushed = !self.marks.iter().any(|open| open.kind == mark.kind);
        if pushed {
            self.marks.push(mark);
        }
        pushed
    }

    pub(super) fn link(&mut self, kind: LinkType, target: &CowStr<'_>, title: &CowStr<'_>) {
        let href = if kind == LinkType::Email {
            format!("mailto:{target}")
        } else {
            link::encode_blanks(target)
        };
        let pushed = self.push_mark(link::mark(&href, title));
        let start = self.frames.last().map_or(0, |frame| frame.inline.len());
        self.spans.push(Span::Link {
            href,
            start,
            pushed,
        });
    }

    pub(super) fn end_span(&mut self) {
        match self.spans.pop() {
            Some(Span::Mark { pushed: true }) => {
                self.marks.pop();
            }
            Some(Span::Tilde) => self.push_raw("~"),
            Some(Span::Link {
                href,
                start,
                pushed,
            }) => self.end_link(&href, start, pushed),
            Some(Span::Mark { pushed: false }) | None => {}
        }
    }

    pub(super) fn end_link(&mut self, href: &str, start: usize, pushed: bool) {
        let words = self
            .frames
            .last()
            .and_then(|frame| words(frame.inline.get(start..)?));
        let node = words
            .as_deref()
            .and_then(|words| link::node_of(href, words));
        if words.as_deref() == Some("") && node.is_none() {
            self.push_raw(href);
        }
        if pushed {
            self.marks.pop();
        }
        if let Some(node) = node {
            if let Some(frame) = self.frames.last_mut() {
                frame.inline.truncate(start);
            }
            self.push(node);
        }
    }

    pub(super) fn open_image(&mut self, target: &CowStr<'_>, title: &CowStr<'_>) {
        match &mut self.image {
            Some(image) => image.depth += 1,
            None => {
                self.image = Some(Image {
                    target: target.to_string(),
                    title: title.to_string(),
                    alt: String::new(),
                    depth: 0,
                });
            }
        }
    }

    pub(super) fn end_image(&mut self) {
        match &mut self.image {
            Some(image) if image.depth > 0 => image.depth -= 1,
            _ => {
                if let Some(image) = self.image.take() {
                    let node = link::image_of(&link::encode_blanks(&image.target));
                    self.push(node.with("alt", image.alt).with("title", image.title));
                }
            }
        }
    }
}

/// The words of some pieces, if they are words only.
fn words(pieces: &[Piece]) -> Option<String> {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Node(node) if node.kind == NodeKind::Text => node.text.as_deref(),
            Piece::Node(_) | Piece::Tag { .. } => None,
        })
        .collect()
}
