//! Where an installation's services are.

use http_kit::{Call, Error, Http, Kind};
use serde::Deserialize;
use url::Url;

use crate::codes::{HULY_ADDRESS, HULY_CONFIG};
use crate::json::Origin;

const ORIGIN: Origin = Origin {
    service: "huly-front",
    route: "/config.json",
};

/// The addresses of an installation's services, all http(s).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// The account service.
    pub accounts: Url,
    /// The collaborator, which changes descriptions; some installations do not name it.
    pub collaborator: Option<Url>,
    /// The version that the front was built as, where it says.
    pub version: Option<String>,
}

/// `config.json`: every key may be missing or empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct FrontConfig {
    accounts_url: Option<String>,
    collaborator_url: Option<String>,
    version: Option<String>,
}

/// Asks the front where its services are.
pub(crate) async fn discover(http: &Http, front: &Url) -> Result<Services, Error> {
    let url = below(front, &["config.json"])?;
    let reply = http
        .call(Call::get(ORIGIN.route, url).without_pages())
        .await?;
    services(front, &reply.body)
}

/// Reads `config.json` as served at `front`.
pub fn services(front: &Url, body: &[u8]) -> Result<Services, Error> {
    let config: FrontConfig = ORIGIN.decode(body)?;
    let named = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let Some(accounts) = named(config.accounts_url) else {
        return Err(ORIGIN.error(Kind::Fatal, HULY_CONFIG, "no ACCOUNTS_URL"));
    };
    Ok(Services {
        accounts: http_url(front, &accounts, ORIGIN)?,
        collaborator: named(config.collaborator_url)
            .map(|text| http_url(front, &text, ORIGIN))
            .transpose()?,
        version: named(config.version),
    })
}

/// An address as the server names it (`ws`, `wss`, `http`, `https`, or relative to `base`) as an http(s) one. A path
/// in it is kept: installations behind one host tell their services apart by it.
pub(crate) fn http_url(base: &Url, text: &str, origin: Origin) -> Result<Url, Error> {
    let bad = || origin.error(Kind::Fatal, HULY_ADDRESS, "not an http(s) or ws(s) address");
    let mut url = base.join(text.trim()).map_err(|_| bad())?;
    let scheme = match url.scheme() {
        "ws" => "http",
        "wss" => "https",
        "http" | "https" => return Ok(url),
        _ => return Err(bad()),
    };
    url.set_scheme(scheme).map_err(|()| bad())?;
    Ok(url)
}

/// An address with these segments behind its own path, each escaped.
pub(crate) fn below(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    match url.path_segments_mut() {
        Ok(mut path) => {
            path.pop_if_empty().extend(segments);
        }
        Err(()) => {
            return Err(ORIGIN.error(Kind::Fatal, HULY_ADDRESS, "the address can have no path"));
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a url")
    }

    #[test]
    fn every_address_becomes_http_and_keeps_its_path() {
        let front = url("https://huly.example/base/");
        let cases = [
            ("ws://h:3/x/y", Some("http://h:3/x/y")),
            ("wss://h/t", Some("https://h/t")),
            ("https://h", Some("https://h/")),
            ("/_accounts", Some("https://huly.example/_accounts")),
            ("ftp://h", None),
        ];
        for (text, expected) in cases {
            let made = http_url(&front, text, ORIGIN).ok().map(String::from);
            assert_eq!(made.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn keys_of_the_config_may_be_missing_empty_or_null() {
        let front = url("http://h/");
        let body = br#"{"ACCOUNTS_URL":"/a","COLLABORATOR_URL":"","VERSION":null,"NEW":1}"#;
        let made = services(&front, body).expect("readable");
        assert_eq!(made.accounts.as_str(), "http://h/a");
        assert_eq!((made.collaborator, made.version), (None, None));
        let error = services(&front, b"{}").expect_err("no account service");
        assert_eq!(error.code(), HULY_CONFIG);
    }

    #[test]
    fn segments_stand_behind_the_path_of_the_address() {
        let made = below(&url("http://h/t/"), &["api", "v1", "x y"]).map(String::from);
        assert_eq!(made.ok().as_deref(), Some("http://h/t/api/v1/x%20y"));
    }
}
