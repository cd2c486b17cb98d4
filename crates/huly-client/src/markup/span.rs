//! Writing inline content: nested marks over a flat run of nodes.

use super::escape::{self, Care};
use super::html::encode;
use super::link;
use super::node::{Mark, MarkKind, Node, NodeKind};

/// How inline content is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// How surely.
    pub(super) care: Care,
    /// Whether it must stay on one line: headings and cells.
    pub(super) one_line: bool,
}

/// How far a mark is looked for when marks that open together are nested. A longer one is as good as this.
const HORIZON: usize = 64;

/// Writes plain inline content.
pub(super) fn inline(nodes: &[Node], style: Style) -> String {
    let marks = standing_marks(nodes);
    let mut out = String::new();
    let mut open: Vec<(&Mark, String)> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let want = marks.get(at).map(Vec::as_slice).unwrap_or_default();
        let keep = open
            .iter()
            .take_while(|(mark, _)| want.contains(mark))
            .count();
        close(&mut out, &mut open, keep);
        let mut fresh: Vec<&Mark> = want
            .iter()
            .copied()
            .filter(|mark| !open.iter().any(|(other, _)| other == mark))
            .collect();
        fresh.sort_by_key(|mark| {
            std::cmp::Reverse(extent(mark, marks.get(at..).unwrap_or_default()))
        });
        if let Some(short) = autolink(node, &fresh, marks.get(at + 1), style.care) {
            fresh.pop();
            for mark in fresh {
                begin(&mut out, &mut open, mark, style.care);
            }
            out.push_str(&short);
            continue;
        }
        for mark in fresh {
            begin(&mut out, &mut open, mark, style.care);
        }
        leaf(&mut out, node, style);
    }
    close(&mut out, &mut open, 0);
    out
}

fn begin<'a>(out: &mut String, open: &mut Vec<(&'a Mark, String)>, mark: &'a Mark, care: Care) {
    let (start, end) = mark_tags(mark, care);
    out.push_str(&start);
    open.push((mark, end));
}

fn close(out: &mut String, open: &mut Vec<(&Mark, String)>, keep: usize) {
    for (_, end) in open.drain(keep..).rev() {
        out.push_str(&end);
    }
}

/// The marks that stand around each node. Code is part of the node; a line break or comment has those of both its neighbours.
fn standing_marks(nodes: &[Node]) -> Vec<Vec<&Mark>> {
    let is_clear = |node: &Node| matches!(node.kind, NodeKind::HardBreak | NodeKind::Comment);
    let mut marks: Vec<Vec<&Mark>> = nodes
        .iter()
        .map(|node| {
            node.marks
                .iter()
                .filter(|mark| mark.kind != MarkKind::Code)
                .collect()
        })
        .collect();
    let mut after: Vec<&Mark> = Vec::new();
    let mut next: Vec<Vec<&Mark>> = Vec::with_capacity(nodes.len());
    for (node, own) in nodes.iter().zip(&marks).rev() {
        if !is_clear(node) {
            after.clone_from(own);
        }
        next.push(after.clone());
    }
    let mut before: Vec<&Mark> = Vec::new();
    for ((node, own), mut next) in nodes.iter().zip(&mut marks).zip(next.into_iter().rev()) {
        if is_clear(node) {
            next.retain(|mark| before.contains(mark));
            *own = next;
        } else {
            before.clone_from(own);
        }
    }
    marks
}

fn extent(mark: &Mark, marks: &[Vec<&Mark>]) -> usize {
    marks
        .iter()
        .take(HORIZON)
        .take_while(|marks| marks.contains(&mark))
        .count()
}

/// `<https://..>` for a link that shows its own target and nothing else.
fn autolink(node: &Node, fresh: &[&Mark], next: Option<&Vec<&Mark>>, care: Care) -> Option<String> {
    let mark = fresh
        .last()
        .filter(|mark| mark.kind == MarkKind::Link && care <= Care::Careful)?;
    let href = mark
        .attr("href")
        .filter(|href| node.text.as_deref() == Some(*href) && mark.attr("title").is_none())?;
    let ends_here = next.is_none_or(|next| !next.contains(mark));
    let code = node.marks.iter().any(|mark| mark.kind == MarkKind::Code);
    let scheme = href
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .filter(|scheme| scheme.len() > 1 && scheme.len() < 33)?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
    let fits = is_scheme
        && !href.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'));
    (ends_here && fits && !code).then(|| format!("<{href}>"))
}

fn mark_tags(mark: &Mark, care: Care) -> (String, String) {
    let tags = care >= Care::Tags;
    let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
    let same = |both: &str| pair(both, both);
    let authors = |usual: &str| {
        same(
            mark.attr("marker")
                .filter(|_| care <= Care::Careful)
                .unwrap_or(usual),
        )
    };
    match &mark.kind {
        MarkKind::Bold if tags => pair("<strong>", "</strong>"),
        MarkKind::Bold => authors("**"),
        MarkKind::Italic if tags => pair("<em>", "</em>"),
        MarkKind::Italic => authors("*"),
        MarkKind::Strike if tags => pair("<del>", "</del>"),
        MarkKind::Strike => same("~~"),
        MarkKind::Code => pair("<code>", "</code>"),
        MarkKind::Underline => pair("<ins>", "</ins>"),
        MarkKind::Subscript => pair("<sub data-mark=\"subscript\">", "</sub>"),
        MarkKind::Link => link_tags(mark, care),
        MarkKind::TextColor | MarkKind::TextStyle | MarkKind::Highlight | MarkKind::Other(_) => {
            span_tags(mark)
        }
    }
}

fn link_tags(mark: &Mark, care: Care) -> (String, String) {
    let (href, title) = (
        mark.attr("href").unwrap_or_default(),
        mark.attr("title").unwrap_or_default(),
    );
    if care < Care::Html {
        return (
            "[".to_owned(),
            format!("]({})", escape::target(href, title)),
        );
    }
    let title = if title.is_empty() {
        String::new()
    } else {
        format!(" title=\"{}\"", encode(title))
    };
    (
        format!("<a href=\"{}\"{title}>", encode(href)),
        "</a>".to_owned(),
    )
}

/// Marks with attributes: the official form where it says all of them, else a form that holds any.
fn span_tags(mark: &Mark) -> (String, String) {
    let only = |name: &str| {
        mark.attr(name)
            .filter(|_| mark.attrs.len() == 1)
            .map(encode)
    };
    let span = |start: String| (start, "</span>".to_owned());
    match &mark.kind {
        MarkKind::TextColor if only("color").is_some() => {
            let color = only("color").unwrap_or_default();
            span(format!(
                "<span style=\"color: {color}\" data-color=\"{color}\">"
            ))
        }
        MarkKind::TextStyle if only("fontSize").is_some() => span(format!(
            "<span style=\"font-size: {}\">",
            only("fontSize").unwrap_or_default()
        )),
        MarkKind::Highlight if mark.attrs.is_empty() => ("<mark>".to_owned(), "</mark>".to_owned()),
        MarkKind::Highlight if only("color").is_some() => {
            let color = only("color").unwrap_or_default();
            (
                format!("<mark data-color=\"{color}\" style=\"background-color: {color}\">"),
                "</mark>".to_owned(),
            )
        }
        kind => {
            let attrs = if mark.attrs.is_empty() {
                String::new()
            } else {
                format!(" data-attrs=\"{}\"", encode(&link::attrs_text(&mark.attrs)))
            };
            span(format!(
                "<span data-mark=\"{}\"{attrs}>",
                encode(kind.as_str())
            ))
        }
    }
}

fn leaf(out: &mut String, node: &Node, style: Style) {
    let care = style.care;
    match &node.kind {
        NodeKind::HardBreak => out.push_str(if style.one_line || care >= Care::Full {
            "<br>"
        } else {
            "\\\n"
        }),
        NodeKind::Comment => out.push_str(&comment(node)),
        NodeKind::Image => image(out, node, care),
        NodeKind::Reference => linked(
            out,
            node.attr("label").unwrap_or_default(),
            &link::of_reference(node),
            care,
        ),
        NodeKind::File => linked(out, link::file_name(node), &link::of_file(node), care),
        NodeKind::Embed => out.push_str(&embed(node, care)),
        NodeKind::SubLink => {
            out.push_str("<sub>");
            out.push_str(&inline(&node.content, style));
            out.push_str("</sub>");
        }
        NodeKind::Other(_) | NodeKind::Emoji => {
            let piece = format!(
                "{}{}</span>",
                unknown_tag(node, "span"),
                inline(&node.content, style)
            );
            out.push_str(&piece);
        }
        _ => text(out, node, care),
    }
}

fn text(out: &mut String, node: &Node, care: Care) {
    let text = node.text.as_deref().unwrap_or_default();
    if !node.marks.iter().any(|mark| mark.kind == MarkKind::Code) {
        escape::push_text(out, text, care);
    } else if care >= Care::Tags {
        out.push_str("<code>");
        escape::push_text(out, text, care);
        out.push_str("</code>");
    } else {
        out.push_str(&escape::code_span(text));
    }
}

/// A node that is written as a link with its words.
fn linked(out: &mut String, words: &str, target: &str, care: Care) {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if care == Care::Html {
        let piece = format!("<a href=\"{}\">{}</a>", encode(target), encode(&words));
        out.push_str(&piece);
        return;
    }
    out.push('[');
    escape::push_text(out, &words, care);
    let piece = format!("]({target})");
    out.push_str(&piece);
}

fn image(out: &mut String, node: &Node, care: Care) {
    let source = link::of_image(node);
    let (alt, title) = (
        node.attr("alt").unwrap_or_default(),
        node.attr("title").unwrap_or_default(),
    );
    let sized = node.attrs.contains_key("width") || node.attrs.contains_key("height");
    if care < Care::Html && (node.attr("file-id").is_some() || !sized) {
        out.push_str("![");
        escape::push_text(out, alt, care);
        let piece = format!("]({})", escape::target(&source, title));
        out.push_str(&piece);
        return;
    }
    out.push_str("<img");
    if node.attr("file-id").is_none() {
        for name in ["width", "height"] {
            if let Some(size) = node.attrs.get(name) {
                let piece = format!(" {name}=\"{}\"", encode(&link::plain_text(size)));
                out.push_str(&piece);
            }
        }
    }
    for (name, value) in [("src", source.as_str()), ("alt", alt), ("title", title)] {
        if !value.is_empty() {
            let piece = format!(" {name}=\"{}\"", encode(value));
            out.push_str(&piece);
        }
    }
    out.push('>');
}

/// An embedded page, as the official writer has it.
pub(super) fn embed(node: &Node, care: Care) -> String {
    let src = node.attr("src").unwrap_or_default();
    let mut words = String::from(" ");
    escape::push_text(&mut words, src, care);
    format!(
        "<a href=\"{}\" data-type=\"embed\">{}</a>",
        encode(src),
        words.trim_ascii_start()
    )
}

/// A comment.
pub(super) fn comment(node: &Node) -> String {
    format!("<!--{}-->", node.text_content())
}

/// The tag that stands for a node this crate does not know.
pub(super) fn unknown_tag(node: &Node, tag: &str) -> String {
    let attrs = if node.attrs.is_empty() {
        String::new()
    } else {
        format!(" data-attrs=\"{}\"", encode(&link::attrs_text(&node.attrs)))
    };
    format!(
        "<{tag} data-node=\"{}\"{attrs}>",
        encode(node.kind.as_str())
    )
}
