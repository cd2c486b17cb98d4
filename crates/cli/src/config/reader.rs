//! Takes one key after the other from flags, environment and file, in this order, and notes where each came from.

use std::{borrow::Cow, collections::BTreeSet, ops::Range, path::PathBuf};

use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    describe::{Key, Kind},
    document::{Document, Shows},
    error::{MOST_PROBLEMS, Place, Problem, cut},
    inputs::{Inputs, NotUnicode},
    origin::{Entry, Origin, Origins},
};

/// How much of a value is shown in a message, in characters.
pub(super) const MOST_SHOWN: usize = 120;

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Raw<'a> {
    /// In the file, or as TOML in a variable.
    Toml(Cow<'a, Spanned<DeValue<'a>>>),
    /// In a variable or a flag.
    Text(&'a str),
}

/// Which layer a value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The file.
    File,
    /// The variable of this name.
    Environment(String),
    /// The flag of this name.
    Flag(String),
}

/// A value and its layer.
#[derive(Clone)]
pub(super) struct Given<'a> {
    /// The value.
    pub(super) raw: Raw<'a>,
    /// Its layer.
    pub(super) source: Source,
}

/// Why a value is refused: follows the name of the key in the message.
pub(super) struct Complaint {
    /// `is 5 s; allowed are 15 s to 10 min`.
    pub(super) what: String,
    /// What to write instead.
    pub(super) hint: Option<String>,
}

impl Complaint {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads keys; collects values shown, keys known and problems found.
pub(super) struct Reader<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) document: Option<&'a Document>,
    pub(super) table: Option<&'a DeTable<'a>>,
    pub(super) origins: Origins,
    pub(super) problems: Vec<Problem>,
    /// The name of every key that was asked for.
    pub(super) known: BTreeSet<String>,
    /// What each of them may hold.
    pub(super) keys: Vec<Key>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        inputs: &'a Inputs,
        document: Option<&'a Document>,
        table: Option<&'a DeTable<'a>>,
    ) -> Self {
        Self {
            inputs,
            document,
            table,
            origins: Origins::default(),
            problems: Vec::new(),
            known: BTreeSet::new(),
            keys: Vec::new(),
        }
    }

    /// The value of a key by `read`, or the default: where nobody said it, and after a value that was refused. `kind` says
    /// what `read` takes, for the schema and the documentation.
    pub(super) fn value<T>(
        &mut self,
        key: &str,
        kind: Kind,
        default: T,
        read: impl FnOnce(&Given<'a>) -> Result<T, Complaint>,
        show: impl Fn(&T) -> Value,
    ) -> T {
        self.describe(key, kind, show(&default));
        let Some(given) = self.given(key) else {
            self.show(key, show(&default), Origin::Default);
            return default;
        };
        match read(&given) {
            Ok(value) => {
                let origin = self.origin(&given);
                self.show(key, show(&value), origin);
                value
            }
            Err(complaint) => {
                self.refuse(key, &given, complaint);
                default
            }
        }
    }

    /// The highest layer that gives a key. Text that is not Unicode is a problem and no value.
    pub(super) fn given(&mut self, key: &str) -> Option<Given<'a>> {
        self.all_given(key).into_iter().next()
    }

    /// Every layer that gives a key, highest first.
    pub(super) fn all_given(&mut self, key: &str) -> Vec<Given<'a>> {
        let inputs = self.inputs;
        let flags = inputs.flags.iter().rev().filter(|flag| flag.key == key);
        let mut all: Vec<_> = flags
            .map(|flag| Given {
                raw: Raw::Text(&flag.value),
                source: Source::Flag(flag.name.clone()),
            })
            .collect();
        let name = variable(key);
        match inputs.environment.get(&name) {
            Some(Ok(text)) => {
                all.push(Given {
                    raw: Raw::Text(text),
                    source: Source::Environment(name),
                });
            }
            Some(Err(NotUnicode)) => {
                let place = Place::Environment { name, value: None };
                let problem = Problem::new(format!("`{key}` is not Unicode"), place);
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
            }
            None => {}
        }
        if let Some(value) = self.table.and_then(|table| look_up(table, key)) {
            all.push(Given {
                raw: Raw::Toml(Cow::Borrowed(value)),
                source: Source::File,
            });
        }
        all
    }

    /// Notes a value for `hvs config show`.
    pub(super) fn show(&mut self, key: &str, value: Value, origin: Origin) {
        self.origins.entries.push(Entry {
            key: key.to_owned(),
            value,
            origin,
        });
    }

    /// Notes that a value was refused.
    pub(super) fn refuse(&mut self, key: &str, given: &Given<'a>, complaint: Complaint) {
        let place = self.place(given, shows(key, given));
        let problem = Problem::new(format!("`{key}` {}", complaint.what), place);
        self.problems.push(problem.maybe_hint(complaint.hint));
    }

    /// Where a value came from, for people.
    pub(super) fn origin(&self, given: &Given<'a>) -> Origin {
        match &given.raw {
            Raw::Toml(value) => self.origin_in(&given.source, &value.span()),
            Raw::Text(_) => self.origin_in(&given.source, &(0..0)),
        }
    }

    /// The same for a part of a value.
    pub(super) fn origin_in(&self, source: &Source, span: &Range<usize>) -> Origin {
        match (source, self.document) {
            (Source::Environment(name), _) => Origin::Environment { name: name.clone() },
            (Source::Flag(name), _) => Origin::Flag { name: name.clone() },
            (Source::File, Some(document)) => Origin::File {
                path: document.path.clone(),
                line: document.line(span.start),
            },
            (Source::File, None) => Origin::Default,
        }
    }

    /// The place of a value.
    pub(super) fn place(&self, given: &Given<'a>, shows: Shows) -> Place {
        match &given.raw {
            Raw::Toml(value) => self.place_in(&given.source, &value.span(), shows, None),
            Raw::Text(text) => self.place_in(&given.source, &(0..0), shows, Some(text)),
        }
    }

    /// The place of a part of a value.
    pub(super) fn place_in(
        &self,
        source: &Source,
        span: &Range<usize>,
        shows: Shows,
        text: Option<&str>,
    ) -> Place {
        let value = text
            .filter(|_| shows == Shows::Span)
            .map(|text| cut(text, MOST_SHOWN));
        match (source, self.document) {
            (Source::Environment(name), _) => Place::Environment {
                name: name.clone(),
                value,
            },
            (Source::Flag(name), _) => Place::Flag {
                name: name.clone(),
                value,
            },
            (Source::File, Some(document)) => document.place(span, shows),
            (Source::File, None) => Place::Nowhere,
        }
    }

    /// Whether enough is wrong: looking for more would cost time and help nobody.
    pub(super) fn is_full(&self) -> bool {
        // one more says that there are more
        self.problems.len() > MOST_PROBLEMS
    }

    /// The place of the first of some keys that somebody set; the file as a whole where nobody did.
    pub(super) fn place_of(&mut self, keys: &[&str]) -> Place {
        for key in keys {
            if let Some(given) = self.given(key) {
                return self.place(&given, shows(key, &given));
            }
        }
        match self.document {
            Some(document) => Place::Whole {
                path: document.path.clone(),
            },
            None => Place::Nowhere,
        }
    }

    /// The directory that a relative path of this layer starts from: the file's own, or the working directory.
    pub(super) fn base(&self, source: &Source) -> PathBuf {
        match (source, self.document) {
            (Source::File, Some(document)) => document.directory(self.inputs),
            (Source::File, None) | (Source::Environment(_) | Source::Flag(_), _) => {
                self.inputs.directory.clone()
            }
        }
    }
}

/// The variable of a key: `huly.http.rate` is `HVS_HULY_HTTP_RATE`.
pub(super) fn variable(key: &str) -> String {
    format!("HVS_{}", key.replace('.', "_").to_uppercase())
}

/// Keys whose values are secrets.
pub(super) const SECRETS: &[&str] = &["huly.token", "huly.password"];

/// Whether a value may be shown in a message: not a secret, and not an address with a password in it.
pub(super) fn shows(key: &str, given: &Given<'_>) -> Shows {
    let text = match &given.raw {
        Raw::Text(text) => text,
        Raw::Toml(value) => value.get_ref().as_str().unwrap_or_default(),
    };
    if SECRETS.contains(&key) || text.contains('@') {
        Shows::Nothing
    } else {
        Shows::Span
    }
}

fn look_up<'a>(table: &'a DeTable<'a>, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
    let mut parts = key.split('.');
    let mut value = table.get(parts.next()?)?;
    for part in parts {
        value = value.get_ref().as_table()?.get(part)?;
    }
    Some(value)
}
