//! Reading fixtures, sending their requests, and telling whether two answers mean the same.

use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tower::ServiceExt;

pub(crate) struct Fixture {
    pub name: String,
    pub whole: Value,
    /// The body as it was sent, to the letter.
    pub body: String,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    request: Option<RawRequest<'a>>,
}

#[derive(Deserialize)]
struct RawRequest<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// All fixtures of a folder, by name, but for the exceptions; an exception that is no file is an error.
pub(crate) fn load(folder: &str, exceptions: &[(&str, &str)]) -> Vec<Fixture> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut all: Vec<Fixture> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .map(|path| read(&path))
        .collect();
    all.sort_by(|left, right| left.name.cmp(&right.name));
    for (name, reason) in exceptions {
        assert!(
            all.iter().any(|fixture| fixture.name == *name) && !reason.is_empty(),
            "no fixture {name} to except"
        );
    }
    all.retain(|fixture| !exceptions.iter().any(|(name, _)| *name == fixture.name));
    all
}

fn read(path: &Path) -> Fixture {
    let text = std::fs::read_to_string(path).unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    let raw: Raw<'_> = serde_json::from_str(&text).unwrap_or(Raw { request: None });
    let body = match whole.pointer("/request/body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => expanded(&one_line(raw.request.unwrap().body.unwrap().get())),
    };
    Fixture {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        whole,
        body,
    }
}

/// The recordings were sent by a program that writes `{"a": 1, "b": 2}`; positions in parse errors depend on it.
fn one_line(raw: &str) -> String {
    let (mut out, mut in_text, mut escaped) = (String::new(), false, false);
    for char in raw.chars() {
        if in_text {
            out.push(char);
            (in_text, escaped) = (escaped || char != '"', !escaped && char == '\\');
        } else if !char.is_whitespace() {
            out.push(char);
            in_text = char == '"';
            if char == ',' || char == ':' {
                out.push(' ');
            }
        }
    }
    out
}

/// Long texts of one letter are cut in the files: `xxx...<N chars in all>`.
fn expanded(body: &str) -> String {
    let Some(end) = body.find(" chars in all>\"") else {
        return body.to_owned();
    };
    let start = body[..end].rfind("...<").unwrap();
    let count: usize = body[start + 4..end].parse().unwrap();
    let quote = body[..start].rfind('"').unwrap();
    let letter = &body[quote + 1..quote + 2];
    format!(
        "{}{}{}",
        &body[..=quote],
        letter.repeat(count),
        &body[end + " chars in all>".len()..]
    )
}

impl Fixture {
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.whole.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or("")
    }

    pub(crate) fn status(&self) -> u64 {
        self.at("/response/status").as_u64().unwrap()
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let headers = self
            .at("/request/headers")
            .as_object()
            .cloned()
            .unwrap_or_default();
        headers
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .collect()
    }

    /// Sends the request under `prefix`, with these headers.
    pub(crate) async fn send(
        &self,
        router: &Router,
        prefix: &str,
        headers: &[(String, String)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(self.text("/request/method"))
            .uri(format!("{prefix}{}", self.text("/request/path")));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = router
            .clone()
            .oneshot(request.body(Body::from(self.body.clone())).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        Answer {
            status: u64::from(parts.status.as_u16()),
            content_type: header("content-type"),
            etag: header("etag"),
            limited: header("retry-after").is_some() && header("x-ratelimit-limit").is_some(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// What differs between the recorded answer and this one, after `tidy` on both; none if they mean the same.
    pub(crate) fn difference(
        &self,
        answer: &Answer,
        mut tidy: impl FnMut(&mut Value),
    ) -> Option<String> {
        let (mut wanted, mut found) = (self.at("/response/body").clone(), answer.body.clone());
        tidy(&mut wanted);
        tidy(&mut found);
        let wanted_type = self
            .at("/response/headers/content-type")
            .as_str()
            .map(bare_type);
        let found_type = answer.content_type.as_deref().map(bare_type);
        if (self.status(), &wanted) != (answer.status, &found) {
            return Some(format!(
                "{}\n  recorded {} {wanted}\n  answered {} {found}",
                self.name,
                self.status(),
                answer.status
            ));
        }
        (wanted_type != found_type).then(|| {
            format!(
                "{}: recorded {wanted_type:?}, answered {found_type:?}",
                self.name
            )
        })
    }
}

/// A 404 of the real servers has no type where its body is empty.
fn bare_type(full: &str) -> &str {
    full.split(';').next().unwrap_or(full)
}

pub(crate) struct Answer {
    pub status: u64,
    pub content_type: Option<String>,
    pub etag: Option<String>,
    /// Carries the headers of the rate limit.
    pub limited: bool,
    pub body: Value,
}

/// Applies a change to all values below, objects' fields with their names.
pub(crate) fn walk(value: &mut Value, key: &str, change: &mut impl FnMut(&str, &mut Value)) {
    change(key, value);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, key, change)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(key, value)| walk(value, key, change)),
        _ => {}
    }
}
