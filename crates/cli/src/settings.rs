//! The one place where the configuration becomes what the engine takes.

mod choosing;
mod letta;
mod services;
mod upkeep;

use std::{collections::BTreeMap, sync::Arc};

use engine::{
    run::Pace,
    settings::{LeaseSettings, ProjectSettings, Settings},
    watch::Times,
};
use sync_core::{
    filter::Leaving,
    guard,
    lens::StatusNames,
    rules::{Creation, Deletion, Directions, Policies, Policy},
};
use url::Url;

use crate::config::{self, Choice, Config, Create, DeletePolicy, FieldPolicy, HulyApi};

pub(crate) use choosing::Asked;
use choosing::{directions, filter};
pub(crate) use letta::{connection as letta, informing};
pub(crate) use services::{bridge, huly, vibe};
use upkeep::upkeep;

/// What a run about everything, or about projects that the command line names, is told.
pub(crate) fn settings(config: &Config, only: &[String]) -> Settings {
    let asked = Asked {
        projects: only,
        ..Asked::default()
    };
    for_run(config, asked)
}

/// What a run is told.
pub(crate) fn for_run(config: &Config, asked: Asked<'_>) -> Settings {
    let only = asked.projects;
    let Config {
        huly,
        vibe,
        sync,
        fields,
        guard,
        store,
        lease,
        retry,
        ..
    } = config;
    Settings {
        create: creation(sync.create),
        create_projects: sync.projects_create,
        skip_empty: sync.skip_empty,
        policies: Policies {
            title: policy(fields.title),
            description: policy(fields.description),
            status: policy(fields.status),
            direction: directions(fields.direction).over(Directions::default()),
            ..Policies::default()
        },
        deletion: deletion(config.delete),
        status_names: status_names(&config.status),
        guard: guards(guard),
        workers: usize::try_from(sync.workers).unwrap_or(usize::MAX),
        run_deadline: Some(sync.run_deadline),
        overlap: huly.overlap,
        full_compare_every: sync.full_compare_every,
        confirm_window: sync.confirm_window,
        write_deadline: huly.http.write_timeout.max(vibe.http.write_timeout),
        max_attempts: retry.max_attempts,
        give_up_after: retry.give_up_after,
        late_create: retry.late_create,
        upkeep: upkeep(store, config.retention),
        lease: LeaseSettings {
            ttl: lease.ttl,
            heartbeat: lease.heartbeat,
        },
        repo_roots: vibe.repo_roots.clone(),
        default_repository: vibe
            .default_repo
            .as_ref()
            .map(|template| template.text().to_owned()),
        projects: projects(&config.projects),
        only: only.to_vec(),
        filter: filter(&config.filter, !only.is_empty() || !asked.items.is_empty()),
        leaving: if asked.filtered {
            Leaving::Stays
        } else {
            Leaving::Sleeps
        },
        items: asked
            .items
            .iter()
            .map(|item| item.as_str().into())
            .collect(),
        huly_browse: huly_browse(config),
        ..Settings::default()
    }
}

/// Where people look at Huly's items. The bridge's address is not that of Huly's pages.
fn huly_browse(config: &Config) -> Option<String> {
    let huly = &config.huly;
    huly.url
        .as_ref()
        .filter(|_| huly.api == HulyApi::Platform)
        .zip(huly.workspace.as_deref())
        .map(|(url, workspace)| browse(url, workspace))
}

/// The times of a watch.
pub(crate) fn times(config: &Config) -> Times {
    let Config { vibe, sync, .. } = config;
    Times {
        interval: sync.interval,
        backoff_max: sync.backoff_max,
        grace: sync.shutdown_grace,
        pace: Pace {
            refresh_every: sync.refresh_every,
            quiet_after: vibe.quiet_after,
            quiet_poll: vibe.quiet_poll,
            quiet_poll_max: vibe.quiet_poll_max,
        },
    }
}

const fn creation(create: Create) -> Creation {
    match create {
        Create::Both => Creation::Both,
        Create::ToVibe => Creation::ToVibe,
        Create::ToHuly => Creation::ToHuly,
        Create::None => Creation::None,
    }
}

const fn policy(policy: FieldPolicy) -> Policy {
    match policy {
        FieldPolicy::Huly => Policy::Huly,
        FieldPolicy::Vibe => Policy::Vibe,
        FieldPolicy::Merge => Policy::Merge,
        FieldPolicy::Manual => Policy::Manual,
    }
}

const fn deletion(policy: DeletePolicy) -> Deletion {
    match policy {
        DeletePolicy::Cancel => Deletion::Cancel,
        DeletePolicy::Mirror => Deletion::Mirror,
        DeletePolicy::Ignore => Deletion::Ignore,
    }
}

fn status_names(config: &config::Status) -> StatusNames {
    StatusNames {
        to_vibe: config
            .to_vibe
            .iter()
            .map(|(name, status)| (name.clone(), status.word().to_owned()))
            .collect(),
        to_huly: config
            .to_huly
            .iter()
            .map(|(status, name)| (status.word().to_owned(), name.clone()))
            .collect(),
    }
}

fn guards(config: &config::Guard) -> guard::Limits {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    guard::Limits {
        removals_free: number(config.removals_min),
        removals_percent: percent(config.removals_share),
        removals_run: number(config.removals_run),
        creates_free: number(config.creates_min),
        creates_percent: percent(config.creates_share),
        rewrites_percent: percent(config.rewrites_share),
        ..guard::Limits::default()
    }
}

/// A share from 0 to 1 as the nearest whole percent.
fn percent(share: f64) -> usize {
    let nearest = (0_u8..100).find(|percent| f64::from(*percent) + 0.5 > share * 100.0);
    usize::from(nearest.unwrap_or(100))
}

fn projects(config: &[config::Project]) -> BTreeMap<Arc<str>, ProjectSettings> {
    config
        .iter()
        .map(|project| {
            let settings = ProjectSettings {
                vibe: project.vibe.clone(),
                repository: project.repo.as_ref().map(|path| path.display().to_string()),
                skip: project.skip,
                fields: directions(project.fields),
            };
            (Arc::from(project.huly.as_str()), settings)
        })
        .collect()
}

/// The address of the workspace's pages.
fn browse(front: &Url, workspace: &str) -> String {
    let mut page = front.clone();
    // an address with a host can always be extended
    if let Ok(mut parts) = page.path_segments_mut() {
        parts.pop_if_empty().extend(["workbench", workspace]);
    }
    page.to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::port::BackupPlan;
    use sync_core::ids::Millis;

    use super::*;
    use crate::config::Inputs;

    fn config(variables: &[(&str, &str)]) -> Config {
        let inputs = Inputs {
            environment: variables.iter().copied().collect(),
            directory: std::env::temp_dir(),
            ..Inputs::default()
        };
        config::load(&inputs).unwrap()
    }

    #[test]
    fn an_empty_configuration_gives_the_documented_defaults() {
        let (made, mut own) = (
            settings(&config(&[("HVS_STORE_PATH", "a.db")]), &[]),
            Settings::default(),
        );
        // whoever embeds the engine has no backups unless they ask; the program has one a day
        assert_eq!(own.upkeep.backup, None);
        own.upkeep.backup = Some(BackupPlan {
            every: Millis(24 * 3_600_000),
            keep: 3,
        });
        assert_eq!(format!("{made:?}"), format!("{own:?}"));
    }

    #[test]
    fn policies_and_names_arrive() {
        let config = config(&[
            ("HVS_STORE_PATH", "a.db"),
            ("HVS_FIELDS_TITLE", "manual"),
            ("HVS_DELETE_POLICY", "mirror"),
            ("HVS_SYNC_CREATE", "to-vibe"),
            ("HVS_STATUS_TO_VIBE", "{ \"Code Review\" = \"inreview\" }"),
            ("HVS_VIBE_REPO_ROOTS", "/srv/repos"),
            (
                "HVS_PROJECT",
                "[{ huly = \"HARB\", vibe = \"Harbor\", repo = \"/srv/repos/h\" }]",
            ),
        ]);
        let made = settings(&config, &["HARB".to_owned()]);
        assert_eq!(made.policies.title, Policy::Manual);
        assert_eq!(made.deletion, Deletion::Mirror);
        assert_eq!(made.create, Creation::ToVibe);
        assert_eq!(
            made.status_names
                .to_vibe
                .get("Code Review")
                .map(String::as_str),
            Some("inreview")
        );
        assert_eq!(made.only, ["HARB"]);
        let project = made.projects.get("HARB").unwrap();
        assert_eq!(
            (project.vibe.as_deref(), project.repository.as_deref()),
            (Some("Harbor"), Some("/srv/repos/h"))
        );
    }

    #[test]
    fn shares_become_whole_percents() {
        assert_eq!(
            [0.0, 0.2, 0.125, 0.994, 0.996, 1.0].map(percent),
            [0, 20, 13, 99, 100, 100]
        );
    }

    #[test]
    fn http_limits_reach_the_transactor_and_signing_in_keeps_its_own() {
        let config = config(&[
            ("HVS_STORE_PATH", "a.db"),
            ("HVS_HULY_URL", "https://h.example/base/"),
            ("HVS_HULY_WORKSPACE", "acme"),
            ("HVS_HULY_TOKEN", "canary"),
            ("HVS_VIBE_URL", "http://127.0.0.1:9"),
            ("HVS_HULY_HTTP_READ_TIMEOUT", "20 s"),
            ("HVS_HULY_HTTP_CONCURRENCY", "6"),
            ("HVS_HULY_HTTP_RATE", "100"),
            ("HVS_BREAKER_FAILURES", "75 %"),
            ("HVS_RETRY_BASE", "1 s"),
            ("HVS_HULY_ALLOW_INSECURE_HTTP", "true"),
            ("HVS_VIBE_HTTP_BODY_CAP", "1 MiB"),
        ]);
        let connection = huly(&config, config.services().unwrap()).unwrap();
        let limits = &connection.limits;
        assert_eq!(limits.transactor.read_timeout, Duration::from_secs(20));
        assert_eq!(limits.transactor.concurrency, 6);
        assert_eq!(limits.transactor.rate.map(|rate| rate.count), Some(100));
        assert_eq!((limits.account.concurrency, limits.account.rate), (1, None));
        assert_eq!(limits.account.read_timeout, Duration::from_secs(20));
        assert!(limits.transactor.silence.is_some());
        assert_eq!(vibe(&config).body_cap, 1 << 20);
        for settings in [
            &limits.front,
            &limits.account,
            &limits.transactor,
            &limits.collaborator,
        ] {
            let breaker = settings.breaker.unwrap();
            assert_eq!((breaker.percent, breaker.calls), (75, 10));
            assert_eq!(settings.backoff_base, Duration::from_secs(1));
            assert!(settings.allow_insecure && !vibe(&config).allow_insecure);
        }
        assert_eq!(
            settings(&config, &[]).huly_browse.as_deref(),
            Some("https://h.example/base/workbench/acme")
        );
        assert!(!format!("{connection:?}").contains("canary"));
    }
}
