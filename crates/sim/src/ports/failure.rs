//! What a caller makes of failures and refusals: the same kinds and codes that the real clients give them.

use std::time::Duration;

use http_kit::{Effect, Error, Kind, codes as net};

use super::call::Route;
use crate::faults::Failure;
use crate::huly;
use crate::vibe::Refusal;

/// The longest that a client waits for the answer of a read, and of a write.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// The service name of Vibe Kanban's errors.
pub(super) const VIBE: &str = "vibe";
/// The code of "not there" on a route with an id.
pub(super) const VIBE_NOT_FOUND: &str = "VIBE_NOT_FOUND";
/// The code of an id that is taken.
pub(super) const HULY_EXISTS: &str = "HULY_EXISTS";
/// The code of a description that somebody has open, though its issue is gone.
pub(super) const HULY_DESCRIPTION_LIVE: &str = "HULY_DESCRIPTION_LIVE";

/// The failure as the caller sees it, after as long as it takes to see it.
pub(super) async fn seen(route: Route, failure: &Failure) -> Error {
    if *failure == Failure::Hang {
        tokio::time::sleep(match route.effect {
            Effect::Read => READ_TIMEOUT,
            Effect::Write => WRITE_TIMEOUT,
        })
        .await;
    }
    error(route, failure)
}

/// The failure as an error.
pub(super) fn error(route: Route, failure: &Failure) -> Error {
    let is_vibe = route.service == VIBE;
    let (kind, code, detail) = match failure {
        Failure::Status { status, body } => {
            let (kind, code) = if is_vibe {
                vibe_status(route, *status, body)
            } else {
                huly_status(route, *status)
            };
            return new(route, kind, code)
                .with_status(*status)
                .with_detail(body);
        }
        Failure::Hang => (unanswered(route), net::NET_TIMEOUT, "no answer in time"),
        Failure::Reset => (unanswered(route), net::NET_RESET, "connection broken"),
        Failure::Truncated => (unanswered(route), net::NET_BODY, "broken answer"),
        Failure::Html if is_vibe => (unreadable(route), "VIBE_HTML", "the answer is no json"),
        Failure::Html => (
            unanswered(route),
            net::NET_HTML,
            "an html page instead of an answer",
        ),
    };
    new(route, kind, code).with_detail(detail)
}

/// A refusal of Huly's transactor.
pub(super) fn of_huly(route: Route, error: huly::Error) -> Error {
    let (kind, code) = match &error {
        huly::Error::DomainNotFound(_) => (Kind::Rejected, "HULY_CLASS_UNKNOWN"),
        huly::Error::BadRequest => (Kind::Rejected, "HULY_BAD_REQUEST"),
        huly::Error::AccountMismatch(_) => (Kind::Fatal, "HULY_ACCOUNT_MISMATCH"),
        huly::Error::Forbidden => (Kind::Fatal, "HULY_FORBIDDEN"),
        huly::Error::Duplicate(_) => (Kind::Conflict, HULY_EXISTS),
        huly::Error::Sql(_) => (unanswered(route), "HULY_SERVER_ERROR"),
    };
    new(route, kind, code)
        .with_status(500)
        .with_detail(error.to_string())
        .with_source(error)
}

/// A refusal of Huly's collaborator.
pub(super) fn of_collaborator(route: Route, error: huly::CollabError) -> Error {
    let (kind, code) = match &error {
        huly::CollabError::UnknownMethod => (Kind::Rejected, "HULY_BAD_REQUEST"),
        huly::CollabError::Exists(_) => (Kind::Conflict, HULY_DESCRIPTION_LIVE),
    };
    new(route, kind, code)
        .with_detail(error.to_string())
        .with_source(error)
}

/// A session that is not opened; `closed` where the workspace itself is.
pub(super) fn no_session(route: Route, closed: bool) -> Error {
    let code = if closed {
        "HULY_WORKSPACE_CLOSED"
    } else {
        "HULY_SESSION_REFUSED"
    };
    new(route, Kind::Fatal, code)
        .with_status(403)
        .with_detail("Failed to create session")
}

/// A refusal of Vibe Kanban.
pub(super) fn of_vibe(route: Route, refusal: Refusal) -> Error {
    let (kind, code) = match &refusal {
        Refusal::NotFound => (Kind::Conflict, VIBE_NOT_FOUND),
        Refusal::Told(words) => told(words),
        Refusal::Bad(_) => (Kind::Rejected, "VIBE_BAD_REQUEST"),
        Refusal::ForeignKey => (Kind::Rejected, "VIBE_PROJECT_UNKNOWN"),
    };
    new(route, kind, code)
        .with_detail(refusal.to_string())
        .with_source(refusal)
}

fn told(words: &str) -> (Kind, &'static str) {
    match words {
        "A project with this git repository path already exists" => {
            (Kind::Conflict, "VIBE_PATH_TAKEN")
        }
        "The specified path does not exist" => (Kind::Rejected, "VIBE_PATH_MISSING"),
        "The specified path is not a directory" => (Kind::Rejected, "VIBE_PATH_NOT_DIRECTORY"),
        "The specified directory is not a git repository" => (Kind::Rejected, "VIBE_PATH_NOT_GIT"),
        _ => (Kind::Rejected, "VIBE_REFUSED"),
    }
}

fn huly_status(route: Route, status: u16) -> (Kind, &'static str) {
    match status {
        // A body that is none of the server's answers.
        200..=299 => (Kind::Fatal, "HULY_SHAPE"),
        401 => (Kind::Fatal, "HULY_TOKEN_REFUSED"),
        403 => (Kind::Fatal, "HULY_FORBIDDEN"),
        404 => (Kind::Fatal, "HULY_HTTP_404"),
        429 => (Kind::Transient, "HULY_HTTP_429"),
        408 | 500..=599 => (unanswered(route), "HULY_SERVER_ERROR"),
        400..=499 => (Kind::Rejected, "HULY_HTTP_REJECTED"),
        _ => (Kind::Fatal, "HULY_HTTP_STATUS"),
    }
}

fn vibe_status(route: Route, status: u16, body: &str) -> (Kind, &'static str) {
    let by_id = route.template.ends_with('}');
    let deletes = route.method == "DELETE";
    match status {
        200..=299 => (unreadable(route), "VIBE_SHAPE"),
        400 | 415 => (Kind::Rejected, "VIBE_BAD_REQUEST"),
        401 | 403 => (Kind::Fatal, "VIBE_LOGIN"),
        404 if by_id && body.is_empty() => (Kind::Conflict, VIBE_NOT_FOUND),
        404 | 405 => (Kind::Fatal, "VIBE_ROUTE_MISSING"),
        409 if deletes => (Kind::Transient, "VIBE_AGENT_RUNNING"),
        409 if by_id => (Kind::Rejected, "VIBE_SHARED_TASK"),
        409 => (Kind::Conflict, "VIBE_CONFLICT"),
        413 => (Kind::Rejected, "VIBE_TOO_LARGE"),
        422 => (Kind::Rejected, "VIBE_BAD_VALUE"),
        429 => (Kind::Transient, "VIBE_BUSY"),
        408 | 502..=504 => (unanswered(route), "VIBE_BUSY"),
        500 => (unanswered(route), "VIBE_HTTP_500"),
        501..=599 => (unanswered(route), "VIBE_HTTP_OTHER"),
        _ => (Kind::Rejected, "VIBE_HTTP_OTHER"),
    }
}

/// Whether the server did what was asked is open.
fn unanswered(route: Route) -> Kind {
    match route.effect {
        Effect::Read => Kind::Transient,
        Effect::Write => Kind::Unknown,
    }
}

/// A success that cannot be read: a write has happened all the same.
fn unreadable(route: Route) -> Kind {
    match route.effect {
        Effect::Read => Kind::Fatal,
        Effect::Write => Kind::Unknown,
    }
}

fn new(route: Route, kind: Kind, code: &'static str) -> Error {
    Error::new(kind, code, route.service, route.shown)
}
