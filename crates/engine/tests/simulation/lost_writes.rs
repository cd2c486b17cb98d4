//! Writes that fail once in every way, before and after they took effect, and late: each arrives once.

use std::time::Duration;

use engine::report::Exit;
use sim::{
    faults::{Effect, Failure, Rule, When},
    vibe::Generation,
};
use sync_core::Side;

use crate::{
    faults::{FIND, busy, faults, recovers},
    letters::retry_all,
    world::{GENERATIONS, World},
};

/// How a write goes wrong.
fn write_effects() -> Vec<(&'static str, Effect)> {
    let status = |status: u16| Failure::Status {
        status,
        body: String::new(),
    };
    vec![
        (
            "500 before",
            Effect::FailBefore {
                failure: status(500),
            },
        ),
        (
            "502 before",
            Effect::FailBefore {
                failure: status(502),
            },
        ),
        (
            "409 before",
            Effect::FailBefore {
                failure: status(409),
            },
        ),
        (
            "reset before",
            Effect::FailBefore {
                failure: Failure::Reset,
            },
        ),
        (
            "hang before",
            Effect::FailBefore {
                failure: Failure::Hang,
            },
        ),
        (
            "html before",
            Effect::FailBefore {
                failure: Failure::Html,
            },
        ),
        (
            "limit",
            Effect::Limit {
                retry_after_ms: 2_000,
            },
        ),
        (
            "500 after",
            Effect::FailAfter {
                failure: status(500),
            },
        ),
        (
            "reset after",
            Effect::FailAfter {
                failure: Failure::Reset,
            },
        ),
        (
            "truncated after",
            Effect::FailAfter {
                failure: Failure::Truncated,
            },
        ),
        (
            "hang after",
            Effect::FailAfter {
                failure: Failure::Hang,
            },
        ),
        (
            "late after a reset",
            Effect::Late {
                after_ms: 10_000,
                failure: Failure::Reset,
            },
        ),
        (
            "late after a 500",
            Effect::Late {
                after_ms: 25_000,
                failure: status(500),
            },
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn row_11_a_write_that_fails_once_in_any_way_arrives_once() {
    for generation in GENERATIONS {
        let clean = busy(generation, 1).await;
        clean.run_well().await;
        let counts = clean.counts();
        let mut seen = 0;
        for side in Side::ALL {
            for label in counts
                .side(side)
                .by_route
                .keys()
                .filter(|label| is_write(side, label))
            {
                let mut parts = label.splitn(3, ' ');
                let (method, route) = (parts.next().unwrap(), parts.next().unwrap());
                for (how, effect) in write_effects() {
                    let mut rule = Rule::on(method, route, effect).when(When::Nth(1));
                    if let Some(operation) = parts.clone().next() {
                        rule = rule.body_contains(operation);
                    }
                    let what = format!("{generation:?} {label}: {how}");
                    let world = busy(generation, 1).await;
                    faults(&world, side).add(rule);
                    world.exit().await;
                    if label.starts_with("PUT /api/tasks") && how.starts_with("409") {
                        // Vibe's word for a shared task: refused for good, until a person says otherwise
                        retry_all(&world).await;
                    }
                    recovers(&world, &what).await;
                    seen += 1;
                }
            }
        }
        assert!(seen > 60, "{seen} {counts:?}");
    }
}

fn is_write(side: Side, label: &str) -> bool {
    match side {
        Side::Huly => {
            label.contains("/tx/{ws}")
                || label.contains("createContent")
                || label.contains("updateContent")
        }
        Side::Vibe => ["POST ", "PUT ", "DELETE "]
            .iter()
            .any(|method| label.starts_with(method)),
    }
}

#[tokio::test(start_paused = true)]
async fn a_project_whose_making_lost_its_answer_is_made_once() {
    for generation in GENERATIONS {
        for (how, effect) in write_effects() {
            let world = World::new(generation);
            let project = world.huly_project("HARB", "Harbor");
            world.issue(&project, "A", "Text.", "Todo");
            world
                .vibe
                .faults
                .add(Rule::on("POST", "/api/projects", effect).when(When::Nth(1)));
            world.exit().await;
            for _ in 0..3 {
                world.wait(Duration::from_secs(90)).await;
                world.exit().await;
            }
            let projects = world.vibe.model.lock().projects();
            assert_eq!(projects.len(), 1, "{generation:?} {how}: {projects:?}");
            assert_eq!(world.tasks().len(), 1, "{generation:?} {how}");
            world.assert_converged().await;
            world.assert_quiet().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_ends_the_run_and_leaves_the_other_alone() {
    for (side, route) in [(Side::Huly, FIND), (Side::Vibe, "/api/tasks")] {
        let world = busy(Generation::L2, 1).await;
        faults(&world, side).add(Rule::on(
            "*",
            route,
            Effect::FailBefore {
                failure: Failure::Hang,
            },
        ));
        assert_eq!(world.exit().await, Exit::Service);
        assert_eq!(world.writes(), 0);
        faults(&world, side).clear();
        recovers(&world, route).await;
    }
}

/// Two tasks whose issues were made, opened by somebody, and deleted; and a new store, so that the same ids are made again beside
/// their live texts.
async fn opened_before() -> World {
    let mut world = World::new(Generation::L2);
    world.huly_project("HARB", "Harbor");
    let board = world.vibe_project("Harbor", "harb");
    for title in ["One", "Two"] {
        let text = format!("Text of {title}.");
        world.task(board, title, Some(&text), sim::vibe::Status::Todo);
    }
    world.run_well().await;
    for issue in world.issues() {
        let mut model = world.huly.model.lock();
        let typed = model.type_text(
            &issue.id,
            &crate::world::markup("Typed."),
            world.who.primary(),
        );
        assert!(typed);
        drop(model);
        world.delete_issue(&issue.id);
    }
    world.store = crate::world::fresh_store(2, world.env.as_ref());
    world
}

#[tokio::test(start_paused = true)]
async fn a_create_that_cannot_be_finished_holds_up_no_other() {
    let world = opened_before().await;
    // The creates are carried out without an answer; of their texts, which are written afterwards, one is refused.
    let failure = Failure::Reset;
    let unanswered = Rule::on(
        "POST",
        "/transactor/api/v1/tx/{ws}",
        Effect::FailAfter { failure },
    );
    let creates = unanswered.body_contains("TxApplyIf").when(When::Nth(1));
    world.huly.faults.add(creates);
    let failure = Failure::Status {
        status: 500,
        body: String::new(),
    };
    let refused = Rule::on(
        "POST",
        "/collaborator/rpc/{doc}",
        Effect::FailBefore { failure },
    );
    let one = refused.body_contains("Text of One.").when(When::From(2));
    world.huly.faults.add(one);
    world.run().await;
    let texts = || {
        let issues = world.issues();
        let texts = issues.iter().map(|issue| world.issue_text(&issue.id));
        texts.filter(|text| text.starts_with("Text of ")).count()
    };
    assert_eq!((world.issues().len(), texts()), (2, 1));
    world.huly.faults.clear();
    world.wait(Duration::from_mins(2)).await;
    world.settle().await;
    assert_eq!(world.issues().len(), 2);
}
