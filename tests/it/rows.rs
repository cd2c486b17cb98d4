//! What users of the predecessor suffered, where no other file tells it: the number of a test is the number of the failure in
//! `docs/failures-of-the-predecessor.md`.

use sim::{
    faults::{Effect, Rule},
    vibe::{Generation, Status},
};

use crate::world::{GENERATIONS, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_items_without_a_description_stay_at_one_counterpart_over_three_runs() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        world.issue(&project, "None", "", "Todo");
        let blank = world.issue(&project, "Blank", "x", "Todo");
        world.describe_issue(&blank, "   ");
        world.task(board, "No text", None, Status::Todo);
        world.task(board, "Empty text", Some(""), Status::Todo);
        world.task(board, "Spaces", Some("  \n "), Status::Todo);
        world.sync().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
        world.stays_quiet().await;
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_a_project_whose_identifier_has_digits_stays_at_one_task_each() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("P2ABC", "Digits");
        for at in 1..=7 {
            world.issue(&project, &format!("Boat {at}"), "Text.", "Todo");
        }
        world.sync().await;
        assert!(
            world
                .task_text(world.task_named("Boat 7").id)
                .contains("Text.")
        );
        let text = world.task_named("Boat 7").description.unwrap();
        assert!(text.contains("P2ABC-7"), "{text}");
        world.stays_quiet().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (7, 7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_07_statuses_that_nobody_moved_are_written_to_neither_side() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let statuses = ["Backlog", "Todo", "InProgress", "Done", "Canceled"];
        let issues: Vec<String> = statuses
            .iter()
            .map(|status| world.issue(&project, &format!("Is {status}"), "Text.", status))
            .collect();
        let before: Vec<String> = issues
            .iter()
            .map(|issue| world.issue_view(issue).status_name)
            .collect();
        world.sync().await;
        world.stays_quiet().await;
        world.stays_quiet().await;
        let after: Vec<String> = issues
            .iter()
            .map(|issue| world.issue_view(issue).status_name)
            .collect();
        assert_eq!(after, before);
        assert_eq!(world.task_named("Is Canceled").status, Status::Cancelled);
        assert_eq!(world.task_named("Is Backlog").status, Status::Todo);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_a_long_list_is_read_to_its_end_even_from_a_server_that_caps_its_pages() {
    const ISSUES: usize = 2_500;
    let mut world = World::sized(Generation::L2, 1, ISSUES, 15).await;
    world.set("huly.page_size", "1000");
    let cap = Rule::on(
        "POST",
        "/transactor/api/v1/find-all/{ws}",
        Effect::CapPage { rows: 700 },
    );
    world
        .huly
        .faults
        .add(cap.body_contains("tracker:class:Issue\""));
    world.sync().await.prints(&["2,500 created"]);
    assert_eq!(world.tasks().len(), ISSUES);
    world.stays_quiet().await;
    world.huly.faults.clear();
    world.stays_quiet().await;
    assert_eq!(
        (world.issues().len(), world.tasks().len()),
        (ISSUES, ISSUES)
    );
}

/// Descriptions that line parsers and shortened lists have cut.
fn descriptions() -> Vec<(&'static str, String)> {
    vec![
        ("Many lines", "First.\n\nSecond.\n\nThird.\n\nLast.".into()),
        ("A rule", "Above.\n\n---\n\nBelow the rule.".into()),
        ("Headings", "# One\n\n## Two\n\nText.".into()),
        (
            "Code",
            "```rust\nfn main() {\n    let a = 1;\n\n    // ---\n}\n```".into(),
        ),
        ("Emoji", "Sails ⛵ and 👩‍🚀 and 🏴󠁧󠁢󠁷󠁬󠁳󠁿.".into()),
        (
            "Lists",
            "- one\n- two\n  - below\n\n1. first\n2. second".into(),
        ),
        ("Table", "| a | b |\n| --- | --- |\n| 1 | 2 |".into()),
        ("Tasks", "- [ ] open\n- [x] done".into()),
        (
            "Long",
            "A line that is one of very many.\n\n"
                .repeat(6_000)
                .trim()
                .into(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_39_descriptions_arrive_whole_in_both_directions_and_stay() {
    for generation in GENERATIONS {
        let world = World::new(generation).await;
        let project = world.huly_project("HARB", "Harbor");
        let board = world.vibe_project("Harbor", "harb");
        let texts = descriptions();
        for (title, text) in &texts {
            world.issue(&project, &format!("{title} of Huly"), text, "Todo");
            let title = format!("{title} of Vibe");
            world.task(board, &title, Some(text), Status::Todo);
        }
        let crlf = world.task(board, "CRLF", Some("One.\r\n\r\nTwo.\r\n"), Status::Todo);
        world.sync().await;
        world.stays_quiet().await;
        for (title, text) in &texts {
            let task = world.task_named(&format!("{title} of Huly"));
            assert_eq!(&world.task_text(task.id), text, "{title}");
            let issue = world.issue_named(&format!("{title} of Vibe"));
            assert_eq!(&world.issue_text(&issue.id), text, "{title}");
            let task = world.task_named(&format!("{title} of Vibe"));
            assert_eq!(task.description.as_ref(), Some(text), "{title}");
        }
        assert_eq!(
            world.issue_text(&world.issue_named("CRLF").id),
            "One.\n\nTwo."
        );
        assert_eq!(
            world.task_view(crlf).description.as_deref(),
            Some("One.\r\n\r\nTwo.\r\n"),
            "what its author wrote stays as it was written"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_41_nothing_is_written_outside_the_store() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new(Generation::L1).await;
    let project = world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    world.issue(&project, "From Huly", "Text.", "Todo");
    world.task(board, "From Vibe", Some("Text."), Status::Todo);
    for words in [
        &["plan"][..],
        &["sync", "once"],
        &["reconcile"],
        &["status"],
        &["runs"],
        &["config", "show"],
    ] {
        world.hvs(words).await.exits(0);
    }
    let home = world.path("hvs.db").parent().unwrap().to_owned();
    let mut names: Vec<String> = std::fs::read_dir(home)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["hvs.db", "hvs.toml"]);
    let mode = std::fs::metadata(world.path("hvs.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "for its owner only");
}
