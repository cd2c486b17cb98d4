//! A server that says "too many calls" to everything: few calls are made, and all arrives once it is over. The pace itself, one
//! probe in 30 s, is held by http-kit's tests on a paused clock; here calls of the built program are counted.

use std::time::Duration;

use sim::{
    calls::Counts,
    faults::{Effect, Rule, When},
    vibe::Generation,
};

use crate::{process::until, world::World};

/// The answer to everything, with the advice to come back at once: who believed it would call without end.
fn busy(method: &str) -> Rule {
    let effect = Effect::Limit { retry_after_ms: 1 };
    Rule::on(method, "*", effect)
}

fn all(counts: &Counts) -> u64 {
    counts.reads + counts.writes + counts.sessions
}

/// Linked pairs whose issues were then all retitled.
async fn retitled(pairs: usize) -> World {
    let mut world = World::new(Generation::L2).await;
    world.set("guard.rewrites_share", "1.0");
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..pairs {
        world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
    }
    world.sync().await;
    for issue in world.issues() {
        world.retitle_issue(&issue.id, &format!("Again {}", issue.title));
    }
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_gets_429_for_everything_from_a_call_on_makes_few_more() {
    let world = retitled(100).await;
    // the server is asked what it is, which projects it has and what is in them; then nothing more is answered
    let answered = 8;
    let from = When::From(answered + 1);
    world.vibe.faults.add(busy("*").when(from));
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await;
    assert!(matches!(ran.code, Some(3 | 4)), "{ran}");
    let (_, vibe) = world.counts();
    let more = all(&vibe).saturating_sub(answered);
    println!("{more} calls more for 100 items");
    assert!((1..=20).contains(&more), "{vibe:#?} {ran}");
    world.vibe.faults.clear();
    // within two runs
    let first = world.hvs(&["sync", "once"]).await;
    if first.code != Some(0) {
        world.sync().await;
    }
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_of_servers_that_answer_429_to_everything_hardly_calls_and_then_catches_up() {
    let mut world = retitled(20).await;
    world.set("sync.interval", "150 ms");
    world.huly.faults.add(busy("*"));
    world.vibe.faults.add(busy("*"));
    world.count_afresh();
    let watch = world.start(&["sync", "watch"]);
    // Later calls only make it harder: without a breaker there would be one in each round, seven a second.
    tokio::time::sleep(Duration::from_secs(20)).await;
    let (huly, vibe) = world.counts();
    for (name, counts) in [("Huly", &huly), ("Vibe", &vibe)] {
        let asked = all(counts);
        println!("{name}: {asked} calls");
        // Huly has more than one host
        assert!((1..=40).contains(&asked), "{name}: {counts:#?}");
    }
    world.huly.faults.clear();
    world.vibe.faults.clear();
    until("all edits have arrived", || {
        let tasks = world.tasks();
        tasks.iter().all(|task| task.title.starts_with("Again "))
    })
    .await;
    watch.signal("TERM");
    let ran = watch.wait().await;
    world.keeps_secrets(&ran);
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}
