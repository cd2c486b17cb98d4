//! The words about pairs that wait for a person, and of the proof on one's own machine, as snapshots (see [`crate::words`]).

use sim::vibe::Generation;

use crate::{
    process::Ran,
    words::{small, snapshot},
    world::World,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_pairs_that_wait() {
    let world = World::new(Generation::L2).await;
    snapshot!(world, "project_list_without_a_store", "project", "list");
    let project = world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    for title in ["Paint the boat", "Mend the net"] {
        world.issue(&project, title, "Text.", "Todo");
    }
    let other = world.huly_project("ISLE", "Island");
    world.issue(&other, "Plant a palm", "Text.", "Todo");
    world.sync().await;
    world.vibe.model.lock().delete_project(board).unwrap();
    snapshot!(world, "sync_project_gone", "sync", "once");
    snapshot!(world, "project_list", "project", "list");
    snapshot!(world, "project_choose_nothing", "project", "choose", "HARB");
    snapshot!(
        world,
        "project_choose_dry_run",
        "project",
        "choose",
        "HARB",
        "--recreate",
        "--dry-run"
    );
    snapshot!(
        world,
        "project_choose",
        "project",
        "choose",
        "HARB",
        "--recreate"
    );
    world.sync().await;
    snapshot!(world, "reconcile_full_nothing", "reconcile", "--full");
}

/// How long it took is not the same twice, and what was played changes with the generator.
fn without_figures(mut ran: Ran) -> Ran {
    let figures = ["runs of hvs", "steps", "faults", "time"];
    let lines = ran.out.lines();
    let lines = lines.filter(|line| !figures.iter().any(|head| line.starts_with(head)));
    ran.out = lines.collect::<Vec<_>>().join("\n") + "\n";
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_a_selftest() {
    let world = small().await;
    let ran = without_figures(world.hvs(&["selftest", "--seeds", "3"]).await);
    snapshot!(of world, "selftest", ran);
    snapshot!(world, "selftest_minutes", "selftest", "--minutes", "0");
}
