//! Quiet runs, and runs in which a hundredth changed: 100 projects with 1,000 issues each, local servers.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_kit::{Call, Effect, Http, Settings, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Done;
use crate::boards::{Place, Served, Taken};
use crate::figures::{per, tell, told};

/// Issue 3 section 5: seconds, MiB and processor time over that of a plain loop.
const QUIET_SECONDS: f64 = 2.0;
const QUIET_MIB: u64 = 64;
const OVER_LOOP: f64 = 1.5;
const CHANGED_SECONDS: f64 = 4.0;
/// Each so many-th task is changed.
const CHANGED: usize = 100;

/// Fills a store from the boards, in a process of its own: the peak of another one is to be that of its own run.
pub(crate) fn prepare(place: &Place, store: &Path) -> Done<()> {
    child("prepare", place, store, None)?;
    Ok(())
}

/// One run in a process of its own, under a hard limit on its data where one is given (MiB).
pub(crate) fn one_run(place: &Place, store: &Path, limit: Option<u64>) -> Done<Taken> {
    let text = child("one", place, store, limit)?;
    Ok(serde_json::from_str(text.trim())?)
}

fn child(word: &str, place: &Place, store: &Path, limit: Option<u64>) -> Done<String> {
    let program = std::env::current_exe()?;
    let mut command = match limit {
        None => Command::new(program),
        Some(mib) => {
            let mut command = Command::new("prlimit");
            command
                .arg(format!("--data={}", mib << 20))
                .arg("--")
                .arg(program);
            command
        }
    };
    let output = command
        .arg(word)
        .arg(serde_json::to_string(place)?)
        .arg(store)
        .stderr(if limit.is_some() {
            Stdio::piped()
        } else {
            Stdio::inherit()
        })
        .output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().rfind(|line| !line.trim().is_empty());
        return Err(format!("{word}: {}: {}", output.status, last.unwrap_or_default()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

pub(crate) async fn quiet() -> Done<()> {
    let (projects, issues) = (100, 1_000);
    let served = Served::start(projects, issues, 0)?;
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("hvs.db");
    prepare(&served.place, &store)?;
    let lists = lists(&served.place).await?;
    let bytes: usize = lists.iter().map(Bytes::len).sum();
    let plain = plain(&lists)?;
    let tasks = some_tasks(&lists)?;
    drop(lists);
    served.counts().await?;
    let taken = one_run(&served.place, &store, None)?;
    let counts = served.counts().await?;
    tell(
        &format!("quiet run of {projects} projects with {issues} issues each, loopback"),
        &format!("{:.2} s", taken.wall),
        &format!("<= {QUIET_SECONDS} s"),
        Some(taken.wall / QUIET_SECONDS),
        Some(taken.wall <= QUIET_SECONDS),
    );
    let over = taken.cpu / plain.as_secs_f64();
    tell(
        "its processor time",
        &format!("{:.2} s", taken.cpu),
        &format!(
            "<= {OVER_LOOP} x a plain serde loop over the same {} MiB of lists, {:.2} s",
            bytes >> 20,
            plain.as_secs_f64()
        ),
        Some(over),
        Some(over <= OVER_LOOP),
    );
    memory("its peak memory", &taken, QUIET_MIB);
    let (huly, vibe) = (6, 1 + u64::try_from(projects)?);
    let all = |counts: &sim::calls::Counts| counts.reads + counts.writes;
    tell(
        "its calls",
        &told(&counts),
        &format!(
            "Huly {huly} (3, and 3 where statuses are not known fresh), Vibe {vibe}, no write"
        ),
        Some(per(all(&counts.huly) + all(&counts.vibe), huly + vibe)),
        Some(
            all(&counts.huly) <= huly
                && all(&counts.vibe) <= vibe
                && counts.huly.writes + counts.vibe.writes == 0,
        ),
    );
    change(&served.place, &tasks).await?;
    let taken = one_run(&served.place, &store, None)?;
    tell(
        &format!("the same with {} titles changed in Vibe", tasks.len()),
        &format!("{:.2} s", taken.wall),
        &format!("<= {CHANGED_SECONDS} s"),
        Some(taken.wall / CHANGED_SECONDS),
        Some(taken.wall <= CHANGED_SECONDS),
    );
    Ok(())
}

/// A figure of the highest memory of a run.
pub(crate) fn memory(measure: &str, taken: &Taken, goal: u64) {
    let value = taken
        .peak
        .map_or("unknown on this system".to_owned(), |peak| {
            format!("{peak} MiB ({} before it)", taken.before.unwrap_or(0))
        });
    let (ratio, reached) = (
        taken.peak.map(|peak| per(peak, goal)),
        taken.peak.map(|peak| peak <= goal),
    );
    tell(measure, &value, &format!("<= {goal} MiB"), ratio, reached);
}

/// The body of every project's list of tasks.
async fn lists(place: &Place) -> Done<Vec<Bytes>> {
    let http = Http::new(Settings::default(), |_, _| Verdict::Success)?;
    let get = async |path: String| -> Done<Bytes> {
        let url = format!("{}{path}", place.vibe).parse()?;
        Ok(http.call(Call::get("/api", url)).await?.body)
    };
    let projects: Value = serde_json::from_slice(&get("/api/projects".into()).await?)?;
    let mut lists = Vec::new();
    for project in projects
        .pointer("/data")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let id = project
            .pointer("/id")
            .and_then(Value::as_str)
            .ok_or("a project without an id")?;
        lists.push(get(format!("/api/tasks?project_id={id}")).await?);
    }
    Ok(lists)
}

#[derive(Deserialize)]
struct List {
    data: Vec<vibe_client::Task>,
}

/// The best of three plain loops that read every list as the client's own type.
fn plain(lists: &[Bytes]) -> Done<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let mut rows = 0;
        for body in lists {
            rows += serde_json::from_slice::<List>(body)?.data.len();
        }
        best = best.min(start.elapsed());
        std::hint::black_box(rows);
    }
    Ok(best)
}

fn some_tasks(lists: &[Bytes]) -> Done<Vec<String>> {
    let mut tasks = Vec::new();
    for body in lists {
        let list: List = serde_json::from_slice(body)?;
        tasks.extend(
            list.data
                .iter()
                .step_by(CHANGED)
                .map(|task| task.id.to_string()),
        );
    }
    Ok(tasks)
}

/// A person renames these tasks.
async fn change(place: &Place, tasks: &[String]) -> Done<()> {
    let http = Http::new(Settings::default(), |_, _| Verdict::Success)?;
    for (at, task) in tasks.iter().enumerate() {
        let url = format!("{}/api/tasks/{task}", place.vibe).parse()?;
        let body = json!({ "title": format!("Renamed by a person {at}") });
        http.call(Call::put_json(
            "/api/tasks/{id}",
            url,
            &body,
            Effect::Write,
        )?)
        .await?;
    }
    Ok(())
}
