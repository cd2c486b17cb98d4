//! The one error of the stack and of the clients built on it.

use std::fmt;
use std::time::Duration;

use crate::{Kind, Reply};

/// A cause of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Most characters of a server's words that an error keeps.
const DETAIL_MAX: usize = 300;

/// Why a call failed: kind, stable code, service, route, and where known status and the server's words.
///
/// Holds no header, query, request body or address. `Display` is lower case and does not repeat the source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: Kind,
    code: &'static str,
    service: &'static str,
    route: &'static str,
    status: Option<u16>,
    detail: String,
    retry_after: Option<Duration>,
    tries: u32,
    source: Option<BoxError>,
}

impl Error {
    /// An error of a client. `code` is one of the client's table, `route` the template of the call.
    pub fn new(kind: Kind, code: &'static str, service: &'static str, route: &'static str) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                code,
                service,
                route,
                status: None,
                detail: String::new(),
                retry_after: None,
                tries: 0,
                source: None,
            }),
        }
    }

    /// The error with words that say more: cleaned of control characters, cut to 300 characters, and replaced by
    /// a note where they are an HTML page.
    #[must_use]
    pub fn with_detail(mut self, words: impl AsRef<str>) -> Self {
        self.inner.detail = clean(words.as_ref());
        self
    }

    /// The error with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// The error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// The error with the wait that the server asked for.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.inner.retry_after = wait;
        self
    }

    /// The error with the number of times the call was sent.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.inner.tries = tries;
        self
    }

    /// What the error means for the caller.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// The stable code, as in `HULY_HTTP_429`.
    pub fn code(&self) -> &'static str {
        self.inner.code
    }

    /// The service that was called.
    pub fn service(&self) -> &'static str {
        self.inner.service
    }

    /// The template of the route that was called.
    pub fn route(&self) -> &'static str {
        self.inner.route
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The server's words or our own, short and clean; empty where there are none.
    pub fn detail(&self) -> &str {
        &self.inner.detail
    }

    /// The wait that the server asked for with a 429 or 503.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// How often the call was sent; 0 where it never was.
    pub fn tries(&self) -> u32 {
        self.inner.tries
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        write!(f, "{} {}: {} ", inner.service, inner.route, inner.kind)?;
        write!(f, "failure {}", inner.code)?;
        if let Some(status) = inner.status {
            write!(f, ", status {status}")?;
        }
        if !inner.detail.is_empty() {
            write!(f, ": {}", inner.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

/// The words of an answer, for an error's detail: its body as text, or what it is where it is no text to show
/// (an HTML page, nothing at all). [`Error::with_detail`] shortens and cleans it.
pub fn server_words(reply: &Reply) -> String {
    if reply.body.is_empty() {
        return "empty answer".to_owned();
    }
    // Cut before decoding: only the first few hundred characters are ever shown.
    let head = reply
        .body
        .get(..DETAIL_MAX * 4)
        .unwrap_or(reply.body.as_ref());
    clean(&String::from_utf8_lossy(head))
}

/// One line of at most [`DETAIL_MAX`] characters without control or direction characters; an HTML page becomes a note.
fn clean(words: &str) -> String {
    let start: String = words.trim_start().chars().take(9).collect();
    let start = start.to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<?xml") {
        return "an html page instead of an answer".to_owned();
    }
    let printable = words.chars().map(|c| if is_hidden(c) { ' ' } else { c });
    let mut line = String::new();
    let mut count = 0;
    for c in printable {
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == DETAIL_MAX {
            line.push('…');
            break;
        }
        line.push(c);
        count += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Characters that would change how a terminal or a log shows the line: at least those of `sync_core::signs::is_order`, which this
/// crate does not know; a test of the engine holds that.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_short_clean_line_and_never_a_page() {
        let cases = [
            ("  two\n lines\u{1b}[31m red ", "two lines [31m red"),
            (
                "<!DOCTYPE html><html>..",
                "an html page instead of an answer",
            ),
            ("\n <HTML lang=en>", "an html page instead of an answer"),
            ("a\u{202e}b\u{0}c", "a b c"),
            ("", ""),
        ];
        for (words, expected) in cases {
            assert_eq!(clean(words), expected, "{words:?}");
        }
        let long = clean(&"ä".repeat(1000));
        assert_eq!(long.chars().count(), DETAIL_MAX + 1);
    }

    #[test]
    fn an_error_says_service_route_kind_code_and_status_and_keeps_its_source() {
        let cause = std::io::Error::other("pipe");
        let error = Error::new(Kind::Rejected, "VIBE_HTTP_422", "vibe", "/api/tasks")
            .with_status(422)
            .with_detail("missing field `title`")
            .with_source(cause);
        assert_eq!(
            error.to_string(),
            "vibe /api/tasks: rejected failure VIBE_HTTP_422, status 422: missing field `title`"
        );
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("pipe"));
    }
}
