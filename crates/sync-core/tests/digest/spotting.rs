//! What needs attention, and in which order it is told; and the backlog.

use sync_core::{
    digest::{Digest, DigestItem, DigestOptions, Exclude, Form, Limits, blocks},
    item::Priority,
};

use crate::harbour::{board, days_ago, huly, item, vibe};

/// A block of these items as a program reads it, with nothing excluded.
fn block(at: usize, items: Vec<DigestItem>) -> serde_json::Value {
    let digest = Digest {
        board: board(),
        items,
        ..Digest::default()
    };
    let options = DigestOptions {
        form: Form::Json,
        limits: Limits::all(50_000),
        entries: 100,
        exclude: Exclude::nothing(),
    };
    serde_json::from_str(&blocks(&digest, &options)[at].value).unwrap()
}

fn hotspots(items: Vec<DigestItem>) -> serde_json::Value {
    block(3, items)
}

fn ids(list: &serde_json::Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

#[test]
fn blocked_is_what_says_so_in_title_label_or_description() {
    let mut labelled = item(2, "Crane", "Todo");
    labelled.labels = ["state: Stuck".into()].into();
    let mut described = item(3, "Mast", "In Progress");
    described.description = Some("First line.\nWe are WAITING ON the yard.\nLast line.".into());
    let spots = hotspots(vec![
        item(1, "Dock is blocked", "Backlog"),
        labelled,
        described,
    ]);
    let blocked = &spots["blocked_items"];
    assert_eq!(ids(blocked), ["HARB-1", "HARB-2", "HARB-3"]);
    let found: Vec<(&str, &str)> = blocked["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["word"].as_str().unwrap(),
                item["where"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("blocked", "title"),
            ("stuck", "label"),
            ("waiting on", "description")
        ]
    );
    assert_eq!(blocked["items"][2]["says"], "We are WAITING ON the yard.");
}

#[test]
fn what_is_done_or_cancelled_or_unblocked_is_not_blocked() {
    let mut task = item(4, "Blocked task", "Done");
    task.huly = None;
    task.vibe = Some(vibe("cancelled"));
    let spots = hotspots(vec![
        item(1, "blocked", "Done"),
        item(2, "blocked", "Canceled"),
        item(3, "unblocked the drain", "Todo"),
        task,
    ]);
    assert_eq!(spots["blocked_items"]["total"], 0);
    assert_eq!(spots["summary"]["blocked"], 0);
}

#[test]
fn work_is_told_by_the_day_on_which_it_began_longest_first() {
    let since = |number, status, day: Option<i64>| {
        let mut item = item(number, "x", status);
        item.in_status_since = day.map(days_ago);
        item
    };
    let spots = hotspots(vec![
        since(1, "In Progress", None),
        since(2, "In Review", Some(3)),
        since(3, "In Progress", Some(30)),
        since(4, "In Review", Some(30)),
        since(5, "Todo", Some(90)),
    ]);
    let list = &spots["longest_in_progress"];
    assert_eq!(ids(list), ["HARB-3", "HARB-4", "HARB-2", "HARB-1"]);
    assert_eq!(list["items"][0]["since"], "2026-10-22");
    assert_eq!(list["items"][3]["since"], "an unknown day");
}

#[test]
fn due_are_open_items_soonest_first() {
    let due = |number, status, day| {
        let mut item = item(number, "x", status);
        item.due_date = Some(days_ago(day));
        item
    };
    let spots = hotspots(vec![
        due(1, "Todo", -3),
        due(2, "Done", 5),
        due(3, "In Review", 5),
        due(10, "Backlog", -3),
        due(9, "Backlog", -3),
    ]);
    assert_eq!(
        ids(&spots["due"]),
        ["HARB-3", "HARB-1", "HARB-9", "HARB-10"]
    );
    assert_eq!(spots["due"]["items"][0]["due"], "2026-11-16");
}

#[test]
fn urgent_and_high_count_until_somebody_begins() {
    let with = |number, status, priority| {
        let mut item = item(number, "x", status);
        item.priority = priority;
        item
    };
    let spots = hotspots(vec![
        with(1, "Todo", Priority::High),
        with(2, "Backlog", Priority::Urgent),
        with(3, "In Progress", Priority::Urgent),
        with(4, "Todo", Priority::Medium),
    ]);
    assert_eq!(ids(&spots["high_priority_todo"]), ["HARB-2", "HARB-1"]);
    assert_eq!(spots["summary"]["high_priority_todo"], 2);
}

#[test]
fn the_backlog_goes_by_priority_then_due_date_then_number() {
    let with = |number, priority, due: Option<i64>| {
        let mut item = item(number, "x", "Todo");
        item.priority = priority;
        item.due_date = due.map(days_ago);
        item
    };
    let backlog = block(
        4,
        vec![
            with(2, Priority::None, Some(-1)),
            with(10, Priority::High, None),
            with(9, Priority::High, None),
            with(11, Priority::High, Some(-9)),
            with(12, Priority::Urgent, None),
            with(13, Priority::Low, None),
            item(14, "begun", "In Progress"),
        ],
    );
    let expected = [
        "HARB-12", "HARB-11", "HARB-9", "HARB-10", "HARB-13", "HARB-2",
    ];
    assert_eq!(ids(&backlog["top_items"]), expected);
    assert_eq!(backlog["summary"]["total_backlog"], 6);
    assert_eq!(backlog["priority_breakdown"]["high"], 3);
    assert_eq!(backlog["top_items"]["items"][5]["priority"], "no priority");
}

#[test]
fn a_status_of_no_known_category_is_open_by_what_the_task_shows() {
    let mut odd = item(1, "blocked", "Todo");
    odd.huly = Some(huly("Odd"));
    odd.vibe = Some(vibe("done"));
    let mut lone = odd.clone();
    lone.vibe = None;
    lone.link = crate::harbour::link(2);
    lone.identifier = Some("HARB-2".into());
    let spots = hotspots(vec![odd, lone]);
    assert_eq!(ids(&spots["blocked_items"]), ["HARB-2"]);
}

#[test]
fn letters_that_wait_for_a_person_and_open_conflicts_come_first() {
    let mut digest = crate::harbour::project();
    let mut retried = digest.letters[0].clone();
    retried.since = days_ago(50);
    retried.retried = true;
    retried.field = None;
    digest.letters.insert(0, retried);
    let options = DigestOptions::default();
    let text = &blocks(&digest, &options)[3].value;
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("not taken by"))
        .collect();
    assert!(
        lines[0].ends_with("since 2026-11-14, waits for a person"),
        "{text}"
    );
    assert!(
        lines[1].contains(": the whole item not taken by Vibe"),
        "{text}"
    );
    assert!(
        lines[1].ends_with("since 2026-10-02, is tried again"),
        "{text}"
    );
    let open = text.find("both_changed, on 2026-11-15, waits").unwrap();
    assert!(open < text.find("both_changed, on 2026-11-16, Huly's").unwrap());
}
