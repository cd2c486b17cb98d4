//! What an answer of the bridge means, by its own words.

use http_kit::{Call, Effect, Kind, Reply, Verdict, server_words};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::error::Category;

use super::route;
use crate::codes;

/// The body of every failure that the bridge itself reports.
#[derive(Deserialize)]
struct Failure {
    error: String,
    #[serde(default, rename = "availableStatuses")]
    statuses: Option<Vec<String>>,
    #[serde(default, rename = "validPriorities")]
    priorities: Option<Vec<String>>,
    #[serde(default, rename = "supportedFields")]
    fields: Option<Vec<String>>,
}

/// The reading of the bridge's answers, for [`http_kit::Http::new`].
pub fn classify(call: &Call, reply: &Reply) -> Verdict {
    let own = serde_json::from_slice::<Failure>(&reply.body).ok();
    let (kind, code) = match reply.status.as_u16() {
        200..=299 => return accepted(call, reply),
        400 if own.as_ref().is_some_and(|own| own.statuses.is_some()) => {
            (Kind::Rejected, codes::HULY_BRIDGE_STATUS)
        }
        400 | 413 | 422 => (Kind::Rejected, codes::HULY_BRIDGE_REFUSED),
        401 | 403 => (Kind::Fatal, codes::HULY_BRIDGE_LOGIN),
        // Only its own words say that something is gone; a proxy's page or a wrong address does not.
        404 if own.is_some() && call.route != route::HEALTH => {
            (Kind::Conflict, codes::HULY_BRIDGE_NOT_FOUND)
        }
        404 if call.route == route::HEALTH => (Kind::Fatal, codes::HULY_BRIDGE_ADDRESS),
        404 | 405 => (Kind::Fatal, codes::HULY_BRIDGE_ROUTE),
        429 => (Kind::Transient, codes::HULY_HTTP_429),
        // It looks at its connection before anything else, so nothing was done.
        503 if own.is_some() => (Kind::Transient, codes::HULY_BRIDGE_NOT_CONNECTED),
        408 | 500..=599 => (unanswered(call), codes::HULY_SERVER_ERROR),
        _ => (Kind::Rejected, codes::HULY_HTTP_STATUS),
    };
    failed(kind, code, own.map_or_else(|| server_words(reply), words))
}

/// A success must be a JSON object.
fn accepted(call: &Call, reply: &Reply) -> Verdict {
    let code = if call.route == route::HEALTH {
        codes::HULY_BRIDGE_ADDRESS
    } else {
        codes::HULY_SHAPE
    };
    if !reply.is_json() {
        return failed(unreadable(call), code, "the answer is no json".to_owned());
    }
    let is_object = reply.body.trim_ascii_start().starts_with(b"{");
    match serde_json::from_slice::<IgnoredAny>(&reply.body) {
        Ok(_) if is_object => Verdict::Success,
        Ok(_) => failed(
            unreadable(call),
            code,
            "the answer is no json object".to_owned(),
        ),
        Err(cause) => match cause.classify() {
            Category::Data => failed(unreadable(call), code, "the answer is no json".to_owned()),
            Category::Io | Category::Syntax | Category::Eof => failed(
                unanswered(call),
                codes::HULY_SHAPE,
                format!("json breaks off at byte {}", cause.column()),
            ),
        },
    }
}

/// The kind of a failure that leaves open whether it was carried out.
const fn unanswered(call: &Call) -> Kind {
    match call.effect {
        Effect::Read => Kind::Transient,
        Effect::Write => Kind::Unknown,
    }
}

/// The kind of a success that cannot be read: a write has happened all the same.
const fn unreadable(call: &Call) -> Kind {
    match call.effect {
        Effect::Read => Kind::Fatal,
        Effect::Write => Kind::Unknown,
    }
}

const fn failed(kind: Kind, code: &'static str, detail: String) -> Verdict {
    Verdict::Failed { kind, code, detail }
}

fn words(own: Failure) -> String {
    let known = [own.statuses, own.priorities, own.fields];
    match known.into_iter().flatten().next() {
        Some(known) => format!("{} (known: {})", own.error, known.join(", ")),
        None => own.error,
    }
}
