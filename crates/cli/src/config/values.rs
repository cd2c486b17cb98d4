//! The kinds of value that a key can have: how each is read, checked and shown.

use std::{
    fmt::Display,
    ops::RangeInclusive,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use toml::de::DeValue;
use url::Url;

use super::{
    choice::Choice,
    describe::Kind,
    error::cut,
    lists::texts,
    nearest::nearest,
    reader::{Complaint, Given, MOST_SHOWN, Raw, Reader},
    units,
};

/// The longest text that is taken as a value, in characters; more is a slip.
pub(super) const MOST_TEXT: usize = 4_096;
/// The longest secret, in bytes: as large a file is read for it.
pub(super) const MOST_SECRET: usize = 64 << 10;
/// The most items of a list, entries of a table and `[[project]]`s.
pub(super) const MOST_ITEMS: usize = 2_000;

impl<'a> Reader<'a> {
    /// A text that is not blank.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.value(
            key,
            Kind::Text,
            None,
            |given| filled(given).map(Some),
            |value| json!(value),
        )
    }

    /// An address: `http` or `https`, with a host, without credentials, query or fragment.
    pub(super) fn url(&mut self, key: &str) -> Option<Url> {
        let read = |given: &Given<'a>| address(&filled(given)?).map(Some);
        self.value(key, Kind::Address, None, read, |url| {
            json!(url.as_ref().map(Url::as_str))
        })
    }

    /// A duration inside its bounds.
    pub(super) fn span(
        &mut self,
        key: &str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let read = |given: &Given<'a>| {
            let time = with_unit(given, "a duration such as \"30 s\"", units::duration)?;
            inside(time, &bounds, |time| units::show_duration(*time))
        };
        self.value(key, Kind::Duration(bounds.clone()), default, read, |time| {
            json!(units::show_duration(*time))
        })
    }

    /// A size in bytes inside its bounds.
    pub(super) fn size(&mut self, key: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let read = |given: &Given<'a>| {
            let size = with_unit(given, "a size such as \"16 MiB\"", units::size)?;
            inside(size, &bounds, |size| units::show_size(*size))
        };
        self.value(key, Kind::Size(bounds.clone()), default, read, |size| {
            json!(units::show_size(*size))
        })
    }

    /// A whole number inside its bounds.
    pub(super) fn count(&mut self, key: &str, default: u32, bounds: RangeInclusive<u32>) -> u32 {
        self.value(
            key,
            Kind::Count(bounds.clone()),
            default,
            |given| whole(given, &bounds),
            |count| json!(count),
        )
    }

    /// A whole number inside its bounds, or none.
    pub(super) fn maybe_count(
        &mut self,
        key: &str,
        default: Option<u32>,
        bounds: RangeInclusive<u32>,
    ) -> Option<u32> {
        self.value(
            key,
            Kind::Count(bounds.clone()),
            default,
            |given| whole(given, &bounds).map(Some),
            |count| json!(count),
        )
    }

    /// A share from 0 to 1, written as `0.2` or `"20 %"`.
    pub(super) fn share(&mut self, key: &str, default: f64) -> f64 {
        self.value(key, Kind::Share, default, share, |share| json!(share))
    }

    /// `true` or `false`.
    pub(super) fn switch(&mut self, key: &str, default: bool) -> bool {
        self.value(key, Kind::Switch, default, switch, |on| json!(on))
    }

    /// One word of the allowed ones.
    pub(super) fn choice<C: Choice>(&mut self, key: &str, default: C, allowed: &[C]) -> C {
        let read = |given: &Given<'a>| word(&filled(given)?, allowed);
        let words = allowed.iter().map(|choice| choice.word()).collect();
        self.value(key, Kind::Choice(words), default, read, |choice| {
            json!(choice.word())
        })
    }

    /// A path, made absolute: `~/` is the home directory, a relative one starts at the file's directory.
    pub(super) fn path(&mut self, key: &str, default: Option<PathBuf>) -> Option<PathBuf> {
        let inputs = self.inputs;
        let file = self.document.map(|document| document.directory(inputs));
        let read = |given: &Given<'a>| {
            let text = filled(given)?;
            let base = match (&given.raw, &file) {
                (Raw::Toml(_), Some(directory)) => directory,
                (Raw::Toml(_), None) | (Raw::Text(_), _) => &inputs.directory,
            };
            Ok(Some(base.join(at_home(
                &text,
                inputs.environment.directory("HOME"),
            )?)))
        };
        self.value(key, Kind::Path, default, read, |path| json!(path))
    }

    /// Absolute paths without `..`: an array, or in a variable a list with `:`.
    pub(super) fn paths(&mut self, key: &str) -> Vec<PathBuf> {
        let home = self.inputs.environment.directory("HOME");
        let read = |given: &Given<'a>| {
            texts(given)?
                .iter()
                .map(|text| absolute(&at_home(text, home.clone())?))
                .collect::<Result<Vec<_>, _>>()
        };
        let kind = Kind::List(Box::new(Kind::AbsolutePath));
        self.value(key, kind, Vec::new(), read, |paths| json!(paths))
    }
}

/// What a value is, in TOML's words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn other_kind(value: &DeValue<'_>, wanted: impl Display) -> Complaint {
    Complaint::new(format!("is {}; wanted is {wanted}", kind(value)))
}

/// A text with something in it, trimmed.
pub(super) fn filled(given: &Given<'_>) -> Result<String, Complaint> {
    filled_up_to(given, MOST_TEXT)
}

/// The same, with up to so many characters.
pub(super) fn filled_up_to(given: &Given<'_>, most: usize) -> Result<String, Complaint> {
    let text = match &given.raw {
        Raw::Text(text) => text,
        Raw::Toml(value) => match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            other => return Err(other_kind(other, "a text").hint("put it in quotes")),
        },
    };
    match text.trim() {
        "" => Err(Complaint::new("is empty").hint("leave the key out to have the default")),
        text if text.chars().nth(most).is_some() => {
            Err(too_many(text.chars().count(), most, "characters"))
        }
        text if text.contains('\0') => Err(Complaint::new("holds a NUL character")),
        text => Ok(text.to_owned()),
    }
}

pub(super) fn too_many(count: usize, most: usize, what: &str) -> Complaint {
    Complaint::new(format!("has {count} {what}; allowed are {most}"))
}

pub(super) fn with_unit<T>(
    given: &Given<'_>,
    wanted: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Complaint> {
    if let Raw::Toml(value) = &given.raw {
        match value.get_ref() {
            DeValue::String(_) => {}
            number @ (DeValue::Integer(_) | DeValue::Float(_)) => {
                return Err(other_kind(number, wanted).hint("write the unit too, in quotes"));
            }
            other => return Err(other_kind(other, wanted)),
        }
    }
    parse(&filled(given)?).map_err(Complaint::new)
}

pub(super) fn inside<T: PartialOrd>(
    value: T,
    bounds: &RangeInclusive<T>,
    show: impl Fn(&T) -> String,
) -> Result<T, Complaint> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (show(bounds.start()), show(bounds.end()));
    Err(Complaint::new(format!(
        "is {}; allowed are {least} to {most}",
        show(&value)
    )))
}

fn whole(given: &Given<'_>, bounds: &RangeInclusive<u32>) -> Result<u32, Complaint> {
    let read = match &given.raw {
        Raw::Text(text) => text.trim().parse::<i128>().ok(),
        Raw::Toml(value) => match value.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            other => return Err(other_kind(other, "a whole number")),
        },
    };
    let number = read.ok_or_else(|| Complaint::new("is not a whole number that can be counted"))?;
    let wide = i128::from(*bounds.start())..=i128::from(*bounds.end());
    let number = inside(number, &wide, i128::to_string)?;
    u32::try_from(number).map_err(|_| Complaint::new("is too large to count"))
}

fn share(given: &Given<'_>) -> Result<f64, Complaint> {
    let percent = |text: &str| match text.trim().strip_suffix('%') {
        Some(percent) => percent
            .trim()
            .parse::<f64>()
            .ok()
            .map(|percent| percent / 100.0),
        None => text.trim().parse().ok(),
    };
    let read = match &given.raw {
        Raw::Text(text) => percent(text),
        Raw::Toml(value) => match value.get_ref() {
            DeValue::String(text) => percent(text),
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            other => return Err(other_kind(other, "a share such as 0.2 or \"20 %\"")),
        },
    };
    let share = read.ok_or_else(|| Complaint::new("is not a share such as 0.2 or \"20 %\""))?;
    // NaN is inside nothing
    inside(share, &(0.0..=1.0), f64::to_string)
}

fn switch(given: &Given<'_>) -> Result<bool, Complaint> {
    let wrong = || Complaint::new("is neither true nor false");
    match &given.raw {
        Raw::Text(text) => text.trim().parse().map_err(|_| wrong()),
        Raw::Toml(value) => match value.get_ref() {
            DeValue::Boolean(on) => Ok(*on),
            other => Err(other_kind(other, "true or false")),
        },
    }
}

/// One word of the allowed ones.
pub(super) fn word<C: Choice>(text: &str, allowed: &[C]) -> Result<C, Complaint> {
    if let Some(found) = allowed.iter().find(|choice| choice.word() == text) {
        return Ok(*found);
    }
    let words: Vec<_> = allowed.iter().map(|choice| choice.word()).collect();
    let complaint = Complaint::new(format!(
        "is `{}`; allowed are {}",
        cut(text, MOST_SHOWN),
        words.join(", ")
    ));
    Err(match nearest(text, words.iter().copied()) {
        Some(near) => complaint.hint(format!("did you mean `{near}`?")),
        None => complaint,
    })
}

fn address(text: &str) -> Result<Url, Complaint> {
    // the text is not repeated: it may hold a password
    let example = "write it like https://huly.example.org";
    let url = Url::parse(text)
        .map_err(|error| Complaint::new(format!("is not an address: {error}")).hint(example))?;
    if !matches!(url.scheme(), "http" | "https") {
        let what = format!(
            "has the scheme `{}`; allowed are http and https",
            url.scheme()
        );
        return Err(Complaint::new(what).hint(example));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Complaint::new("has no host").hint(example));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let what = "holds a user name or a password";
        return Err(Complaint::new(what).hint("credentials have keys of their own"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Complaint::new(
            "holds a `?` or a `#`; wanted is the address alone",
        ));
    }
    Ok(url)
}

fn at_home(text: &str, home: Option<PathBuf>) -> Result<PathBuf, Complaint> {
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_), None) => Err(Complaint::new("begins with `~/`, but HOME is not set")),
        (None, _) => Ok(PathBuf::from(text)),
    }
}

/// The path, if it is absolute and goes nowhere up.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Complaint> {
    let shown = cut(&path.display().to_string(), MOST_SHOWN);
    if !path.is_absolute() {
        return Err(Complaint::new(format!(
            "holds `{shown}`, which is not an absolute path"
        )));
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(Complaint::new(format!("holds `{shown}`, a path with `..`")));
    }
    Ok(path.to_owned())
}

/// A value as it stands in a table for people.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "(not set)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
