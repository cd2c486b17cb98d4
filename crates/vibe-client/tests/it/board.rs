//! A mock board and the rows it answers with.

use std::time::Duration;

use http_kit::{Http, Settings};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value, json};
use vibe_client::{
    NewTask, Shape, Status, Vibe, VibeProjectId, VibeTaskId, classify, route, settings,
};

pub(crate) const ID: &str = "195d8311-dc9b-4bfa-aea3-cfda5d452e21";
pub(crate) const PROJECT: &str = "9023c2a9-c0a1-483f-96ad-b57755623939";
pub(crate) const DAY: &str = "2026-11-21T07:20:51.921Z";
pub(crate) const PAGE: &str = "<!DOCTYPE html><html><body>app</body></html>";

pub(crate) fn task_id() -> VibeTaskId {
    ID.parse().unwrap()
}

pub(crate) fn project_id() -> VibeProjectId {
    PROJECT.parse().unwrap()
}

pub(crate) fn task_row() -> Value {
    json!({"id": ID, "project_id": PROJECT, "title": "First", "description": null,
        "status": "todo", "created_at": DAY, "updated_at": DAY})
}

pub(crate) fn project_row(shape: Shape) -> Value {
    let mut row = json!({"id": PROJECT, "name": "Alpha", "created_at": DAY, "updated_at": DAY});
    if shape == Shape::L1 {
        row["git_repo_path"] = "/srv/alpha".into();
        row["setup_script"] = "make".into();
        row["copy_files"] = Value::Null;
    }
    row
}

pub(crate) fn envelope(data: &Value) -> String {
    json!({"success": true, "data": data, "error_data": null, "message": null}).to_string()
}

pub(crate) fn refusal(message: &str) -> String {
    json!({"success": false, "data": null, "error_data": null, "message": message}).to_string()
}

pub(crate) fn http() -> Http {
    let quick = Settings {
        backoff_base: Duration::from_millis(1),
        ..settings()
    };
    Http::new(quick, classify).unwrap()
}

/// A mock that answers with this JSON.
pub(crate) fn json_mock(
    server: &mut Server,
    method: &str,
    path: &str,
    status: usize,
    body: &str,
) -> Mock {
    server
        .mock(method, path)
        .match_header("origin", Matcher::Missing)
        .with_status(status)
        .with_header("content-type", "application/json")
        .with_body(body)
}

pub(crate) async fn page(server: &mut Server, path: &str) {
    server
        .mock("GET", path)
        .with_header("content-type", "text/html")
        .with_body(PAGE)
        .create_async()
        .await;
}

/// A server that answers health, info and the list of projects.
pub(crate) async fn base(version: &str, projects: &Value) -> ServerGuard {
    let mut server = Server::new_async().await;
    let info = json!({"config": {"last_app_version": version, "github": {"pat": "hidden"}}});
    let answers = [
        (route::HEALTH, json!("OK")),
        (route::INFO, info),
        (route::PROJECTS, projects.clone()),
    ];
    for (path, data) in answers {
        json_mock(&mut server, "GET", path, 200, &envelope(&data))
            .create_async()
            .await;
    }
    server
}

pub(crate) async fn connected(shape: Shape) -> (ServerGuard, Vibe) {
    let version = match shape {
        Shape::L1 => "0.0.115",
        Shape::L2 => "0.1.14",
    };
    let server = base(version, &json!([project_row(shape)])).await;
    let vibe = Vibe::connect(http(), server.url().parse().unwrap())
        .await
        .unwrap();
    assert_eq!(vibe.shape(), shape);
    (server, vibe)
}

pub(crate) fn task_path() -> String {
    format!("/api/tasks/{ID}")
}

pub(crate) fn new_task(status: Option<Status>) -> NewTask {
    NewTask {
        project_id: project_id(),
        title: "Täsk\r\n".to_owned(),
        description: Some("\u{0} \u{202e} text\t".to_owned()),
        status,
    }
}
