//! Boards that are empty, texts that are odd or too large, and many people at once.

use sim::vibe::{Generation, Status};
use uuid::Uuid;

use crate::world::{GENERATIONS, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_workspace_is_synced_without_a_word_of_alarm() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let ran = world.sync().await;
        assert!(
            !ran.err.contains("error") && !ran.err.contains("warning"),
            "{ran}"
        );
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_without_items_costs_little_and_gets_a_board_with_its_first_item() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        world.sync().await;
        assert_eq!(world.vibe_project_named("Harbor"), None);
        world.stays_quiet().await;
        world.issue(&project, "The first", "Text.", "Todo");
        world.sync().await;
        assert!(world.vibe_project_named("Harbor").is_some());
        world.assert_same_on_both_sides();
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_is_emptied_after_a_sync_is_held_by_a_guard() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let issues: Vec<String> = (0..12)
            .map(|at| world.issue(&project, &format!("Boat {at}"), "Text.", "Todo"))
            .collect();
        world.sync().await;
        for issue in &issues {
            world.delete_issue(issue);
        }
        world.count_afresh();
        world.hvs(&["sync", "once"]).await.exits(6);
        assert_eq!(world.writes(), 0, "{:#?}", world.counts());
        assert_eq!(world.tasks().len(), 12);
        assert!(world.tasks().iter().all(|task| task.status == Status::Todo));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_description_of_10_mb_is_told_with_its_size_and_holds_nothing_else() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    let paragraph = "Far too long for a board. ".repeat(4_000);
    let large = format!("{}\n\n", paragraph.trim()).repeat(100);
    world.issue(&project, "Large", &large, "Todo");
    world.issue(&project, "Small", "Text.", "Todo");
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    ran.tells(&["HARB-1 Large", "10400098 bytes", "2097152"]);
    assert_eq!(world.task_text(world.task_named("Small").id), "Text.");
    let issue = world.issue_named("Large");
    assert_eq!(world.issue_text(&issue.id), large.trim());
}

/// Texts that terminals, databases and parsers trip over.
const ODD: [&str; 8] = [
    "NUL \u{0} inside",
    "Right to left: \u{5d0}\u{5d1}\u{5d2} \u{202e}abc\u{202c} end",
    "Zero\u{200b}width\u{200d}\u{feff} inside",
    "Four bytes \u{1f6a2}\u{10348}\u{2070e}",
    "Escape \u{1b}[31mred\u{1b}[0m and bell \u{7}",
    "Combining a\u{301}\u{308}\u{302}",
    "Quotes ' \" ` \\ ; -- <!-- --> ]]>",
    "Tab\tand \u{85} and \u{2028} separators",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_characters_go_both_ways_and_never_reach_the_terminal() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        for text in ODD {
            let safe = text.replace('\0', "\u{fffd}");
            world.issue(&project, &format!("H {safe}"), &safe, "Todo");
            world.task(board, &format!("V {text}"), Some(text), Status::Todo);
        }
        let plan = world.hvs(&["plan"]).await.exits(0);
        let ran = world.hvs(&["sync", "once", "-vv"]).await.exits(0);
        for shown in [&plan.out, &plan.err, &ran.out, &ran.err] {
            let odd = shown
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
            assert_eq!(odd, None, "{shown:?}");
        }
        assert_eq!((world.issues().len(), world.tasks().len()), (16, 16));
        for text in ODD {
            let safe = text.replace('\0', "\u{fffd}");
            assert_eq!(
                world.task_named(&format!("H {safe}")).title,
                format!("H {safe}")
            );
            assert_eq!(
                world.issue_named(&format!("V {safe}")).title,
                format!("V {safe}")
            );
            assert_eq!(
                world.task_named(&format!("V {text}")).title,
                format!("V {text}")
            );
        }
        world.stays_quiet().await;
    }
}

/// One person's share of the items, each edited on one side only, in this person's words.
async fn person(
    world: &World,
    who: usize,
    share: &[(String, Uuid)],
    done: &std::sync::atomic::AtomicUsize,
) {
    for (at, (issue, task)) in share.iter().enumerate() {
        let title = format!("Person {who} item {at}");
        if at % 2 == 0 {
            world.retitle_issue(issue, &title);
        } else {
            world.retitle_task(*task, &title);
        }
        if at % 16 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_people_who_edit_five_thousand_items_at_once_lose_nothing() {
    const PEOPLE: usize = 5;
    const ITEMS: usize = 5_000;
    let mut world = World::sized(Generation::L2, 10, ITEMS / 10, 5).await;
    // half of all titles change at once, which is what guards are there for
    world.set("guard.rewrites_share", "1.0");
    world.sync().await;
    let pairs: Vec<(String, Uuid)> = {
        let tasks: std::collections::BTreeMap<String, Uuid> = world
            .tasks()
            .into_iter()
            .map(|task| (task.title, task.id))
            .collect();
        let pair = |issue: sim::huly::IssueView| (issue.id, tasks[&issue.title]);
        world.issues().into_iter().map(pair).collect()
    };
    let done = std::sync::atomic::AtomicUsize::new(0);
    let people = pairs
        .chunks(ITEMS / PEOPLE)
        .enumerate()
        .map(|(who, share)| person(&world, who, share, &done));
    let running = async {
        // runs while they are at it, and one after
        while done.load(std::sync::atomic::Ordering::SeqCst) < PEOPLE {
            let ran = world.hvs(&["sync", "once"]).await;
            assert_eq!(ran.code, Some(0), "{ran}");
        }
    };
    tokio::join!(futures::future::join_all(people), running);
    world.sync().await;
    assert_eq!((world.issues().len(), world.tasks().len()), (ITEMS, ITEMS));
    for (who, share) in pairs.chunks(ITEMS / PEOPLE).enumerate() {
        for (at, (issue, task)) in share.iter().enumerate() {
            let title = format!("Person {who} item {at}");
            assert_eq!(world.issue_view(issue).title, title);
            assert_eq!(world.task_view(*task).title, title);
        }
    }
    world.stays_quiet().await;
}
