//! A service that is away, or says "too many calls" to everything: the other one's changes are noted, only a probe is sent, and all
//! arrives when it is back.

use std::time::Duration;

use ::store::{Store, row::Dirty};
use engine::{Stop, codes, report::Exit};
use http_kit::Hosts;
use sim::{
    faults::{Effect, Rule},
    vibe::Generation,
};
use sync_core::{Side, ids::Millis};

use crate::world::{GENERATIONS, World, sync, told};

/// Writes of one project that are under way at once.
const IN_FLIGHT: usize = 4;

/// One project with so many linked pairs, in agreement; one process's connections.
async fn pairs(generation: Generation, count: usize) -> (World, Vec<String>) {
    let mut world = World::new(generation);
    world.hosts = Some(Hosts::default());
    let project = world.huly_project("HARB", "Harbor");
    let issues = (0..count)
        .map(|at| world.issue(&project, &format!("Boat {at}"), "Text.", "Todo"))
        .collect();
    world.run_well().await;
    (world, issues)
}

/// What waits, oldest first.
async fn waiting(world: &World) -> Vec<Dirty> {
    let mut all = Vec::new();
    for project in world.store.projects().await.unwrap() {
        let far = Millis(i64::MAX);
        all.extend(world.store.dirty(project.id, far, 1_000).await.unwrap());
    }
    all.sort_by_key(|dirty| dirty.since);
    all
}

/// Where in what was sent each of these texts stood in a write.
fn order(world: &World, side: Side, texts: &[String]) -> Vec<usize> {
    let sent = world.lines.side(side).take();
    texts
        .iter()
        .map(|text| {
            let holds = |sent: &crate::world::Sent| sent.is_write && sent.body.contains(text);
            sent.iter().position(holds).expect(text)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn while_vibe_is_away_huly_is_watched_and_what_waited_longest_goes_first_when_it_is_back() {
    for generation in GENERATIONS {
        let (world, issues) = pairs(generation, 12).await;
        let engine = world.engine().await.unwrap();
        world.lines.vibe.cut(true);
        world.lines.vibe.take();
        let mut titles = Vec::new();
        // not in the order of any id
        for (run, at) in [7_usize, 2, 11, 0, 5].into_iter().enumerate() {
            world.wait(Duration::from_mins(1)).await;
            titles.push(format!("Renamed as number {run:02}"));
            world.retitle_issue(&issues[at], &titles[run]);
            let report = engine.run(sync(), &Stop::default()).await;
            assert_eq!(report.exit, Exit::Service, "{}", told(&report));
            let tries = world.lines.vibe.take().len();
            assert_eq!(tries, if run == 0 { 4 } else { 1 }, "run {run}");
            let waiting = waiting(&world).await;
            assert_eq!(waiting.len(), run + 1, "{waiting:?}");
            assert_eq!(&*waiting[run].item.to_string(), issues[at]);
            assert!(
                waiting
                    .iter()
                    .all(|one| &*one.code == codes::SERVICE_AWAY && one.tries == 0)
            );
        }
        let intents = world.store.live_intents(None, 10).await.unwrap();
        assert!(intents.is_empty(), "{intents:?}");
        world.lines.vibe.cut(false);
        let report = engine.run(sync(), &Stop::default()).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        let positions = order(&world, Side::Vibe, &titles);
        assert!(positions.is_sorted(), "{positions:?}");
        assert!(waiting(&world).await.is_empty());
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_huly_is_away_vibe_is_watched_and_what_waited_longest_goes_first_when_it_is_back() {
    for generation in GENERATIONS {
        let (world, _) = pairs(generation, 12).await;
        let engine = world.engine().await.unwrap();
        world.lines.huly.cut(true);
        world.lines.huly.take();
        let mut titles = Vec::new();
        // not in the order of any id
        for (run, at) in [7_usize, 2, 11, 0, 5, 9, 1, 10, 3, 8, 4, 6]
            .into_iter()
            .enumerate()
        {
            world.wait(Duration::from_mins(1)).await;
            titles.push(format!("Renamed as number {run:02}"));
            world.retitle_task(world.task_named(&format!("Boat {at}")).id, &titles[run]);
            let report = engine.run(sync(), &Stop::default()).await;
            assert_eq!(report.exit, Exit::Service, "{}", told(&report));
            let tries = world.lines.huly.take().len();
            assert!(tries <= if run == 0 { 4 } else { 1 }, "run {run}: {tries}");
            assert_eq!(waiting(&world).await.len(), run + 1);
        }
        world.lines.huly.cut(false);
        let report = engine.run(sync(), &Stop::default()).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        // A few are under way at once, and each is looked at before it is written: these may overtake each other.
        let positions = order(&world, Side::Huly, &titles);
        for (at, position) in positions.iter().enumerate() {
            let before = positions.iter().filter(|other| *other < position).count();
            assert!(before.abs_diff(at) < IN_FLIGHT, "{positions:?}");
        }
        assert!(waiting(&world).await.is_empty());
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_nothing_but_429_cost_a_probe_in_30_s_and_two_runs_later_all_is_as_it_should_be()
 {
    for side in Side::ALL {
        let (world, issues) = pairs(Generation::L2, 12).await;
        let engine = world.engine().await.unwrap();
        let limit = Effect::Limit {
            retry_after_ms: 1_000,
        };
        match side {
            Side::Huly => world.huly.faults.add(Rule::on("*", "*", limit)),
            Side::Vibe => world.vibe.faults.add(Rule::on("*", "*", limit)),
        }
        world.lines.side(side).take();
        let start = tokio::time::Instant::now();
        for at in 0.. {
            if start.elapsed() >= Duration::from_mins(10) {
                break;
            }
            world.retitle_issue(&issues[at % 6], &format!("Renamed {at}"));
            world.retitle_task(world.tasks()[6 + at % 6].id, &format!("Written anew {at}"));
            let report = engine.run(sync(), &Stop::default()).await;
            assert_eq!(report.exit, Exit::Service, "{}", told(&report));
            world.wait(Duration::from_secs(10)).await;
        }
        let sent = world.lines.side(side).take();
        let late = sent
            .iter()
            .filter(|sent| (2 * 60..10 * 60).contains(&(sent.at - start).as_secs()));
        assert!(sent.len() <= 20 + 20, "{side}: {}", sent.len());
        let late: Vec<u64> = late.map(|sent| (sent.at - start).as_secs()).collect();
        assert!(late.len() <= 17, "{side}: {late:?}");
        world.huly.faults.clear();
        world.vibe.faults.clear();
        world.wait(Duration::from_secs(31)).await;
        for _ in 0..2 {
            engine.run(sync(), &Stop::default()).await;
        }
        let problems = world.compare().await;
        assert!(problems.is_empty(), "{side}: {problems}");
        world.assert_quiet().await;
    }
}
