//! Rules about several keys at once, and what a command that talks to the services needs.

use std::time::Duration;

use url::Url;

use super::{
    Config,
    error::{ConfigError, Place, Problem},
    letta::Sink,
    model::{Credentials, RepoTemplate},
    reader::Reader,
    units::show_duration,
};

/// What a lease must last beyond the writes and heartbeats it covers (design 4.6).
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// Everything needed to reach both services; from [`Config::services`].
#[derive(Clone, Copy, Debug)]
pub struct Services<'c> {
    /// Huly's address.
    pub huly_url: &'c Url,
    /// Huly's workspace.
    pub workspace: &'c str,
    /// Who we are there.
    pub credentials: &'c Credentials,
    /// Vibe's address.
    pub vibe_url: &'c Url,
}

impl Config {
    /// What is needed to reach the services, or every key of it that nobody set. Commands that stay at home (`hvs config
    /// show`, `hvs status`) do not ask.
    pub fn services(&self) -> Result<Services<'_>, ConfigError> {
        let huly = &self.huly;
        if let (Some(huly_url), Some(workspace), Some(credentials), Some(vibe_url)) = (
            &huly.url,
            &huly.workspace,
            &huly.credentials,
            &self.vibe.url,
        ) {
            return Ok(Services {
                huly_url,
                workspace,
                credentials,
                vibe_url,
            });
        }
        let place = match &self.file {
            Some(path) => Place::Whole { path: path.clone() },
            None => Place::Nowhere,
        };
        let missing = |what: &str, hint: &str| Problem::new(what, place.clone()).hint(hint);
        let rows = [
            (
                huly.url.is_none(),
                "`huly.url` is not set",
                "set `url` in [huly], or HVS_HULY_URL: the address in the browser, without a path",
            ),
            (
                huly.workspace.is_none(),
                "`huly.workspace` is not set",
                "set `workspace` in [huly], or HVS_HULY_WORKSPACE: the part of the address after `workbench`",
            ),
            (
                huly.credentials.is_none(),
                "there are no credentials for Huly",
                "set `token_file`, or `email` and `password_file`, in [huly]; or HVS_HULY_TOKEN",
            ),
            (
                self.vibe.url.is_none(),
                "`vibe.url` is not set",
                "set `url` in [vibe], or HVS_VIBE_URL: the address that Vibe Kanban prints at its start",
            ),
        ];
        let problems = rows
            .into_iter()
            .filter(|(is_missing, ..)| *is_missing)
            .map(|(_, what, hint)| missing(what, hint))
            .collect();
        Err(ConfigError { problems })
    }
}

/// Whether what is sent to this address leaves the machine without being encrypted.
pub(crate) fn is_open(url: &Url) -> bool {
    url.scheme() == "http" && !engine::connect::is_loopback(url)
}

impl Reader<'_> {
    /// Notes what does not fit together.
    pub(super) fn check(&mut self, config: &Config) {
        self.lease_outlives_writes(config);
        self.default_repo_lies_under_a_root(config);
        self.secrets_travel_safely(config);
        self.agents_can_be_reached(config);
    }

    /// A sink that is asked for has what it needs: without it every run would only say so.
    fn agents_can_be_reached(&mut self, config: &Config) {
        if let Some((what, hint)) = config.letta.missing() {
            let place = self.place_of(&["letta.sink"]);
            self.problems.push(Problem::new(what, place).hint(hint));
        }
    }

    /// Plain http to another machine is refused unless it is allowed: what is sent there can be read on the way.
    fn secrets_travel_safely(&mut self, config: &Config) {
        // an address that nothing is sent to does no harm
        let letta = match config.letta.sink {
            Sink::Letta => &config.letta.url,
            Sink::None | Sink::Directory => &None,
        };
        let services = [
            (&config.huly.url, config.huly.allow_insecure_http, "huly"),
            (&config.vibe.url, config.vibe.allow_insecure_http, "vibe"),
            (letta, config.letta.allow_insecure_http, "letta"),
        ];
        for (url, allowed, section) in services {
            let key = format!("{section}.url");
            match url {
                Some(url) if is_open(url) && !allowed => {
                    let host = url.host_str().unwrap_or_default();
                    let what = format!(
                        "`{key}` is plain http to another machine ({host}): what is sent can be read on the way"
                    );
                    let hint = format!(
                        "use https, or set `allow_insecure_http = true` in [{section}] where the network is trusted"
                    );
                    let place = self.place_of(&[&key]);
                    self.problems.push(Problem::new(what, place).hint(hint));
                }
                Some(_) | None => {}
            }
        }
    }

    fn lease_outlives_writes(&mut self, config: &Config) {
        let (writes, key) = [
            (config.huly.http.write_timeout, "huly.http.write_timeout"),
            (config.vibe.http.write_timeout, "vibe.http.write_timeout"),
            match config.letta.sink {
                Sink::Letta => (config.letta.http.write_timeout, "letta.http.write_timeout"),
                Sink::None | Sink::Directory => (Duration::ZERO, ""),
            },
        ]
        .into_iter()
        .max()
        .unwrap_or_default();
        let (ttl, heartbeat) = (config.lease.ttl, config.lease.heartbeat);
        let least = writes + 2 * heartbeat + LEASE_MARGIN;
        if ttl >= least {
            return;
        }
        let what = format!(
            "`lease.ttl` is {}, too short: a write may take {} ({key}), and two heartbeats of {} and {} come on top",
            show_duration(ttl),
            show_duration(writes),
            show_duration(heartbeat),
            show_duration(LEASE_MARGIN),
        );
        let place = self.place_of(&["lease.ttl", "lease.heartbeat", key]);
        let hint = format!("at least {} are needed", show_duration(least));
        self.problems.push(Problem::new(what, place).hint(hint));
    }

    fn default_repo_lies_under_a_root(&mut self, config: &Config) {
        let Some(template) = &config.vibe.default_repo else {
            return;
        };
        let path = template.path("x");
        if !config
            .vibe
            .repo_roots
            .iter()
            .any(|root| path.starts_with(root))
        {
            let what = format!(
                "`vibe.default_repo` is not under `vibe.repo_roots`: {}",
                template.text()
            );
            let place = self.place_of(&["vibe.default_repo"]);
            let hint = format!(
                "add the directory before `{}` to `repo_roots`",
                RepoTemplate::IDENTIFIER
            );
            self.problems.push(Problem::new(what, place).hint(hint));
        }
    }
}
