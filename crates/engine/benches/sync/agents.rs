//! Agents: made and told at 20 ms a call against the time that latency, agents at once and rate make unavoidable; and the memory
//! that building the blocks of a large project takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::connect::{self, Hosts, LettaAccess, LettaConnection, Rate, letta_settings};
use engine::env::{Env, System};
use engine::inform::{DirSink, InformSettings, Informing, Operator, Places, Profile};
use engine::{Engine, Settings};
use serde::{Deserialize, Serialize};
use store::{
    Store,
    sqlite::{OpenOptions, SqliteStore},
};
use sync_core::digest::{DigestOptions, Form, OwnTexts};
use sync_core::ids::WorkspaceId;

use crate::Done;
use crate::boards::{self, Place, Served};
use crate::figures::{per, ratio, tell};

/// Agents, each of a project with so many issues.
const PROJECTS: u32 = 40;
const ISSUES: usize = 10;
/// Blocks that another form of all digests changes, and the look at the agent before them.
const CALLS_OF_ONE: u32 = 6 + 1;
/// What it is, whether we may use it, the list before (empty) and after (a page, and that there is no more).
const CALLS_AROUND: u32 = 2 + 1 + 2;
/// Time over the floor.
const OVER_FLOOR: f64 = 1.5;
/// Calls in a second, for the line about the rate.
const RATE: u32 = 50;
/// Items of the project whose blocks are built, and what that may take.
const ITEMS: usize = 2_000;
const BLOCKS_MIB: u64 = 16;

pub(crate) async fn letta() -> Done<()> {
    for (at_once, rate) in [(1, None), (4, None), (4, Some(RATE))] {
        one(at_once, rate).await?;
    }
    memory()
}

/// Agents of projects in agreement are made, and then told everything in another form.
async fn one(at_once: u32, rate: Option<u32>) -> Done<()> {
    let served = Served::start(usize::try_from(PROJECTS)?, ISSUES, 0)?;
    let dir = tempfile::tempdir()?;
    let mut engine = boards::engine(&served.place, &dir.path().join("hvs.db"), false).await?;
    boards::run(&engine).await?;
    let (_, quiet) = boards::run(&engine).await?;
    let call = one_call(&served.place).await?;
    let floor = |rounds: u32, calls: u32| {
        // the first window is free
        let paced = rate.map_or(0, |rate| calls.saturating_sub(1) / rate);
        (call * rounds).max(Duration::from_secs(paced.into()))
    };
    let rounds = PROJECTS.div_ceil(at_once);
    let how = rate.map_or(String::new(), |rate| format!(", {rate} calls a second"));
    let steps = [
        (
            Form::Markdown,
            "made, each with all its blocks",
            CALLS_AROUND + rounds,
            CALLS_AROUND + PROJECTS,
        ),
        (
            Form::Json,
            "told six blocks each",
            rounds * CALLS_OF_ONE,
            PROJECTS * CALLS_OF_ONE,
        ),
    ];
    for (form, what, rounds, calls) in steps {
        engine.informing = Some(informing(&engine, &served.place, at_once, rate, form)?);
        let start = Instant::now();
        let (report, _) = boards::run(&engine).await?;
        let took = start.elapsed().saturating_sub(quiet);
        let informed = report.informed;
        if !informed.waits.is_empty() || informed.made + informed.blocks < PROJECTS.into() {
            return Err(format!("not everybody was told: {informed:?}").into());
        }
        let floor = floor(rounds, calls);
        let over = ratio(took, floor);
        tell(
            &format!("{PROJECTS} agents {what}, {at_once} at once{how}, 20 ms a call"),
            &format!(
                "{:.2} s, {} calls",
                took.as_secs_f64(),
                informed.traffic.requests
            ),
            &format!(
                "<= {OVER_FLOOR} x the floor of {:.2} s ({calls} calls, {:.1} ms a call as measured)",
                floor.as_secs_f64(),
                call.as_secs_f64() * 1e3
            ),
            Some(over),
            Some(over <= OVER_FLOOR),
        );
    }
    Ok(())
}

/// The middle of 21 calls one after the other.
async fn one_call(place: &Place) -> Done<Duration> {
    let http = http_kit::Http::new(letta_settings(), |_, _| http_kit::Verdict::Success)?;
    let mut all = Vec::new();
    for _ in 0..21 {
        let url = format!("{}/v1/health/", place.letta).parse()?;
        let start = Instant::now();
        http.call(http_kit::Call::get("/v1/health/", url)).await?;
        all.push(start.elapsed());
    }
    all.sort_unstable();
    Ok(all.get(10).copied().unwrap_or_default())
}

fn informing(
    engine: &Engine,
    place: &Place,
    at_once: u32,
    rate: Option<u32>,
    form: Form,
) -> Done<Informing> {
    let http = connect::HttpSettings {
        rate: rate.map(|count| Rate {
            count,
            window: Duration::from_secs(1),
        }),
        ..letta_settings()
    };
    let connection = LettaConnection {
        access: LettaAccess {
            base: place.letta.parse()?,
            token: None,
            project: None,
        },
        http,
        profile: Profile {
            name: "Huly - {project}".into(),
            model: Some("letta/letta-free".into()),
            ..Profile::default()
        },
    };
    let sink = connect::letta(connection, &Hosts::default(), engine.workspace)?;
    Ok(Informing {
        sink: Arc::new(sink),
        settings: settings(at_once, form)?,
    })
}

fn settings(at_once: u32, form: Form) -> Done<InformSettings> {
    Ok(InformSettings {
        concurrency: usize::try_from(at_once)?,
        deadline: Duration::from_mins(2),
        write_deadline: Duration::from_secs(15),
        late_create: Duration::from_secs(30),
        check_every: Duration::from_hours(24),
        give_up_after: Duration::from_hours(24),
        again: true,
        exclude: [].into(),
        digest: DigestOptions {
            form,
            ..DigestOptions::default()
        },
        own: OwnTexts::default(),
        places: Places::default(),
    })
}

fn files(store: &Path, workspace: WorkspaceId) -> Done<Informing> {
    Ok(Informing {
        sink: Arc::new(DirSink::new(
            store.with_extension("digests"),
            workspace.0,
            "md",
        )),
        settings: settings(4, Form::Markdown)?,
    })
}

/// Fills a store with a project and what an agent is told of it, in a process of its own.
pub(crate) async fn fill(place: &Place, store: &Path) -> Done<()> {
    let mut engine = boards::engine(place, store, false).await?;
    engine.informing = Some(files(store, engine.workspace)?);
    boards::run(&engine).await.map(drop)
}

/// What building took.
#[derive(Debug, Serialize, Deserialize)]
struct Built {
    characters: usize,
    before_kib: Option<u64>,
    peak_kib: Option<u64>,
}

/// Builds the blocks of the only project in a store, in a process of its own.
pub(crate) async fn blocks(path: &Path) -> Done<()> {
    let env: Arc<dyn Env> = Arc::new(System);
    let options = OpenOptions::new(env.now(), env.ordered_id());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, &options).await?.store);
    let workspace = WorkspaceId(env.ordered_id());
    let operator = Operator {
        informing: files(path, workspace)?,
        settings: Arc::new(Settings::default()),
        store: Arc::clone(&store),
        env,
        workspace,
    };
    let projects = store.projects().await?;
    let project = projects.first().ok_or("no project")?;
    let before_kib = boards::peak_kib();
    let blocks = operator.preview(project).await?;
    let built = Built {
        characters: blocks.iter().map(|block| block.value.chars().count()).sum(),
        before_kib,
        peak_kib: boards::peak_kib(),
    };
    println!("{}", serde_json::to_string(&built)?);
    Ok(())
}

fn memory() -> Done<()> {
    let served = Served::start(1, ITEMS, 0)?;
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("hvs.db");
    let place = serde_json::to_string(&served.place)?;
    let path = store.to_str().ok_or("no path")?;
    child(&["fill", &place, path])?;
    let built: Built = serde_json::from_str(child(&["blocks", path])?.trim())?;
    let mib = |kib: u64| kib.div_ceil(1024);
    let took = built.peak_kib.zip(built.before_kib);
    let took = took.map(|(peak, before)| peak.saturating_sub(before));
    tell(
        &format!(
            "memory that building all blocks of a project with {ITEMS} items takes, {} characters",
            built.characters
        ),
        &took.map_or("unknown on this system".to_owned(), |took| {
            let before = mib(built.before_kib.unwrap_or(0));
            format!(
                "{} MiB at the peak, beside {before} MiB before it",
                mib(took)
            )
        }),
        &format!("<= {BLOCKS_MIB} MiB"),
        took.map(|took| per(mib(took), BLOCKS_MIB)),
        took.map(|took| mib(took) <= BLOCKS_MIB),
    );
    Ok(())
}

fn child(words: &[&str]) -> Done<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(words)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{:?}: {}", words.first(), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
