//! What the converter promises, by example.

use huly_client::markup::{self, MarkKind, MarkupError, Node, NodeKind, Source};
use serde_json::{Value, json};

fn doc(blocks: &Value) -> Node {
    markup::parse(&json!({"type": "doc", "content": blocks}).to_string()).unwrap()
}

fn paragraph(text: &str) -> Value {
    json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
}

#[track_caller]
fn round_trip(blocks: &Value, md: &str) {
    let tree = doc(blocks);
    assert_eq!(markup::to_markdown(&tree), md);
    assert_eq!(markup::from_markdown(md), tree);
    assert!(markup::is_expressible(&tree));
}

#[test]
fn a_mention_is_a_link_and_back() {
    round_trip(
        &json!([{"type": "paragraph", "content": [
            {"type": "text", "text": "Hi "},
            {"type": "reference", "attrs": {"id": "p1", "label": "Alice [x] Example", "objectclass": "contact:class:Person"}},
        ]}]),
        "Hi [Alice [x] Example](ref://?_class=contact%3Aclass%3APerson&_id=p1&label=Alice%20%5Bx%5D%20Example)",
    );
}

#[test]
fn the_words_of_a_mention_can_be_edited() {
    let tree = markup::from_markdown("[Bob](ref://?_class=c&_id=p1&label=Alice)");
    assert_eq!(tree.content[0].content[0].attr("label"), Some("Bob"));
    assert_eq!(tree.content[0].content[0].attr("id"), Some("p1"));
}

#[test]
fn images_files_and_embeds_have_forms_that_read_back() {
    round_trip(
        &json!([{"type": "paragraph", "content": [{"type": "image", "attrs": {"file-id": "0d3c", "alt": "plan.png", "width": 640, "height": 480}}]}]),
        "![plan.png](image://0d3c&width=640&height=480)",
    );
    round_trip(
        &json!([{"type": "paragraph", "content": [{"type": "file", "attrs": {"file-id": "f1", "data-file-name": "a b.pdf", "size": 3}}]}]),
        "[a b.pdf](huly-file:?data-file-name=a%20b.pdf&file-id=f1&size.json=3)",
    );
    round_trip(
        &json!([{"type": "embed", "attrs": {"src": "https://a.example/v"}}]),
        "<a href=\"https://a.example/v\" data-type=\"embed\">https://a.example/v</a>",
    );
    round_trip(
        &json!([{"type": "paragraph", "content": [{"type": "image", "attrs": {"src": "i.png", "width": 10}}]}]),
        "<img width=\"10\" src=\"i.png\">",
    );
}

#[test]
fn marks_that_markdown_has_no_characters_for_are_tags_and_read_back() {
    let text = |mark: Value| json!([{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [mark]}]}]);
    round_trip(&text(json!({"type": "underline"})), "<ins>x</ins>");
    round_trip(
        &text(json!({"type": "textColor", "attrs": {"color": "red"}})),
        "<span style=\"color: red\" data-color=\"red\">x</span>",
    );
    round_trip(
        &text(json!({"type": "textStyle", "attrs": {"fontSize": "12px"}})),
        "<span style=\"font-size: 12px\">x</span>",
    );
    round_trip(&text(json!({"type": "highlight"})), "<mark>x</mark>");
    round_trip(
        &text(json!({"type": "subscript"})),
        "<sub data-mark=\"subscript\">x</sub>",
    );
    round_trip(
        &text(json!({"type": "nosuch", "attrs": {"a": 1}})),
        "<span data-mark=\"nosuch\" data-attrs=\"{&quot;a&quot;:1}\">x</span>",
    );
    let tree = markup::from_markdown("<u>x</u>");
    assert_eq!(
        tree.content[0].content[0].marks[0].kind,
        MarkKind::Underline
    );
}

#[test]
fn marks_that_need_space_around_them_become_tags_where_there_is_none() {
    let bold = json!({"type": "bold", "attrs": {"marker": "**"}});
    round_trip(
        &json!([{"type": "paragraph", "content": [
            {"type": "text", "text": "a"}, {"type": "text", "text": "(b)", "marks": [bold]}, {"type": "text", "text": "c"},
        ]}]),
        "a<strong>(b)</strong>c",
    );
}

#[test]
fn ids_of_todos_are_kept_in_a_comment() {
    round_trip(
        &json!([{"type": "todoList", "attrs": {"bullet": "-"}, "content": [
            {"type": "todoItem", "attrs": {"checked": true, "todoid": "t1", "userid": "u1"}, "content": [paragraph("a")]},
            {"type": "todoItem", "attrs": {"checked": false}, "content": [{"type": "paragraph"}]},
        ]}]),
        "- [x] <!-- todoid=t1,userid=u1 -->a\n- [ ]",
    );
}

#[test]
fn text_that_looks_like_syntax_stays_text() {
    for text in [
        "- a",
        "1. a",
        "# a",
        "> a",
        "*a*",
        "[a](b)",
        "`a`",
        "[ ] a",
        "<b>a</b>",
        "&amp;",
        "a\n---",
        "~~a~~",
        "[a]: b",
        "| a |\n| - |",
        "a\\\nb",
    ] {
        let tree = doc(&json!([paragraph(text)]));
        assert_eq!(
            markup::from_markdown(&markup::to_markdown(&tree)),
            tree,
            "{text:?}"
        );
    }
}

#[test]
fn a_link_definition_that_no_link_uses_stays_text() {
    let md = "[used]: https://a.example\n[note]: something-said\n\nsee [used]\n\n> [note]: again\n\n- x\n\n  [more]: here";
    let text = markup::from_markdown(md).text_content();
    for word in ["something-said", "again", "here"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("[used]:"));
}

#[test]
fn cells_beyond_the_head_of_a_table_stay() {
    let md = "| a |\n|---|\n| b | c | d |";
    assert_eq!(
        markup::normal_form(md),
        "| a |  |  |\n| --- | --- | --- |\n| b | c | d |"
    );
}

#[test]
fn a_table_that_pipes_cannot_say_is_html_and_reads_back() {
    let cell = |content: Value, span: u64| json!({"type": "tableCell", "attrs": {"colspan": span, "rowspan": 1}, "content": content});
    let list = json!([{"type": "bulletList", "attrs": {"bullet": "-"}, "content": [{"type": "listItem", "content": [paragraph("l")]}]}]);
    let code = json!([{"type": "codeBlock", "attrs": {"language": "rust"}, "content": [{"type": "text", "text": "a\n\n<b>"}]}]);
    let tree = doc(&json!([{"type": "table", "content": [
        {"type": "tableRow", "content": [cell(json!([paragraph("a & b")]), 2)]},
        {"type": "tableRow", "content": [cell(list, 1), cell(code, 1)]},
    ]}]));
    let md = markup::to_markdown(&tree);
    assert!(
        md.starts_with("<table><tbody><tr><td colspan=\"2\"><p>a &amp; b</p></td></tr>"),
        "{md}"
    );
    assert_eq!(markup::from_markdown(&md), tree);
    // A table that is not well formed is text, with all its words.
    let text = markup::from_markdown("<table><tr><td>one<td>two</table>").text_content();
    assert_eq!(text, "<table><tr><td>one<td>two</table>");
}

#[test]
fn a_marker_in_a_comment_survives_anywhere() {
    for md in [
        "<!-- hvs:1 -->",
        "a\n<!-- hvs:1 -->",
        "a <!-- hvs:1 --> b",
        "> a\n> <!-- hvs:1 -->",
        "- a\n\n  <!-- hvs:1 -->",
        "<!-- hvs:1 --> a",
    ] {
        assert!(markup::normal_form(md).contains("<!-- hvs:1 -->"), "{md}");
    }
}

#[test]
fn text_that_is_no_json_is_one_paragraph() {
    assert_eq!(
        Source::read("a *b*").unwrap(),
        Source::PlainText(doc(&json!([paragraph("a *b*")])))
    );
    assert_eq!(
        markup::to_markdown(&markup::parse("a *b*").unwrap()),
        "a \\*b\\*"
    );
    assert_eq!(markup::parse(" \n").unwrap(), Node::default());
}

#[test]
fn json_that_is_no_markup_is_refused_with_its_place() {
    let error =
        markup::parse(r#"{"type":"doc","content":[{"type":"text","text":1}]}"#).unwrap_err();
    assert_eq!(
        error,
        MarkupError::Shape {
            path: "$.content[0].text".to_owned(),
            expected: "a string"
        }
    );
    let deep = format!(
        "{}{}",
        r#"{"type":"doc","content":["#.repeat(100),
        "]}".repeat(100)
    );
    assert_eq!(
        markup::parse(&deep).unwrap_err(),
        MarkupError::TooDeep { limit: 120 }
    );
}

#[test]
fn what_an_edit_elsewhere_does_not_touch_keeps_what_markdown_cannot_say() {
    let tree = doc(&json!([
        {"type": "paragraph", "attrs": {"textAlign": "right"}, "content": [{"type": "text", "text": "one"}]},
        {"type": "paragraph"},
        {"type": "bulletList", "attrs": {"bullet": "*"}, "content": [
            {"type": "listItem", "attrs": {"x": 1}, "content": [paragraph("a")]},
            {"type": "listItem", "attrs": {"x": 2}, "content": [paragraph("b")]},
        ]},
        {"type": "table", "content": [{"type": "tableRow", "content": [
            {"type": "tableHeader", "attrs": {"colspan": 1, "rowspan": 1, "colwidth": [100]}, "content": [paragraph("h")]},
        ]}]},
    ]));
    let md = markup::to_markdown(&tree).replace("* b", "* bee\n* c");
    let patched = markup::patch(&tree, &md);
    assert_eq!(patched.node.content[0], tree.content[0]);
    assert_eq!(patched.node.content[1], tree.content[1]);
    assert_eq!(patched.node.content[3], tree.content[3]);
    let list = &patched.node.content[2];
    assert_eq!(list.content[0], tree.content[2].content[0]);
    assert_eq!(
        list.content
            .iter()
            .map(Node::text_content)
            .collect::<Vec<_>>(),
        ["a", "bee", "c"]
    );
    assert_eq!(patched.lost, []);
    assert_eq!(patched.kept, 3, "two blocks and an item");
}

#[test]
fn what_an_edit_costs_is_listed() {
    let tree = doc(&json!([
        {"type": "paragraph", "content": [{"type": "text", "text": "one two", "marks": [{"type": "bold", "attrs": {"x": 1}}]}]},
        {"type": "paragraph", "attrs": {"textAlign": "right"}, "content": [{"type": "text", "text": "three"}]},
    ]));
    let patched = markup::patch(&tree, "**one 2**\n\nthree");
    assert_eq!(patched.node.content[1], tree.content[1]);
    let lost: Vec<_> = patched
        .lost
        .iter()
        .map(|lost| (lost.name.as_str(), lost.text.as_str()))
        .collect();
    assert_eq!(lost, [("bold", "x=1 on \"one two\"")]);
    // What was removed as a whole was meant to go.
    assert_eq!(markup::patch(&tree, "**one two**").lost, []);
}

#[test]
fn an_edited_paragraph_keeps_its_mentions_and_its_alignment() {
    let mention = json!({"type": "reference", "attrs": {"id": "p1", "label": "Al", "objectclass": "c", "extra": 1}});
    let tree = doc(
        &json!([{"type": "paragraph", "attrs": {"textAlign": "right"}, "content": [{"type": "text", "text": "Hi "}, mention, {"type": "text", "text": "!"}]}]),
    );
    let md = markup::to_markdown(&tree).replace("Hi", "Hello");
    let patched = markup::patch(&tree, &md);
    assert_eq!(
        patched.node.content[0].content[1],
        tree.content[0].content[1]
    );
    assert_eq!(patched.node.content[0].attr("textAlign"), Some("right"));
    assert_eq!(patched.lost, []);
}

#[test]
fn deep_nesting_is_bounded_and_keeps_its_words() {
    for md in [
        format!("{}deep", "> ".repeat(10_000)),
        format!("{}deep", "- ".repeat(10_000)),
        format!("{}deep", "<sub>".repeat(10_000)),
        format!("{}deep", "*".repeat(10_000)),
    ] {
        let tree = markup::from_markdown(&md);
        assert!(tree.text_content().contains("deep"));
        assert_eq!(markup::parse(&markup::wire(&tree)).unwrap(), tree);
        let once = markup::to_markdown(&tree);
        assert!(once.contains("deep"));
        assert_eq!(markup::normal_form(&once), once);
    }
    let mut tree = Node::of_text("deep");
    for _ in 0..2_000 {
        tree = Node::new(NodeKind::Blockquote, vec![tree]);
    }
    assert!(markup::to_markdown(&tree).contains("deep"));
}

#[test]
fn a_large_text_converts() {
    let md = "A *paragraph* with `code`, [a link](https://a.example) and 2 * 3 Vec<String>.\n\n- item\n- [ ] box\n\n".repeat(2_000);
    assert!(md.len() > 180_000);
    let tree = markup::from_markdown(&md);
    let once = markup::to_markdown(&tree);
    assert_eq!(once.matches("Vec<String>").count(), 2_000);
    let edited = once.replacen("item", "edited", 1);
    let patched = markup::patch(&tree, &edited);
    assert_eq!(patched.kept, tree.content.len() - 1);
    // One paragraph of that length, and one line.
    for text in [
        "word *a* [b ".repeat(20_000),
        "<b>".repeat(60_000),
        "`".repeat(1_000),
    ] {
        let tree = markup::from_markdown(&text);
        assert_eq!(markup::from_markdown(&markup::to_markdown(&tree)), tree);
    }
}
