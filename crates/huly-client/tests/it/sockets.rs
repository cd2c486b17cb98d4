//! Over real connections: what stands in the bytes of a request. On the real clock, without waiting for anything.

use http_kit::Http;
use huly_client::{Config, Huly, Limits};
use mockito::{Matcher, Server};
use serde_json::{Value, json};

use crate::support::{WORKSPACE, password, recorded};

#[tokio::test]
async fn a_signed_in_query_goes_over_real_connections_with_token_and_gzip() {
    let mut server = Server::new_async().await;
    let base = server.url();
    let ws = base.replace("http://", "ws://");
    let config = json!({"ACCOUNTS_URL": "/_accounts", "COLLABORATOR_URL": format!("{ws}/_collab")});
    let mut select = recorded("account-select-workspace")["response"]["body"].clone();
    select["result"]["endpoint"] = json!(format!("{ws}/_transactor"));
    let text = |name: &str| recorded(name)["response"]["body"].to_string();
    let method = |name: &str| Matcher::PartialJson(json!({"method": name}));
    let json_reply = |mock: mockito::Mock, body: String| {
        mock.with_header("content-type", "application/json")
            .with_body(body)
            .expect(1)
    };
    let mut mocks = vec![
        json_reply(server.mock("GET", "/config.json"), config.to_string()),
        json_reply(
            server
                .mock("POST", "/_accounts")
                .match_body(method("login")),
            text("account-login"),
        ),
        json_reply(
            server
                .mock("POST", "/_accounts")
                .match_body(method("selectWorkspace")),
            select.to_string(),
        ),
        json_reply(
            server.mock("GET", "/_transactor/api/v1/version"),
            text("version"),
        ),
    ];
    let account = format!("/_transactor/api/v1/account/{WORKSPACE}");
    mocks.push(json_reply(
        server
            .mock("GET", account.as_str())
            .match_header("authorization", "Bearer <jwt>"),
        text("account"),
    ));
    let find = format!("/_transactor/api/v1/find-all/{WORKSPACE}");
    let asked: Value = json!({"_class": "tracker:class:Project", "query": {},
        "options": {"sort": {"_id": 1}, "showArchived": true}});
    mocks.push(json_reply(
        server
            .mock("POST", find.as_str())
            .match_header("authorization", "Bearer <jwt>")
            .match_header("accept-encoding", Matcher::Regex("^gzip$".to_owned()))
            .match_body(Matcher::Json(asked)),
        text("find-projects"),
    ));
    let mut held = Vec::new();
    for mock in mocks {
        held.push(mock.create_async().await);
    }

    let config = Config {
        front: base.parse().expect("a url"),
        credentials: password(),
        workspace: "acme".to_owned(),
        limits: Limits::default(),
    };
    let huly = Huly::connect(config, Http::new).await.expect("signed in");
    let projects = huly.projects().await.expect("read");
    assert_eq!(projects[0].identifier, "TSK");
    for mock in held {
        mock.assert_async().await;
    }
}
