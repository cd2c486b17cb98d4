//! `hvs config show`: every effective value with where it came from.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Config, values::shown};

impl Config {
    /// The table for people: key, value, origin. Secrets are `[set]`.
    pub fn show_text(&self) -> String {
        let rows: Vec<_> = self
            .origins
            .iter()
            .map(|entry| {
                (
                    entry.key.as_str(),
                    shown(&entry.value),
                    entry.origin.to_string(),
                )
            })
            .collect();
        let width =
            |of: fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let key_width = width(|row| row.0.chars().count());
        // one long value does not push the origins of all others out of sight
        let value_width = width(|row| {
            Some(row.1.chars().count())
                .filter(|width| *width <= 40)
                .unwrap_or(0)
        });
        rows.iter()
            .fold(String::new(), |mut text, (key, value, origin)| {
                // writing to a text cannot fail
                let written = writeln!(text, "{key:key_width$}  {value:value_width$}  {origin}");
                debug_assert!(written.is_ok());
                text
            })
    }

    /// The same as JSON: `{"file": path or null, "values": [{"key", "value", "origin"}]}`.
    pub fn show_json(&self) -> Value {
        json!({ "file": self.file, "values": self.origins })
    }
}
