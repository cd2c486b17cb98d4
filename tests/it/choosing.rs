//! What is synced: the filter, one item now, the direction of fields, empty projects and another map, as a user meets them.

use sim::vibe::{Generation, Status};

use crate::world::{GENERATIONS, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_the_recommended_configuration_syncs_all_on_a_fresh_store_and_closed_items_carry_their_status()
 {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let empty = world.huly_project("EMPT", "Empty");
        let full = world.huly_project("FULL", "Full");
        for status in ["Backlog", "Todo", "InProgress", "Done", "Canceled"] {
            world.issue(&full, status, "", status);
        }
        world.sync().await;
        assert_eq!(world.tasks().len(), 5);
        assert_eq!(world.vibe_project_named("Empty"), None);
        assert_eq!(world.task_named("Done").status, Status::Done);
        assert_eq!(world.task_named("Canceled").status, Status::Cancelled);
        world.stays_quiet().await;
        world.issue(&empty, "First", "", "Todo");
        world.sync().await;
        assert!(world.vibe_project_named("Empty").is_some());
        world.task_named("First");
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_leaves_the_filter_sleeps_and_wakes() {
    let mut world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "In", "", "Todo");
    world.issue(&project, "Out", "", "Done");
    world.set("filter.category", "todo, active");
    world.sync().await.prints(&["1 outside the filter"]);
    assert_eq!(world.tasks().len(), 1);
    let task = world.task_named("In").id;
    world.move_issue(&issue, "Done");
    world.sync().await;
    assert_eq!(world.task_view(task).status, Status::Done);
    world.stays_quiet().await;
    world.retitle_task(task, "Edited asleep");
    world.stays_quiet().await;
    world.move_issue(&issue, "Todo");
    world.sync().await;
    assert_eq!(world.issue_view(&issue).title, "Edited asleep");
    world.stays_quiet().await;
    world.set("filter.category", "");
    world.sync().await;
    assert_eq!(world.tasks().len(), 2);
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_choose_for_one_run_and_a_name_that_is_not_there_is_refused() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "A", "", "Todo");
    world.issue(&project, "B", "", "Done");
    world
        .hvs(&["plan", "--status", "Todo"])
        .await
        .exits(0)
        .prints(&["1 to create"]);
    world.count_afresh();
    let refused = world
        .hvs(&["sync", "once", "--status", "Tdo"])
        .await
        .exits(2);
    assert_eq!(world.writes(), 0, "{refused}");
    refused.tells(&["`filter.status` names `Tdo`", "`Todo`", "FILTER_NAME"]);
    let refused = world
        .hvs(&["sync", "once", "--priority", "hihg"])
        .await
        .exits(2);
    refused.tells(&["--priority", "did you mean `high`?"]);
    world
        .hvs(&["sync", "once", "--status", "Todo"])
        .await
        .exits(0);
    assert_eq!(world.tasks().len(), 1);
    world.sync().await;
    assert_eq!(world.tasks().len(), 2);
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_item_by_its_name() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let first = world.issue(&project, "First", "", "Todo");
        let other = world.issue(&project, "Other", "", "Todo");
        world.sync().await;
        world.retitle_issue(&first, "First, edited");
        world.retitle_issue(&other, "Other, edited");
        let name = world.issue_view(&first).identifier;
        world.hvs(&["sync", "once", &name]).await.exits(0);
        let task = world.task_named("First, edited").id;
        world.task_named("Other");
        world.retitle_task(task, "By Vibe");
        world
            .hvs(&["sync", "once", &task.to_string()])
            .await
            .exits(0);
        assert_eq!(world.issue_view(&first).title, "By Vibe");
        let refused = world.hvs(&["sync", "once", "HARB-999"]).await.exits(2);
        refused.tells(&["HARB-999", "ITEM_UNKNOWN"]);
        world.sync().await;
        world.task_named("Other, edited");
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_go_one_way_or_not_at_all() {
    for generation in GENERATIONS {
        let mut world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        world.set("fields.direction.title", "to-vibe");
        world.set(
            "project",
            "[{ huly = \"HARB\", fields = { description = \"off\" } }]",
        );
        let issue = world.issue(&project, "A", "A private text.", "Todo");
        world.sync().await;
        let task = world.task_named("A").id;
        assert_eq!(world.task_text(task), "");
        world.retitle_task(task, "Mine");
        world.stays_quiet().await;
        world.retitle_issue(&issue, "Ours");
        world.sync().await.prints(&["1 conflict kept"]);
        assert_eq!(world.task_view(task).title, "Ours");
        assert_eq!(world.conflicts().await.len(), 1);
        world.stays_quiet().await;
        let bytes = std::fs::read(world.path("hvs.db")).unwrap();
        let private = b"private text";
        assert!(!bytes.windows(private.len()).any(|window| window == private));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_map_of_statuses_is_shown_held_and_written_once() {
    let mut world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..8 {
        world.issue(&project, &format!("Boat {at}"), "", "Backlog");
    }
    world.sync().await;
    world.set("status.to_vibe", "{ Backlog = \"inreview\" }");
    world
        .hvs(&["plan"])
        .await
        .prints(&["(the mapping changed)"]);
    world.count_afresh();
    world.hvs(&["sync", "once"]).await.exits(6);
    assert_eq!(world.writes(), 0);
    let held = world.hvs(&["sync", "once", "--json"]).await.exits(6).json();
    let hash = held["projects"][0]["held"][0]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .hvs(&["sync", "once", "--accept", &hash])
        .await
        .exits(0);
    assert_eq!(world.task_named("Boat 3").status, Status::InReview);
    assert_eq!(world.counts().0.writes, 0, "Huly is not written");
    world.stays_quiet().await;
}
