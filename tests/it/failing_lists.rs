//! A list that fails, is cut short or is a web page is never taken for a deletion, nor for an empty board.

use sim::{
    faults::{Effect, Failure, Rule},
    vibe::{Generation, Status},
};

use crate::world::{GENERATIONS, World};

const FIND_ALL: &str = "/transactor/api/v1/find-all/{ws}";

/// One kind of list that a run asks for.
#[derive(Clone, Copy, Debug)]
enum List {
    HulyProjects,
    HulyIssues,
    HulyRemovals,
    VibeProjects,
    VibeTasks,
}

/// Every way in which an answer is none.
fn failures() -> [Failure; 5] {
    let body = r#"{"success":false,"message":"broken"}"#;
    [
        Failure::Status {
            status: 500,
            body: body.into(),
        },
        Failure::Status {
            status: 503,
            body: String::new(),
        },
        Failure::Hang,
        Failure::Truncated,
        Failure::Html,
    ]
}

impl List {
    /// Makes it fail every time it is asked for, after the server did its work.
    fn fail(self, world: &World, failure: &Failure) {
        let effect = Effect::FailAfter {
            failure: failure.clone(),
        };
        let find = |class: &str| {
            Rule::on("POST", FIND_ALL, effect.clone()).body_contains(&format!("{class}\""))
        };
        let get = |route: &str| Rule::on("GET", route, effect.clone());
        match self {
            List::HulyProjects => world.huly.faults.add(find("tracker:class:Project")),
            List::HulyIssues => world.huly.faults.add(find("tracker:class:Issue")),
            List::HulyRemovals => world.huly.faults.add(find("core:class:TxRemoveDoc")),
            List::VibeProjects => world.vibe.faults.add(get("/api/projects")),
            List::VibeTasks => world.vibe.faults.add(get("/api/tasks")),
        }
    }
}

/// A run in which one list fails: nothing is made, nothing deleted, and the exit code tells.
async fn fails_harmlessly(world: &World, list: List, failure: &Failure) {
    let before = (world.issues(), world.tasks());
    list.fail(world, failure);
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await;
    let case = format!("{list:?} {failure:?} {:?}", world.generation);
    assert!(
        matches!(ran.code, Some(3 | 4)),
        "{case}: the exit code must tell: {ran}"
    );
    assert!(
        ran.err.contains("error:") || ran.err.contains("warning:"),
        "{case}: {ran}"
    );
    let (huly, vibe) = world.counts();
    assert_eq!(
        (huly.writes, vibe.writes),
        (0, 0),
        "{case}: {ran}\n{huly:#?}{vibe:#?}"
    );
    assert!(
        huly.reads + vibe.reads + vibe.sessions < 60,
        "{case}: a failing list is not asked for again and again: {huly:#?}{vibe:#?}"
    );
    assert_eq!((world.issues(), world.tasks()), before, "{case}: {ran}");
    world.huly.faults.clear();
    world.vibe.faults.clear();
}

/// A pair of projects of which nothing is linked yet.
async fn unlinked(generation: Generation) -> World {
    let mut world = World::new(generation).await;
    // how long hvs waits between two tries is the business of http-kit's own tests
    world.set("retry.base", "10 ms");
    world.set("huly.http.read_timeout", "150 ms");
    world.set("vibe.http.read_timeout", "150 ms");
    let project = world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    for at in 0..5 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Done");
        world.task(board, &format!("Task {at}"), None, Status::InProgress);
    }
    world
}

/// The same in agreement, and then on either side one item new, one deleted, one edited.
async fn with_work(generation: Generation) -> World {
    let mut world = unlinked(generation).await;
    world.set("delete.policy", "mirror");
    // fast reads are for the failing runs
    world.set("huly.http.read_timeout", "30 s");
    world.set("vibe.http.read_timeout", "30 s");
    world.sync().await;
    world.assert_same_on_both_sides();
    let issue = world.issue_named("Issue 0");
    world.issue(&issue.project, "New issue", "New text.", "Todo");
    world.task(world.tasks()[0].project_id, "New task", None, Status::Todo);
    world.delete_issue(&issue.id);
    world.delete_task(world.task_named("Task 1").id);
    world.retitle_issue(&world.issue_named("Issue 2").id, "Edited issue");
    world.retitle_task(world.task_named("Task 3").id, "Edited task");
    world.set("huly.http.read_timeout", "150 ms");
    world.set("vibe.http.read_timeout", "150 ms");
    world
}

/// The failures are over: the next run does all there is to do.
async fn everything_arrives(mut world: World, pairs: usize) {
    world.set("huly.http.read_timeout", "30 s");
    world.set("vibe.http.read_timeout", "30 s");
    world.sync().await;
    world.assert_same_on_both_sides();
    assert_eq!(world.issues().len(), pairs);
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_failing_list_of_a_first_sync_makes_nothing() {
    for generation in GENERATIONS {
        let world = unlinked(generation).await;
        for list in [
            List::HulyProjects,
            List::HulyIssues,
            List::VibeProjects,
            List::VibeTasks,
        ] {
            for failure in failures() {
                fails_harmlessly(&world, list, &failure).await;
            }
        }
        everything_arrives(world, 10).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_failing_list_of_a_later_run_makes_and_deletes_nothing() {
    for generation in GENERATIONS {
        let world = with_work(generation).await;
        for list in [
            List::HulyProjects,
            // issues changed since the last run: the same class, another query
            List::HulyIssues,
            List::HulyRemovals,
            List::VibeProjects,
            List::VibeTasks,
        ] {
            for failure in failures() {
                fails_harmlessly(&world, list, &failure).await;
            }
        }
        everything_arrives(world, 10).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_comes_back_empty_is_no_deletion() {
    for generation in GENERATIONS {
        for list in ["projects", "tasks", "issues"] {
            let mut world = unlinked(generation).await;
            world.set("huly.http.read_timeout", "30 s");
            world.set("vibe.http.read_timeout", "30 s");
            world.set("delete.policy", "mirror");
            world.sync().await;
            let before = (world.issues(), world.tasks());
            let none = Effect::CapPage { rows: 0 };
            match list {
                "projects" => world
                    .vibe
                    .faults
                    .add(Rule::on("GET", "/api/projects", none)),
                "tasks" => world.vibe.faults.add(Rule::on("GET", "/api/tasks", none)),
                _ => world.huly.faults.add(Rule::on("POST", FIND_ALL, none)),
            }
            world.count_afresh();
            let ran = world.hvs(&["sync", "once"]).await;
            assert_eq!(world.writes(), 0, "{list} {generation:?}: {ran}");
            assert_eq!(
                (world.issues(), world.tasks()),
                before,
                "{list} {generation:?}: {ran}"
            );
            world.vibe.faults.clear();
            world.huly.faults.clear();
            world.hvs(&["sync", "once"]).await;
            assert_eq!(world.writes(), 0, "{list} {generation:?}: {ran}");
            world.stays_quiet().await;
        }
    }
}
