//! A store that was lost: how long 10,000 links take to be found again, and nothing made for it.

use std::time::{Duration, Instant};

use engine::report::Exit;
use engine::{Engine, Mode, Stop};
use sync_core::Side;

use crate::Done;
use crate::boards::{self, Served};
use crate::figures::{ratio, tell, told};

const PROJECTS: usize = 100;
const ISSUES: usize = 100;

/// The commands of docs/recovery.md for a lost store, on boards that another store had linked.
pub(crate) async fn rebuild() -> Done<()> {
    let links = PROJECTS * ISSUES;
    let served = Served::start(PROJECTS, ISSUES, 0)?;
    let dir = tempfile::tempdir()?;
    let before = boards::engine(&served.place, &dir.path().join("lost.db"), false).await?;
    boards::run(&before).await?;
    let floor = lists(&before).await?;
    drop(before);
    let engine = boards::engine(&served.place, &dir.path().join("hvs.db"), false).await?;
    served.counts().await?;
    let (sync, repair) = (sync_once(&engine).await?, reconcile(&engine).await?);
    let counts = served.counts().await?;
    let mut found = 0;
    for project in engine.store.projects().await? {
        found += engine.store.links(project.id).await?.len();
    }
    tell(
        &format!(
            "{links} links in {PROJECTS} projects found again after the store was lost, loopback"
        ),
        &format!(
            "{:.1} s: `hvs sync once` {:.1} s, `hvs reconcile --full --repair` {:.1} s",
            (sync + repair).as_secs_f64(),
            sync.as_secs_f64(),
            repair.as_secs_f64()
        ),
        &format!(
            "reading all lists of both sides once takes {:.2} s",
            floor.as_secs_f64()
        ),
        Some(ratio(sync + repair, floor)),
        None,
    );
    tell(
        "its links and calls",
        &format!("{found} links; {}", told(&counts)),
        &format!("{links} links, and nothing is made"),
        None,
        Some(found == links && counts.huly.writes == 0 && counts.vibe.of("POST /api/tasks") == 0),
    );
    Ok(())
}

/// A run of the new store: it finds the marks of the lost one and makes nothing.
async fn sync_once(engine: &Engine) -> Done<Duration> {
    let start = Instant::now();
    let report = engine
        .run(Mode::Sync { accept: Vec::new() }, &Stop::default())
        .await;
    match report.exit {
        Exit::Done | Exit::Items => Ok(start.elapsed()),
        exit => Err(format!("the first run ended with {exit:?}").into()),
    }
}

/// As `hvs reconcile --full --repair` does it: settles, looks, mends, looks again.
async fn reconcile(engine: &Engine) -> Done<Duration> {
    let (start, stop) = (Instant::now(), Stop::default());
    engine.run(Mode::Reconcile, &stop).await;
    Box::pin(engine.survey(&stop)).await;
    let report = Box::pin(engine.repair(Vec::new(), &stop)).await;
    let (_, left) = Box::pin(engine.survey(&stop)).await;
    if report.exit != Exit::Done || !left.is_empty() {
        let left: Vec<_> = left.iter().take(3).collect();
        return Err(format!("the repair ended with {:?} and left {left:?}", report.exit).into());
    }
    Ok(start.elapsed())
}

/// All pages of all lists, one after the other, as the boards give them.
async fn lists(engine: &Engine) -> Done<Duration> {
    let start = Instant::now();
    for side in Side::ALL {
        let board = engine.boards.side(side);
        for project in board.projects().await? {
            let mut from = None;
            loop {
                from = board.list(&project.id, from).await?.next;
                if from.is_none() {
                    break;
                }
            }
        }
    }
    Ok(start.elapsed())
}
