//! `hvs reconcile`: what is not as it should be is shown, mended on a person's word, and stays mended.

use serde_json::Value;
use sim::vibe::{Generation, Status};

use crate::world::{GENERATIONS, World};

/// Four issues as the predecessor left them: a task each, and nine more of the first one, one of which a person took up.
async fn seeded(generation: Generation) -> World {
    let world = World::new(generation).await;
    let project = world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    for at in 1..=4 {
        let title = format!("Boat {at}");
        world.issue(&project, &title, "Text.", "Todo");
        let text = format!("Text.\n\n---\nHuly Issue: HARB-{at}");
        world.task(board, &title, Some(&text), Status::Todo);
    }
    let text = "Text.\n\n---\nHuly Issue: HARB-1";
    for _ in 0..8 {
        world.task(board, "Boat 1", Some(text), Status::Todo);
    }
    let text = "Somebody's own words.\n\n---\nHuly Issue: HARB-1";
    world.task(board, "Boat 1", Some(text), Status::InProgress);
    world
}

fn found(document: &Value, key: &str) -> Vec<(String, String)> {
    let rows = document[key].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let fate = row["fate"]["is"].as_str().unwrap();
            (row["class"].as_str().unwrap().to_owned(), fate.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_seeded_duplicates_are_shown_removed_and_stay_away() {
    for generation in GENERATIONS {
        let world = seeded(generation).await;
        world.hvs(&["sync", "once"]).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 13));
        let linked = world.links().await;

        // Shown, and nothing is written.
        world.count_afresh();
        let shown = world.hvs(&["reconcile", "--full"]).await.exits(6);
        assert_eq!(world.writes(), 0, "{shown}");
        assert_eq!(shown.out.matches("--repair mends it").count(), 8, "{shown}");
        assert!(
            shown
                .out
                .contains("found: 9 duplicate; 8 to be mended, 1 left"),
            "{shown}"
        );

        shown.tells(&["if they are right: hvs reconcile --repair --accept"]);
        // A set of this size is held back until a person names it.
        let held = world
            .hvs(&["reconcile", "--repair", "--json"])
            .await
            .exits(6);
        assert_eq!(world.tasks().len(), 13);
        let hash = held.json()["projects"][0]["held"][0]["hash"]
            .as_str()
            .unwrap()
            .to_owned();
        let done = world
            .hvs(&["reconcile", "--repair", "--accept", &hash])
            .await
            .exits(3);
        let (before, after) = done
            .out
            .split_once("found: 9 duplicate; 8 to be mended, 1 left")
            .unwrap();
        assert_eq!(
            before.matches("to be mended now").count(),
            8,
            "shown before it is done: {done}"
        );
        assert!(
            after.contains("found: 9 duplicate; 8 done, 1 left"),
            "{done}"
        );

        // The older, linked ones and the one that somebody took up stand; the others stay away.
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 5));
        assert_eq!(world.links().await.len(), linked.len());
        world.hvs(&["sync", "once"]).await;
        world.hvs(&["sync", "once"]).await;
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 5));
        let again = world
            .hvs(&["reconcile", "--full", "--json"])
            .await
            .exits(3)
            .json();
        assert_eq!(
            found(&again, "found"),
            [("duplicate".to_owned(), "left".to_owned())]
        );
        let history = format!("{:?}", world.conflicts().await);
        assert_eq!(
            history.matches("\"twin\"").count(),
            24,
            "kept whole: title, text, status"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_deleted_is_rebuilt_without_one_duplicate() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        for at in 1..=20 {
            world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
            world.task(board, &format!("Oar {at}"), Some("Text."), Status::Todo);
        }
        world.sync().await;
        let links = world.links().await;
        for file in ["hvs.db", "hvs.db-wal", "hvs.db-shm"] {
            if world.path(file).exists() {
                std::fs::remove_file(world.path(file)).unwrap();
            }
        }
        // Without a word nothing is made, and the way out is named.
        world.count_afresh();
        let told = world.hvs(&["sync", "once"]).await;
        assert!(told.err.contains("hvs reconcile --full --repair"), "{told}");
        assert_eq!((world.issues().len(), world.tasks().len()), (40, 40));
        let done = world
            .hvs(&["reconcile", "--full", "--repair"])
            .await
            .exits(0);
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (40, 40),
            "{done}"
        );
        // The very same links, by their derived ids.
        let ids = |links: &std::collections::BTreeMap<String, u64>| {
            links.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(ids(&world.links().await), ids(&links));
        world.stays_quiet().await;
        let shown = world.hvs(&["reconcile", "--full"]).await.exits(0);
        assert!(shown.out.contains("found: nothing"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_from_a_day_ago_is_noticed_and_told() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        for at in 1..=10 {
            world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
            world.task(board, &format!("Oar {at}"), Some("Text."), Status::Todo);
        }
        world.sync().await;
        std::fs::copy(world.path("hvs.db"), world.path("old.db")).unwrap();
        world.issue(&project, "New boat", "Text.", "Todo");
        world.task(board, "New oar", Some("Text."), Status::Todo);
        world.retitle_task(world.task_named("Boat 3").id, "Boat of that day");
        world.sync().await;
        std::fs::copy(world.path("old.db"), world.path("hvs.db")).unwrap();
        let told = world.hvs(&["sync", "once"]).await.exits(3);
        assert!(told.err.contains("STORE_ROLLED_BACK"), "{told}");
        world.sync().await;
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (22, 22));
        assert_eq!(
            world.issue_named("Boat of that day").title,
            "Boat of that day"
        );
        world.hvs(&["reconcile", "--full"]).await.exits(0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_was_deleted_waits_for_a_choice_that_is_shown_and_made() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        let other = world.huly_project("ISLE", "Island");
        world.issue(&other, "Palm", "Text.", "Todo");
        for at in 1..=3 {
            world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
        }
        world.sync().await;
        world.vibe.model.lock().delete_project(board).unwrap();
        let told = world.hvs(&["sync", "once"]).await.exits(3);
        let text = format!("{}{}", told.out, told.err);
        assert!(text.contains("hvs project list"), "{told}");
        let list = world.hvs(&["project", "list"]).await.exits(0);
        assert!(list.out.contains("waits for you"), "{list}");
        assert!(list.out.contains("--recreate"), "{list}");

        let choose = ["project", "choose", "HARB", "--recreate"];
        let shown = world
            .hvs(&[&choose[..], &["--dry-run"]].concat())
            .await
            .exits(0);
        assert!(shown.out.contains("would recreate"), "{shown}");
        world.hvs(&["sync", "once"]).await.exits(3);
        world.hvs(&choose).await.exits(0);
        world.sync().await;
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 4));
        world
            .hvs(&["project", "choose", "NONE", "--relink"])
            .await
            .exits(2);
        world.hvs(&["project", "choose", "HARB"]).await.exits(2);
    }
}
