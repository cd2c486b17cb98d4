//! What the exit code tells, and what is printed with it.

use sim::{
    faults::{Effect, Failure, Rule},
    vibe::{Generation, Status},
};

use crate::{
    process::until,
    world::{CANARY, World},
};

/// Twenty linked pairs.
async fn twenty() -> World {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for at in 0..20 {
        world.issue(&project, &format!("Issue {at}"), "Text.", "Todo");
    }
    world.sync().await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_a_server_refuses_exits_with_3_and_the_rest_arrives() {
    let world = World::new(Generation::L2).await;
    let project = world.huly_project("HARB", "Harbor");
    for title in ["Fine", "Refused", "Fine, too"] {
        world.issue(&project, title, "", "Todo");
    }
    let failure = Failure::Status {
        status: 422,
        body: "no such thing".into(),
    };
    let refuse = Rule::on("POST", "/api/tasks", Effect::FailBefore { failure });
    world.vibe.faults.add(refuse.body_contains("\"Refused\""));
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    let ran = ran.tells(&["Refused", "[VIBE_"]).prints(&["incomplete:"]);
    assert_eq!(world.tasks().len(), 2, "{ran}");
    world.hvs(&["sync", "once"]).await.exits(3);
    assert_eq!(world.tasks().len(), 2);
    world
        .hvs(&["status"])
        .await
        .exits(0)
        .prints(&["dead letter"]);
    world.vibe.faults.clear();
    // a person changes the item: it is tried again
    world.retitle_issue(&world.issue_named("Refused").id, "Accepted");
    world.hvs(&["sync", "once"]).await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_reaches_its_deadline_names_what_was_not_reached_and_exits_with_3() {
    let mut world = World::sized(Generation::L2, 6, 5, 3).await;
    world.set("sync.run_deadline", "1 s");
    world.set("sync.workers", "1");
    let slow = Effect::Latency {
        ms: 150,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("POST", "/api/tasks", slow));
    let ran = world.hvs(&["sync", "once"]).await.exits(3);
    let ran = ran.tells(&["not reached: P", "deadline"]);
    let made = world.tasks().len();
    assert!(made < 30, "{ran}");
    world.vibe.faults.clear();
    world.set("sync.run_deadline", "10 min");
    world.sync().await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_refuses_or_is_not_there_exits_with_4() {
    let mut world = twenty().await;
    // no waits between the tries
    world.set("retry.base", "10 ms");
    world.set("retry.cap", "10 ms");
    world.set("vibe.url", "http://127.0.0.1:1");
    let ran = world.hvs(&["sync", "once"]).await.exits(4);
    ran.tells(&[
        "Vibe",
        "http://127.0.0.1:1/ cannot be used",
        "[NET_REFUSED]",
        "hint:",
    ]);
    let mut world = twenty().await;
    // the file has the password, too: one of the two must go
    let config = std::fs::read_to_string(world.path("hvs.toml")).unwrap();
    std::fs::write(
        world.path("hvs.toml"),
        config.replace(CANARY, "wr0ng-c4n4ry"),
    )
    .unwrap();
    world.count_afresh();
    let ran = world.hvs(&["sync", "once"]).await.exits(4);
    assert!(
        !ran.err.contains("wr0ng-c4n4ry") && !ran.out.contains("wr0ng-c4n4ry"),
        "{ran}"
    );
    let (huly, _) = world.counts();
    assert_eq!(
        huly.of("login"),
        1,
        "a refused login is never repeated: {huly:#?}"
    );
    world.set("huly.workspace", "elsewhere");
    std::fs::write(world.path("hvs.toml"), config).unwrap();
    world.hvs(&["sync", "once"]).await.exits(4);
    assert_eq!(world.tasks().len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_a_second_run_says_who_is_at_work_and_exits_with_5() {
    let world = twenty().await;
    world.retitle_issue(&world.issue_named("Issue 3").id, "Edited");
    let slow = Effect::Latency {
        ms: 500,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("GET", "/api/tasks", slow));
    world.count_afresh();
    let first = world.start(&["sync", "once"]);
    until("the first run lists tasks, under its lease", || {
        world.vibe.calls.snapshot().of("GET /api/tasks") > 0
    })
    .await;
    // stopped, it holds its lease for as long as the second run needs to see it
    first.signal("STOP");
    let second = world.hvs(&["sync", "once"]).await.exits(5);
    let pid = format!("process {}", first.id());
    let second = second.tells(&[
        &pid,
        " on ",
        "holder",
        "since 20",
        "until 20",
        "[LEASE_HELD]",
    ]);
    let json = world.hvs(&["sync", "once", "--json"]).await.exits(5).json();
    let lease = &json["lease_held_by"];
    assert_eq!(lease["pid"], first.id(), "{json:#}");
    for key in ["holder", "host", "since", "until"] {
        assert!(
            lease[key].as_str().is_some_and(|text| !text.is_empty()),
            "{key}: {json:#}"
        );
        assert!(
            second.err.contains(lease["holder"].as_str().unwrap()),
            "{second}"
        );
    }
    assert_eq!(world.writes(), 0, "the second run writes nothing");
    // reading stays possible meanwhile
    world.hvs(&["status"]).await.exits(0).prints(&[&pid]);
    world.hvs(&["runs"]).await.exits(0);
    first.signal("CONT");
    let first = first.wait().await.exits(0);
    world.keeps_secrets(&first);
    assert_eq!(world.task_named("Edited").status, Status::Todo);
    world.vibe.faults.clear();
    world.stays_quiet().await;
}

/// The words that follow `--accept` in a hint.
fn accepted(err: &str) -> Vec<String> {
    let line = err.lines().find(|line| line.contains("--accept"));
    let line = line.unwrap_or_else(|| panic!("no command to accept it in {err}"));
    let mut words = line
        .split_whitespace()
        .skip_while(|word| *word != "--accept");
    let mut hashes = Vec::new();
    while words.next() == Some("--accept") {
        hashes.push(words.next().unwrap().trim_matches('`').to_owned());
    }
    hashes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_deletion_is_held_back_with_6_until_its_hash_is_accepted() {
    for side in ["huly", "vibe"] {
        let world = twenty().await;
        for at in 0..8 {
            let title = format!("Issue {at}");
            match side {
                "huly" => world.delete_issue(&world.issue_named(&title).id),
                _ => world.delete_task(world.task_named(&title).id),
            }
        }
        world.retitle_issue(&world.issue_named("Issue 15").id, "Goes on");
        let cancelled = |world: &World| {
            let tasks = world.tasks();
            let issues = world.issues();
            tasks
                .iter()
                .filter(|task| task.status == Status::Cancelled)
                .count()
                + issues
                    .iter()
                    .filter(|issue| issue.status_name == "Canceled")
                    .count()
        };
        let plan = world
            .hvs(&["plan"])
            .await
            .exits(6)
            .tells(&["held back:", "8 removals"]);
        let ran = world.hvs(&["sync", "once"]).await.exits(6);
        let ran = ran.tells(&[
            "held back: 8 removals",
            "in HARB Harbor",
            "hvs sync once --accept",
        ]);
        let hashes = accepted(&ran.err);
        assert_eq!(hashes.len(), 1, "{ran}");
        assert_eq!(
            accepted(&plan.err),
            hashes,
            "plan and run name the same: {plan}"
        );
        assert!(ran.err.contains(&format!("[{}]", hashes[0])), "{ran}");
        assert_eq!(cancelled(&world), 0, "{ran}");
        world.task_named("Goes on");
        // nothing is forgotten, nothing done by itself, and no other hash will do
        world.count_afresh();
        let again = world.hvs(&["sync", "once", "--json"]).await.exits(6).json();
        assert_eq!(
            again["projects"][0]["held"][0]["hash"], hashes[0],
            "{again:#}"
        );
        let wrong = "0".repeat(hashes[0].len());
        world.hvs(&["sync", "once", "--accept", &wrong]).await;
        assert_eq!((world.writes(), cancelled(&world)), (0, 0));
        world
            .hvs(&["sync", "once", "--accept", &hashes[0]])
            .await
            .exits(0);
        assert_eq!(cancelled(&world), 8);
        assert_eq!(world.issues().len() + world.tasks().len(), 32);
        world.stays_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expires_in_the_middle_leads_to_one_fresh_login() {
    let world = twenty().await;
    let slow = Effect::Latency {
        ms: 200,
        jitter_ms: 0,
    };
    world
        .vibe
        .faults
        .add(Rule::on("GET", "/api/projects", slow));
    world.retitle_issue(&world.issue_named("Issue 3").id, "Edited");
    world.count_afresh();
    let run = world.start(&["sync", "once"]);
    until("the run has signed in and found Huly's projects", || {
        world.huly.calls.snapshot().of("find-all") > 0
    })
    .await;
    world.huly.model.lock().expire_tokens();
    let ran = run.wait().await.exits(0);
    let (huly, _) = world.counts();
    assert!(huly.of("login") <= 2, "{huly:#?}\n{ran}");
    world.task_named("Edited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_asked_to_stop_ends_at_a_safe_point() {
    let mut world = World::sized(Generation::L2, 5, 20, 5).await;
    world.set("sync.workers", "1");
    let slow = Effect::Latency {
        ms: 20,
        jitter_ms: 0,
    };
    world.vibe.faults.add(Rule::on("POST", "/api/tasks", slow));
    let run = world.start(&["sync", "once"]);
    until("it makes tasks", || world.tasks().len() > 5).await;
    run.signal("TERM");
    let ran = run.wait().await.exits(3);
    let ran = ran.tells(&["not reached: P", "asked to stop"]);
    assert!(world.tasks().len() < 100, "{ran}");
    // its lease is given up: the next run starts at once
    world.sync().await;
    world.assert_same_on_both_sides();
    world.stays_quiet().await;
    let counted = world.status().await;
    assert_eq!(counted["counts"]["live_intents"], 0, "{counted:#}");
}
