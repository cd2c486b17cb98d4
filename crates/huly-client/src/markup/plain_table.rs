//! The plain form of tables: rows of cells, as many in each row where no cell spans.

use serde_json::Value;

use super::node::{Node, NodeKind};
use super::plain::{Place, blocks, number};
use super::tidy::{Lines, tidy};

/// The plain form of a table; none for one without cells.
pub(super) fn table(node: &Node, place: Place) -> Vec<Node> {
    use NodeKind as K;
    let mut rows: Vec<Node> = Vec::new();
    for row in &node.content {
        let cells = if row.kind == K::TableRow {
            row.content.as_slice()
        } else {
            std::slice::from_ref(row)
        };
        let cells: Vec<Node> = cells
            .iter()
            .map(|node| cell(node, place.in_cell(3)))
            .collect();
        if !cells.is_empty() {
            rows.push(Node::new(K::TableRow, cells));
        }
    }
    let spans = rows
        .iter()
        .flat_map(|row| &row.content)
        .any(|cell| cell.attrs.values().any(|span| span != &Value::from(1)));
    let widest = rows.iter().map(|row| row.content.len()).max().unwrap_or(0);
    for row in rows.iter_mut().filter(|_| !spans) {
        let kind = row
            .content
            .last()
            .map_or(K::TableCell, |last| last.kind.clone());
        let empty = Node::new(kind, vec![Node::new(K::Paragraph, Vec::new())])
            .with("colspan", 1)
            .with("rowspan", 1);
        row.content.resize(widest, empty);
    }
    if rows.is_empty() {
        Vec::new()
    } else {
        vec![Node::new(K::Table, rows)]
    }
}

fn cell(node: &Node, place: Place) -> Node {
    use NodeKind as K;
    let is_cell = matches!(node.kind, K::TableCell | K::TableHeader);
    let children = if is_cell {
        node.content.as_slice()
    } else {
        std::slice::from_ref(node)
    };
    let mut content = blocks(children, place);
    match content.as_mut_slice() {
        [] => content.push(Node::new(K::Paragraph, Vec::new())),
        [only] if only.kind == K::Paragraph => only.content = tidy(&only.content, Lines::One),
        _ => {}
    }
    let span = |name| {
        node.attrs
            .get(name)
            .and_then(number)
            .filter(|span| is_cell && *span > 0)
            .unwrap_or(1)
    };
    let kind = if node.kind == K::TableHeader {
        K::TableHeader
    } else {
        K::TableCell
    };
    Node::new(kind, content)
        .with("colspan", span("colspan"))
        .with("rowspan", span("rowspan"))
}
