//! The figures: both sides, counted before anything is cut.

use sync_core::digest::{Digest, DigestItem, DigestOptions, Form, VibeState, blocks};
use sync_core::item::Priority;

use crate::harbour::{board, huly, item, link, vibe};

/// The metrics as a program reads them.
fn metrics(items: Vec<DigestItem>) -> serde_json::Value {
    let digest = Digest {
        board: board(),
        items,
        ..Digest::default()
    };
    let options = DigestOptions {
        form: Form::Json,
        ..DigestOptions::default()
    };
    serde_json::from_str(&blocks(&digest, &options)[2].value).unwrap()
}

fn task(number: u128, status: &str) -> DigestItem {
    let mut task = DigestItem::new(link(number), None, "a task");
    task.vibe = Some(vibe(status));
    task
}

fn issue(number: u32, status: &str) -> DigestItem {
    let mut issue = item(number, "an issue", status);
    issue.vibe = None;
    issue
}

#[test]
fn each_side_is_counted_by_what_it_shows_itself() {
    let metrics = metrics(vec![
        item(1, "both", "In Progress"),
        issue(2, "Done"),
        issue(3, "Backlog"),
        task(4, "inreview"),
        task(5, "cancelled"),
    ]);
    assert_eq!(metrics["huly"]["total_issues"], 3);
    assert_eq!(metrics["huly"]["wip_count"], 1);
    assert_eq!(metrics["huly"]["active_issues"], 2);
    assert_eq!(metrics["huly"]["completion_rate"], "33.3%");
    assert_eq!(metrics["vibe"]["total_tasks"], 3);
    assert_eq!(metrics["vibe"]["wip_count"], 2, "in progress and in review");
    assert_eq!(metrics["vibe"]["active_tasks"], 2);
    assert_eq!(metrics["vibe"]["cancelled_count"], 1);
    assert_eq!(metrics["vibe"]["completion_rate"], "0.0%");
    assert_eq!(metrics["sides"]["on_both"], 1);
    assert_eq!(metrics["sides"]["only_in_huly"], 2);
    assert_eq!(metrics["sides"]["only_in_vibe"], 2);
}

#[test]
fn a_share_has_one_decimal_and_is_rounded() {
    let rows = [
        (0, 0, "0.0%"),
        (1, 3, "33.3%"),
        (2, 3, "66.7%"),
        (1, 1, "100.0%"),
        (1, 2_000, "0.1%"),
    ];
    for (done, all, expected) in rows {
        let items = (0..all)
            .map(|number| issue(number, if number < done { "Done" } else { "Todo" }))
            .collect();
        assert_eq!(metrics(items)["huly"]["completion_rate"], expected);
    }
}

#[test]
fn every_status_of_the_board_is_counted_in_its_order_and_others_after_it() {
    let mut odd = issue(1, "Zebra");
    odd.huly = Some(huly("Zebra"));
    let metrics = metrics(vec![
        odd,
        issue(2, "Apple"),
        issue(3, "Todo"),
        task(4, "paused"),
    ]);
    let names = |key: &str| -> Vec<String> {
        let items = metrics[key]["items"].as_array().unwrap();
        let shown = items
            .iter()
            .map(|row| format!("{} {}", row["status"].as_str().unwrap(), row["count"]));
        shown.collect()
    };
    assert_eq!(
        names("huly_by_status"),
        [
            "Backlog 0",
            "Todo 1",
            "In Progress 0",
            "In Review 0",
            "Done 0",
            "Canceled 0",
            "Apple 1",
            "Zebra 1"
        ]
    );
    assert_eq!(
        names("vibe_by_status"),
        [
            "todo 0",
            "inprogress 0",
            "inreview 0",
            "done 0",
            "cancelled 0",
            "paused 1"
        ]
    );
}

#[test]
fn a_side_whose_status_is_not_known_is_counted_as_such() {
    let mut blank = item(1, "blank", "Todo");
    blank.huly = Some(sync_core::digest::HulyState::default());
    blank.vibe = Some(VibeState::default());
    let metrics = metrics(vec![blank]);
    assert_eq!(metrics["huly"]["total_issues"], 1);
    assert_eq!(metrics["vibe"]["total_tasks"], 1);
    assert_eq!(
        metrics["vibe_by_status"]["items"][5]["status"],
        "(not known)"
    );
    assert_eq!(
        metrics["sides"]["status_differs"], 0,
        "what is not known does not differ"
    );
}

#[test]
fn statuses_that_differ_are_counted_and_shown() {
    let mut moved = item(8, "moved", "In Review");
    moved.vibe = Some(vibe("done"));
    let metrics = metrics(vec![moved, item(9, "same", "In Review")]);
    assert_eq!(metrics["sides"]["status_differs"], 1);
    let row = &metrics["status_differs"]["items"][0];
    assert_eq!(row["id"], "HARB-8");
    assert_eq!(
        (&row["status"], &row["vibe_should"]),
        (&"In Review".into(), &"inreview".into())
    );
    assert_eq!(row["vibe"], "done");
}

#[test]
fn items_that_sleep_are_only_told_in_number() {
    let mut asleep = item(1, "asleep", "Todo");
    asleep.asleep = true;
    let metrics = metrics(vec![asleep, item(2, "awake", "Todo")]);
    assert_eq!(metrics["huly"]["total_issues"], 1);
    assert_eq!(metrics["sides"]["asleep"], 1);
}

#[test]
fn priorities_are_those_of_open_items() {
    let with = |number, status, priority| {
        let mut item = item(number, "x", status);
        item.priority = priority;
        item
    };
    let metrics = metrics(vec![
        with(1, "Todo", Priority::Urgent),
        with(2, "In Progress", Priority::Urgent),
        with(3, "Done", Priority::High),
        with(4, "Backlog", Priority::None),
    ]);
    let expected = serde_json::json!({ "urgent": 2, "high": 0, "medium": 0, "low": 0, "none": 1 });
    assert_eq!(metrics["open_by_priority"], expected);
}
