//! Agents: found by what they carry, made whole, changed, deleted.

use http_kit::Kind;
use letta_client::{
    AgentUpdate, Creation, Deletion, Letta, NewAgent, NewBlock, Version, codes, may_repeat, route,
};
use mockito::{Matcher, Mock, ServerGuard};
use serde_json::{Value, json};

use crate::server::{
    AGENT, PAGE, agent_id, agent_row, block_row, detail, json_mock, numbered, query, resumed,
};

const TOOL: &str = "tool-21af1c8b-3ced-413a-9baa-a8467da7a4a1";

fn path() -> String {
    format!("/v1/agents/{AGENT}")
}

fn whole() -> Matcher {
    query(&[
        ("include", "agent.tags"),
        ("include", "agent.blocks"),
        ("include", "agent.tools"),
    ])
}

fn new_agent() -> NewAgent {
    let block = NewBlock {
        label: "hotspots".to_owned(),
        value: "none\0".to_owned(),
        limit: 100,
        description: Some("where it hurts".to_owned()),
        read_only: true,
        tags: vec!["hvs".to_owned()],
    };
    NewAgent {
        name: "Huly - Harbour".to_owned(),
        tags: vec!["hvs".to_owned(), "project:7".to_owned()],
        model: Some("letta/letta-free".to_owned()),
        memory_blocks: vec![block],
        ..NewAgent::default()
    }
}

/// The row that answers the create of [`new_agent`].
fn made() -> Value {
    let mut row = agent_row(AGENT, "Huly - Harbour", &["project:7", "hvs"]);
    let mut block = block_row("hotspots", "none", 100);
    block["read_only"] = true.into();
    block["description"] = "where it hurts".into();
    row["blocks"] = json!([block]);
    row
}

async fn create(server: &mut ServerGuard, answer: &Value, body: Matcher) -> Mock {
    json_mock(server, "POST", route::AGENTS, 200, &answer.to_string())
        .match_query(whole())
        .match_body(body)
        .create_async()
        .await
}

#[tokio::test]
async fn agents_are_found_by_all_their_tags_even_where_the_filter_is_ignored() {
    let (mut server, letta) = resumed(None).await;
    let mut old = agent_row(&numbered(5), "a", &["p", "x", "q"]);
    old["created_at"] = "2026-11-20T07:24:14Z".into();
    let mut twin = agent_row(&numbered(6), "a-sleeptime", &["p", "q"]);
    twin["agent_type"] = "sleeptime_agent".into();
    let rows = json!([
        agent_row(&numbered(1), "a", &["q", "p"]),
        agent_row(&numbered(2), "a", &["p"]),
        agent_row(&numbered(3), "a", &["p", "Q"]),
        agent_row(&numbered(4), "a", &[]),
        old,
        twin,
    ]);
    let filter = [
        ("tags", "p"),
        ("tags", "q"),
        ("match_all_tags", "true"),
        ("order", "asc"),
    ];
    let mock = json_mock(&mut server, "GET", route::AGENTS, 200, &rows.to_string())
        .match_query(query(&filter))
        .expect(2)
        .create_async()
        .await;
    let agents = letta.agents_with_tags(&["p", "q"]).await.unwrap();
    let ids: Vec<_> = agents.iter().map(|agent| agent.id.to_string()).collect();
    assert_eq!(ids, [numbered(5), numbered(1)], "oldest first");
    mock.assert_async().await;
}

#[tokio::test]
async fn names_are_exact_and_nothing_is_never_a_filter() {
    let (mut server, letta) = resumed(None).await;
    let rows = json!([
        agent_row(&numbered(1), "control", &[]),
        agent_row(&numbered(2), "Control", &[]),
        agent_row(&numbered(3), "control 2", &[]),
    ]);
    json_mock(&mut server, "GET", route::AGENTS, 200, &rows.to_string())
        .match_query(query(&[("name", "control"), ("include", "agent.tags")]))
        .create_async()
        .await;
    let agents = letta.agents_named("control").await.unwrap();
    assert_eq!(agents.len(), 1);
    let calls = letta.stats().calls;
    assert!(letta.agents_named("").await.unwrap().is_empty());
    for tags in [&[][..], &["p", ""]] {
        let error = letta.agents_with_tags(tags).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Rejected);
    }
    assert_eq!(letta.stats().calls, calls);
}

#[tokio::test]
async fn only_the_servers_own_words_mean_that_an_agent_is_gone() {
    let (mut server, letta) = resumed(None).await;
    json_mock(
        &mut server,
        "GET",
        path().as_str(),
        200,
        &made().to_string(),
    )
    .match_query(whole())
    .create_async()
    .await;
    let agent = letta.agent(agent_id()).await.unwrap().unwrap();
    assert_eq!(agent.block("hotspots").unwrap().value, "none");
    server.reset();
    let words = format!("Agent with ID {AGENT} not found");
    let cases = [
        (404, "application/json", detail(&words), None),
        (
            404,
            "application/json",
            detail("Not Found"),
            Some(codes::LETTA_ROUTE_MISSING),
        ),
        (404, "text/html", PAGE.to_owned(), Some(codes::LETTA_HTML)),
        (
            404,
            "text/plain",
            words.clone(),
            Some(codes::LETTA_ROUTE_MISSING),
        ),
        (
            404,
            "text/plain",
            String::new(),
            Some(codes::LETTA_APP_SERVER),
        ),
        (
            200,
            "application/json",
            "null".to_owned(),
            Some(codes::LETTA_SHAPE),
        ),
    ];
    for (status, mime, body, code) in cases {
        let mock = server
            .mock("GET", path().as_str())
            .match_query(Matcher::Any)
            .with_status(status)
            .with_header("content-type", mime)
            .with_body(&body)
            .create_async()
            .await;
        match (letta.agent(agent_id()).await, code) {
            (Ok(found), None) => assert_eq!(found, None),
            (Err(error), Some(code)) => {
                assert_eq!((error.kind(), error.code()), (Kind::Fatal, code));
            }
            (other, _) => panic!("{status} {body}: {other:?}"),
        }
        mock.remove_async().await;
    }
}

#[tokio::test]
async fn an_agent_is_made_with_all_its_blocks_in_one_body() {
    let body = json!({
        "name": "Huly - Harbour",
        "tags": ["hvs", "project:7"],
        "model": "letta/letta-free",
        "memory_blocks": [{"label": "hotspots", "value": "none\u{0}", "limit": 100,
            "description": "where it hurts", "read_only": true, "tags": ["hvs"]}],
    });
    let mut without_tags = body.clone();
    without_tags["memory_blocks"][0]
        .as_object_mut()
        .unwrap()
        .remove("tags");
    let versions = [
        (None, &body),
        (Some(Version(0, 16, 8)), &body),
        (Some(Version(0, 16, 1)), &without_tags),
    ];
    for (version, body) in versions {
        let (mut server, letta) = resumed(version).await;
        let mock = create(&mut server, &made(), Matcher::Json(body.clone())).await;
        let agent = letta
            .create_agent(&new_agent())
            .await
            .unwrap()
            .whole()
            .unwrap();
        assert_eq!(agent.id, agent_id());
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn an_agent_that_lacks_something_is_told_with_its_id_and_its_gaps() {
    let mut new = new_agent();
    new.tools = vec!["memory_replace".to_owned()];
    let mut row = made();
    row["name"] = "Other".into();
    row["tags"] = json!(["hvs"]);
    row["blocks"][0]["limit"] = 5.into();
    let mut bare = made();
    bare["blocks"] = json!([]);
    bare["tools"] = json!([{"id": TOOL, "name": "memory_replace"}]);
    let cases = [
        (
            row,
            vec![
                "name",
                "tag project:7",
                "tool memory_replace",
                "limit of block hotspots",
            ],
        ),
        (bare, vec!["block hotspots"]),
    ];
    for (row, gaps) in cases {
        let (mut server, letta) = resumed(None).await;
        create(&mut server, &row, Matcher::Any).await;
        let creation = letta.create_agent(&new).await.unwrap();
        let Creation::Incomplete { agent, missing } = creation.clone() else {
            panic!("{creation:?}");
        };
        assert_eq!(agent.id, agent_id());
        assert_eq!(missing, gaps);
        let error = creation.whole().unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Unknown, codes::LETTA_INCOMPLETE)
        );
        assert!(
            error.detail().contains(AGENT) && error.detail().contains(gaps[0]),
            "{error}"
        );
        assert!(!may_repeat(&error));
    }
}

#[tokio::test]
async fn what_the_server_would_refuse_or_drop_is_not_even_sent() {
    let (_server, letta) = resumed(None).await;
    let mut bad_name = new_agent();
    bad_name.name = "v1.2 (beta)".to_owned();
    let mut twins = new_agent();
    twins.memory_blocks.push(twins.memory_blocks[0].clone());
    let mut long = new_agent();
    long.memory_blocks[0].limit = 4;
    let cases = [
        (bad_name, codes::LETTA_NAME, "v1.2 (beta)"),
        (twins, codes::LETTA_BAD_VALUE, "hotspots"),
        (
            long,
            codes::LETTA_TOO_LONG,
            "block hotspots has 5 characters, its limit is 4",
        ),
    ];
    for (new, code, words) in cases {
        let error = letta.create_agent(&new).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Rejected, code));
        assert!(error.detail().contains(words), "{error}");
    }
    let update = AgentUpdate {
        name: Some("a/b".to_owned()),
        ..AgentUpdate::default()
    };
    let error = letta.update_agent(agent_id(), &update).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_NAME);
    assert_eq!(letta.stats().calls, 0);
}

#[tokio::test]
async fn a_create_is_sent_once_whatever_comes_back() {
    let cases = [
        (500, detail("x"), Kind::Unknown, codes::LETTA_HTTP_500),
        (502, String::new(), Kind::Unknown, codes::LETTA_BUSY),
        (200, "{".to_owned(), Kind::Unknown, codes::LETTA_BROKEN_JSON),
        (200, "{}".to_owned(), Kind::Unknown, codes::LETTA_SHAPE),
        (429, detail("x"), Kind::Transient, codes::LETTA_BUSY),
        (
            404,
            detail("NOT_FOUND: Handle a/b not found, must be one of []"),
            Kind::Rejected,
            codes::LETTA_HANDLE,
        ),
    ];
    for (status, body, kind, code) in cases {
        let (mut server, letta) = resumed(None).await;
        let mock = json_mock(&mut server, "POST", route::AGENTS, status, &body)
            .match_query(Matcher::Any)
            .expect(1)
            .create_async()
            .await;
        let error = letta.create_agent(&new_agent()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code), "{error}");
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn an_update_replaces_tags_whole_and_is_compared() {
    let (mut server, letta) = resumed(None).await;
    let update = AgentUpdate {
        tags: Some(vec!["hvs".to_owned()]),
        description: Some(String::new()),
        model: Some("letta/letta-free".to_owned()),
        tool_ids: Some(vec![TOOL.parse().unwrap()]),
        ..AgentUpdate::default()
    };
    let sent = json!({"tags": ["hvs"], "description": "", "model": "letta/letta-free", "tool_ids": [TOOL]});
    let row = |tags: &[&str]| {
        let mut row = agent_row(AGENT, "x", tags);
        row["model"] = "letta/letta-free".into();
        row["tools"] = json!([{"id": TOOL, "name": "memory_replace"}]);
        row
    };
    let patch = |server: &mut ServerGuard, row: &Value| {
        json_mock(server, "PATCH", path().as_str(), 200, &row.to_string())
            .match_query(whole())
            .match_body(Matcher::Json(sent.clone()))
    };
    let good = patch(&mut server, &row(&["hvs"])).create_async().await;
    letta.update_agent(agent_id(), &update).await.unwrap();
    good.remove_async().await;
    let more = patch(&mut server, &row(&["hvs", "old"]))
        .create_async()
        .await;
    let error = letta.update_agent(agent_id(), &update).await.unwrap_err();
    assert_eq!(error.code(), codes::LETTA_INCOMPLETE);
    assert!(error.detail().ends_with("without tags"), "{error}");
    assert!(may_repeat(&error));
    more.remove_async().await;
    let mut poor = row(&["hvs"]);
    poor["model"] = "other/one".into();
    poor["tools"] = json!([]);
    patch(&mut server, &poor).create_async().await;
    let error = letta.update_agent(agent_id(), &update).await.unwrap_err();
    assert!(error.detail().ends_with("without model, tools"), "{error}");
}

#[tokio::test]
async fn an_agent_that_is_gone_is_deleted() {
    let (mut server, letta) = resumed(None).await;
    let delete = async |letta: &Letta| letta.delete_agent(agent_id()).await;
    let done = json_mock(
        &mut server,
        "DELETE",
        path().as_str(),
        200,
        r#"{"message":"deleted"}"#,
    )
    .create_async()
    .await;
    assert_eq!(delete(&letta).await.unwrap(), Deletion::Deleted);
    done.remove_async().await;
    let words = format!("Agent not found with id='['{AGENT}']', access level in ['read']");
    let gone = json_mock(&mut server, "DELETE", path().as_str(), 404, &detail(&words))
        .create_async()
        .await;
    assert_eq!(delete(&letta).await.unwrap(), Deletion::AlreadyGone);
    gone.remove_async().await;
    json_mock(
        &mut server,
        "DELETE",
        path().as_str(),
        404,
        &detail("Not Found"),
    )
    .create_async()
    .await;
    assert_eq!(delete(&letta).await.unwrap_err().kind(), Kind::Fatal);
}
