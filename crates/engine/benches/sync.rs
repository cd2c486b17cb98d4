//! Whole runs against the simulated servers over loopback HTTP, the servers in a process of their own: `first` (1,000
//! issues at 20 ms a call) and `quiet` (100 projects with 1,000 issues each). One line of JSON per measure, for
//! `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock; no run of hvs depends on it"
)]

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::connect::{self, Credentials, HttpSettings, HulyConnection, HulyLimits};
use engine::env::{Env, System};
use engine::port::Board;
use engine::report::{Exit, Report};
use engine::{Engine, Mode, Settings, Stop};
use http_kit::{Call, Http, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sim::calls::Counts;
use sim::clock::Clock;
use sim::dataset::{self, Login, REPO_ROOT};
use sim::faults::{Effect, Rule};
use sim::http::{RateLimit, Server, huly_router, serve, vibe_router};
use sim::vibe::Generation;
use store::sqlite::{OpenOptions, SqliteStore};
use sync_core::{Pair, ids::WorkspaceId};

type Done<T> = Result<T, Box<dyn Error>>;

/// Design section 7: a first sync's time over its floor.
const OVER_FLOOR: f64 = 1.15;
/// Calls in flight that each service is allowed: Huly's reads and writes, Vibe's of both kinds.
const HULY_READS: u64 = 8;
const HULY_WRITES: u64 = 4;
const VIBE_CALLS: u64 = 4;
/// Huly's rate: requests, and in how many seconds.
const HULY_RATE: (u64, u64) = (1_500, 30);
/// Design section 7: peak memory of a quiet run, in MiB.
const QUIET_MIB: u64 = 64;
/// Stamps of the data set lie so far apart: a run does not take all of them for just changed.
const TICK_MS: i64 = 60;

#[tokio::main]
async fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    match words.as_slice() {
        ["serve", projects, issues, latency] => {
            serve_boards(projects.parse()?, issues.parse()?, latency.parse()?).await
        }
        ["prepare", place, store] => prepare(&serde_json::from_str(place)?, Path::new(store)).await,
        ["first"] => first().await,
        ["quiet"] => quiet().await,
        [] => {
            first().await?;
            quiet().await
        }
        other => Err(format!("no such benchmark: {}", other.join(" ")).into()),
    }
}

/// Where the servers of the other process are, and how to sign in.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    huly: String,
    vibe: String,
    email: String,
    password: String,
}

/// Serves a data set until its input ends.
async fn serve_boards(projects: usize, issues: usize, latency: u64) -> Done<()> {
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
        let rule = Rule::on(
            "*",
            "*",
            Effect::Latency {
                ms: latency,
                jitter_ms: 0,
            },
        );
        huly.faults.add(rule.clone());
        vibe.faults.add(rule);
    }
    let limit = RateLimit {
        max: if issues * projects > 10_000 {
            10_000_000
        } else {
            RateLimit::default().max
        },
        ..RateLimit::default()
    };
    let huly = serve(huly_router(&huly, limit), 0).await?;
    let vibe = serve(vibe_router(&vibe), 0).await?;
    let place = Place {
        huly: huly.url(),
        vibe: vibe.url(),
        email,
        password,
    };
    println!("{}", serde_json::to_string(&place)?);
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}

/// The servers' process; it ends with this.
struct Served {
    child: Child,
    place: Place,
}

impl Served {
    fn start(projects: usize, issues: usize, latency: u64) -> Done<Self> {
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
    async fn counts(&self) -> Done<Pair<Counts>> {
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
async fn engine(place: &Place, path: &Path, limited: bool) -> Done<Engine> {
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
    let huly = connect::huly(connection, Arc::clone(&env), tag).await?;
    let vibe = connect::vibe(place.vibe.parse()?, connect::vibe_settings()).await?;
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
    })
}

/// One run, with the time it took.
async fn run(engine: &Engine) -> Done<(Report, Duration)> {
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

async fn prepare(place: &Place, store: &Path) -> Done<()> {
    let engine = engine(place, store, false).await?;
    run(&engine).await.map(drop)
}

/// What a first sync cannot do without, at this time per call.
fn floor(issues: u64, projects: u64, texts: u64, call: Duration) -> Duration {
    // The projects; per project its create and one list that confirms; one POST per issue (the server keeps its status).
    let vibe = (1 + 2 * projects + issues).div_ceil(VIBE_CALLS);
    // Projects, statuses, two kinds of types, one list per project; one read per description.
    let huly = 4 + projects + texts;
    let rate = Duration::from_secs((huly - 1) / HULY_RATE.0 * HULY_RATE.1);
    let rounds = vibe.max(huly.div_ceil(HULY_READS));
    rate.max(call * u32::try_from(rounds).unwrap_or(u32::MAX))
}

/// The middle of 21 calls one after the other.
async fn one_call(board: &dyn Board) -> Done<Duration> {
    let mut all = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        board.projects().await?;
        all.push(start.elapsed());
    }
    all.sort_unstable();
    Ok(all.get(10).copied().unwrap_or_default())
}

async fn first() -> Done<()> {
    let (projects, issues) = (10, 1_000);
    let served = Served::start(10, 100, 20)?;
    let dir = tempfile::tempdir()?;
    let engine = engine(&served.place, &dir.path().join("hvs.db"), true).await?;
    let call = one_call(engine.boards.vibe.as_ref()).await?;
    served.counts().await?;
    let (_, took) = run(&engine).await?;
    let counts = served.counts().await?;
    let texts = counts.huly.of("/blob");
    let floor = floor(issues, projects, texts, call);
    let ratio = took.as_secs_f64() / floor.as_secs_f64();
    println!(
        "{}",
        json!({ "measure": "first sync of 1,000 issues in 10 projects into Vibe, 20 ms a call",
            "value": format!("{:.2} s", took.as_secs_f64()),
            "goal": format!("<= {OVER_FLOOR} x the floor of {:.2} s ({:.1} ms a call as measured, Huly {HULY_READS} reads and {HULY_WRITES} writes, Vibe {VIBE_CALLS} in flight, Huly's rate)",
                floor.as_secs_f64(), call.as_secs_f64() * 1e3),
            "ratio": ratio, "reached": ratio <= OVER_FLOOR })
    );
    let goal = issues + projects;
    println!(
        "{}",
        json!({ "measure": "its calls", "value": told(&counts),
            "goal": format!("Vibe {goal} writes: a POST per issue and per project"),
            "ratio": ratio_of(counts.vibe.writes, goal),
            "reached": counts.vibe.writes <= goal && counts.huly.writes == 0 })
    );
    Ok(())
}

fn ratio_of(value: u64, goal: u64) -> f64 {
    let small = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    small(value) / small(goal)
}

fn told(counts: &Pair<Counts>) -> String {
    let one = |counts: &Counts| {
        format!(
            "{} reads, {} writes, {} sessions",
            counts.reads, counts.writes, counts.sessions
        )
    };
    format!("Huly {}; Vibe {}", one(&counts.huly), one(&counts.vibe))
}

async fn quiet() -> Done<()> {
    let (projects, issues) = (100, 1_000);
    let served = Served::start(projects, issues, 0)?;
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("hvs.db");
    let place = serde_json::to_string(&served.place)?;
    // In a process of its own: the peak of this one is to be that of the quiet run.
    let status = Command::new(std::env::current_exe()?)
        .arg("prepare")
        .arg(place)
        .arg(&store)
        .status()?;
    if !status.success() {
        return Err(format!("the boards could not be filled: {status}").into());
    }
    let engine = engine(&served.place, &store, true).await?;
    served.counts().await?;
    let before = peak_mib();
    let (_, took) = run(&engine).await?;
    let counts = served.counts().await?;
    println!(
        "{}",
        json!({ "measure": "quiet run of 100 projects with 1,000 issues each, loopback",
            "value": format!("{:.2} s", took.as_secs_f64()), "goal": "-", "ratio": null, "reached": null })
    );
    let peak = peak_mib();
    println!(
        "{}",
        json!({ "measure": "its peak memory", "value": peak.map_or("unknown on this system".to_owned(), |peak| format!("{peak} MiB ({} before it)", before.unwrap_or(0))),
            "goal": format!("<= {QUIET_MIB} MiB"), "ratio": peak.map(|peak| ratio_of(peak, QUIET_MIB)),
            "reached": peak.map(|peak| peak <= QUIET_MIB) })
    );
    let (huly, vibe) = (6, 1 + u64::try_from(projects)?);
    let all = |counts: &Counts| counts.reads + counts.writes;
    println!(
        "{}",
        json!({ "measure": "its calls", "value": told(&counts),
            "goal": format!("Huly {huly} (3, and 3 where statuses are not known fresh), Vibe {vibe}, no write"),
            "ratio": ratio_of(all(&counts.huly) + all(&counts.vibe), huly + vibe),
            "reached": all(&counts.huly) <= huly && all(&counts.vibe) <= vibe && counts.huly.writes + counts.vibe.writes == 0 })
    );
    Ok(())
}

/// The highest memory of this process so far, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
