//! Writing tables: a pipe table where it can say all, else HTML as the official writer has it.

use serde_json::Value;

use super::escape::Care;
use super::html::encode;
use super::node::{Node, NodeKind};
use super::span::{self, Style};
use super::write::barest;

/// Writes a plain table.
pub(super) fn write(node: &Node) -> String {
    let simple = if is_simple(node) {
        barest(node, Care::Bare, pipes)
    } else {
        None
    };
    simple.unwrap_or_else(|| html_block(node))
}

/// A head, then rows of single cells with one paragraph each.
fn is_simple(table: &Node) -> bool {
    let is_plain = |cell: &Node, kind: &NodeKind| {
        let spans = cell.attrs.values().any(|span| span != &Value::from(1));
        cell.kind == *kind
            && !spans
            && matches!(cell.content.as_slice(), [only] if only.kind == NodeKind::Paragraph)
    };
    table.content.iter().enumerate().all(|(at, row)| {
        let kind = if at == 0 {
            NodeKind::TableHeader
        } else {
            NodeKind::TableCell
        };
        row.content.iter().all(|cell| is_plain(cell, &kind))
    })
}

fn pipes(table: &Node, care: Care) -> String {
    let mut lines = Vec::with_capacity(table.content.len() + 1);
    for (at, row) in table.content.iter().enumerate() {
        let cells: Vec<String> = row
            .content
            .iter()
            .map(|cell| {
                cell.content
                    .iter()
                    .map(|p| {
                        span::inline(
                            &p.content,
                            Style {
                                care,
                                one_line: true,
                            },
                        )
                    })
                    .collect::<String>()
            })
            .map(|cell| cell.replace('|', "\\|"))
            .collect();
        lines.push(format!("| {} |", cells.join(" | ")));
        if at == 0 {
            lines.push(format!("|{}", " --- |".repeat(cells.len())));
        }
    }
    lines.join("\n")
}

/// A block as HTML on one line.
fn html_block(node: &Node) -> String {
    use NodeKind as K;
    let inner = || node.content.iter().map(html_block).collect::<String>();
    let text = || {
        span::inline(
            &node.content,
            Style {
                care: Care::Html,
                one_line: true,
            },
        )
    };
    let attr = |html: &str, name: &str| {
        node.attr(name)
            .map(|value| format!(" {html}=\"{}\"", encode(value)))
            .unwrap_or_default()
    };
    match &node.kind {
        K::Table => format!("<table><tbody>{}</tbody></table>", inner()),
        K::TableRow => format!("<tr>{}</tr>", inner()),
        K::TableHeader => format!("<th{}>{}</th>", spans(node), inner()),
        K::TableCell => format!("<td{}>{}</td>", spans(node), inner()),
        K::Paragraph => format!("<p>{}</p>", text()),
        K::Heading => {
            let level = node.attrs.get("level").and_then(Value::as_u64).unwrap_or(1);
            format!("<h{level}>{}</h{level}>", text())
        }
        K::BulletList => format!("<ul{}>{}</ul>", attr("data-bullet", "bullet"), inner()),
        K::TodoList => format!(
            "<ul data-type=\"todo\"{}>{}</ul>",
            attr("data-bullet", "bullet"),
            inner()
        ),
        K::OrderedList => match node.attrs.get("order").and_then(Value::as_u64) {
            Some(start) => format!("<ol start=\"{start}\">{}</ol>", inner()),
            None => format!("<ol>{}</ol>", inner()),
        },
        K::TodoItem => {
            let checked = node.attrs.get("checked") == Some(&true.into());
            let ids = format!(
                "{}{}",
                attr("data-todoid", "todoid"),
                attr("data-userid", "userid")
            );
            format!("<li data-checked=\"{checked}\"{ids}>{}</li>", inner())
        }
        K::ListItem => format!("<li>{}</li>", inner()),
        K::CodeBlock | K::Mermaid => {
            format!(
                "<pre{}>{}</pre>",
                attr("data-language", "language"),
                encode(&node.text_content())
            )
        }
        K::Blockquote => format!("<blockquote>{}</blockquote>", inner()),
        K::HorizontalRule => "<hr>".to_owned(),
        K::Comment => span::comment(node),
        K::Embed => format!("<p>{}</p>", span::embed(node, Care::Html)),
        K::Other(_) => format!("{}{}</div>", span::unknown_tag(node, "div"), inner()),
        // No other node is a block in a plain tree.
        _ => encode(&node.text_content()),
    }
}

fn spans(cell: &Node) -> String {
    let span = |name: &str| match cell.attrs.get(name).and_then(Value::as_u64) {
        Some(span) if span > 1 => format!(" {name}=\"{span}\""),
        _ => String::new(),
    };
    format!("{}{}", span("colspan"), span("rowspan"))
}
