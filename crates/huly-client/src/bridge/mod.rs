//! The HTTP bridge of the predecessor (`huly-rest-api`): a second, weaker way to reach Huly.
//!
//! No authentication, no ids but identifiers, no conditions, no history. What it answers is not always what there is:
//!
//! - A list is newest first and cut at `limit` from the old end, so a full page is never taken for complete
//!   ([`Bridge::issues`]).
//! - A description that it failed to read is `""`, a status that it failed to look up `Unknown`. Neither is a value:
//!   [`Issue::description`] and [`Issue::status`] are `None` then.
//! - A create is not safe to repeat, and two at once may get one identifier: the caller sends them one by one.
//! - A success does not prove that a description was written: read it again.

mod classify;
mod list;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use http_kit::{Call, Effect, Error, Http, Kind, Permit, Reply, ServerTime, Settings, Stats};
use serde_json::json;
use url::Url;

pub use classify::classify;
pub use wire::{Created, Issue, Patched, Project};

use crate::{codes, json::Origin};
use wire::Health;

/// The service's name in errors and spans.
pub const SERVICE: &str = "huly-bridge";

/// Route templates.
pub mod route {
    /// Whether it runs and is connected.
    pub const HEALTH: &str = "/health";
    /// All projects.
    pub const PROJECTS: &str = "/api/projects";
    /// Issues of one project.
    pub const PROJECT_ISSUES: &str = "/api/projects/{identifier}/issues";
    /// Issues of all projects, by pages (later form).
    pub const ALL_ISSUES: &str = "/api/issues/all";
    /// A new issue.
    pub const ISSUES: &str = "/api/issues";
    /// One issue.
    pub const ISSUE: &str = "/api/issues/{identifier}";
}

/// What the bridge can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The first public form: one field at a time, no deletion, no pages.
    First,
    /// A later one: several fields at once, deletion, pages by offset over all issues.
    Later,
}

/// Bounds of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// Issues asked for first.
    pub first: usize,
    /// The most that is ever asked for in one list; a project with more is an error, never a part of it.
    pub most: usize,
}

impl Default for Pages {
    /// The bridge's own 1,000 at first, and up to 64,000.
    fn default() -> Self {
        Self {
            first: 1_000,
            most: 64_000,
        }
    }
}

/// HTTP settings that suit a bridge: it holds one connection to Huly, which stands still above a few writes at once.
pub fn settings() -> Settings {
    Settings {
        service: SERVICE,
        concurrency: 4,
        write_concurrency: 4,
        ..Settings::default()
    }
}

/// One bridge.
#[derive(Clone, Debug)]
pub struct Bridge {
    http: Http,
    base: Url,
    form: Form,
    pages: Pages,
}

impl Bridge {
    /// Asks for its health, and learns its form from that. `http` is made with [`settings`] and [`classify`]. Fatal where
    /// something else answers, transient where the bridge has lost its connection.
    pub async fn connect(http: Http, base: Url, pages: Pages) -> Result<Bridge, Error> {
        let error = |kind, code, words: String| {
            Err(Error::new(kind, code, SERVICE, route::HEALTH).with_detail(words))
        };
        if base.cannot_be_a_base() || !["http", "https"].contains(&base.scheme()) {
            let words = format!("`{}` is no address of a web server", base.scheme());
            return error(Kind::Fatal, codes::HULY_BRIDGE_ADDRESS, words);
        }
        let call = Call::get(route::HEALTH, address(&base, route::HEALTH, None));
        let reply = http.call(call).await?;
        let Ok(health) = serde_json::from_slice::<Health>(&reply.body) else {
            let words = "its /health is not the bridge's".to_owned();
            return error(Kind::Fatal, codes::HULY_BRIDGE_ADDRESS, words);
        };
        if !health.connected {
            let words = "it says that it is not connected".to_owned();
            return error(Kind::Transient, codes::HULY_BRIDGE_NOT_CONNECTED, words);
        }
        let form = if health.is_later() {
            Form::Later
        } else {
            Form::First
        };
        Ok(Bridge {
            http,
            base,
            form,
            pages,
        })
    }

    /// What it can do.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Where it is.
    pub const fn address(&self) -> &Url {
        &self.base
    }

    /// Calls and bytes since connect.
    pub fn stats(&self) -> Stats {
        self.http.stats()
    }

    /// From now on writes leave only while this permit says so; see [`Http::set_permit`].
    pub fn set_permit(&self, permit: Option<Arc<dyn Permit>>) {
        self.http.set_permit(permit);
    }

    /// The clock of the bridge's machine now, as far as its answers told it. Huly's own clock is behind it and cannot be seen.
    pub fn server_time(&self) -> Option<ServerTime> {
        self.http.server_time(&self.base)
    }

    /// All projects, newest first, archived ones too.
    pub async fn projects(&self) -> Result<Vec<Project>, Error> {
        let call = Call::get(route::PROJECTS, self.url(route::PROJECTS, None));
        let answer: wire::Projects = self.fetch(call).await?;
        Ok(answer.projects)
    }

    /// One issue; none only where the bridge itself says that there is none. Of two with one identifier it shows one.
    pub async fn issue(&self, identifier: &str) -> Result<Option<Issue>, Error> {
        let call = Call::get(route::ISSUE, self.url(route::ISSUES, Some(identifier)));
        match self.fetch(call).await {
            Ok(issue) => Ok(Some(issue)),
            Err(error) if error.code() == codes::HULY_BRIDGE_NOT_FOUND => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an issue; its status is always `Backlog`. Never two at once in one project, and never again without having
    /// looked: there is no key. The answer does not tell whether the description was stored.
    pub async fn create(
        &self,
        project: &str,
        title: &str,
        description: &str,
    ) -> Result<Created, Error> {
        let mut body = json!({ "project_identifier": project, "title": title });
        if let (false, Some(body)) = (description.is_empty(), body.as_object_mut()) {
            body.insert("description".into(), json!(description));
        }
        let url = self.url(route::ISSUES, None);
        self.fetch(Call::post_json(route::ISSUES, url, &body, Effect::Write)?)
            .await
    }

    /// Sets one field (`title`, `description`, `status` by name, `priority` by word). The answer does not tell whether a
    /// description was stored.
    pub async fn put(&self, identifier: &str, field: &str, value: &str) -> Result<(), Error> {
        let body = json!({ "field": field, "value": value });
        let url = self.url(route::ISSUES, Some(identifier));
        self.send(Call::put_json(route::ISSUE, url, &body, Effect::Write)?)
            .await
            .map(drop)
    }

    /// Sets several fields at once (later form). Which of them were taken is in the answer, whose status is a success
    /// either way.
    pub async fn patch(
        &self,
        identifier: &str,
        fields: &BTreeMap<&'static str, String>,
    ) -> Result<Patched, Error> {
        let url = self.url(route::ISSUES, Some(identifier));
        let call = Call::new(Method::PATCH, route::ISSUE, url, Effect::Write).with_json(fields)?;
        self.fetch(call).await
    }

    /// Deletes an issue (later form); says whether it was there. Issues below it must be looked for before.
    pub async fn delete(&self, identifier: &str) -> Result<bool, Error> {
        let mut url = self.url(route::ISSUES, Some(identifier));
        url.query_pairs_mut().append_pair("cascade", "false");
        match self.send(Call::delete(route::ISSUE, url)).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == codes::HULY_BRIDGE_NOT_FOUND => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn url(&self, path: &str, last: Option<&str>) -> Url {
        address(&self.base, path, last)
    }

    async fn send(&self, call: Call) -> Result<Reply, Error> {
        self.http.call(call).await
    }

    /// The body of a good answer; one of another shape has been carried out all the same where it is a write.
    async fn fetch<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let (route, effect) = (call.route, call.effect);
        let origin = Origin {
            service: SERVICE,
            route,
        };
        let reply = self.send(call).await?;
        origin.decode(&reply.body).map_err(|error| match effect {
            Effect::Read => error,
            Effect::Write => origin.error(Kind::Unknown, codes::HULY_SHAPE, error.detail()),
        })
    }
}

/// The address of a route below the base, with an identifier behind it where one belongs there.
fn address(base: &Url, path: &str, last: Option<&str>) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    // an http address can always be extended, which connecting has checked
    if let (Some(last), Ok(mut parts)) = (last, url.path_segments_mut()) {
        parts.push(last);
    }
    url
}
