//! A person's choice for a pair of projects that waits (design 3.6, 3.7).

mod whole;

use ::store::{Store, row::ProjectPhase};
use engine::{
    Stop,
    projects::choose::{Choice, Chosen},
    report::{Exit, Report},
};
use sim::vibe::{Generation, Status};
use uuid::Uuid;

use crate::world::{GENERATIONS, LEASE, World, told};

/// One pair with three issues and three tasks of people's, and another one that must not notice anything.
async fn two(generation: Generation) -> (World, String, Uuid) {
    let world = World::new(generation);
    let huly = world.huly_project("HARB", "Harbor");
    let vibe = world.vibe_project("Harbor", "harb");
    for at in 0..3 {
        world.issue(&huly, &format!("Issue {at}"), "Text.", "Todo");
        world.task(vibe, &format!("Task {at}"), Some("Text."), Status::Todo);
    }
    let other = world.huly_project("SKY", "Sky");
    world.issue(&other, "Sky 0", "", "Todo");
    world.run_well().await;
    world.run_well().await;
    world.wait(LEASE).await;
    (world, huly, vibe)
}

async fn choose(
    world: &World,
    choice: Choice,
    accept: &[String],
    carry_out: bool,
) -> (Report, Chosen) {
    let engine = world.engine().await.unwrap();
    let stop = Stop::default();
    engine
        .choose("HARB", &choice, "a person", accept, carry_out, &stop)
        .await
}

async fn phase(world: &World) -> ProjectPhase {
    let rows = world.store.projects().await.unwrap();
    rows.iter().find(|row| &*row.label == "HARB").unwrap().phase
}

/// The Vibe project is deleted as a whole, and a run has noticed it.
async fn vibe_gone(generation: Generation) -> World {
    let (world, _, vibe) = two(generation).await;
    world.vibe.model.lock().delete_project(vibe).unwrap();
    world.run().await;
    assert_eq!(phase(&world).await, ProjectPhase::Waiting);
    world
}

#[tokio::test(start_paused = true)]
async fn recreate_makes_a_deleted_vibe_project_and_its_tasks_again() {
    for generation in GENERATIONS {
        let world = vibe_gone(generation).await;
        let (rows, writes) = (world.rows().await, world.writes());
        let (report, shown) = choose(&world, Choice::Recreate { into: None }, &[], false).await;
        assert_eq!(shown.changes, 6, "{}", told(&report));
        assert_eq!((world.rows().await, world.writes()), (rows, writes));
        let (report, _) = choose(&world, Choice::Recreate { into: None }, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (7, 7));
        world.vibe_project_named("Harbor");
        let deeds = world.store.deeds(None, 100).await.unwrap();
        let [deed] = &deeds[..] else {
            panic!("one choice: {deeds:?}");
        };
        assert_eq!((&*deed.kind, &*deed.who), ("choose", "a person"));
        assert_eq!(&*deed.item, "HARB");
        let effect = "recreate: the next sync makes 6 items again in Vibe; run ";
        assert!(deed.effect.starts_with(effect), "{}", deed.effect);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_waits_for_nothing_is_left_as_it_is_whatever_is_chosen() {
    for generation in GENERATIONS {
        let (world, _, _) = two(generation).await;
        let (rows, writes) = (world.rows().await, world.writes());
        for choice in [
            Choice::Relink,
            Choice::Recreate { into: None },
            Choice::Mirror,
            Choice::Unlink,
            Choice::Trust,
        ] {
            let (report, chosen) = choose(&world, choice, &[], true).await;
            assert_eq!(report.exit, Exit::Items, "{}", told(&report));
            assert!(
                told(&report).contains("CHOICE_REFUSED"),
                "{}",
                told(&report)
            );
            assert_eq!(chosen.project.as_deref(), Some("HARB"));
        }
        assert_eq!((world.rows().await, world.writes()), (rows, writes));
        assert_eq!(phase(&world).await, ProjectPhase::Active);
        assert!(world.store.deeds(None, 9).await.unwrap().is_empty());
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn recreate_makes_the_issues_of_a_deleted_huly_project_again_in_another_one() {
    for generation in GENERATIONS {
        let (world, huly, _) = two(generation).await;
        let deleted = world
            .huly
            .model
            .lock()
            .person_delete_project(&world.who, &huly);
        deleted.unwrap();
        world.run().await;
        let (report, _) = choose(&world, Choice::Recreate { into: None }, &[], true).await;
        assert_eq!(report.exit, Exit::Items, "people make Huly's projects");
        world.huly_project("NEW", "New harbor");
        let into = Some("new".to_owned());
        let (report, _) = choose(&world, Choice::Recreate { into }, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (7, 7));
        let again = world.issue_named("Issue 1");
        assert!(again.identifier.starts_with("NEW-"), "{again:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn mirror_deletes_the_other_side_only_as_the_guard_lets_it() {
    for generation in GENERATIONS {
        let world = vibe_gone(generation).await;
        let (held, _) = choose(&world, Choice::Mirror, &[], true).await;
        assert_eq!(held.exit, Exit::Guard, "{}", told(&held));
        assert_eq!(world.issues().len(), 7);
        let hash = held.projects[0].held[0].hash.clone();
        let (done, _) = choose(&world, Choice::Mirror, &[hash], true).await;
        assert_eq!(done.exit, Exit::Done, "{}", told(&done));
        assert_eq!(world.issues().len(), 1);
        assert_eq!(phase(&world).await, ProjectPhase::Left);
        world.assert_quiet().await;
        // All it held is kept.
        let kept = world.store.conflicts(false, 100).await.unwrap();
        assert_eq!(
            kept.iter().filter(|row| &*row.cause == "mirrored").count(),
            18
        );
    }
}

#[tokio::test(start_paused = true)]
async fn unlink_leaves_the_pair_alone_for_good() {
    for generation in GENERATIONS {
        let world = vibe_gone(generation).await;
        let (report, _) = choose(&world, Choice::Unlink, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        assert_eq!(phase(&world).await, ProjectPhase::Left);
        world.assert_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (7, 1));
        assert_eq!(world.vibe.model.lock().projects().len(), 1);
    }
}

/// Three issues go back to what they were before three edits that were synced: Huly was restored from a backup.
async fn huly_restored(generation: Generation) -> World {
    let (world, _, _) = two(generation).await;
    let copy = world.huly.model.lock().clone();
    world.wait(std::time::Duration::from_hours(3)).await;
    for at in 0..3 {
        let issue = world.issue_named(&format!("Issue {at}")).id;
        world.retitle_issue(&issue, &format!("Edited {at}"));
    }
    world.run_well().await;
    world.wait(std::time::Duration::from_hours(3)).await;
    *world.huly.model.lock() = copy;
    // The next full comparison sees it.
    world.wait(std::time::Duration::from_hours(25)).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_huly_restored_from_a_backup_is_no_news_until_a_person_says_so() {
    for generation in GENERATIONS {
        let world = huly_restored(generation).await;
        world.reset_counts();
        for _ in 0..2 {
            let report = world.run().await;
            assert_eq!(world.writes(), 0, "{}", told(&report));
        }
        assert_eq!(phase(&world).await, ProjectPhase::Waiting);
        world.task_named("Edited 1");
        let (report, _) = choose(&world, Choice::Trust, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.settle().await;
        world.task_named("Issue 1");
        let kept = format!("{:?}", world.store.conflicts(false, 100).await.unwrap());
        assert!(kept.contains("Edited 1"), "{kept}");
    }
}

/// The three newest tasks are gone together.
async fn vibe_restored(generation: Generation) -> World {
    let (world, huly, _) = two(generation).await;
    for at in 0..3 {
        world.issue(&huly, &format!("New {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    for at in 0..3 {
        world.delete_task(world.task_named(&format!("New {at}")).id);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn the_newest_tasks_missing_together_are_a_restored_vibe() {
    for generation in GENERATIONS {
        let world = vibe_restored(generation).await;
        world.reset_counts();
        for _ in 0..2 {
            let report = world.run().await;
            assert_eq!(world.writes(), 0, "{}", told(&report));
        }
        assert_eq!(phase(&world).await, ProjectPhase::Waiting);
        let (report, chosen) = choose(&world, Choice::Recreate { into: None }, &[], true).await;
        assert_eq!(
            (report.exit, chosen.changes),
            (Exit::Done, 3),
            "{}",
            told(&report)
        );
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn trust_takes_the_missing_tasks_for_deleted() {
    for generation in GENERATIONS {
        let world = vibe_restored(generation).await;
        world.run().await;
        choose(&world, Choice::Trust, &[], true).await;
        let report = world.run().await;
        // Three of nine links: the guard asks.
        let held: Vec<_> = report.projects.iter().flat_map(|one| &one.held).collect();
        if !held.is_empty() {
            let accept = held.iter().map(|held| held.hash.clone()).collect();
            world.attempt(engine::Mode::Sync { accept }).await.unwrap();
        }
        assert_eq!(world.issue_named("New 1").status_name, "Canceled");
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn relink_goes_on_where_a_project_was_brought_back() {
    for generation in GENERATIONS {
        let (world, _, vibe) = two(generation).await;
        let copy = world.vibe.model.lock().clone();
        world.vibe.model.lock().delete_project(vibe).unwrap();
        world.run().await;
        let (report, _) = choose(&world, Choice::Relink, &[], true).await;
        assert_eq!(report.exit, Exit::Items, "it is still gone");
        *world.vibe.model.lock() = copy;
        let (report, _) = choose(&world, Choice::Relink, &[], true).await;
        assert_eq!(report.exit, Exit::Done, "{}", told(&report));
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (7, 7));
    }
}
