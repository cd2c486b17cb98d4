//! `[filter]` and `[fields.direction]`: which items are synced, and which way their fields go.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::json;
use toml::de::DeValue;

use super::{
    choice::{Category, Choice, FieldDirection, Priority},
    describe::Kind,
    lists::texts,
    model::{FieldDirections, Filter},
    reader::{Complaint, Given, Raw, Reader},
    units,
    values::{self, MOST_ITEMS, inside, too_many, with_unit, word},
};

/// The bounds of `filter.max_age`.
const AGES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24 * 36_500);

impl<'a> Reader<'a> {
    /// `[filter]`. A flag that is given replaces its key as a whole.
    pub(super) fn filter(&mut self) -> Filter {
        Filter {
            project: self.names("filter.project"),
            status: self.names("filter.status"),
            category: self.words("filter.category", Category::ALL),
            label: self.names("filter.label"),
            assignee: self.names("filter.assignee"),
            priority: self.words("filter.priority", Priority::ALL),
            max_age: self.age("filter.max_age"),
            identifier: self.names("filter.identifier"),
        }
    }

    /// `[fields.direction]`.
    pub(super) fn directions(&mut self) -> FieldDirections {
        let mut one = |key: &str| Some(self.choice(key, FieldDirection::Both, FieldDirection::ALL));
        FieldDirections {
            title: one("fields.direction.title"),
            status: one("fields.direction.status"),
            description: one("fields.direction.description"),
        }
    }

    /// Names: an array, or in a variable a list with commas.
    pub(super) fn names(&mut self, key: &str) -> Vec<String> {
        let kind = Kind::List(Box::new(Kind::Text));
        self.value(key, kind, Vec::new(), listed, |names| json!(names))
    }

    /// Words of the allowed ones, listed like names.
    fn words<C: Choice>(&mut self, key: &str, allowed: &'static [C]) -> Vec<C> {
        let kind = words_of(allowed);
        let read = |given: &Given<'a>| chosen(given, allowed);
        self.value(key, kind, Vec::new(), read, |chosen| {
            json!(shown::<C>(chosen))
        })
    }

    /// The same, where nothing said is not the same as an empty list.
    pub(super) fn maybe_words<C: Choice>(
        &mut self,
        key: &str,
        allowed: &'static [C],
    ) -> Option<Vec<C>> {
        let kind = words_of(allowed);
        let read = |given: &Given<'a>| chosen(given, allowed).map(Some);
        self.value(key, kind, None, read, |chosen| {
            json!(chosen.as_ref().map(|chosen| shown::<C>(chosen)))
        })
    }

    fn age(&mut self, key: &str) -> Option<Duration> {
        let read = |given: &Given<'a>| {
            let time = with_unit(given, "a duration such as \"30 d\"", units::duration)?;
            inside(time, &AGES, |time| units::show_duration(*time)).map(Some)
        };
        self.value(key, Kind::Duration(AGES), None, read, |time| {
            json!(time.map(units::show_duration))
        })
    }
}

/// The fields of one project: a table of words.
pub(super) fn directions_of(
    table: &toml::de::DeTable<'_>,
) -> Result<FieldDirections, (std::ops::Range<usize>, Complaint)> {
    let mut directions = FieldDirections::default();
    for (name, value) in table {
        let chosen = match value.get_ref() {
            DeValue::String(text) => word(text.trim(), FieldDirection::ALL),
            other => Err(Complaint::new(format!(
                "is {}; wanted is a text",
                values::kind(other)
            ))),
        };
        let chosen = chosen.map_err(|complaint| (value.span(), complaint))?;
        match name.get_ref().as_ref() {
            "title" => directions.title = Some(chosen),
            "status" => directions.status = Some(chosen),
            "description" => directions.description = Some(chosen),
            other => {
                let what = format!("holds `{other}`; allowed are title, status, description");
                return Err((name.span(), Complaint::new(what)));
            }
        }
    }
    Ok(directions)
}

fn words_of<C: Choice>(allowed: &[C]) -> Kind {
    let words = allowed.iter().map(|choice| choice.word()).collect();
    Kind::List(Box::new(Kind::Choice(words)))
}

fn chosen<C: Choice>(given: &Given<'_>, allowed: &'static [C]) -> Result<Vec<C>, Complaint> {
    let listed = listed(given)?;
    listed.iter().map(|text| word(text, allowed)).collect()
}

fn shown<C: Choice>(chosen: &[C]) -> Vec<&'static str> {
    chosen.iter().map(|choice| choice.word()).collect()
}

/// An array of texts; in a variable or a flag a list with commas, or one name a line.
fn listed(given: &Given<'_>) -> Result<Vec<String>, Complaint> {
    let listed = match &given.raw {
        Raw::Toml(_) => texts(given)?,
        Raw::Text(text) => {
            let separator = if text.contains('\n') { '\n' } else { ',' };
            let parts = text.split(separator).map(str::trim);
            let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            if parts.len() > MOST_ITEMS {
                return Err(too_many(parts.len(), MOST_ITEMS, "items"));
            }
            parts.into_iter().map(str::to_owned).collect()
        }
    };
    let listed: Vec<String> = listed.iter().map(|name| name.trim().to_owned()).collect();
    if listed.iter().any(String::is_empty) {
        return Err(Complaint::new("holds an empty text"));
    }
    Ok(listed)
}
