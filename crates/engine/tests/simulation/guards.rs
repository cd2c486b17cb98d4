//! Guards, the lease, deadlines, tokens: what keeps a run from doing too much, or at the wrong time.

use engine::{Mode, Stop, report::Exit};
use sim::vibe::{Generation, Status, TaskUpdate};
use sync_core::guard::Class;

use crate::world::{GENERATIONS, LEASE, World, sync, told};
use ::store::Store;

/// Twenty pairs in agreement.
async fn twenty(generation: Generation) -> (World, String) {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..20 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    world.run_well().await;
    (world, project)
}

#[tokio::test(start_paused = true)]
async fn row_20_many_deletions_at_once_are_held_until_they_are_accepted() {
    for generation in GENERATIONS {
        let (world, _) = twenty(generation).await;
        for at in 0..8 {
            world.delete_task(world.task_named(&format!("Issue {at}")).id);
        }
        let kept = world.issue_named("Issue 15").id;
        world.retitle_issue(&kept, "Goes on");
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Guard, "{}", told(&report));
        assert!(
            world
                .issues()
                .iter()
                .all(|issue| issue.status_name == "Todo")
        );
        world.task_named("Goes on");
        let held = &report.projects[0].held;
        assert_eq!(
            (held.len(), held[0].class, held[0].count),
            (1, Class::Removals, 8),
            "{}",
            told(&report)
        );
        // Nothing is forgotten, and nothing is done by itself.
        let again = world.run().await;
        assert_eq!(
            (again.exit, again.projects[0].held[0].hash.as_str()),
            (Exit::Guard, held[0].hash.as_str())
        );
        let accept = Mode::Sync {
            accept: vec![held[0].hash.clone()],
        };
        let report = world.attempt(accept).await.unwrap();
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        assert_eq!(
            world
                .issues()
                .iter()
                .filter(|issue| issue.status_name == "Canceled")
                .count(),
            8
        );
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_new_items_after_the_first_sync_are_held() {
    let (world, project) = twenty(Generation::L2).await;
    for at in 0..60 {
        world.issue(&project, &format!("Flood {at}"), "", "Todo");
    }
    let report = world.run().await;
    assert_eq!(
        (report.exit, world.tasks().len()),
        (Exit::Guard, 20),
        "{}",
        told(&report)
    );
    let hash = report.projects[0].held[0].hash.clone();
    let report = world
        .attempt(Mode::Sync { accept: vec![hash] })
        .await
        .unwrap();
    assert_eq!(
        (report.exit, world.tasks().len()),
        (Exit::Done, 80),
        "{}",
        told(&report)
    );
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn row_18_a_rewrite_of_most_descriptions_is_held() {
    let (world, _) = twenty(Generation::L2).await;
    for issue in world.issues() {
        world.describe_issue(&issue.id, "Rewritten by a script.");
    }
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Guard, "{}", told(&report));
    assert!(
        world
            .tasks()
            .iter()
            .all(|task| world.task_text(task.id) == "Text.")
    );
    let hash = report.projects[0].held[0].hash.clone();
    let report = world
        .attempt(Mode::Sync { accept: vec![hash] })
        .await
        .unwrap();
    assert_eq!(report.exit, Exit::Done, "{}", told(&report));
    world.assert_converged().await;
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_hash_that_was_accepted_covers_only_what_it_showed() {
    let (world, _) = twenty(Generation::L2).await;
    for at in 0..8 {
        world.delete_task(world.task_named(&format!("Issue {at}")).id);
    }
    let report = world.run().await;
    let hash = report.projects[0].held[0].hash.clone();
    world.delete_task(world.task_named("Issue 8").id);
    let report = world
        .attempt(Mode::Sync { accept: vec![hash] })
        .await
        .unwrap();
    assert_eq!(report.exit, Exit::Guard, "{}", told(&report));
    assert!(
        world
            .issues()
            .iter()
            .all(|issue| issue.status_name == "Todo")
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_anywhere() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        world.issue(&project, "A", "Text.", "Done");
        world.task(tasks, "B", None, Status::Todo);
        let report = world.attempt(Mode::Plan).await.unwrap();
        assert_eq!(
            (world.writes(), report.exit),
            (0, Exit::Done),
            "{}",
            told(&report)
        );
        assert_eq!(report.projects[0].plans.len(), 2, "{}", told(&report));
        assert!(world.store.projects().await.unwrap().is_empty());
        assert!(world.store.runs(10).await.unwrap().is_empty());
        world.run_well().await;
        world.assert_converged().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_run_on_one_store_is_told_who_holds_the_lease() {
    let (world, project) = twenty(Generation::L2).await;
    world.issue(&project, "New", "", "Todo");
    let (first, second) = (world.engine().await.unwrap(), world.engine().await.unwrap());
    let stop = Stop::default();
    let (first, second) = tokio::join!(first.run(sync(), &stop), second.run(sync(), &stop));
    let mut exits = [first.exit, second.exit];
    exits.sort_by_key(|exit| exit.code());
    assert_eq!(exits, [Exit::Done, Exit::Lease]);
    let refused = if first.exit == Exit::Lease {
        first
    } else {
        second
    };
    assert!(refused.lease_held_by.is_some());
    assert_eq!(world.tasks().len(), 21);
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_never_released_ends_by_itself() {
    let (world, project) = twenty(Generation::L2).await;
    world.issue(&project, "New", "", "Todo");
    // Killed at its first write into Vibe.
    world.reset_counts();
    let engine = world.engine().await.unwrap();
    let stop = Stop::default();
    tokio::select! {
        biased;
        () = async { while world.writes() == 0 { tokio::task::yield_now().await } } => {}
        _ = engine.run(sync(), &stop) => panic!("it was to be killed"),
    }
    drop(engine);
    assert_eq!(world.run().await.exit, Exit::Lease);
    world.wait(LEASE).await;
    world.settle().await;
    assert_eq!(world.tasks().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_the_middle_costs_one_login() {
    for generation in GENERATIONS {
        let (world, project) = twenty(generation).await;
        world.issue(&project, "New", "Text.", "Todo");
        let engine = world.engine().await.unwrap();
        world.reset_counts();
        world.huly.model.lock().expire_tokens();
        let report = engine.run(sync(), &Stop::default()).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        assert_eq!(
            world.counts().huly.of("login"),
            1,
            "{:?}",
            world.counts().huly.by_route
        );
        world.assert_converged().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_at_its_deadline_and_the_next_one_goes_on() {
    let mut world = World::new(Generation::L2);
    for at in 0..8 {
        let project = world.huly_project(&format!("P{at}"), &format!("Project {at}"));
        world.issue(&project, &format!("Issue {at}"), "", "Todo");
    }
    world.settings.workers = 1;
    world.settings.run_deadline = Some(std::time::Duration::from_secs(20));
    let slow = sim::faults::Effect::Latency {
        ms: 3_000,
        jitter_ms: 0,
    };
    world
        .vibe
        .faults
        .add(sim::faults::Rule::on("*", "/api/tasks", slow));
    let report = world.run().await;
    assert_eq!(report.exit, Exit::Items, "{}", told(&report));
    assert!(
        report.reached(engine::report::Reached::NotReached) > 0,
        "{}",
        told(&report)
    );
    let made = world.tasks().len();
    assert!(made < 8);
    let report = world.run().await;
    assert!(world.tasks().len() > made, "{}", told(&report));
    world.vibe.faults.clear();
    world.settle().await;
    assert_eq!(world.tasks().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_oversized_description_costs_no_call_and_holds_nothing_else() {
    for generation in GENERATIONS {
        let (world, project) = twenty(generation).await;
        let issue = world.issue(&project, "Big", &"x ".repeat(1_500_000), "Todo");
        let small = world.issue(&project, "Small", "Text.", "Todo");
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Items, "{}", told(&report));
        world.task_named("Small");
        // The rest of the item is made all the same; its text waits and is not taken for a deleted one.
        assert_eq!(world.vibe.calls.snapshot().of("POST /api/tasks"), 22);
        assert!(world.task_text(world.task_named("Big").id).is_empty());
        let letters = world.store.dead_letters(None, 10).await.unwrap();
        assert_eq!(letters.len(), 1, "{letters:?}");
        world.reset_counts();
        world.run().await;
        assert_eq!(world.writes(), 0);
        assert!(world.issue_text(&issue).len() > 2_000_000);
        world.describe_issue(&issue, "Small again.");
        world.retitle_issue(&small, "Small, too");
        world.settle().await;
        assert_eq!(world.task_text(world.task_named("Big").id), "Small again.");
        assert!(world.store.dead_letters(None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_that_a_racing_write_undid_is_sent_again() {
    for generation in GENERATIONS {
        let (world, _) = twenty(generation).await;
        let issue = world.issue_named("Issue 3").id;
        let task = world.task_named("Issue 3").id;
        world.retitle_issue(&issue, "Ours");
        world.vibe.model.lock().put_race_ms = Some(50);
        let run = world.run();
        let racer = async {
            // The person's PUT reads before ours and writes after it.
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                if world.vibe.calls.snapshot().of("PUT /api/tasks/{task_id}") > 0 {
                    break;
                }
            }
            let row = {
                let vibe = world.vibe.model.lock();
                let read = vibe.task(task).unwrap().clone();
                vibe.merge_task(
                    &read,
                    TaskUpdate {
                        status: Some(Status::InProgress),
                        ..TaskUpdate::default()
                    },
                )
                .unwrap()
            };
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            world.vibe.model.lock().write_task(&row).unwrap();
        };
        let (_, ()) = tokio::join!(run, racer);
        world.vibe.model.lock().put_race_ms = None;
        world.settle().await;
        assert_eq!(world.task_view(task).title, "Ours", "{generation:?}");
        assert_eq!(world.issue_view(&issue).status_name, "In Progress");
    }
}
