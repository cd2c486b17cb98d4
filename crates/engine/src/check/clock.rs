//! A service's clock against ours, by the `Date` of one answer.

use http_kit::{Call, Error, Http};
use sync_core::{Side, ids::Millis};
use url::Url;

use crate::{connect::HttpSettings, env::Env};

/// How far a service's clock is from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew(
    /// Milliseconds that the service is ahead; negative where it is behind. As exact as a `Date` (one second) and the call's
    /// duration allow: what these explain counts as no difference.
    pub i64,
);

impl Skew {
    /// From the `Date` of an answer that came between two moments of our clock; `None` where it is no date.
    ///
    /// ```
    /// use engine::check::Skew;
    /// use sync_core::ids::Millis;
    /// let date = "Thu, 01 Jan 1970 00:02:00 GMT";
    /// let skew = |from, to| Skew::of(date, Millis(from), Millis(to));
    /// assert_eq!(skew(120_400, 120_900), Some(Skew(0)));
    /// assert_eq!(skew(118_000, 119_000), Some(Skew(1_000)));
    /// assert_eq!(skew(180_000, 181_000), Some(Skew(-59_000)));
    /// assert_eq!(Skew::of("yesterday", Millis(0), Millis(0)), None);
    /// ```
    pub fn of(date: &str, before: Millis, after: Millis) -> Option<Skew> {
        let said = jiff::fmt::rfc2822::parse(date.trim()).ok()?;
        let begin = said.timestamp().as_millisecond();
        // the second that the date names
        let end = begin.saturating_add(1_000);
        Some(Skew(if begin > after.0 {
            begin.saturating_sub(after.0)
        } else if end < before.0 {
            end.saturating_sub(before.0)
        } else {
            0
        }))
    }
}

/// Whose clock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Huly's, by its web page.
    Front,
    /// Huly's bridge's.
    Bridge,
    /// Vibe Kanban's.
    Vibe,
}

impl Whose {
    /// The side it is on.
    pub const fn side(self) -> Side {
        match self {
            Whose::Front | Whose::Bridge => Side::Huly,
            Whose::Vibe => Side::Vibe,
        }
    }
}

/// Asks a service for the time: one call without credentials to a route that every version has. `None` where the answer has no
/// date.
pub async fn clock(
    whose: Whose,
    url: &Url,
    http: HttpSettings,
    env: &dyn Env,
) -> Result<Option<Skew>, Error> {
    let (route, segments, classify): (_, &[&str], http_kit::Classify) = match whose {
        Whose::Front => (
            "/config.json",
            &["config.json"],
            huly_client::classify::front,
        ),
        Whose::Bridge => ("/health", &["health"], huly_client::bridge::classify),
        Whose::Vibe => ("/api/health", &["api", "health"], vibe_client::classify),
    };
    let mut address = url.clone();
    address.set_query(None);
    if let Ok(mut path) = address.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    let http = Http::new(http, classify)?;
    let before = env.now();
    let reply = http.call(Call::get(route, address)).await?;
    let after = env.now();
    let date = reply
        .headers
        .get("date")
        .and_then(|date| date.to_str().ok());
    Ok(date.and_then(|date| Skew::of(date, before, after)))
}
