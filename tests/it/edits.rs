//! What people change reaches the other side in one run; what both change is merged or kept.

use std::collections::BTreeMap;

use sim::vibe::{Generation, Status};
use store::row::ConflictRow;
use sync_core::item::Field;
use uuid::Uuid;

use crate::world::{GENERATIONS, World};

const THREE: &str = "First line.\n\nSecond line.\n\nThird line.";

/// Sixteen linked pairs in agreement, each with three paragraphs.
async fn pairs(generation: Generation) -> (World, Vec<(String, Uuid)>) {
    let world = World::new(generation).await;
    let project = world.huly_project("HARB", "Harbor");
    let issues: Vec<String> = (0..16)
        .map(|at| world.issue(&project, &format!("Boat {at}"), THREE, "Todo"))
        .collect();
    world.sync().await;
    let pairs = issues
        .into_iter()
        .enumerate()
        .map(|(at, issue)| (issue, world.task_named(&format!("Boat {at}")).id))
        .collect();
    (world, pairs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_each_field_on_either_side_arrives_in_one_run() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation).await;
        let issue = |at: usize| pairs[at].0.as_str();
        let task = |at: usize| pairs[at].1;
        world.retitle_issue(issue(0), "Ship from Huly ⛵");
        world.move_issue(issue(1), "InProgress");
        world.describe_issue(issue(2), "New *text* from Huly.\n\n1. one\n2. two");
        world.retitle_task(task(3), "Ship from Vibe ⛵");
        world.move_task(task(4), Status::Done);
        world.describe_task(task(5), "New **text** from Vibe.\n\n- [ ] open\n- [x] done");
        world.describe_issue(issue(6), "");
        world.describe_task(task(7), "");
        let ran = world.sync().await;
        assert_eq!(world.task_view(task(0)).title, "Ship from Huly ⛵");
        assert_eq!(world.task_view(task(1)).status, Status::InProgress);
        assert_eq!(
            world.task_text(task(2)),
            "New *text* from Huly.\n\n1. one\n2. two"
        );
        assert_eq!(world.issue_view(issue(3)).title, "Ship from Vibe ⛵");
        assert_eq!(world.issue_view(issue(4)).status_name, "Done");
        assert_eq!(
            world.issue_text(issue(5)),
            "New **text** from Vibe.\n\n- [ ] open\n- [x] done"
        );
        assert_eq!(
            (world.task_text(task(6)), world.issue_text(issue(7))),
            (String::new(), String::new()),
            "{ran}"
        );
        world.assert_same_on_both_sides();
        assert!(world.conflicts().await.is_empty(), "{ran}");
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_different_fields_of_one_item_on_both_sides_both_arrive() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation).await;
        let issue = |at: usize| pairs[at].0.as_str();
        let task = |at: usize| pairs[at].1;
        world.retitle_issue(issue(0), "Title by Huly");
        world.move_task(task(0), Status::InProgress);
        world.retitle_task(task(1), "Title by Vibe");
        world.describe_issue(issue(1), "Text by Huly.");
        world.move_issue(issue(2), "Done");
        world.describe_task(task(2), "Text by Vibe.");
        world.retitle_task(task(3), "All three");
        world.move_issue(issue(3), "InProgress");
        world.describe_issue(issue(3), "All three.");
        let ran = world.sync().await;
        let told = |at: usize| {
            let (issue, task) = (world.issue_view(issue(at)), world.task_view(task(at)));
            (issue.title, issue.status_name, task.title, task.status)
        };
        let text = |at: usize| (world.issue_text(issue(at)), world.task_text(task(at)));
        let row = |title: &str, name: &str, status| {
            (title.to_owned(), name.to_owned(), title.to_owned(), status)
        };
        let both = |text: &str| (text.to_owned(), text.to_owned());
        assert_eq!(
            told(0),
            row("Title by Huly", "In Progress", Status::InProgress),
            "{ran}"
        );
        assert_eq!(told(1), row("Title by Vibe", "Todo", Status::Todo), "{ran}");
        assert_eq!(text(1), both("Text by Huly."), "{ran}");
        assert_eq!(told(2), row("Boat 2", "Done", Status::Done), "{ran}");
        assert_eq!(text(2), both("Text by Vibe."), "{ran}");
        assert_eq!(
            told(3),
            row("All three", "In Progress", Status::InProgress),
            "{ran}"
        );
        assert_eq!(text(3), both("All three."), "{ran}");
        assert!(world.conflicts().await.is_empty(), "{ran}");
        world.stays_quiet().await;
    }
}

/// The conflict of each field, as the store keeps it.
fn by_field(rows: Vec<ConflictRow>) -> BTreeMap<Field, ConflictRow> {
    let count = rows.len();
    let by_field: BTreeMap<_, _> = rows.into_iter().map(|row| (row.field, row)).collect();
    assert_eq!(by_field.len(), count, "one conflict a field: {by_field:#?}");
    by_field
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_keeps_both_values_and_lets_the_rest_go_on() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation).await;
        let issue = |at: usize| pairs[at].0.as_str();
        let task = |at: usize| pairs[at].1;
        world.retitle_issue(issue(0), "Huly's title");
        world.retitle_task(task(0), "Vibe's title");
        world.move_issue(issue(1), "InProgress");
        world.move_task(task(1), Status::Done);
        world.describe_issue(issue(2), "Huly's line.\n\nSecond line.\n\nThird line.");
        world.describe_task(task(2), "Vibe's line.\n\nSecond line.\n\nThird line.");
        world.describe_issue(issue(3), "First line.\n\nSecond line.\n\nThird, by Huly.");
        world.describe_task(task(3), "First, by Vibe.\n\nSecond line.\n\nThird line.");
        world.retitle_issue(issue(4), "The same on both");
        world.retitle_task(task(4), "The same on both");
        let ran = world.sync().await.prints(&["3 conflicts kept"]);
        assert_eq!(world.task_view(task(0)).title, "Huly's title", "{ran}");
        assert_eq!(world.task_view(task(1)).status, Status::InProgress);
        assert_eq!(
            world.task_text(task(2)),
            "Huly's line.\n\nSecond line.\n\nThird line."
        );
        let merged = "First, by Vibe.\n\nSecond line.\n\nThird, by Huly.";
        assert_eq!(
            (world.issue_text(issue(3)), world.task_text(task(3))),
            (merged.to_owned(), merged.to_owned())
        );
        world.assert_same_on_both_sides();
        let kept = by_field(world.conflicts().await);
        assert_eq!(kept.len(), 3, "{kept:#?}");
        for (field, huly, vibe) in [
            (Field::Title, "Huly's title", "Vibe's title"),
            (Field::Status, "InProgress", "done"),
            (Field::Description, "Huly's line.", "Vibe's line."),
        ] {
            let values = &kept[&field].values;
            let (kept_huly, kept_vibe) =
                (format!("{:?}", values.huly), format!("{:?}", values.vibe));
            assert!(
                kept_huly.contains(huly) && kept_vibe.contains(vibe),
                "{field}: {kept:#?}"
            );
        }
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_a_field_says_whose_value_stands() {
    for (policy, huly, vibe, open) in [("vibe", "V", "V", 0), ("manual", "H", "V", 1)] {
        let (mut world, pairs) = pairs(Generation::L2).await;
        world.set("fields.title", policy);
        let (issue, task) = &pairs[0];
        world.retitle_issue(issue, "H");
        world.retitle_task(*task, "V");
        let ran = world.sync().await;
        assert_eq!(
            (
                world.issue_view(issue).title.as_str(),
                world.task_view(*task).title.as_str()
            ),
            (huly, vibe),
            "{policy}: {ran}"
        );
        let kept = by_field(world.conflicts().await);
        let values = format!("{:?}", kept[&Field::Title].values);
        assert!(
            values.contains("\"H\"") && values.contains("\"V\""),
            "{policy}: {values}"
        );
        assert_eq!(
            world.status().await["counts"]["open_conflicts"],
            open,
            "{policy}"
        );
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_edit_on_both_sides_is_no_conflict_and_no_write() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation).await;
        let (issue, task) = &pairs[0];
        world.retitle_issue(issue, "Same");
        world.retitle_task(*task, "Same");
        world.move_issue(issue, "Done");
        world.move_task(*task, Status::Done);
        world.describe_issue(issue, "Same text.");
        world.describe_task(*task, "Same text.");
        world.stays_quiet().await;
        assert!(world.conflicts().await.is_empty());
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_items_on_both_sides_get_one_counterpart_each() {
    for generation in GENERATIONS {
        let (world, pairs) = pairs(generation).await;
        let project = world.issue_view(&pairs[0].0).project;
        let board = world.task_view(pairs[0].1).project_id;
        world.issue(&project, "New in Huly", "", "Done");
        world.task(board, "New in Vibe", Some("Text."), Status::InProgress);
        world.sync().await;
        world.assert_same_on_both_sides();
        assert_eq!(world.issues().len(), 18);
        world.stays_quiet().await;
    }
}
