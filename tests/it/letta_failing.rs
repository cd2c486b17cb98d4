//! What Letta refuses for good is a dead letter like any other; what agents are made like; and what a deleted one leaves behind.

use sim::{
    faults::{Effect, Failure, Rule},
    letta::{AgentFilter, BlockFilter, NewAgent, NewBlock, Page},
};

use crate::letta::Told;

fn refused() -> Rule {
    let failure = Failure::Status {
        status: 422,
        body: r#"{"trace_id": "", "detail": "[{'msg': 'not like this'}]"}"#.to_owned(),
    };
    let effect = Effect::FailBefore { failure };
    Rule::on("PATCH", "/v1/blocks/{block_id}", effect).body_contains("What needs attention")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_given_up_stands_in_dlq_and_status_and_is_told_on_a_persons_word() {
    let mut told = Told::new().await;
    told.world.set("retry.max_attempts", "2");
    told.sync().await.exits(0);
    let well = told.world.hvs(&["status"]).await.exits(0);
    well.prints(&["verdict: ok", "1 told"]);
    told.letta.faults.add(refused());
    let crane = told.world.issue_named("Crane").id;
    told.world.move_issue(&crane, "InProgress");
    told.sync().await.exits(3);
    let list = told.world.hvs(&["dlq", "list"]).await.exits(0);
    assert!(!list.out.contains("Letta"), "it is tried again: {list}");
    told.world
        .hvs(&["status"])
        .await
        .exits(0)
        .prints(&["1 waiting"]);
    told.sync().await.exits(3);
    told.letta.calls.reset();
    let quiet = told.sync().await.exits(0);
    let calls = told.letta.calls.snapshot();
    assert_eq!(calls.reads + calls.writes + calls.sessions, 0, "{quiet}");

    let list = told.world.hvs(&["dlq", "list"]).await.exits(0);
    let list = list.prints(&["Letta", "hotspots", "HARB (agent)", "LETTA_BAD_VALUE"]);
    let json = told
        .world
        .hvs(&["dlq", "list", "--json"])
        .await
        .exits(0)
        .json();
    assert_eq!(json[0]["side"], "letta", "{list}");
    assert_eq!(json[0]["blocks"], serde_json::json!(["hotspots"]));
    let show = told.world.hvs(&["dlq", "show", "harb"]).await.exits(0);
    show.prints(&["HARB (agent)", "dead", "what to do", "not like this"]);
    let status = told.world.hvs(&["status"]).await.exits(0);
    status.prints(&[
        "verdict: degraded",
        "Letta: 1 agent given up",
        "given up: the agent of HARB",
    ]);
    let status = told.world.hvs(&["status", "--json"]).await.exits(0).json();
    assert_eq!(status["agents"]["given_up"], 1, "{status:#}");
    told.world.hvs(&["status", "--check"]).await.exits(3);
    let letta = told.world.hvs(&["letta", "list"]).await.exits(0);
    letta.prints(&["given up: LETTA_BAD_VALUE"]);

    let id = json[0]["id"].as_str().unwrap();
    let dropped = told.world.hvs(&["dlq", "drop", id]).await.exits(0);
    dropped.prints(&["1 dead letter dropped"]);
    let none = told.world.hvs(&["dlq", "list"]).await.exits(0);
    assert!(none.err.contains("no dead letters"), "{none}");
    told.world.hvs(&["status", "--check"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_an_agent_that_is_given_up_told_once_more() {
    let mut told = Told::new().await;
    told.world.set("retry.max_attempts", "1");
    told.sync().await.exits(0);
    told.letta.faults.add(refused());
    let crane = told.world.issue_named("Crane").id;
    told.world.move_issue(&crane, "InProgress");
    told.sync().await.exits(3);
    told.letta.faults.clear();
    told.sync().await.exits(0);
    assert!(!told.the_agent().1["hotspots"].contains("Crane"));
    let retried = told.world.hvs(&["dlq", "retry", "HARB"]).await.exits(0);
    retried.prints(&["1 dead letter taken away"]);
    told.sync().await.exits(0);
    assert!(told.the_agent().1["hotspots"].contains("Crane"));
    told.world.hvs(&["status", "--check"]).await.exits(0);
    let history = told.world.hvs(&["history"]).await.exits(0);
    history.prints(&["HARB (agent)", "retry"]);
    let none = told.world.hvs(&["dlq", "retry", "HARB"]).await.exits(2);
    assert!(
        none.err.contains("there is no dead letter `HARB`"),
        "{none}"
    );
    told.world.stays_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_is_none_is_told_by_check_and_by_the_run_and_makes_no_agent() {
    let mut told = Told::new().await;
    told.world.set("letta.template", "Control");
    let none = told.world.hvs(&["check"]).await.exits(2);
    none.prints(&["AGENT_TEMPLATE", "letta.template", "Control"]);
    let ran = told.sync().await.exits(3);
    ran.prints(&["AGENT_TEMPLATE"]);
    told.world.assert_same_on_both_sides();
    let make = || {
        let agent = NewAgent {
            name: Some("Control".to_owned()),
            model: Some("letta/letta-free".to_owned()),
            memory_blocks: Some(vec![NewBlock {
                label: "persona".to_owned(),
                value: Some("I keep {project} on course.".to_owned()),
                ..NewBlock::default()
            }]),
            ..NewAgent::default()
        };
        told.letta
            .model
            .lock()
            .create_agent(agent)
            .unwrap()
            .agent
            .id
    };
    let first = make();
    let second = make();
    let several = told.world.hvs(&["check"]).await.exits(2);
    several.prints(&["AGENT_TEMPLATE", "2 agents"]);
    told.letta.model.lock().delete_agent(&second).unwrap();
    let found = told.world.hvs(&["check"]).await.exits(0);
    found.prints(&["Control", &first]);
    let refused = told.world.hvs(&["letta", "adopt", "HARB", &first]).await;
    assert!(
        refused.code != Some(0) && refused.err.contains("template"),
        "{refused}"
    );
    told.sync().await.exits(0);
    let agents = told.agents();
    assert_eq!(agents.len(), 2, "{agents:#?}");
    let ours = agents.iter().find(|(name, _)| name != "Control").unwrap();
    assert!(
        ours.1["persona"].starts_with("I keep \"Harbor (north)\""),
        "{ours:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_a_deleted_agent_leaves_behind_only_what_hvs_made_and_nobody_has_is_removed() {
    let told = Told::new().await;
    told.sync().await.exits(0);
    let (theirs, shared) = {
        let mut model = told.letta.model.lock();
        let page = Page {
            limit: Some(0),
            ..Page::default()
        };
        let blocks = model.list_blocks(&BlockFilter::default(), &page).unwrap();
        let id = |label: &str| {
            let block = blocks.iter().find(|block| block.label == label);
            block.unwrap().id.clone()
        };
        // somebody else's agent has one of ours, and a block of its own of the same label
        let other = NewAgent {
            name: Some("Somebody".to_owned()),
            model: Some("letta/letta-free".to_owned()),
            block_ids: Some(vec![id("hotspots")]),
            memory_blocks: Some(vec![NewBlock {
                label: "project".to_owned(),
                value: Some("theirs".to_owned()),
                ..NewBlock::default()
            }]),
            ..NewAgent::default()
        };
        let other = model.create_agent(other).unwrap();
        let theirs = other.blocks.iter().find(|block| block.label == "project");
        let ours = model
            .list_agents(&AgentFilter::default(), &page, &[])
            .unwrap();
        let ours = ours
            .into_iter()
            .find(|view| view.agent.name.starts_with("Huly"))
            .unwrap();
        model.delete_agent(&ours.agent.id).unwrap();
        (theirs.unwrap().id.clone(), id("hotspots"))
    };
    let crane = told.world.issue_named("Crane").id;
    told.world.move_issue(&crane, "InProgress");
    told.sync().await.exits(0);
    let model = told.letta.model.lock();
    let orphans = BlockFilter {
        agents: Some(0),
        ..BlockFilter::default()
    };
    let page = Page {
        limit: Some(0),
        ..Page::default()
    };
    let left = model.list_blocks(&orphans, &page).unwrap();
    assert_eq!(left, [], "all that nobody has is gone");
    assert!(model.block(&theirs).is_ok() && model.block(&shared).is_ok());
}
