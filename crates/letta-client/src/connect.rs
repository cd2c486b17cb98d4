//! Which server this is, and whether we may use it.

use http::HeaderValue;
use http_kit::{Call, Error, Kind, Version};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::{AgentSummary, Letta, SERVICE, codes, route};

/// What a server can do, by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// Whether blocks keep tags: from 0.16.4 on. Of a server that tells no version it is hoped, and not checked.
    pub block_tags: bool,
    /// Whether a value over its block's limit is refused: before 0.16.7. Of a server that tells no version it is feared.
    pub hard_limits: bool,
}

impl Capabilities {
    /// Those of a version; `None` where the server tells none.
    pub fn of(version: Option<Version>) -> Self {
        Self {
            block_tags: version.is_none_or(|version| version >= Version(0, 16, 4)),
            hard_limits: version.is_none_or(|version| version < Version(0, 16, 7)),
        }
    }
}

/// Where the server is, and who we are there. `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Access {
    /// The server's address, with or without `/v1`.
    pub base: Url,
    /// A self-hosted server's password, or an API key; none for a server without a check.
    pub token: Option<SecretString>,
    /// The project's slug at the hosted service, for `X-Project`.
    pub project: Option<String>,
}

/// The address with its path in one form: without `/v1`, slashes at the end, query and fragment.
pub(crate) fn base(mut url: Url) -> Result<Url, Error> {
    let usable = ["http", "https"].contains(&url.scheme()) && url.has_host();
    let refuse = |why: String| {
        Err(Error::new(Kind::Fatal, codes::LETTA_BASE_URL, SERVICE, "(address)").with_detail(why))
    };
    if !usable {
        return refuse(format!("{} is no http address", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("the address holds a user name or password".to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path);
    let path = path.trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The address of a path below the base.
pub(crate) fn address(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let path = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// The project as a header's value.
pub(crate) fn project(name: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(name).map_err(|_| {
        Error::new(Kind::Fatal, codes::LETTA_PROJECT, SERVICE, "(address)")
            .with_detail("the project holds a character that no header can carry")
    })
}

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    version: Option<String>,
}

/// The version, as health tells it. None where there is no such route, or it wants a credential, or tells no version:
/// all of which the hosted service may do.
pub(crate) async fn version(letta: &Letta) -> Result<Option<Version>, Error> {
    let call = Call::get(route::HEALTH, letta.url(route::HEALTH));
    let health: Health = match letta.fetch(call).await {
        Ok(health) => health,
        Err(error) => match error.code() {
            codes::LETTA_ROUTE_MISSING | codes::LETTA_UNAUTHORIZED | codes::LETTA_FORBIDDEN => {
                return Ok(None);
            }
            _ => return Err(foreign(error, None)),
        },
    };
    let version = health.version.and_then(|text| text.parse().ok());
    tracing::debug!(
        version = version.map(tracing::field::display),
        "letta found"
    );
    Ok(version)
}

/// Reads one agent: unlike health that takes the right token.
pub(crate) async fn prove_access(letta: &Letta) -> Result<(), Error> {
    let mut url = letta.url(route::AGENTS);
    url.query_pairs_mut()
        .append_pair("limit", "1")
        .append_pair("order", "asc")
        .append_pair("include", "agent.tags");
    let agents: Result<Vec<AgentSummary>, Error> = letta.fetch(Call::get(route::AGENTS, url)).await;
    agents
        .map(drop)
        .map_err(|error| foreign(error, letta.version()))
}

/// What it means for a connect that something other than Letta's API answered; the version, where there is one, is told.
fn foreign(error: Error, version: Option<Version>) -> Error {
    let code = match error.code() {
        codes::LETTA_HTML
        | codes::LETTA_NOT_JSON
        | codes::LETTA_SHAPE
        | codes::LETTA_ROUTE_MISSING => codes::LETTA_NOT_LETTA,
        code => code,
    };
    let found = match code {
        codes::LETTA_APP_SERVER => "an empty 404, as a letta app server answers".to_owned(),
        codes::LETTA_NOT_LETTA => format!("found something else: {}", error.detail()),
        _ => error.detail().to_owned(),
    };
    let detail = match version {
        Some(version) => format!("version {version}: {found}"),
        None => found,
    };
    let told = Error::new(error.kind(), code, SERVICE, error.route())
        .with_detail(detail)
        .with_retry_after(error.retry_after())
        .with_tries(error.tries());
    let told = match error.status() {
        Some(status) => told.with_status(status),
        None => told,
    };
    told.with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_can_do_follows_from_its_version() {
        let cases = [
            (Some(Version(0, 16, 3)), false, true),
            (Some(Version(0, 16, 4)), true, true),
            (Some(Version(0, 16, 6)), true, true),
            (Some(Version(0, 16, 7)), true, false),
            (Some(Version(1, 0, 0)), true, false),
            (None, true, true),
        ];
        for (version, block_tags, hard_limits) in cases {
            let expected = Capabilities {
                block_tags,
                hard_limits,
            };
            assert_eq!(Capabilities::of(version), expected, "{version:?}");
        }
    }

    #[test]
    fn an_address_is_taken_as_people_paste_it() {
        let cases = [
            ("http://h:1", "http://h:1/v1/agents/"),
            ("http://h:1/", "http://h:1/v1/agents/"),
            ("http://h:1/v1", "http://h:1/v1/agents/"),
            ("http://h:1//v1//?x#y", "http://h:1/v1/agents/"),
            ("https://h/letta/v1/", "https://h/letta/v1/agents/"),
        ];
        for (text, expected) in cases {
            let base = base(text.parse().expect("a url")).expect("a base");
            assert_eq!(address(&base, route::AGENTS).as_str(), expected, "{text}");
        }
        for bad in ["ftp://h/", "http://me:secret@h/", "http://me@h/"] {
            let error = base(bad.parse().expect("a url")).expect_err(bad);
            assert_eq!(error.code(), codes::LETTA_BASE_URL);
            assert!(!error.to_string().contains("secret"));
        }
    }
}
