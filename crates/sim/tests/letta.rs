//! The Letta model by itself, and its faults, counters and people over the wire.

#![cfg(test)]

use axum::Router;
use http_kit::{Call, Effect, Reply, TransportError};
use serde_json::{Value, json};
use sim::clock::Clock;
use sim::faults::{Effect as Fault, Failure, Rule, When};
use sim::http::{Server, letta_router};
use sim::letta::{
    AgentFilter, AgentUpdate, AgentView, Block, BlockFilter, BlockUpdate, LettaModel, NewAgent,
    NewBlock, Page, Refusal, Relation, Version,
};
use sim::wire::transport;
use tower::ServiceExt;

fn model() -> LettaModel {
    LettaModel::new(Clock::by_hand(1_795_245_000_000), 1)
}

fn new_block(label: &str, value: &str) -> NewBlock {
    NewBlock {
        label: label.into(),
        value: Some(value.into()),
        ..NewBlock::default()
    }
}

fn new_agent(name: &str, labels: &[&str]) -> NewAgent {
    let blocks = labels.iter().map(|label| new_block(label, "v")).collect();
    NewAgent {
        name: Some(name.into()),
        model: Some("letta/letta-free".into()),
        tags: Some(vec!["hvs".into(), format!("project:{name}")]),
        memory_blocks: Some(blocks),
        ..NewAgent::default()
    }
}

fn valued(value: &str) -> BlockUpdate {
    BlockUpdate {
        value: Some(value.into()),
        ..BlockUpdate::default()
    }
}

fn orphans(letta: &LettaModel) -> Vec<Block> {
    let filter = BlockFilter {
        agents: Some(0),
        ..BlockFilter::default()
    };
    letta.list_blocks(&filter, &Page::oldest(0)).unwrap()
}

fn labels(view: &AgentView) -> Vec<&str> {
    view.blocks
        .iter()
        .map(|block| block.label.as_str())
        .collect()
}

#[test]
fn nothing_is_unique_but_a_label_within_one_agent() {
    let mut letta = model();
    let first = letta
        .create_agent(new_agent("A", &["x", "x", "y"]))
        .unwrap();
    let twin = letta.create_agent(new_agent("A", &["x"])).unwrap();
    assert_eq!(labels(&first), ["x", "y"]);
    assert_eq!(orphans(&letta).len(), 1, "the second x is nobody's");
    let (one, other) = (&first.agent.id, &twin.blocks[0].id);
    assert!(matches!(
        letta.attach_block(one, other),
        Err(Refusal::Taken(_))
    ));
    assert!(
        letta.attach_block(one, &first.blocks[0].id).is_ok(),
        "again"
    );
    let tagged = AgentFilter {
        tags: vec!["hvs".into(), "project:A".into()],
        match_all_tags: true,
        ..AgentFilter::default()
    };
    let found = letta.list_agents(&tagged, &Page::oldest(10), &[]).unwrap();
    let ids: Vec<_> = found.iter().map(|view| &view.agent.id).collect();
    assert_eq!(ids, [&first.agent.id, &twin.agent.id]);
    assert!(found[0].tags.is_empty(), "not named, so it looks like none");
}

#[test]
fn an_agent_leaves_its_blocks_and_takes_its_twin_along() {
    let mut letta = model();
    let made = letta
        .create_agent(NewAgent {
            enable_sleeptime: Some(true),
            ..new_agent("A", &["x"])
        })
        .unwrap();
    let twin = made.group.unwrap().twin;
    let twin = letta.agent(&twin, &Relation::ALL).unwrap();
    assert_eq!(
        (twin.agent.name.as_str(), twin.tags.len()),
        ("A-sleeptime", 0)
    );
    assert_eq!(twin.blocks, made.blocks);
    letta.delete_agent(&made.agent.id).unwrap();
    assert!(letta.agents().is_empty());
    assert_eq!(orphans(&letta).len(), 1);
    assert!(matches!(
        letta.delete_agent(&made.agent.id),
        Err(Refusal::NotFound(_))
    ));
}

#[test]
fn a_change_replaces_what_it_names_and_leaves_the_rest() {
    let mut letta = model();
    let made = letta.create_agent(new_agent("A", &["x", "y"])).unwrap();
    let kept = made.blocks[1].id.clone();
    let update = AgentUpdate {
        name: Some("any/name: at all".into()),
        tags: Some(vec!["b".into(), "b".into()]),
        block_ids: Some(vec![kept, "block-unknown".into()]),
        ..AgentUpdate::default()
    };
    let changed = letta.update_agent(&made.agent.id, update).unwrap();
    assert_eq!(
        (labels(&changed), changed.tags.clone()),
        (vec!["y"], vec!["b".to_owned()])
    );
    let refused = letta.create_agent(new_agent("any/name", &["x"]));
    assert!(matches!(refused, Err(Refusal::Broken(_))));
    letta.delete_block(&made.blocks[1].id).unwrap();
    let view = letta.agent(&made.agent.id, &Relation::ALL).unwrap();
    assert!(view.blocks.is_empty(), "a block that is gone is detached");
}

#[test]
fn a_busy_block_refuses_changes_but_not_what_it_is_already() {
    let mut letta = model();
    let id = letta.create_block(new_block("x", "old\0")).unwrap().id;
    letta.busy_block(&id, 1);
    assert_eq!(
        letta.update_block(&id, valued("o\0ld")).unwrap().value,
        "old"
    );
    assert!(matches!(
        letta.update_block(&id, valued("new")),
        Err(Refusal::LostRace(_))
    ));
    assert_eq!(letta.block(&id).unwrap().value, "old");
    assert_eq!(letta.update_block(&id, valued("new")).unwrap().value, "new");
    letta.busy_blocks = 1;
    assert!(letta.update_block(&id, valued("newer")).is_err());
    assert!(letta.update_block(&id, valued("newer")).is_ok());
}

#[test]
fn limits_and_tags_follow_the_release() {
    let over = || NewBlock {
        limit: Some(2),
        tags: Some(vec!["t".into()]),
        ..new_block("x", "äöü")
    };
    let mut newest = model();
    assert_eq!(newest.create_block(over()).unwrap().tags, ["t"]);
    let mut older = model().of_version(Version::V0_16_6);
    assert!(matches!(
        older.create_block(over()),
        Err(Refusal::Unprocessable(_))
    ));
    let id = older.create_block(new_block("x", "")).unwrap().id;
    let too_long = "x".repeat(100_001);
    assert!(matches!(
        older.update_block(&id, valued(&too_long)),
        Err(Refusal::Invalid(_))
    ));
    let raised = BlockUpdate {
        limit: Some(200_000),
        ..valued(&too_long)
    };
    assert!(older.update_block(&id, raised).is_ok());
    let mut oldest = model().of_version(Version::V0_16_1);
    let made = oldest
        .create_block(NewBlock {
            limit: None,
            ..over()
        })
        .unwrap();
    assert_eq!((made.limit, made.tags.len()), (20_000, 0));
}

#[test]
fn a_create_that_fails_late_leaves_orphans_only() {
    let mut letta = model();
    letta.late_create_failures = 1;
    assert!(letta.create_agent(new_agent("A", &["x", "y"])).is_err());
    assert_eq!((letta.agents().len(), orphans(&letta).len()), (0, 2));
    assert!(letta.create_agent(new_agent("A", &["x", "y"])).is_ok());
}

fn server() -> Server<LettaModel> {
    Server::new(model(), 1)
}

async fn send(router: &Router, call: Call) -> Result<Reply, TransportError> {
    transport(router.clone()).oneshot(call).await
}

fn url(path: &str) -> url::Url {
    format!("http://sim.test{path}").parse().unwrap()
}

async fn read(router: &Router, path: &str) -> Value {
    let reply = send(router, Call::get("read", url(path))).await.unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

async fn create(router: &Router, name: &str) -> Result<Reply, TransportError> {
    let body = json!({ "name": name, "model": "letta/letta-free", "tags": ["hvs", name] });
    let call = Call::post_json("create", url("/v1/agents/"), &body, Effect::Write).unwrap();
    send(router, call).await
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_an_agent_and_every_call_is_counted() {
    let server = server();
    let router = letta_router(&server);
    let lost = Fault::FailAfter {
        failure: Failure::Reset,
    };
    server
        .faults
        .add(Rule::on("POST", "/v1/agents/", lost).when(When::First(1)));
    assert!(create(&router, "A").await.is_err());
    assert!(create(&router, "A").await.is_ok());
    let all = read(&router, "/v1/agents/?tags=hvs&tags=A&match_all_tags=true").await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    read(&router, "/v1/health/").await;
    let counts = server.calls.snapshot();
    assert_eq!((counts.reads, counts.writes, counts.sessions), (1, 2, 1));
    assert_eq!(counts.of("POST /v1/agents/"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_loses_queries_and_caps_pages() {
    let server = server();
    let router = letta_router(&server);
    for at in 0..60 {
        create(&router, &format!("A {at}")).await.unwrap();
    }
    let length = async |path: &str| read(&router, path).await.as_array().unwrap().len();
    assert_eq!(length("/v1/agents/?limit=0").await, 60);
    assert_eq!(length("/v1/agents/?name=A+7").await, 1);
    let cap = Fault::CapPage { rows: 50 };
    server.faults.add(Rule::on("GET", "/v1/agents/", cap));
    assert_eq!(length("/v1/agents/?limit=0").await, 50);
    server.faults.clear();
    server
        .faults
        .add(Rule::on("GET", "/v1/agents/", Fault::DropQuery));
    assert_eq!(length("/v1/agents/?name=A+7").await, 50);
    assert_eq!(length("/v1/agents/?tags=nobody").await, 50);
}

#[tokio::test(start_paused = true)]
async fn people_edit_and_remove_what_is_ours() {
    let server = server();
    let router = letta_router(&server);
    let made = server
        .model
        .lock()
        .create_agent(new_agent("A", &["x"]))
        .unwrap();
    let (agent, block) = (&made.agent.id, &made.blocks[0].id);
    let deeds = [
        json!({ "do": "edit_block", "block": block, "value": "by hand" }),
        json!({ "do": "edit_agent", "agent": agent, "tags": [] }),
        json!({ "do": "busy_block", "block": block, "writes": 1 }),
        json!({ "do": "delete_agent", "agent": agent }),
    ];
    for deed in deeds {
        let call = Call::post_json("deed", url("/_sim/person"), &deed, Effect::Write).unwrap();
        let reply = send(&router, call).await.unwrap();
        assert_eq!(reply.status, 200, "{deed}");
    }
    let seen = read(&router, "/_sim/person/snapshot").await;
    assert_eq!(seen["agents"], json!([]));
    assert_eq!(seen["blocks"][0]["value"], "by hand");
    let refused = server.model.lock().update_block(block, valued("ours"));
    assert!(matches!(refused, Err(Refusal::LostRace(_))));
    assert_eq!(server.calls.snapshot().writes, 0, "people are not counted");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_slash_leads_elsewhere_and_a_wrong_password_nowhere() {
    let secure = Server::new(model().with_password("a simulated one"), 1);
    let router = letta_router(&secure);
    let status = async |path: &str, password: Option<&str>| {
        let mut call = Call::get("read", url(path));
        if let Some(password) = password {
            let bearer = format!("Bearer {password}");
            call.headers
                .insert("authorization", bearer.parse().unwrap());
        }
        let reply = send(&router, call).await.unwrap();
        let to = reply.headers.get("location").cloned();
        (
            reply.status.as_u16(),
            to.map(|to| to.to_str().unwrap().to_owned()),
        )
    };
    let right = Some("a simulated one");
    assert_eq!(status("/v1/agents/", None).await, (401, None));
    assert_eq!(status("/v1/agents/", Some("wrong")).await, (401, None));
    assert_eq!(status("/v1/agents/", right).await, (200, None));
    assert_eq!(status("/v1/health/", None).await, (200, None));
    let elsewhere = Some("http://sim.test/v1/agents/?limit=1".to_owned());
    assert_eq!(status("/v1/agents?limit=1", right).await, (307, elsewhere));
}
