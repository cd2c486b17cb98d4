//! Every key with its default and its bounds, section by section.
//!
//! To add a key:
//! 1. a field in `model.rs`;
//! 2. one typed call here (`text`, `span`, `count`, `choice`, `switch`, ...): the call reads the key and describes it, with type,
//!    bounds and default, for the schema and the documentation. A value of a form of its own goes through
//!    [`value`](Reader::value) with the [`Kind`] that says what is taken; ask for every key whatever the others say;
//! 3. one line in `meanings.rs` that says what it is for (a test names the keys that have none). A key of `[[project]]` is a
//!    column in `maps.rs` and a line `project.<name>`;
//! 4. `HVS_UPDATE_DOCS=1 cargo test -p cli --lib config::docs` writes `docs/configuration.md` and `docs/hvs.schema.json` anew (after
//!    a conflict in these two files, too: take either side and write them anew).

use std::{path::PathBuf, time::Duration};

use serde_json::json;

use super::{
    choice::{Choice, Create, DeletePolicy, FieldPolicy, HulyApi, LogFormat, LogLevel, VibeStatus},
    describe::Kind,
    error::{Place, Problem},
    model::{
        Breaker, Config, Credentials, Fields, Guard, Health, Http, Huly, Lease, Log, RepoTemplate,
        Retention, Retry, Status, Store, SyncRun, Vibe,
    },
    reader::{Complaint, Given, Reader},
    values::{absolute, filled},
};

const NONE: Duration = Duration::ZERO;
const TICK: Duration = Duration::from_millis(10);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// More of anything than this is a slip.
const MANY: u32 = 1_000_000;

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What differs between the two services.
pub(super) struct HttpDefaults {
    idle_timeout: Duration,
    rate: Option<u32>,
    most_writes: u32,
}

/// Huly's server closes idle connections at 5 s, counts 1,500 calls per 30 s and hangs above about ten writes at once.
const HULY_HTTP: HttpDefaults = HttpDefaults {
    idle_timeout: seconds(4),
    rate: Some(1_400),
    most_writes: 10,
};
/// Vibe is a local server of one person.
const VIBE_HTTP: HttpDefaults = HttpDefaults {
    idle_timeout: seconds(90),
    rate: None,
    most_writes: 1_000,
};

/// Letta's server closes idle connections at 5 s; a writer an agent is the rule, so few calls at once are many.
pub(super) const LETTA_HTTP: HttpDefaults = HttpDefaults {
    idle_timeout: seconds(4),
    rate: Some(300),
    most_writes: 100,
};

/// What `vibe.default_repo` may be.
const REPO_FORM: Kind = Kind::Form {
    says: "absolute path with `{identifier}` in it",
    pattern: r"^\s*/[^{}]*\{identifier\}(?:[^{}]|\{identifier\})*$",
};

impl Reader<'_> {
    /// Reads every section, in the order in which `hvs config show` lists them.
    pub(super) fn config(&mut self) -> Config {
        let huly = self.huly();
        let vibe = self.vibe();
        let sync = self.sync();
        let fields = self.fields();
        let filter = self.filter();
        let status = self.status();
        let delete = self.choice("delete.policy", DeletePolicy::Cancel, DeletePolicy::ALL);
        let guard = self.guard();
        let store = self.store();
        let retention = self.retention();
        let lease = self.lease();
        let retry = self.retry();
        let breaker = self.breaker();
        let log = self.log();
        let health = self.health();
        let letta = self.letta();
        let projects = self.projects(&vibe.repo_roots);
        let file = self.document.map(|document| document.path.clone());
        let origins = std::mem::take(&mut self.origins);
        Config {
            file,
            huly,
            vibe,
            sync,
            fields,
            filter,
            status,
            delete,
            guard,
            store,
            retention,
            lease,
            retry,
            breaker,
            log,
            health,
            letta,
            projects,
            origins,
        }
    }

    fn huly(&mut self) -> Huly {
        Huly {
            url: self.url("huly.url"),
            api: self.choice("huly.api", HulyApi::Platform, HulyApi::ALL),
            workspace: self.text("huly.workspace"),
            credentials: self.credentials(),
            overlap: self.span("huly.overlap", seconds(60), NONE..=HOUR),
            page_size: self.count("huly.page_size", 500, 1..=5_000),
            allow_insecure_http: self.switch("huly.allow_insecure_http", false),
            http: self.http("huly.http", &HULY_HTTP),
        }
    }

    /// A token, or an e-mail address with a password; not both, not half of one.
    fn credentials(&mut self) -> Option<Credentials> {
        let problems = self.problems.len();
        let token = self.secret("huly.token");
        let email = self.text("huly.email");
        let password = self.secret("huly.password");
        if self.problems.len() > problems {
            // what is missing may be what was refused
            return None;
        }
        let (what, key) = match (token, email, password) {
            (None, None, None) => return None,
            (Some(token), None, None) => return Some(Credentials::Token(token)),
            (None, Some(email), Some(password)) => {
                return Some(Credentials::Password { email, password });
            }
            (Some(_), Some(_), _) => ("`huly.token` and `huly.email` are both given", "huly.email"),
            (Some(_), None, Some(_)) => (
                "`huly.token` and `huly.password` are both given",
                "huly.password",
            ),
            (None, Some(_), None) => ("`huly.email` has no `huly.password`", "huly.email"),
            (None, None, Some(_)) => ("`huly.password` has no `huly.email`", "huly.password"),
        };
        let place = self.place_of(&[key, &format!("{key}_file")]);
        let hint = "give a token, or an e-mail address and a password";
        self.problems.push(Problem::new(what, place).hint(hint));
        None
    }

    fn vibe(&mut self) -> Vibe {
        let repo_roots = self.paths("vibe.repo_roots");
        let template = |given: &Given<'_>| repo_template(given).map(Some);
        let vibe = Vibe {
            url: self.url("vibe.url"),
            repo_roots,
            default_repo: self.value("vibe.default_repo", REPO_FORM, None, template, |template| {
                json!(template.as_ref().map(RepoTemplate::text))
            }),
            quiet_after: self.span("vibe.quiet_after", seconds(600), NONE..=DAY),
            quiet_poll: self.span("vibe.quiet_poll", seconds(60), NONE..=DAY),
            quiet_poll_max: self.span("vibe.quiet_poll_max", seconds(300), NONE..=DAY),
            allow_insecure_http: self.switch("vibe.allow_insecure_http", false),
            http: self.http("vibe.http", &VIBE_HTTP),
        };
        if vibe.quiet_poll > vibe.quiet_poll_max {
            let what = "`vibe.quiet_poll_max` is less than `vibe.quiet_poll`";
            let place = self.place_of(&["vibe.quiet_poll_max", "vibe.quiet_poll"]);
            self.problems
                .push(Problem::new(what, place).hint("the longest time is at least the shortest"));
        }
        vibe
    }

    pub(super) fn http(&mut self, section: &str, defaults: &HttpDefaults) -> Http {
        let key = |name: &str| format!("{section}.{name}");
        let http = Http {
            read_timeout: self.span(&key("read_timeout"), seconds(60), TICK..=HOUR),
            write_timeout: self.span(&key("write_timeout"), seconds(15), TICK..=HOUR),
            connect_timeout: self.span(&key("connect_timeout"), seconds(10), TICK..=HOUR),
            idle_connections: self.count(&key("idle_connections"), 10, 0..=1_000),
            idle_timeout: self.span(&key("idle_timeout"), defaults.idle_timeout, TICK..=HOUR),
            concurrency: self.count(&key("concurrency"), 8, 1..=1_000),
            write_concurrency: self.count(&key("write_concurrency"), 4, 1..=defaults.most_writes),
            rate: self.maybe_count(&key("rate"), defaults.rate, 1..=MANY),
            rate_window: self.span(&key("rate_window"), seconds(30), TICK * 10..=HOUR),
            body_cap: self.size(&key("body_cap"), 64 << 20, (1 << 10)..=(1 << 30)),
        };
        if http.write_concurrency > http.concurrency {
            let (writes, all) = (key("write_concurrency"), key("concurrency"));
            let what = format!(
                "`{writes}` is {}, more than `{all}`, which is {}",
                http.write_concurrency, http.concurrency
            );
            let place = self.place_of(&[&writes, &all]);
            self.problems
                .push(Problem::new(what, place).hint("writes are calls too"));
        }
        http
    }

    fn sync(&mut self) -> SyncRun {
        SyncRun {
            create: self.choice("sync.create", Create::Both, Create::ALL),
            projects_create: self.switch("sync.projects_create", true),
            skip_empty: self.switch("sync.skip_empty", true),
            workers: self.count("sync.workers", 5, 1..=64),
            interval: self.span("sync.interval", seconds(10), TICK * 10..=HOUR),
            refresh_every: self.span("sync.refresh_every", seconds(60), NONE..=DAY),
            backoff_max: self.span("sync.backoff_max", seconds(300), TICK * 10..=HOUR),
            shutdown_grace: self.span("sync.shutdown_grace", seconds(10), NONE..=HOUR),
            run_deadline: self.span("sync.run_deadline", seconds(15 * 60), seconds(1)..=DAY),
            full_compare_every: self.span("sync.full_compare_every", DAY, seconds(60)..=DAY * 30),
            confirm_window: self.span("sync.confirm_window", seconds(30), NONE..=HOUR),
        }
    }

    fn fields(&mut self) -> Fields {
        let words = [FieldPolicy::Huly, FieldPolicy::Vibe, FieldPolicy::Manual];
        Fields {
            title: self.choice("fields.title", FieldPolicy::Huly, FieldPolicy::ALL),
            status: self.choice("fields.status", FieldPolicy::Huly, &words),
            description: self.choice("fields.description", FieldPolicy::Merge, FieldPolicy::ALL),
            direction: self.directions(),
        }
    }

    fn status(&mut self) -> Status {
        let to_vibe = self.status_map("status.to_vibe");
        let mut status = Status {
            to_vibe,
            ..Status::default()
        };
        for vibe in VibeStatus::ALL {
            if let Some(name) = self.text(&format!("status.to_huly.{}", vibe.word())) {
                status.to_huly.insert(*vibe, name);
            }
        }
        status
    }

    fn guard(&mut self) -> Guard {
        Guard {
            removals_min: self.count("guard.removals_min", 3, 0..=MANY),
            removals_share: self.share("guard.removals_share", 0.20),
            removals_run: self.count("guard.removals_run", 20, 0..=MANY),
            creates_min: self.count("guard.creates_min", 50, 0..=MANY),
            creates_share: self.share("guard.creates_share", 0.20),
            rewrites_share: self.share("guard.rewrites_share", 0.50),
        }
    }

    fn store(&mut self) -> Store {
        let environment = &self.inputs.environment;
        let data = environment.directory("XDG_DATA_HOME").or_else(|| {
            environment
                .directory("HOME")
                .map(|home| home.join(".local").join("share"))
        });
        let default = data.map(|data| data.join("hvs").join("hvs.db"));
        let problems = self.problems.len();
        let path = self.path("store.path", default);
        if path.is_none() && self.problems.len() == problems {
            let what =
                "`store.path` has no default: neither XDG_DATA_HOME nor HOME is an absolute path";
            let hint = "set `path` in [store], or HVS_STORE_PATH";
            self.problems
                .push(Problem::new(what, Place::Nowhere).hint(hint));
        }
        Store {
            // without a path there is a problem, and no configuration comes of this
            path: path.unwrap_or_default(),
            backup_every: self.span("store.backup_every", DAY, NONE..=DAY * 30),
            backup_keep: self.count("store.backup_keep", 3, 1..=1_000),
        }
    }

    fn retention(&mut self) -> Retention {
        let bounds = DAY..=DAY * 3_650;
        Retention {
            history: self.span("retention.history", DAY * 90, bounds.clone()),
            conflicts: self.span("retention.conflicts", DAY * 365, bounds.clone()),
            runs: self.span("retention.runs", DAY * 90, bounds),
        }
    }

    fn lease(&mut self) -> Lease {
        Lease {
            ttl: self.span("lease.ttl", seconds(60), seconds(1)..=HOUR),
            heartbeat: self.span("lease.heartbeat", seconds(10), TICK * 10..=seconds(600)),
        }
    }

    fn retry(&mut self) -> Retry {
        let retry = Retry {
            max_attempts: self.count("retry.max_attempts", 5, 1..=100),
            give_up_after: self.span("retry.give_up_after", DAY, seconds(1)..=DAY * 90),
            base: self.span("retry.base", seconds(2), TICK..=HOUR),
            cap: self.span("retry.cap", seconds(32), TICK..=HOUR),
            late_create: self.span("retry.late_create", seconds(30), NONE..=HOUR),
        };
        if retry.base > retry.cap {
            let what = "`retry.cap` is less than `retry.base`";
            let place = self.place_of(&["retry.cap", "retry.base"]);
            self.problems
                .push(Problem::new(what, place).hint("the longest wait is at least the first one"));
        }
        retry
    }

    fn breaker(&mut self) -> Breaker {
        Breaker {
            failures: self.share("breaker.failures", 0.5),
            calls: self.count("breaker.calls", 10, 1..=100_000),
            window: self.span("breaker.window", seconds(30), seconds(1)..=HOUR),
            open_for: self.span("breaker.open_for", seconds(30), seconds(1)..=HOUR),
        }
    }

    fn health(&mut self) -> Health {
        Health {
            stale_after: self.span("health.stale_after", HOUR, seconds(1)..=DAY * 30),
            stuck_after: self.span(
                "health.stuck_after",
                seconds(15 * 60),
                seconds(1)..=DAY * 30,
            ),
        }
    }

    fn log(&mut self) -> Log {
        Log {
            format: self.choice("log.format", LogFormat::Text, LogFormat::ALL),
            level: self.choice("log.level", LogLevel::Warn, LogLevel::ALL),
            slow: self.span("log.slow", seconds(2), TICK..=HOUR),
        }
    }
}

fn repo_template(given: &Given<'_>) -> Result<RepoTemplate, Complaint> {
    let text = filled(given)?;
    let rest = text.replace(RepoTemplate::IDENTIFIER, "");
    if rest.contains(['{', '}']) || rest == text {
        let what = format!(
            "has no place for the project: `{}`",
            RepoTemplate::IDENTIFIER
        );
        return Err(Complaint::new(what).hint("write it like \"/srv/code/{identifier}\""));
    }
    absolute(&PathBuf::from(&text))?;
    Ok(RepoTemplate(text))
}
