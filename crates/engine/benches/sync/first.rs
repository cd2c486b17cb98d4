//! First syncs: 1,000 issues at 20 ms a call, and 5,000 tasks into Huly.

use std::time::{Duration, Instant};

use engine::port::Board;
use http_kit::{Call, Effect, Http, Settings, Verdict};
use serde_json::{Value, json};

use crate::Done;
use crate::boards::{self, Served};
use crate::figures::{per, ratio, tell, told};

/// Design section 7: a first sync's time over its floor.
pub(crate) const OVER_FLOOR: f64 = 1.15;
/// Calls in flight that each service is allowed: Huly's reads and writes, Vibe's of both kinds.
const HULY_READS: u64 = 8;
const HULY_WRITES: u64 = 4;
const VIBE_CALLS: u64 = 4;
/// Huly's rate: requests, and in how many seconds.
const HULY_RATE: (u64, u64) = (1_500, 30);
/// Issues that one call makes in Huly.
const HULY_BATCH: u64 = 20;

/// What a first sync into Vibe cannot do without, at this time per call; without `rate` where the server's limit is lifted.
pub(crate) fn floor(
    issues: u64,
    projects: u64,
    texts: u64,
    call: Duration,
    rate: bool,
) -> Duration {
    // The projects; per project its create and one list that confirms; one POST per issue (the server keeps its status).
    let vibe = (1 + 2 * projects + issues).div_ceil(VIBE_CALLS);
    // Projects, statuses, two kinds of types, one list per project; one read per description.
    let huly = 4 + projects + texts;
    let paced = if rate {
        (huly - 1) / HULY_RATE.0 * HULY_RATE.1
    } else {
        0
    };
    let rounds = vibe.max(huly.div_ceil(HULY_READS));
    Duration::from_secs(paced).max(call * u32::try_from(rounds).unwrap_or(u32::MAX))
}

/// The middle of 21 calls one after the other.
pub(crate) async fn one_call(board: &dyn Board) -> Done<Duration> {
    let mut all = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        board.projects().await?;
        all.push(start.elapsed());
    }
    all.sort_unstable();
    Ok(all.get(10).copied().unwrap_or_default())
}

pub(crate) async fn into_vibe() -> Done<()> {
    let (projects, issues) = (10, 1_000);
    let served = Served::start(10, 100, 20)?;
    let dir = tempfile::tempdir()?;
    let engine = boards::engine(&served.place, &dir.path().join("hvs.db"), true).await?;
    let call = one_call(engine.boards.vibe.as_ref()).await?;
    served.counts().await?;
    let (_, took) = boards::run(&engine).await?;
    let counts = served.counts().await?;
    let texts = counts.huly.of("/blob");
    let floor = floor(issues, projects, texts, call, true);
    let over = ratio(took, floor);
    tell(
        "first sync of 1,000 issues in 10 projects into Vibe, 20 ms a call",
        &format!("{:.2} s", took.as_secs_f64()),
        &format!(
            "<= {OVER_FLOOR} x the floor of {:.2} s ({:.1} ms a call as measured, Huly {HULY_READS} reads and {HULY_WRITES} writes, Vibe {VIBE_CALLS} in flight, Huly's rate)",
            floor.as_secs_f64(),
            call.as_secs_f64() * 1e3
        ),
        Some(over),
        Some(over <= OVER_FLOOR),
    );
    let goal = issues + projects;
    tell(
        "its calls",
        &told(&counts),
        &format!("Vibe {goal} writes: a POST per issue and per project"),
        Some(per(counts.vibe.writes, goal)),
        Some(counts.vibe.writes <= goal && counts.huly.writes == 0),
    );
    Ok(())
}

/// 5,000 tasks of one project, every second with a description, that no issue stands for yet.
pub(crate) async fn into_huly() -> Done<()> {
    let tasks = 5_000;
    let served = Served::start(1, 0, 0)?;
    let dir = tempfile::tempdir()?;
    let engine = boards::engine(&served.place, &dir.path().join("hvs.db"), false).await?;
    let texts = fill(&served.place.vibe, &engine, tasks).await?;
    served.counts().await?;
    let (_, took) = boards::run(&engine).await?;
    let counts = served.counts().await?;
    let goal = tasks / HULY_BATCH + texts;
    tell(
        &format!("backfill of {tasks} tasks with {texts} descriptions into Huly, loopback"),
        &format!(
            "{} writes to Huly, {} to Vibe; {}; {:.2} s",
            counts.huly.writes,
            counts.vibe.writes,
            told(&counts),
            took.as_secs_f64()
        ),
        &format!(
            "Huly {goal} writes: one per {HULY_BATCH} tasks and one per description; Vibe none"
        ),
        Some(per(counts.huly.writes, goal)),
        Some(counts.huly.writes <= goal && counts.vibe.writes == 0),
    );
    Ok(())
}

/// Makes the Vibe project of the Huly project there is, and its tasks; gives the number of descriptions.
async fn fill(vibe: &str, engine: &engine::Engine, tasks: u64) -> Done<u64> {
    let settings = Settings {
        write_concurrency: 8,
        ..Settings::default()
    };
    let http = Http::new(settings, |_, _| Verdict::Success)?;
    let send = async |path: &'static str, body: Value| -> Done<Value> {
        let call = Call::post_json(path, format!("{vibe}{path}").parse()?, &body, Effect::Write)?;
        Ok(serde_json::from_slice(&http.call(call).await?.body)?)
    };
    let huly = engine.boards.huly.projects().await?;
    let name = huly.first().ok_or("no huly project")?.name.clone();
    let made = send("/api/projects", json!({ "name": name, "repositories": [] })).await?;
    let project = made.pointer("/data/id").ok_or("no project was made")?;
    let mut texts = 0;
    for at in 0..tasks {
        let text = (at % 2 == 0)
            .then(|| format!("What is to be done in step {at}, in a line or two of *markdown*."));
        texts += u64::from(text.is_some());
        send(
            "/api/tasks",
            json!({ "project_id": project, "title": format!("Task {at}"), "description": text }),
        )
        .await?;
    }
    Ok(texts)
}
