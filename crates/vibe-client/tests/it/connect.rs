//! Finding out which server answers.

use http_kit::Kind;
use mockito::Server;
use serde_json::json;
use vibe_client::{Shape, Version, Vibe, codes, route};

use crate::board::{PAGE, base, connected, envelope, http, json_mock, page};

#[tokio::test]
async fn the_shape_is_found_by_the_rows_of_projects() {
    let (_server, l1) = connected(Shape::L1).await;
    assert_eq!(l1.version(), Some(Version(0, 0, 115)));
    assert_eq!(l1.honours_status_on_create(), Some(false));
    let (_server, l2) = connected(Shape::L2).await;
    assert_eq!(l2.honours_status_on_create(), Some(true));
}

#[tokio::test]
async fn without_projects_the_repositories_tell_the_shape() {
    let cases = [
        ("text/html", 200, PAGE, Shape::L1),
        ("application/json", 200, &envelope(&json!([])), Shape::L2),
        ("text/plain", 405, "", Shape::L2),
    ];
    for (kind, status, body, shape) in cases {
        let mut server = base("garbled {", &json!([])).await;
        server
            .mock("GET", route::REPOS)
            .with_status(status)
            .with_header("content-type", kind)
            .with_body(body)
            .create_async()
            .await;
        let vibe = Vibe::connect(http(), server.url().parse().unwrap())
            .await
            .unwrap();
        assert_eq!((vibe.shape(), vibe.version()), (shape, None));
    }
}

#[tokio::test]
async fn a_remote_server_is_refused_and_named() {
    let mut server = Server::new_async().await;
    page(&mut server, route::HEALTH).await;
    let body = r#"{"status":"ok","version":"0.1.27"}"#;
    json_mock(&mut server, "GET", route::REMOTE_HEALTH, 200, body)
        .create_async()
        .await;
    let error = Vibe::connect(http(), server.url().parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::VIBE_REMOTE_SERVER)
    );
    assert!(
        error.detail().contains("remote") && error.detail().contains("0.1.27"),
        "{error}"
    );
}

#[tokio::test]
async fn a_local_server_without_tasks_is_refused_and_named() {
    let mut server = base("0.1.44", &json!([])).await;
    server.reset();
    json_mock(
        &mut server,
        "GET",
        route::HEALTH,
        200,
        &envelope(&json!("OK")),
    )
    .create_async()
    .await;
    let info = json!({"config": {"last_app_version": "0.1.44"}});
    json_mock(&mut server, "GET", route::INFO, 200, &envelope(&info))
        .create_async()
        .await;
    page(&mut server, route::PROJECTS).await;
    let error = Vibe::connect(http(), server.url().parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::VIBE_NO_TASKS_API)
    );
    assert!(error.detail().contains("0.1.44"), "{error}");
}

#[tokio::test]
async fn something_else_is_refused_and_a_dead_address_is_transient() {
    let mut server = Server::new_async().await;
    page(&mut server, route::HEALTH).await;
    page(&mut server, route::REMOTE_HEALTH).await;
    let error = Vibe::connect(http(), server.url().parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::VIBE_NOT_VIBE)
    );
    let dead = "http://127.0.0.1:1/".parse().unwrap();
    let error = Vibe::connect(http(), dead).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Transient, http_kit::codes::NET_REFUSED)
    );
}
