//! The converter beside the official one, on the 126 cases recorded from it: where the official result keeps the text, ours means the same;
//! where it loses text or fails, ours does not.

use std::collections::BTreeMap;

use huly_client::markup::{self, Mark, Node, NodeKind};
use serde_json::Value;

fn pairs(group: &str) -> Vec<Value> {
    let text = include_str!("../fixtures/huly/markdown-markup-pairs.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[group].as_array().unwrap().clone()
}

fn tree(value: &Value) -> Node {
    markup::parse(&value.to_string()).unwrap()
}

/// A tree without what carries no meaning: blank paragraphs, marks' order, texts cut in two.
fn normalised(node: &Node) -> Node {
    let mut node = node.clone();
    let mut content: Vec<Node> = Vec::new();
    for child in node.content.iter().map(normalised) {
        let blank = child.kind == NodeKind::Paragraph
            && child
                .content
                .iter()
                .all(|n| n.text.as_deref().is_some_and(|t| t.trim().is_empty()));
        match content.last_mut() {
            _ if blank => {}
            Some(last)
                if last.kind == NodeKind::Text
                    && child.kind == NodeKind::Text
                    && last.marks == child.marks =>
            {
                last.text = Some(format!(
                    "{}{}",
                    last.text.as_deref().unwrap(),
                    child.text.as_deref().unwrap()
                ));
            }
            _ => content.push(child),
        }
    }
    node.content = content;
    node.marks
        .sort_by_key(|mark: &Mark| mark.kind.as_str().to_owned());
    node
}

/// Where our tree is not the official one, and why.
const READ_DIFFERENTLY: &[(&str, &str)] = &[
    (
        "html block",
        "the official reader drops block HTML with its text; here it stays text",
    ),
    (
        "html inline",
        "the official reader drops <b>; here it is bold",
    ),
    (
        "html underline",
        "the official reader drops <ins>, which its writer makes of underlined text; here it is underlined",
    ),
    (
        "html details",
        "the official reader takes the text apart and drops a part; here it stays text",
    ),
    (
        "html unknown",
        "the official reader drops `<String>` and `<tag>`; here they stay text",
    ),
];
/// Where our Markdown is not the official one, and why.
const WRITTEN_DIFFERENTLY: &[(&str, &str)] = &[
    (
        "code",
        "the official fence of one backtick ends inside the code",
    ),
    (
        "code with backtick",
        "the official fence of one backtick ends inside the code",
    ),
    (
        "fence containing backticks",
        "the official fence ends inside the code",
    ),
    (
        "link with parentheses",
        "brackets that pair up need no escape",
    ),
    (
        "table",
        "a table that a pipe table can say is one; the official HTML reads back as nothing",
    ),
    (
        "table with marks",
        "a table that a pipe table can say is one; the official HTML reads back as nothing",
    ),
    (
        "escapes",
        "without escapes the text reads back as emphasis and a link",
    ),
    (
        "special characters",
        "without escapes the text reads back as syntax",
    ),
    (
        "line starting like a list",
        "without escapes the text reads back as lists, a heading and a quote",
    ),
    ("highlight", "the official writer fails"),
    ("file", "the official writer fails"),
    ("unknown node", "the official writer fails"),
    ("unknown mark", "the official writer fails"),
    (
        "subscript",
        "an attribute tells the mark from the node that <sub> alone is read as",
    ),
    ("task list", "the official writer loses the tick"),
    (
        "ordered twelve",
        "numbers are not padded: a list of ten would change each line of a list of nine",
    ),
    (
        "two lists in a row",
        "with the same bullet they read back as one list",
    ),
    (
        "embed",
        "the address needs no escapes outside of the attribute",
    ),
    (
        "sub link",
        "Markdown inside <sub>, which reads back as the same link",
    ),
];

#[test]
fn every_markdown_is_read_as_the_official_reader_does_where_that_keeps_the_text() {
    let reasons: BTreeMap<_, _> = READ_DIFFERENTLY.iter().copied().collect();
    let mut wrong = Vec::new();
    for case in pairs("from_markdown") {
        let name = case["name"].as_str().unwrap();
        let ours = markup::from_markdown(case["markdown"].as_str().unwrap());
        let same = normalised(&ours) == normalised(&tree(&case["markup"]));
        if same == reasons.contains_key(name) {
            wrong.push(format!(
                "{name}\n  md       {}\n  ours     {}\n  official {}",
                case["markdown"],
                markup::wire(&ours),
                case["markup"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tree_is_written_as_the_official_writer_does_where_that_reads_back_as_the_same() {
    let reasons: BTreeMap<_, _> = WRITTEN_DIFFERENTLY.iter().copied().collect();
    let mut wrong = Vec::new();
    for group in ["from_markdown", "from_markup"] {
        for case in pairs(group) {
            let name = case["name"].as_str().unwrap();
            let ours = markup::to_markdown(&tree(&case["markup"]));
            let official = case["markdown_again"]
                .as_str()
                .or(case["markdown"].as_str().filter(|_| group == "from_markup"));
            if official.is_some_and(|official| official.trim_end() == ours)
                == reasons.contains_key(name)
            {
                wrong.push(format!(
                    "{name}\n  ours     {ours:?}\n  official {official:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recorded_tree_reads_back_with_all_its_words() {
    for group in ["from_markdown", "from_markup"] {
        for case in pairs(group) {
            let tree = tree(&case["markup"]);
            let back = markup::from_markdown(&markup::to_markdown(&tree));
            let text = |node: &Node| {
                node.text_content()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let emoji = if case["name"] == "emoji node" {
                "\u{1f6a2}"
            } else {
                ""
            };
            let embed = text(&back).is_empty();
            assert!(
                embed || text(&back) == format!("{}{emoji}", text(&tree)),
                "{}",
                case["name"]
            );
        }
    }
}

#[test]
fn where_the_official_converter_loses_text_or_fails_ours_does_not() {
    let read = |md: &str| markup::from_markdown(md).text_content();
    assert_eq!(read("Vec<String> and <tag>"), "Vec<String> and <tag>");
    assert_eq!(read("<div>a</div>"), "<div>a</div>");
    assert_eq!(
        read("<details><summary>s</summary>t</details>"),
        "<details><summary>s</summary>t</details>"
    );
    for name in ["highlight", "file", "unknown node", "unknown mark"] {
        let case = pairs("from_markup")
            .into_iter()
            .find(|case| case["name"] == name)
            .unwrap();
        assert!(case["error"].is_string(), "{name}");
        let tree = tree(&case["markup"]);
        let back = markup::from_markdown(&markup::to_markdown(&tree));
        assert_eq!(normalised(&back), normalised(&tree), "{name}");
    }
}

#[test]
fn both_groups_of_the_recording_are_read_whole() {
    assert_eq!(
        pairs("from_markdown").len() + pairs("from_markup").len(),
        126
    );
}
