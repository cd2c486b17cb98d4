//! One server, and what all its calls have in common.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use http_kit::{
    Call, Effect, Error, Http, Kind, Permit, Reply, ServerTime, Settings, Stats, Version,
};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::connect::{self, Access, Capabilities};
use crate::{Model, SERVICE, codes, decode, route};

/// The server closes idle connections after 5 s; ours go before, or a write may meet a closed one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// With this header, of any value, every server answers this client like the SDK from 1.0 on (reference 2.2).
const SDK_HEADER: HeaderName = HeaderName::from_static("x-stainless-package-version");
/// The SDK whose answers these are.
const SDK_VERSION: HeaderValue = HeaderValue::from_static("1.12.1");
/// The hosted service's project.
const PROJECT_HEADER: HeaderName = HeaderName::from_static("x-project");

/// How a delete or detach ended; both are success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deletion {
    /// The server did it now.
    Deleted,
    /// It was gone before.
    AlreadyGone,
}

/// The HTTP settings that suit these servers: four calls in flight, connections dropped before the server closes them, no
/// redirect followed (`User-Agent: hvs/<version>` is the stack's own).
pub fn settings() -> Settings {
    Settings {
        service: SERVICE,
        concurrency: 4,
        write_concurrency: 4,
        idle_timeout: IDLE_TIMEOUT,
        follow_redirects: false,
        ..Settings::default()
    }
}

/// One server. Clones are the same server. `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Letta {
    http: Http,
    base: Url,
    token: Option<SecretString>,
    project: Option<HeaderValue>,
    version: Option<Version>,
}

impl Letta {
    /// Connects with two reads: health for the version, one agent for the right to be there. `http` is made with
    /// [`settings`] and [`crate::classify`]. Fatal where the token is refused, or where an App Server, a web page or
    /// something else answers; the error names what was found.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use letta_client::{Access, Letta, classify, settings};
    ///
    /// let access = Access {
    ///     base: "http://127.0.0.1:8283".parse()?,
    ///     token: Some("a password".into()),
    ///     project: None,
    /// };
    /// let letta = Letta::connect(http_kit::Http::new(settings(), classify)?, access).await?;
    /// for agent in letta.agents_with_tags(&["hvs", "project:7"]).await? {
    ///     println!("{}: {} blocks", agent.name, letta.blocks(agent.id).await?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(http: Http, access: Access) -> Result<Letta, Error> {
        let unknown = Self::resume(http, access, None)?;
        let version = connect::version(&unknown).await?;
        let letta = Letta { version, ..unknown };
        connect::prove_access(&letta).await?;
        Ok(letta)
    }

    /// The server as an earlier [`Letta::connect`] found it, without any call: for a run that writes two blocks and should
    /// not make four calls. Fatal where the address or the project cannot be used.
    pub fn resume(http: Http, access: Access, version: Option<Version>) -> Result<Letta, Error> {
        let project = access.project.as_deref().filter(|name| !name.is_empty());
        Ok(Letta {
            http,
            base: connect::base(access.base)?,
            token: access.token,
            project: project.map(connect::project).transpose()?,
            version,
        })
    }

    /// The server's version; none where it tells none (the hosted service may).
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// What the server can do.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of(self.version)
    }

    /// Calls and bytes since the stack was made.
    pub fn stats(&self) -> Stats {
        self.http.stats()
    }

    /// From now on writes leave only while this permit says so; see [`Http::set_permit`].
    pub fn set_permit(&self, permit: Option<Arc<dyn Permit>>) {
        self.http.set_permit(permit);
    }

    /// The server's clock now, as far as its answers told it.
    pub fn server_time(&self) -> Option<ServerTime> {
        self.http.server_time(&self.base)
    }

    /// The models that agents can be made with.
    pub async fn models(&self) -> Result<Vec<Model>, Error> {
        self.listed(route::MODELS).await
    }

    /// The embedding models that agents and folders can be made with.
    pub async fn embedding_models(&self) -> Result<Vec<Model>, Error> {
        self.listed(route::EMBEDDINGS).await
    }

    /// A list without pages; what has no handle cannot be named and is left out.
    async fn listed(&self, route: &'static str) -> Result<Vec<Model>, Error> {
        let mut models: Vec<Model> = self.fetch(Call::get(route, self.url(route))).await?;
        models.retain(|model| !model.handle.is_empty());
        Ok(models)
    }

    /// Sends a call with the headers that every call has.
    pub(crate) async fn send(&self, call: Call) -> Result<Reply, Error> {
        let mut call = call.with_header(SDK_HEADER, SDK_VERSION);
        if let Some(project) = &self.project {
            call = call.with_header(PROJECT_HEADER, project.clone());
        }
        if let Some(token) = &self.token {
            call = call.with_bearer(token)?;
        }
        self.http.call(call).await
    }

    /// Sends a call and reads its answer.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let reply = self.send(call.clone()).await?;
        decode(&call, &reply)
    }

    /// Sends a delete or detach, of which "not there" is a success.
    pub(crate) async fn remove(&self, call: Call) -> Result<Deletion, Error> {
        match self.send(call).await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(error) if error.code() == codes::LETTA_NOT_FOUND => Ok(Deletion::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    /// A path below `/v1`, with ids filled in.
    pub(crate) fn url(&self, path: &str) -> Url {
        connect::address(&self.base, path)
    }
}

/// A PATCH with a JSON body.
pub(crate) fn patch_json(
    route: &'static str,
    url: Url,
    body: &impl Serialize,
) -> Result<Call, Error> {
    patch(route, url).with_json(body)
}

/// A PATCH without a body.
pub(crate) fn patch(route: &'static str, url: Url) -> Call {
    Call::new(Method::PATCH, route, url, Effect::Write)
}

/// None for the server's own "not there".
pub(crate) fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code() == codes::LETTA_NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

/// A value that is refused here, before anything is sent.
pub(crate) fn refusal(code: &'static str, route: &'static str, why: impl AsRef<str>) -> Error {
    Error::new(Kind::Rejected, code, SERVICE, route).with_detail(why)
}

/// A write that was answered well and not carried out whole. Unknown: what is stored has to be looked at.
pub(crate) fn incomplete(route: &'static str, what: &str, missing: &[String]) -> Error {
    Error::new(Kind::Unknown, codes::LETTA_INCOMPLETE, SERVICE, route)
        .with_status(200)
        .with_detail(format!("{what} was stored without {}", missing.join(", ")))
}
