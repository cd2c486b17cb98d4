//! What an answer means, by this server's own words (reference 7), in the five kinds of design 4.5.
//!
//! A PATCH or DELETE of this API may be sent twice without harm, so a failure of the server while it ran is transient for
//! them as for reads; a POST is then unknown. What the *transport* could not get an answer for is unknown for every
//! write; [`may_repeat`] tells the harmless ones apart.

use http::Method;
use http::header::LOCATION;
use http_kit::{Call, Effect, Error, Kind, Reply, Verdict, server_words};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;

use crate::{SERVICE, codes, route};

/// Parts of `reasons` that say that a quota is used up (reference 7.2).
const QUOTAS: [&str; 4] = [
    "agents-limit-exceeded",
    "exceeded-quota",
    "-usage-exceeded",
    "not-enough-credits",
];
/// From here on a server's words are of no use to people: SQL, internal ids, and the value that was sent, which must not
/// get into a log.
const TAILS: [&str; 7] = [
    " (sqlalchemy",
    "\nDETAIL:",
    "[SQL:",
    ", access level in",
    " with actor id:",
    ", 'input'",
    ", input_value=",
];

/// This client's reading of the answers, for [`http_kit::Http::new`].
pub fn classify(call: &Call, reply: &Reply) -> Verdict {
    let status = reply.status.as_u16();
    if reply.status.is_success() {
        return accepted(call, reply);
    }
    let refusal = Refusal::read(reply);
    let (kind, code) = match status {
        300..=399 => return redirected(call, reply),
        402 => (Kind::Rejected, codes::LETTA_QUOTA),
        429 if refusal.quota => (Kind::Rejected, codes::LETTA_QUOTA),
        _ if refusal.provider => provider(call, status),
        401 => (Kind::Fatal, codes::LETTA_UNAUTHORIZED),
        403 => (Kind::Fatal, codes::LETTA_FORBIDDEN),
        404 => not_found(call, reply, &refusal),
        405 => (Kind::Fatal, codes::LETTA_ROUTE_MISSING),
        409 => conflict(&refusal),
        400 | 413 | 415 | 422 => refused(status, &refusal.words),
        // Refused before anything was done, so a write may be sent again as well.
        429 => (Kind::Transient, codes::LETTA_BUSY),
        // A proxy's answers (520 and on: the hosted service's): a create may have gone through.
        408 | 502..=504 | 520..=530 => (unanswered(call), codes::LETTA_BUSY),
        500 => server_error(call, &refusal.words),
        501..=599 => (unanswered(call), codes::LETTA_HTTP_OTHER),
        _ => (Kind::Rejected, codes::LETTA_HTTP_OTHER),
    };
    failed(kind, code, refusal.words)
}

/// Whether the call that failed so may be sent again without looking first: it changed nothing, or it is one of those
/// that end the same when they are carried out twice (every PATCH and DELETE of this client). Never a create and never a
/// message. A 409 of a lock race on a PATCH is among them: [`codes::LETTA_LOCK_RACE`] is transient.
pub fn may_repeat(error: &Error) -> bool {
    let posts = [
        route::AGENTS,
        route::BLOCKS,
        route::FOLDERS,
        route::UPLOAD,
        route::MESSAGES,
    ];
    match error.kind() {
        Kind::Transient => true,
        Kind::Unknown => !posts.contains(&error.route()),
        Kind::Conflict | Kind::Rejected | Kind::Fatal => false,
    }
}

/// A refusal's body, as far as it is understood.
struct Refusal {
    /// What people are shown.
    words: String,
    /// All of the words.
    raw: String,
    /// The model's provider refused, not Letta.
    provider: bool,
    quota: bool,
    /// A conversation's run is under way.
    running: bool,
}

impl Refusal {
    fn read(reply: &Reply) -> Self {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let error = body.get("error");
        let provider = error.is_some_and(Value::is_object);
        let said = |place: Option<&Value>| place.and_then(Value::as_str).map(str::to_owned);
        let part = |name: &str| said(error.and_then(|error| error.get(name)));
        let reasons: Vec<&str> = body
            .get("reasons")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let quota = reasons
            .iter()
            .any(|reason| QUOTAS.iter().any(|known| reason.contains(known)));
        let mut words = match (said(body.get("detail")), part("message"), part("detail")) {
            (Some(detail), ..) => detail,
            (None, Some(message), Some(detail)) => format!("{message} {detail}"),
            (None, Some(message), None) => message,
            (None, None, _) => said(body.get("reason_text"))
                .or_else(|| said(error))
                .unwrap_or_else(|| server_words(reply)),
        };
        if !reasons.is_empty() {
            words = format!("{words} ({})", reasons.join(", "));
        }
        if let Some(wait) = body.get("timeToQuotaResetMs").and_then(Value::as_u64) {
            words = format!("{words}; the quota is renewed in {} s", wait.div_ceil(1000));
        }
        Self {
            words: shown(&words),
            raw: words,
            provider,
            quota,
            running: body.get("run_id").is_some(),
        }
    }
}

/// A server's words up to where they stop being of use.
fn shown(words: &str) -> String {
    let end = TAILS.iter().filter_map(|tail| words.find(tail)).min();
    let cut = end.and_then(|end| words.get(..end)).unwrap_or(words);
    cut.trim_end_matches([' ', ':', '\n', '(', '[']).to_owned()
}

/// The kind of a failure that leaves open whether the server did what was asked.
fn unanswered(call: &Call) -> Kind {
    match call.effect {
        Effect::Write if call.method == Method::POST => Kind::Unknown,
        Effect::Read | Effect::Write => Kind::Transient,
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

/// A status of 200 or so says little: it must be whole JSON. (`null` is a good answer to a detach or a delete.)
fn accepted(call: &Call, reply: &Reply) -> Verdict {
    // The body itself is not shown: at a foreign server it can be anything.
    if reply.is_page() {
        let what = "a page instead of an answer".to_owned();
        return failed(unreadable(call), codes::LETTA_HTML, what);
    }
    if !reply.is_json() {
        let what = "the answer is no json".to_owned();
        return failed(unreadable(call), codes::LETTA_NOT_JSON, what);
    }
    match serde_json::from_slice::<IgnoredAny>(&reply.body) {
        Ok(_) => Verdict::Success,
        Err(cause) => {
            let what = format!("json breaks off at byte {}", cause.column());
            failed(unanswered(call), codes::LETTA_BROKEN_JSON, what)
        }
    }
}

/// "Found" and "see other" after a write may mean that it was done; the others ask to send it elsewhere. Where to is
/// told without its query.
fn redirected(call: &Call, reply: &Reply) -> Verdict {
    let kind = match (call.effect, reply.status.as_u16()) {
        (Effect::Write, 302 | 303) => Kind::Unknown,
        (Effect::Read | Effect::Write, _) => Kind::Fatal,
    };
    let target = reply.headers.get(LOCATION).and_then(|to| to.to_str().ok());
    let target = target.and_then(|to| to.split(['?', '#']).next());
    let words = format!("redirects to {}", target.unwrap_or("nowhere"));
    failed(kind, codes::LETTA_REDIRECT, words)
}

/// The model's provider: its key, its limits, its failures.
fn provider(call: &Call, status: u16) -> (Kind, &'static str) {
    let kind = match status {
        408 | 429 | 500..=599 => unanswered(call),
        _ => Kind::Rejected,
    };
    (kind, codes::LETTA_PROVIDER)
}

/// Only the server's own words about an id of this call say that something is gone. Anything else is a proxy, another server or a
/// wrong address: believing it would make agents twice. No 0.16 server answers 404 without a body, the App Server always does.
fn not_found(call: &Call, reply: &Reply, refusal: &Refusal) -> (Kind, &'static str) {
    if reply.body.is_empty() {
        return (Kind::Fatal, codes::LETTA_APP_SERVER);
    }
    if reply.is_page() {
        return (Kind::Fatal, codes::LETTA_HTML);
    }
    let words = refusal.raw.as_str();
    let named = words.to_ascii_lowercase().contains("not found");
    let detached = words.starts_with("No block with");
    let mut ids = ids_of(call);
    if words.contains("Handle ") && named {
        (Kind::Rejected, codes::LETTA_HANDLE)
    } else if reply.is_json() && (named || detached) && ids.any(|id| is_about(words, id)) {
        (Kind::Conflict, codes::LETTA_NOT_FOUND)
    } else {
        (Kind::Fatal, codes::LETTA_ROUTE_MISSING)
    }
}

/// The ids in a call's path: what stands where its route has parameters. Before them a base address may have a path of its own.
fn ids_of(call: &Call) -> impl Iterator<Item = &str> {
    let route = call.route.trim_end_matches('/').rsplit('/');
    let path = call.url.path().trim_end_matches('/').rsplit('/');
    let pairs = route.zip(path);
    pairs.filter_map(|(name, id)| (name.starts_with('{') && !id.is_empty()).then_some(id))
}

/// Whether words name this very id, and not merely the path that was asked for: routers quote that.
fn is_about(words: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '%');
    words.match_indices(id).any(|(at, _)| {
        let before = words.get(..at).and_then(|text| text.chars().next_back());
        let after = words
            .get(at.saturating_add(id.len())..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// A lost race is to be repeated, a twin is not; they differ only in their words (reference, fact 2).
fn conflict(refusal: &Refusal) -> (Kind, &'static str) {
    let words = refusal.raw.as_str();
    if words.contains("unique constraint") {
        (Kind::Conflict, codes::LETTA_TWIN)
    } else if refusal.running {
        (Kind::Transient, codes::LETTA_AGENT_BUSY)
    } else if words.starts_with("CONFLICT:")
        || words.contains("locked")
        || words.contains("deadlock")
    {
        (Kind::Transient, codes::LETTA_LOCK_RACE)
    } else {
        (Kind::Conflict, codes::LETTA_CONFLICT)
    }
}

/// Our body, or a value in it, is wrong.
fn refused(status: u16, words: &str) -> (Kind, &'static str) {
    let any = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let too_long = [
        "Edit failed: Exc",
        "exceeds block limit",
        "cannot be less than current value length",
    ];
    let handle = [
        "model handle",
        "Must specify either model",
        "Must specify either embedding",
    ];
    let code = match status {
        413 => codes::LETTA_TOO_LONG,
        415 => codes::LETTA_FILE_TYPE,
        _ if any(&too_long) => codes::LETTA_TOO_LONG,
        _ if any(&handle) => codes::LETTA_HANDLE,
        _ => codes::LETTA_BAD_VALUE,
    };
    (Kind::Rejected, code)
}

/// A bad name on a create is a 500 too, and for ever; the server says so.
fn server_error(call: &Call, words: &str) -> (Kind, &'static str) {
    if words.contains("Agent name") && words.contains("invalid characters") {
        (Kind::Rejected, codes::LETTA_NAME)
    } else {
        (unanswered(call), codes::LETTA_HTTP_500)
    }
}

/// The value of a successful answer. An unexpected shape is an error that names route and field: fatal for a read,
/// unknown for a write (which has happened).
pub fn decode<T: DeserializeOwned>(call: &Call, reply: &Reply) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(&reply.body);
    serde_path_to_error::deserialize(&mut json).map_err(|cause| {
        let field = cause.path().to_string();
        let cause = cause.into_inner();
        let (kind, code) = match cause.classify() {
            Category::Data => (unreadable(call), codes::LETTA_SHAPE),
            Category::Io | Category::Syntax | Category::Eof => {
                (unanswered(call), codes::LETTA_BROKEN_JSON)
            }
        };
        Error::new(kind, code, SERVICE, call.route)
            .with_status(reply.status.as_u16())
            .with_detail(format!("unexpected shape at {field}: {cause}"))
            .with_tries(reply.tries)
    })
}

#[cfg(test)]
mod tests;
