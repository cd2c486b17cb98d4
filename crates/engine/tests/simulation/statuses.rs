//! The status lens over real boards: what nobody moved stays where it is.

use sim::{
    faults::{Effect, Rule, When},
    huly::NewStatus,
    vibe::{Generation, Status},
};

use crate::world::{GENERATIONS, World};

#[tokio::test(start_paused = true)]
async fn row_07_statuses_that_nobody_moved_are_never_rewritten() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let names = ["Backlog", "Todo", "InProgress", "Done", "Canceled"];
        let issues: Vec<String> = names
            .iter()
            .map(|name| world.issue(&project, name, "", name))
            .collect();
        for _ in 0..3 {
            world.run_well().await;
        }
        let now: Vec<String> = issues
            .iter()
            .map(|issue| world.issue_view(issue).status_name)
            .collect();
        assert_eq!(now, ["Backlog", "Todo", "In Progress", "Done", "Canceled"]);
        assert_eq!(world.huly.calls.snapshot().writes, 0);
        assert_eq!(world.task_named("Canceled").status, Status::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_between_statuses_of_one_meaning_stays_on_its_side() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "A", "", "Todo");
        world.run_well().await;
        let task = world.task_named("A").id;
        world.move_issue(&issue, "Backlog");
        world.reset_counts();
        world.run_well().await;
        assert_eq!(
            (world.writes(), world.task_view(task).status),
            (0, Status::Todo)
        );
        // Away and back in Vibe: it returns to a status of that meaning and stays there.
        world.move_task(task, Status::InProgress);
        world.run_well().await;
        world.move_task(task, Status::InReview);
        world.reset_counts();
        world.run_well().await;
        assert_eq!(
            (
                world.writes(),
                world.issue_view(&issue).status_name.as_str()
            ),
            (0, "In Progress")
        );
        world.move_task(task, Status::Todo);
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).status_name, "Todo");
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn custom_statuses_are_mapped_by_their_category() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let named = |name: &str, category: &str| NewStatus {
            name: name.into(),
            category: category.into(),
        };
        let statuses = [
            named("Ideas", "UnStarted"),
            named("Ready", "ToDo"),
            named("Brewing", "Active"),
            named("Served", "Won"),
            named("Spilt", "Lost"),
        ];
        let (kind, ids) = world.huly.model.lock().add_project_type("Café", &statuses);
        let project = world.huly_project_of("CAFE", "Café", Some(&kind));
        let issues: Vec<String> = ids
            .iter()
            .map(|id| {
                let issue = world.issue(&project, &format!("In {id}"), "", "");
                world.edit_issue(&issue, &serde_json::json!({ "status": id }));
                issue
            })
            .collect();
        for _ in 0..2 {
            world.run_well().await;
        }
        world.assert_converged().await;
        let task = world.task_named(&format!("In {}", ids[0])).id;
        world.move_task(task, Status::Cancelled);
        let fresh = world.vibe_project_named("Café");
        world.task(fresh, "From Vibe", None, Status::Done);
        world.run_well().await;
        assert_eq!(world.issue_view(&issues[0]).status_name, "Spilt");
        assert_eq!(world.issue_named("From Vibe").status_name, "Served");
        world.assert_converged().await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_statuses_or_types_that_is_cut_short_costs_no_item_its_status() {
    for class in [
        "tracker:class:IssueStatus",
        "task:class:TaskType",
        "task:class:ProjectType",
    ] {
        for rows in [0, 2] {
            let world = World::new(Generation::L2);
            world.huly_project("HARB", "Harbor");
            let vibe = world.vibe_project("Harbor", "harb");
            for status in [Status::Done, Status::InReview, Status::Cancelled] {
                world.task(vibe, &format!("{status:?}"), None, status);
            }
            let short = Rule::on(
                "POST",
                "/transactor/api/v1/find-all/{ws}",
                Effect::CapPage { rows },
            );
            world
                .huly
                .faults
                .add(short.when(When::Nth(1)).body_contains(class));
            world.run_well().await;
            let is = |name: &str| world.issue_named(name).status_name;
            assert_eq!(
                [is("Done"), is("InReview"), is("Cancelled")],
                ["Done", "In Progress", "Canceled"],
                "{class} {rows}"
            );
            world.assert_converged().await;
            world.assert_quiet().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_stops_that_field_only_and_is_told() {
    let world = World::new(Generation::L2);
    let project = world.huly_project("HARB", "Harbor");
    let issue = world.issue(&project, "A", "", "Todo");
    for at in 0..4 {
        world.issue(&project, &format!("Other {at}"), "", "Todo");
    }
    world.run_well().await;
    let task = world.task_named("A").id;
    world.edit_issue(
        &issue,
        &serde_json::json!({ "status": "0123456789abcdef01234567", "title": "A, renamed" }),
    );
    let report = world.run().await;
    assert_eq!(world.task_view(task).title, "A, renamed");
    assert_eq!(world.task_view(task).status, Status::Todo);
    let told = crate::world::told(&report);
    assert!(told.contains("STATUS"), "{told}");
    assert_eq!(report.exit, engine::report::Exit::Items, "{told}");
    world.reset_counts();
    world.run().await;
    assert_eq!(world.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_agents_moves_arrive_and_are_never_undone() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "A", "Text.", "Todo");
        world.run_well().await;
        let task = world.task_named("A").id;
        world
            .vibe
            .model
            .lock()
            .agent_starts(task, "CLAUDE_CODE")
            .unwrap();
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).status_name, "In Progress");
        world.vibe.model.lock().agent_ends(task, false).unwrap();
        world.run_well().await;
        assert_eq!(
            (
                world.issue_view(&issue).status_name.as_str(),
                world.task_view(task).status
            ),
            ("In Progress", Status::InReview)
        );
        world.assert_quiet().await;
        world.vibe.model.lock().agent_merges(task).unwrap();
        world.run_well().await;
        assert_eq!(world.issue_view(&issue).status_name, "Done");
        world.assert_quiet().await;
    }
}
