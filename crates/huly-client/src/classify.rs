//! What an answer of each service means: by status, then by the server's own words, in a fixed order.
//!
//! The words are free text and may change: words that are not known are transient (on a read) or unknown (on a
//! write), never a success.

use http_kit::{Call, Effect, Kind, Reply, Verdict, server_words};
use serde::Deserialize;

use crate::codes as c;

/// What a failure means: its kind and its code.
type Reading = (Kind, &'static str);

/// Reads an answer of the transactor. Its authentication errors are 500s; so is a duplicate key.
pub fn transactor(call: &Call, reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        200..=299 => Verdict::Success,
        403 => refused_session(reply),
        404 => {
            let words = error_words(reply);
            if call.route == crate::description::BLOB_ROUTE {
                failed((Kind::Rejected, c::HULY_BLOB_MISSING), "no such blob")
            } else if words.contains("Invalid class name") {
                failed((Kind::Rejected, c::HULY_CLASS_UNKNOWN), words)
            } else {
                failed((Kind::Fatal, c::HULY_HTTP_404), words)
            }
        }
        500 => {
            let words = error_words(reply);
            let reading = by_words(&words).unwrap_or((unanswered(call), c::HULY_SERVER_ERROR));
            failed(reading, words)
        }
        status => by_status(call, reply, status),
    }
}

/// Reads an answer of the collaborator.
pub fn collaborator(call: &Call, reply: &Reply) -> Verdict {
    let words = error_words(reply);
    match reply.status.as_u16() {
        200..=299 => Verdict::Success,
        400 => failed((Kind::Rejected, c::HULY_BAD_REQUEST), words),
        500 if words.contains("already exists") => {
            failed((Kind::Conflict, c::HULY_DESCRIPTION_LIVE), words)
        }
        status => by_status(call, reply, status),
    }
}

/// Reads an answer of the account service: every error of a method has status 200.
pub fn account(call: &Call, reply: &Reply) -> Verdict {
    let body: AccountBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    match (reply.status.as_u16(), body.error) {
        (200..=299, None) => Verdict::Success,
        (200..=299, Some(error)) => {
            let code = error.code.unwrap_or_default();
            failed(by_account_code(call, &code), code)
        }
        (400, _) => failed((Kind::Rejected, c::HULY_BAD_REQUEST), error_words(reply)),
        (status, _) => by_status(call, reply, status),
    }
}

/// Reads the answer of the front.
pub fn front(call: &Call, reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        200..=299 => Verdict::Success,
        404 => failed((Kind::Fatal, c::HULY_CONFIG), error_words(reply)),
        status => by_status(call, reply, status),
    }
}

/// A 403 of the transactor. `upgrading` is told with the same words as "not a member": [`c::HULY_SESSION_REFUSED`] is
/// told apart by asking the account service.
fn refused_session(reply: &Reply) -> Verdict {
    let body: RestError = serde_json::from_slice(&reply.body).unwrap_or_default();
    let message = body.message.unwrap_or_default();
    if message == "Invalid workspace" {
        return failed((Kind::Fatal, c::HULY_WORKSPACE_WRONG), message);
    }
    let Some(mode) = body.mode else {
        return failed((Kind::Fatal, c::HULY_FORBIDDEN), error_words(reply));
    };
    let closed = ["archiv", "delet", "pending-deletion"];
    let reading = if closed.iter().any(|start| mode.starts_with(start)) {
        (Kind::Fatal, c::HULY_WORKSPACE_CLOSED)
    } else {
        (Kind::Fatal, c::HULY_SESSION_REFUSED)
    };
    failed(reading, format!("{message}, mode {mode}"))
}

/// The readings of a 500 that are known, in their order.
fn by_words(words: &str) -> Option<Reading> {
    const TOKEN: [&str; 7] = [
        "signature verification",
        "token expired",
        "no token supplied",
        "invalid token",
        "unexpected token",
        "too many segments",
        "reading 'split'",
    ];
    let has = |list: &[&str]| {
        let words = words.to_ascii_lowercase();
        list.iter().any(|word| words.contains(word))
    };
    if has(&TOKEN) {
        Some((Kind::Fatal, c::HULY_TOKEN_REFUSED))
    } else if has(&["status:accountmismatch"]) {
        Some((Kind::Fatal, c::HULY_ACCOUNT_MISMATCH))
    } else if has(&["status:forbidden"]) {
        Some((Kind::Fatal, c::HULY_FORBIDDEN))
    } else if has(&["domain not found", "invalid class name"]) {
        Some((Kind::Rejected, c::HULY_CLASS_UNKNOWN))
    } else if has(&[
        "status:badrequest",
        " in json at position",
        "valid json",
        "end of json",
    ]) {
        Some((Kind::Rejected, c::HULY_BAD_REQUEST))
    } else if has(&["duplicate key", "e11000"]) {
        Some((Kind::Conflict, c::HULY_EXISTS))
    } else {
        None
    }
}

/// What an error code of the account service means. A refused login is fatal: it is never sent again.
fn by_account_code(call: &Call, code: &str) -> Reading {
    match code.rsplit(':').next().unwrap_or_default() {
        "Unauthorized" | "TokenExpired" | "TokenNotActive" => (Kind::Fatal, c::HULY_TOKEN_REFUSED),
        "AccountNotFound" | "InvalidPassword" => (Kind::Fatal, c::HULY_LOGIN_REFUSED),
        "PasswordLoginLocked" => (Kind::Fatal, c::HULY_LOGIN_LOCKED),
        "Forbidden" => (Kind::Fatal, c::HULY_NOT_A_MEMBER),
        "WorkspaceNotFound" => (Kind::Fatal, c::HULY_WORKSPACE_UNKNOWN),
        "WorkspaceArchived" => (Kind::Fatal, c::HULY_WORKSPACE_CLOSED),
        "UnknownMethod" => (Kind::Fatal, c::HULY_HTTP_404),
        "BadRequest" => (Kind::Rejected, c::HULY_BAD_REQUEST),
        _ => (unanswered(call), c::HULY_SERVER_ERROR),
    }
}

/// The readings that the services share.
fn by_status(call: &Call, reply: &Reply, status: u16) -> Verdict {
    let reading = match status {
        401 => (Kind::Fatal, c::HULY_TOKEN_REFUSED),
        403 => (Kind::Fatal, c::HULY_FORBIDDEN),
        404 => (Kind::Fatal, c::HULY_HTTP_404),
        429 => (Kind::Transient, c::HULY_HTTP_429),
        408 | 500..=599 => (unanswered(call), c::HULY_SERVER_ERROR),
        // what stands there is another thing than was thought: looked at again, never given up at once
        409 | 412 => (Kind::Conflict, c::HULY_HTTP_REJECTED),
        400..=499 => (Kind::Rejected, c::HULY_HTTP_REJECTED),
        _ => (Kind::Fatal, c::HULY_HTTP_STATUS),
    };
    failed(reading, error_words(reply))
}

/// A read may be sent again; whether a write was carried out is not known.
fn unanswered(call: &Call) -> Kind {
    match call.effect {
        Effect::Read => Kind::Transient,
        Effect::Write => Kind::Unknown,
    }
}

fn failed((kind, code): Reading, words: impl AsRef<str>) -> Verdict {
    // The server's words about a bad token hold a piece of the token.
    let detail = if code == c::HULY_TOKEN_REFUSED {
        "the server does not take the token".to_owned()
    } else {
        without_tokens(words.as_ref())
    };
    Verdict::Failed { kind, code, detail }
}

/// The words without anything that looks like a token (three parts of base64 joined by dots).
fn without_tokens(words: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::with_capacity(words.len().min(1024));
    let mut rest = words;
    while let Some(start) = rest.find("eyJ") {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !in_token(c)).unwrap_or(from.len());
        out.push_str(before);
        out.push_str("<token>");
        rest = from.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The `error` of a JSON answer, else its whole text; bounded.
fn error_words(reply: &Reply) -> String {
    let body: RestError = serde_json::from_slice(&reply.body).unwrap_or_default();
    match (body.error, body.message) {
        (Some(serde_json::Value::String(words)), _) | (None, Some(words)) => {
            words.chars().take(1024).collect()
        }
        (_, _) => server_words(reply),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RestError {
    error: Option<serde_json::Value>,
    message: Option<String>,
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccountBody {
    error: Option<AccountError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccountError {
    code: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_500_is_read_by_its_words_in_order_and_unknown_words_are_never_known() {
        let cases = [
            ("Signature verification failed", Some(c::HULY_TOKEN_REFUSED)),
            (
                "Cannot read properties of undefined (reading 'split')",
                Some(c::HULY_TOKEN_REFUSED),
            ),
            ("Cannot read properties of undefined (reading '_id')", None),
            (
                "ERROR: platform:status:AccountMismatch {}",
                Some(c::HULY_ACCOUNT_MISMATCH),
            ),
            (
                "ERROR: platform:status:Forbidden {}",
                Some(c::HULY_FORBIDDEN),
            ),
            (
                "ERROR: platform:status:BadRequest {}",
                Some(c::HULY_BAD_REQUEST),
            ),
            ("domain not found: x ", Some(c::HULY_CLASS_UNKNOWN)),
            (
                "duplicate key value violates unique constraint",
                Some(c::HULY_EXISTS),
            ),
            ("E11000 duplicate", Some(c::HULY_EXISTS)),
            ("Workspace is closing", None),
            ("a title about a token", None),
        ];
        for (words, expected) in cases {
            assert_eq!(by_words(words).map(|(_, code)| code), expected, "{words}");
        }
    }

    #[test]
    fn a_403_is_read_by_the_mode_of_the_workspace() {
        let cases = [
            (
                r#"{"message":"Failed to create session","mode":"upgrading"}"#,
                c::HULY_SESSION_REFUSED,
            ),
            (
                r#"{"message":"Failed to create session","mode":"migration"}"#,
                c::HULY_SESSION_REFUSED,
            ),
            (
                r#"{"message":"Failed to create session","mode":"archived"}"#,
                c::HULY_WORKSPACE_CLOSED,
            ),
            (
                r#"{"message":"Failed to create session","mode":"pending-deletion"}"#,
                c::HULY_WORKSPACE_CLOSED,
            ),
            (
                r#"{"message":"Invalid workspace"}"#,
                c::HULY_WORKSPACE_WRONG,
            ),
            ("<html>a proxy</html>", c::HULY_FORBIDDEN),
        ];
        for (body, expected) in cases {
            let reply = Reply {
                status: http::StatusCode::FORBIDDEN,
                headers: http::HeaderMap::new(),
                body: body.into(),
                tries: 1,
            };
            let Verdict::Failed { kind, code, .. } = refused_session(&reply) else {
                panic!("{body} is no success");
            };
            assert_eq!((kind, code), (Kind::Fatal, expected), "{body}");
        }
    }

    #[test]
    fn words_never_carry_a_token() {
        assert_eq!(
            without_tokens("bad eyJhb.eyJz.c-_x here"),
            "bad <token> here"
        );
        assert_eq!(without_tokens("plain"), "plain");
    }
}
