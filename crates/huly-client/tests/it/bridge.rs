//! The bridge over real connections, on bodies written after the description of its two forms.

use std::collections::BTreeMap;

use http_kit::{Error, Http, Kind};
use huly_client::{
    bridge::{Bridge, Form, Pages, classify, settings},
    codes,
};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value, json};

fn answer(mock: Mock, status: usize, body: &Value) -> Mock {
    mock.with_status(status)
        .with_header("content-type", "application/json; charset=utf-8")
        .with_body(body.to_string())
}

async fn connected(server: &mut ServerGuard, later: bool) -> Bridge {
    let mut body =
        json!({ "status": "ok", "connected": true, "timestamp": "2026-01-01T00:00:00Z" });
    if later {
        body["transactorPool"] = json!({ "size": 1 });
    }
    answer(server.mock("GET", "/health"), 200, &body)
        .create_async()
        .await;
    connect(server).await.expect("a bridge")
}

async fn connect(server: &ServerGuard) -> Result<Bridge, Error> {
    let http = Http::new(settings(), classify).expect("a client");
    let pages = Pages { first: 2, most: 8 };
    Bridge::connect(http, server.url().parse().expect("an address"), pages).await
}

fn issues(numbers: std::ops::Range<usize>) -> Value {
    let issue = |number: usize| {
        json!({ "identifier": format!("HARB-{number}"), "title": format!("Boat {number}"), "description": "Text.",
            "status": "Todo", "priority": "High", "component": null, "milestone": null, "assignee": null,
            "createdOn": 1_795_245_000_000_i64 + i64::try_from(number).unwrap_or(0),
            "modifiedOn": 1_795_245_000_000_i64, "number": number, "project": "HARB" })
    };
    numbers.map(issue).collect::<Vec<Value>>().into()
}

fn page(limit: &str, rows: std::ops::Range<usize>, server: &mut ServerGuard) -> Mock {
    let (count, issues) = (rows.len(), issues(rows));
    let mock = server
        .mock("GET", "/api/projects/HARB/issues")
        .match_query(Matcher::UrlEncoded("limit".into(), limit.into()));
    let body = json!({ "project": "HARB", "issues": issues, "count": count, "filtered": false });
    answer(mock, 200, &body).expect(1)
}

fn projects(server: &mut ServerGuard, count: usize) -> Mock {
    let body = json!({ "projects": [{ "identifier": "HARB", "name": "Harbor", "description": null,
        "issueCount": count, "private": false, "archived": false }], "count": 1 });
    answer(server.mock("GET", "/api/projects"), 200, &body)
}

#[tokio::test]
async fn health_tells_the_form_and_a_lost_connection() {
    let mut server = Server::new_async().await;
    assert_eq!(connected(&mut server, false).await.form(), Form::First);
    server.reset();
    assert_eq!(connected(&mut server, true).await.form(), Form::Later);
    server.reset();
    let down =
        json!({ "status": "degraded", "connected": false, "timestamp": "2026-01-01T00:00:00Z" });
    answer(server.mock("GET", "/health"), 200, &down)
        .create_async()
        .await;
    let error = connect(&server).await.expect_err("not connected");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, codes::HULY_BRIDGE_NOT_CONNECTED)
    );
    server.reset();
    let page = server
        .mock("GET", "/health")
        .with_header("content-type", "text/html")
        .with_body("<!DOCTYPE html><html></html>");
    page.create_async().await;
    let error = connect(&server).await.expect_err("no bridge");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::HULY_BRIDGE_ADDRESS)
    );
}

#[tokio::test]
async fn row_15_a_full_page_is_asked_for_again_with_a_larger_limit() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, false).await;
    let first = page("2", 0..2, &mut server).create_async().await;
    let second = page("8", 0..5, &mut server).create_async().await;
    let all = bridge.issues("HARB", 5).await.expect("a list");
    assert_eq!(all.len(), 5);
    first.assert_async().await;
    second.assert_async().await;
}

#[tokio::test]
async fn row_15_a_page_that_is_full_at_the_bound_is_an_error_and_so_is_one_below_the_count() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, false).await;
    page("2", 0..2, &mut server).create_async().await;
    page("8", 0..8, &mut server).create_async().await;
    let error = bridge.issues("HARB", 5).await.expect_err("cut");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::HULY_BRIDGE_INCOMPLETE)
    );

    server.reset();
    page("2", 0..1, &mut server).create_async().await;
    projects(&mut server, 3).create_async().await;
    let error = bridge.issues("HARB", 3).await.expect_err("short");
    assert_eq!(error.code(), codes::HULY_BRIDGE_INCOMPLETE);

    // Two of them were deleted since they were counted.
    server.reset();
    page("2", 0..1, &mut server).create_async().await;
    projects(&mut server, 1).create_async().await;
    assert_eq!(bridge.issues("HARB", 3).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn row_15_a_later_bridge_is_paged_through_and_a_shifted_walk_does_not_count() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, true).await;
    page("2", 0..1, &mut server).create_async().await;
    projects(&mut server, 3).create_async().await;
    let all = |offset: &str, rows: Value, more: bool, server: &mut ServerGuard| {
        let query = Matcher::UrlEncoded("offset".into(), offset.into());
        let mock = server.mock("GET", "/api/issues/all").match_query(query);
        let body = json!({ "issues": rows, "count": 2, "pagination": { "total": 3, "limit": 500, "offset": 0,
            "hasMore": more, "nextOffset": null }, "syncMeta": {} });
        answer(mock, 200, &body)
    };
    all("0", issues(0..2), true, &mut server)
        .create_async()
        .await;
    let shifted = all("2", issues(1..2), false, &mut server)
        .create_async()
        .await;
    let error = bridge.issues("HARB", 3).await.expect_err("shifted");
    assert_eq!(error.kind(), Kind::Transient, "{error}");
    shifted.remove_async().await;
    all("2", issues(2..3), false, &mut server)
        .create_async()
        .await;
    page("2", 0..1, &mut server).create_async().await;
    assert_eq!(bridge.issues("HARB", 3).await.expect("a list").len(), 3);
}

#[tokio::test]
async fn only_the_bridges_own_words_say_that_an_issue_is_gone() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, false).await;
    let own = json!({ "error": "Issue HARB-9 not found" });
    answer(server.mock("GET", "/api/issues/HARB-9"), 404, &own)
        .create_async()
        .await;
    assert_eq!(bridge.issue("HARB-9").await.expect("an answer"), None);
    let proxy = server.mock("GET", "/api/issues/HARB-8").with_status(404);
    proxy
        .with_header("content-type", "text/html")
        .with_body("<html>Cannot GET</html>")
        .create_async()
        .await;
    let error = bridge.issue("HARB-8").await.expect_err("no proof");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::HULY_BRIDGE_ROUTE)
    );
}

#[tokio::test]
async fn a_create_that_failed_with_500_is_unknown_and_one_without_connection_was_not_done() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, false).await;
    let body = json!({ "project_identifier": "HARB", "title": "Dock", "description": "Text." });
    for (status, words, kind) in [
        (500, "boom", Kind::Unknown),
        (503, "Not connected to Huly platform", Kind::Transient),
        (404, "Project HARB not found", Kind::Conflict),
        (400, "title is required", Kind::Rejected),
    ] {
        let mock = server
            .mock("POST", "/api/issues")
            .match_body(Matcher::Json(body.clone()))
            .expect(1);
        let mock = answer(mock, status, &json!({ "error": words }))
            .create_async()
            .await;
        let error = bridge
            .create("HARB", "Dock", "Text.")
            .await
            .expect_err("a failure");
        assert_eq!(error.kind(), kind, "{status}");
        mock.assert_async().await;
        mock.remove_async().await;
    }
    let made = json!({ "identifier": "HARB-3", "title": "Dock", "project": "HARB", "status": "Backlog",
        "priority": "NoPriority" });
    answer(server.mock("POST", "/api/issues"), 201, &made)
        .create_async()
        .await;
    let created = bridge.create("HARB", "Dock", "").await.expect("an issue");
    assert_eq!(
        (created.identifier.as_str(), created.status.as_deref()),
        ("HARB-3", Some("Backlog"))
    );
}

#[tokio::test]
async fn an_unknown_status_is_refused_with_those_that_there_are() {
    let mut server = Server::new_async().await;
    let bridge = connected(&mut server, true).await;
    let refused =
        json!({ "error": "Status not found: Nowhere", "availableStatuses": ["Backlog", "Todo"] });
    answer(server.mock("PUT", "/api/issues/HARB-1"), 400, &refused)
        .create_async()
        .await;
    let error = bridge
        .put("HARB-1", "status", "Nowhere")
        .await
        .expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::HULY_BRIDGE_STATUS)
    );
    assert!(error.detail().contains("Backlog, Todo"), "{error}");

    // The later form answers 200 for the same.
    let half = json!({ "identifier": "HARB-1", "updated": true, "appliedUpdates": ["title"],
        "errors": [{ "field": "status", "error": "Status not found: Nowhere" }] });
    answer(server.mock("PATCH", "/api/issues/HARB-1"), 200, &half)
        .create_async()
        .await;
    let fields = BTreeMap::from([
        ("title", "Dock".to_owned()),
        ("status", "Nowhere".to_owned()),
    ]);
    let patched = bridge.patch("HARB-1", &fields).await.expect("an answer");
    assert_eq!(patched.refusal("title"), None);
    assert!(patched.refusal("status").is_some());
}
