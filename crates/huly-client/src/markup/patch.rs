//! Writing an edited text back: only what was edited is converted, everything else keeps its nodes, so that what Markdown cannot say survives.

use std::collections::{BTreeMap, VecDeque};

use super::loss::{self, Lost, inexpressible};
use super::node::{Node, NodeKind};
use super::plain::{self, Place};
use super::plain_text;
use super::read::from_markdown;
use super::tidy::{Lines, tidy};
use super::write::meaning;

/// A tree after an edit of its Markdown.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    /// The tree to write.
    pub node: Node,
    /// How many nodes are the current tree's own, as they were: top-level blocks, and inside changed blocks what did not change there.
    pub kept: usize,
    /// What the edit cost: things in changed places that Markdown cannot say. Things in places that were removed as a whole are not listed.
    pub lost: Vec<Lost>,
}

/// Brings an edited Markdown text into the tree it came from. Blocks whose Markdown did not change keep their nodes; inside changed lists, quotes,
/// tables and paragraphs the same holds for items, cells and runs of text.
///
/// ```
/// use huly_client::markup;
/// let tree = markup::parse(r#"{"type":"doc","content":[
///     {"type":"paragraph","attrs":{"textAlign":"right"},"content":[{"type":"text","text":"one"}]},
///     {"type":"paragraph","content":[{"type":"text","text":"two"}]}]}"#)?;
/// let patched = markup::patch(&tree, "one\n\nzwei");
/// assert_eq!(patched.node.content[0], tree.content[0]);
/// assert_eq!(patched.node.content[1].text_content(), "zwei");
/// assert!(patched.lost.is_empty());
/// # Ok::<(), markup::MarkupError>(())
/// ```
pub fn patch(current: &Node, new_markdown: &str) -> Patched {
    let new = from_markdown(new_markdown);
    let mut kept = 0;
    let mut lost = Vec::new();
    if current.kind != NodeKind::Doc {
        let doc = Node::new(NodeKind::Doc, vec![current.clone()]);
        return patch(&doc, new_markdown);
    }
    let units = plain::units(&current.content, Place::TOP);
    let content = Merge {
        kept: &mut kept,
        lost: &mut lost,
    }
    .children(&current.content, &units, new.content);
    Patched {
        node: Node {
            content,
            ..current.clone()
        },
        kept,
        lost,
    }
}

/// An old child in a gap.
struct Old<'a> {
    node: &'a Node,
    blank: bool,
}

/// Merges new children into old ones, and keeps account.
struct Merge<'a> {
    kept: &'a mut usize,
    lost: &'a mut Vec<Lost>,
}

impl Merge<'_> {
    /// The new children, with the old ones in place of those that mean the same. `units` are the plain nodes of each old child.
    fn children(&mut self, old: &[Node], units: &[Vec<Node>], new: Vec<Node>) -> Vec<Node> {
        let keys: Vec<String> = units.iter().flatten().map(key).collect();
        let new_keys: Vec<String> = new.iter().map(key).collect();
        let partner = matches(&keys, &new_keys);
        let mut out = Vec::new();
        let mut fresh: VecDeque<Node> = new.into();
        let (mut unit, mut taken) = (0, 0);
        let mut gap: Vec<Old<'_>> = Vec::new();
        let mut after_kept = false;
        for (child, plain) in old.iter().zip(units) {
            let partners = partner.get(unit..unit + plain.len()).unwrap_or_default();
            unit += plain.len();
            let start = partners.first().copied().flatten().filter(|start| {
                partners
                    .iter()
                    .enumerate()
                    .all(|(at, partner)| *partner == Some(start + at))
            });
            if plain.is_empty() && after_kept {
                // Blank, or inline nodes that stand between blocks and make one paragraph with the kept one before.
                out.push(child.clone());
                continue;
            }
            after_kept = start.is_some();
            let Some(start) = start else {
                let blank = plain::units(std::slice::from_ref(child), Place::TOP)
                    .iter()
                    .all(Vec::is_empty);
                gap.push(Old {
                    node: child,
                    blank: blank && plain.is_empty(),
                });
                continue;
            };
            let news = fresh.drain(..start - taken).collect();
            self.gap(&std::mem::take(&mut gap), news, &mut out);
            fresh.drain(..plain.len());
            taken = start + plain.len();
            *self.kept += 1;
            out.push(child.clone());
        }
        self.gap(&gap, fresh.into(), &mut out);
        out
    }

    /// Old children that no new one equals, and the new ones in their place. Those of one kind, in order, are taken for edits of each other.
    fn gap(&mut self, old: &[Old<'_>], new: Vec<Node>, out: &mut Vec<Node>) {
        let alone = old.iter().filter(|old| !old.blank).count() == 1 && new.len() == 1;
        let removed = new.is_empty();
        let mut rest = old;
        for node in new {
            let Some(at) = rest
                .iter()
                .position(|old| !old.blank && is_like(old.node, &node))
            else {
                out.push(node);
                continue;
            };
            let (skipped, after) = rest.split_at_checked(at).unwrap_or_default();
            self.pass(skipped, true, out);
            if let Some((partner, after)) = after.split_first() {
                out.push(self.pair(partner.node, node, alone));
                rest = after;
            }
        }
        self.pass(rest, !removed, out);
    }

    /// Old children that nothing became of. Blank ones stay: they have no form in Markdown, so no edit can mean them.
    fn pass(&mut self, old: &[Old<'_>], edited: bool, out: &mut Vec<Node>) {
        for old in old {
            if old.blank {
                out.push(old.node.clone());
            } else if edited {
                self.lost.extend(inexpressible(old.node));
            }
        }
    }

    /// An old node and what became of it.
    fn pair(&mut self, old: &Node, mut new: Node, alone: bool) -> Node {
        let units = match &old.kind {
            NodeKind::Text | NodeKind::CodeBlock | NodeKind::Mermaid | NodeKind::Comment => {
                self.lost.extend(inexpressible(old));
                return new;
            }
            NodeKind::Paragraph | NodeKind::Heading | NodeKind::SubLink => {
                old.content.iter().map(inline_unit).collect()
            }
            NodeKind::BulletList
            | NodeKind::OrderedList
            | NodeKind::TodoList
            | NodeKind::TaskList
            | NodeKind::Table
            | NodeKind::TableRow => parts(old),
            _ => plain::units(&old.content, Place::TOP),
        };
        let unsaid = loss::unsaid_attrs(old);
        // What stands alone in its place is the same node, edited: what Markdown cannot say of it still holds.
        if alone || !is_leaf(&old.kind) {
            new.attrs.extend(unsaid);
            new.rest.clone_from(&old.rest);
        } else {
            let bare = Node {
                content: Vec::new(),
                ..old.clone()
            };
            self.lost.extend(inexpressible(&bare));
        }
        new.content = self.children(&old.content, &units, std::mem::take(&mut new.content));
        new
    }
}

/// The plain form of an inline node where it stands: blanks at its edges are its own.
fn inline_unit(child: &Node) -> Vec<Node> {
    let plain = |text: &str| Node {
        marks: plain_text::marks(&child.marks),
        ..Node::of_text(plain_text::lines(text))
    };
    match (&child.kind, child.text.as_deref()) {
        (NodeKind::Text, None | Some("")) => Vec::new(),
        (NodeKind::Text, Some(text)) => vec![plain(text)],
        (NodeKind::HardBreak, _) => vec![Node::new(NodeKind::HardBreak, Vec::new())],
        _ => tidy(std::slice::from_ref(child), Lines::Many),
    }
}

/// The plain form of each item, row or cell.
fn parts(old: &Node) -> Vec<Vec<Node>> {
    old.content
        .iter()
        .map(|child| {
            let alone = Node {
                content: vec![child.clone()],
                ..old.clone()
            };
            let whole = if old.kind == NodeKind::TableRow {
                Node::new(NodeKind::Table, vec![alone])
            } else {
                alone
            };
            let mut plain = plain::units(&[whole], Place::TOP)
                .into_iter()
                .flatten()
                .flat_map(|node| node.content)
                .collect::<Vec<_>>();
            if old.kind == NodeKind::TableRow {
                plain = plain.into_iter().flat_map(|row| row.content).collect();
            }
            plain
        })
        .collect()
}

fn is_leaf(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Paragraph | NodeKind::Heading)
}

/// Whether a new node can be what became of an old one.
fn is_like(old: &Node, new: &Node) -> bool {
    use NodeKind as K;
    let kind = match &old.kind {
        K::TaskList => &K::TodoList,
        K::TaskItem => &K::TodoItem,
        other => other,
    };
    *kind == new.kind
}

/// Two plain nodes with the same key mean the same. The characters that make a list or heading have no meaning; the writer must change
/// them at times.
fn key(node: &Node) -> String {
    fn strip(node: &mut Node) {
        node.attrs.remove("bullet");
        node.attrs.remove("marker");
        node.content.iter_mut().for_each(strip);
    }
    let mut node = meaning(node);
    strip(&mut node);
    super::wire::wire(&node)
}

/// For each old key the position of its partner among the new ones; partners are in order. The n-th of equal keys can only be the partner of the n-th,
/// so that this is linear but for the longest ordered selection.
fn matches(old: &[String], new: &[String]) -> Vec<Option<usize>> {
    let head = old
        .iter()
        .zip(new)
        .take_while(|(old, new)| old == new)
        .count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(old, new)| old == new)
        .count();
    let mut places: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (at, key) in new.iter().enumerate().take(new.len() - tail).skip(head) {
        places.entry(key).or_default().push_back(at);
    }
    let mut partner: Vec<Option<usize>> = (0..head).map(Some).collect();
    let middle = old.get(head..old.len() - tail).unwrap_or_default();
    partner.extend(ordered(
        middle
            .iter()
            .map(|key| places.get_mut(key.as_str()).and_then(VecDeque::pop_front))
            .collect(),
    ));
    partner.extend((new.len() - tail..new.len()).map(Some));
    partner
}

/// The longest rising selection; all others become `None`.
fn ordered(mut places: Vec<Option<usize>>) -> Vec<Option<usize>> {
    // For each length: the position in `places` of the smallest end of a rising selection of that length.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; places.len()];
    for (at, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        let length = ends.partition_point(|(end, _)| *end < place);
        if let (Some(slot), Some(previous)) = (
            before.get_mut(at),
            length.checked_sub(1).and_then(|length| ends.get(length)),
        ) {
            *slot = Some(previous.1);
        }
        match ends.get_mut(length) {
            Some(end) => *end = (place, at),
            None => ends.push((place, at)),
        }
    }
    let mut chosen = vec![false; places.len()];
    let mut at = ends.last().map(|(_, at)| *at);
    while let Some(here) = at {
        if let Some(flag) = chosen.get_mut(here) {
            *flag = true;
        }
        at = before.get(here).copied().flatten();
    }
    for (place, chosen) in places.iter_mut().zip(chosen) {
        if !chosen {
            *place = None;
        }
    }
    places
}
