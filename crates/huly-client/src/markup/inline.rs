//! HTML inside text: tags that make a pair and have a meaning become marks and nodes, all others stay text.

use std::collections::BTreeMap;

use super::html::{Role, Tag};
use super::link;
use super::node::{Mark, Node, NodeKind};

/// A piece of inline content while it is read.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A node, with the marks that Markdown gave it.
    Node(Node),
    /// A tag: its text, and the marks around it.
    Tag {
        raw: String,
        tag: Tag,
        marks: Vec<Mark>,
    },
}

/// Marks from tags that may be open at once. More are text.
const MAX_OPEN_MARKS: usize = 12;
/// Nodes from tags that may be open at once. More are text.
const MAX_OPEN_NODES: usize = 4;

/// Resolves the tags of one paragraph.
pub(super) fn resolve(pieces: Vec<Piece>) -> Vec<Node> {
    if !pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Tag { .. }))
    {
        return pieces
            .into_iter()
            .filter_map(|piece| {
                if let Piece::Node(node) = piece {
                    Some(node)
                } else {
                    None
                }
            })
            .collect();
    }
    let partners = pairs(&pieces);
    let mut open = Open::default();
    for (at, piece) in pieces.into_iter().enumerate() {
        match piece {
            Piece::Node(node) => open.push(node),
            Piece::Tag { raw, tag, marks } => {
                open.tag(&raw, &tag, marks, at, partners.get(&at).copied());
            }
        }
    }
    open.finish()
}

/// The partner of each tag that has one; pairs do not cross.
fn pairs(pieces: &[Piece]) -> BTreeMap<usize, usize> {
    let mut partners = BTreeMap::new();
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Tag { tag, .. } = piece else {
            continue;
        };
        if !tag.closing {
            if matches!(tag.role(), Role::Mark(_) | Role::Group(_)) {
                open.push((at, &tag.name));
                *count.entry(&tag.name).or_default() += 1;
            }
            continue;
        }
        if count.get(tag.name.as_str()).is_none_or(|count| *count == 0) {
            continue;
        }
        while let Some((start, name)) = open.pop() {
            if let Some(count) = count.get_mut(name) {
                *count -= 1;
            }
            if name == tag.name {
                partners.insert(start, at);
                partners.insert(at, start);
                break;
            }
        }
    }
    partners
}

#[derive(Default)]
struct Open {
    done: Vec<Node>,
    /// Marks of tags that are open: where in a node's marks they go, the mark, the position of the closing tag.
    marks: Vec<(usize, Mark, usize)>,
    /// Nodes of tags that are open: the node, what stood before it, the position of the closing tag.
    nodes: Vec<(Node, Vec<Node>, usize)>,
}

impl Open {
    fn push(&mut self, mut node: Node) {
        for (depth, (at, mark, _)) in self.marks.iter().enumerate() {
            if node.kind != NodeKind::Comment
                && !node.marks.iter().any(|other| other.kind == mark.kind)
            {
                node.marks
                    .insert((at + depth).min(node.marks.len()), mark.clone());
            }
        }
        self.done.push(node);
    }

    fn tag(&mut self, raw: &str, tag: &Tag, marks: Vec<Mark>, at: usize, partner: Option<usize>) {
        if tag.closing {
            let is_mark = self.marks.last().is_some_and(|(_, _, end)| *end == at);
            if is_mark {
                self.marks.pop();
                return;
            }
            if self.nodes.last().is_some_and(|(_, _, end)| *end == at) {
                self.close_node();
                return;
            }
        } else {
            match (tag.role(), partner) {
                (Role::Void(node), _) => return self.push(Node { marks, ..node }),
                (Role::Mark(mark), Some(end)) if self.marks.len() < MAX_OPEN_MARKS => {
                    return self.marks.push((marks.len(), mark, end));
                }
                (Role::Group(node), Some(end)) if self.nodes.len() < MAX_OPEN_NODES => {
                    let before = std::mem::take(&mut self.done);
                    return self.nodes.push((Node { marks, ..node }, before, end));
                }
                (Role::Mark(_) | Role::Group(_) | Role::Unknown, _) => {}
            }
        }
        self.push(Node {
            marks,
            ..Node::of_text(raw)
        });
    }

    fn close_node(&mut self) {
        let Some((mut node, before, _)) = self.nodes.pop() else {
            return;
        };
        let content = std::mem::replace(&mut self.done, before);
        let words: String = content.iter().map(Node::text_content).collect();
        if node.kind == NodeKind::Reference {
            let marks = std::mem::take(&mut node.marks);
            return match link::node_of(node.attr("href").unwrap_or_default(), &words) {
                Some(node) => self.push(Node { marks, ..node }),
                None => self.push(Node {
                    marks,
                    ..Node::of_text(words)
                }),
            };
        }
        if node.kind != NodeKind::Embed {
            node.content = content;
            return self.push(node);
        }
        // An embed shows its address; other words make it a link.
        let src = node.attr("src").unwrap_or_default().to_owned();
        if words.trim() == src {
            return self.push(node);
        }
        for mut node in content {
            node.marks.insert(0, link::mark(&src, ""));
            self.push(node);
        }
    }

    fn finish(mut self) -> Vec<Node> {
        while !self.nodes.is_empty() {
            self.close_node();
        }
        self.done
    }
}
