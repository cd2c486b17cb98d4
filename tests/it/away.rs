//! A service that is down for some runs, and how many connections a run opens.

use sim::vibe::Generation;

use crate::world::World;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Six linked pairs.
async fn six() -> World {
    let mut world = World::new(Generation::L2).await;
    world.set("retry.base", "10 ms");
    world.set("retry.cap", "10 ms");
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..6 {
        world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
    }
    world.sync().await;
    world
}

async fn dirty(world: &World) -> u64 {
    world.status().await["counts"]["dirty"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_vibe_is_down_edits_in_huly_are_noted_and_arrive_when_it_is_back() {
    let mut world = six().await;
    let [_, vibe] = world.urls();
    world.set("vibe.url", NOWHERE);
    for (noted, at) in [(1, 3), (2, 0), (3, 5)] {
        let issue = world.issue_named(&format!("Boat {at}")).id;
        world.retitle_issue(&issue, &format!("Renamed {at}"));
        let ran = world.hvs(&["sync", "once"]).await.exits(4);
        ran.tells(&["NET_REFUSED", "hint:"]);
        assert_eq!(dirty(&world).await, noted);
    }
    let services = world.status().await["services"].clone();
    assert_eq!(services["vibe"]["verdict"], "failing", "{services}");
    assert_eq!(services["huly"]["verdict"], "ok", "{services}");
    let shown = world.hvs(&["runs", "show", "last"]).await.exits(0);
    let failed = shown
        .out
        .lines()
        .find(|line| line.starts_with("traffic vibe failed"));
    assert!(failed.is_some_and(|line| line.ends_with(" 1")), "{shown}");
    world.set("vibe.url", &vibe);
    world.sync().await;
    assert_eq!(dirty(&world).await, 0);
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_huly_is_down_edits_in_vibe_are_noted_and_arrive_when_it_is_back() {
    let mut world = six().await;
    let [huly, _] = world.urls();
    world.set("huly.url", NOWHERE);
    for (noted, at) in [(1, 3), (2, 0), (3, 5)] {
        let task = world.task_named(&format!("Boat {at}")).id;
        world.retitle_task(task, &format!("Renamed {at}"));
        let ran = world.hvs(&["sync", "once"]).await.exits(4);
        ran.tells(&["NET_REFUSED", "hint:"]);
        assert_eq!(dirty(&world).await, noted);
    }
    world.set("huly.url", &huly);
    world.sync().await;
    assert_eq!(dirty(&world).await, 0);
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_26_a_run_of_a_thousand_calls_opens_no_more_connections_than_calls_may_be_in_flight() {
    let mut world = World::sized(Generation::L2, 2, 300, 26).await;
    world.set("vibe.http.concurrency", "6");
    world.set("huly.http.concurrency", "6");
    world.sync().await;
    let (huly, vibe) = world.counts();
    let calls = [huly, vibe].map(|counts| counts.reads + counts.writes + counts.sessions);
    assert!(calls.iter().sum::<u64>() >= 1_000, "{calls:?}");
    let [to_huly, to_vibe] = world.connections();
    // Front and account service take one call at a time each; transactor and collaborator six each.
    assert!(to_huly <= 1 + 1 + 6 + 6, "{to_huly} for {calls:?}");
    assert!(to_vibe <= 6, "{to_vibe} for {calls:?}");
}
