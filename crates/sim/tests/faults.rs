//! Faults, counters and people over the wire, with sockets and without.

#![cfg(test)]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use http_kit::{Call, Effect, TransportError};
use serde_json::{Value, json};
use sim::dataset::sized;
use sim::faults::{Effect as Fault, Failure, Rule, When};
use sim::http::{RateLimit, Server, huly_router, serve, vibe_router};
use sim::huly::Huly;
use sim::vibe::Vibe;
use sim::wire::transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;
use uuid::Uuid;

fn board() -> (Server<Vibe>, Uuid) {
    let mut boards = sized(0, 0, 1).unwrap();
    let project = boards.add_vibe_project("P", "p");
    (Server::new(boards.vibe, 1), project)
}

fn url(path: &str) -> url::Url {
    format!("http://sim.test{path}").parse().unwrap()
}

async fn send(router: &Router, call: Call) -> Result<Value, TransportError> {
    let reply = transport(router.clone()).oneshot(call).await?;
    Ok(serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

fn create(project: Uuid, title: &str) -> Call {
    Call::post_json(
        "/api/tasks",
        url("/api/tasks"),
        &json!({ "project_id": project, "title": title }),
        Effect::Write,
    )
    .unwrap()
}

fn reset() -> Failure {
    Failure::Reset
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_the_effect_and_a_failure_before_leaves_none() {
    let (server, project) = board();
    let router = vibe_router(&server);
    server.faults.add(
        Rule::on("POST", "/api/tasks", Fault::FailAfter { failure: reset() }).when(When::Nth(1)),
    );
    server.faults.add(
        Rule::on("POST", "/api/tasks", Fault::FailBefore { failure: reset() }).when(When::Nth(2)),
    );
    for _ in 0..2 {
        assert!(matches!(
            send(&router, create(project, "T")).await,
            Err(TransportError::Reset(_))
        ));
    }
    assert_eq!(server.model.lock().snapshot().len(), 1);
    assert_eq!(server.calls.snapshot().writes, 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_create_lands_after_its_caller_was_told_of_a_failure() {
    let (server, project) = board();
    let router = vibe_router(&server);
    server.faults.add(Rule::on(
        "POST",
        "/api/tasks",
        Fault::Late {
            after_ms: 5_000,
            failure: reset(),
        },
    ));
    assert!(send(&router, create(project, "late")).await.is_err());
    assert_eq!(server.model.lock().snapshot().len(), 0);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(server.model.lock().snapshot().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_stop_the_work() {
    let (server, project) = board();
    let router = vibe_router(&server);
    server.faults.add(Rule::on(
        "POST",
        "/api/tasks",
        Fault::Latency {
            ms: 2_000,
            jitter_ms: 0,
        },
    ));
    let given_up = tokio::time::timeout(
        Duration::from_secs(1),
        send(&router, create(project, "slow")),
    )
    .await;
    assert!(given_up.is_err());
    assert_eq!(server.model.lock().snapshot().len(), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.model.lock().snapshot().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn simultaneous_puts_lose_a_write_where_the_race_is_on() {
    let (server, project) = board();
    let router = vibe_router(&server);
    let made = send(&router, create(project, "T")).await.unwrap();
    let path = format!("/api/tasks/{}", made["data"]["id"].as_str().unwrap());
    let put =
        |body: Value| Call::put_json("/api/tasks/{id}", url(&path), &body, Effect::Write).unwrap();
    for (race, kept) in [(None, "Mine"), (Some(10), "T")] {
        server.model.lock().put_race_ms = race;
        send(&router, put(json!({ "title": "T", "status": "todo" })))
            .await
            .unwrap();
        let both = [
            put(json!({ "title": "Mine" })),
            put(json!({ "status": "done" })),
        ]
        .map(|call| send(&router, call));
        futures::future::try_join_all(both).await.unwrap();
        assert_eq!(
            server.model.lock().snapshot()[0].title,
            kept,
            "race {race:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_cut_and_pages_replaced_and_bodies_broken_as_told() {
    let (server, project) = board();
    let router = vibe_router(&server);
    for title in ["a", "b", "c"] {
        send(&router, create(project, title)).await.unwrap();
    }
    let list = || {
        Call::get(
            "/api/tasks",
            url(&format!("/api/tasks?project_id={project}")),
        )
    };
    server
        .faults
        .add(Rule::on("GET", "/api/tasks", Fault::CapPage { rows: 2 }));
    assert_eq!(
        send(&router, list()).await.unwrap()["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    server.faults.add(
        Rule::on(
            "GET",
            "/api/tasks",
            Fault::FailAfter {
                failure: Failure::Truncated,
            },
        )
        .when(When::Nth(1)),
    );
    assert!(matches!(
        send(&router, list()).await,
        Err(TransportError::Body(_))
    ));
    server.faults.clear();
    server.faults.add(Rule::on(
        "GET",
        "/api/tasks",
        Fault::FailBefore {
            failure: Failure::Html,
        },
    ));
    assert_eq!(send(&router, list()).await.unwrap(), Value::Null);
    server.faults.clear();
    server.faults.add(Rule::on(
        "*",
        "*",
        Fault::Limit {
            retry_after_ms: 1_500,
        },
    ));
    let reply = transport(router).oneshot(list()).await.unwrap();
    assert_eq!(
        (
            reply.status.as_u16(),
            &reply.headers["retry-after"],
            &reply.headers["retry-after-ms"]
        ),
        (429, &"2".parse().unwrap(), &"1500".parse().unwrap())
    );
}

#[tokio::test]
async fn over_sockets_a_reset_is_a_broken_connection_and_people_act_by_the_admin_side() {
    let (server, project) = board();
    let running = serve(vibe_router(&server), 0).await.unwrap();
    let ask =
        async |method: &str, path: &str, body: Value| raw(running.addr, method, path, &body).await;
    let deed = json!({ "do": "create_task", "project": project, "title": "by hand", "description": null, "status": "done" });
    assert!(ask("POST", "/_sim/person", deed).await.contains("\"id\""));
    let rule = json!({ "route": "/api/projects", "effect": { "kind": "fail_before", "failure": { "how": "reset" } } });
    ask("POST", "/_sim/faults", rule).await;
    assert_eq!(ask("GET", "/api/projects", Value::Null).await, "");
    ask("DELETE", "/_sim/faults", Value::Null).await;
    assert!(
        ask("GET", "/api/projects", Value::Null)
            .await
            .starts_with("HTTP/1.1 200")
    );
    let counts = ask("GET", "/_sim/calls", Value::Null).await;
    assert!(
        counts.contains("\"GET /api/projects\":2") && counts.contains("\"writes\":0"),
        "{counts}"
    );
    assert!(
        ask("GET", "/_sim/person/snapshot", Value::Null)
            .await
            .contains("\"status\":\"done\"")
    );
    running.shutdown().await;
}

/// A request as bytes and whatever comes back until the connection ends: `""` where it is cut.
async fn raw(addr: SocketAddr, method: &str, path: &str, body: &Value) -> String {
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        Ok(_) => String::from_utf8_lossy(&answer).into_owned(),
        Err(_) => String::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn huly_is_found_signed_in_to_and_counted_through_one_host() {
    let boards = sized(1, 3, 1).unwrap();
    let server: Server<Huly> = Server::new(boards.huly, 1);
    let router = huly_router(&server, RateLimit::default());
    let post = |path: &str, body: Value, token: &str, effect| {
        let call = Call::post_json("x", url(path), &body, effect).unwrap();
        call.with_header(
            "authorization".parse().unwrap(),
            format!("Bearer {token}").parse().unwrap(),
        )
    };
    let config = send(&router, Call::get("/config.json", url("/config.json")))
        .await
        .unwrap();
    assert_eq!(config["ACCOUNTS_URL"], "http://sim.test/account");
    let login = json!({ "method": "login", "params": { "email": boards.login.email, "password": boards.login.password } });
    let login = send(&router, post("/account", login, "", Effect::Read))
        .await
        .unwrap();
    let select = json!({ "method": "selectWorkspace", "params": { "workspaceUrl": "acme", "kind": "external" } });
    let chosen = send(
        &router,
        post(
            "/account",
            select,
            login["result"]["token"].as_str().unwrap(),
            Effect::Read,
        ),
    )
    .await
    .unwrap();
    assert_eq!(chosen["result"]["endpoint"], "ws://sim.test/transactor");
    let (token, ws) = (
        chosen["result"]["token"].as_str().unwrap(),
        chosen["result"]["workspace"].as_str().unwrap(),
    );
    let find = json!({ "_class": "tracker:class:Issue", "query": {}, "options": { "sort": { "modifiedOn": -1, "_id": 1 }, "limit": 2 } });
    let found = send(
        &router,
        post(
            &format!("/transactor/api/v1/find-all/{ws}"),
            find.clone(),
            token,
            Effect::Read,
        ),
    )
    .await
    .unwrap();
    let numbers: Vec<i64> = found["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|doc| doc["number"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 2]);
    server.model.lock().expire_tokens();
    let refused = send(
        &router,
        post(
            &format!("/transactor/api/v1/find-all/{ws}"),
            find,
            token,
            Effect::Read,
        ),
    )
    .await
    .unwrap();
    assert_eq!(refused["error"], "Token expired");
    let counts = server.calls.snapshot();
    assert_eq!(
        (
            counts.reads,
            counts.writes,
            counts.of("find-all/{ws} Issue"),
            counts.of("POST /account login")
        ),
        (2, 0, 2, 1)
    );
}
