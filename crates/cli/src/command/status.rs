//! `hvs status`: what the store knows, and a verdict. Asks no server, changes nothing.

use std::{collections::HashMap, time::Duration};

use engine::{
    env::{Env, System},
    health::{self, Facts, ProjectFact, RunFact, ServiceFact, Verdict},
    report::Exit,
};
use serde_json::Value;
use store::{
    Store,
    port::{Standing, Work},
    row::{DeadLetter, LeaseRow, ProjectRow, RunRow},
};
use sync_core::{
    Pair, Side,
    ids::{Millis, ProjectLinkId, RunId},
};

use super::given_up::{self, Agents};
use crate::{
    args::status::Status as Asked,
    config::{Config, Sink},
    connect,
    failure::Failure,
    output, words,
};

/// Dead letters that are listed.
const LISTED: u32 = 10;
/// Runs that the verdict looks at.
const RUNS: u32 = 20;

/// One pair of projects.
pub(crate) struct Shown {
    pub(crate) project: ProjectRow,
    pub(crate) links: u64,
    pub(crate) work: Pair<Work>,
    pub(crate) conflicts: u64,
    pub(crate) last_success: Option<Millis>,
    /// Of the runs that were looked at, those that were about it.
    pub(crate) turns: usize,
    /// Of these, those in which it did not come to its end.
    pub(crate) failed_turns: usize,
    /// Of these, the newest without one in between that went well.
    pub(crate) failed_in_a_row: usize,
    pub(crate) finding: health::Finding,
}

/// Everything that is shown.
pub(crate) struct Status {
    pub(crate) path: String,
    pub(crate) store: String,
    pub(crate) workspace: Option<String>,
    pub(crate) now: Millis,
    pub(crate) lease: Option<LeaseRow>,
    pub(crate) last: Option<RunRow>,
    pub(crate) alive: Option<RunId>,
    pub(crate) services: Pair<(ServiceFact, health::Finding)>,
    /// How their hosts stood at the end of the newest run, as its row has it.
    pub(crate) hosts: Pair<Vec<Value>>,
    pub(crate) projects: Vec<Shown>,
    pub(crate) letters: Vec<DeadLetter>,
    /// `None` where nobody is told.
    pub(crate) agents: Option<Agents>,
    pub(crate) finding: health::Finding,
}

/// Shows it.
pub(crate) async fn run(config: &Config, asked: Asked) -> Result<Exit, Failure> {
    let path = config.store.path.display().to_string();
    let Some(store) = connect::find_store(config).await? else {
        output::status::none(&path, asked.json.json)?;
        return Ok(exit(Verdict::Stopped, asked.check));
    };
    let is_told = config.letta.sink != Sink::None;
    let status = read(store.as_ref(), path, Waits::of(config), is_told).await?;
    if asked.json.json {
        output::json(&output::status::document(&status))?;
    } else {
        output::data(&output::status::text(&status))?;
    }
    Ok(exit(status.finding.verdict, asked.check))
}

/// What the process exits with: as a run would that fared like this, and only if asked.
const fn exit(verdict: Verdict, check: bool) -> Exit {
    match (check, verdict) {
        (false, _) | (true, Verdict::Ok) => Exit::Done,
        (true, Verdict::Degraded) => Exit::Items,
        (true, Verdict::Failing | Verdict::Stopped) => Exit::Service,
    }
}

/// How long things may wait before a person should look.
#[derive(Clone, Copy)]
struct Waits {
    /// Without a run.
    stale: Duration,
    /// An item that is left for another look.
    dirty: Duration,
    /// A write without an answer: its deadline and the lease under which it was sent are over.
    sent: Duration,
}

impl Waits {
    fn of(config: &Config) -> Waits {
        let deadline = crate::settings::settings(config, &[]).write_deadline;
        Waits {
            stale: config.health.stale_after,
            dirty: config.health.stuck_after,
            sent: deadline + config.lease.ttl,
        }
    }
}

async fn read(
    store: &dyn Store,
    path: String,
    waits: Waits,
    is_told: bool,
) -> Result<Status, Failure> {
    let now = System.now();
    let before = |wait: Duration| {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Millis(now.0.saturating_sub(wait))
    };
    let workspace = store.meta(connect::WORKSPACE).await?;
    let lease = match &workspace {
        Some(scope) => store.lease(scope).await?,
        None => None,
    };
    let runs: Vec<RunRow> = store.runs(RUNS).await?;
    let alive = super::runs::alive(Some(store), &runs).await?;
    let standings = store
        .standings(before(waits.sent), before(waits.dirty))
        .await?;
    let known = Known {
        standings: standings
            .into_iter()
            .map(|one| (one.project, one))
            .collect(),
        links: store.link_counts().await?,
        runs: &runs,
    };
    let mut projects: Vec<Shown> = store
        .projects()
        .await?
        .into_iter()
        .map(|row| known.row(row))
        .collect();
    projects.sort_by(|a, b| a.project.label.cmp(&b.project.label));
    let services = Side::ALL.map(|side| calls(&runs, side));
    let [huly, vibe] = services;
    let agents = if is_told {
        Some(given_up::agents(store, before(waits.dirty)).await?)
    } else {
        None
    };
    let facts = Facts {
        agents: agents.as_ref().map(Agents::fact).unwrap_or_default(),
        now,
        stale_after: waits.stale,
        runs: runs.iter().map(|run| run_fact(run, alive)).collect(),
        projects: projects.iter().map(project_fact).collect(),
        services: Pair { huly, vibe },
    };
    Ok(Status {
        finding: health::whole(&facts),
        services: Pair {
            huly: (huly, health::service(Side::Huly, huly)),
            vibe: (vibe, health::service(Side::Vibe, vibe)),
        },
        hosts: Pair::by(|side| {
            hosts(&runs, side)
                .map(|(_, hosts)| hosts.clone())
                .unwrap_or_default()
        }),
        letters: store.dead_letters(None, LISTED).await?,
        agents,
        last: runs.into_iter().next(),
        store: store.id().to_string(),
        path,
        workspace,
        now,
        lease,
        alive,
        projects,
    })
}

fn run_fact(run: &RunRow, alive: Option<RunId>) -> RunFact {
    RunFact {
        started_at: run.started_at,
        exit_code: run.exit_code,
        alive: alive == Some(run.id),
    }
}

fn project_fact(row: &Shown) -> ProjectFact {
    ProjectFact {
        label: words::clean(&row.project.label),
        phase: row.project.phase,
        work: row.work,
        conflicts: row.conflicts,
        failed_in_a_row: row.failed_in_a_row,
    }
}

/// What the store said, by project.
struct Known<'a> {
    standings: HashMap<ProjectLinkId, Standing>,
    links: HashMap<ProjectLinkId, u64>,
    runs: &'a [RunRow],
}

impl Known<'_> {
    fn row(&self, row: ProjectRow) -> Shown {
        let standing = self.standings.get(&row.id);
        let turns: Vec<(Millis, Turn)> = self
            .runs
            .iter()
            .filter_map(|run| Some((run.ended_at?, turn(run, &row.label)?)))
            .collect();
        let reached = turns.iter().find(|(_, turn)| *turn == Turn::Reached);
        // a turn that wrote something is remembered with the project, however long ago it was
        let written = (row.synced_at.0 != 0).then_some(row.synced_at);
        let failed = |turn: &&(Millis, Turn)| turn.1 == Turn::Failed;
        let mut made = Shown {
            links: self.links.get(&row.id).copied().unwrap_or(0),
            work: standing.map(|standing| standing.work).unwrap_or_default(),
            conflicts: standing.map_or(0, |standing| standing.conflicts),
            last_success: reached.map(|(at, _)| *at).max(written),
            turns: turns.len(),
            failed_turns: turns.iter().filter(failed).count(),
            failed_in_a_row: turns.iter().take_while(failed).count(),
            finding: health::Finding::default(),
            project: row,
        };
        made.finding = health::project(&project_fact(&made));
        made
    }
}

/// How a run ended for one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It was gone through.
    Reached,
    /// It failed, or the run never came to it.
    Failed,
}

/// What a run's row says about a project; nothing where the run was about something else, or about some projects only.
fn turn(run: &RunRow, label: &str) -> Option<Turn> {
    let limited = run.summary.get("limited").and_then(Value::as_bool);
    if &*run.kind != "sync" || limited == Some(true) {
        return None;
    }
    let Some(projects) = run.summary.get("projects") else {
        // it did not come to work
        return Some(Turn::Failed);
    };
    let stands_in = |list: &str| {
        let list = projects.get(list).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|name| name == label))
    };
    let processed = projects.get("processed").and_then(Value::as_u64);
    let none = processed.unwrap_or(0) == 0 && run.exit_code == Some(4);
    let failed = none || stands_in("failed") || stands_in("not_reached");
    Some(if failed { Turn::Failed } else { Turn::Reached })
}

/// How one service and its hosts stood at the end of the newest run that says so.
fn hosts(runs: &[RunRow], side: Side) -> Option<(&Value, &Vec<Value>)> {
    runs.iter().find_map(|run| {
        let service = run.summary.get("services")?.get(side.as_str())?;
        Some((service, service.get("hosts")?.as_array()?))
    })
}

/// Whether nothing, or a probe at most, was sent to a host.
fn is_left_alone(host: &Value) -> bool {
    let is_open = host.get("breaker").and_then(Value::as_str) != Some("closed");
    is_open || host.get("silent").and_then(Value::as_bool) == Some(true)
}

/// Calls of the newest runs to one service.
fn calls(runs: &[RunRow], side: Side) -> ServiceFact {
    let mut fact = ServiceFact::default();
    for run in runs {
        let figure = |name: &str| {
            let traffic = run.summary.get("traffic")?.get(side.as_str())?;
            traffic.get(name)?.as_u64()
        };
        let requests = figure("requests").unwrap_or(0);
        fact.calls += requests.saturating_sub(figure("retries").unwrap_or(0));
        fact.failed += figure("failed").unwrap_or(0);
    }
    let newest = hosts(runs, side);
    let service = newest.and_then(|(service, _)| service.get("clock_ahead_ms"));
    fact.clock_ahead_ms = service.and_then(Value::as_i64);
    fact.left_alone = newest.is_some_and(|(_, hosts)| hosts.iter().any(is_left_alone));
    let ended = runs.iter().filter(|run| run.ended_at.is_some());
    fact.unreached_in_a_row = ended.take_while(|run| is_unreached(run, side)).count();
    fact
}

/// Whether a run could not use a service at all: what went wrong is about no item and no project.
fn is_unreached(run: &RunRow, side: Side) -> bool {
    let problems = run.summary.get("problems").and_then(Value::as_array);
    let word = |problem: &Value, name: &str| -> Option<String> {
        Some(problem.get(name)?.as_str()?.to_owned())
    };
    problems.into_iter().flatten().any(|problem| {
        let is_of_item = word(problem, "item").is_none_or(|item| !item.is_empty());
        !(is_of_item || problem.get("project").is_some())
            && word(problem, "side").as_deref() == Some(side.as_str())
            && !matches!(
                word(problem, "kind").as_deref(),
                Some("conflict" | "rejected")
            )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(exit_code: i32, summary: Value) -> RunRow {
        RunRow {
            id: RunId(uuid::Uuid::nil()),
            kind: "sync".into(),
            started_at: Millis(1),
            ended_at: Some(Millis(2)),
            exit_code: Some(exit_code),
            summary,
        }
    }

    #[test]
    fn a_project_failed_where_its_run_says_so_or_never_came_to_it() {
        let of = |exit, summary| turn(&run(exit, summary), "HARB");
        let projects = |processed: u64, failed: &[&str], late: &[&str]| json!({ "projects": { "processed": processed, "failed": failed, "not_reached": late } });
        assert_eq!(of(0, projects(2, &[], &[])), Some(Turn::Reached));
        assert_eq!(of(4, projects(2, &["ISLE"], &[])), Some(Turn::Reached));
        assert_eq!(of(4, projects(2, &["HARB"], &[])), Some(Turn::Failed));
        assert_eq!(of(3, projects(2, &[], &["HARB"])), Some(Turn::Failed));
        assert_eq!(of(4, projects(0, &[], &[])), Some(Turn::Failed));
        assert_eq!(of(4, json!({ "problems": [] })), Some(Turn::Failed));
        assert_eq!(of(0, json!({ "limited": true })), None);
    }

    #[test]
    fn a_service_that_the_newest_runs_could_not_use_is_told() {
        let problem = |side: &str, item: &str, kind: &str| {
            let problem = json!({ "side": side, "item": item, "kind": kind });
            run(4, json!({ "problems": [problem] }))
        };
        let away = || problem("vibe", "", "transient");
        let well = || run(0, json!({ "problems": [] }));
        let item = problem("vibe", "HARB-1 A", "transient");
        let of_project = |kind: &str| {
            let problem = json!({ "project": "HARB", "side": "vibe", "item": "", "kind": kind });
            run(4, json!({ "problems": [problem] }))
        };
        let rows = [
            (vec![away(), away(), well(), away()], 2),
            (vec![problem("vibe", "", "fatal")], 1),
            (vec![well(), away()], 0),
            (vec![item], 0),
            (vec![of_project("transient"), of_project("fatal")], 0),
            (vec![problem("vibe", "", "rejected")], 0),
            (vec![problem("huly", "", "transient")], 0),
        ];
        for (runs, in_a_row) in rows {
            let fact = calls(&runs, Side::Vibe);
            assert_eq!(fact.unreached_in_a_row, in_a_row, "{runs:?}");
        }
    }

    #[test]
    fn calls_are_counted_without_their_repeats() {
        let traffic =
            json!({ "traffic": { "huly": { "requests": 30, "retries": 4, "failed": 2 } } });
        let runs = [run(0, traffic.clone()), run(0, json!({})), run(0, traffic)];
        assert_eq!(
            calls(&runs, Side::Huly),
            ServiceFact {
                calls: 52,
                failed: 4,
                ..ServiceFact::default()
            }
        );
        assert_eq!(calls(&runs, Side::Vibe), ServiceFact::default());
    }
}
