//! A mock server and the rows it answers with.

use std::time::Duration;

use http_kit::{Http, Settings};
use letta_client::{Access, AgentId, BlockId, FolderId, Letta, Version, classify, route, settings};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value, json};

pub(crate) const AGENT: &str = "agent-1814be40-8f88-4113-9e5c-4f4056e1065f";
pub(crate) const BLOCK: &str = "block-4f72c7c8-b051-42f3-9f38-5832da171b3f";
pub(crate) const FOLDER: &str = "source-cf1e3069-42cc-409b-ae8d-ad9386bc781f";
pub(crate) const DAY: &str = "2026-11-21T07:24:14.818299Z";
pub(crate) const PAGE: &str = "<!DOCTYPE html><html><body>app</body></html>";
pub(crate) const TWIN: &str = "A unique constraint was violated for Agent. Check your input for duplicates: (sqlalchemy.x) secret";
pub(crate) const RACE: &str = "CONFLICT: Block with id 'block-1' was updated by another transaction. Please retry your request.";

pub(crate) fn agent_id() -> AgentId {
    AGENT.parse().unwrap()
}

pub(crate) fn block_id() -> BlockId {
    BLOCK.parse().unwrap()
}

pub(crate) fn folder_id() -> FolderId {
    FOLDER.parse().unwrap()
}

/// The `number`th agent's id.
pub(crate) fn numbered(number: usize) -> String {
    format!("agent-00000000-0000-4000-8000-{number:012}")
}

pub(crate) fn agent_row(id: &str, name: &str, tags: &[&str]) -> Value {
    json!({"id": id, "name": name, "tags": tags, "blocks": [], "tools": [], "metadata": null,
        "agent_type": "letta_v1_agent", "created_at": DAY, "llm_config": {"new": 1}})
}

pub(crate) fn block_row(label: &str, value: &str, limit: u64) -> Value {
    json!({"id": BLOCK, "label": label, "value": value, "limit": limit, "read_only": false,
        "description": null, "tags": [], "metadata": {}})
}

pub(crate) fn detail(words: &str) -> String {
    json!({ "detail": words }).to_string()
}

pub(crate) fn http() -> Http {
    let quick = Settings {
        backoff_base: Duration::from_millis(1),
        ..settings()
    };
    Http::new(quick, classify).unwrap()
}

pub(crate) fn access(base: &str) -> Access {
    Access {
        base: base.parse().unwrap(),
        token: Some("t0p-secret".into()),
        project: Some("harbour".to_owned()),
    }
}

/// A mock that answers with this JSON, but only to calls that carry what every call carries.
pub(crate) fn json_mock(
    server: &mut Server,
    method: &str,
    path: impl Into<Matcher>,
    status: usize,
    body: &str,
) -> Mock {
    server
        .mock(method, path)
        .match_header("authorization", "Bearer t0p-secret")
        .match_header("x-project", "harbour")
        .match_header("x-stainless-package-version", Matcher::Any)
        .match_header("user-agent", Matcher::Regex("^hvs/[0-9.]+$".to_owned()))
        .with_status(status)
        .with_header("content-type", "application/json")
        .with_body(body)
}

/// A query that holds these pairs and maybe more; names may repeat, so each pair is looked for in the text.
pub(crate) fn query(pairs: &[(&str, &str)]) -> Matcher {
    let one = |pair: &(&str, &str)| {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        let text = text.append_pair(pair.0, pair.1).finish();
        Matcher::Regex(format!("(^|&){}(&|$)", text.replace('.', "[.]")))
    };
    Matcher::AllOf(pairs.iter().map(one).collect())
}

/// A server of this version, and its client, which has made no call.
pub(crate) async fn resumed(version: Option<Version>) -> (ServerGuard, Letta) {
    let server = Server::new_async().await;
    let letta = Letta::resume(http(), access(&server.url()), version).unwrap();
    (server, letta)
}

/// A server that answers health and an empty list of agents.
pub(crate) async fn healthy(health: &Value) -> ServerGuard {
    let mut server = Server::new_async().await;
    json_mock(&mut server, "GET", route::HEALTH, 200, &health.to_string())
        .create_async()
        .await;
    json_mock(&mut server, "GET", route::AGENTS, 200, "[]")
        .match_query(query(&[("limit", "1"), ("include", "agent.tags")]))
        .create_async()
        .await;
    server
}
