//! Which items are synced, over the real clients and store: what is outside sleeps, nothing is taken away, nothing is lost.

mod fields;
mod left;

use std::{sync::Arc, time::Duration};

use engine::report::{Exit, Report};
use serde_json::json;
use sim::vibe::{Generation, Status};
use sync_core::{
    filter::{Filter, Leaving},
    ids::Millis,
    item::Priority,
    lens::Category,
    link::Phase,
};

use crate::world::{GENERATIONS, World, told};

fn names(list: &[&str]) -> Vec<Arc<str>> {
    list.iter().map(|name| Arc::from(*name)).collect()
}

fn todo_only() -> Filter {
    Filter {
        statuses: names(&["Todo"]),
        ..Filter::default()
    }
}

fn outside(report: &Report) -> u64 {
    report.projects.iter().map(|project| project.outside).sum()
}

#[tokio::test(start_paused = true)]
async fn only_items_inside_get_counterparts_and_a_wider_filter_brings_the_rest() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        world.settings.filter = todo_only();
        let project = world.huly_project("HARB", "Harbor");
        world.issue(&project, "In", "", "Todo");
        world.issue(&project, "Out", "", "Done");
        let report = world.run_well().await;
        assert_eq!(
            (world.tasks().len(), outside(&report)),
            (1, 1),
            "{}",
            told(&report)
        );
        let fresh = world.vibe_project_named("Harbor");
        world.task(fresh, "Task in", None, Status::Todo);
        world.task(fresh, "Task out", None, Status::Done);
        // of one title with an issue outside: it waits for it, and no second issue is made
        world.task(fresh, "Out", None, Status::Todo);
        world.run_well().await;
        assert_eq!(
            world.issues().len(),
            3,
            "only the task that becomes a Todo gets an issue"
        );
        world.assert_quiet().await;
        world.settings.filter = Filter::default();
        world.run_well().await;
        world.assert_converged().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (4, 4));
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_change_that_leaves_is_carried_then_it_sleeps_and_wakes_without_loss() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        world.settings.filter = todo_only();
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "A", "Text.", "Todo");
        world.run_well().await;
        let task = world.task_named("A").id;
        world.edit_issue(&issue, &json!({ "title": "B" }));
        world.move_issue(&issue, "Done");
        world.run_well().await;
        let now = world.task_view(task);
        assert_eq!((now.title.as_str(), now.status), ("B", Status::Done));
        world.assert_quiet().await;
        // asleep: edits on either side stay where they are
        world.retitle_task(task, "C");
        world.describe_issue(&issue, "Text, edited asleep.");
        world.reset_counts();
        world.run_well().await;
        assert_eq!(world.writes(), 0);
        assert_eq!(world.issue_view(&issue).title, "B");
        // back inside: both edits come through
        world.move_issue(&issue, "Todo");
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).title, "C");
        assert_eq!(world.task_text(task), "Text, edited asleep.");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_narrower_filter_deletes_and_cancels_nothing() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..12 {
        world.issue(
            &project,
            &format!("Boat {at}"),
            "",
            ["Todo", "Done"][at % 2],
        );
    }
    world.run_well().await;
    let before = (world.issues(), world.tasks());
    world.settings.filter = todo_only();
    world.reset_counts();
    let report = world.run_well().await;
    assert_eq!(
        (world.writes(), outside(&report)),
        (0, 6),
        "{}",
        told(&report)
    );
    assert_eq!(before.0.len(), world.issues().len());
    assert_eq!(before.1.len(), world.tasks().len());
    world.assert_quiet().await;
    world.settings.filter = Filter::default();
    world.reset_counts();
    world.run_well().await;
    assert_eq!(world.writes(), 0);
    world.assert_converged().await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_for_one_run_puts_nothing_to_sleep_and_moves_no_watermark() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let (todo, done) = (
        world.issue(&project, "Todo", "", "Todo"),
        world.issue(&project, "Done", "", "Done"),
    );
    world.run_well().await;
    world.edit_issue(&todo, &json!({ "title": "Todo, edited" }));
    world.edit_issue(&done, &json!({ "title": "Done, edited" }));
    world.settings.filter = todo_only();
    world.settings.leaving = Leaving::Stays;
    world.run_well().await;
    world.task_named("Todo, edited");
    world.task_named("Done");
    world.settings.filter = Filter::default();
    world.settings.leaving = Leaving::Sleeps;
    world.run_well().await;
    world.task_named("Done, edited");
    world.assert_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn labels_people_priority_age_and_identifier_choose() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let issues: Vec<String> = ["Labelled", "Assigned", "Urgent", "Plain"]
        .iter()
        .map(|title| world.issue(&project, title, "", "Todo"))
        .collect();
    world.label(&project, &issues[0], "Tide");
    let bob = world.person("bob@acme.test", "Bob", "Builder");
    world.edit_issue(&issues[1], &json!({ "assignee": bob }));
    world.edit_issue(&issues[2], &json!({ "priority": 1 }));
    world.wait(Duration::from_hours(1)).await;
    world.edit_issue(&issues[3], &json!({ "title": "Plain, young" }));
    let plain = world.issue_view(&issues[3]).identifier;
    let rows = [
        (
            Filter {
                labels: names(&["Tide"]),
                ..Filter::default()
            },
            "Labelled",
        ),
        (
            Filter {
                assignees: names(&["bob builder"]),
                ..Filter::default()
            },
            "Assigned",
        ),
        (
            Filter {
                assignees: names(&["Bob@acme.test"]),
                ..Filter::default()
            },
            "Assigned",
        ),
        (
            Filter {
                priorities: vec![Priority::Urgent],
                ..Filter::default()
            },
            "Urgent",
        ),
        (
            Filter {
                max_age: Some(Millis(60_000)),
                ..Filter::default()
            },
            "Plain, young",
        ),
        (
            Filter {
                identifiers: names(&[&plain.to_lowercase()]),
                ..Filter::default()
            },
            "Plain, young",
        ),
    ];
    for (filter, title) in rows {
        world.settings.filter = filter.clone();
        let report = world
            .attempt(engine::run::Mode::Plan)
            .await
            .expect("a plan");
        let planned: Vec<&str> = report
            .projects
            .iter()
            .flat_map(|project| &project.plans)
            .map(|plan| &*plan.label)
            .collect();
        assert_eq!(
            (planned.len(), outside(&report)),
            (1, 3),
            "{filter:?}: {planned:?} {}",
            told(&report)
        );
        assert!(planned[0].ends_with(title), "{filter:?}: {planned:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_run_with_a_label_filter_asks_one_more_question() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "A", "", "Todo");
    world.label(&project, &issue, "Tide");
    let mut asked = Vec::new();
    for filter in [
        Filter::default(),
        todo_only(),
        Filter {
            labels: names(&["Tide"]),
            ..Filter::default()
        },
    ] {
        world.settings.filter = filter;
        world.run_well().await;
        world.run_well().await;
        world.reset_counts();
        world.run_well().await;
        asked.push(world.counts().huly.reads);
    }
    assert_eq!((asked[1], asked[2]), (asked[0], asked[0] + 1));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_there_is_refused_before_anything_is_written() {
    let mut world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    world.issue(&project, "A", "", "Todo");
    world.settings.filter = Filter {
        statuses: names(&["Todoo"]),
        ..Filter::default()
    };
    world.reset_counts();
    let report = world.run().await;
    assert_eq!(
        (report.exit, world.writes()),
        (Exit::Usage, 0),
        "{}",
        told(&report)
    );
    let words = &report.problems[0].message;
    assert!(
        words.contains("`Todoo`") && words.contains("`Todo`"),
        "{words}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_item_is_synced_now_with_few_calls_and_the_rest_later() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let issues: Vec<String> = (0..20)
            .map(|at| world.issue(&project, &format!("Boat {at}"), "", "Todo"))
            .collect();
        world.run_well().await;
        let (first, other) = (&issues[3], &issues[4]);
        let name = world.issue_view(first).identifier;
        world.edit_issue(first, &json!({ "title": "Now" }));
        world.edit_issue(other, &json!({ "title": "Later" }));
        world.settings.items = vec![name.to_lowercase().into()];
        world.reset_counts();
        world.run_well().await;
        world.task_named("Now");
        world.task_named("Boat 4");
        let counts = world.counts();
        assert!(
            counts.huly.reads + counts.huly.writes + counts.vibe.reads + counts.vibe.writes <= 20,
            "{counts:?}"
        );
        // by the task's id, and a new one by the ordinary rules
        let task = world.task_named("Now").id;
        world.retitle_task(task, "Now, in Vibe");
        world.settings.items = vec![task.to_string().into()];
        world.run_well().await;
        assert_eq!(world.issue_view(first).title, "Now, in Vibe");
        let new = world.issue(&project, "New", "", "Todo");
        world.issue(&project, "Also new", "", "Todo");
        world.settings.items = vec![world.issue_view(&new).identifier.as_str().into()];
        world.run_well().await;
        assert_eq!(world.tasks().len(), 21);
        world.settings.items = vec!["HARB-999".into()];
        let report = world.run().await;
        assert_eq!(report.exit, Exit::Usage, "{}", told(&report));
        world.settings.items = Vec::new();
        world.run_well().await;
        world.task_named("Later");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

/// Seeds: people edit, items leave and come back, runs come and go; at the end everything is there and alike.
#[tokio::test(start_paused = true)]
async fn any_history_under_a_filter_ends_alike_once_the_filter_is_gone() {
    for seed in 1..=12_u64 {
        let mut world = World::seeded(GENERATIONS[usize::try_from(seed % 2).unwrap()], seed);
        let project = world.huly_project("HARB", "Harbor");
        let issues: Vec<String> = (0..6)
            .map(|at| world.issue(&project, &format!("Boat {at}"), "", "Todo"))
            .collect();
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut roll = |n: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % n
        };
        world.settings.filter = Filter {
            categories: vec![Category::Todo, Category::Active],
            ..Filter::default()
        };
        for step in 0..30 {
            let issue = &issues[usize::try_from(roll(6)).unwrap()];
            match roll(5) {
                0 => world.move_issue(
                    issue,
                    ["Todo", "Done", "InProgress"][usize::try_from(roll(3)).unwrap()],
                ),
                1 => world.edit_issue(issue, &json!({ "title": format!("{step} by Huly") })),
                2 => {
                    if let Some(task) = world.tasks().first() {
                        world.retitle_task(task.id, &format!("{step} by Vibe"));
                    }
                }
                _ => {
                    let report = world.run().await;
                    assert_eq!(report.exit, Exit::Done, "seed {seed} {}", told(&report));
                    world.wait(Duration::from_secs(40)).await;
                }
            }
            let cancelled = world
                .tasks()
                .iter()
                .filter(|task| task.status == Status::Cancelled)
                .count();
            assert_eq!((world.issues().len(), cancelled), (6, 0), "seed {seed}");
        }
        world.settings.filter = Filter::default();
        world.settle().await;
        assert_eq!(
            (world.issues().len(), world.tasks().len()),
            (6, 6),
            "seed {seed}"
        );
        let links = world.links().await;
        assert!(
            links.iter().all(|link| link.phase == Phase::Active),
            "seed {seed}"
        );
    }
}
