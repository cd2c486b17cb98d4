//! By which way Huly is reached: its own services, or the predecessor's bridge.

use engine::connect::{self, BridgeConnection, HttpSettings};
use url::Url;

use super::{
    FromEnv,
    basics::{PATIENCE, variable},
    from_env::Becomes,
};
use crate::{
    args::{HulyWay, Init},
    connect::HOSTS,
    failure::Failure,
};

/// What an error of a bridge that has lost its Huly is called.
const BRIDGE_NOT_CONNECTED: &str = "HULY_BRIDGE_NOT_CONNECTED";

/// Where Huly, or its bridge, is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) way: HulyWay,
    pub(super) url: String,
    /// What says so, for the comment.
    pub(super) said_by: String,
}

/// What is said counts as it is; the predecessor's bridge is taken where nobody names another address. An address that does not
/// say what it is, is asked: a bridge tells.
pub(super) async fn find(
    init: &Init,
    from_env: &mut FromEnv,
    ask: impl FnOnce() -> String,
) -> Door {
    let said = init.huly_url.clone().or_else(|| variable("HVS_HULY_URL"));
    let way = init.huly_api.or_else(said_way);
    let others = leftover(from_env, said.is_some(), way);
    if let Some((variable, addresses)) = others {
        return of_env(&variable, addresses).await;
    }
    let url = said.unwrap_or_else(ask);
    let way = match way {
        Some(way) => way,
        None if says_platform(init, &url) => HulyWay::Platform,
        None if is_bridge(&url).await => HulyWay::Bridge,
        None => HulyWay::Platform,
    };
    Door {
        way,
        url,
        said_by: String::new(),
    }
}

/// The way that the environment names.
fn said_way() -> Option<HulyWay> {
    match variable("HVS_HULY_API")?.trim() {
        "bridge" => Some(HulyWay::Bridge),
        "platform" => Some(HulyWay::Platform),
        // the configuration refuses it, with what there is
        _ => None,
    }
}

/// The predecessor's addresses of its bridge, with the variable, where they count; else it is told why they do not.
fn leftover(
    from_env: &mut FromEnv,
    is_said: bool,
    way: Option<HulyWay>,
) -> Option<(String, Vec<String>)> {
    let why = match (is_said, way) {
        (true, _) => Some("--huly-url says where Huly is"),
        (false, Some(HulyWay::Platform)) => {
            Some("it is the address of the HTTP bridge, and Huly's own services were asked for")
        }
        (false, Some(HulyWay::Bridge) | None) => None,
    };
    for row in &mut from_env.rows {
        let Becomes::Bridge { addresses } = &row.becomes else {
            continue;
        };
        match why {
            None => return Some((row.variable.clone(), addresses.clone())),
            Some(why) => row.becomes = Becomes::Nothing(why),
        }
    }
    None
}

/// The address at which a bridge answers; where none does, the one that the predecessor used, so that it is told what is wrong there.
async fn of_env(variable: &str, addresses: Vec<String>) -> Door {
    let mut url = addresses.first().cloned().unwrap_or_default();
    for address in addresses {
        if is_bridge(&address).await {
            url = address;
            break;
        }
    }
    Door {
        way: HulyWay::Bridge,
        url,
        said_by: format!("from {variable}"),
    }
}

/// Whether what was said is about Huly's own services alone: its page's address, or an account.
fn says_platform(init: &Init, url: &str) -> bool {
    let account = init.token_file.is_some() || init.email.is_some();
    let set = ["HVS_HULY_TOKEN", "HVS_HULY_TOKEN_FILE", "HVS_HULY_EMAIL"];
    account || url.contains("/workbench") || set.iter().any(|name| variable(name).is_some())
}

/// Whether a bridge answers there, connected to Huly or not.
async fn is_bridge(address: &str) -> bool {
    let Ok(address) = address.trim().parse::<Url>() else {
        return false;
    };
    let connection = BridgeConnection {
        address,
        // What is asked holds no secret: whether the address is taken into the configuration is decided there.
        http: HttpSettings {
            allow_insecure: true,
            ..connect::bridge_settings()
        },
        workspace: None,
        statuses: Vec::new(),
    };
    match tokio::time::timeout(PATIENCE, connect::bridge(connection, &HOSTS)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.code() == BRIDGE_NOT_CONNECTED,
        Err(_) => false,
    }
}

/// Flags about an account have no meaning with the bridge.
pub(super) fn without_account(init: &Init) -> Result<(), Failure> {
    if init.token_file.is_none() && init.email.is_none() {
        return Ok(());
    }
    let what =
        "the bridge asks for no account: `--token-file` and `--email` are for Huly's own services";
    Err(Failure::usage(what)
        .hint("leave them out, or give `--huly-api platform` with Huly's address in the browser"))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{dotenv, from_env},
        *,
    };

    fn env() -> FromEnv {
        let read = dotenv::read("HULY_API_URL=http://127.0.0.1:9/api\n");
        from_env::translate(".env".into(), read, |_| true)
    }

    fn nobody() -> String {
        panic!("nobody is to be asked")
    }

    #[tokio::test]
    async fn the_predecessors_bridge_counts_where_nobody_names_another_address() {
        let mut carried = env();
        let door = find(&Init::default(), &mut carried, nobody).await;
        let expected = Door {
            way: HulyWay::Bridge,
            url: "http://127.0.0.1:3458".to_owned(),
            said_by: "from HULY_API_URL".to_owned(),
        };
        assert_eq!(door, expected);
        assert!(matches!(carried.rows[0].becomes, Becomes::Bridge { .. }));
    }

    #[tokio::test]
    async fn an_address_that_is_said_goes_before_it_and_that_is_told() {
        let init = Init {
            huly_url: Some("https://h.example/workbench/harbour".to_owned()),
            ..Init::default()
        };
        let mut carried = env();
        let door = find(&init, &mut carried, nobody).await;
        assert_eq!(door.way, HulyWay::Platform);
        assert!(matches!(carried.rows[0].becomes, Becomes::Nothing(_)));
        // Huly's own services were asked for, and nobody says where they are
        let init = Init {
            huly_api: Some(HulyWay::Platform),
            ..Init::default()
        };
        let mut carried = env();
        let door = find(&init, &mut carried, || "https://h.example".to_owned()).await;
        assert_eq!(
            (door.way, &*door.url),
            (HulyWay::Platform, "https://h.example")
        );
        assert!(matches!(carried.rows[0].becomes, Becomes::Nothing(_)));
    }

    #[test]
    fn an_account_is_refused_with_the_bridge() {
        let init = Init {
            email: Some("me@example.org".to_owned()),
            ..Init::default()
        };
        assert!(without_account(&init).is_err());
        assert!(without_account(&Init::default()).is_ok());
    }
}
