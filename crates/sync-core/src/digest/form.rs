//! The two forms of a page. Both are written from the same parts, so they say the same.

use super::{
    Form,
    page::{Entry, Fact, Laid, Said, json},
    text,
};

/// What a part costs besides its own characters: `- ` and a line end, or a comma and a line end.
pub(super) const fn around(form: Form) -> usize {
    match form {
        Form::Markdown => 3,
        Form::Json => 2,
    }
}

/// A single fact of a section, without what stands around it.
pub(super) fn fact(form: Form, fact: &Fact) -> String {
    match form {
        Form::Markdown => {
            let mut out = fact.before.to_owned();
            say(&mut out, &fact.said);
            out
        }
        Form::Json => format!("    {}: {}", json(fact.key), value(&fact.said, 4)),
    }
}

/// An entry of a list, without what stands around it.
pub(super) fn entry(form: Form, entry: &Entry) -> String {
    match form {
        Form::Markdown => {
            let mut out = String::new();
            for (at, fact) in entry.iter().enumerate() {
                // the first fact of a line has nothing to be set apart from
                let before = if at == 0 {
                    fact.before.trim_start_matches([' ', ',', ':'])
                } else {
                    fact.before
                };
                out.push_str(before);
                say(&mut out, &fact.said);
            }
            out
        }
        Form::Json => {
            let facts: Vec<String> = entry
                .iter()
                .map(|fact| format!("        {}: {}", json(fact.key), value(&fact.said, 8)))
                .collect();
            format!("      {{\n{}\n      }}", facts.join(",\n"))
        }
    }
}

/// A page with so many parts of each section.
pub(super) fn write(form: Form, heading: &str, laid: &[Laid], keep: &[usize]) -> String {
    match form {
        Form::Markdown => markdown(heading, laid, keep),
        Form::Json => object(laid, keep),
    }
}

/// What remains of a page whose headings alone are over the limit: whole lines, or an object without anything.
pub(super) fn cut(form: Form, bare: &str, limit: usize) -> String {
    match form {
        Form::Markdown => {
            let mut left = limit;
            let mut lines = Vec::new();
            for line in bare.lines() {
                let cost = line.chars().count() + usize::from(!lines.is_empty());
                let Some(rest) = left.checked_sub(cost) else {
                    break;
                };
                left = rest;
                lines.push(line);
            }
            lines.join("\n")
        }
        Form::Json if limit >= 2 => "{}".to_owned(),
        Form::Json => String::new(),
    }
}

fn markdown(heading: &str, laid: &[Laid], keep: &[usize]) -> String {
    let mut out = format!("# {heading}");
    for (section, &kept) in laid.iter().zip(keep) {
        out.push_str("\n\n## ");
        out.push_str(section.heading);
        if section.is_list {
            out.push_str(" (");
            out.push_str(&section.total.to_string());
            out.push(')');
        }
        for part in section.parts.iter().take(kept) {
            out.push_str("\n- ");
            out.push_str(part);
        }
        if section.total > kept {
            out.push_str("\n- ");
            out.push_str(&(section.total - kept).to_string());
            out.push_str(" more left out");
        }
    }
    out
}

fn object(laid: &[Laid], keep: &[usize]) -> String {
    let mut members = Vec::with_capacity(laid.len());
    for (section, &kept) in laid.iter().zip(keep) {
        let mut parts: Vec<&str> = section
            .parts
            .iter()
            .take(kept)
            .map(String::as_str)
            .collect();
        let left_out = section.total.saturating_sub(kept);
        let key = json(section.key);
        if section.is_list {
            let items = bracket("[", &parts, "    ]");
            members.push(format!(
                "  {key}: {{\n    \"total\": {},\n    \"left_out\": {left_out},\n    \"items\": {items}\n  }}",
                section.total
            ));
        } else {
            let note = format!("    \"left_out\": {left_out}");
            if left_out > 0 {
                parts.push(&note);
            }
            members.push(format!("  {key}: {}", bracket("{", &parts, "  }")));
        }
    }
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    bracket("{", &members, "}")
}

/// Parts, one after the other, between an opening and a closing bracket (which brings its indentation).
fn bracket(open: &str, parts: &[&str], close: &str) -> String {
    if parts.is_empty() {
        return format!("{open}{}", close.trim_start());
    }
    format!("{open}\n{}\n{close}", parts.join(",\n"))
}

/// A value of the JSON form; lists are indented from `indent` on.
fn value(said: &Said, indent: usize) -> String {
    match said {
        Said::Word(word) => json(word).into_owned(),
        Said::Made(text) | Said::Text(text) | Said::Name(text) => json(text).into_owned(),
        Said::Number(number) => number.to_string(),
        Said::Names(names) => {
            let inner = " ".repeat(indent + 2);
            let names: Vec<String> = names
                .iter()
                .map(|name| format!("{inner}{}", json(name)))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            bracket("[", &names, &format!("{}]", " ".repeat(indent)))
        }
        Said::Nothing => "null".to_owned(),
    }
}

/// A value of the Markdown form.
fn say(out: &mut String, said: &Said) {
    match said {
        Said::Word(word) => out.push_str(word),
        Said::Made(text) => out.push_str(text),
        Said::Number(number) => out.push_str(&number.to_string()),
        Said::Text(text) => text::quote(out, text),
        Said::Name(name) => named(out, name),
        Said::Names(names) => {
            for (at, name) in names.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                named(out, name);
            }
        }
        Said::Nothing => out.push_str("none"),
    }
}

fn named(out: &mut String, name: &str) {
    if text::is_plain(name) {
        out.push_str(name);
    } else {
        text::quote(out, name);
    }
}
