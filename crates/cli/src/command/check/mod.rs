//! `hvs check`: the configuration against the live servers. Writes to no service, and nothing of value to the disk.

mod agents;
mod local;
mod place;

use std::sync::Arc;

use engine::{
    check::{self, Finding, Held, Right, Seen, Severity},
    env::{Env, System},
    port::Board,
    report::Exit,
};
use serde::Serialize;
use sync_core::{Pair, Side, ids::WorkspaceId};

use crate::{
    args::Check,
    config::{Config, Origin, Way, nearest},
    connect,
    failure::Failure,
    output, settings,
};

/// A difference of clocks that is told, in milliseconds: more than a slow answer explains.
const CLOCK_MS: i64 = 60_000;
/// At most so many existing names are told beside one that does not exist.
const NAMES: usize = 20;

/// What is looked at, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topic {
    Huly,
    Vibe,
    Rights,
    Projects,
    Statuses,
    Filter,
    Repositories,
    Store,
    Clocks,
    Agents,
}

/// One thing that is not as it should be, with where it stands and what to do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    pub severity: Severity,
    pub code: String,
    pub topic: Topic,
    /// What is wrong, in one line.
    pub what: String,
    /// The key of the configuration that it is about.
    pub key: Option<String>,
    /// Where that key is set; `None` where nobody set it.
    #[serde(flatten, serialize_with = "place::as_file_and_line")]
    pub origin: Option<Origin>,
    /// What to do.
    pub remedy: Option<String>,
    /// What it means for the exit code.
    #[serde(skip)]
    pub exit: Exit,
}

/// What was found on one topic.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub topic: Topic,
    /// In words; `None` where it could not be looked at.
    pub found: Option<String>,
}

/// The answer of `hvs check`.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub rows: Vec<Row>,
    pub rights: Vec<Right>,
    pub findings: Vec<Told>,
}

/// Both boards, or why one could not be had.
pub(crate) type Boards = Pair<Result<Arc<dyn Board>, Failure>>;

/// Checks, prints, and answers with the exit code.
pub(crate) async fn run(config: &Config, asked: Check) -> Result<Exit, Failure> {
    let way = config.way()?;
    let (huly, vibe) = tokio::join!(connect::huly(config, way, 0), connect::vibe(config, way));
    let (huly, workspace) = match huly {
        Ok((board, workspace)) => (Ok(board), Some(workspace)),
        Err(failure) => (Err(failure), None),
    };
    let checked = all(
        config,
        way,
        Pair { huly, vibe },
        workspace,
        asked.remote_paths,
    )
    .await?;
    let exit = checked.exit(asked.strict);
    output::check::print(&checked, exit, asked.json.json)?;
    Ok(exit)
}

/// Looks at everything that can be looked at, so that all of it is told at once.
pub(crate) async fn all(
    config: &Config,
    way: Way<'_>,
    boards: Boards,
    workspace: Option<WorkspaceId>,
    remote_paths: bool,
) -> Result<Checked, Failure> {
    let settings = settings::settings(config, &[]);
    let mut checked = Checked::default();
    let (store, known) = local::store(config, workspace).await?;
    let mut seen = Seen::default();
    match &boards.huly {
        Err(failure) => checked.unreached(Side::Huly, failure, config),
        Ok(board) => match check::look_at_huly(board.as_ref(), &settings).await {
            Ok(huly) => {
                let role = huly.role.as_deref().map(|role| format!(", role {role}"));
                let found = format!("{}{}", board.describe(), role.unwrap_or_default());
                checked.row(
                    Topic::Huly,
                    Some(format!("{found}; {}", abilities(board.as_ref()))),
                );
                seen.huly = Some(huly);
            }
            Err(error) => {
                let failure = Failure::service(Side::Huly, way.huly_url(), &error);
                checked.unreached(Side::Huly, &failure, config);
            }
        },
    }
    match &boards.vibe {
        Err(failure) => checked.unreached(Side::Vibe, failure, config),
        Ok(board) => match check::look_at_vibe(board.as_ref()).await {
            Ok(vibe) => {
                let found = format!("{}; {}", board.describe(), abilities(board.as_ref()));
                checked.row(Topic::Vibe, Some(found));
                seen.vibe = Some(vibe);
            }
            Err(error) => {
                let failure = Failure::service(Side::Vibe, way.vibe_url(), &error);
                checked.unreached(Side::Vibe, &failure, config);
            }
        },
    }
    let held = Held {
        settings: &settings,
        workspace: workspace.unwrap_or(WorkspaceId(uuid::Uuid::nil())),
        known: &known,
    };
    checked.rights = check::rights(&seen, &settings);
    for finding in check::judge(&seen, held) {
        checked.findings.push(told(finding, config));
    }
    checked.seen(&seen, config);
    let paths = local::Paths {
        config,
        made: check::repositories(&seen, held),
        remote: remote_paths || !local::is_here(way.vibe_url()),
    };
    checked.add(Topic::Repositories, paths.check());
    checked.add(Topic::Store, store);
    checked.clocks(&boards);
    if let Some(looked) = agents::look(config).await? {
        checked.add(Topic::Agents, looked);
    }
    Ok(checked)
}

/// What a service can do, as far as it decides how hvs works with it.
fn abilities(board: &dyn Board) -> String {
    let can = board.capabilities();
    let rows = [
        (can.conditional_write, "conditional writes"),
        (can.client_ids, "repeatable creates"),
        (can.changes, "lists of changes"),
        (can.status_at_create, "status at create"),
    ];
    let (has, lacks): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(can, _)| *can);
    let words = |rows: Vec<(bool, &'static str)>| {
        rows.into_iter()
            .map(|(_, word)| word)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (has.is_empty(), lacks.is_empty()) {
        (_, true) => format!("has {}", words(has)),
        (true, false) => format!("no {}", words(lacks)),
        (false, false) => format!("has {}; no {}", words(has), words(lacks)),
    }
}

impl Checked {
    /// 0, 2 or 4 by the findings; warnings count where they are to.
    pub(crate) fn exit(&self, strict: bool) -> Exit {
        let counts = |told: &&Told| strict || told.severity == Severity::Error;
        let exits = self.findings.iter().filter(counts).map(|told| told.exit);
        exits.fold(Exit::Done, Exit::and)
    }

    fn row(&mut self, topic: Topic, found: Option<String>) {
        self.rows.push(Row { topic, found });
    }

    fn add(&mut self, topic: Topic, (found, findings): (Option<String>, Vec<Told>)) {
        self.row(topic, found);
        self.findings.extend(findings);
    }

    /// A service that could not be used: everything about it stays open.
    fn unreached(&mut self, side: Side, failure: &Failure, config: &Config) {
        let (topic, key) = match side {
            Side::Huly => (Topic::Huly, place::of_refusal(failure.code.as_deref())),
            Side::Vibe => (Topic::Vibe, "vibe.url"),
        };
        let (key, origin) = place::of_key(config, key);
        self.row(topic, None);
        self.findings.push(Told {
            severity: Severity::Error,
            code: failure.code.clone().unwrap_or_default(),
            topic,
            what: failure.what.clone(),
            key,
            origin,
            remedy: (!failure.hints.is_empty()).then(|| failure.hints.join("; ")),
            exit: Exit::Service,
        });
    }

    /// The rows on rights, projects and statuses.
    fn seen(&mut self, seen: &Seen, config: &Config) {
        let enough = self
            .rights
            .iter()
            .filter(|right| right.enough != Some(false))
            .count();
        let rights = format!("{enough} of {} as needed", self.rights.len());
        self.row(Topic::Rights, (!self.rights.is_empty()).then_some(rights));
        let projects = seen.huly.as_ref().map(|huly| {
            let archived = huly
                .projects
                .iter()
                .filter(|project| project.archived)
                .count();
            let vibe = seen
                .vibe
                .as_ref()
                .map(|vibe| format!(", {} in Vibe Kanban", vibe.projects.len()));
            format!(
                "{} in Huly ({archived} archived){}; {} entries in the configuration",
                huly.projects.len(),
                vibe.unwrap_or_default(),
                config.projects.len()
            )
        });
        self.row(Topic::Projects, projects);
        let statuses = seen.huly.as_ref().map(|huly| {
            let all = huly
                .statuses
                .iter()
                .flat_map(|(_, kinds)| kinds)
                .flat_map(|kind| &kind.statuses);
            let names: std::collections::BTreeSet<_> = all.map(|status| &status.name).collect();
            let entries = config.status.to_vibe.len() + config.status.to_huly.len();
            format!(
                "{} names in {} projects; {entries} in the configuration",
                names.len(),
                huly.statuses.len()
            )
        });
        self.row(Topic::Statuses, statuses);
        let filter = &config.filter;
        let lists = [
            &filter.project,
            &filter.status,
            &filter.label,
            &filter.assignee,
        ];
        let names: usize = lists.iter().map(|names| names.len()).sum();
        if names > 0 {
            let asked = seen.huly.as_ref();
            let found = asked.map(|_| crate::words::count(names as u64, "name", "names"));
            self.row(
                Topic::Filter,
                found.map(|names| format!("{names} in the configuration")),
            );
        }
    }

    /// Both clocks, of the services that answered and tell the time.
    fn clocks(&mut self, boards: &Boards) {
        let mut found = Vec::new();
        for (side, board) in boards.iter() {
            let Some(time) = board.as_ref().ok().and_then(|board| board.server_time()) else {
                continue;
            };
            let ahead = time.ahead_of(System.now().0);
            found.push(words_of(side, ahead));
            if ahead.abs() > CLOCK_MS {
                self.findings.push(Told {
                    severity: Severity::Warning,
                    code: engine::codes::CHECK_CLOCK.to_owned(),
                    topic: Topic::Clocks,
                    what: format!("{} of this machine's", words_of(side, ahead)),
                    key: None,
                    origin: None,
                    remedy: crate::codes::remedy(engine::codes::CHECK_CLOCK),
                    exit: Exit::Service,
                });
            }
        }
        self.row(Topic::Clocks, (!found.is_empty()).then(|| found.join("; ")));
    }
}

fn words_of(side: Side, ahead_ms: i64) -> String {
    let title = side.title();
    let far = crate::words::duration(std::time::Duration::from_millis(ahead_ms.unsigned_abs()));
    match ahead_ms {
        0 => format!("{title}'s clock is in step"),
        1.. => format!("{title}'s clock is {far} ahead"),
        _ => format!("{title}'s clock is {far} behind"),
    }
}

/// A finding of the engine with its place in the configuration.
fn told(finding: Finding, config: &Config) -> Told {
    let Finding {
        severity,
        code,
        subject,
        what,
        remedy,
        unknown,
        refused,
    } = finding;
    let (key, origin) = place::of_subject(config, &subject);
    let remedy = remedy.or_else(|| {
        let unknown = unknown?;
        let names = unknown.known.iter().map(|name| &**name);
        let near = nearest(&unknown.name, names).map(|near| format!("did you mean `{near}`? "));
        let shown: Vec<&str> = unknown
            .known
            .iter()
            .map(|name| &**name)
            .take(NAMES)
            .collect();
        let more = match unknown.known.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!(
            "{}there are: {}{more}",
            near.unwrap_or_default(),
            shown.join(", ")
        ))
    });
    Told {
        severity,
        code: code.to_owned(),
        topic: place::topic(&subject),
        what,
        key,
        origin,
        remedy,
        exit: if refused { Exit::Service } else { Exit::Usage },
    }
}
