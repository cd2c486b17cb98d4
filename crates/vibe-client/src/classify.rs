//! What an answer means, by this server's own words (reference: general part of the local API).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use http::Method;
use http::header::CONTENT_TYPE;
use http_kit::{Call, Effect, Error, Kind, Reply, Verdict, server_words};
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;

use crate::{SERVICE, codes, route};

/// The part of the envelope that tells success from failure.
#[derive(Deserialize)]
struct Head {
    success: bool,
    #[serde(default)]
    message: Option<String>,
}

/// The envelope with its data.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// This client's reading of the answers, for [`http_kit::Http::new`].
pub fn classify(call: &Call, reply: &Reply) -> Verdict {
    let status = reply.status.as_u16();
    let (kind, code) = match status {
        200..=299 => return accepted(call, reply),
        // 415 cannot be: every body is sent as JSON.
        400 | 415 => (Kind::Rejected, codes::VIBE_BAD_REQUEST),
        401 if call.route == route::TASK => (Kind::Rejected, codes::VIBE_SHARED_TASK),
        401 => (Kind::Fatal, codes::VIBE_LOGIN),
        403 => (Kind::Fatal, codes::VIBE_ORIGIN),
        404 => not_found(call, reply),
        405 => (Kind::Fatal, codes::VIBE_ROUTE_MISSING),
        409 => conflict(call),
        413 => (Kind::Rejected, codes::VIBE_TOO_LARGE),
        422 => unprocessable(call, reply),
        // Refused before anything was done, so a write may be sent again as well.
        429 => (Kind::Transient, codes::VIBE_BUSY),
        // A proxy's answers: a write may have gone through.
        408 | 502..=504 => (unanswered(call), codes::VIBE_BUSY),
        500 => server_error(call, reply),
        501..=599 => (unanswered(call), codes::VIBE_HTTP_OTHER),
        _ => (Kind::Rejected, codes::VIBE_HTTP_OTHER),
    };
    failed(kind, code, words(reply))
}

/// The kind of a failure that leaves open whether the server did what was asked.
fn unanswered(call: &Call) -> Kind {
    match call.effect {
        Effect::Read => Kind::Transient,
        Effect::Write => Kind::Unknown,
    }
}

/// The kind of a success that cannot be read: a write has happened all the same.
fn unreadable(call: &Call) -> Kind {
    match call.effect {
        Effect::Read => Kind::Fatal,
        Effect::Write => Kind::Unknown,
    }
}

fn failed(kind: Kind, code: &'static str, detail: String) -> Verdict {
    Verdict::Failed { kind, code, detail }
}

/// A status of 200 or so says little: it must be JSON, and the envelope must say `success: true`.
fn accepted(call: &Call, reply: &Reply) -> Verdict {
    if !reply.is_json() {
        let code = if is_html(reply) {
            codes::VIBE_HTML
        } else {
            codes::VIBE_NOT_JSON
        };
        // The body itself is not shown: at a foreign server it can be anything.
        return failed(unreadable(call), code, "the answer is no json".to_owned());
    }
    if call.route == route::REMOTE_HEALTH {
        return Verdict::Success;
    }
    match serde_json::from_slice::<Head>(&reply.body) {
        Ok(Head { success: true, .. }) => Verdict::Success,
        Ok(head) => refused(call, head.message.unwrap_or_default()),
        Err(cause) => match cause.classify() {
            Category::Data => failed(
                unreadable(call),
                codes::VIBE_SHAPE,
                "no envelope with a field success".to_owned(),
            ),
            Category::Io | Category::Syntax | Category::Eof => failed(
                unanswered(call),
                codes::VIBE_BROKEN_JSON,
                format!("json breaks off at byte {}", cause.column()),
            ),
        },
    }
}

/// `success: false` with a good status.
fn refused(call: &Call, message: String) -> Verdict {
    let (kind, code) = match message.as_str() {
        // The project is there: observing again finds and adopts it.
        "A project with this git repository path already exists" => {
            (Kind::Conflict, codes::VIBE_PATH_TAKEN)
        }
        "The specified path does not exist" => (Kind::Rejected, codes::VIBE_PATH_MISSING),
        "The specified path is not a directory" => (Kind::Rejected, codes::VIBE_PATH_NOT_DIRECTORY),
        "The specified directory is not a git repository"
        | "The specified path is not a git repository" => {
            (Kind::Rejected, codes::VIBE_PATH_NOT_GIT)
        }
        "Duplicate repository name provided"
        | "Duplicate repository path provided"
        | "A repository with this path already exists in the project" => {
            (Kind::Rejected, codes::VIBE_REPOSITORY_TWICE)
        }
        _ => match call.effect {
            Effect::Read => (Kind::Transient, codes::VIBE_REFUSED),
            Effect::Write => (Kind::Rejected, codes::VIBE_REFUSED),
        },
    };
    failed(kind, code, message)
}

/// Only the server's own 404 (an empty body, on a route with an id) says that something is gone. Anything else is a
/// proxy or a wrong address: believing it would delete things.
fn not_found(call: &Call, reply: &Reply) -> (Kind, &'static str) {
    let by_id = [route::TASK, route::PROJECT].contains(&call.route);
    if by_id && reply.body.is_empty() {
        (Kind::Conflict, codes::VIBE_NOT_FOUND)
    } else {
        (Kind::Fatal, codes::VIBE_ROUTE_MISSING)
    }
}

/// A delete while an agent runs (before v0.0.147), or a change of a shared task (v0.0.117 to v0.0.155).
fn conflict(call: &Call) -> (Kind, &'static str) {
    if call.route != route::TASK {
        (Kind::Conflict, codes::VIBE_CONFLICT)
    } else if call.method == Method::DELETE {
        (Kind::Transient, codes::VIBE_AGENT_RUNNING)
    } else {
        (Kind::Rejected, codes::VIBE_SHARED_TASK)
    }
}

/// A refused value; or, on a project's create, the body of the other shape (nothing is stored then).
fn unprocessable(call: &Call, reply: &Reply) -> (Kind, &'static str) {
    let text = String::from_utf8_lossy(&reply.body);
    let other_shape = [
        "missing field `repositories`",
        "missing field `git_repo_path`",
    ]
    .iter()
    .any(|words| text.contains(words));
    if call.route == route::PROJECTS && other_shape {
        (Kind::Fatal, codes::VIBE_SHAPE_CHANGED)
    } else {
        (Kind::Rejected, codes::VIBE_BAD_VALUE)
    }
}

/// L1 names the broken foreign key: that stays so for ever. L2 does not say; the client then asks for the project.
fn server_error(call: &Call, reply: &Reply) -> (Kind, &'static str) {
    let broken_key = String::from_utf8_lossy(&reply.body).contains("FOREIGN KEY constraint failed");
    match call.effect {
        Effect::Write if broken_key => (Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
        Effect::Write | Effect::Read => (unanswered(call), codes::VIBE_HTTP_500),
    }
}

/// The server's words: the envelope's message where there is one, else the body's text.
fn words(reply: &Reply) -> String {
    let message = serde_json::from_slice::<Head>(&reply.body)
        .ok()
        .and_then(|head| head.message);
    message.unwrap_or_else(|| server_words(reply))
}

fn is_html(reply: &Reply) -> bool {
    let kind = reply.headers.get(CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        })
}

/// The data of a successful answer. An unexpected shape is an error that names route and field: fatal for a read,
/// unknown for a write (which has happened).
pub fn decode<T: DeserializeOwned>(call: &Call, reply: &Reply) -> Result<T, Error> {
    // Keeping track of the place makes reading a good deal slower, so that is left to answers that cannot be read.
    if let Ok(envelope) = serde_json::from_slice::<Envelope<T>>(&reply.body) {
        return Ok(envelope.data);
    }
    let mut json = serde_json::Deserializer::from_slice(&reply.body);
    match serde_path_to_error::deserialize::<_, Envelope<T>>(&mut json) {
        Ok(envelope) => Ok(envelope.data),
        Err(cause) => {
            let field = cause.path().to_string();
            let cause = cause.into_inner();
            let error = Error::new(unreadable(call), codes::VIBE_SHAPE, SERVICE, call.route);
            Err(error
                .with_status(reply.status.as_u16())
                .with_detail(format!("unexpected shape at {field}: {cause}"))
                .with_tries(reply.tries))
        }
    }
}

/// The rows of a successful list, each turned into what is kept of it as soon as it is read: never are all rows held.
pub(crate) fn decode_each<T: DeserializeOwned, R>(
    call: &Call,
    reply: &Reply,
    keep: impl Fn(T) -> R,
) -> Result<Vec<R>, Error> {
    let mut json = serde_json::Deserializer::from_slice(&reply.body);
    let read = json
        .deserialize_map(Data(&keep, PhantomData))
        .and_then(|kept| json.end().map(|()| kept));
    match read {
        Ok(Some(kept)) => Ok(kept),
        // The other reader knows the words for what is wrong.
        Ok(None) | Err(_) => {
            decode::<Vec<T>>(call, reply).map(|rows| rows.into_iter().map(keep).collect())
        }
    }
}

/// Reads the envelope of a list.
struct Data<'k, T, F>(&'k F, PhantomData<T>);

impl<'de, T: DeserializeOwned, R, F: Fn(T) -> R> Visitor<'de> for Data<'_, T, F> {
    type Value = Option<Vec<R>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key != "data" {
                map.next_value::<IgnoredAny>()?;
            } else if kept.is_none() {
                kept = Some(map.next_value_seed(Rows(self.0, PhantomData))?);
            } else {
                return Err(serde::de::Error::duplicate_field("data"));
            }
        }
        Ok(kept)
    }
}

/// Reads the rows of a list.
struct Rows<'k, T, F>(&'k F, PhantomData<T>);

impl<'de, T: DeserializeOwned, R, F: Fn(T) -> R> DeserializeSeed<'de> for Rows<'_, T, F> {
    type Value = Vec<R>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, R, F: Fn(T) -> R> Visitor<'de> for Rows<'_, T, F> {
    type Value = Vec<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(row) = rows.next_element()? {
            kept.push((self.0)(row));
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;
    use serde_json::Value;

    use super::*;

    fn reply(body: &str) -> (Call, Reply) {
        let url = url::Url::parse("http://127.0.0.1:1/api/tasks").expect("a url");
        let reply = Reply {
            status: StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            tries: 1,
        };
        (Call::get(route::TASKS, url), reply)
    }

    #[test]
    fn a_list_read_row_by_row_is_the_list_read_as_a_whole_and_fails_with_the_same_words() {
        let bodies = [
            r#"{"success":true,"data":[1,2,3],"message":null}"#,
            r#"{"data":[],"more":{"data":[7]}}"#,
            r#"{"data":[1,"two"]}"#,
            r#"{"data":{"rows":[1]}}"#,
            r#"{"data":null}"#,
            r#"{"success":true}"#,
            r#"{"data":[1]} and more"#,
            r#"{"data":[1],"data":[2]}"#,
            "[1]",
            "",
        ];
        for body in bodies {
            let (call, reply) = reply(body);
            let whole: Result<Vec<i64>, Error> = decode(&call, &reply);
            let each = decode_each(&call, &reply, |row: i64| row);
            match (whole, each) {
                (Ok(whole), Ok(each)) => assert_eq!(whole, each, "{body}"),
                (Err(whole), Err(each)) => assert_eq!(whole.to_string(), each.to_string()),
                (whole, each) => panic!("{body}: {whole:?} and {each:?}"),
            }
        }
        let (call, body) = reply(r#"{"data":[{"a":1}]}"#);
        let kept = decode_each(&call, &body, |row: Value| row["a"].as_i64());
        assert_eq!(kept.expect("a list"), [Some(1)]);
    }
}
