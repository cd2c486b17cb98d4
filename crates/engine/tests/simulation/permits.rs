//! The lease is asked right before each write leaves, after all waits.

use std::time::Duration;

use engine::{codes, report::Exit};
use http_kit::Rate;
use sim::vibe::Generation;

use crate::world::{LEASE, World, told};

#[tokio::test(start_paused = true)]
async fn a_write_that_the_rate_limit_holds_past_the_lease_never_leaves() {
    let mut world = World::new(Generation::L1);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..20 {
        world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
    }
    world.vibe_project("Harbor", "harb");
    // Nobody renews the lease, and the rate limit lets few calls through.
    world.settings.lease.heartbeat = Duration::from_hours(1);
    world.vibe_http.rate = Some(Rate {
        count: 6,
        window: Duration::from_secs(30),
    });
    let start = tokio::time::Instant::now();
    let report = world.run().await;
    let writes: Vec<Duration> = world
        .lines
        .vibe
        .take()
        .into_iter()
        .filter(|sent| sent.is_write)
        .map(|sent| sent.at - start)
        .collect();
    // The lease lasts 60 s and a write may take 15.
    assert!(!writes.is_empty());
    assert!(
        writes.iter().all(|at| *at < Duration::from_secs(45)),
        "{writes:?}"
    );
    assert_ne!(report.exit, Exit::Done);
    assert!(
        told(&report).contains(codes::RUN_LEASE_LOST),
        "{}",
        told(&report)
    );
    world.vibe_http.rate = None;
    world.settings.lease.heartbeat = Duration::from_secs(10);
    world.wait(LEASE).await;
    world.settle().await;
    assert_eq!(world.tasks().len(), 20);
}
