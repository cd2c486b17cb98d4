//! The JSON Schema of `hvs.toml` (draft 2020-12), made from what the reader describes.
//!
//! It holds what one value alone can break: names, types, words, bounds, lengths. Rules about several keys
//! (`lease.ttl` and the timeouts, a repository and its roots) are the reader's alone.

use serde_json::{Map, Value, json};

use super::{
    describe::{Column, Key, Kind, keys, meaning},
    ranges::whole_numbers,
    units::{SIZE, TIME, Units},
    values::{MOST_ITEMS, MOST_SECRET, MOST_TEXT},
};

/// The version of the configuration's schema: grows when a key is removed or changes its meaning or its form.
pub const CONFIG_SCHEMA: u32 = 1;

/// Where the schema is published: the `#:schema` line of configurations that hvs writes, for editors.
pub const SCHEMA_URL: &str =
    "https://raw.githubusercontent.com/hvs-sync/hvs/main/docs/hvs.schema.json";

/// The schema as a JSON document.
pub fn schema() -> Value {
    let mut root = table(Map::new());
    for key in keys() {
        let (sections, name) = key.name.rsplit_once('.').unwrap_or(("", &key.name));
        if let Some(table) = table_of(&mut root, sections) {
            add_property(table, name, property(&key));
            if key.kind == Kind::Secret {
                one_source(table, name);
            }
        }
    }
    let version = format!("The configuration of hvs, version {CONFIG_SCHEMA} of its schema");
    root.extend(object([
        (
            "$schema",
            json!("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("$id", json!(SCHEMA_URL)),
        ("title", json!("hvs.toml")),
        ("description", json!(version)),
    ]));
    Value::Object(root)
}

fn object<const N: usize>(rows: [(&str, Value); N]) -> Map<String, Value> {
    rows.map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// A table that takes no key but those of its properties.
fn table(properties: Map<String, Value>) -> Map<String, Value> {
    object([
        ("type", json!("object")),
        ("additionalProperties", json!(false)),
        ("properties", Value::Object(properties)),
    ])
}

/// The table of a section: `huly.http`, made where it is not there yet.
fn table_of<'t>(
    root: &'t mut Map<String, Value>,
    sections: &str,
) -> Option<&'t mut Map<String, Value>> {
    let mut section = root;
    for name in sections.split('.').filter(|name| !name.is_empty()) {
        section = section
            .get_mut("properties")?
            .as_object_mut()?
            .entry(name)
            .or_insert_with(|| Value::Object(table(Map::new())))
            .as_object_mut()?;
    }
    Some(section)
}

fn add_property(table: &mut Map<String, Value>, name: &str, property: Map<String, Value>) {
    if let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(name.to_owned(), Value::Object(property));
    }
}

/// A secret stands in one place only.
fn one_source(table: &mut Map<String, Value>, name: &str) {
    let all = table.entry("allOf").or_insert_with(|| json!([]));
    let [file, command] = ["file", "command"].map(|how| format!("{name}_{how}"));
    for pair in [[name, &file], [name, &command], [&file, &command]] {
        if let Some(all) = all.as_array_mut() {
            all.push(json!({ "not": { "required": pair } }));
        }
    }
}

fn property(key: &Key) -> Map<String, Value> {
    let mut property = described(&key.name, &key.kind);
    if !key.default.is_null() {
        property.insert("default".to_owned(), key.default.clone());
    }
    property
}

/// What the value of a key must be, and what it is for.
fn described(name: &str, kind: &Kind) -> Map<String, Value> {
    let mut property = match kind {
        Kind::Tables(columns) => tables(name, columns),
        kind => form(kind),
    };
    let says = meaning(name).map_or("", |row| row.says);
    let description = format!("{says} ({})", kind.says());
    property.insert("description".to_owned(), json!(description));
    property
}

fn tables(name: &str, columns: &[Column]) -> Map<String, Value> {
    let properties = columns
        .iter()
        .map(|column| {
            let property = described(&format!("{name}.{}", column.name), &column.kind);
            (column.name.to_owned(), Value::Object(property))
        })
        .collect();
    let required: Vec<_> = columns
        .iter()
        .filter(|column| column.required)
        .map(|column| column.name)
        .collect();
    let mut item = table(properties);
    item.insert("required".to_owned(), json!(required));
    list(item)
}

/// What a value must be.
fn form(kind: &Kind) -> Map<String, Value> {
    match kind {
        Kind::Text | Kind::Path => text(r"\S", MOST_TEXT),
        Kind::Address => {
            let mut form = text(ADDRESS, MOST_TEXT);
            form.insert("format".to_owned(), json!("uri"));
            form
        }
        Kind::Duration(bounds) => {
            let [least, most] = [bounds.start(), bounds.end()]
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            text(&with_unit(TIME, least, most), MOST_TEXT)
        }
        Kind::Size(bounds) => text(&with_unit(SIZE, *bounds.start(), *bounds.end()), MOST_TEXT),
        Kind::Count(bounds) => object([
            ("type", json!("integer")),
            ("minimum", json!(bounds.start())),
            ("maximum", json!(bounds.end())),
        ]),
        Kind::Share => {
            let number = json!({ "type": "number", "minimum": 0, "maximum": 1 });
            object([("anyOf", json!([number, text(SHARE, MOST_TEXT)]))])
        }
        Kind::Switch => object([("type", json!("boolean"))]),
        Kind::Choice(words) => object([("type", json!("string")), ("enum", json!(words))]),
        Kind::AbsolutePath => text(r"^\s*(?:~/|/)", MOST_TEXT),
        Kind::Form { pattern, .. } => text(pattern, MOST_TEXT),
        Kind::Secret => text(ONE_LINE, MOST_SECRET),
        Kind::Command => {
            let mut form = list(text(r"^[^\u0000]*$", MOST_TEXT));
            form.insert("minItems".to_owned(), json!(1));
            form.insert("prefixItems".to_owned(), json!([text(r"\S", MOST_TEXT)]));
            form
        }
        Kind::List(kind) => list(form(kind)),
        Kind::WordMap(words) => object([
            ("type", json!("object")),
            (
                "additionalProperties",
                json!(form(&Kind::Choice(words.clone()))),
            ),
            ("propertyNames", json!(text(r"\S", MOST_TEXT))),
            ("maxProperties", json!(MOST_ITEMS)),
        ]),
        Kind::Tables(columns) => tables("", columns),
    }
}

/// An address without credentials, query and fragment.
const ADDRESS: &str = r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@]+(?:/[^\s?#]*)?\s*$";
/// From 0 to 1, or from 0 % to 100 %.
const SHARE: &str =
    r"^\s*(?:(?:100(?:\.0*)?|[0-9]{1,2}(?:\.[0-9]*)?)\s*%|0(?:\.[0-9]*)?|1(?:\.0*)?)\s*$";
/// Something, and no control character.
const ONE_LINE: &str = r"^[^\u0000-\u001F\u007F]*\S[^\u0000-\u001F\u007F]*$";

fn text(pattern: &str, most: usize) -> Map<String, Value> {
    object([
        ("type", json!("string")),
        ("pattern", json!(pattern)),
        ("maxLength", json!(most)),
    ])
}

fn list(item: Map<String, Value>) -> Map<String, Value> {
    object([
        ("type", json!("array")),
        ("items", Value::Object(item)),
        ("maxItems", json!(MOST_ITEMS)),
    ])
}

/// A number with a unit, between two bounds in the smallest unit.
fn with_unit(units: Units, least: u64, most: u64) -> String {
    let forms: Vec<_> = units
        .iter()
        .filter_map(|(names, factor)| {
            let numbers = whole_numbers(least.div_ceil(*factor), most / factor)?;
            Some(format!(r"{numbers}\s*(?:{})", names.join("|")))
        })
        .collect();
    format!(r"^\s*(?:{})\s*$", forms.join("|"))
}
