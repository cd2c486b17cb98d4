//! The table of sizes: first sync, quiet run, peak memory and size of the store, beside what the predecessor published.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Done;
use crate::boards::{self, Served};
use crate::figures::{ratio, tell};
use crate::first::{OVER_FLOOR, floor, one_call};
use crate::quiet;

/// One size, and what the predecessor's documentation says that it takes.
struct Size {
    projects: usize,
    issues: usize,
    published: (&'static str, &'static str),
    /// The hard limit of a run on its data, in MiB.
    limit: Option<u64>,
    /// Highest memory of a quiet run, in MiB.
    goal: Option<u64>,
}

const SIZES: [Size; 4] = [
    Size {
        projects: 10,
        issues: 100,
        published: ("1 min", "50 MB"),
        limit: None,
        goal: None,
    },
    Size {
        projects: 50,
        issues: 500,
        published: ("5 min", "150 MB"),
        limit: None,
        goal: None,
    },
    Size {
        projects: 100,
        issues: 1_000,
        published: ("15 min", "500 MB"),
        limit: Some(64),
        goal: Some(64),
    },
    Size {
        projects: 200,
        issues: 2_000,
        published: ("30+ min", "1,500+ MB"),
        limit: Some(128),
        goal: Some(128),
    },
];

/// A limit that no run can keep to, in MiB.
const TOO_SMALL: u64 = 12;

pub(crate) async fn table(only: Option<usize>) -> Done<()> {
    for size in SIZES
        .iter()
        .filter(|size| only.is_none_or(|projects| projects == size.projects))
    {
        one(size).await?;
    }
    Ok(())
}

async fn one(size: &Size) -> Done<()> {
    let Size {
        projects,
        issues,
        published: (time, memory),
        limit,
        goal,
    } = size;
    let name = format!("{projects} x {issues}");
    let served = Served::start(*projects, *issues, 0)?;
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("hvs.db");
    let call = {
        let engine = boards::engine(&served.place, &dir.path().join("other.db"), false).await?;
        one_call(engine.boards.vibe.as_ref()).await?
    };
    served.counts().await?;
    let start = Instant::now();
    quiet::prepare(&served.place, &store)?;
    let took = start.elapsed();
    let counts = served.counts().await?;
    let all = u64::try_from(projects * issues)?;
    let texts = counts.huly.of("/blob");
    let lowest = floor(all, u64::try_from(*projects)?, texts, call, false);
    let limited = floor(
        all,
        u64::try_from(*projects)?,
        texts,
        Duration::from_millis(20),
        true,
    );
    tell(
        &format!("{name}: first sync, loopback, Huly's rate limit lifted"),
        &format!("{:.1} s", took.as_secs_f64()),
        &format!(
            "the predecessor {time}; <= {OVER_FLOOR} x the floor of {:.1} s ({:.2} ms a call as measured); with Huly's limit and 20 ms a call the services alone take {:.0} s",
            lowest.as_secs_f64(),
            call.as_secs_f64() * 1e3,
            limited.as_secs_f64()
        ),
        Some(ratio(took, lowest)),
        None,
    );
    let taken = quiet::one_run(&served.place, &store, None)?;
    tell(
        &format!("{name}: quiet run"),
        &format!("{:.2} s", taken.wall),
        "-",
        None,
        None,
    );
    match goal {
        Some(goal) => quiet::memory(
            &format!("{name}: peak memory of the quiet run (the predecessor {memory})"),
            &taken,
            *goal,
        ),
        None => tell(
            &format!("{name}: peak memory of the quiet run"),
            &format!("{} MiB", taken.peak.unwrap_or(0)),
            &format!("the predecessor {memory}"),
            None,
            None,
        ),
    }
    tell(
        &format!("{name}: size of the store"),
        &format!("{} MiB", bytes(&store)?.div_ceil(1 << 20)),
        "-",
        None,
        None,
    );
    if let Some(limit) = limit {
        under(&name, &served, &store, *limit);
    }
    Ok(())
}

/// The same run under a hard limit, under one that is too small, and once more without.
fn under(name: &str, served: &Served, store: &Path, limit: u64) {
    let kept = quiet::one_run(&served.place, store, Some(limit));
    let (value, reached) = match kept {
        Ok(taken) => (format!("done in {:.2} s", taken.wall), true),
        Err(error) => (error.to_string(), false),
    };
    tell(
        &format!("{name}: the quiet run under a hard limit of {limit} MiB of data"),
        &value,
        "done",
        None,
        Some(reached),
    );
    let (broken, refused) = match quiet::one_run(&served.place, store, Some(TOO_SMALL)) {
        Ok(_) => ("done".to_owned(), false),
        Err(error) => (error.to_string(), true),
    };
    let whole = quiet::one_run(&served.place, store, None).is_ok();
    tell(
        &format!(
            "{name}: the quiet run under a limit of {TOO_SMALL} MiB, and one without after it"
        ),
        &format!("{broken}; then {}", if whole { "done" } else { "NOT done" }),
        "an error in words, nothing lost",
        None,
        Some(refused && whole),
    );
}

fn bytes(store: &Path) -> Done<u64> {
    Ok(std::fs::metadata(store)?.len())
}
