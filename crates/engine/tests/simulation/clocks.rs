//! Clocks that are wrong, and clocks that are set: no edit is missed because of a stamp.

use std::time::Duration;

use ::store::Store;
use sim::vibe::Generation;
use sync_core::ids::Millis;

use crate::world::World;

const HOUR_MS: i64 = 3_600_000;

/// One project with linked pairs, in agreement.
async fn pairs() -> (World, Vec<String>) {
    let world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let issues = (0..4)
        .map(|at| world.issue(&project, &format!("Boat {at}"), "Text.", "Todo"))
        .collect();
    world.run_well().await;
    (world, issues)
}

async fn watermark(world: &World) -> Millis {
    world.store.projects().await.unwrap()[0].watermark
}

/// An edit in Huly arrives with the next run.
async fn edit_arrives(world: &World, issue: &str, title: &str) {
    world.retitle_issue(issue, title);
    world.run_well().await;
    assert!(
        world.tasks().iter().any(|task| task.title == title),
        "{title}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stamp_an_hour_ahead_does_not_take_the_watermark_with_it() {
    let (world, issues) = pairs().await;
    // another of Huly's servers, whose clock is an hour ahead, takes one edit
    world.set_huly_clock(HOUR_MS);
    world.retitle_issue(&issues[0], "Stamped an hour ahead");
    world.set_huly_clock(-HOUR_MS);
    world.wait(Duration::from_secs(10)).await;
    world.run_well().await;
    let now = world.huly.model.lock().clock().shows();
    assert!(watermark(&world).await <= Millis(now + 1_000));
    for minutes in [1_u64, 20, 30, 20] {
        world.wait(Duration::from_mins(minutes)).await;
        edit_arrives(&world, &issues[1], &format!("{minutes} minutes later")).await;
    }
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_an_hour_hides_no_edit_however_late_the_next_run_is() {
    for minutes in [1_u64, 40, 59, 90] {
        let (world, issues) = pairs().await;
        world.wait(Duration::from_mins(30)).await;
        edit_arrives(&world, &issues[0], "Before").await;
        world.set_huly_clock(-HOUR_MS);
        world.wait(Duration::from_secs(30)).await;
        world.retitle_issue(&issues[1], "Right after");
        world.wait(Duration::from_mins(minutes)).await;
        edit_arrives(&world, &issues[2], "Later").await;
        let titles: Vec<String> = world.tasks().into_iter().map(|task| task.title).collect();
        assert!(
            titles.contains(&"Right after".to_owned()),
            "{minutes} min: {titles:?}"
        );
        world.wait(Duration::from_mins(5)).await;
        edit_arrives(&world, &issues[3], "Still later").await;
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_always_an_hour_off_changes_nothing() {
    for by_ms in [-HOUR_MS, HOUR_MS] {
        let world = World::new(Generation::L1);
        world.set_huly_clock(by_ms);
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "Boat", "Text.", "Todo");
        for at in 1..4 {
            world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
        }
        world.run_well().await;
        for minutes in [1_u64, 70] {
            world.wait(Duration::from_mins(minutes)).await;
            edit_arrives(&world, &issue, &format!("After {minutes}")).await;
        }
        let report = world.run_well().await;
        let tasks = world.tasks().len() as u64;
        assert_eq!(
            report.projects[0].items,
            tasks + 1,
            "of the issues only the one that the overlap holds"
        );
        world.settle().await;
    }
}
