//! Reading the blocks of Markdown: frames that open and close, and what lies between them.

use std::ops::Range;

use pulldown_cmark::HeadingLevel;

use super::html::{self, Role, Tag};
use super::inline::resolve;
use super::node::{Node, NodeKind};
use super::plain::{MAX_LEVELS, is_todo_id};
use super::read::{Frame, Reader, read};
use super::table_html;

impl Reader<'_> {
    pub(super) fn open(&mut self, kind: NodeKind, range: &Range<usize>) {
        self.gap(range.start);
        self.reach(range.start);
        if self.ghosts > 0 || self.frames.len() >= MAX_LEVELS {
            self.ghosts += 1;
            // The words of blocks that have no frame must not run together.
            self.push(Node::of_text("\n"));
            return;
        }
        self.flush();
        self.frames.push(Frame {
            node: Node::new(kind, Vec::new()),
            inline: Vec::new(),
        });
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        if let Some(frame) = self.frames.last_mut().filter(|_| self.ghosts == 0) {
            frame.node.attrs.insert(name.to_owned(), value.into());
        }
    }

    pub(super) fn close(&mut self, end: usize) {
        self.reach(end);
        if self.ghosts > 0 {
            self.ghosts -= 1;
            return;
        }
        self.flush();
        if self.frames.len() < 2 {
            return;
        }
        if let Some(mut frame) = self.frames.pop() {
            if !holds_text(&frame.node.kind) {
                frame.node.content = fold_unknown(frame.node.content);
            }
            if frame.node.kind == NodeKind::TodoItem {
                todo_ids(&mut frame.node);
            }
            if let Some(parent) = self.frames.last_mut() {
                parent.node.content.push(frame.node);
            }
        }
    }

    /// Ends the text that stands directly in a block: the paragraph of a tight list item, or the block's own content.
    pub(super) fn flush(&mut self) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if frame.inline.is_empty() {
            return;
        }
        let inline = resolve(std::mem::take(&mut frame.inline));
        if holds_text(&frame.node.kind) {
            frame.node.content.extend(inline);
        } else {
            frame
                .node
                .content
                .push(Node::new(NodeKind::Paragraph, inline));
        }
    }

    /// Adds a block that is complete.
    pub(super) fn block(&mut self, node: Node) {
        if self.ghosts > 0 && node.kind == NodeKind::HorizontalRule {
            return;
        }
        self.flush();
        if let Some(frame) = self.frames.last_mut() {
            frame.node.content.push(node);
        }
    }

    pub(super) fn reach(&mut self, end: usize) {
        self.cursor = self.cursor.max(end);
    }

    /// Looks at the source between two blocks: link definitions that no link uses are words that would be lost.
    pub(super) fn gap(&mut self, end: usize) {
        let gap = self.source.get(self.cursor..end).unwrap_or_default();
        if !gap.contains("]:") {
            return;
        }
        let mut text = String::new();
        let mut at = self.cursor;
        let first = self.used.partition_point(|span| span.end <= at);
        for span in self
            .used
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|span| span.start < end)
        {
            text.push_str(self.source.get(at..span.start).unwrap_or_default());
            at = span.end;
        }
        text.push_str(self.source.get(at..end).unwrap_or_default());
        self.reach(end);
        let lines = text
            .lines()
            .map(|line| line.trim_start_matches(['>', '-', '*', '+', ' ', '\t']));
        let text = lines
            .filter(|line| !line.trim_ascii().is_empty())
            .collect::<Vec<_>>()
            .join("\n");
        if text.contains("]:") {
            self.block(Node::new(NodeKind::Paragraph, vec![Node::of_text(text)]));
        }
    }

    /// Cells beyond the columns of the table's head are dropped by Markdown; their words stay.
    pub(super) fn surplus_cells(&mut self, end: usize) {
        let rest = self
            .source
            .get(self.cursor..end)
            .unwrap_or_default()
            .trim_ascii();
        let rest = rest.trim_start_matches('|').trim_end_matches('|');
        if rest.trim_ascii().is_empty() || self.ghosts > 0 {
            return;
        }
        let cells: Vec<Node> = rest
            .split('|')
            .map(|cell| Node::new(NodeKind::TableCell, vec![Node::of_text(cell)]))
            .collect();
        if let Some(row) = self.frames.last_mut() {
            row.node.content.extend(cells);
        }
    }

    pub(super) fn heading_marker(&self, level: HeadingLevel, range: &Range<usize>) -> String {
        match (self.source_of(range).trim_start().starts_with('#'), level) {
            (false, HeadingLevel::H1) => "=".to_owned(),
            (false, HeadingLevel::H2) => "-".to_owned(),
            _ => "#".repeat(level as usize),
        }
    }

    pub(super) fn checkbox(&mut self, checked: bool, range: Range<usize>) {
        let in_bullets = |frames: &[Frame]| {
            let item = frames
                .iter()
                .rposition(|frame| frame.node.kind == NodeKind::ListItem)?;
            let list = frames.get(item.checked_sub(1)?)?;
            (list.node.kind == NodeKind::BulletList).then_some(item)
        };
        let item = if self.ghosts == 0 {
            in_bullets(&self.frames)
        } else {
            None
        };
        if let Some(item) = item.and_then(|item| self.frames.get_mut(item)) {
            self.cursor = self.cursor.max(range.end);
            item.node.kind = NodeKind::TodoItem;
            item.node.attrs.insert("checked".to_owned(), checked.into());
        } else {
            // A numbered list has no todos in Huly: the box stays text.
            let text = self.source_of(&range).to_owned();
            self.text(&text, range.end);
            self.text(" ", range.end);
        }
    }

    pub(super) fn html_block(&mut self, raw: &str) {
        if self.ghosts > 0 {
            return self.push(Node::of_text(raw));
        }
        let text = raw.trim_ascii();
        let mut rest = text;
        while let Some((comment, after)) = html::split_comment(rest) {
            let content = if comment.is_empty() {
                Vec::new()
            } else {
                vec![Node::of_text(comment)]
            };
            self.block(Node::new(NodeKind::Comment, content));
            rest = after.trim_ascii();
        }
        if rest.is_empty() {
            return;
        }
        if rest
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("<table"))
            && let Some(nodes) = table_html::read_html(rest)
        {
            return nodes.into_iter().for_each(|node| self.block(node));
        }
        if let Some(tag) = Tag::whole(rest)
            && tag.name == "div"
            && (tag.closing || tag.unknown_node().is_some())
        {
            return self.block(Node::of_text(rest));
        }
        let is_inline =
            Tag::split(rest).is_some_and(|(tag, _)| tag.closing || tag.role() != Role::Unknown);
        if self.nested > 0 && (is_inline || rest.len() < text.len()) {
            // Text after a comment, or a tag that has a meaning inside text: Markdown, but not at the start of a line.
            for node in read(&format!("&#32;{rest}"), self.nested - 1) {
                self.block(node);
            }
            return;
        }
        for part in rest
            .split("\n\n")
            .filter(|part| !part.trim_ascii().is_empty())
        {
            self.block(Node::new(NodeKind::Paragraph, vec![Node::of_text(part)]));
        }
    }
}

/// Whether text stands directly in such a block.
fn holds_text(kind: &NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Paragraph | NodeKind::Heading | NodeKind::CodeBlock
    )
}

/// `<!-- todoid=..,userid=.. -->` at the start of a todo names it.
fn todo_ids(item: &mut Node) {
    let Some(paragraph) = item.content.first_mut() else {
        return;
    };
    let at = if paragraph.kind == NodeKind::Comment {
        None
    } else {
        Some(0)
    };
    let comment = at
        .map_or(Some(&*paragraph), |at| paragraph.content.get(at))
        .filter(|node| node.kind == NodeKind::Comment);
    let Some(text) = comment.map(Node::text_content) else {
        return;
    };
    let mut ids = Vec::new();
    for part in text.trim_ascii().split(',') {
        match part.split_once('=') {
            Some((name @ ("todoid" | "userid"), id)) if is_todo_id(id) && !id.is_empty() => {
                ids.push((name.to_owned(), id.to_owned()));
            }
            _ => return,
        }
    }
    item.attrs
        .extend(ids.into_iter().map(|(name, id)| (name, id.into())));
    match at {
        Some(at) => drop(paragraph.content.remove(at)),
        None => drop(item.content.remove(0)),
    }
}

/// `<div data-node=..>` and `</div>` as blocks of their own hold the content of a node of that name; without a partner they are text.
/// While blocks are read such a tag is a text node between blocks.
pub(super) fn fold_unknown(blocks: Vec<Node>) -> Vec<Node> {
    const MAX_OPEN: usize = 6;
    if !blocks.iter().any(|block| block.kind == NodeKind::Text) {
        return blocks;
    }
    let mut open: Vec<(Node, Node, Vec<Node>)> = Vec::new();
    let mut done: Vec<Node> = Vec::new();
    let text = |tag: Node| Node::new(NodeKind::Paragraph, vec![tag]);
    for block in blocks {
        let tag = block
            .text
            .as_deref()
            .filter(|_| block.kind == NodeKind::Text)
            .and_then(Tag::whole);
        match tag {
            Some(tag) if tag.closing => match open.pop() {
                Some((mut node, _, before)) => {
                    node.content = std::mem::replace(&mut done, before);
                    done.push(node);
                }
                None => done.push(text(block)),
            },
            Some(tag) => match tag.unknown_node().filter(|_| open.len() < MAX_OPEN) {
                Some(node) => open.push((node, block, std::mem::take(&mut done))),
                None => done.push(text(block)),
            },
            None => done.push(block),
        }
    }
    while let Some((_, tag, mut before)) = open.pop() {
        before.push(text(tag));
        before.append(&mut done);
        done = before;
    }
    done
}
