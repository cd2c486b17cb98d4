//! One service after the other: reached, refused, or away for the moment.

use std::sync::Arc;

use engine::{
    connect::{self, Kind},
    env::{Env, System},
    port::Board,
};
use store::Store;
use sync_core::{Side, ids::WorkspaceId};
use url::Url;

use super::{HOSTS, is_own_api};
use crate::{
    config::{Config, Way, is_open},
    failure::Failure,
    settings,
};

/// What trying to reach both services came to.
pub(super) struct Both {
    pub(super) huly: Result<Reached, Unreached>,
    pub(super) vibe: Result<Arc<dyn Board>, Unreached>,
}

/// A board, and the workspace that it shows.
pub(crate) type Reached = (Arc<dyn Board>, WorkspaceId);

/// Why a service was not reached.
pub(super) struct Unreached {
    /// As people are told.
    failure: Failure,
    /// The same error, where the service is away for the moment rather than refusing us.
    pub(super) away: Option<connect::Error>,
}

impl From<Unreached> for Failure {
    fn from(unreached: Unreached) -> Failure {
        unreached.failure
    }
}

impl Unreached {
    fn of(side: Side, address: &Url, error: connect::Error) -> Unreached {
        let failure = Failure::service(side, address, &error);
        let away = match error.kind() {
            Kind::Transient | Kind::Unknown => Some(error),
            Kind::Conflict | Kind::Rejected | Kind::Fatal => None,
        };
        Unreached { failure, away }
    }
}

impl From<Failure> for Unreached {
    fn from(failure: Failure) -> Unreached {
        Unreached {
            failure,
            away: None,
        }
    }
}

/// Tries both at once, by the way that the configuration names.
pub(super) async fn both(config: &Config, store: &dyn Store) -> Result<Both, Failure> {
    is_own_api(store, config.huly.api, &config.store.path).await?;
    let way = config.way()?;
    let tag = connect::store_tag(store);
    let (huly, vibe) = tokio::join!(try_huly(config, way, tag), try_vibe(config, way.vibe_url()));
    Ok(Both { huly, vibe })
}

/// Signs in to Huly, or finds its bridge. `tag` is the store's: what only reads may take any.
pub(crate) async fn huly(config: &Config, way: Way<'_>, tag: u32) -> Result<Reached, Failure> {
    Ok(try_huly(config, way, tag).await?)
}

async fn try_huly(config: &Config, way: Way<'_>, tag: u32) -> Result<Reached, Unreached> {
    let address = way.huly_url();
    warn_of_open(Side::Huly, address);
    let refused = |error| Unreached::of(Side::Huly, address, error);
    match way {
        Way::Platform(services) => {
            let env: Arc<dyn Env> = Arc::new(System);
            let connection = settings::huly(config, services).map_err(Failure::from)?;
            let huly = connect::huly(connection, &HOSTS, env, tag).await;
            let huly = huly.map_err(refused)?;
            let workspace = WorkspaceId(huly.workspace());
            Ok((Arc::new(huly), workspace))
        }
        Way::Bridge(services) => {
            let connection = settings::bridge(config, services);
            let board = connect::bridge(connection, &HOSTS).await.map_err(refused)?;
            let workspace = board.workspace();
            Ok((Arc::new(board), workspace))
        }
    }
}

/// Finds Vibe Kanban.
pub(crate) async fn vibe(config: &Config, way: Way<'_>) -> Result<Arc<dyn Board>, Failure> {
    Ok(try_vibe(config, way.vibe_url()).await?)
}

async fn try_vibe(config: &Config, address: &Url) -> Result<Arc<dyn Board>, Unreached> {
    warn_of_open(Side::Vibe, address);
    let board = connect::vibe(address.clone(), settings::vibe(config), &HOSTS)
        .await
        .map_err(|error| Unreached::of(Side::Vibe, address, error))?;
    Ok(Arc::new(board))
}

/// Plain http to another machine was allowed; that it is in use stays worth a line.
fn warn_of_open(side: Side, address: &Url) {
    if is_open(address) {
        let (service, host) = (side.title(), address.host_str().unwrap_or_default());
        tracing::warn!(
            service,
            host,
            "plain http to another machine: what is sent can be read on the way"
        );
    }
}
