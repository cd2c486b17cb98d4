//! Tasks: what is sent, what failures mean, limits.

use http_kit::Kind;
use mockito::Matcher;
use serde_json::{Value, json};
use vibe_client::{BODY_MAX, Deletion, NewTask, Shape, Status, Task, TaskUpdate, codes, route};

use crate::board::{
    PAGE, PROJECT, connected, envelope, json_mock, new_task, project_id, project_row, refusal,
    task_id, task_path, task_row,
};

#[tokio::test]
async fn lists_tolerate_unknown_and_missing_fields() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let mut rich = task_row();
    rich["priority"] = json!({"new": 1});
    rich["has_in_progress_attempt"] = true.into();
    rich["description"] = " \n".into();
    let mut poor = task_row();
    poor.as_object_mut().unwrap().remove("description");
    poor["status"] = "parked".into();
    let list = format!("/api/tasks?project_id={PROJECT}");
    json_mock(
        &mut server,
        "GET",
        &list,
        200,
        &envelope(&json!([rich, poor])),
    )
    .create_async()
    .await;
    let tasks = vibe.tasks(project_id()).await.unwrap();
    let [rich, poor] = tasks.as_slice() else {
        unreachable!("two rows were sent");
    };
    assert_eq!(
        (rich.text(), rich.has_in_progress_attempt),
        (None, Some(true))
    );
    assert_eq!(
        (poor.text(), poor.known_status(), poor.status.as_str()),
        (None, None, "parked")
    );
}

#[tokio::test]
async fn an_unexpected_shape_is_fatal_and_names_route_and_field() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let mut row = task_row();
    row["title"] = 7.into();
    let list = format!("/api/tasks?project_id={PROJECT}");
    json_mock(
        &mut server,
        "GET",
        &list,
        200,
        &envelope(&json!([task_row(), row])),
    )
    .create_async()
    .await;
    let error = vibe.tasks(project_id()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.route()),
        (Kind::Fatal, codes::VIBE_SHAPE, route::TASKS)
    );
    assert!(error.detail().contains("data[1].title"), "{error}");

    json_mock(
        &mut server,
        "PUT",
        &task_path(),
        200,
        &envelope(&Value::Null),
    )
    .create_async()
    .await;
    let error = vibe
        .update_task(task_id(), &TaskUpdate::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Unknown, codes::VIBE_SHAPE)
    );
}

#[tokio::test]
async fn a_failing_list_is_never_an_empty_one() {
    let html = ("text/html", 200, PAGE.to_owned(), Kind::Fatal);
    let cases = [
        html,
        ("application/json", 200, refusal("no"), Kind::Transient),
        (
            "application/json",
            200,
            "{\"success\":true,\"data\":[".to_owned(),
            Kind::Transient,
        ),
        ("application/json", 200, "[]".to_owned(), Kind::Fatal),
        ("application/json", 500, refusal("no"), Kind::Transient),
        ("text/html", 404, PAGE.to_owned(), Kind::Fatal),
        ("text/plain", 404, String::new(), Kind::Fatal),
        ("text/html", 502, PAGE.to_owned(), Kind::Transient),
    ];
    for (mime, status, body, kind) in cases {
        let (mut server, vibe) = connected(Shape::L2).await;
        let list = format!("/api/tasks?project_id={PROJECT}");
        let tries = if kind == Kind::Transient { 4 } else { 1 };
        let mock = server
            .mock("GET", list.as_str())
            .with_status(status)
            .with_header("content-type", mime)
            .with_body(&body)
            .expect(tries)
            .create_async()
            .await;
        let error = vibe.tasks(project_id()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}: {error}");
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn only_the_servers_own_empty_404_means_that_a_task_is_gone() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let gone = server
        .mock("GET", task_path().as_str())
        .with_status(404)
        .create_async()
        .await;
    assert_eq!(vibe.task(task_id()).await.unwrap(), None);
    gone.remove_async().await;
    server
        .mock("GET", task_path().as_str())
        .with_status(404)
        .with_body(PAGE)
        .create_async()
        .await;
    let error = vibe.task(task_id()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Fatal, codes::VIBE_ROUTE_MISSING)
    );
}

#[tokio::test]
async fn an_update_of_a_task_that_is_gone_is_a_conflict() {
    let (mut server, vibe) = connected(Shape::L2).await;
    server
        .mock("PUT", task_path().as_str())
        .with_status(404)
        .create_async()
        .await;
    let error = vibe
        .update_task(task_id(), &TaskUpdate::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Conflict, codes::VIBE_NOT_FOUND)
    );
}

#[tokio::test]
async fn an_update_sends_what_changed_and_nothing_else() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let put = json_mock(
        &mut server,
        "PUT",
        &task_path(),
        200,
        &envelope(&task_row()),
    )
    .match_body(Matcher::JsonString(
        r#"{"description":"","status":"inreview"}"#.to_owned(),
    ))
    .create_async()
    .await;
    let update = TaskUpdate {
        description: Some(String::new()),
        status: Some(Status::InReview),
        ..TaskUpdate::default()
    };
    assert_eq!(
        vibe.update_task(task_id(), &update).await.unwrap().id,
        task_id()
    );
    put.assert_async().await;
}

#[tokio::test]
async fn a_new_task_goes_out_exactly_as_given_and_its_answer_shows_whether_the_status_held() {
    for (answered, honours) in [("todo", false), ("done", true)] {
        let (mut server, vibe) = connected(Shape::L2).await;
        let mut row = task_row();
        row["status"] = answered.into();
        let body = json!({"project_id": PROJECT, "title": "Täsk\r\n", "description": "\u{0} \u{202e} text\t", "status": "done"});
        let post = json_mock(&mut server, "POST", route::TASKS, 200, &envelope(&row))
            .match_body(Matcher::Json(body))
            .create_async()
            .await;
        let task: Task = vibe
            .create_task(&new_task(Some(Status::Done)))
            .await
            .unwrap();
        assert_eq!(task.status, answered);
        assert_eq!(vibe.honours_status_on_create(), Some(honours));
        post.assert_async().await;
    }
}

#[tokio::test]
async fn a_500_on_a_create_is_unknown_unless_the_project_is_not_there() {
    let path = format!("/api/projects/{PROJECT}");
    let internal = refusal("An internal error occurred. Please try again.");
    for (there, kind, code) in [
        (false, Kind::Rejected, codes::VIBE_PROJECT_UNKNOWN),
        (true, Kind::Unknown, codes::VIBE_HTTP_500),
    ] {
        let (mut server, vibe) = connected(Shape::L2).await;
        let post = json_mock(&mut server, "POST", route::TASKS, 500, &internal)
            .expect(1)
            .create_async()
            .await;
        let row = envelope(&project_row(Shape::L2));
        if there {
            json_mock(&mut server, "GET", &path, 200, &row)
                .create_async()
                .await;
        } else {
            server
                .mock("GET", path.as_str())
                .with_status(404)
                .create_async()
                .await;
        }
        let error = vibe.create_task(&new_task(None)).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code));
        post.assert_async().await;
    }
}

#[tokio::test]
async fn a_body_over_2_mib_is_refused_unsent_with_title_and_sizes() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let post = json_mock(
        &mut server,
        "POST",
        route::TASKS,
        200,
        &envelope(&task_row()),
    )
    .expect(1)
    .create_async()
    .await;
    let empty = NewTask {
        description: Some(String::new()),
        ..new_task(None)
    };
    let frame = serde_json::to_vec(&empty).unwrap().len();
    let filled = |bytes| NewTask {
        description: Some("x".repeat(bytes)),
        ..new_task(None)
    };
    vibe.create_task(&filled(BODY_MAX - frame)).await.unwrap();
    let error = vibe
        .create_task(&filled(BODY_MAX - frame + 1))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::VIBE_TOO_LARGE)
    );
    for part in ["Täsk", "2097153", "2097152"] {
        assert!(error.detail().contains(part), "{error}");
    }
    post.assert_async().await;
}

#[tokio::test]
async fn a_delete_ends_as_the_server_says() {
    let (mut server, vibe) = connected(Shape::L1).await;
    let busy = refusal("Task has running execution processes");
    let gone = Err((Kind::Rejected, codes::VIBE_SHARED_TASK));
    let answers = [
        (202, envelope(&Value::Null), Ok(Deletion::Deleted)),
        (404, String::new(), Ok(Deletion::AlreadyGone)),
        (409, busy, Err((Kind::Transient, codes::VIBE_AGENT_RUNNING))),
        (401, String::new(), gone),
    ];
    json_mock(
        &mut server,
        "GET",
        &task_path(),
        200,
        &envelope(&task_row()),
    )
    .create_async()
    .await;
    for (status, body, expected) in answers {
        let mock = json_mock(&mut server, "DELETE", &task_path(), status, &body)
            .expect(1)
            .create_async()
            .await;
        let result = vibe.delete_task(task_id()).await;
        assert_eq!(
            result.map_err(|error| (error.kind(), error.code())),
            expected
        );
        mock.remove_async().await;
    }
}

#[tokio::test]
async fn changes_of_a_shared_task_are_rejected() {
    let (mut server, vibe) = connected(Shape::L1).await;
    let mut row = task_row();
    row["shared_task_id"] = PROJECT.into();
    json_mock(&mut server, "GET", &task_path(), 200, &envelope(&row))
        .create_async()
        .await;
    for status in [401, 409] {
        let put = json_mock(&mut server, "PUT", &task_path(), status, &refusal("login"))
            .create_async()
            .await;
        let error = vibe
            .update_task(task_id(), &TaskUpdate::default())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Rejected, codes::VIBE_SHARED_TASK)
        );
        put.remove_async().await;
    }
    json_mock(&mut server, "DELETE", &task_path(), 409, &refusal("shared"))
        .create_async()
        .await;
    let error = vibe.delete_task(task_id()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Rejected, codes::VIBE_SHARED_TASK)
    );
}

#[tokio::test]
async fn a_write_that_fails_with_500_is_sent_once_and_unknown() {
    let (mut server, vibe) = connected(Shape::L2).await;
    let put = json_mock(&mut server, "PUT", &task_path(), 500, &refusal("no"))
        .expect(1)
        .create_async()
        .await;
    let error = vibe
        .update_task(task_id(), &TaskUpdate::default())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Unknown, codes::VIBE_HTTP_500)
    );
    put.assert_async().await;
}
