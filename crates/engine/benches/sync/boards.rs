//! The simulated services in a process of their own, an engine that speaks to them, and what one run takes.

use std::io::{BufRead, BufReader, Read};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::connect::{self, Credentials, Hosts, HttpSettings, HulyConnection, HulyLimits};
use engine::env::{Env, System};
use engine::report::{Exit, Report};
use engine::{Engine, Mode, Settings, Stop};
use http_kit::{Call, Http, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sim::calls::Counts;
use sim::clock::Clock;
use sim::dataset::{self, Login, REPO_ROOT};
use sim::faults::{Effect, Rule};
use sim::http::{RateLimit, Server, huly_router, letta_router, serve, vibe_router};
use sim::letta::LettaModel;
use sim::vibe::Generation;
use store::sqlite::{OpenOptions, SqliteStore};
use sync_core::{Pair, ids::WorkspaceId};

use crate::Done;

/// Stamps of the data set lie so far apart: a run does not take all of them for just changed.
const TICK_MS: i64 = 60;

/// What a call to the Letta server takes, in milliseconds.
const LETTA_MS: u64 = 20;

/// Where the servers of the other process are, and how to sign in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) huly: String,
    pub(crate) vibe: String,
    /// A Letta server, each call of which takes [`LETTA_MS`].
    pub(crate) letta: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Serves a data set until its input ends.
pub(crate) async fn serve_boards(projects: usize, issues: usize, latency: u64) -> Done<()> {
    let now = System.now().0;
    let past = Clock::ticking(now - 2 * 24 * 3_600_000, TICK_MS);
    let mut boards = dataset::sized_for(&past, Generation::L2, projects, issues, 1)?;
    boards.huly.set_clock(Clock::running(now));
    boards.vibe.set_clock(Clock::running(now));
    let Login {
        email, password, ..
    } = boards.login.clone();
    let (huly, vibe) = (Server::new(boards.huly, 1), Server::new(boards.vibe, 1));
    if latency > 0 {
        let rule = latency_of(latency);
        huly.faults.add(rule.clone());
        vibe.faults.add(rule);
    }
    let limit = RateLimit {
        max: if issues * projects > 1_000 || latency == 0 {
            10_000_000
        } else {
            RateLimit::default().max
        },
        ..RateLimit::default()
    };
    let letta = Server::new(LettaModel::new(Clock::running(now), 1), 1);
    letta.faults.add(latency_of(LETTA_MS));
    let letta = serve(letta_router(&letta), 0).await?;
    let huly = serve(huly_router(&huly, limit), 0).await?;
    let vibe = serve(vibe_router(&vibe), 0).await?;
    let place = Place {
        huly: huly.url(),
        vibe: vibe.url(),
        letta: letta.url(),
        email,
        password,
    };
    println!("{}", serde_json::to_string(&place)?);
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}

fn latency_of(ms: u64) -> Rule {
    Rule::on("*", "*", Effect::Latency { ms, jitter_ms: 0 })
}

/// The servers' process; it ends with this.
pub(crate) struct Served {
    child: Child,
    pub(crate) place: Place,
}

impl Served {
    pub(crate) fn start(projects: usize, issues: usize, latency: u64) -> Done<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "serve",
                &projects.to_string(),
                &issues.to_string(),
                &latency.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("the servers have no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let place = serde_json::from_str(&line)?;
        Ok(Self { child, place })
    }

    /// Counts since the last time, and starts again.
    pub(crate) async fn counts(&self) -> Done<Pair<Counts>> {
        let http = Http::new(HttpSettings::default(), |_, _| Verdict::Success)?;
        let ask = async |base: &str| -> Done<Counts> {
            let url = format!("{base}/_sim/reset").parse()?;
            let call = Call::post_json("/_sim/reset", url, &json!({}), http_kit::Effect::Write)?;
            Ok(serde_json::from_slice(&http.call(call).await?.body)?)
        };
        Ok(Pair {
            huly: ask(&self.place.huly).await?,
            vibe: ask(&self.place.vibe).await?,
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It ends by itself when its input does; where it does not, it is ended.
        drop(self.child.stdin.take());
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// An engine on a store in a file. Without `limited` the client keeps no rate, to fill boards quickly.
pub(crate) async fn engine(place: &Place, path: &Path, limited: bool) -> Done<Engine> {
    let env: Arc<dyn Env> = Arc::new(System);
    let options = OpenOptions::new(env.now(), env.ordered_id());
    let store = Arc::new(SqliteStore::open(path, &options).await?.store);
    let mut limits = HulyLimits::default();
    if !limited {
        limits.transactor.rate = None;
    }
    let connection = HulyConnection {
        front: place.huly.parse()?,
        credentials: Credentials::Password {
            email: place.email.clone(),
            password: place.password.clone().into(),
        },
        workspace: "acme".into(),
        limits,
        page_size: NonZeroU32::new(500).ok_or("no page")?,
    };
    let tag = connect::store_tag(store.as_ref());
    let hosts = Hosts::default();
    let huly = connect::huly(connection, &hosts, Arc::clone(&env), tag).await?;
    let vibe = connect::vibe(place.vibe.parse()?, connect::vibe_settings(), &hosts).await?;
    let workspace = WorkspaceId(huly.workspace());
    let settings = Settings {
        repo_roots: vec![REPO_ROOT.into()],
        run_deadline: None,
        ..Settings::default()
    };
    Ok(Engine {
        store,
        env,
        boards: Pair {
            huly: Arc::new(huly),
            vibe: Arc::new(vibe),
        },
        settings: Arc::new(settings),
        workspace,
        informing: None,
    })
}

/// One run, with the time it took.
pub(crate) async fn run(engine: &Engine) -> Done<(Report, Duration)> {
    let start = Instant::now();
    let report = engine
        .run(Mode::Sync { accept: Vec::new() }, &Stop::default())
        .await;
    let took = start.elapsed();
    if report.exit != Exit::Done {
        let problems = report.projects.iter().flat_map(|project| &project.problems);
        let all: Vec<_> = report.problems.iter().chain(problems).take(3).collect();
        return Err(format!("the run ended with {:?}: {all:?}", report.exit).into());
    }
    Ok((report, took))
}

/// What this process took so far, where the system tells.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Wall clock of the run, in seconds.
    pub(crate) wall: f64,
    /// Processor time of the run, in seconds; the system counts in hundredths.
    pub(crate) cpu: f64,
    /// Highest memory of the process, in MiB.
    pub(crate) peak: Option<u64>,
    /// The same, right before the run.
    pub(crate) before: Option<u64>,
}

/// One run in this process, with what it took.
pub(crate) async fn taken(engine: &Engine) -> Done<Taken> {
    let (before, cpu) = (peak_mib(), cpu());
    let (_, wall) = run(engine).await?;
    Ok(Taken {
        wall: wall.as_secs_f64(),
        cpu: self::cpu() - cpu,
        peak: peak_mib(),
        before,
    })
}

/// The highest memory of this process so far, where the system tells.
fn peak_mib() -> Option<u64> {
    Some(peak_kib()?.div_ceil(1024))
}

/// The same in KiB.
pub(crate) fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of this process so far, in seconds; 0 where the system does not tell.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields after the name, which may hold anything; user and system time are the 12th and 13th of them.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = |at: usize| after.split_whitespace().nth(at)?.parse::<u32>().ok();
    f64::from(ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) / 100.0
}
