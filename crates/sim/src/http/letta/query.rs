//! Ids in paths, and queries, as the server's framework checks them.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::extract::Query as Pairs;
use axum::response::IntoResponse;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{python, unfit};
use crate::http::Refused;
use crate::letta::{Order, Page, Relation};

/// The query of a request: names may come several times.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        Pairs::from_request_parts(parts, state)
            .await
            .map(|Pairs(pairs)| Self(pairs))
            .map_err(|rejection| rejection.into_response().into())
    }
}

impl Query {
    /// The last value of a name.
    pub(super) fn one(&self, name: &str) -> Option<String> {
        let mut named = self.0.iter().rev().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.clone())
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refused> {
        let words = "Input should be a valid integer, unable to parse string as an integer";
        self.parsed(name, "int_parsing", words, |text| text.parse().ok())
    }

    /// Yes or no, no where it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        let words = "Input should be a valid boolean, unable to interpret input";
        let flag = self.parsed(name, "bool_parsing", words, |text| {
            match text.to_lowercase().as_str() {
                "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
                "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
                _ => None,
            }
        })?;
        Ok(flag.unwrap_or(false))
    }

    fn parsed<T>(
        &self,
        name: &str,
        kind: &str,
        words: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.one(name) else {
            return Ok(None);
        };
        let way = format!("'query', '{name}'");
        let complaint = || python::complaint(kind, &way, words, &Value::String(text.clone()));
        parse(&text)
            .map(Some)
            .ok_or_else(|| unfit(&python::list(&[complaint()])).into())
    }

    /// Which of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.one(name) else {
            return Ok(None);
        };
        let known = choices.iter().find(|(word, _)| *word == text);
        known.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let way = format!("'query', '{name}'");
            let complaint =
                python::complaint_of_choice("literal_error", &way, &words, &Value::String(text));
            unfit(&python::list(&[complaint])).into()
        })
    }

    /// Which part of a list is wanted.
    pub(super) fn page(&self) -> Result<Page, Refused> {
        Ok(Page {
            limit: self.number("limit")?,
            after: self.one("after"),
            before: self.one("before"),
            order: self.choice("order", &[("asc", Order::Asc), ("desc", Order::Desc)])?,
        })
    }

    /// What of an agent is wanted: what is named, and where nothing is, nothing for a client of today and everything
    /// for an old one.
    pub(super) fn include(&self, headers: &HeaderMap) -> Result<Vec<Relation>, Refused> {
        let named = self.all("include");
        if named.is_empty() {
            return Ok(if is_of_today(headers) {
                Vec::new()
            } else {
                Relation::ALL.to_vec()
            });
        }
        let (mut relations, mut complaints) = (Vec::new(), Vec::new());
        for (at, name) in named.into_iter().enumerate() {
            match Relation::named(&name) {
                Some(relation) => relations.push(relation),
                None => complaints.push(python::complaint_of_choice(
                    "literal_error",
                    &format!("'query', 'include', {at}"),
                    &Relation::ALL.map(Relation::name),
                    &Value::String(name),
                )),
            }
        }
        if complaints.is_empty() {
            Ok(relations)
        } else {
            Err(unfit(&python::list(&complaints)).into())
        }
    }
}

/// Whether the server takes the caller for an SDK 1.x.
pub(super) fn is_of_today(headers: &HeaderMap) -> bool {
    let agent = headers
        .get(header::USER_AGENT)
        .map(|agent| agent.to_str().unwrap_or(""));
    headers.contains_key("x-stainless-package-version")
        || agent.is_none_or(|agent| {
            let agent = agent.strip_prefix("@letta-ai/").unwrap_or(agent);
            agent.starts_with("letta-client/1.")
        })
}

/// Refuses a path's id that is none of its kind. `name` is what the route calls it.
pub(super) fn checked(kind: &str, name: &str, id: &str) -> Result<(), Refused> {
    let uuid = id
        .strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix('-'))
        .unwrap_or("");
    if is_uuid4(uuid) {
        return Ok(());
    }
    let pattern = format!(
        "^{kind}-[0-9a-f]{{8}}-[0-9a-f]{{4}}-4[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}$"
    );
    let words = format!("String should match pattern '{kind}-{{uuid4}}'");
    let way = format!("'path', '{name}'");
    let whole = python::complaint("string_pattern_mismatch", &way, &words, &id.into());
    let open = whole.strip_suffix('}').unwrap_or(&whole);
    let detail = format!(
        "[{open}, 'ctx': {{'pattern': {}}}}}]",
        python::text(&pattern)
    );
    let example = format!("{kind}-123e4567-e89b-42d3-8456-426614174000");
    let body = json!({ "trace_id": "", "detail": detail, "examples": [example] });
    Err((StatusCode::UNPROCESSABLE_ENTITY, Json(body))
        .into_response()
        .into())
}

fn is_uuid4(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, char)| match at {
            8 | 13 | 18 | 23 => char == '-',
            14 => char == '4',
            19 => matches!(char, '8' | '9' | 'a' | 'b'),
            _ => matches!(char, '0'..='9' | 'a'..='f'),
        })
}
