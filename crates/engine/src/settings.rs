//! What a run is told: plain data, made by the caller from its own configuration.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use store::port::Upkeep;
use sync_core::{
    filter::{Filter, Leaving},
    guard,
    ids::Millis,
    lens::StatusNames,
    rules::{Creation, Deletion, Direction, Directions, Policies},
};

/// Everything a run is told. [`Default`] gives the documented defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In which directions counterparts are made.
    pub create: Creation,
    /// Whether Vibe projects are made for Huly projects without one.
    pub create_projects: bool,
    /// Whether no Vibe project is made for a Huly project without issues.
    pub skip_empty: bool,
    /// Who wins.
    pub policies: Policies,
    /// What a deletion does.
    pub deletion: Deletion,
    /// Status names from the configuration.
    pub status_names: StatusNames,
    /// Thresholds of the guards.
    pub guard: guard::Limits,
    /// Projects in work at once.
    pub workers: usize,
    /// A run ends at a safe point after this long (`None`: never).
    pub run_deadline: Option<Duration>,
    /// How far reads overlap the watermark.
    pub overlap: Duration,
    /// How often a project is compared in full.
    pub full_compare_every: Duration,
    /// Within which time of our own write the old value means a lost write (design 3.1 a).
    pub confirm_window: Duration,
    /// How long after a project's updates on a service without conditional writes one list confirms them (design 4.2).
    pub confirm_delay: Duration,
    /// A remote write has its answer within this time or its outcome is unknown.
    pub write_deadline: Duration,
    /// How long after `write_deadline` a create or an update without an answer may still take effect (design 4.2: 30 s).
    pub late_create: Duration,
    /// How often a lost create or update is sent inside one run.
    pub max_attempts: u32,
    /// How long an item may fail before it becomes a dead letter.
    pub give_up_after: Duration,
    /// How long the store keeps what no decision needs, and when it is backed up.
    pub upkeep: Upkeep,
    /// The lease.
    pub lease: LeaseSettings,
    /// Repository paths of Vibe projects must lie under one of these.
    pub repo_roots: Vec<PathBuf>,
    /// The repository of a project that names none: a path in which `{identifier}` stands for the Huly project's identifier in lower
    /// case.
    pub default_repository: Option<String>,
    /// Pairs and exceptions from the configuration, by Huly identifier or name.
    pub projects: BTreeMap<Arc<str>, ProjectSettings>,
    /// Only these projects (Huly identifiers or names, case-folded); empty: all.
    pub only: Vec<String>,
    /// How far a run looks.
    pub scope: Scope,
    /// Which items are synced (design 3.9).
    pub filter: Filter,
    /// What becomes of links outside the filter. One that is given for one run only leaves them, and the watermarks, as they are.
    pub leaving: Leaving,
    /// Only these items: Huly identifiers or ids of Vibe tasks; empty: all. Watermarks do not move.
    pub items: Vec<Arc<str>>,
    /// Address of Huly's web pages with the workspace (`https://host/workbench/ws`), for links in footers.
    pub huly_browse: Option<String>,
}

/// How far a run looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What changed, and each project in full from time to time.
    Changes,
    /// Everything is read and looked through, and duplicates that nobody touched are planned to be removed (reconcile).
    Full,
    /// As [`Scope::Full`]; moreover markers of another store are taken over: somebody says that it is lost and that nothing else
    /// runs on these boards.
    Repair,
}

impl Scope {
    /// Whether everything is read and looked through.
    pub(crate) const fn is_full(self) -> bool {
        matches!(self, Self::Full | Self::Repair)
    }
}

/// What the configuration says of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectSettings {
    /// The Vibe project by name or id.
    pub vibe: Option<String>,
    /// The repository's path.
    pub repository: Option<String>,
    /// Left alone.
    pub skip: bool,
    /// Which way its fields go, where that is said for this project.
    pub fields: FieldDirections,
}

/// Which way the fields of one project go; `None` as everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldDirections {
    /// The title.
    pub title: Option<Direction>,
    /// The description.
    pub description: Option<Direction>,
    /// The status.
    pub status: Option<Direction>,
}

impl FieldDirections {
    /// What holds in this project, by what holds everywhere.
    pub fn over(self, everywhere: Directions) -> Directions {
        Directions {
            title: self.title.unwrap_or(everywhere.title),
            description: self.description.unwrap_or(everywhere.description),
            status: self.status.unwrap_or(everywhere.status),
        }
    }
}

/// The lease (design 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseSettings {
    /// Without a heartbeat it ends after this long.
    pub ttl: Duration,
    /// How often it is renewed.
    pub heartbeat: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            create: Creation::Both,
            create_projects: true,
            skip_empty: true,
            policies: Policies::default(),
            deletion: Deletion::Cancel,
            status_names: StatusNames::default(),
            guard: guard::Limits::default(),
            workers: 5,
            run_deadline: Some(Duration::from_mins(15)),
            overlap: Duration::from_mins(1),
            full_compare_every: Duration::from_hours(24),
            confirm_window: Duration::from_secs(30),
            confirm_delay: Duration::from_secs(1),
            write_deadline: Duration::from_secs(15),
            late_create: Duration::from_secs(30),
            max_attempts: 5,
            give_up_after: Duration::from_hours(24),
            upkeep: Upkeep {
                history: days(90),
                conflicts: days(365),
                runs: days(90),
                backup: None,
            },
            lease: LeaseSettings {
                ttl: Duration::from_mins(1),
                heartbeat: Duration::from_secs(10),
            },
            repo_roots: Vec::new(),
            default_repository: None,
            projects: BTreeMap::new(),
            only: Vec::new(),
            scope: Scope::Changes,
            filter: Filter::default(),
            leaving: Leaving::Sleeps,
            items: Vec::new(),
            huly_browse: None,
        }
    }
}

const fn days(days: i64) -> Millis {
    Millis(days * 24 * 3_600 * 1_000)
}
