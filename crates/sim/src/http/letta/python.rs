//! Values as Python prints them: the words of a 422 are a Python list, not JSON.

use serde_json::Value;

/// A text in quotes: single ones, but for a text that has single and no double ones in it.
pub(super) fn text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for char in text.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if char == quote => {
                out.push('\\');
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out.push(quote);
    out
}

/// Any value.
pub(super) fn value(of: &Value) -> String {
    match of {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(content) => text(content),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, of): (&String, &Value)| format!("{}: {}", text(name), value(of));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A complaint about one place: its kind, the way there (`'body', 'name'`), the words, and what was found.
pub(super) fn complaint(kind: &str, way: &str, words: &str, found: &Value) -> String {
    format!(
        "{{'type': '{kind}', 'loc': ({way}), 'msg': {}, 'input': {}}}",
        text(words),
        value(found)
    )
}

/// The same with the values that would have done.
pub(super) fn complaint_of_choice(
    kind: &str,
    way: &str,
    choices: &[&str],
    found: &Value,
) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
    let expected = match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    let whole = complaint(kind, way, &format!("Input should be {expected}"), found);
    let open = whole.strip_suffix('}').unwrap_or(&whole);
    format!("{open}, 'ctx': {{'expected': {}}}}}", text(&expected))
}

/// A list of complaints.
pub(super) fn list(complaints: &[String]) -> String {
    format!("[{}]", complaints.join(", "))
}
