//! The client: signed in, in one workspace.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use http_kit::{
    Call, Classify, Effect, Error, HostStats, Http, Kind, Permit, ServerTime, Settings, Stats,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use crate::account::{AccountService, Credentials};
use crate::classify;
use crate::codes::{HULY_VERSION, HULY_WORKSPACE_WRONG};
use crate::discovery::{below, discover};
use crate::find::{FIND, FIND_ROUTE, Find};
use crate::ids::{Millis, SocialId};
use crate::json::Origin;
use crate::limits::Limits;
use crate::paging::{Page, PageRow, Position};
use crate::session::Session;
use crate::tx::{ApplyAnswer, ApplyIf, Author, TX_ROUTE, Tx, TxAnswer};
use crate::wire::Wire;

const VERSION: Origin = Origin {
    service: "huly",
    route: "/api/v1/version",
};
const ACCOUNT: Origin = Origin {
    service: "huly",
    route: "/api/v1/account/{workspace}",
};

/// Where and as whom to sign in.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address that people open in the browser.
    pub front: Url,
    /// Who.
    pub credentials: Credentials,
    /// The workspace's short name, as in the browser's address.
    pub workspace: String,
    /// The limits per service; [`Limits::default`] keeps a real server alive.
    pub limits: Limits,
}

/// The session's account, as `/account` tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The account's uuid: what stands in the members of projects.
    pub uuid: Uuid,
    /// The author that writes must name.
    pub primary_social_id: SocialId,
    /// What the account may do in the workspace.
    #[serde(default)]
    pub role: Option<String>,
}

/// A version of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `0` so far.
    pub major: u32,
    /// `7`: the first whose wire form this client speaks.
    pub minor: u32,
    /// The build.
    pub patch: u32,
}

impl Version {
    /// The oldest version that this client speaks with: in 0.6 accounts, authors and parameters have other forms.
    pub const OLDEST: Version = Version {
        major: 0,
        minor: 7,
        patch: 0,
    };
}

/// A connection to one workspace. Make one per run or share one; reads may go on beside each other, and the limits of
/// [`crate::limits`] hold for all that goes through it.
#[derive(Debug)]
pub struct Huly {
    wire: Wire,
    account: Account,
    version: Version,
    workspace_url: String,
    /// Held while a number is taken: increments at once hang the server.
    pub(crate) numbering: Mutex<()>,
}

impl Huly {
    /// Finds the services, signs in, enters the workspace and checks its version. `make_http` makes the stack of each
    /// service, so that a simulation can put its own transport under it; in production it is [`Http::new`].
    pub async fn connect(
        config: Config,
        make_http: impl Fn(Settings, Classify) -> Result<Http, Error>,
    ) -> Result<Huly, Error> {
        let Config {
            front,
            credentials,
            workspace,
            limits,
        } = config;
        let front_http = make_http(limits.front, classify::front)?;
        let services = discover(&front_http, &front).await?;
        let account_http = make_http(limits.account, classify::account)?;
        let accounts = AccountService::new(account_http, services.accounts);
        let entrance = accounts.enter(&credentials, &workspace).await?;
        let transactor = make_http(limits.transactor, classify::transactor)?;
        let version = version_of(&transactor, &entrance.transactor).await?;
        let collaborator = match services.collaborator {
            Some(url) => Some((make_http(limits.collaborator, classify::collaborator)?, url)),
            None => None,
        };
        let wire = Wire {
            transactor,
            transactor_url: entrance.transactor.clone(),
            collaborator,
            workspace: entrance.workspace,
            session: Session::new(accounts, credentials, &entrance),
        };
        let ws = entrance.workspace.to_string();
        let reply = wire.get(ACCOUNT.route, &["account", &ws], &[]).await?;
        let account: Account = ACCOUNT.decode(&reply.body)?;
        if account.uuid != entrance.account {
            let detail =
                "the transactor knows the token as another account than the account service";
            return Err(ACCOUNT.error(Kind::Fatal, HULY_WORKSPACE_WRONG, detail));
        }
        Ok(Huly {
            wire,
            account,
            version,
            workspace_url: entrance.workspace_url,
            numbering: Mutex::new(()),
        })
    }

    /// The workspace: its uuid and its short name.
    pub fn workspace(&self) -> (Uuid, &str) {
        (self.wire.workspace, &self.workspace_url)
    }

    /// The account: its uuid is what projects list as members, its social id is the author of writes.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The platform's version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Calls and bytes so far, of transactor and collaborator.
    pub fn stats(&self) -> (Stats, Option<Stats>) {
        let collaborator = self.wire.collaborator.as_ref();
        (
            self.wire.transactor.stats(),
            collaborator.map(|(http, _)| http.stats()),
        )
    }

    /// How the hosts of the installation stand: account service (with the front), transactor, collaborator.
    pub fn hosts(&self) -> Vec<HostStats> {
        let (transactor, collaborator) = self.stats();
        let accounts = self.wire.session.accounts().stats();
        let parts = [Some(accounts), Some(transactor), collaborator];
        parts
            .into_iter()
            .flatten()
            .flat_map(|part| part.hosts)
            .collect()
    }

    /// From now on writes leave only while this permit says so; see [`Http::set_permit`].
    pub fn set_permit(&self, permit: Option<Arc<dyn Permit>>) {
        self.wire.transactor.set_permit(permit.clone());
        if let Some((http, _)) = &self.wire.collaborator {
            http.set_permit(permit);
        }
    }

    /// The transactor's clock now, as far as its answers told it: what stamps items.
    pub fn server_time(&self) -> Option<ServerTime> {
        self.wire.transactor.server_time(&self.wire.transactor_url)
    }

    /// Begins a run on a connection that lives longer: the token may be renewed once more.
    pub async fn begin_run(&self) {
        self.wire.session.begin_run().await;
    }

    /// Asks a query. Without a limit everything comes at once: see [`Huly::page`].
    pub async fn find<T: DeserializeOwned>(&self, find: &Find) -> Result<Vec<T>, Error> {
        let reply = self.wire.post(FIND_ROUTE, "find-all", find, Effect::Read);
        find.read(&reply.await?.body)
    }

    /// Asks for one page of a query that has no condition on `modifiedOn` and `_id`. A projection must name
    /// `modifiedOn`.
    pub async fn page<T: DeserializeOwned + PageRow>(
        &self,
        find: Find,
        position: Position,
        size: NonZeroU32,
    ) -> Result<Page<T>, Error> {
        let find = position.narrow(find, size).counted();
        let reply = self.wire.post(FIND_ROUTE, "find-all", &find, Effect::Read);
        let body = reply.await?.body;
        let page = position.absorb(find.read(&body)?, size, Find::read_total(&body)?);
        page.map_err(|missing| FIND.shape("value.modifiedOn", missing.to_string()))
    }

    /// Sends one transaction. Without a usable answer it is unknown whether it was carried out: look before a repeat,
    /// and never with the same transaction id.
    pub async fn send(&self, tx: &Tx) -> Result<TxAnswer, Error> {
        let reply = self.wire.post(TX_ROUTE, "tx", tx, Effect::Write).await?;
        TxAnswer::read(&reply.body)
    }

    /// Sends conditional transactions; as [`Huly::send`].
    pub async fn apply_if(&self, tx: &ApplyIf) -> Result<ApplyAnswer, Error> {
        let reply = self.wire.post(TX_ROUTE, "tx", tx, Effect::Write).await?;
        ApplyAnswer::read(&reply.body)
    }

    /// The author of this connection's writes. The stamp is 0: the server puts its own clock there.
    pub fn author(&self) -> Author {
        Author {
            social_id: self.account.primary_social_id.clone(),
            modified_on: Millis(0),
        }
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }
}

/// Asks the transactor for its version, without a token, and refuses one that is too old.
async fn version_of(http: &Http, transactor: &Url) -> Result<Version, Error> {
    let url = below(transactor, &["api", "v1", "version"])?;
    let reply = http
        .call(Call::get(VERSION.route, url).without_pages())
        .await?;
    let answer: VersionAnswer = VERSION.decode(&reply.body)?;
    accepted(&answer.version)
}

/// The version, where this client speaks it.
fn accepted(text: &str) -> Result<Version, Error> {
    let refused = |detail: String| VERSION.error(Kind::Fatal, HULY_VERSION, detail);
    let version: Version = text
        .parse()
        .map_err(|NoVersion| refused(format!("`{text}` is no version")))?;
    if version < Version::OLDEST {
        return Err(refused(format!(
            "{version} is older than {}",
            Version::OLDEST
        )));
    }
    Ok(version)
}

#[derive(Debug, Deserialize)]
struct VersionAnswer {
    version: String,
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version has the form 0.7.422")]
pub struct NoVersion;

impl FromStr for Version {
    type Err = NoVersion;

    /// Reads `0.7.422`, with what may follow it (`-beta`), and `v` before it.
    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let text = text.trim().trim_matches('"').trim_start_matches('v');
        let mut parts = text.splitn(3, '.');
        let mut number = || {
            let part = parts.next().unwrap_or_default();
            let digits = part.find(|c: char| !c.is_ascii_digit());
            let digits = part.get(..digits.unwrap_or(part.len())).unwrap_or_default();
            digits.parse().map_err(|_| NoVersion)
        };
        Ok(Version {
            major: number()?,
            minor: number()?,
            patch: number()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_below_0_7_or_none_at_all_is_refused() {
        for good in ["0.7.0", "0.7.422", "v0.8.1", "1.0.0-rc1"] {
            assert!(accepted(good).is_ok(), "{good}");
        }
        for bad in ["0.6.500", "", "latest", "0.7"] {
            let error = accepted(bad).expect_err(bad);
            assert_eq!(
                (error.kind(), error.code()),
                (Kind::Fatal, HULY_VERSION),
                "{bad}"
            );
        }
    }
}
