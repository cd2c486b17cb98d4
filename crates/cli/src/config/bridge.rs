//! What is needed to reach the services where Huly is behind the predecessor's bridge: no account, and no workspace.

use url::Url;

use super::{
    Config, HulyApi, Services,
    error::{ConfigError, Place, Problem},
};

/// Everything needed to reach both services through the bridge; from [`Config::bridge_services`].
#[derive(Clone, Copy, Debug)]
pub struct BridgeServices<'c> {
    /// The bridge's address.
    pub bridge_url: &'c Url,
    /// The workspace's name, where one is given: what derived ids hang on, so that the bridge may move.
    pub workspace: Option<&'c str>,
    /// Vibe's address.
    pub vibe_url: &'c Url,
}

/// The way to Huly that the configuration names, with all that it needs; from [`Config::way`].
#[derive(Clone, Copy, Debug)]
pub enum Way<'c> {
    /// Huly's own services.
    Platform(Services<'c>),
    /// The predecessor's bridge.
    Bridge(BridgeServices<'c>),
}

impl<'c> Way<'c> {
    /// Where Huly, or its bridge, is.
    pub const fn huly_url(&self) -> &'c Url {
        match self {
            Self::Platform(services) => services.huly_url,
            Self::Bridge(services) => services.bridge_url,
        }
    }

    /// Where Vibe Kanban is.
    pub const fn vibe_url(&self) -> &'c Url {
        match self {
            Self::Platform(services) => services.vibe_url,
            Self::Bridge(services) => services.vibe_url,
        }
    }
}

impl Config {
    /// What is needed to reach the services by the way that `huly.api` names, or every key of it that nobody set.
    pub fn way(&self) -> Result<Way<'_>, ConfigError> {
        match self.huly.api {
            HulyApi::Platform => self.services().map(Way::Platform),
            HulyApi::Bridge => self.bridge_services().map(Way::Bridge),
        }
    }

    /// What is needed to reach the services where `huly.api` is `bridge`, or every key of it that nobody set.
    pub fn bridge_services(&self) -> Result<BridgeServices<'_>, ConfigError> {
        if let (Some(bridge_url), Some(vibe_url)) = (&self.huly.url, &self.vibe.url) {
            return Ok(BridgeServices {
                bridge_url,
                workspace: self.huly.workspace.as_deref(),
                vibe_url,
            });
        }
        let place = match &self.file {
            Some(path) => Place::Whole { path: path.clone() },
            None => Place::Nowhere,
        };
        let mut problems = Vec::new();
        if self.huly.url.is_none() {
            let hint =
                "set `url` in [huly], or HVS_HULY_URL: the bridge's address, often with port 3458";
            problems.push(Problem::new("`huly.url` is not set", place.clone()).hint(hint));
        }
        if self.vibe.url.is_none() {
            let hint = "set `url` in [vibe], or HVS_VIBE_URL: the address that Vibe Kanban prints at its start";
            problems.push(Problem::new("`vibe.url` is not set", place).hint(hint));
        }
        Err(ConfigError { problems })
    }
}
