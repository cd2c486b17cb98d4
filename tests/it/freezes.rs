//! Processes that are stopped past their lease, and several at once: one of them writes at a time (I12).

use sim::vibe::Status;

use crate::{
    fail_points::play::{Boards, LEASE, Play, SYNC, finish, stage},
    process::{Process, Ran, until},
    world::{GENERATIONS, World},
};

/// Whether the system says that a process is stopped.
fn is_stopped(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // the name before it, in brackets, may hold anything
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    state.flatten() == Some('T')
}

/// More worlds than these in a row, each stopped in the middle of a transaction, are no chance.
const WORLDS: usize = 8;

/// A run that is stopped at a point, in a world of its own. The system stops all threads at once: where another one is in the middle of a
/// transaction, nobody can have the store until the process goes on, and that says nothing of the lease.
async fn stopped_at(play: &Play, point: &str) -> (World, Process) {
    for _ in 0..WORLDS {
        let world = play.stage.copy().await;
        let first = world.start_with_points(Some(&format!("{point}:1:stop")), SYNC);
        until("the first run is stopped", || is_stopped(first.id())).await;
        let second = world.hvs(SYNC).await;
        if second.err.contains("[STORE_LOCKED]") {
            second.exits(4);
            first.signal("CONT");
            first.wait().await;
            continue;
        }
        second.exits(5);
        return (world, first);
    }
    panic!("{point}: {WORLDS} runs were stopped in the middle of a transaction");
}

/// Writes that were under way, beside the step, when the process was stopped: they are told as slow, by as long as it stood still. What
/// was sent already may still arrive (I12).
fn sent_before(first: &Ran) -> u64 {
    let lasted = |line: &str| -> Option<u128> {
        let (_, rest) = line.split_once("duration_ms=")?;
        rest.split(' ').next()?.parse().ok()
    };
    let is_write = |line: &&str| !line.contains(" GET ") && !line.contains("find-all");
    let slow = first.err.lines().filter(|line| line.contains("slow call"));
    let before = slow.filter(|line| lasted(line) >= Some(LEASE.as_millis()));
    before.filter(is_write).count() as u64
}

/// Stopped exactly before or after a step, while a second run takes the lease over and does all the work.
async fn frozen_at(play: &Play, point: &str) {
    let (world, first) = stopped_at(play, point).await;
    tokio::time::sleep(LEASE).await;
    let second = finish(&world, SYNC).await;
    assert_eq!(Boards::of(&world), play.expected, "{point}: {second}");
    world.count_afresh();
    first.signal("CONT");
    let first = first.wait().await;
    let (huly, vibe) = world.counts();
    assert!(
        huly.writes + vibe.writes <= sent_before(&first),
        "{point}: it woke up and wrote: {huly:#?} {vibe:#?} {first}"
    );
    let first = first.exits(3).tells(&["[RUN_LEASE_LOST]"]);
    world.keeps_secrets(&first);
    assert_eq!(Boards::of(&world), play.expected, "{point}: {first}");
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_stopped_past_its_lease_sends_nothing_once_it_goes_on() {
    let play = Play::rehearsed(stage(12, "cancel").await, SYNC).await;
    let frozen = [
        "journal/vibe-create:before",
        "journal/huly-title:after",
        "mark/vibe-title:before",
        "mark/huly-create:after",
        "send/vibe-create_project:before",
        "send/huly-prepare:before",
        "send/huly-create:before",
        "send/huly-description:before",
        "send/huly-cancel:before",
        "send/vibe-create:before",
        "send/vibe-status:before",
        "send/vibe-description:after",
        "settle/vibe-title:before",
        "settle/huly-status:after",
    ]
    .map(|point| frozen_at(&play, point));
    futures::future::join_all(frozen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_runs_that_start_at_once_one_works_and_the_others_say_so() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        for at in 0..20 {
            world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
        }
        // at first there is no store, and all of them make it
        for round in 0..4 {
            let runs: Vec<_> = (0..4).map(|_| world.start(SYNC)).collect();
            let mut codes = Vec::new();
            for run in runs {
                let ran = run.wait().await;
                world.keeps_secrets(&ran);
                assert!(matches!(ran.code, Some(0 | 5)), "round {round}: {ran}");
                codes.push(ran.code);
            }
            assert!(codes.contains(&Some(0)), "round {round}: {codes:?}");
            world.assert_same_on_both_sides();
            assert_eq!(world.issues().len(), 20 + 2 * round);
            let board = world.vibe_project_named("Harbor").unwrap();
            world.issue(&project, &format!("Later issue {round}"), "", "Todo");
            world.task(board, &format!("Later task {round}"), None, Status::Done);
            world.retitle_issue(&world.issues()[round].id, &format!("Again {round}"));
        }
        world.sync().await;
        world.assert_same_on_both_sides();
        let projects = world.vibe.model.lock().projects();
        assert_eq!((projects.len(), world.tasks().len()), (1, 28));
        world.stays_quiet().await;
    }
}
