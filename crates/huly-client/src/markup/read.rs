//! Markdown to tree. What the official reader drops stays here as text: unknown HTML, unused link definitions, surplus cells.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag as Md, TagEnd};

use super::inline::Piece;
use super::node::{Mark, MarkKind, Node, NodeKind};
use super::plain;
use super::plain_text;
use super::read_block::fold_unknown;
use super::read_text::{Image, Span};

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

pub(super) fn read(md: &str, nested: usize) -> Vec<Node> {
    // An empty box at the very end is only read as a box if its line ends.
    let source = format!("{}\n", plain_text::lines(md));
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
    pub(super) source: &'a str,
    pub(super) nested: usize,
    pub(super) frames: Vec<Frame>,
    /// Blocks that are open in the source and have no frame, as they are too deep.
    pub(super) ghosts: usize,
    pub(super) marks: Vec<Mark>,
    pub(super) spans: Vec<Span>,
    pub(super) image: Option<Image>,
    /// Text of the HTML or code block that is open.
    pub(super) raw: Option<String>,
    /// Where the source has been read to.
    pub(super) cursor: usize,
    /// Link definitions that a link uses: they need not be seen.
    pub(super) used: Vec<Range<usize>>,
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
                self.text(&text, range.end);
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
            Md::Item => self.item(&range),
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
            tag => self.start_inline(tag, &range),
        }
    }

    fn item(&mut self, range: &Range<usize>) {
        let bullet = self
            .source_of(range)
            .chars()
            .find(|c| matches!(c, '-' | '*' | '+'));
        if let (Some(bullet), Some(list)) =
            (bullet, self.frames.last_mut().filter(|_| self.ghosts == 0))
            && list.node.kind == NodeKind::BulletList
            && list.node.content.is_empty()
        {
            list.node
                .attrs
                .insert("bullet".to_owned(), bullet.to_string().into());
        }
        self.open(NodeKind::ListItem, range);
    }

    fn start_inline(&mut self, tag: Md<'_>, range: &Range<usize>) {
        match tag {
            Md::Emphasis => {
                self.mark(Mark::new(MarkKind::Italic).with("marker", self.source_start(range, 1)));
            }
            Md::Strong => {
                self.mark(Mark::new(MarkKind::Bold).with("marker", self.source_start(range, 2)));
            }
            Md::Strikethrough if self.source_start(range, 2) == "~~" => {
                self.mark(Mark::new(MarkKind::Strike));
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
            // Blocks, which have been handled, and extensions that are not switched on.
            Md::Paragraph
            | Md::Heading { .. }
            | Md::BlockQuote(_)
            | Md::CodeBlock(_)
            | Md::HtmlBlock
            | Md::List(_)
            | Md::Item
            | Md::Table(_)
            | Md::TableHead
            | Md::TableRow
            | Md::TableCell
            | Md::FootnoteDefinition(_)
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

    pub(super) fn source_of(&self, range: &Range<usize>) -> &'a str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn source_start(&self, range: &Range<usize>, len: usize) -> &'a str {
        self.source
            .get(range.start..range.start + len)
            .unwrap_or_default()
    }
}
