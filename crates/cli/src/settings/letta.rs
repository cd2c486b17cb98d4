//! How agents are reached and told.

use std::{net::Ipv4Addr, net::Ipv6Addr, sync::Arc};

use engine::{
    connect::{LettaAccess, LettaConnection, letta_settings},
    inform::{InformSettings, Places, Profile},
};
use sync_core::{
    digest::{self, DigestOptions, Exclude, OwnTexts},
    item::{Field, FieldSet},
};
use url::{Host, Url};

use super::services::{Calls, busy};
use crate::config::{self, Config, Deleted, Excluded, Form, Letta, Secret, Sink};

/// How to reach the Letta server; `None` without an address. A secret that a program gives is asked for here.
pub(crate) fn connection(config: &Config) -> Result<Option<LettaConnection>, config::ConfigError> {
    let letta = &config.letta;
    let Some(url) = &letta.url else {
        return Ok(None);
    };
    let token = letta.token.as_ref().map(Secret::value).transpose()?;
    Ok(Some(LettaConnection {
        access: LettaAccess {
            base: url.clone(),
            token,
            project: letta.project.clone(),
        },
        http: busy(&letta_settings(), &Calls::letta(config)),
        profile: Profile {
            template: letta.template.clone(),
            name: letta.name.clone(),
            model: letta.model.clone(),
            embedding: letta.embedding.clone(),
            tools: letta.tools.clone(),
        },
    }))
}

/// How agents are told.
pub(crate) fn informing(config: &Config) -> InformSettings {
    let letta = &config.letta;
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    InformSettings {
        concurrency: usize::try_from(letta.concurrency).unwrap_or(1),
        deadline: letta.deadline,
        write_deadline: letta.http.write_timeout,
        late_create: config.retry.late_create,
        check_every: letta.check_every,
        give_up_after: config.retry.give_up_after,
        again: letta.deleted == Deleted::Again,
        exclude: letta
            .exclude_projects
            .iter()
            .map(|name| name.trim().to_lowercase().into())
            .collect(),
        digest: DigestOptions {
            form: match letta.form {
                Form::Markdown => digest::Form::Markdown,
                Form::Json => digest::Form::Json,
            },
            limits: letta.limits.clone(),
            entries: usize::try_from(letta.entries).unwrap_or(1),
            exclude: exclude(letta),
        },
        own: OwnTexts {
            persona: text(&letta.persona),
            human: text(&letta.human),
            scratchpad: None,
        },
        places: Places {
            huly: super::huly_browse(config).map(Arc::from),
            vibe: config.vibe.url.as_ref().map(|url| url.as_str().into()),
        },
    }
}

/// What no agent is told: what the configuration says, and without a word descriptions, unless they stay in the house.
fn exclude(letta: &Letta) -> Exclude {
    let fields = match &letta.exclude_fields {
        Some(fields) => fields.iter().map(|field| excluded(*field)).collect(),
        None if stays_in_the_house(letta) => FieldSet::EMPTY,
        None => FieldSet::of(&[Field::Description]),
    };
    Exclude {
        fields,
        labels: letta
            .exclude_labels
            .iter()
            .map(|label| label.as_str().into())
            .collect(),
    }
}

const fn excluded(field: Excluded) -> Field {
    match field {
        Excluded::Title => Field::Title,
        Excluded::Description => Field::Description,
        Excluded::Priority => Field::Priority,
        Excluded::Labels => Field::Labels,
        Excluded::Parent => Field::Parent,
        Excluded::DueDate => Field::DueDate,
    }
}

fn stays_in_the_house(letta: &Letta) -> bool {
    match (letta.sink, &letta.url) {
        (Sink::Directory, _) => true,
        (Sink::Letta, Some(url)) => is_near(url),
        (Sink::Letta, None) | (Sink::None, _) => false,
    }
}

/// Whether an address is this machine's or one of a private network: by number, since a name may lead anywhere.
fn is_near(url: &Url) -> bool {
    let private = |ip: Ipv4Addr| ip.is_loopback() || ip.is_private() || ip.is_link_local();
    let local =
        |ip: Ipv6Addr| ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local();
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => private(ip),
        Some(Host::Ipv6(ip)) => ip.to_ipv4_mapped().map_or_else(|| local(ip), private),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_near_by_its_number_and_never_by_a_name_that_may_lead_anywhere() {
        let near = [
            "http://127.0.0.1:8283",
            "http://localhost:8283",
            "http://192.168.1.9:8283",
            "http://10.0.0.1",
            "http://[::1]:8283",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.1]",
        ];
        let far = [
            "https://api.letta.com",
            "http://8.8.8.8",
            "https://letta.internal",
            "http://[2001:db8::1]",
        ];
        for (urls, expected) in [(&near[..], true), (&far[..], false)] {
            for url in urls {
                assert_eq!(is_near(&url.parse().unwrap()), expected, "{url}");
            }
        }
    }
}
