//! Which server this is: found by probing, never by its version number (reference, section 2).

use std::fmt;

use http_kit::{Call, Error, Http, Kind, Version};
use serde::Deserialize;
use url::Url;

use crate::{Project, SERVICE, codes, decode, route};

/// The two shapes of the local API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// To v0.0.136: a project has one repository path.
    L1,
    /// v0.0.137 to v0.1.14: a project has a list of repositories, which may be empty.
    L2,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::L1 => "L1",
            Shape::L2 => "L2",
        })
    }
}

/// The part of `/api/info` that is read. The rest can hold tokens and is not even kept.
#[derive(Deserialize)]
struct Info {
    config: InfoConfig,
}

#[derive(Deserialize)]
struct InfoConfig {
    #[serde(default)]
    last_app_version: Option<String>,
}

#[derive(Deserialize)]
struct RemoteHealth {
    #[serde(default)]
    version: Option<String>,
}

/// What probing found.
pub(crate) struct Found {
    pub(crate) shape: Shape,
    pub(crate) version: Option<Version>,
}

/// The address with path `/`: a trailing slash or `/api` as people paste it is cut.
pub(crate) fn base(mut url: Url) -> Result<Url, Error> {
    let usable = ["http", "https"].contains(&url.scheme()) && url.has_host();
    if !usable {
        return Err(
            Error::new(Kind::Fatal, codes::VIBE_BASE_URL, SERVICE, "(address)")
                .with_detail(format!("{} is no http address", url.scheme())),
        );
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/api").unwrap_or(path).to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The address of a fixed route below the base.
pub(crate) fn address(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let path = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// Health, version and shape; nothing is written.
pub(crate) async fn probe(http: &Http, base: &Url) -> Result<Found, Error> {
    let get = |route: &'static str| Call::get(route, address(base, route));
    if let Err(error) = http.call(get(route::HEALTH)).await {
        return Err(foreign(http, get(route::REMOTE_HEALTH), error).await);
    }
    let version = version(http, get(route::INFO)).await;
    let call = get(route::PROJECTS);
    let reply = match http.call(call.clone()).await {
        Ok(reply) => reply,
        Err(error) if error.code() == codes::VIBE_HTML => return Err(too_new(version)),
        Err(error) => return Err(error),
    };
    let projects: Vec<Project> = decode(&call, &reply)?;
    let shape = match projects.first() {
        Some(project) if project.git_repo_path.is_some() => Shape::L1,
        Some(_) => Shape::L2,
        None => shape_of_empty(http, get(route::REPOS)).await?,
    };
    tracing::debug!(%shape, version = version.map(tracing::field::display), "vibe kanban found");
    Ok(Found { shape, version })
}

/// Without projects the repositories tell: L1 has no such route and answers with its page.
async fn shape_of_empty(http: &Http, call: Call) -> Result<Shape, Error> {
    match http.call(call).await {
        Ok(_) => Ok(Shape::L2),
        Err(error) => match error.code() {
            codes::VIBE_HTML => Ok(Shape::L1),
            codes::VIBE_ROUTE_MISSING if error.status() == Some(405) => Ok(Shape::L2),
            _ => Err(error),
        },
    }
}

/// The version, where the server tells it. Whatever goes wrong here is no reason to stop, and is never shown.
async fn version(http: &Http, call: Call) -> Option<Version> {
    let reply = http.call(call.clone()).await.ok()?;
    let info: Info = decode(&call, &reply).ok()?;
    info.config.last_app_version?.parse().ok()
}

/// What answers instead of a local server: a remote one, something else, or nobody.
async fn foreign(http: &Http, call: Call, health: Error) -> Error {
    let answered = health.status().is_some();
    let passing = matches!(health.kind(), Kind::Transient | Kind::Unknown);
    if !answered || passing {
        return health;
    }
    let remote = http.call(call).await.ok();
    let remote = remote.and_then(|reply| serde_json::from_slice::<RemoteHealth>(&reply.body).ok());
    let route = route::REMOTE_HEALTH;
    if let Some(version) = remote.and_then(|remote| remote.version) {
        return Error::new(Kind::Fatal, codes::VIBE_REMOTE_SERVER, SERVICE, route).with_detail(
            format!("found a remote vibe kanban server, version {version}"),
        );
    }
    Error::new(Kind::Fatal, codes::VIBE_NOT_VIBE, SERVICE, route::HEALTH)
        .with_status(health.status().unwrap_or_default())
        .with_detail(format!("found something else: {}", health.detail()))
        .with_source(health)
}

fn too_new(version: Option<Version>) -> Error {
    let version = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    Error::new(
        Kind::Fatal,
        codes::VIBE_NO_TASKS_API,
        SERVICE,
        route::PROJECTS,
    )
    .with_detail(format!(
        "found a local vibe kanban without projects and tasks, version {version}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_paste_it() {
        let cases = [
            ("http://h:1", "http://h:1/api/tasks"),
            ("http://h:1/", "http://h:1/api/tasks"),
            ("http://h:1/api", "http://h:1/api/tasks"),
            ("http://h:1/api/?x#y", "http://h:1/api/tasks"),
            ("https://h/vibe/", "https://h/vibe/api/tasks"),
        ];
        for (text, expected) in cases {
            let base = base(text.parse().unwrap()).unwrap();
            assert_eq!(address(&base, route::TASKS).as_str(), expected, "{text}");
        }
        let error = base("ftp://h/".parse().unwrap()).unwrap_err();
        assert_eq!(error.code(), codes::VIBE_BASE_URL);
    }
}
