//! The lists that confirm writes: the projects of a run wait for theirs together, and what a service lost is still seen.

use std::time::Duration;

use sim::vibe::{Generation, Status};
use tokio::time::Instant;

use crate::world::{GENERATIONS, World, told};

const PROJECTS: usize = 100;

/// Projects of one issue each, in agreement.
async fn many(generation: Generation, projects: usize) -> World {
    let world = World::new(generation);
    for at in 0..projects {
        let project = world.huly_project(&format!("P{at}"), &format!("Project {at}"));
        world.issue(&project, &format!("Issue of {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    world.assert_quiet().await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_hundred_projects_with_one_change_each_wait_once() {
    let world = many(Generation::L2, PROJECTS).await;
    for at in 0..PROJECTS {
        let issue = world.issue_named(&format!("Issue of {at}")).id;
        world.retitle_issue(&issue, &format!("New title of {at}"));
    }
    let lists = || {
        let asked = world.counts().vibe.by_route;
        asked.get("GET /api/tasks").copied().unwrap_or(0)
    };
    let (before, begun) = (lists(), Instant::now());
    let report = world.run_well().await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}: {}", told(&report));
    assert!(
        took >= world.settings.confirm_delay,
        "each was confirmed by a list a moment later: {took:?}"
    );
    // one list to begin with and one that confirms
    assert_eq!(lists() - before, 2 * PROJECTS as u64, "{}", told(&report));
    for at in 0..PROJECTS {
        world.task_named(&format!("New title of {at}"));
    }
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_does_during_the_wait_is_carried_by_the_same_run() {
    for generation in GENERATIONS {
        let world = many(generation, 2).await;
        let issue = world.issue_named("Issue of 0").id;
        let task = world.task_named("Issue of 0").id;
        world.retitle_issue(&issue, "New title");
        let act = async {
            world.wait(world.settings.confirm_delay / 2).await;
            assert_eq!(world.task_view(task).title, "New title", "it was written");
            world.move_task(task, Status::Done);
        };
        let (report, ()) = tokio::join!(world.run_well(), act);
        assert_eq!(
            world.issue_view(&issue).status_name,
            "Done",
            "{}",
            told(&report)
        );
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}
