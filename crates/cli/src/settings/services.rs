//! How each service is called: addresses, credentials, limits.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use engine::connect::{
    BreakerSettings, BridgeConnection, Credentials, HttpSettings, HulyConnection, HulyLimits, Rate,
    bridge_settings, vibe_settings,
};

use super::percent;
use crate::config::{self, Config};

/// How to reach Huly. A secret that a program gives is asked for here.
pub(crate) fn huly(
    config: &Config,
    services: config::Services<'_>,
) -> Result<HulyConnection, config::ConfigError> {
    Ok(HulyConnection {
        front: services.huly_url.clone(),
        credentials: match services.credentials {
            config::Credentials::Token(token) => Credentials::Token(token.value()?),
            config::Credentials::Password { email, password } => Credentials::Password {
                email: email.clone(),
                password: password.value()?,
            },
        },
        workspace: services.workspace.to_owned(),
        limits: huly_limits(&Calls::huly(config)),
        page_size: NonZeroU32::new(config.huly.page_size).unwrap_or(NonZeroU32::MIN),
    })
}

/// How to reach Huly through the bridge.
pub(crate) fn bridge(config: &Config, services: config::BridgeServices<'_>) -> BridgeConnection {
    let status = &config.status;
    let names = status.to_vibe.keys().chain(status.to_huly.values());
    BridgeConnection {
        address: services.bridge_url.clone(),
        http: busy(&bridge_settings(), &Calls::huly(config)),
        workspace: services.workspace.map(str::to_owned),
        statuses: names.map(|name| Arc::from(name.as_str())).collect(),
    }
}

/// The HTTP settings of Vibe.
pub(crate) fn vibe(config: &Config) -> HttpSettings {
    busy(&vibe_settings(), &Calls::vibe(config))
}

/// What the configuration says of the calls to one service.
pub(super) struct Calls<'a> {
    http: &'a config::Http,
    allow_insecure: bool,
    breaker: &'a config::Breaker,
    retry: &'a config::Retry,
    slow: Duration,
}

impl<'a> Calls<'a> {
    fn huly(config: &'a Config) -> Self {
        Calls {
            http: &config.huly.http,
            allow_insecure: config.huly.allow_insecure_http,
            ..Self::vibe(config)
        }
    }

    pub(super) fn letta(config: &'a Config) -> Self {
        Calls {
            http: &config.letta.http,
            allow_insecure: config.letta.allow_insecure_http,
            ..Self::vibe(config)
        }
    }

    fn vibe(config: &'a Config) -> Self {
        Calls {
            http: &config.vibe.http,
            allow_insecure: config.vibe.allow_insecure_http,
            breaker: &config.breaker,
            retry: &config.retry,
            slow: config.log.slow,
        }
    }
}

/// The transactor carries the load, so the limits are its; the collaborator ends in it. Signing in and the front keep
/// their own small limits and take only the times.
fn huly_limits(calls: &Calls<'_>) -> HulyLimits {
    let own = HulyLimits::default();
    let collaborator = HttpSettings {
        rate: own.collaborator.rate,
        ..busy(&own.collaborator, calls)
    };
    HulyLimits {
        front: timed(&own.front, calls),
        account: timed(&own.account, calls),
        transactor: busy(&own.transactor, calls),
        collaborator,
    }
}

fn timed(own: &HttpSettings, calls: &Calls<'_>) -> HttpSettings {
    let Calls {
        http,
        allow_insecure,
        breaker,
        retry,
        slow,
    } = *calls;
    HttpSettings {
        slow,
        read_timeout: http.read_timeout,
        write_timeout: http.write_timeout,
        connect_timeout: http.connect_timeout,
        deadline: own.deadline.max(http.read_timeout * 2),
        idle_connections: usize::try_from(http.idle_connections).unwrap_or(usize::MAX),
        idle_timeout: http.idle_timeout,
        backoff_base: retry.base,
        backoff_cap: retry.cap,
        breaker: Some(BreakerSettings {
            percent: u32::try_from(percent(breaker.failures).max(1)).unwrap_or(u32::MAX),
            calls: breaker.calls,
            window: breaker.window,
            open_for: breaker.open_for,
        }),
        allow_insecure,
        ..own.clone()
    }
}

pub(super) fn busy(own: &HttpSettings, calls: &Calls<'_>) -> HttpSettings {
    let http = calls.http;
    HttpSettings {
        concurrency: usize::try_from(http.concurrency).unwrap_or(usize::MAX),
        write_concurrency: usize::try_from(http.write_concurrency).unwrap_or(usize::MAX),
        rate: http.rate.map(|count| Rate {
            count,
            window: http.rate_window,
        }),
        body_cap: usize::try_from(http.body_cap).unwrap_or(usize::MAX),
        ..timed(own, calls)
    }
}
