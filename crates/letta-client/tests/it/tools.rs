//! Tools by their names, and who has a block.

use http_kit::Kind;
use letta_client::{AgentUpdate, NewAgent, codes, route};
use mockito::Matcher;
use serde_json::{Value, json};

use crate::server::{
    AGENT, BLOCK, agent_id, agent_row, block_id, detail, json_mock, numbered, query, resumed,
};

fn tool_row(number: usize, name: &str) -> Value {
    json!({"id": format!("tool-00000000-0000-4000-8000-{number:012}"), "name": name, "tool_type": "custom"})
}

#[tokio::test]
async fn tools_are_looked_for_by_all_their_names_at_once_and_checked_again() {
    let (mut server, letta) = resumed(None).await;
    // a proxy that drops the query gives all of them
    let rows = json!([
        tool_row(1, "web_search"),
        tool_row(2, "other"),
        tool_row(3, "Web_search")
    ]);
    let list = json_mock(&mut server, "GET", route::TOOLS, 200, &rows.to_string())
        .match_query(query(&[("names", "web_search"), ("names", "none_such")]))
        .expect_at_least(1)
        .create_async()
        .await;
    let found = letta
        .tools_named(&["web_search", "none_such"])
        .await
        .unwrap();
    let names: Vec<&str> = found.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["web_search"]);
    list.assert_async().await;
    assert_eq!(letta.tools_named(&[]).await.unwrap(), [], "no call");
}

#[tokio::test]
async fn a_block_tells_which_agents_have_it_and_one_that_is_gone_tells_nothing() {
    let path = format!("/v1/blocks/{BLOCK}/agents");
    let (mut server, letta) = resumed(None).await;
    let rows = json!([agent_row(&numbered(1), "One", &["a"])]);
    json_mock(&mut server, "GET", path.as_str(), 200, &rows.to_string())
        .match_query(Matcher::Any)
        .create_async()
        .await;
    assert_eq!(letta.agents_of_block(block_id()).await.unwrap().len(), 1);

    let (mut server, letta) = resumed(None).await;
    json_mock(&mut server, "GET", path.as_str(), 200, "[]")
        .match_query(Matcher::Any)
        .create_async()
        .await;
    assert_eq!(letta.agents_of_block(block_id()).await.unwrap(), []);

    let (mut server, letta) = resumed(None).await;
    let words = detail(&format!("Block with id={BLOCK} not found"));
    json_mock(&mut server, "GET", path.as_str(), 404, &words)
        .match_query(Matcher::Any)
        .create_async()
        .await;
    let error = letta.agents_of_block(block_id()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, codes::LETTA_NOT_FOUND)
    );
}

#[tokio::test]
async fn another_embedding_is_asked_for_and_looked_for_in_the_answer() {
    let (mut server, letta) = resumed(None).await;
    let path = format!("/v1/agents/{AGENT}");
    let mut row = agent_row(AGENT, "One", &[]);
    row["embedding"] = "openai/old".into();
    let change = json_mock(&mut server, "PATCH", path.as_str(), 200, &row.to_string())
        .match_query(Matcher::Any)
        .match_body(Matcher::Json(json!({"embedding": "openai/new"})))
        .create_async()
        .await;
    let update = AgentUpdate {
        embedding: Some("openai/new".to_owned()),
        ..AgentUpdate::default()
    };
    let error = letta.update_agent(agent_id(), &update).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_INCOMPLETE);
    assert!(error.detail().contains("embedding"), "{error}");
    change.assert_async().await;
}

#[tokio::test]
async fn an_agent_may_be_made_with_the_tools_that_are_named_alone() {
    let (mut server, letta) = resumed(None).await;
    let mut row = agent_row(AGENT, "One", &["hvs"]);
    row["tools"] = json!([tool_row(1, "web_search")]);
    let create = json_mock(&mut server, "POST", route::AGENTS, 200, &row.to_string())
        .match_query(Matcher::Any)
        .match_body(Matcher::PartialJson(
            json!({"tools": ["web_search"], "include_base_tools": false}),
        ))
        .create_async()
        .await;
    let new = NewAgent {
        name: "One".to_owned(),
        tags: vec!["hvs".to_owned()],
        tools: vec!["web_search".to_owned()],
        include_base_tools: Some(false),
        ..NewAgent::default()
    };
    letta.create_agent(&new).await.unwrap().whole().unwrap();
    create.assert_async().await;
}
