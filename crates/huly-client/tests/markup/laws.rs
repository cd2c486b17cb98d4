//! The laws of the converter, over generated texts and trees.

use std::collections::BTreeSet;

use huly_client::markup::{self, Mark, MarkKind, Node, NodeKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

/// Pieces that Markdown texts are made of, with every kind of syntax, also broken.
const SYNTAX: &[&str] = &[
    "*",
    "**",
    "***",
    "_",
    "__",
    "~",
    "~~",
    "`",
    "``",
    "```",
    "~~~",
    "[",
    "]",
    "](",
    "(",
    ")",
    "![",
    "<",
    ">",
    "|",
    "\\",
    "&",
    "&amp;",
    "#",
    "## ",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "3) ",
    "[ ] ",
    "[x] ",
    "> ",
    "---",
    "===",
    "    ",
    "\t",
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\n\n",
    "<b>",
    "</b>",
    "<ins>",
    "</ins>",
    "<br>",
    "<div>",
    "</div>",
    "<pre>",
    "<sub>",
    "</sub>",
    "<!-- ",
    " -->",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</table>",
    "<img src=\"i\">",
    "| --- |",
    "|---|---|\n",
    "]: ",
    "\"",
    ":",
    "!",
    "\r\n",
    "<span data-mark=\"m\">",
    "</span>",
    "<div data-node=\"n\">",
    "<code>",
    "</code>",
    "<https://a.example>",
    "<mark>",
    "</mark>",
];

fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(SYNTAX).prop_map(str::to_owned),
        2 => "[a-z]{3,5}".prop_map(|word| word),
        1 => Just("\u{e4}\u{4f60}\u{1f6a2}".to_owned()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => "[a-z]{3,5}".prop_map(|w| w), 2 => prop::sample::select(SYNTAX).prop_map(str::to_owned)];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        Just(Mark::new(MarkKind::Bold)),
        Just(Mark::new(MarkKind::Italic).with("marker", "_")),
        Just(Mark::new(MarkKind::Strike)),
        Just(Mark::new(MarkKind::Code)),
        Just(Mark::new(MarkKind::Underline)),
        Just(Mark::new(MarkKind::Subscript)),
        Just(Mark::new(MarkKind::TextColor).with("color", "#f00")),
        Just(
            Mark::new(MarkKind::TextStyle)
                .with("fontSize", "12px")
                .with("x", json!([1]))
        ),
        Just(Mark::new(MarkKind::Highlight)),
        Just(Mark::new(MarkKind::Other("nosuch".to_owned())).with("a", "\"<b>\n\n*")),
        text().prop_map(|href| Mark::new(MarkKind::Link).with("href", href)),
    ]
}

fn inline() -> impl Strategy<Value = Node> {
    let node = |kind| Node::new(kind, Vec::new());
    let marks = prop::collection::vec(mark(), 0..3);
    let leaf = prop_oneof![
        6 => text().prop_map(Node::of_text),
        1 => Just(node(NodeKind::HardBreak)),
        1 => text().prop_map(move |alt| node(NodeKind::Image).with("src", "i (.png").with("alt", alt)),
        1 => Just(node(NodeKind::Image).with("src", "i.png").with("width", 10)),
        1 => Just(node(NodeKind::Image).with("file-id", "0d3c").with("alt", "plan").with("height", "20")),
        1 => text().prop_map(move |label| node(NodeKind::Reference).with("id", "p1").with("label", label).with("objectclass", "contact:class:Person")),
        1 => text().prop_map(move |name| node(NodeKind::File).with("file-id", "f1").with("data-file-name", name).with("size", 3)),
        1 => Just(node(NodeKind::Emoji).with("emoji", "\u{1f6a2}")),
        1 => text().prop_map(|text| Node::new(NodeKind::Comment, vec![Node::of_text(text)])),
        1 => text().prop_map(|text| Node::new(NodeKind::SubLink, vec![Node::of_text(text)])),
        1 => text().prop_map(|text| Node::new(NodeKind::Other("nosuch".to_owned()), vec![Node::of_text(text)]).with("a", 1)),
        1 => Just(node(NodeKind::Embed).with("src", "https://a.example/v?x=1&y=2")),
    ];
    (leaf, marks).prop_map(|(mut node, marks)| {
        node.marks = marks;
        node
    })
}

fn block() -> impl Strategy<Value = Node> {
    let inlines = || prop::collection::vec(inline(), 0..5);
    let leaf = prop_oneof![
        6 => inlines().prop_map(|content| Node::new(NodeKind::Paragraph, content)),
        1 => inlines().prop_map(|content| Node::new(NodeKind::Paragraph, content).with("textAlign", "right")),
        1 => (inlines(), 0..8, prop::sample::select(vec!["=", "-", "#"]))
            .prop_map(|(content, level, marker)| Node::new(NodeKind::Heading, content).with("level", level).with("marker", marker)),
        1 => (text(), text()).prop_map(|(text, info)| Node::new(NodeKind::CodeBlock, vec![Node::of_text(text)]).with("language", info)),
        1 => Just(Node::new(NodeKind::HorizontalRule, Vec::new())),
        1 => text().prop_map(|text| Node::new(NodeKind::Comment, vec![Node::of_text(text)])),
        1 => Just(Node::new(NodeKind::Embed, Vec::new()).with("src", "https://a.example/v")),
        1 => inline(),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let blocks = || prop::collection::vec(inner.clone(), 0..3);
        let items = |kind: NodeKind| {
            prop::collection::vec(
                blocks().prop_map(move |content| Node::new(kind.clone(), content)),
                0..4,
            )
        };
        let bullet = prop::sample::select(vec!["-", "*", "+"]);
        let cells =
            prop::collection::vec((blocks(), 1..3, any::<bool>()), 1..3).prop_map(|cells| {
                let cells = cells.into_iter().map(|(content, span, head)| {
                    Node::new(
                        if head {
                            NodeKind::TableHeader
                        } else {
                            NodeKind::TableCell
                        },
                        content,
                    )
                    .with("colspan", span)
                    .with("rowspan", 1)
                });
                Node::new(NodeKind::TableRow, cells.collect())
            });
        prop_oneof![
            (items(NodeKind::ListItem), bullet.clone()).prop_map(|(items, b)| Node::new(
                NodeKind::BulletList,
                items
            )
            .with("bullet", b)),
            (items(NodeKind::ListItem), 0..12).prop_map(|(items, n)| Node::new(
                NodeKind::OrderedList,
                items
            )
            .with("order", n)),
            (items(NodeKind::TodoItem), bullet, any::<bool>()).prop_map(|(mut items, b, ids)| {
                if let Some(item) = items.first_mut().filter(|_| ids) {
                    *item = item
                        .clone()
                        .with("todoid", "t1")
                        .with("userid", "u1")
                        .with("checked", true);
                }
                Node::new(NodeKind::TodoList, items).with("bullet", b)
            }),
            blocks().prop_map(|content| Node::new(NodeKind::Blockquote, content)),
            blocks().prop_map(
                |content| Node::new(NodeKind::Other("nosuch".to_owned()), content)
                    .with("a", "\"x\"")
            ),
            prop::collection::vec(cells, 0..3).prop_map(|rows| Node::new(NodeKind::Table, rows)),
        ]
    })
}

fn tree() -> impl Strategy<Value = Node> {
    prop::collection::vec(block(), 0..4).prop_map(|content| Node::new(NodeKind::Doc, content))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_lowercase())
        .filter(|word| word.len() > 2)
        .map(str::to_owned)
        .collect()
}

/// All words that a tree holds, in texts and attributes.
fn words_in(node: &Node) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = words(&node.text_content()).into_iter().collect();
    found.extend(words(&serde_json::to_string(node).unwrap()));
    found
}

/// The words of the texts of a tree, which must not be lost.
fn visible(node: &Node, out: &mut BTreeSet<String>) {
    out.extend(node.text.iter().flat_map(|text| words(text)));
    out.extend(node.attr("label").iter().flat_map(|text| words(text)));
    node.content.iter().for_each(|child| visible(child, out));
}

/// The same cases in each run; `PROPTEST_CASES=n` looks at that many new ones.
fn config() -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(1_000),
        rng_seed: if wanted.is_some() {
            RngSeed::Random
        } else {
            RngSeed::Fixed(20_260)
        },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_normal_form_is_its_own_normal_form(md in markdown()) {
        let once = markup::normal_form(&md);
        prop_assert_eq!(markup::normal_form(&once), once);
    }

    #[test]
    fn the_normal_form_reads_as_the_text_it_came_from(md in markdown()) {
        let tree = markup::from_markdown(&md);
        let again = markup::from_markdown(&markup::to_markdown(&tree));
        prop_assert_eq!(again.text_content(), tree.text_content(), "{:?}", markup::to_markdown(&tree));
    }

    #[test]
    fn reading_loses_no_word(md in markdown()) {
        let found = words_in(&markup::from_markdown(&md));
        let syntax = ["amp", "ins", "div", "pre", "sub", "table", "img", "src", "span", "data", "mark", "node", "code", "https", "example"];
        for word in words(&md).iter().filter(|word| !syntax.contains(&word.as_str())) {
            prop_assert!(found.iter().any(|other| other.contains(word.as_str())), "{} of {:?}", word, md);
        }
    }

    #[test]
    fn writing_a_tree_and_reading_it_back_loses_no_word(tree in tree()) {
        let md = markup::to_markdown(&tree);
        let found = words_in(&markup::from_markdown(&md));
        let mut wanted = BTreeSet::new();
        visible(&tree, &mut wanted);
        for word in wanted {
            prop_assert!(found.iter().any(|other| other.contains(&word)), "{} of {:?}", word, md);
        }
        prop_assert_eq!(markup::normal_form(&md), md, "{}", markup::wire(&tree));
    }

    #[test]
    fn a_tree_survives_the_wire(tree in tree()) {
        prop_assert_eq!(markup::parse(&markup::wire(&tree)).unwrap(), tree);
    }

    #[test]
    fn a_text_that_did_not_change_changes_no_node(tree in tree()) {
        let md = markup::to_markdown(&tree);
        let patched = markup::patch(&tree, &md);
        prop_assert_eq!(&patched.node, &tree, "{:?}", md);
        prop_assert_eq!(patched.kept, tree.content.iter().filter(|block| !markup::to_markdown(block).is_empty()).count());
        prop_assert!(patched.lost.is_empty());
    }

    #[test]
    fn an_edit_in_one_place_leaves_all_others_as_they_are(tree in tree(), before in 0..4_usize) {
        // A new paragraph among the others: every other block stays the same bytes.
        let mut edited = tree.clone();
        let at = before.min(tree.content.len());
        edited.content.insert(at, Node::new(NodeKind::Paragraph, vec![Node::of_text("qqqq")]));
        let patched = markup::patch(&tree, &markup::to_markdown(&edited)).node;
        let kept: Vec<String> = patched.content.iter().filter(|node| node.text_content() != "qqqq").map(markup::wire).collect();
        let wanted: Vec<String> = tree.content.iter().map(markup::wire).collect();
        prop_assert_eq!(kept, wanted);
    }
}
