//! What users of the predecessor suffered, where no other file tells it: the number of a test is the number of the failure in
//! `docs/failures-of-the-predecessor.md`.

use std::time::Duration;

use engine::report::Exit;
use serde_json::json;
use sim::{
    faults::{Effect, Failure, Rule, When},
    huly::NewIssue,
    vibe::{Generation, Manners, Status},
};
use uuid::Uuid;

use ::store::Store;

use crate::{
    faults::FIND,
    world::{GENERATIONS, World, told},
};

const TASK: &str = "/api/tasks/{task_id}";

/// One project with so many linked pairs, in agreement.
async fn pairs(generation: Generation, count: usize) -> (World, String, Vec<(String, Uuid)>) {
    pairs_in(World::new(generation), count).await
}

async fn pairs_in(world: World, count: usize) -> (World, String, Vec<(String, Uuid)>) {
    let project = world.huly_project("HARB", "Harbor");
    let issues: Vec<String> = (0..count)
        .map(|at| world.issue(&project, &format!("Boat {at}"), "Text.", "Todo"))
        .collect();
    world.run_well().await;
    let pairs = issues
        .into_iter()
        .enumerate()
        .map(|(at, issue)| (issue, world.task_named(&format!("Boat {at}")).id))
        .collect();
    (world, project, pairs)
}

#[tokio::test(start_paused = true)]
async fn row_12_an_edit_that_moves_no_stamp_is_seen_by_its_value_and_carried() {
    for generation in GENERATIONS {
        let (world, _, pairs) = pairs(generation, 3).await;
        let stamp = |task: Uuid| world.vibe.model.lock().task(task).unwrap().updated_at;
        let before = stamp(pairs[1].1);
        world.wait(Duration::from_hours(1)).await;
        world.retitle_task(pairs[1].1, "Renamed");
        world.move_task(pairs[1].1, Status::Done);
        assert_eq!(stamp(pairs[1].1), before, "the server keeps the old stamp");
        world.run_well().await;
        let issue = world.issue_view(&pairs[1].0);
        assert_eq!(
            (issue.title.as_str(), issue.status_name.as_str()),
            ("Renamed", "Done")
        );
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_13_changes_at_the_edge_of_the_window_are_seen_under_any_clock() {
    for skew in [-7_200_000, -1, 0, 1, 7_200_000] {
        let world = World::new(Generation::L2);
        {
            let mut huly = world.huly.model.lock();
            let skewed = huly.clock().skewed(skew);
            huly.set_clock(skewed);
        }
        let (world, _, pairs) = pairs_in(world, 6).await;
        // Each edit falls into the moment of a run or just before the next one.
        for (at, (issue, task)) in pairs.iter().enumerate() {
            let title = format!("Round {at}");
            world.retitle_issue(issue, &title);
            world.run_well().await;
            assert_eq!(
                world.task_view(*task).title,
                title,
                "clock off by {skew} ms"
            );
            world.wait(Duration::from_millis(1)).await;
        }
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_13_an_item_that_fails_neither_falls_out_of_the_window_nor_holds_the_others() {
    for generation in GENERATIONS {
        let (world, _, pairs) = pairs(generation, 5).await;
        let refusal = Effect::FailBefore {
            failure: Failure::Status {
                status: 500,
                body: String::new(),
            },
        };
        let rule = Rule::on("PUT", TASK, refusal).body_contains("Stubborn");
        world.vibe.faults.add(rule);
        world.retitle_issue(&pairs[0].0, "Stubborn");
        for round in 0..4 {
            world.retitle_issue(&pairs[1].0, &format!("Round {round}"));
            let report = world.run().await;
            assert_eq!(report.exit, Exit::Items, "{}", told(&report));
            let task = world.task_view(pairs[1].1);
            assert_eq!(task.title, format!("Round {round}"), "{}", told(&report));
            // far beyond the overlap of the next read
            world.wait(Duration::from_mins(30)).await;
        }
        world.vibe.faults.clear();
        world.run().await;
        assert_eq!(world.task_view(pairs[0].1).title, "Stubborn");
        world.wait(Duration::from_mins(30)).await;
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_14_a_project_that_fails_keeps_its_own_watermark_and_holds_no_other_back() {
    for generation in GENERATIONS {
        let mut world = World::new(generation);
        world.settings.workers = 1;
        let projects = [
            world.huly_project("HARB", "Harbor"),
            world.huly_project("SKY", "Telescope"),
        ];
        for project in &projects {
            world.issue(project, &format!("Of {project}"), "Text.", "Todo");
        }
        world.run_well().await;
        let marks = async || -> Vec<i64> {
            let rows = world.store.projects().await.unwrap();
            rows.iter().map(|row| row.watermark.0).collect()
        };
        // The list of one of the two boards fails in each run; which one, the engine's order says.
        let broken = Effect::FailBefore {
            failure: Failure::Status {
                status: 400,
                body: String::new(),
            },
        };
        let rule = Rule::on("GET", "/api/tasks", broken);
        let mut differed = false;
        for round in 0..4 {
            world.vibe.faults.clear();
            world.vibe.faults.add(rule.clone().when(When::From(2)));
            for project in &projects {
                world.issue(project, &format!("Round {round} of {project}"), "", "Todo");
            }
            world.run().await;
            let marks = marks().await;
            differed |= marks[0] != marks[1];
            world.wait(Duration::from_mins(15)).await;
        }
        assert!(differed, "each project has a watermark of its own");
        world.vibe.faults.clear();
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (10, 10));
    }
}

#[tokio::test(start_paused = true)]
async fn row_20_a_read_that_fails_during_reconciliation_marks_nothing() {
    for generation in GENERATIONS {
        let (world, project, pairs) = pairs(generation, 4).await;
        // A run is interrupted, so that there is something to settle.
        world.issue(&project, "New", "Text.", "Todo");
        world.retitle_issue(&pairs[0].0, "Renamed");
        let hang = Effect::FailAfter {
            failure: Failure::Reset,
        };
        world
            .vibe
            .faults
            .add(Rule::on("*", "*", hang).when(When::From(3)));
        world.attempt(crate::world::sync()).await;
        world.vibe.faults.clear();
        for failure in [
            Failure::Status {
                status: 500,
                body: String::new(),
            },
            Failure::Hang,
            Failure::Truncated,
            Failure::Html,
        ] {
            let effect = Effect::FailBefore { failure };
            world.huly.faults.add(Rule::on("*", FIND, effect.clone()));
            world.vibe.faults.add(Rule::on("GET", "*", effect));
            let (issues, tasks) = (world.issues(), world.tasks());
            world.attempt(engine::Mode::Reconcile).await;
            assert_eq!(world.issues(), issues);
            assert_eq!(world.tasks(), tasks);
            world.huly.faults.clear();
            world.vibe.faults.clear();
        }
        world.wait(Duration::from_mins(5)).await;
        world.settle().await;
        assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
    }
}

#[tokio::test(start_paused = true)]
async fn row_23_a_task_that_is_gone_when_it_is_written_is_looked_at_again_and_never_retried_blindly()
 {
    for generation in GENERATIONS {
        let (world, _, pairs) = pairs(generation, 4).await;
        let (issue, task) = pairs[2].clone();
        world.move_issue(&issue, "InProgress");
        // It goes between the run's list and its write: the write is answered as if it were gone, and then it is.
        let gone = Effect::FailBefore {
            failure: Failure::Status {
                status: 404,
                body: String::new(),
            },
        };
        world.vibe.faults.add(Rule::on("PUT", TASK, gone));
        world.run().await;
        world.vibe.faults.clear();
        world.delete_task(task);
        world.reset_counts();
        let report = world.run_well().await;
        // The edit beats the deletion: the task is made again, and only the new one is written.
        assert!(world.vibe.model.lock().task(task).is_err());
        let again = world.task_named("Boat 2");
        assert_eq!(again.status, Status::InProgress, "{}", told(&report));
        assert_eq!(world.tasks().len(), 4);
        let put = match generation {
            Generation::L1 => 1,
            Generation::L2 => 0,
        };
        assert_eq!(world.counts().vibe.of("PUT /api/tasks/{task_id}"), put);
        assert_eq!(world.issue_view(&issue).status_name, "In Progress");
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_35_parents_and_children_each_have_a_task_and_moving_one_under_another_changes_neither()
{
    for generation in GENERATIONS {
        let world = World::new(generation);
        let project = world.huly_project("HARB", "Harbor");
        let parent = world.issue(&project, "Parent", "Text.", "Todo");
        let other = world.issue(&project, "Other parent", "Text.", "Todo");
        let child = |title: &str, parent: &str| {
            let new = NewIssue {
                title: title.into(),
                parent: Some(parent.into()),
                ..Default::default()
            };
            let mut huly = world.huly.model.lock();
            huly.person_create(&world.who, &project, &new).unwrap()
        };
        let children: Vec<String> = (0..3)
            .map(|at| child(&format!("Child {at}"), &parent))
            .collect();
        world.run_well().await;
        assert_eq!(world.tasks().len(), 5);
        // Every one of them is followed, not only the first.
        for (at, issue) in children.iter().enumerate() {
            world.retitle_issue(issue, &format!("Renamed {at}"));
            world.move_issue(issue, "InProgress");
        }
        world.edit_issue(&children[0], &json!({ "attachedTo": other }));
        world.run_well().await;
        for at in 0..3 {
            let task = world.task_named(&format!("Renamed {at}"));
            assert_eq!(task.status, Status::InProgress);
        }
        world.move_task(world.task_named("Renamed 0").id, Status::Done);
        world.run_well().await;
        assert_eq!(world.issue_view(&children[0]).status_name, "Done");
        assert_eq!(
            world.issue_view(&children[0]).parent.as_deref(),
            Some(other.as_str())
        );
        assert_eq!((world.issues().len(), world.tasks().len()), (5, 5));
        world.assert_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn row_40_the_base_moves_only_with_the_outcome_of_a_write() {
    for generation in GENERATIONS {
        let (world, _, pairs) = pairs(generation, 1).await;
        let before = world.links().await;
        for effect in [
            Effect::FailBefore {
                failure: Failure::Status {
                    status: 405,
                    body: String::new(),
                },
            },
            Effect::FailBefore {
                failure: Failure::Reset,
            },
        ] {
            world.retitle_issue(&pairs[0].0, "Renamed");
            world.vibe.faults.add(Rule::on("PUT", "*", effect));
            world.run().await;
            let after = world.links().await;
            let title = |links: &[sync_core::link::Link]| {
                format!("{:?} {:?}", links[0].base.huly, links[0].base.vibe)
            };
            assert_eq!(title(&after), title(&before));
            world.vibe.faults.clear();
            world.wait(Duration::from_mins(5)).await;
        }
        world.settle().await;
        assert_eq!(world.task_view(pairs[0].1).title, "Renamed");
    }
}

/// Runs until nothing is written any more, ten runs at most; says how many wrote.
async fn calms(world: &World) -> usize {
    for round in 0..10 {
        let before = world.writes();
        let report = world.run().await;
        assert_ne!(report.exit, Exit::Guard, "{}", told(&report));
        if world.writes() == before {
            return round;
        }
        world.wait(Duration::from_mins(2)).await;
    }
    panic!("writes do not stop");
}

#[tokio::test(start_paused = true)]
async fn row_45_a_server_that_trims_titles_is_no_person_who_edits() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        world.vibe.model.lock().manners = Manners {
            trims_titles: true,
            ..Manners::default()
        };
        let project = world.huly_project("HARB", "Harbor");
        let issue = world.issue(&project, "  Spaces around  ", "Text.", "Todo");
        calms(&world).await;
        assert_eq!(world.issue_view(&issue).title, "  Spaces around  ");
        world.retitle_issue(&issue, " Others ");
        calms(&world).await;
        assert_eq!(world.issue_view(&issue).title, " Others ");
        assert_eq!(world.tasks().len(), 1);
        assert_eq!(world.tasks()[0].title, "Others");
    }
}

#[tokio::test(start_paused = true)]
async fn row_45_a_server_that_cuts_titles_does_not_cut_them_in_huly() {
    for generation in GENERATIONS {
        let world = World::new(generation);
        world.vibe.model.lock().manners = Manners {
            title_chars: Some(10),
            ..Manners::default()
        };
        let project = world.huly_project("HARB", "Harbor");
        let long = "A title that is longer than the server likes";
        let issue = world.issue(&project, long, "Text.", "Todo");
        let rounds = calms(&world).await;
        assert!(rounds <= 5, "{rounds} runs wrote");
        assert_eq!(world.issue_view(&issue).title, long);
        assert_eq!(world.tasks().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn row_45_a_status_that_the_server_drops_is_not_taken_back_in_huly() {
    for generation in GENERATIONS {
        let (world, _, pairs) = pairs(generation, 10).await;
        let pairs = &pairs[..2];
        world.vibe.model.lock().manners = Manners {
            drops_status: true,
            ..Manners::default()
        };
        for (issue, _) in pairs {
            world.move_issue(issue, "Done");
        }
        for _ in 0..4 {
            world.run().await;
            for (issue, _) in pairs {
                assert_eq!(world.issue_view(issue).status_name, "Done");
            }
            world.wait(Duration::from_mins(2)).await;
        }
    }
}
