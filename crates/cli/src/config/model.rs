//! The configuration as the rest of the program takes it: typed, checked, with defaults filled in.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use url::Url;

use super::{
    choice::{
        Category, Create, DeletePolicy, FieldDirection, FieldPolicy, HulyApi, LogFormat, LogLevel,
        Priority, VibeStatus,
    },
    letta::Letta,
    origin::{Origin, Origins},
    secret::Secret,
};

/// The whole configuration. Made by [`load`](super::load) only, so every value is inside its bounds.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from; `None` where there is none.
    pub file: Option<PathBuf>,
    /// `[huly]`: where Huly is and who we are there.
    pub huly: Huly,
    /// `[vibe]`: where Vibe Kanban is, and its repositories.
    pub vibe: Vibe,
    /// `[sync]`: what a run does.
    pub sync: SyncRun,
    /// `[fields]`: who wins.
    pub fields: Fields,
    /// `[filter]`: which items are synced.
    pub filter: Filter,
    /// `[status]`: how statuses are named on the other side.
    pub status: Status,
    /// `delete.policy`: what a deletion does to the counterpart; default `cancel`.
    pub delete: DeletePolicy,
    /// `[guard]`: when a class of actions is held back.
    pub guard: Guard,
    /// `[store]`: what hvs remembers, and where.
    pub store: Store,
    /// `[retention]`: how long rows are kept.
    pub retention: Retention,
    /// `[lease]`: the right to write.
    pub lease: Lease,
    /// `[retry]`: how long a failing item is tried.
    pub retry: Retry,
    /// `[breaker]`: when a failing service is left alone.
    pub breaker: Breaker,
    /// `[log]`: the log on stderr.
    pub log: Log,
    /// `[health]`.
    pub health: Health,
    /// `[letta]`.
    pub letta: Letta,
    /// `[[project]]`: pairs and exceptions, in the order of the file.
    pub projects: Vec<Project>,
    /// Every value as it may be shown, with its origin.
    pub origins: Origins,
}

/// `[huly]`.
#[derive(Clone, Debug)]
pub struct Huly {
    /// `url`: the address of the front, `http` or `https`. No default.
    pub url: Option<Url>,
    /// `api`: by which way it is reached; default `platform`.
    pub api: HulyApi,
    /// `workspace`: its name in the address, or its uuid. No default.
    pub workspace: Option<String>,
    /// `token`, or `email` and `password`. No default.
    pub credentials: Option<Credentials>,
    /// `overlap`: how far a read of changes begins before the watermark; 0 s to 60 min, default 60 s (design 4.4).
    pub overlap: Duration,
    /// `page_size`: documents asked for at once; 1 to 5000, default 500.
    pub page_size: u32,
    /// `allow_insecure_http`: whether plain http may leave this machine; default false.
    pub allow_insecure_http: bool,
    /// `[huly.http]`.
    pub http: Http,
}

/// How to sign in to Huly.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A token of an account.
    Token(Secret),
    /// An account's e-mail address and password.
    Password {
        /// The address.
        email: String,
        /// The password.
        password: Secret,
    },
}

/// `[vibe]`.
#[derive(Clone, Debug)]
pub struct Vibe {
    /// `url`: the address of the local server. No default.
    pub url: Option<Url>,
    /// `repo_roots`: a project's repository lies under one of these, or the project is not made; default none.
    pub repo_roots: Vec<PathBuf>,
    /// `default_repo`: the repository of a project that names none; default none.
    pub default_repo: Option<RepoTemplate>,
    /// `quiet_after`: a project without a change for this long is quiet; 0 s to 24 h, default 10 min.
    pub quiet_after: Duration,
    /// `quiet_poll`: the shortest time between two lists of a quiet project; 0 s to 24 h, default 60 s.
    pub quiet_poll: Duration,
    /// `quiet_poll_max`: the longest; at least `quiet_poll`, to 24 h, default 5 min.
    pub quiet_poll_max: Duration,
    /// `allow_insecure_http`: as for Huly; default false.
    pub allow_insecure_http: bool,
    /// `[vibe.http]`.
    pub http: Http,
}

/// `vibe.default_repo`: an absolute path in which `{identifier}` stands for the Huly project's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoTemplate(pub(super) String);

impl RepoTemplate {
    /// What stands for the identifier.
    pub const IDENTIFIER: &'static str = "{identifier}";

    /// The path for a project, its identifier in lower case. Whether it lies under a root is for the caller to check:
    /// the identifier comes from a server.
    pub fn path(&self, identifier: &str) -> PathBuf {
        PathBuf::from(self.0.replace(Self::IDENTIFIER, &identifier.to_lowercase()))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// `[huly.http]`, `[vibe.http]` and `[letta.http]`: limits of the calls to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `read_timeout`: of one try of a read; 10 ms to 60 min, default 60 s.
    pub read_timeout: Duration,
    /// `write_timeout`: of a write; 10 ms to 60 min, default 15 s. The lease outlives it (design 4.6).
    pub write_timeout: Duration,
    /// `connect_timeout`: of a connection, TLS included; 10 ms to 60 min, default 10 s.
    pub connect_timeout: Duration,
    /// `idle_connections`: kept per host; 0 to 1000, default 10.
    pub idle_connections: u32,
    /// `idle_timeout`: how long one is kept; 10 ms to 60 min, default 4 s for Huly, whose server closes at 5 s, and 90 s
    /// for Vibe.
    pub idle_timeout: Duration,
    /// `concurrency`: calls in flight; 1 to 1000, default 8.
    pub concurrency: u32,
    /// `write_concurrency`: writes in flight; 1 to `concurrency`, for Huly at most 10 (it hangs above), default 4.
    pub write_concurrency: u32,
    /// `rate`: calls in a `rate_window`; 1 to 1000000, default 1400 for Huly, which refuses from 1500 on, and no limit
    /// for Vibe.
    pub rate: Option<u32>,
    /// `rate_window`: 100 ms to 60 min, default 30 s.
    pub rate_window: Duration,
    /// `body_cap`: of an answer after decompression, in bytes; 1 KiB to 1 GiB, default 64 MiB.
    pub body_cap: u64,
}

/// `[sync]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRun {
    /// `create`: in which directions counterparts are made; default `both`.
    pub create: Create,
    /// `projects_create`: whether Vibe projects are made for Huly's; default true.
    pub projects_create: bool,
    /// `skip_empty`: whether no Vibe project is made for a Huly project without issues; default true.
    pub skip_empty: bool,
    /// `workers`: projects at once; 1 to 64, default 5.
    pub workers: u32,
    /// `interval`: of a watch, from start to start; 100 ms to 60 min, default 10 s.
    pub interval: Duration,
    /// `refresh_every`: a watch reads the lists of projects again after it; 0 s to 24 h, default 60 s.
    pub refresh_every: Duration,
    /// `backoff_max`: the longest delay of a watch's next run; 100 ms to 60 min, default 5 min.
    pub backoff_max: Duration,
    /// `shutdown_grace`: of a watch that is asked to stop; 0 s to 60 min, default 10 s.
    pub shutdown_grace: Duration,
    /// `run_deadline`: a run ends at a safe point after it; 1 s to 24 h, default 15 min.
    pub run_deadline: Duration,
    /// `full_compare_every`: how often a project is compared in full; 60 s to 30 d, default 24 h (design 4.4).
    pub full_compare_every: Duration,
    /// `confirm_window`: how long an old value means a lost write; 0 s to 60 min, default 30 s (design 3.1).
    pub confirm_window: Duration,
}

/// `[fields]`: what happens where both sides changed a field (design 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// `title`; default `huly`.
    pub title: FieldPolicy,
    /// `status`, never `merge`; default `huly`.
    pub status: FieldPolicy,
    /// `description`; default `merge`.
    pub description: FieldPolicy,
    /// `[fields.direction]`: which way each goes; default `both`.
    pub direction: FieldDirections,
}

/// Which way fields go: `[fields.direction]`, and `fields` of a project. `None`: nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldDirections {
    /// The title.
    pub title: Option<FieldDirection>,
    /// The status.
    pub status: Option<FieldDirection>,
    /// The description.
    pub description: Option<FieldDirection>,
}

/// `[filter]` (design 3.9): every list that is not empty is a condition; an item passes when it meets all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// `project`: by identifier or name.
    pub project: Vec<String>,
    /// `status`: by Huly's name.
    pub status: Vec<String>,
    /// `category`: of the status; together with `status` one condition.
    pub category: Vec<Category>,
    /// `label`: an item needs one of them.
    pub label: Vec<String>,
    /// `assignee`: by name or e-mail address.
    pub assignee: Vec<String>,
    /// `priority`.
    pub priority: Vec<Priority>,
    /// `max_age`: the longest time since the issue was last changed; 1 s to 100 years, default none.
    pub max_age: Option<Duration>,
    /// `identifier`: `HARB-12`.
    pub identifier: Vec<String>,
}

/// `[status]`: names of statuses; what is not named goes by category (design 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `[status.to_vibe]`: Huly's status by its name, no two equal when folded to lower case.
    pub to_vibe: BTreeMap<String, VibeStatus>,
    /// `[status.to_huly]`: the name of Huly's status for each of Vibe's.
    pub to_huly: BTreeMap<VibeStatus, String>,
}

/// `[guard]` (design 3.7): a class is held back above the larger of number and share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guard {
    /// `removals_min`: of one project; 0 to 1000000, default 3.
    pub removals_min: u32,
    /// `removals_share`: of a project's links, 0 to 1, default 0.2.
    pub removals_share: f64,
    /// `removals_run`: in a whole run; 0 to 1000000, default 20.
    pub removals_run: u32,
    /// `creates_min`: of one project; 0 to 1000000, default 50.
    pub creates_min: u32,
    /// `creates_share`: of a project's links, 0 to 1, default 0.2.
    pub creates_share: f64,
    /// `rewrites_share`: of a project's descriptions or statuses, 0 to 1, default 0.5.
    pub rewrites_share: f64,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// `path`: the database, absolute; default `$XDG_DATA_HOME/hvs/hvs.db`, else `~/.local/share/hvs/hvs.db`.
    pub path: PathBuf,
    /// `backup_every`: from one backup to the next; 0 s (never) to 30 d, default 24 h.
    pub backup_every: Duration,
    /// `backup_keep`: so many are kept; 1 to 1000, default 3.
    pub backup_keep: u32,
}

/// `[retention]`: how long rows are kept that no decision needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `history`: history and finished writes; 1 to 3650 d, default 90 d.
    pub history: Duration,
    /// `conflicts`: settled conflicts, with the values that lost; 1 to 3650 d, default 365 d.
    pub conflicts: Duration,
    /// `runs`: 1 to 3650 d, default 90 d.
    pub runs: Duration,
}

/// `[lease]` (design 4.6): `ttl` is at least the longer write timeout + 2 x `heartbeat` + 5 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// `ttl`: 1 s to 60 min, default 60 s.
    pub ttl: Duration,
    /// `heartbeat`: 100 ms to 10 min, default 10 s.
    pub heartbeat: Duration,
}

/// `[retry]` (design 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// `max_attempts`: 1 to 100, default 5.
    pub max_attempts: u32,
    /// `give_up_after`: 1 s to 90 d, default 24 h.
    pub give_up_after: Duration,
    /// `base`: the first wait before a call that reads is made again; 10 ms to 60 min, default 2 s.
    pub base: Duration,
    /// `cap`: the longest such wait; at least `base`, to 60 min, default 32 s.
    pub cap: Duration,
    /// `late_create`: how long after `write_timeout` a write without an answer may still take effect: before that a create is not
    /// repeated where the service cannot recognise a repeat, and no other value is written to an item that an update may still
    /// change; 0 s to 60 min, default 30 s (design 4.2).
    pub late_create: Duration,
}

/// `[breaker]`: a service of which so many calls fail is not asked for a while (design 4.7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// `failures`: the share of failed calls; 0 to 1, default 0.5.
    pub failures: f64,
    /// `calls`: among at least so many; 1 to 100000, default 10.
    pub calls: u32,
    /// `window`: within this time; 1 s to 60 min, default 30 s.
    pub window: Duration,
    /// `open_for`: for how long; 1 s to 60 min, default 30 s.
    pub open_for: Duration,
}

/// `[log]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// `format`; default `text`.
    pub format: LogFormat,
    /// `level`; default `warn`.
    pub level: LogLevel,
    /// `slow`: a call that takes longer is a warning; default 2 s, 10 ms to 1 h.
    pub slow: Duration,
}

/// `[health]`: what `hvs status` calls well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// `stale_after`: without a run for longer than this the verdict is `stopped`; default 1 h, 1 s to 30 d.
    pub stale_after: Duration,
    /// `stuck_after`: an item that waits for longer than this is stuck; default 15 min, 1 s to 30 d.
    pub stuck_after: Duration,
}

/// `[[project]]`: one pair or exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// `huly`: identifier or name of the Huly project; no two equal when folded to lower case.
    pub huly: String,
    /// `vibe`: name or id of the Vibe project; by name where left out.
    pub vibe: Option<String>,
    /// `repo`: its repository, under one of `vibe.repo_roots`.
    pub repo: Option<PathBuf>,
    /// `skip`: left alone; default false.
    pub skip: bool,
    /// `fields`: which way fields go in this project.
    pub fields: FieldDirections,
    /// Where the entry begins.
    pub origin: Origin,
}
