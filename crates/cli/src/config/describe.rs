//! What every key may hold, as the reader's typed calls say it: the source of the schema and of the documentation.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::Value;

use super::{
    inputs::Inputs,
    meanings::{MEANINGS, Meaning},
    reader::Reader,
    units::{show_duration, show_size},
};

/// What the value of a key may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A text that is not blank.
    Text,
    /// An `http` or `https` address.
    Address,
    /// A duration with its unit.
    Duration(RangeInclusive<Duration>),
    /// A size in bytes with its unit.
    Size(RangeInclusive<u64>),
    /// A whole number.
    Count(RangeInclusive<u32>),
    /// A number from 0 to 1, or a text in percent.
    Share,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(Vec<&'static str>),
    /// A path; a relative one starts at the file's directory.
    Path,
    /// An absolute path, or one that begins with `~/`.
    AbsolutePath,
    /// A text of a form of its own.
    Form {
        /// The form in words.
        says: &'static str,
        /// What JSON Schema calls a pattern.
        pattern: &'static str,
    },
    /// A secret in one line; `<key>_file` and `<key>_command` stand beside it.
    Secret,
    /// A program and its arguments.
    Command,
    /// Any number of these, up to [`MOST_ITEMS`](super::values::MOST_ITEMS).
    List(Box<Kind>),
    /// A table with names of people's own; the values are of these words.
    WordMap(Vec<&'static str>),
    /// An array of tables with these columns.
    Tables(Vec<Column>),
}

/// One key of each table of an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Its name: `huly` of `[[project]]`.
    pub(super) name: &'static str,
    /// What it may hold.
    pub(super) kind: Kind,
    /// Whether each table must have it.
    pub(super) required: bool,
}

/// One key of `hvs.toml`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    /// With its sections: `huly.http.read_timeout`.
    pub(super) name: String,
    /// What it may hold.
    pub(super) kind: Kind,
    /// As `hvs config show` prints it; `null` where nothing is the default.
    pub(super) default: Value,
}

impl Reader<'_> {
    /// Notes a key. Every typed call of the reader begins with this.
    pub(super) fn describe(&mut self, key: &str, kind: Kind, default: Value) {
        self.known.insert(key.to_owned());
        self.keys.push(Key {
            name: key.to_owned(),
            kind,
            default,
        });
    }
}

/// Every key, in the order of the reader.
pub(super) fn keys() -> Vec<Key> {
    // what is read does not decide which keys are asked for, so nothing at all asks for all of them
    let inputs = Inputs::default();
    let mut reader = Reader::new(&inputs, None, None);
    reader.config();
    reader.keys
}

/// What a key is for, or a column as `project.huly`; `*` in a row stands for any section.
pub(super) fn meaning(key: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|row| fits(row.key, key))
}

/// Whether a row is about a key.
pub(super) fn fits(row: &str, key: &str) -> bool {
    let (mut row, mut key) = (row.split('.'), key.split('.'));
    loop {
        match (row.next(), key.next()) {
            (None, None) => return true,
            (Some(of_row), Some(of_key)) if of_row == "*" || of_row == of_key => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

impl Kind {
    /// Form and bounds in words, for people.
    pub(super) fn says(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Address => "address, `http` or `https`".to_owned(),
            Self::Duration(bounds) => {
                let [least, most] = [bounds.start(), bounds.end()].map(|time| show_duration(*time));
                format!("duration, {least} to {most}")
            }
            Self::Size(bounds) => {
                let [least, most] = [bounds.start(), bounds.end()].map(|size| show_size(*size));
                format!("size, {least} to {most}")
            }
            Self::Count(bounds) => format!("number, {} to {}", bounds.start(), bounds.end()),
            Self::Share => "share, 0 to 1 or \"0 %\" to \"100 %\"".to_owned(),
            Self::Switch => "`true`, `false`".to_owned(),
            Self::Choice(words) => one_of(words),
            Self::Path => "path".to_owned(),
            Self::AbsolutePath => "absolute path".to_owned(),
            Self::Form { says, .. } => (*says).to_owned(),
            Self::Secret => "text in one line, secret".to_owned(),
            Self::Command => "list: a program and its arguments".to_owned(),
            Self::List(kind) => format!("list, each: {}", kind.says()),
            Self::WordMap(words) => format!("table: name = {}", one_of(words)),
            Self::Tables(_) => "tables".to_owned(),
        }
    }
}

fn one_of(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every key, the columns of arrays of tables among them.
    fn names() -> Vec<String> {
        keys()
            .iter()
            .flat_map(|key| {
                let columns = match &key.kind {
                    Kind::Tables(columns) => columns.as_slice(),
                    _ => &[],
                };
                let below = columns
                    .iter()
                    .map(|column| format!("{}.{}", key.name, column.name));
                std::iter::once(key.name.clone())
                    .chain(below)
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn every_key_has_a_line_that_says_what_it_is_for() {
        let without: Vec<_> = names()
            .into_iter()
            .filter(|name| meaning(name).is_none_or(|row| row.says.is_empty()))
            .collect();
        assert!(
            without.is_empty(),
            "add a line for each of these to MEANINGS in config/meanings.rs: {without:?}"
        );
    }

    #[test]
    fn every_line_is_about_a_key() {
        let names = names();
        for row in MEANINGS {
            assert!(
                names.iter().any(|name| fits(row.key, name)),
                "no key `{}` is read",
                row.key
            );
        }
    }

    #[test]
    fn no_key_is_described_twice() {
        let names = names();
        let all: BTreeSet<_> = names.iter().collect();
        assert_eq!(all.len(), names.len(), "{names:?}");
    }

    #[test]
    fn every_key_that_is_known_is_described() {
        let inputs = Inputs::default();
        let mut reader = Reader::new(&inputs, None, None);
        reader.config();
        let described: BTreeSet<_> = reader.keys.iter().map(|key| key.name.clone()).collect();
        assert_eq!(described, reader.known);
    }

    #[test]
    fn a_star_stands_for_one_section() {
        assert!(fits("*.http.rate", "huly.http.rate"));
        assert!(!fits("*.http.rate", "huly.rate"));
        assert!(!fits("huly", "huly.url"));
    }
}
