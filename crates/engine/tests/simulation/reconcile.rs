//! Everything is looked through, shown, and mended on a person's word (design 4.3).

use ::store::Store;
use engine::{
    Stop,
    env::Env,
    reconcile::finding::{Class, Fate, Finding, judge},
    report::{Exit, Report},
};
use sim::vibe::{Generation, Status};
use uuid::Uuid;

use crate::world::{GENERATIONS, LEASE, SimStore, World, told};

const HOUR_MS: i64 = 3_600_000;

async fn survey(world: &World) -> (Report, Vec<Finding>) {
    world.engine().await.unwrap().survey(&Stop::default()).await
}

async fn repair(world: &World, accept: &[String]) -> Report {
    let engine = world.engine().await.unwrap();
    engine.repair(accept.to_vec(), &Stop::default()).await
}

fn of(findings: &[Finding], class: Class) -> Vec<&Finding> {
    findings
        .iter()
        .filter(|finding| finding.class == class)
        .collect()
}

/// Three issues as the predecessor left them: one task each, and so many more of the first one.
fn seeded(generation: Generation, more: usize) -> (World, Uuid) {
    let world = World::new(generation);
    let project = world.huly_project("HARB", "Harbor");
    let tasks = world.vibe_project("Harbor", "harb");
    for at in 1..=3 {
        let title = format!("Issue {at}");
        world.issue(&project, &title, "Text.", "Todo");
        let text = format!("Text.\n\n---\nHuly Issue: HARB-{at}");
        world.task(tasks, &title, Some(&text), Status::Todo);
    }
    let text = "Text.\n\n---\nHuly Issue: HARB-1";
    for _ in 0..more {
        world.task(tasks, "Issue 1", Some(text), Status::Todo);
    }
    (world, tasks)
}

#[tokio::test(start_paused = true)]
async fn row_01_duplicates_go_on_a_persons_word_and_stay_away() {
    for generation in GENERATIONS {
        let (world, _) = seeded(generation, 12);
        let oldest = world
            .tasks()
            .into_iter()
            .find(|task| task.title == "Issue 1")
            .unwrap()
            .id;
        world.run().await;
        let writes = world.writes();
        let (report, found) = survey(&world).await;
        let duplicates = of(&found, Class::Duplicate);
        assert_eq!(duplicates.len(), 12, "{found:#?}\n{}", told(&report));
        assert!(duplicates.iter().all(|one| one.fate == Fate::Mendable));
        assert_eq!(world.writes(), writes, "a look writes nothing");

        // So many at once are held back until a person accepts exactly them.
        let held = repair(&world, &[]).await;
        assert_eq!(held.exit, Exit::Guard, "{}", told(&held));
        assert_eq!(world.tasks().len(), 15);
        let hash = held.projects[0].held[0].hash.clone();
        let done = repair(&world, &[hash]).await;
        assert_eq!(done.exit, Exit::Done, "{}", told(&done));
        assert_eq!((world.issues().len(), world.tasks().len()), (3, 3));
        assert_eq!(
            world.task_named("Issue 1").id,
            oldest,
            "the older, linked one"
        );
        let (_, after) = survey(&world).await;
        assert!(
            judge(&found, &after)
                .iter()
                .all(|one| one.fate == Fate::Done)
        );
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (3, 3));
        // What went is kept whole.
        let kept = world.store.conflicts(false, 1_000).await.unwrap();
        assert_eq!(kept.iter().filter(|row| &*row.cause == "twin").count(), 36);
    }
}

#[tokio::test(start_paused = true)]
async fn row_01_a_duplicate_that_a_person_touched_is_told_and_stays() {
    for generation in GENERATIONS {
        let (world, _) = seeded(generation, 3);
        world.run().await;
        let twins: Vec<Uuid> = world
            .tasks()
            .into_iter()
            .filter(|task| task.title == "Issue 1")
            .map(|task| task.id)
            .collect();
        let linked: Vec<String> = world
            .links()
            .await
            .iter()
            .filter_map(|link| Some(link.items.vibe.as_ref()?.to_string()))
            .collect();
        let unlinked: Vec<Uuid> = twins
            .into_iter()
            .filter(|id| !linked.contains(&id.to_string()))
            .collect();
        assert_eq!(unlinked.len(), 3);
        world.describe_task(unlinked[0], "A person's words.\n\n---\nHuly Issue: HARB-1");
        world.move_task(unlinked[1], Status::Done);
        let (_, found) = survey(&world).await;
        let left: Vec<_> = of(&found, Class::Duplicate)
            .into_iter()
            .filter(|one| matches!(one.fate, Fate::Left(_)))
            .collect();
        assert_eq!(left.len(), 2, "{found:#?}");
        let done = repair(&world, &[]).await;
        assert_ne!(done.exit, Exit::Guard, "{}", told(&done));
        assert_eq!((world.issues().len(), world.tasks().len()), (3, 5));
        world.run().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (3, 5));
        let (_, after) = survey(&world).await;
        let judged = judge(&found, &after);
        let done = judged.iter().filter(|one| one.fate == Fate::Done).count();
        assert_eq!((judged.len(), done), (3, 1), "{judged:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_store_is_taken_over_by_a_repair_without_one_duplicate() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let tasks = world.vibe_project("Harbor", "harb");
        for at in 0..6 {
            world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
            world.task(tasks, &format!("Task {at}"), Some("Text."), Status::Todo);
        }
        world.run_well().await;
        world.wait(LEASE).await;
        world.store = SimStore::new(77, world.env.now()).unwrap();
        world.retitle_task(world.task_named("Issue 1").id, "Renamed meanwhile");
        world.run().await;
        let (_, found) = survey(&world).await;
        let store = of(&found, Class::Store);
        assert_eq!(store.len(), 1, "{found:#?}");
        assert_eq!(&*store[0].item, "6 tasks");
        let done = repair(&world, &[]).await;
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (12, 12),
            "{}",
            told(&done)
        );
        let (_, after) = survey(&world).await;
        assert!(after.is_empty(), "{after:#?}");
        world.settle().await;
        assert_eq!(world.task_named("Issue 1").title, "Issue 1");
        let kept = format!("{:?}", world.store.conflicts(false, 100).await.unwrap());
        assert!(kept.contains("Renamed meanwhile"), "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_no_run_saw_is_drift_and_mended() {
    for generation in GENERATIONS {
        let (world, _) = seeded(generation, 0);
        world.run_well().await;
        world.wait(LEASE).await;
        let issue = world.issue_named("Issue 2").id;
        // another of Huly's servers takes the edit, and its clock is an hour behind
        world.set_huly_clock(-HOUR_MS);
        world.retitle_issue(&issue, "Behind the watermark");
        world.set_huly_clock(HOUR_MS);
        world.run_well().await;
        assert_eq!(world.task_named("Issue 2").title, "Issue 2");
        let (_, found) = survey(&world).await;
        let drift = of(&found, Class::Drift);
        assert_eq!(drift.len(), 1, "{found:#?}");
        assert_eq!(&*drift[0].item, "HARB-2 Behind the watermark");
        assert_eq!(repair(&world, &[]).await.exit, Exit::Done);
        assert_eq!(world.tasks().len(), 3);
        world.task_named("Behind the watermark");
        let (_, after) = survey(&world).await;
        assert!(after.is_empty(), "{after:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_whose_item_is_gone_is_found_and_mended() {
    for generation in GENERATIONS {
        let (world, _) = seeded(generation, 0);
        world.run_well().await;
        world.delete_task(world.task_named("Issue 3").id);
        let (_, found) = survey(&world).await;
        assert_eq!(of(&found, Class::Gone).len(), 1, "{found:#?}");
        repair(&world, &[]).await;
        assert_eq!(world.issue_named("Issue 3").status_name, "Canceled");
        let (_, after) = survey(&world).await;
        assert!(after.is_empty(), "{after:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_store_of_hundreds_of_links_is_rebuilt_by_reading_alone() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..300 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    world.run_well().await;
    world.wait(LEASE).await;
    world.store = SimStore::new(77, world.env.now()).unwrap();
    world.reset_counts();
    let done = repair(&world, &[]).await;
    assert_eq!(world.links().await.len(), 300, "{}", told(&done));
    // Both lists, what a run asks anyway, and each description once.
    let counts = world.counts();
    assert_eq!(counts.huly.writes + counts.vibe.writes, 0);
    let asked = counts.huly.by_route.values().sum::<u64>();
    assert!(asked <= 300 + 40, "{:?}", counts.huly.by_route);
    world.assert_quiet().await;
}
