//! One request and its answer, as plain values that can be sent again.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use crate::{Effect, Error, Kind, codes};

/// One request. Cloning is cheap (the body is shared). `Debug` shows no header, query or body.
#[derive(Clone)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// The address, with ids and query filled in.
    pub url: Url,
    /// The path with its parameters as names (`/api/tasks/{id}`): what spans, errors and counters show.
    pub route: &'static str,
    /// Request headers. `Accept-Encoding` is set by the transport.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// Whether the call may be repeated.
    pub effect: Effect,
    /// Whether a page where a success was expected is a failure of its own ([`codes::NET_HTML`]); a refusal may come as a page.
    pub no_page: bool,
}

impl Call {
    /// A request without headers or body.
    pub fn new(method: Method, route: &'static str, url: Url, effect: Effect) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self {
            method,
            url,
            route,
            headers,
            body,
            effect,
            no_page: false,
        }
    }

    /// The call, whose answer is never a page: a success that is one came from another program on the way (a captive
    /// portal, a proxy). For a service that never answers with pages by itself.
    #[must_use]
    pub fn without_pages(mut self) -> Self {
        self.no_page = true;
        self
    }

    /// A read by GET.
    pub fn get(route: &'static str, url: Url) -> Self {
        Self::new(Method::GET, route, url, Effect::Read)
    }

    /// A write by DELETE.
    pub fn delete(route: &'static str, url: Url) -> Self {
        Self::new(Method::DELETE, route, url, Effect::Write)
    }

    /// A POST with a JSON body; a query sent by POST is an [`Effect::Read`]. Fails (fatal, [`codes::NET_ENCODE`])
    /// only where the value has no JSON form.
    pub fn post_json(
        route: &'static str,
        url: Url,
        body: &impl Serialize,
        effect: Effect,
    ) -> Result<Self, Error> {
        Self::new(Method::POST, route, url, effect).with_json(body)
    }

    /// A PUT with a JSON body. Fails as [`Call::post_json`] does.
    pub fn put_json(
        route: &'static str,
        url: Url,
        body: &impl Serialize,
        effect: Effect,
    ) -> Result<Self, Error> {
        Self::new(Method::PUT, route, url, effect).with_json(body)
    }

    /// The call with this value as its JSON body.
    pub fn with_json(self, body: &impl Serialize) -> Result<Self, Error> {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                Ok(self.with_body(bytes.into(), HeaderValue::from_static("application/json")))
            }
            Err(cause) => Err(
                Error::new(Kind::Fatal, codes::NET_ENCODE, "request", self.route)
                    .with_detail("the body has no json form")
                    .with_source(cause),
            ),
        }
    }

    /// The call with this body.
    #[must_use]
    pub fn with_body(mut self, body: Bytes, content_type: HeaderValue) -> Self {
        self.body = body;
        self.headers.insert(CONTENT_TYPE, content_type);
        self
    }

    /// The call with one more header. For a secret value use [`Call::with_bearer`], or mark it sensitive.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The call with `Authorization: Bearer <token>`, marked sensitive. Fails (fatal, [`codes::NET_TOKEN`]) where
    /// the token holds a character that no header can carry.
    pub fn with_bearer(self, token: &SecretString) -> Result<Self, Error> {
        match HeaderValue::try_from(format!("Bearer {}", token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                Ok(self.with_header(AUTHORIZATION, value))
            }
            Err(_) => Err(
                Error::new(Kind::Fatal, codes::NET_TOKEN, "request", self.route)
                    .with_detail("the token holds a character that no header can carry"),
            ),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("route", &self.route)
            .field("effect", &self.effect)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One answer, whole. `Debug` shows no header or body.
#[derive(Clone)]
pub struct Reply {
    /// The status line's number.
    pub status: StatusCode,
    /// The answer's headers, without `Content-Encoding`.
    pub headers: HeaderMap,
    /// The body after decompression.
    pub body: Bytes,
    /// How often the call was sent, this answer included. A transport sets 1; the stack sets the true figure.
    pub tries: u32,
}

impl Reply {
    /// Whether the answer is a web page: it says so, or it says nothing and begins like one.
    pub fn is_page(&self) -> bool {
        let said = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let (text, pages) = match said {
            Some(kind) => (kind, [b"text/html".as_slice(), b"application/xhtml+xml"]),
            None => (self.body.as_ref(), [b"<!doctype".as_slice(), b"<html"]),
        };
        let text = text.trim_ascii_start();
        pages.iter().any(|page| {
            text.get(..page.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(page))
        })
    }

    /// Whether the answer says that it is JSON (`application/json`, or a `+json` type).
    pub fn is_json(&self) -> bool {
        self.headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|mime| mime.trim().to_ascii_lowercase())
            .is_some_and(|mime| mime == "application/json" || mime.ends_with("+json"))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status.as_u16())
            .field("body_bytes", &self.body.len())
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}
