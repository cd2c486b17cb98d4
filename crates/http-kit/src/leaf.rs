//! The transport of production: `reqwest`, with our own rules for redirects, compression and the body cap.

use std::io::{self, Write};
use std::sync::{Arc, Once};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower::util::BoxCloneSyncService;
use url::{Host, Url};

use crate::dial::Returns;
use crate::stats::Counters;
use crate::{Call, Effect, Error, Kind, Reply, Settings, Transport, TransportError, codes};

/// Most redirects followed within one host.
const REDIRECTS_MAX: usize = 3;

/// The connections of one service.
#[derive(Debug, Clone)]
struct Leaf {
    /// Through the system's proxy, where one is set.
    outside: reqwest::Client,
    /// For loopback addresses, which no proxy can reach.
    local: reqwest::Client,
    /// Whether this machine has root certificates.
    roots: bool,
    /// Whether plain http may leave this machine.
    allow_insecure: bool,
    /// Whether a read goes where its own host sends it.
    follow_redirects: bool,
    body_cap: usize,
    counters: Arc<Counters>,
    returns: Returns,
}

/// The real transport. Fails (fatal) where the client cannot be built.
pub(crate) fn transport(settings: &Settings, counters: Arc<Counters>) -> Result<Transport, Error> {
    install_crypto();
    let returns = Returns::default();
    let builder = |settings: &Settings| builder(settings).connector_layer(returns.clone());
    let (outside, roots) = match builder(settings).build() {
        Ok(client) => (client, true),
        // The only step that depends on this machine is loading the root certificates. Plain addresses (the demo,
        // a local board) need none, so the stack is built without; https calls say what is missing.
        Err(cause) => {
            tracing::debug!(service = settings.service, %cause, "no root certificates");
            let bare = builder(settings).tls_certs_only([]);
            (build(settings, bare)?, false)
        }
    };
    let local = build(settings, builder(settings).tls_certs_only([]).no_proxy())?;
    // A loopback server with a certificate is judged like any other, so only plain addresses go around the proxy.
    let leaf = Leaf {
        outside,
        local,
        roots,
        allow_insecure: settings.allow_insecure,
        follow_redirects: settings.follow_redirects,
        body_cap: settings.body_cap,
        counters,
        returns,
    };
    Ok(BoxCloneSyncService::new(tower::service_fn(
        move |call: Call| {
            let leaf = leaf.clone();
            async move { leaf.send(call).await }
        },
    )))
}

/// One crypto provider for the process. A second install fails because one is there, which is what is wanted.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let installed = rustls::crypto::ring::default_provider().install_default();
        if installed.is_err() {
            tracing::debug!("a crypto provider was installed before");
        }
    });
}

fn builder(settings: &Settings) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("hvs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .pool_max_idle_per_host(settings.idle_connections)
        .pool_idle_timeout(settings.idle_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .dns_resolver(Arc::new(Names))
        // Decompressed here, so that the bytes on the wire can be counted.
        .gzip(false)
}

fn build(settings: &Settings, builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|cause| {
        Error::new(Kind::Fatal, codes::NET_SETUP, settings.service, "(client)")
            .with_detail("the http client could not be built")
            .with_source(cause)
    })
}

impl Leaf {
    async fn send(&self, mut call: Call) -> Result<Reply, TransportError> {
        let mut left = REDIRECTS_MAX;
        loop {
            let response = self.once(&call).await?;
            if !self.follow_redirects {
                return self.whole(response).await;
            }
            match redirect(&call, &response)? {
                None => return self.whole(response).await,
                Some(target) if left > 0 => call.url = target,
                Some(_) => {
                    return Err(TransportError::Redirect {
                        status: response.status().as_u16(),
                        host: "itself, again and again".to_owned(),
                    });
                }
            }
            left -= 1;
        }
    }

    async fn once(&self, call: &Call) -> Result<reqwest::Response, TransportError> {
        let plain = call.url.scheme() == "http";
        if !plain && !self.roots {
            return Err(TransportError::NoRoots);
        }
        let client = if plain && is_loopback(&call.url) {
            &self.local
        } else if plain && !self.allow_insecure {
            return Err(TransportError::Insecure);
        } else {
            &self.outside
        };
        let mut headers = call.headers.clone();
        // Exactly this form: Huly does not recognise a name with a q-value (reference 2.2).
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let answer = client
            .request(call.method.clone(), call.url.clone())
            .headers(headers)
            .body(call.body.clone())
            .send();
        self.returns.calling(answer).await.map_err(broken_request)
    }

    /// The answer with its body, decompressed, under the cap.
    async fn whole(&self, mut response: reqwest::Response) -> Result<Reply, TransportError> {
        let status = response.status();
        let mut headers = response.headers().clone();
        let mut body = Body::new(&headers, self.body_cap)?;
        while let Some(chunk) = response.chunk().await.map_err(broken_body)? {
            self.counters.wire(chunk.len());
            body.take(&chunk)?;
        }
        self.returns.note();
        if headers.remove(CONTENT_ENCODING).is_some() {
            headers.remove(CONTENT_LENGTH);
        }
        let body = body.finish()?;
        Ok(Reply {
            status,
            headers,
            body,
            tries: 1,
        })
    }
}

/// Loopback by name or number: what is sent there does not leave this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Where to go instead: a read on the same host may be sent on, with everything it carries; anything else may not.
fn redirect(call: &Call, response: &reqwest::Response) -> Result<Option<Url>, TransportError> {
    let status = response.status().as_u16();
    let keeps_verb = match status {
        301..=303 => false,
        307 | 308 => true,
        _ => return Ok(None),
    };
    let target = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| call.url.join(value).ok());
    let allowed = |target: &Url| {
        call.effect == Effect::Read
            && (keeps_verb || call.method == Method::GET)
            && same_place(&call.url, target)
    };
    match target {
        Some(target) if allowed(&target) => Ok(Some(target)),
        Some(target) => Err(TransportError::Redirect {
            status,
            host: target.host_str().unwrap_or("nowhere").to_owned(),
        }),
        None => Err(TransportError::Redirect {
            status,
            host: "nowhere".to_owned(),
        }),
    }
}

/// The same scheme, host and port; or the same host from plain to TLS on the usual ports.
fn same_place(from: &Url, to: &Url) -> bool {
    let same =
        from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    let upgrade = from.scheme() == "http"
        && to.scheme() == "https"
        && from.port().is_none()
        && to.port().is_none();
    from.host() == to.host() && (same || upgrade)
}

/// A body on its way in: decompressed as it comes, so that the cap holds against a small body that grows.
enum Body {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>, bool),
}

impl Body {
    fn new(headers: &HeaderMap, cap: usize) -> Result<Self, TransportError> {
        let sink = Capped {
            bytes: Vec::new(),
            cap,
            full: false,
        };
        match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"" | b"identity") => Ok(Body::Plain(sink)),
            Some(b"gzip" | b"x-gzip") => Ok(Body::Gzip(Box::new(MultiGzDecoder::new(sink)), false)),
            Some(_) => Err(TransportError::Body(
                "the answer has an encoding that was not asked for".into(),
            )),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), TransportError> {
        let (result, sink) = match self {
            Body::Plain(sink) => (sink.write_all(chunk), &*sink),
            Body::Gzip(decoder, started) => {
                *started |= !chunk.is_empty();
                (decoder.write_all(chunk), decoder.get_ref())
            }
        };
        result.map_err(|cause| sink.broken(cause))
    }

    fn finish(self) -> Result<Bytes, TransportError> {
        match self {
            Body::Plain(sink) => Ok(sink.bytes.into()),
            // An answer without a body (204, HEAD) may name an encoding all the same.
            Body::Gzip(_, false) => Ok(Bytes::new()),
            Body::Gzip(mut decoder, true) => match decoder.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut decoder.get_mut().bytes).into()),
                Err(cause) => Err(decoder.get_ref().broken(cause)),
            },
        }
    }
}

/// A buffer that refuses to grow past its cap.
struct Capped {
    bytes: Vec<u8>,
    cap: usize,
    full: bool,
}

impl Capped {
    fn broken(&self, cause: io::Error) -> TransportError {
        if self.full {
            TransportError::TooLarge { cap: self.cap }
        } else {
            TransportError::Body(cause.into())
        }
    }
}

impl Write for Capped {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if chunk.len() > self.cap - self.bytes.len() {
            self.full = true;
            return Err(io::Error::other("body cap reached"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Addresses by the system's resolver, with an error that can be told from others.
#[derive(Debug)]
struct Names;

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
struct NoAddress(#[source] io::Error);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => {
                    let found: Vec<_> = found.collect();
                    Ok(Box::new(found.into_iter()) as Addrs)
                }
                Err(cause) => Err(NoAddress(cause).into()),
            }
        })
    }
}

/// What went wrong before the answer's head came. The address is cut from the cause: its query may hold secrets.
fn broken_request(cause: reqwest::Error) -> TransportError {
    let cause = cause.without_url();
    if cause.is_builder() {
        TransportError::Setup(cause.into())
    } else if cause.is_connect() && is_of(&cause, <dyn std::error::Error>::is::<NoAddress>) {
        TransportError::Name(cause.into())
    } else if cause.is_connect() && is_of(&cause, <dyn std::error::Error>::is::<rustls::Error>) {
        TransportError::Tls(cause.into())
    } else if cause.is_connect() {
        TransportError::Connect(cause.into())
    } else if cause.is_timeout() {
        TransportError::Timeout
    } else {
        TransportError::Reset(cause.into())
    }
}

fn broken_body(cause: reqwest::Error) -> TransportError {
    TransportError::Body(cause.without_url().into())
}

/// Whether a cause somewhere down the chain is the one that is looked for.
fn is_of(
    error: &(dyn std::error::Error + 'static),
    is: fn(&(dyn std::error::Error + 'static)) -> bool,
) -> bool {
    // An `io::Error` shows the error inside it as itself, and that one's source as its own.
    let inside = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| is_of(inner, is));
    is(error) || inside || error.source().is_some_and(|source| is_of(source, is))
}
