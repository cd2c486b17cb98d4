//! Descriptions that use every node and mark of Huly's markup.

use serde_json::{Value, json};

fn text(words: &str) -> Value {
    json!({ "type": "text", "text": words })
}

fn marked(words: &str, mark: &Value) -> Value {
    json!({ "type": "text", "text": words, "marks": [mark] })
}

fn paragraph(content: &[Value]) -> Value {
    json!({ "type": "paragraph", "content": content })
}

fn line(words: &str) -> Value {
    paragraph(&[text(words)])
}

fn item(kind: &str, content: &[Value]) -> Value {
    json!({ "type": kind, "content": content })
}

fn doc(content: &[Value]) -> String {
    json!({ "type": "doc", "content": content }).to_string()
}

/// One document per kind of text, as markup.
pub fn samples() -> Vec<String> {
    vec![
        inline(),
        lists(),
        code(),
        tables(),
        media(),
        scripts(),
        traps(),
    ]
}

/// Marks, links, mentions, emoji, breaks.
fn inline() -> String {
    let mark = |kind: &str| json!({ "type": kind });
    doc(&[
        json!({ "type": "heading", "attrs": { "level": 2, "marker": "##" }, "content": [text("What is known")] }),
        paragraph(&[
            text("Mixed: "),
            marked("bold", &mark("bold")),
            text(", "),
            marked("italic", &mark("italic")),
            text(", "),
            marked("struck", &mark("strike")),
            text(", "),
            marked("underlined", &mark("underline")),
            text(", "),
            marked("let x = 1;", &mark("code")),
            text(", "),
            marked("marked", &mark("highlight")),
            text(" and "),
            marked(
                "a link",
                &json!({ "type": "link", "attrs": { "href": "https://example.com/a_(b)?c=d", "title": "title" } }),
            ),
            json!({ "type": "hardBreak" }),
            text("after a break\nand a soft one; asked of "),
            json!({ "type": "reference", "attrs": { "id": "6b014620f5e0db7cf653f889", "label": "Bob Builder", "objectclass": "contact:class:Person" } }),
            text(" "),
            json!({ "type": "emoji", "attrs": { "emoji": "🚢" } }),
        ]),
        json!({ "type": "blockquote", "content": [line("Quoted words."), line("In two paragraphs.")] }),
        json!({ "type": "horizontalRule" }),
        line("Below the rule."),
    ])
}

fn lists() -> String {
    let bullets = json!({ "type": "bulletList", "attrs": { "bullet": "-" }, "content": [
        item("listItem", &[line("outer")]),
        item("listItem", &[line("with an inner one"), json!({ "type": "bulletList", "attrs": { "bullet": "*" }, "content": [item("listItem", &[line("inner")])] })]),
    ] });
    let numbers = json!({ "type": "orderedList", "content": [
        json!({ "type": "listItem", "attrs": { "order": "1" }, "content": [line("first")] }),
        json!({ "type": "listItem", "attrs": { "order": "2" }, "content": [line("second")] }),
    ] });
    let todos = json!({ "type": "todoList", "attrs": { "bullet": "-" }, "content": [
        json!({ "type": "todoItem", "attrs": { "checked": false, "todoid": "t1", "userid": "u1" }, "content": [line("open")] }),
        json!({ "type": "todoItem", "attrs": { "checked": true }, "content": [line("done")] }),
    ] });
    let tasks = json!({ "type": "taskList", "content": [json!({ "type": "taskItem", "attrs": { "checked": false }, "content": [line("a task")] })] });
    doc(&[bullets, numbers, todos, tasks])
}

fn code() -> String {
    doc(&[
        json!({ "type": "codeBlock", "attrs": { "language": "rust" }, "content": [text("fn main() {\n    println!(\"`ticks` and ``` fences\");\n}")] }),
        json!({ "type": "mermaid", "attrs": { "language": "mermaid" }, "content": [text("graph TD;\n  A-->B;")] }),
        json!({ "type": "codeBlock", "content": [text("no language")] }),
    ])
}

fn tables() -> String {
    let cell = |kind: &str, words: &str| json!({ "type": kind, "attrs": { "colspan": 1, "rowspan": 1 }, "content": [line(words)] });
    doc(&[json!({ "type": "table", "content": [
        json!({ "type": "tableRow", "content": [cell("tableHeader", "berth"), cell("tableHeader", "length | m")] }),
        json!({ "type": "tableRow", "content": [cell("tableCell", "A1"), cell("tableCell", "120")] }),
        json!({ "type": "tableRow", "content": [cell("tableCell", "B2"), cell("tableCell", "80")] }),
    ] })])
}

/// What markdown has no plain form for.
fn media() -> String {
    doc(&[
        paragraph(&[
            json!({ "type": "image", "attrs": { "src": "https://example.com/p.png", "alt": "a pier", "title": "pier", "width": 320 } }),
        ]),
        paragraph(&[
            json!({ "type": "image", "attrs": { "file-id": "6b014620f5e0db7cf653f8aa", "alt": "kept in Huly" } }),
        ]),
        json!({ "type": "file", "attrs": { "file-id": "6b014620f5e0db7cf653f8ab", "data-file-name": "plan.pdf", "data-file-size": 1024, "data-file-type": "application/pdf" } }),
        json!({ "type": "embed", "attrs": { "src": "https://example.com/video" } }),
        json!({ "type": "comment", "content": [text("a hidden remark")] }),
        line("Text between files."),
    ])
}

fn scripts() -> String {
    doc(&[
        line("日本語の説明、中文说明，한국어 설명。"),
        line("עברית וערבית: مرحبا بالعالم"),
        line("Ελληνικά, русский, ไทย, हिन्दी"),
        line(
            "e\u{301} combined, a flag 🇳🇱, a family 👩\u{200d}👩\u{200d}👧, no\u{a0}break, zero\u{200b}width",
        ),
    ])
}

/// Plain text that looks like markup.
fn traps() -> String {
    doc(&[
        line("Vec<String> and <tag> are types & not HTML"),
        line("# not a heading"),
        line("- not a list"),
        line("1. not a number"),
        line("*not italic* [not](a link) `not code` | not | a | table |"),
        line("    four blanks in front, two behind  "),
        line("<!-- not a comment -->"),
    ])
}
