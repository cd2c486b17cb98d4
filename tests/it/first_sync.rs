//! The first sync, the quiet run after it, and what both cost, counted at the servers.

use sim::vibe::{Generation, Status};

use crate::world::{GENERATIONS, World};

const PROJECTS: usize = 10;
const ISSUES: usize = 1_000;

/// How many issues there are that have a description, and how many whose status is not Vibe's first one.
fn described_and_begun(world: &World) -> (u64, u64) {
    let issues = world.issues();
    let count = |test: &dyn Fn(&sim::huly::IssueView) -> bool| {
        issues.iter().filter(|issue| test(issue)).count() as u64
    };
    (
        count(&|issue| issue.description.is_some()),
        count(&|issue| !["Backlog", "Todo"].contains(&issue.status_name.as_str())),
    )
}

async fn first_sync_of_a_thousand(generation: Generation) {
    let world = World::sized(generation, PROJECTS, ISSUES / PROJECTS, 42).await;
    let (described, begun) = described_and_begun(&world);
    assert!(
        described > 500 && begun > 300,
        "a poor data set: {described} and {begun}"
    );

    let plan = world.hvs(&["plan"]).await.exits(0);
    assert_eq!(world.writes(), 0, "a plan writes nothing: {plan}");
    assert!(
        !world.path("hvs.db").exists(),
        "a plan without a store makes none"
    );

    world.count_afresh();
    let ran = world.sync().await.prints(&["1,000 created"]);
    world.assert_same_on_both_sides();
    let names: Vec<String> = world
        .vibe
        .model
        .lock()
        .projects()
        .into_iter()
        .map(|project| project.name)
        .collect();
    assert_eq!(names.len(), PROJECTS, "{names:?}");
    let (huly, vibe) = world.counts();
    let puts = match generation {
        // an old server takes no status when a task is made
        Generation::L1 => begun,
        Generation::L2 => 0,
    };
    let confirming = if puts > 0 { PROJECTS as u64 } else { 0 };
    assert_eq!(vibe.of("POST /api/tasks"), ISSUES as u64, "{vibe:#?}");
    assert_eq!(vibe.of("PUT /api/tasks/{task_id}"), puts, "{vibe:#?}");
    assert_eq!(vibe.of("POST /api/projects"), PROJECTS as u64, "{vibe:#?}");
    assert_eq!(
        vibe.by_route["GET /api/tasks"],
        PROJECTS as u64 + confirming,
        "{vibe:#?}"
    );
    assert_eq!(
        vibe.of("GET /api/tasks/{task_id}"),
        0,
        "what was just made is known: {vibe:#?}"
    );
    assert_eq!(
        vibe.writes,
        (ISSUES + PROJECTS) as u64 + puts,
        "{vibe:#?}\n{ran}"
    );
    assert_eq!(
        huly.of("GET /transactor/api/v1/blob"),
        described,
        "{huly:#?}"
    );
    assert_eq!((huly.writes, huly.of("collaborator")), (0, 0), "{huly:#?}");
    assert!(
        huly.of("find-all") < 2 * PROJECTS as u64 + 10,
        "pages of 500 issues: {huly:#?}"
    );

    quiet(&world).await;
    changed_status(&world).await;
    quiet(&world).await;
}

/// A run right after a run: three calls to Huly's transactor, one list a board and one of the boards, no write anywhere.
async fn quiet(world: &World) {
    let links = world.links().await;
    assert_eq!(links.len(), ISSUES);
    world.count_afresh();
    let ran = world.sync().await.prints(&["nothing to write"]);
    let (huly, vibe) = world.counts();
    assert_eq!((huly.writes, vibe.writes), (0, 0), "{ran}");
    assert_eq!(
        (huly.of("find-all"), huly.reads),
        (3, 3),
        "{huly:#?}\n{ran}"
    );
    assert_eq!(
        vibe.by_route["GET /api/tasks"], PROJECTS as u64,
        "{vibe:#?}\n{ran}"
    );
    // finding out what server this is asks for the projects once, and in the newer shape for the repositories
    let probing = match world.generation {
        Generation::L1 => 1,
        Generation::L2 => 2,
    };
    assert!(
        vibe.reads <= 1 + PROJECTS as u64 + probing,
        "{vibe:#?}\n{ran}"
    );
    assert_eq!(world.links().await, links, "the links table stays as it is");
}

/// A changed status costs one PUT and reads no description.
async fn changed_status(world: &World) {
    let issue = world.issue_named("Issue 7 of project 3");
    let (name, status) = match issue.status_name.as_str() {
        "Done" => ("InProgress", Status::InProgress),
        _ => ("Done", Status::Done),
    };
    world.move_issue(&issue.id, name);
    world.count_afresh();
    let ran = world.sync().await;
    assert_eq!(world.task_named(&issue.title).status, status);
    let (huly, vibe) = world.counts();
    assert_eq!(
        (huly.of("blob"), huly.of("collaborator"), huly.writes),
        (0, 0, 0),
        "{huly:#?}"
    );
    assert_eq!(vibe.writes, 1, "{vibe:#?}\n{ran}");
    assert_eq!(vibe.of("PUT /api/tasks/{task_id}"), 1, "{vibe:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_issues_in_ten_projects_arrive_at_the_older_shape_once_and_then_it_is_quiet() {
    first_sync_of_a_thousand(Generation::L1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_issues_in_ten_projects_arrive_at_the_newer_shape_once_and_then_it_is_quiet() {
    first_sync_of_a_thousand(Generation::L2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_become_issues_in_few_calls() {
    const TASKS: usize = 200;
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("harbor ", "harb");
        let statuses = [
            Status::Todo,
            Status::InProgress,
            Status::Done,
            Status::Cancelled,
        ];
        for at in 0..TASKS {
            let text = (at % 4 == 0).then_some("Some *text*.\n\n- a\n- b");
            world.task(
                board,
                &format!("Task {at}"),
                text,
                statuses[at % statuses.len()],
            );
        }
        world.count_afresh();
        let ran = world.sync().await.prints(&["200 created in Huly"]);
        world.assert_same_on_both_sides();
        assert!(world.issues().iter().all(|issue| issue.project == project));
        let (huly, vibe) = world.counts();
        assert_eq!(
            huly.of("createContent"),
            TASKS as u64 / 4,
            "{huly:#?}\n{ran}"
        );
        assert!(huly.of("/tx/{ws}") <= TASKS as u64 / 20, "{huly:#?}\n{ran}");
        assert_eq!(
            huly.writes,
            huly.of("createContent") + huly.of("/tx/{ws}"),
            "{huly:#?}"
        );
        assert!(huly.peak_writes <= 4, "{huly:#?}");
        assert_eq!(vibe.writes, 0, "{vibe:#?}");
        world.stays_quiet().await;
    }
}
