//! Connecting: from addresses and credentials to boards.

use std::{num::NonZeroU32, sync::Arc};

pub use http_kit::{
    BreakerSettings, BreakerState, Error, HostStats, Hosts, Kind, Rate, ServerTime,
    Settings as HttpSettings, is_loopback,
};
use huly_client::{
    Config, Huly,
    bridge::{self, Bridge, Pages},
};
pub use huly_client::{Credentials, Limits as HulyLimits};
pub use letta_client::Access as LettaAccess;
use sync_core::ids::WorkspaceId;
use url::Url;
use vibe_client::Vibe;

use crate::{
    bridge::BridgeBoard,
    env::Env,
    huly::HulyBoard,
    inform::{LettaSink, Profile, find_template},
    vibe::VibeBoard,
};

/// How to reach a Huly workspace.
#[derive(Clone, Debug)]
pub struct HulyConnection {
    /// The address of the web page: everything else is discovered from it.
    pub front: Url,
    /// A token, or e-mail address and password.
    pub credentials: Credentials,
    /// The workspace's short name in the browser's address.
    pub workspace: String,
    /// HTTP settings of its four services.
    pub limits: HulyLimits,
    /// Issues in one page of a list.
    pub page_size: NonZeroU32,
}

/// Signs in to a Huly workspace. `hosts` is what is known of them from earlier connections, `tag` the store's ([`store_tag`]).
pub async fn huly(
    connection: HulyConnection,
    hosts: &Hosts,
    env: Arc<dyn Env>,
    tag: u32,
) -> Result<HulyBoard, Error> {
    let HulyConnection {
        front,
        credentials,
        workspace,
        limits,
        page_size,
    } = connection;
    let config = Config {
        front,
        credentials,
        workspace,
        limits,
    };
    let make = |settings, classify| http_kit::Http::at(hosts, settings, classify);
    let client = Huly::connect(config, make).await?;
    Ok(HulyBoard::new(client, env, tag, page_size))
}

/// How to reach Huly through the predecessor's HTTP bridge.
#[derive(Clone, Debug)]
pub struct BridgeConnection {
    /// The bridge's address.
    pub address: Url,
    /// HTTP settings.
    pub http: HttpSettings,
    /// The workspace's short name where it is known: the name space of every derived id, else made from the address.
    pub workspace: Option<String>,
    /// Names of statuses that the configuration maps.
    pub statuses: Vec<Arc<str>>,
}

/// Connects to a bridge, which must be connected to Huly itself.
pub async fn bridge(connection: BridgeConnection, hosts: &Hosts) -> Result<BridgeBoard, Error> {
    let BridgeConnection {
        address,
        http,
        workspace,
        statuses,
    } = connection;
    let http = http_kit::Http::at(hosts, http, bridge::classify)?;
    let client = Bridge::connect(http, address, Pages::default()).await?;
    Ok(BridgeBoard::new(client, workspace.as_deref(), statuses))
}

/// The HTTP settings that suit a bridge.
pub fn bridge_settings() -> HttpSettings {
    bridge::settings()
}

/// Finds out what kind of local Vibe Kanban server answers at an address, and connects to it.
pub async fn vibe(url: Url, http: HttpSettings, hosts: &Hosts) -> Result<VibeBoard, Error> {
    let http = http_kit::Http::at(hosts, http, vibe_client::classify)?;
    Ok(VibeBoard::new(Vibe::connect(http, url).await?))
}

/// How to reach the agents of a Letta server.
#[derive(Debug)]
pub struct LettaConnection {
    /// Address and credential.
    pub access: LettaAccess,
    /// HTTP settings.
    pub http: HttpSettings,
    /// What new agents are made with.
    pub profile: Profile,
}

/// The agents of a workspace on a Letta server. Nothing is asked of it before there is something to tell.
pub fn letta(
    connection: LettaConnection,
    hosts: &Hosts,
    workspace: WorkspaceId,
) -> Result<LettaSink, Error> {
    let LettaConnection {
        access,
        http,
        profile,
    } = connection;
    let http = http_kit::Http::at(hosts, http, letta_client::classify)?;
    LettaSink::new(http, access, workspace.0, profile)
}

/// What a Letta server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LettaSeen {
    /// Its version; `None` where it tells none, as the hosted service may.
    pub version: Option<String>,
    /// Models that agents can be made with.
    pub models: Vec<Arc<str>>,
    /// Embedding models, likewise.
    pub embeddings: Vec<Arc<str>>,
    /// The agent that new ones are made like, where the configuration names one.
    pub template: Option<LettaTemplate>,
}

/// A control agent, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LettaTemplate {
    /// Its name and id.
    Found(Arc<str>, Arc<str>),
    /// A code, and what happened.
    Unusable(&'static str, Arc<str>),
}

/// Asks a Letta server what it is, whether we may use it, and which models it has. Reads only.
pub async fn look_at_letta(connection: LettaConnection, hosts: &Hosts) -> Result<LettaSeen, Error> {
    let http = http_kit::Http::at(hosts, connection.http, letta_client::classify)?;
    let letta = letta_client::Letta::connect(http, connection.access).await?;
    let handles = |models: Vec<letta_client::Model>| {
        let handles = models.into_iter().map(|model| Arc::from(model.handle));
        handles.collect()
    };
    let template = match &connection.profile.template {
        Some(template) => Some(match find_template(&letta, template).await {
            Ok(agent) => LettaTemplate::Found(agent.name.into(), agent.id.to_string().into()),
            Err(error) if error.kind() == Kind::Rejected => {
                LettaTemplate::Unusable(error.code(), error.detail().into())
            }
            Err(error) => return Err(error),
        }),
        None => None,
    };
    Ok(LettaSeen {
        template,
        version: letta.version().map(|version| version.to_string()),
        models: handles(letta.models().await?),
        embeddings: handles(letta.embedding_models().await?),
    })
}

/// The HTTP settings that suit a Letta server.
pub fn letta_settings() -> HttpSettings {
    letta_client::settings()
}

/// The HTTP settings that suit a local Vibe Kanban server.
pub fn vibe_settings() -> HttpSettings {
    vibe_client::settings()
}

/// The first 8 hex digits of a store's id: every transaction id of this store begins with them.
pub fn store_tag(store: &dyn store::Store) -> u32 {
    crate::context::store_tag(store)
}
