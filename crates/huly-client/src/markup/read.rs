//! Markdown to tree. What the official reader drops stays here as text: unknown HTML, unused link definitions, surplus cells.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag as Md, TagEnd};

use super::html::{self, Tag};
use super::inline::{Piece, resolve};
use super::node::{Mark, MarkKind, Node, NodeKind};
use super::plain::{self, MAX_LEVELS};
use super::read_text::{Image, Span};
use super::table;

/// Pieces of HTML that are read as Markdown again, one inside the other.
const MAX_NESTED_READS: usize = 3;

/// Reads Markdown. No visible word is lost: HTML that has no meaning here stays as text, comments become `comment` nodes.
///
/// ```
/// use huly_client::markup;
/// let tree = markup::from_markdown("`Vec<u8>` and Vec<String> <!-- hvs:1 -->");
/// assert_eq!(tree.text_content(), "Vec<u8> and Vec<String>  hvs:1 ");
/// ```
pub fn from_markdown(md: &str) -> Node {
    plain::plain(&Node::new(NodeKind::Doc, read(md, MAX_NESTED_READS)))
}

fn read(md: &str, nested: usize) -> Vec<Node> {
    // An empty box at the very end is only read as a box if its line ends.
    let source = format!("{}\n", plain::lines(md));
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(&source, options);
    let definitions: Vec<(String, Range<usize>)> = parser
        .reference_definitions()
        .iter()
        .map(|(label, def)| (fold(label), def.span.clone()))
        .collect();
    let events: Vec<(Event<'_>, Range<usize>)> = parser.into_offset_iter().collect();
    let mut reader = Reader::new(&source, nested);
    if !definitions.is_empty() {
        let used: BTreeSet<String> = events
            .iter()
            .filter_map(|(event, _)| used_label(event))
            .collect();
        reader.used = definitions
            .into_iter()
            .filter(|(label, _)| used.contains(label))
            .map(|(_, span)| span)
            .collect();
        reader.used.sort_by_key(|span| span.start);
    }
    for (event, range) in events {
        reader.event(event, range);
    }
    reader.finish()
}

fn fold(label: &str) -> String {
    label.to_lowercase()
}

fn used_label(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Start(Md::Link { id, .. } | Md::Image { id, .. }) if !id.is_empty() => {
            Some(fold(id))
        }
        _ => None,
    }
}

/// A node that is being read.
pub(super) struct Frame {
    pub(super) node: Node,
    pub(super) inline: Vec<Piece>,
}

pub(super) struct Reader<'a> {
    source: &'a str,
    nested: usize,
    pub(super) frames: Vec<Frame>,
    /// Blocks that are open in the source and have no frame, as they are too deep.
    ghosts: usize,
    pub(super) marks: Vec<Mark>,
    pub(super) spans: Vec<Span>,
    pub(super) image: Option<Image>,
    /// Text of the HTML or code block that is open.
    pub(super) raw: Option<String>,
    /// Where the source has been read to.
    cursor: usize,
    /// Link definitions that a link uses: they need not be seen.
    used: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, nested: usize) -> Self {
        let root = Frame {
            node: Node::default(),
            inline: Vec::new(),
        };
        Self {
            source,
            nested,
            frames: vec![root],
            ghosts: 0,
            marks: Vec::new(),
            spans: Vec::new(),
            image: None,
            raw: None,
            cursor: 0,
            used: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(end) => self.end(end, range),
            Event::Text(text) => self.text(&text, range.end),
            Event::Code(text) => {
                self.reach(range.end);
                self.code(&text);
            }
            Event::Html(text) | Event::InlineHtml(text) => self.html(&text, range.end),
            Event::SoftBreak => self.text("\n", range.end),
            Event::HardBreak => {
                self.reach(range.end);
                match &mut self.image {
                    Some(image) => image.alt.push(' '),
                    None => self.push(Node::new(NodeKind::HardBreak, Vec::new())),
                }
            }
            Event::Rule => {
                self.gap(range.start);
                self.reach(range.end);
                self.block(Node::new(NodeKind::HorizontalRule, Vec::new()));
            }
            Event::TaskListMarker(checked) => self.checkbox(checked, range),
            // These are not switched on; their text would be all there is to them.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text, range.end)
            }
        }
    }

    fn start(&mut self, tag: Md<'_>, range: Range<usize>) {
        use NodeKind as K;
        match tag {
            Md::Paragraph => self.open(K::Paragraph, &range),
            Md::Heading { level, .. } => {
                let marker = self.heading_marker(level, &range);
                self.open(K::Heading, &range);
                self.set("level", level as u64);
                self.set("marker", marker);
            }
            Md::BlockQuote(_) => self.open(K::Blockquote, &range),
            Md::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.open(K::CodeBlock, &range);
                self.set("language", info);
                self.raw = Some(String::new());
            }
            Md::HtmlBlock => {
                self.gap(range.start);
                self.raw = Some(String::new());
            }
            Md::List(start) => {
                self.open(
                    if start.is_some() {
                        K::OrderedList
                    } else {
                        K::BulletList
                    },
                    &range,
                );
                if let Some(start) = start {
                    self.set("order", start);
                }
            }
            Md::Item => {
                let bullet = self
                    .source_of(&range)
                    .chars()
                    .find(|c| matches!(c, '-' | '*' | '+'));
                if let (Some(bullet), Some(list)) =
                    (bullet, self.frames.last_mut().filter(|_| self.ghosts == 0))
                    && list.node.kind == K::BulletList
                    && list.node.content.is_empty()
                {
                    list.node
                        .attrs
                        .insert("bullet".to_owned(), bullet.to_string().into());
                }
                self.open(K::ListItem, &range);
            }
            Md::Table(_) => self.open(K::Table, &range),
            Md::TableHead | Md::TableRow => self.open(K::TableRow, &range),
            Md::TableCell => {
                let heads = self
                    .frames
                    .iter()
                    .rev()
                    .nth(1)
                    .is_some_and(|table| table.node.content.is_empty());
                self.open(if heads { K::TableHeader } else { K::TableCell }, &range);
            }
            Md::Emphasis => {
                self.mark(Mark::new(MarkKind::Italic).with("marker", self.source_start(&range, 1)))
            }
            Md::Strong => {
                self.mark(Mark::new(MarkKind::Bold).with("marker", self.source_start(&range, 2)))
            }
            Md::Strikethrough if self.source_start(&range, 2) == "~~" => {
                self.mark(Mark::new(MarkKind::Strike))
            }
            Md::Strikethrough => {
                self.text("~", range.start);
                self.spans.push(Span::Tilde);
            }
            Md::Link {
                link_type,
                dest_url,
                title,
                ..
            } => self.link(link_type, &dest_url, &title),
            Md::Image {
                dest_url, title, ..
            } => self.open_image(&dest_url, &title),
            // These are not switched on.
            Md::FootnoteDefinition(_)
            | Md::DefinitionList
            | Md::DefinitionListTitle
            | Md::DefinitionListDefinition
            | Md::Superscript
            | Md::Subscript
            | Md::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, end: TagEnd, range: Range<usize>) {
        match end {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell => self.close(range.end),
            TagEnd::CodeBlock => {
                let mut text = self.raw.take().unwrap_or_default();
                if text.ends_with('\n') {
                    text.pop();
                }
                self.push_raw(&text);
                self.close(range.end);
            }
            TagEnd::HtmlBlock => {
                let text = self.raw.take().unwrap_or_default();
                self.reach(range.end);
                self.html_block(&text);
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                self.surplus_cells(range.end);
                self.close(range.end);
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::Table => {
                self.gap(range.end);
                self.close(range.end);
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link => {
                self.reach(range.end);
                self.end_span();
            }
            TagEnd::Image => {
                self.reach(range.end);
                self.end_image();
            }
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn finish(mut self) -> Vec<Node> {
        self.gap(self.source.len());
        while self.frames.len() > 1 {
            self.close(self.source.len());
        }
        self.flush();
        self.frames
            .pop()
            .map(|root| fold_unknown(root.node.content))
            .unwrap_or_default()
    }

    // --- blocks

    fn open(&mut self, kind: NodeKind, range: &Range<usize>) {
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

    fn set(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        if let Some(frame) = self.frames.last_mut().filter(|_| self.ghosts == 0) {
            frame.node.attrs.insert(name.to_owned(), value.into());
        }
    }

    fn close(&mut self, end: usize) {
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
    fn flush(&mut self) {
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
    fn block(&mut self, node: Node) {
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
    fn gap(&mut self, end: usize) {
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
    fn surplus_cells(&mut self, end: usize) {
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

    fn heading_marker(&self, level: HeadingLevel, range: &Range<usize>) -> String {
        match (self.source_of(range).trim_start().starts_with('#'), level) {
            (false, HeadingLevel::H1) => "=".to_owned(),
            (false, HeadingLevel::H2) => "-".to_owned(),
            _ => "#".repeat(level as usize),
        }
    }

    fn checkbox(&mut self, checked: bool, range: Range<usize>) {
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
        match item.and_then(|item| self.frames.get_mut(item)) {
            Some(item) => {
                self.cursor = self.cursor.max(range.end);
                item.node.kind = NodeKind::TodoItem;
                item.node.attrs.insert("checked".to_owned(), checked.into());
            }
            // A numbered list has no todos in Huly: the box stays text.
            None => {
                let text = self.source_of(&range).to_owned();
                self.text(&text, range.end);
                self.text(" ", range.end);
            }
        }
    }

    fn html_block(&mut self, raw: &str) {
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
            && let Some(nodes) = table::read_html(rest)
        {
            return nodes.into_iter().for_each(|node| self.block(node));
        }
        if let Some(tag) = Tag::whole(rest)
            && tag.name == "div"
            && (tag.closing || tag.unknown_node().is_some())
        {
            return self.block(Node::of_text(rest));
        }
        let is_inline = Tag::split(rest)
            .is_some_and(|(tag, _)| tag.closing || tag.role() != super::html::Role::Unknown);
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

    fn source_of(&self, range: &Range<usize>) -> &'a str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    fn source_start(&self, range: &Range<usize>, len: usize) -> &'a str {
        self.source
            .get(range.start..range.start + len)
            .unwrap_or_default()
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
    let Some(text) = comment.map(|comment| comment.text_content()) else {
        return;
    };
    let mut ids = Vec::new();
    for part in text.trim_ascii().split(',') {
        match part.split_once('=') {
            Some((name @ ("todoid" | "userid"), id)) if plain::is_todo_id(id) && !id.is_empty() => {
                ids.push((name.to_owned(), id.to_owned()))
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
fn fold_unknown(blocks: Vec<Node>) -> Vec<Node> {
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
