//! Lists of texts, each of a bounded length, and not too many.

use toml::de::DeValue;

use super::{
    reader::{Complaint, Given, Raw},
    values::{MOST_ITEMS, MOST_TEXT, kind, other_kind, too_many},
};

/// A program and its arguments: an array, in a variable too, since a text would need a shell's rules.
pub(super) fn command(given: &Given<'_>) -> Result<(String, Vec<String>), Complaint> {
    let example = "write it like [\"pass\", \"show\", \"huly\"]";
    let parts = match &given.raw {
        Raw::Text(text) => match DeValue::parse(text) {
            Ok(value) => array_of_texts(value.get_ref()),
            Err(_) => Err(Complaint::new("is not an array").hint(example)),
        },
        Raw::Toml(value) => array_of_texts(value.get_ref()),
    }?;
    if parts.iter().any(|part| part.contains('\0')) {
        return Err(Complaint::new("holds a NUL character"));
    }
    let mut parts = parts.into_iter();
    match parts.next() {
        Some(program) if !program.trim().is_empty() => Ok((program, parts.collect())),
        Some(_) | None => Err(Complaint::new("names no program").hint(example)),
    }
}

/// Texts: an array, or in a variable a list with `:`.
pub(super) fn texts(given: &Given<'_>) -> Result<Vec<String>, Complaint> {
    match &given.raw {
        Raw::Text(text) => {
            let parts = text.split(':').map(str::trim);
            let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
            if parts.len() > MOST_ITEMS {
                return Err(too_many(parts.len(), MOST_ITEMS, "items"));
            }
            parts.into_iter().map(item).collect()
        }
        Raw::Toml(value) => array_of_texts(value.get_ref()),
    }
}

fn array_of_texts(value: &DeValue<'_>) -> Result<Vec<String>, Complaint> {
    let items = match value {
        DeValue::Array(items) => items,
        other => return Err(other_kind(other, "an array of texts").hint("write [\"...\"]")),
    };
    if items.len() > MOST_ITEMS {
        return Err(too_many(items.len(), MOST_ITEMS, "items"));
    }
    items
        .iter()
        .map(|each| match each.get_ref() {
            DeValue::String(text) => item(text),
            other => Err(Complaint::new(format!(
                "holds {}; wanted are texts",
                kind(other)
            ))),
        })
        .collect()
}

/// One text of a list.
fn item(text: &str) -> Result<String, Complaint> {
    if text.chars().nth(MOST_TEXT).is_some() {
        let count = text.chars().count();
        let what = format!("holds a text of {count} characters; allowed are {MOST_TEXT}");
        return Err(Complaint::new(what));
    }
    Ok(text.to_owned())
}
