//! The pages that are written from the description: `docs/configuration.md` (its tables), `docs/limits.md` (its first table) and `docs/hvs.schema.json`. Written anew
//! by `HVS_UPDATE_DOCS=1 cargo test -p cli --lib config::docs`.

use std::path::PathBuf;

use serde_json::Value;

use super::{
    describe::{Column, Key, Kind, keys, meaning},
    schema,
    values::shown,
};

const BEGIN: &str = "<!-- the tables below are written from the program -->\n";
const END: &str = "<!-- the tables above are written from the program -->\n";
const LIMITS_BEGIN: &str = "<!-- the table below is written from the program -->\n";
const LIMITS_END: &str = "<!-- the table above is written from the program -->\n";
const HOW: &str = "run HVS_UPDATE_DOCS=1 cargo test -p cli --lib config::docs";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}

fn read(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_written_anew() -> bool {
    std::env::var_os("HVS_UPDATE_DOCS").is_some()
}

/// One table per section.
fn tables() -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut section = String::new();
    for key in keys() {
        let (of, rows) = section_and_rows(&key);
        if section != of {
            lines.extend([String::new(), format!("## `{of}`"), String::new()]);
            if matches!(key.kind, Kind::Tables(_)) {
                let says = meaning(&key.name).map_or("", |row| row.says);
                lines.extend([format!("{says}."), String::new()]);
            }
            lines.push("| key | form and bounds | default | what it is for |".to_owned());
            lines.push("| --- | --- | --- | --- |".to_owned());
            section = of;
        }
        lines.extend(rows);
    }
    lines.join("\n") + "\n\n"
}

fn section_and_rows(key: &Key) -> (String, Vec<String>) {
    if let Kind::Tables(columns) = &key.kind {
        let rows = columns.iter().map(|column| column_row(key, column));
        return (format!("[[{}]]", key.name), rows.collect());
    }
    let (of, name) = key.name.rsplit_once('.').unwrap_or(("", &key.name));
    let row = row(name, &key.kind, &default(&key.default), &key.name);
    (format!("[{of}]"), vec![row])
}

fn row(name: &str, kind: &Kind, default: &str, key: &str) -> String {
    let says = meaning(key).map_or("", |row| row.says);
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{name}` | {} | {default} | {} |",
        cell(&kind.says()),
        cell(says)
    )
}

fn column_row(key: &Key, column: &Column) -> String {
    let default = match (column.required, &column.kind) {
        (true, _) => "(needed)",
        (false, Kind::Switch) => "`false`",
        (false, _) => "",
    };
    let name = format!("{}.{}", key.name, column.name);
    row(column.name, &column.kind, default, &name)
}

fn default(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => format!("`{}`", shown(value)),
    }
}

#[test]
fn the_tables_of_the_configuration_page_are_the_readers() {
    holds("configuration.md", [BEGIN, END], &tables());
}

#[test]
fn the_limits_page_lists_every_key_that_has_bounds() {
    holds("limits.md", [LIMITS_BEGIN, LIMITS_END], &limits());
}

/// Every key with bounds: what it limits is what it is for.
fn limits() -> String {
    let mut lines = vec![
        String::new(),
        "| key | range | default | what it limits |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    for key in keys() {
        match &key.kind {
            Kind::Duration(_) | Kind::Size(_) | Kind::Count(_) | Kind::Share => {
                lines.push(row(&key.name, &key.kind, &default(&key.default), &key.name));
            }
            _ => {}
        }
    }
    lines.join("\n") + "\n\n"
}

/// A page holds this text between its marks.
fn holds(name: &str, [begin, end]: [&str; 2], text: &str) {
    let page = read(name);
    let (before, rest) = page.split_once(begin).expect("the page has its begin mark");
    let (_, after) = rest.split_once(end).expect("the page has its end mark");
    let made = format!("{before}{begin}{text}{end}{after}");
    if is_written_anew() {
        std::fs::write(path(name), &made).unwrap();
        return;
    }
    assert_eq!(page, made, "{HOW}");
}

#[test]
fn the_published_schema_is_the_programs() {
    let made = schema();
    if is_written_anew() {
        let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
        std::fs::write(path("hvs.schema.json"), text).unwrap();
        return;
    }
    let published: Value = serde_json::from_str(&read("hvs.schema.json")).unwrap();
    assert_eq!(published, made, "{HOW}");
}
