//! The loop of `hvs sync watch`, on a clock that stands still unless somebody waits.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use engine::{
    Stop,
    env::Env,
    report::{Exit, Reached, Report},
    run::{Engine, Memory, Pace},
    watch::{Event, Host, News, Refused, Times, watch},
};
use sim::{
    faults::{Effect, Failure, Rule},
    vibe::Generation,
};
use store::Store;
use tokio::{sync::mpsc, time::Instant};

use crate::{
    faults::FIND,
    world::{World, sync},
};

const SECOND: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_secs(10);

/// What the loop told, in words, with the seconds since the start.
type Told = Arc<Mutex<Vec<(u64, String)>>>;

/// The surroundings of a loop in a test.
struct Stage<'a> {
    world: &'a World,
    told: Told,
    since: Instant,
    /// What reloads answer, in turn; afterwards all are refused.
    reloads: Vec<Times>,
}

#[async_trait]
impl Host for Stage<'_> {
    async fn connect(&mut self) -> Result<Engine, Refused> {
        self.world.engine().await.map_err(|error| Refused {
            exit: Exit::Service,
            message: error.to_string(),
        })
    }

    async fn reload(&mut self) -> Result<(Engine, Times), Refused> {
        let refused = Refused {
            exit: Exit::Usage,
            message: "unknown key".to_owned(),
        };
        let times = self.reloads.pop().ok_or(refused)?;
        Ok((self.connect().await?, times))
    }

    fn tell(&mut self, news: News<'_>) {
        let words = match news {
            // told every second
            News::Working { took, .. } if took.as_secs() % 10 != 0 => return,
            News::Working { seen, .. } => format!("working {:?}", seen.step),
            News::Ran { report, .. } => format!("ran {:?}", report.exit),
            News::Waiting(_) => "waiting".to_owned(),
            News::Resumed => "resumed".to_owned(),
            News::NotConnected { .. } => "not connected".to_owned(),
            News::Reloaded => "reloaded".to_owned(),
            News::NotReloaded(refused) => format!("not reloaded: {}", refused.message),
            News::CutOff { released } => format!("cut off, released: {released}"),
            News::NotReleased(error) => format!("not released: {error}"),
        };
        let at = self.since.elapsed().as_secs();
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((at, words));
    }
}

/// Watches while `people` act, then stops; answers the exit code and what was told.
async fn watched<F: Future<Output = ()>>(
    world: &World,
    times: Times,
    reloads: Vec<Times>,
    people: impl FnOnce(mpsc::Sender<Event>) -> F,
) -> (Exit, Vec<(u64, String)>) {
    let told = Told::default();
    let mut stage = Stage {
        world,
        told: Arc::clone(&told),
        since: Instant::now(),
        reloads,
    };
    let (sender, events) = mpsc::channel(4);
    let env: Arc<dyn Env> = world.env.clone();
    let act = async {
        people(sender.clone()).await;
        sender.send(Event::Stop).await.unwrap();
    };
    let (exit, ()) = tokio::join!(Box::pin(watch(&mut stage, env, times, events)), act);
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (exit, told)
}

fn times() -> Times {
    Times {
        interval: INTERVAL,
        ..Times::default()
    }
}

/// When runs were told.
fn runs(told: &[(u64, String)]) -> Vec<u64> {
    told.iter()
        .filter(|(_, words)| words.starts_with("ran"))
        .map(|(at, _)| *at)
        .collect()
}

/// Three projects of four issues each, in agreement, longer ago than any overlap.
async fn settled() -> World {
    let world = World::seeded(Generation::L2, 7);
    for (identifier, name) in [("HARB", "Harbor"), ("ISLE", "Isle"), ("LAKE", "Lake")] {
        let project = world.huly_project(identifier, name);
        for at in 0..4 {
            world.issue(&project, &format!("{name} {at}"), "Text.", "Todo");
        }
    }
    world.run_well().await;
    world.wait(Duration::from_mins(2)).await;
    world.settle().await;
    world
}

#[tokio::test(start_paused = true)]
async fn runs_begin_an_interval_apart_from_start_to_start_and_a_stop_ends_well() {
    let world = settled().await;
    let (exit, told) = watched(&world, times(), Vec::new(), |_| {
        tokio::time::sleep(35 * SECOND)
    })
    .await;
    assert_eq!(exit, Exit::Done);
    assert_eq!(runs(&told), [0, 10, 20, 30], "{told:?}");
    assert_eq!(world.exit().await, Exit::Done, "the lease was given up");
}

#[tokio::test(start_paused = true)]
async fn row_02_a_run_that_is_longer_than_the_interval_delays_the_next_and_overlaps_with_none() {
    let world = settled().await;
    let slow = Effect::Latency {
        ms: 25_000,
        jitter_ms: 0,
    };
    world.huly.faults.add(Rule::on("*", FIND, slow));
    let (_, told) = watched(&world, times(), Vec::new(), |_| {
        tokio::time::sleep(300 * SECOND)
    })
    .await;
    let ends = runs(&told);
    assert!(ends.len() > 2, "{told:?}");
    for pair in ends.windows(2) {
        assert!(
            pair[1] - pair[0] >= 25,
            "runs overlap or follow in bursts: {told:?}"
        );
    }
    world.huly.faults.clear();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_long_run_says_meanwhile_how_far_it_is() {
    let world = settled().await;
    let slow = Effect::Latency {
        ms: 25_000,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("GET", "/api/tasks", slow));
    let (_, told) = watched(&world, times(), Vec::new(), |_| {
        tokio::time::sleep(20 * SECOND)
    })
    .await;
    let working = |at: u64| told.contains(&(at, "working Turns".to_owned()));
    assert!(working(10) && working(20), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_told_and_tried_less_and_less_often_until_it_is_back() {
    let world = settled().await;
    let down = Rule::on(
        "*",
        "*",
        Effect::FailBefore {
            failure: Failure::Reset,
        },
    );
    world.vibe.faults.add(down);
    let (exit, told) = watched(&world, times(), Vec::new(), |_| async {
        tokio::time::sleep(200 * SECOND).await;
        world.vibe.faults.clear();
        tokio::time::sleep(400 * SECOND).await;
    })
    .await;
    assert_eq!(exit, Exit::Done, "{told:?}");
    let failed = told
        .iter()
        .filter(|(_, words)| words == "not connected")
        .count();
    assert!((2..8).contains(&failed), "{told:?}");
    assert!(runs(&told).len() > 10, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn row_21_ten_thousand_reloads_in_a_second_are_a_few_and_a_bad_one_changes_nothing() {
    let world = settled().await;
    let slower = Times {
        interval: 3 * INTERVAL,
        ..times()
    };
    let (exit, told) = watched(&world, times(), vec![slower], |sender| async move {
        tokio::time::sleep(15 * SECOND).await;
        for _ in 0..10_000 {
            sender.try_send(Event::Reload).ok();
        }
        tokio::time::sleep(20 * SECOND).await;
        sender.send(Event::Reload).await.unwrap();
        tokio::time::sleep(40 * SECOND).await;
    })
    .await;
    assert_eq!(exit, Exit::Done);
    let reloads = told
        .iter()
        .filter(|(_, words)| words.contains("reloaded"))
        .count();
    assert!((2..=6).contains(&reloads), "{told:?}");
    assert!(
        told.iter()
            .any(|(_, words)| words == "not reloaded: unknown key")
    );
    assert_eq!(
        runs(&told),
        [0, 10, 40, 70],
        "the new interval holds from the next run on: {told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_holder_is_waited_for_and_told_once() {
    let world = settled().await;
    let other = world.engine().await.unwrap();
    let mut memory = Memory::at(Pace::default());
    other.run_again(sync(), &Stop::default(), &mut memory).await;
    let (exit, told) = watched(&world, times(), Vec::new(), |_| async {
        tokio::time::sleep(45 * SECOND).await;
        assert!(other.end(&mut memory).await.unwrap());
        tokio::time::sleep(20 * SECOND).await;
    })
    .await;
    assert_eq!(exit, Exit::Done);
    let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        ["waiting", "resumed", "ran Done", "ran Done"],
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_taken_over_stops_the_writes() {
    let world = settled().await;
    let engine = world.engine().await.unwrap();
    let mut memory = Memory::at(Pace::default());
    let again =
        async |memory: &mut Memory| engine.run_again(sync(), &Stop::default(), memory).await;
    assert_eq!(again(&mut memory).await.exit, Exit::Done);
    // somebody whose clock is ahead finds the lease run out
    let request = ::store::port::LeaseRequest {
        scope: world.engine().await.unwrap().workspace.to_string().into(),
        holder: "other".into(),
        host: "other".into(),
        pid: 1,
        ttl: sync_core::ids::Millis(3_600_000),
    };
    let ahead = sync_core::ids::Millis(world.env.now().0 + 120_000);
    world.store.acquire(&request, ahead).await.unwrap();
    world.wait(11 * SECOND).await;
    world.reset_counts();
    let report = again(&mut memory).await;
    assert_eq!((report.exit, world.writes()), (Exit::Lease, 0));
}

/// Calls to the two services of one more run of a watch.
async fn one_more(engine: &Engine, world: &World, memory: &mut Memory) -> (Report, u64, u64) {
    world.reset_counts();
    let report = engine.run_again(sync(), &Stop::default(), memory).await;
    let counts = world.counts();
    (report, counts.huly.reads, counts.vibe.reads)
}

#[tokio::test(start_paused = true)]
async fn quiet_projects_rest_until_something_hints_at_them() {
    let world = settled().await;
    let engine = world.engine().await.unwrap();
    let mut memory = Memory::at(Pace::default());
    let (_, _, first) = one_more(&engine, &world, &mut memory).await;
    let (mut listed, mut rested, mut huly) = (0, 0, 0);
    world.wait(Duration::from_mins(11)).await;
    for _ in 0..60 {
        let (report, calls, _) = one_more(&engine, &world, &mut memory).await;
        assert_eq!(report.exit, Exit::Done);
        listed += report.reached(Reached::Processed);
        rested += report.reached(Reached::Resting);
        huly = huly.max(calls);
        world.wait(INTERVAL).await;
    }
    assert!(first >= 3, "active projects are listed in every run");
    assert!(rested > listed * 3, "{rested} rested, {listed} listed");
    assert!(listed >= 3 * 5, "even quiet projects are listed, {listed}");
    assert!(huly <= 3, "projects, changes, removals: {huly} calls");

    let issue = world.issue_named("Isle 2").id;
    world.retitle_issue(&issue, "Isle two");
    let (report, _, _) = one_more(&engine, &world, &mut memory).await;
    assert_eq!(
        report.tally().vibe.updated,
        1,
        "a change in Huly is carried at once"
    );
    assert!(engine.end(&mut memory).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn row_08_thousands_of_runs_without_edits_write_nothing_and_keep_no_more_than_the_first() {
    let world = settled().await;
    let engine = world.engine().await.unwrap();
    let mut memory = Memory::at(Pace::default());
    one_more(&engine, &world, &mut memory).await;
    let size = memory.size();
    let rows = world.rows().await;
    world.reset_counts();
    for _ in 0..3_000 {
        world.wait(INTERVAL).await;
        let report = engine
            .run_again(sync(), &Stop::default(), &mut memory)
            .await;
        assert_eq!(report.exit, Exit::Done);
        assert!(
            memory.size() <= size,
            "{} entries, {size} at first",
            memory.size()
        );
    }
    assert_eq!(world.writes(), 0);
    assert_eq!(world.rows().await, rows);
    let told = world.store.runs(10_000).await.unwrap().len();
    assert!(told < 10, "quiet runs share a row: {told}");
    assert!(engine.end(&mut memory).await.unwrap());
}
